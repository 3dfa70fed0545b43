//! The watch over the trail: looks at each event once it has its place, and at some rows at a time,
//! and tells admins what is unusual.
//!
//! Every node watches. What is noticed is kept under what it was noticed by, so that neither two nodes
//! nor a restart tell it twice.

mod note;
pub mod routes;
mod rules;
mod store;
mod views;
mod walk;

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use crate::config;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::rows::Misfit;
use crate::events::{Actor, Change, Event, store::deployment};
use note::{Alarm, Kind};
use rules::{Habit, Happened, Rules};
use walk::Walk;

/// Events that are read at once.
const BATCH: i64 = 500;
/// Events are looked at this long after a commit: those of one request together.
const AFTER: Duration = Duration::from_secs(1);
/// Events that ring no bell here, or got their place later, are found this soon.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How far the watch has come is kept this often: what it looks at again raises nothing twice.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// Rows that one note names.
const NAMED: usize = 10;

/// Watches, until the task is dropped.
pub async fn keep_watching(db: Db, thresholds: config::Watch) {
    let mut bell = db.listen();
    let mut watch = Watch::new(db, thresholds);
    loop {
        if let Err(error) = watch.look().await {
            tracing::warn!("the watch could not look: {error}");
        }
        tokio::select! {
            _ = bell.recv() => sleep(AFTER).await,
            () = sleep(LOOK_EVERY) => {}
            () = sleep_until(watch.walk_at) => {}
        }
        bell = bell.resubscribe();
    }
}

struct Watch {
    db: Db,
    deployment: String,
    rules: Rules,
    place: Option<i64>,
    kept: (i64, Instant),
    habits: HashMap<String, Habit>,
    walk: Walk,
    walk_every: Option<Duration>,
    walk_at: Instant,
}

impl Watch {
    fn new(db: Db, thresholds: config::Watch) -> Self {
        let walk_every = thresholds.rows.0.and_then(|every| every.to_std().ok());
        Self {
            db,
            deployment: String::new(),
            rules: Rules::new(thresholds),
            place: None,
            kept: (0, Instant::now()),
            habits: HashMap::new(),
            walk: Walk::default(),
            walk_every,
            walk_at: Instant::now() + walk_every.unwrap_or(Duration::from_secs(u32::MAX.into())),
        }
    }

    async fn look(&mut self) -> Result<(), Error> {
        if self.deployment.is_empty() {
            // Not while a change is open: on SQLite there is one connection to write through.
            self.deployment = deployment(&self.db).await?;
        }
        self.look_at_events().await?;
        let Some(every) = self.walk_every.filter(|_| self.walk_at <= Instant::now()) else {
            return Ok(());
        };
        self.walk_at = Instant::now() + every;
        let found = self.walk.step(&self.db).await?;
        if !found.misfits.is_empty() {
            self.tell_misfits(&found.misfits).await?;
        }
        if let Some(alarm) = found.broken {
            self.raise(&alarm, TimeDelta::zero()).await?;
        }
        Ok(())
    }

    async fn look_at_events(&mut self) -> Result<(), Error> {
        let mut place = match self.place {
            Some(place) => place,
            None => store::beginning(&self.db, self.rules.span()).await?,
        };
        loop {
            let events = store::behind(&self.db, place, BATCH).await?;
            for event in &events {
                self.look_at(event).await?;
                place = event.position;
                self.place = Some(place);
            }
            if (events.len() as i64) < BATCH {
                break;
            }
        }
        self.place = Some(place);
        let (kept, at) = self.kept;
        if place > kept && (place - kept >= BATCH || at.elapsed() >= KEEP_EVERY) {
            store::advance(&self.db, place).await?;
            self.kept = (place, Instant::now());
        }
        Ok(())
    }

    async fn look_at(&mut self, event: &Happened) -> Result<(), Error> {
        if let Some(alarm) = self.rules.judge(event) {
            let quiet = match alarm.kind {
                Kind::NewAddress => TimeDelta::zero(),
                _ => self.rules.span(),
            };
            self.raise(&alarm, quiet).await?;
        }
        let Some(user_id) = event
            .actor_id
            .as_ref()
            .filter(|_| self.rules.is_work(event))
        else {
            return Ok(());
        };
        let known = match self.habits.get(user_id) {
            Some(habit) => Some(*habit),
            None => store::habit(&self.db, user_id).await?,
        };
        if let Some((habit, alarm)) = self.rules.habit(event, known) {
            if let Some(alarm) = alarm {
                self.raise(&alarm, TimeDelta::zero()).await?;
            }
            store::set_habit(&self.db, user_id, habit).await?;
            self.habits.insert(user_id.clone(), habit);
        } else if let Some(known) = known {
            self.habits.insert(user_id.clone(), known);
        }
        Ok(())
    }

    /// Keeps a note and its event, unless that was done.
    async fn raise(&self, alarm: &Alarm, quiet: TimeDelta) -> Result<(), Error> {
        let mut change = Change::begin(&self.db, &Actor::system()).await?;
        store::take_turn(&mut change).await?;
        match store::note(&mut change, alarm, quiet).await? {
            Some(id) => self.tell(change, &id, alarm.kind).await,
            None => {
                change.abandon();
                Ok(())
            }
        }
    }

    async fn tell(&self, change: Change, id: &str, kind: Kind) -> Result<(), Error> {
        let deployment = self.deployment.clone();
        tracing::warn!("the watch noticed {kind}: see /audit");
        let details = store::told(id, kind.as_str());
        change
            .commit(Event::system(&deployment, "noticed", details))
            .await
    }

    /// Keeps one note of those rows that were not known not to fit.
    async fn tell_misfits(&self, misfits: &[Misfit]) -> Result<(), Error> {
        let mut change = Change::begin(&self.db, &Actor::system()).await?;
        store::take_turn(&mut change).await?;
        let mut rows = Vec::new();
        for misfit in misfits {
            if store::misfit(&mut change, misfit).await? {
                rows.push(misfit);
            }
        }
        let Some(first) = rows.first() else {
            change.abandon();
            return Ok(());
        };
        let named = rows.iter().take(NAMED);
        let named: Vec<Value> = named
            .map(|row| json!({ "domain": row.kind, "id": row.id, "name": row.name }))
            .collect();
        let alarm = Alarm {
            kind: Kind::Rows,
            subject: String::new(),
            mark: format!("{} {} {}", first.kind, first.id, change.now().micros()),
            at: Timestamp::now(),
            details: json!({ "count": rows.len(), "rows": named }),
        };
        match store::note(&mut change, &alarm, TimeDelta::zero()).await? {
            Some(id) => self.tell(change, &id, alarm.kind).await,
            None => Ok(()),
        }
    }
}
