//! The stream that tells open pages what to look at again.
//!
//! It carries hints, never the change itself: each look is a request of its own, checked for who may
//! see it. A stream costs nothing while nothing happens, but for its heartbeat.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{Domain, News, Notice};
use crate::auth::Standing;
use crate::db::{Db, Mark};
use crate::mqtt::Status;
use crate::users::Role;

/// How often a stream shows that it lives, and asks whether its session still does. Proxies close
/// what is silent for 30 to 60 s.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// All open streams of this process.
#[derive(Clone, Debug, Default)]
pub struct Streams(watch::Sender<bool>);

impl Streams {
    /// Ends them all, and those that are opened from now on.
    pub fn close(&self) {
        self.0.send_replace(true);
    }

    /// Whether they were ended.
    pub fn are_closed(&self) -> bool {
        *self.0.borrow()
    }
}

/// What a stream listens to.
pub(super) struct Listener {
    db: Db,
    broker: Status,
    broker_away: bool,
    standing: Standing,
    role: Role,
    bell: Receiver<Notice>,
    closing: watch::Receiver<bool>,
    heartbeat: Interval,
    mark: Mark,
    greeting: Option<Bytes>,
}

enum Wake {
    Closing,
    Heartbeat,
    Heard(Result<Notice, RecvError>),
}

impl Listener {
    /// Listens for `standing`, whose page knows all up to the mark `since`.
    pub(super) fn new(
        db: Db,
        broker: Status,
        streams: &Streams,
        standing: Standing,
        since: Option<Mark>,
    ) -> Self {
        // First listen, then read the mark: what rings in between is told twice, not missed.
        let bell = db.listen();
        let mark = db.mark();
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let greeting = match since.and_then(|since| mark.missed_since(since)) {
            None => still_here(mark),
            Some(News::Delivery) => delivery(mark),
            Some(_) => anything(mark),
        };
        Self {
            broker_away: broker.is_away(),
            broker,
            role: standing.user().role,
            standing,
            bell,
            closing: streams.0.subscribe(),
            heartbeat,
            mark,
            greeting: Some(greeting),
            db,
        }
    }

    /// As the body of an answer, until the session ends or the server stops.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, |mut listener| async move {
            let message = listener.next().await?;
            Some((Ok(message), listener))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        if *self.closing.borrow() {
            return None;
        }
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            let told = match self.wake().await {
                Wake::Closing | Wake::Heard(Err(RecvError::Closed)) => return None,
                Wake::Heartbeat => Some(self.beat().await?),
                Wake::Heard(Err(RecvError::Lagged(_))) => Some(self.catch_up().await?),
                Wake::Heard(Ok(notice)) => self.hear(&notice).await?,
            };
            if told.is_some() {
                return told;
            }
        }
    }

    async fn wake(&mut self) -> Wake {
        tokio::select! {
            biased;
            _ = self.closing.wait_for(|closing| *closing) => Wake::Closing,
            _ = self.heartbeat.tick() => Wake::Heartbeat,
            heard = self.bell.recv() => Wake::Heard(heard),
        }
    }

    /// `None`: the stream ends. `Some(None)`: nothing that this role may see.
    async fn hear(&mut self, notice: &Notice) -> Option<Option<Bytes>> {
        self.mark = notice.mark;
        let told = match &notice.news {
            News::Anything => {
                self.recheck().await?;
                Some(anything(self.mark))
            }
            News::Delivery => Some(delivery(self.mark)),
            News::Change {
                domain,
                event_type,
                id,
                subject,
            } => {
                let is_of_people = matches!(domain, Domain::User | Domain::Auth);
                if is_of_people && *id == self.standing.user().id {
                    self.recheck().await?;
                }
                let hint = || hint(self.mark, *domain, event_type, id, subject);
                domain.visible_to(self.role).then(hint)
            }
        };
        Some(told)
    }

    /// Too slow for what happened: they are told to look at everything.
    async fn catch_up(&mut self) -> Option<Bytes> {
        self.bell = self.db.listen();
        self.mark = self.db.mark();
        self.recheck().await?;
        Some(anything(self.mark))
    }

    async fn beat(&mut self) -> Option<Bytes> {
        self.recheck().await?;
        let away = self.broker.is_away();
        if away != self.broker_away {
            self.broker_away = away;
            return Some(anything(self.mark));
        }
        Some(still_here(self.mark))
    }

    /// `None` where the session has ended, or nobody can say whether it has.
    async fn recheck(&mut self) -> Option<()> {
        match self.standing.still(&self.db).await {
            Ok(Some(user)) => {
                self.role = user.role;
                Some(())
            }
            Ok(None) => None,
            Err(error) => {
                tracing::warn!("a live stream ends: {error}");
                None
            }
        }
    }
}

/// Says what changed, so that a page can tell whether it shows that.
fn hint(mark: Mark, domain: Domain, event_type: &str, id: &str, subject: &str) -> Bytes {
    let mut data = Map::new();
    data.insert("domain".into(), domain.as_str().into());
    data.insert("event_type".into(), event_type.into());
    data.insert("id".into(), id.into());
    if let (Domain::Task, Some(project)) = (domain, subject.strip_prefix("project/")) {
        data.insert("project_id".into(), project.into());
    }
    message(domain.as_str(), mark, &Value::Object(data))
}

/// Says that what waits for the broker is not what it was.
fn delivery(mark: Mark) -> Bytes {
    message("delivery", mark, &json!({ "domain": "delivery" }))
}

/// Says that a page is to look at all it shows.
fn anything(mark: Mark) -> Bytes {
    message("anything", mark, &Value::Object(Map::new()))
}

fn message(event: &str, mark: Mark, data: &Value) -> Bytes {
    Bytes::from(format!("event: {event}\nid: {mark}\ndata: {data}\n\n"))
}

/// A comment: no page hears it. The browser keeps its id for when it has to reconnect.
fn still_here(mark: Mark) -> Bytes {
    Bytes::from(format!(":\nid: {mark}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_of_a_task_names_its_project_and_stays_on_one_line() {
        assert_eq!(
            hint(
                Mark::default(),
                Domain::Task,
                "created",
                "t\n1",
                "project/p1"
            ),
            "event: task\nid: 0.0\ndata: {\"domain\":\"task\",\"event_type\":\"created\",\
             \"id\":\"t\\n1\",\"project_id\":\"p1\"}\n\n"
        );
    }
}
