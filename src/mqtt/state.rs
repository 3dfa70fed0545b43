//! Retained states: what each project and plugin is now, and a summary of all, for whoever subscribes
//! later. They follow the events, coalesced, and are cleared when their thing is deleted.
//!
//! On each connection all are published anew, for a broker may have forgotten them, and those of things
//! that are gone are cleared: they stand in a table from before they are published.

mod rows;
mod topics;

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep, sleep_until};

use self::rows::Kind;
use super::lane::{Lane, Message};
use super::lease::Term;
use crate::db::{self, Db, Timestamp};
use crate::events::{Domain, News, Notice};

/// A thing's state is published this long after it changed, with all that changed meanwhile.
const AFTER: Duration = Duration::from_secs(1);
/// The summary follows a change this soon, at most as often.
const SUMMARY_AFTER: Duration = Duration::from_secs(3);
/// The summary is looked at anew even where nothing happened: tasks become overdue by themselves.
const SUMMARY_EVERY: Duration = Duration::from_secs(60);
/// A summary that is the same is published again after this long, before it expires.
const SUMMARY_AGAIN: Duration = Duration::from_secs(4 * 60);
/// Seconds after which the broker forgets a summary: nobody is to take an old one for the truth.
const SUMMARY_EXPIRY: u32 = 10 * 60;
/// More changed things than this at once, and all are published anew.
const MOST: usize = 1_000;
/// Between two rounds over all.
const ROUND_EVERY: Duration = Duration::from_secs(10);
/// How many things are read and published together.
const BATCH: usize = 100;
/// The pause after the database did not answer.
const RETRY: Duration = Duration::from_secs(2);

/// Why the work stops: the connection ended, or the database does not answer.
enum Stop {
    Ended,
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

struct States {
    db: Db,
    term: Term,
    lane: Lane,
    changed: HashMap<(Kind, String), Instant>,
    /// When to publish all.
    all_at: Option<Instant>,
    summary_at: Instant,
    /// The last one, without its time.
    summary: Option<(Value, Instant)>,
    is_refused: bool,
}

/// Keeps the states of a connection, until it ends.
pub(super) async fn keep(db: Db, term: Term, lane: Lane) {
    let now = Instant::now();
    let mut bell = db.listen();
    let mut states = States {
        db,
        term,
        lane,
        changed: HashMap::new(),
        all_at: Some(now),
        summary_at: now,
        summary: None,
        is_refused: false,
    };
    loop {
        match states.work().await {
            Ok(()) => states.wait(&mut bell).await,
            Err(Stop::Ended) => return,
            Err(Stop::Database(error)) => {
                tracing::debug!("states wait for the database: {}", db::class(&error));
                states.all_at = Some(Instant::now());
                sleep(RETRY).await;
            }
        }
    }
}

impl States {
    async fn wait(&mut self, bell: &mut Receiver<Notice>) {
        let due = self.changed.values().copied().chain(self.all_at);
        let due = due.fold(self.summary_at, Instant::min);
        tokio::select! {
            heard = bell.recv() => match heard {
                Ok(notice) => self.note(notice),
                Err(RecvError::Lagged(_)) => self.note_all(),
                // The database is closed: nothing comes any more.
                Err(RecvError::Closed) => sleep(RETRY).await,
            },
            () = sleep_until(due) => {}
        }
    }

    fn note(&mut self, notice: Notice) {
        let (domain, id, subject) = match notice.news {
            News::Change {
                domain,
                id,
                subject,
                ..
            } => (domain, id, subject),
            News::Delivery => return,
            News::Anything => return self.note_all(),
        };
        let thing = match domain {
            Domain::Project => (Kind::Project, id),
            Domain::Task => match subject.strip_prefix("project/") {
                Some(project) => (Kind::Project, project.to_owned()),
                None => return,
            },
            Domain::Plugin => (Kind::Plugin, id),
            _ => return,
        };
        let now = Instant::now();
        self.summary_at = self.summary_at.min(now + SUMMARY_AFTER);
        self.changed.entry(thing).or_insert(now + AFTER);
        if self.changed.len() > MOST {
            self.note_all();
        }
    }

