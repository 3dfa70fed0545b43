use sqlx::{PgConnection, SqliteConnection};

use super::{Actor, Event, Notice, new_id, payload, rows};
use crate::db::{self, Arm, Db, Timestamp, Tx, dialect};
use crate::error::Error;
use crate::faults::{self, Point};
use crate::on;

/// A transaction that changes something, and cannot commit without naming what happened.
///
/// Writes take `&mut Change`, reads take `&Db`. Dropped without a commit, it never was.
#[derive(Debug)]
pub struct Change {
    db: Db,
    tx: Tx,
    actor: Actor,
    now: Timestamp,
}

impl Change {
    /// Begins a change by `actor`.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(db: &Db, actor: &Actor) -> Result<Self, Error> {
        let tx = db.begin().await?;
        // Read when it is this change's turn, so that on SQLite later commits have later times.
        let now = Timestamp::now();
        Ok(Self {
            db: db.clone(),
            tx,
            actor: actor.clone(),
            now,
        })
    }

    /// Begins a change that happened at another moment: the demo's week.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_at(db: &Db, actor: &Actor, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            now,
            ..Self::begin(db, actor).await?
        })
    }

    /// The one moment at which all of this change happens.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who makes it.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Which engine it goes to.
    pub fn is_postgres(&self) -> bool {
        self.db.is_postgres()
    }

    /// The connection to write through; see [`on!`](crate::on).
    pub fn arms(&mut self) -> Arm<&mut PgConnection, &mut SqliteConnection> {
        self.tx.arms()
    }

    /// Makes all changes that ask for this wait for each other until they are committed: for a rule
    /// over many rows, or over one that is not there yet and cannot be locked itself.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn lock_deployment(&mut self) -> Result<(), Error> {
        on!(self, conn => sqlx::query("update deployment set single = single")
            .execute(conn)
            .await
            .map(|_| ()))?;
        Ok(())
    }

    /// Makes the change and its events last, together, and tells whoever waits for them.
    ///
    /// # Errors
    /// When the database could not promise that: then nothing has happened.
    pub async fn commit(self, event: Event) -> Result<(), Error> {
        self.commit_all(vec![event]).await
    }

    /// As [`commit`](Self::commit), for a change to several entities: one event for each.
    ///
    /// # Errors
    /// As [`commit`](Self::commit); an empty list is refused, for no change is without its event.
    pub async fn commit_all(mut self, events: Vec<Event>) -> Result<(), Error> {
        if events.is_empty() {
            return Err(Error::bug("a change without an event"));
        }
        for event in &events {
            self.write(event).await?;
        }
        let notices: Vec<Notice> = events.iter().map(Notice::of).collect();
        for notice in &notices {
            dialect::announce(&mut self.tx, notice).await?;
        }
        let is_remote = self.db.is_postgres();
        faults::point(Point::BeforeCommit);
        self.tx
            .commit()
            .await
            .map_err(|error| unsure(is_remote, error))?;
        faults::point(Point::AfterCommit);
        // On PostgreSQL the announcement comes back to this node too.
        if !self.db.is_postgres() {
            notices.into_iter().for_each(|notice| self.db.ring(notice));
        }
        Ok(())
    }

    /// Gives the change up, on purpose.
    pub fn abandon(self) {}

    async fn write(&mut self, event: &Event) -> Result<(), Error> {
        let version = self.next_version(event).await?;
        let id = new_id();
        let payload = payload(event, &id, version, self.now, &self.actor);
        let row_print = rows::print(self, event).await?;
        let (actor, now) = (self.actor.clone(), self.now);
        on!(self, conn => sqlx::query(
            "insert into events (id, domain, event_type, entity_id, subject, version, \
             actor_id, actor, trace_id, payload, created_at, row_print) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&id)
        .bind(event.domain.as_str())
        .bind(event.event_type)
        .bind(&event.entity_id)
        .bind(&event.subject)
        .bind(version)
        .bind(&actor.id)
        .bind(&actor.name)
        .bind(&actor.trace_id)
        .bind(&payload)
        .bind(now)
        .bind(&row_print)
        .execute(conn)
        .await
        .map(|_| ()))?;
        faults::written(event, &payload);
        Ok(())
    }

    /// 1, 2, 3 … per entity. The row stays locked until the commit, so that two changes of one
    /// entity are numbered in the order in which they commit.
    async fn next_version(&mut self, event: &Event) -> Result<i64, Error> {
        let version = on!(self, conn => sqlx::query_scalar::<_, i64>(
            "insert into entity_versions (domain, entity_id, version) values ($1, $2, 1) \
             on conflict (domain, entity_id) do update set version = entity_versions.version + 1 \
             returning version",
        )
        .bind(event.domain.as_str())
        .bind(&event.entity_id)
        .fetch_one(conn)
        .await)?;
        Ok(version)
    }
}

/// A server that goes away at a commit may have done it; a file has not.
fn unsure(is_remote: bool, error: sqlx::Error) -> Error {
    match is_remote && db::is_away(&error) {
        true => Error::Unsure(db::class(&error).to_owned()),
        false => error.into(),
    }
}