    fn note_all(&mut self) {
        self.changed.clear();
        self.all_at.get_or_insert(Instant::now() + ROUND_EVERY);
    }

    async fn work(&mut self) -> Result<(), Stop> {
        let now = Instant::now();
        if self.all_at.is_some_and(|at| at <= now) {
            // What changes from now on is published behind the round.
            self.all_at = None;
            self.round().await?;
        }
        for kind in [Kind::Project, Kind::Plugin] {
            let due: Vec<String> = self
                .changed
                .extract_if(|(of, _), at| *of == kind && *at <= now)
                .map(|((_, id), _)| id)
                .collect();
            for ids in due.chunks(BATCH) {
                let found = rows::these(&self.db, kind, ids).await?;
                self.publish(kind, found).await?;
                let gone = topics::gone(&self.db, kind, ids).await?;
                self.clear(gone).await?;
            }
        }
        if self.summary_at <= Instant::now() {
            self.summarise().await?;
        }
        Ok(())
    }

    async fn round(&mut self) -> Result<(), Stop> {
        for kind in [Kind::Project, Kind::Plugin] {
            let mut after = String::new();
            loop {
                let found = rows::behind(&self.db, kind, &after, BATCH).await?;
                let Some((last, _)) = found.last() else {
                    break;
                };
                after.clone_from(last);
                self.publish(kind, found).await?;
            }
            loop {
                let gone = topics::all_gone(&self.db, kind, BATCH).await?;
                if gone.is_empty() || !self.clear(gone).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn publish(&mut self, kind: Kind, found: Vec<(String, Value)>) -> Result<(), Stop> {
        if found.is_empty() {
            return Ok(());
        }
        let messages: Vec<Message> = found
            .into_iter()
            .filter_map(|(id, state)| Some(Message::retained(kind.topic(&id)?, state.to_string())))
            .collect();
        let names: Vec<&str> = messages.iter().map(|m| m.topic.as_str()).collect();
        topics::keep(&self.db, &self.term, &names).await?;
        self.send(messages).await.map(|_| ())
    }

    /// Publishes them; answers which of them the broker took.
    async fn send(&mut self, messages: Vec<Message>) -> Result<Vec<bool>, Stop> {
        let answers = self.lane.publish_all(messages).await.ok_or(Stop::Ended)?;
        let took = answers.into_iter().map(|answer| match answer {
            Ok(()) => true,
            Err(refusal) => {
                self.note_refusal(&refusal);
                false
            }
        });
        Ok(took.collect())
    }

    /// Takes them away from the broker; answers whether it let us.
    async fn clear(&mut self, gone: Vec<String>) -> Result<bool, Stop> {
        let messages = gone.iter().map(|topic| Message::retained(topic, ""));
        let took = self.send(messages.collect()).await?;
        let cleared = gone.into_iter().zip(took).filter(|(_, took)| *took);
        let cleared: Vec<String> = cleared.map(|(topic, _)| topic).collect();
        topics::forget(&self.db, &self.term, &cleared).await?;
        Ok(!cleared.is_empty())
    }

    async fn summarise(&mut self) -> Result<(), Stop> {
        let now = Instant::now();
        self.summary_at = now + SUMMARY_EVERY;
        let at = Timestamp::now();
        let mut summary = rows::summary(&self.db, at).await?;
        let is_same = self
            .summary
            .as_ref()
            .is_some_and(|(last, since)| *last == summary && since.elapsed() < SUMMARY_AGAIN);
        if is_same {
            return Ok(());
        }
        self.summary = Some((summary.clone(), now));
        if let Value::Object(summary) = &mut summary {
            summary.insert("timestamp".to_owned(), at.rfc3339().into());
        }
        let message = Message {
            expiry: Some(SUMMARY_EXPIRY),
            ..Message::retained(topics::SUMMARY, summary.to_string())
        };
        self.send(vec![message]).await.map(|_| ())
    }

    /// Once a connection: it will say the same of the next.
    fn note_refusal(&mut self, refusal: &str) {
        if !self.is_refused {
            tracing::warn!("the MQTT broker does not take states (tracker/state/#): {refusal}");
        }
        self.is_refused = true;
    }
}
