//! The lease: of all nodes on one database, the one that holds it publishes.
//!
//! Every hand-over raises its epoch, and whatever the relay writes is conditional on holder and
//! epoch: a node that froze and wakes after another took over changes nothing any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::Status;
use crate::db::{self, Db};
use crate::events::new_id;
use crate::on;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause after it did not.
const RETRY: Duration = Duration::from_secs(1);
/// The holder stops this much before the database says so: their clocks may run apart.
const MARGIN: Duration = Duration::from_millis(500);

/// How a lease is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    ttl: Duration,
    every: Duration,
    /// No other node can be there, so what a killed predecessor left counts for nothing.
    alone: bool,
}

impl Terms {
    /// Among nodes that take over from each other.
    pub(super) const SHARED: Self = Self {
        ttl: Duration::from_secs(5),
        every: Duration::from_millis(1500),
        alone: false,
    };

    /// For the only node: nobody waits to take over, so the disk is left in peace.
    pub(super) const ALONE: Self = Self {
        ttl: Duration::from_secs(30),
        every: Duration::from_secs(10),
        alone: true,
    };
}

/// Whether the lease is still that of the holder in `$1`, in the epoch of `$2`. Each statement that keeps
/// something of the relay's work says so.
macro_rules! is_ours {
    () => {
        "exists (select 1 from relay_lease where name = 'events' and holder = $1 and epoch = $2)"
    };
}
pub(super) use is_ours;

/// The right to publish, until a moment that each renewal moves on.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) holder: Arc<str>,
    pub(super) epoch: i64,
    until: Instant,
}

impl Term {
    pub(super) fn until(&self) -> Instant {
        self.until
    }
}

/// This node's side of the lease. A task of its own renews it or waits for it.
pub(super) struct Lease {
    claim: Claim,
    holding: Holding,
    keeper: JoinSet<()>,
}

/// Whether this node holds the lease, for who works beside the relay.
#[derive(Clone)]
pub(super) struct Holding(watch::Receiver<Option<Term>>);

impl Holding {
    /// Waits until this node holds it.
    pub(super) async fn held(&mut self) -> Term {
        loop {
            if let Some(term) = self.current() {
                return term;
            }
            if self.0.changed().await.is_err() {
                // Given back for good: the program stops.
                std::future::pending::<()>().await;
            }
        }
    }

    /// The term, if it is not over.
    pub(super) fn current(&self) -> Option<Term> {
        let term = self.0.borrow().clone();
        term.filter(|term| Instant::now() < term.until)
    }

    /// Whether this is the term still.
    pub(super) fn has(&self, term: &Term) -> bool {
        self.current().is_some_and(|held| held.epoch == term.epoch)
    }
}

#[derive(Clone)]
struct Claim {
    db: Db,
    holder: Arc<str>,
    terms: Terms,
    /// Written by whoever holds the lease, shown by all.
    status: Status,
    told: Arc<watch::Sender<Option<Term>>>,
}

impl Lease {
    /// Begins to seek it.
    pub(super) fn seek(db: &Db, terms: Terms, status: Status) -> Self {
        let (told, term) = watch::channel(None);
        let claim = Claim {
            db: db.clone(),
            holder: new_id().into(),
            terms,
            status,
            told: Arc::new(told),
        };
        let mut keeper = JoinSet::new();
        keeper.spawn(claim.clone().keep());
        Self {
            claim,
            holding: Holding(term),
            keeper,
        }
    }

    /// For who works beside the relay.
    pub(super) fn holding(&self) -> Holding {
        self.holding.clone()
    }

    /// Waits until this node holds it.
    pub(super) async fn held(&mut self) -> Term {
        self.holding.held().await
    }

    /// The term, if it is not over.
    pub(super) fn current(&self) -> Option<Term> {
        self.holding.current()
    }

    /// Returns at the next renewal, gain or loss.
    pub(super) async fn changed(&mut self) {
        // The sender is in `claim`, so that it cannot be gone.
        let _ = self.holding.0.changed().await;
    }

    /// Asks the database itself, whose clock may have jumped: a node that lost the lease and
    /// connects all the same would throw its successor out.
    pub(super) async fn confirm(&self, term: &Term) -> Result<bool, sqlx::Error> {
        let renewed = within(PATIENCE, self.claim.renew(term.epoch)).await?;
        if renewed.is_none() {
            self.claim.told.send_replace(None);
        }
        Ok(renewed.is_some())
    }

    /// Gives it back, so that the next node need not wait; also what was given while the keeper was
    /// asking, and it never heard of.
    pub(super) async fn release(mut self) {
        self.keeper.shutdown().await;
        let claim = &self.claim;
        let released = async {
            on!(claim.db.writer(), conn => sqlx::query(
                "update relay_lease set holder = '' where name = 'events' and holder = $1",
            )
            .bind(&*claim.holder)
            .execute(conn)
            .await
            .map(|_| ()))
        };
        if let Err(error) = within(PATIENCE, released).await {
            tracing::warn!("the relay's lease was not released: {}", db::class(&error));
        }
    }
}

impl Claim {
    async fn keep(self) {
        let mut is_away = false;
        let mut first = true;
        loop {
            let asked = Instant::now();
            let held = self.told.borrow().clone();
            let answer = match &held {
                Some(term) => within(PATIENCE, self.renew(term.epoch)).await,
                None => within(PATIENCE, self.take(first && self.terms.alone)).await,
            };
            match &answer {
                Ok(epoch) => self.tell(held.is_some(), *epoch, asked),
                // Not told of: the term runs out by itself, and the next answer counts.
                Err(error) if !is_away => {
                    tracing::warn!("the relay's lease is out of reach: {}", db::class(error));
                }
                Err(_) => {}
            }
            is_away = answer.is_err();
            first &= is_away;
            let pause = if is_away { RETRY } else { self.terms.every };
            sleep(pause).await;
        }
    }

    fn tell(&self, held: bool, epoch: Option<i64>, asked: Instant) {
        match epoch {
            Some(epoch) if !held => tracing::info!(epoch, "this node publishes the events"),
            None if held => tracing::warn!("another node publishes the events now"),
            _ => {}
        }
        let until = asked + self.terms.ttl - MARGIN;
        let holder = Arc::clone(&self.holder);
        self.told.send_replace(epoch.map(|epoch| Term {
            holder,
            epoch,
            until,
        }));
    }

    /// Takes what nobody holds; answers the new epoch.
    async fn take(&self, by_force: bool) -> Result<Option<i64>, sqlx::Error> {
        // An end further away than any term is what a clock that was set back left behind.
        const POSTGRES: &str = "update relay_lease set holder = $1, epoch = epoch + 1, \
             expires_at = clock_timestamp() + make_interval(secs => $2) \
             where name = 'events' and ($3 or holder = '' or expires_at < clock_timestamp() \
             or expires_at > clock_timestamp() + interval '1 minute') returning epoch";
        const SQLITE: &str = "update relay_lease set holder = $1, epoch = epoch + 1, \
             expires_at = unixepoch('subsec') + $2 \
             where name = 'events' and ($3 or holder = '' or expires_at < unixepoch('subsec') \
             or expires_at > unixepoch('subsec') + 60) returning epoch";
        if !by_force && !self.is_free().await? {
            return Ok(None);
        }
        on!(self.db.writer(), conn => sqlx::query_scalar::<_, i64>(self.either(POSTGRES, SQLITE))
            .bind(&*self.holder)
            .bind(self.terms.ttl.as_secs_f64())
            .bind(by_force)
            .fetch_optional(conn)
            .await)
    }

    /// Looks before it writes: a waiting node costs SQLite's only writer nothing.
    async fn is_free(&self) -> Result<bool, sqlx::Error> {
        const POSTGRES: &str = "select holder = '' or expires_at < clock_timestamp() \
             or expires_at > clock_timestamp() + interval '1 minute', broker_away \
             from relay_lease where name = 'events'";
        const SQLITE: &str = "select holder = '' or expires_at < unixepoch('subsec') \
             or expires_at > unixepoch('subsec') + 60, broker_away \
             from relay_lease where name = 'events'";
        let (is_free, is_away) = on!(self.db, conn => sqlx::query_as::<_, (bool, bool)>(
            self.either(POSTGRES, SQLITE),
        )
        .fetch_one(conn)
        .await)?;
        if !is_free {
            self.status.set_away(is_away);
        }
        Ok(is_free)
    }

    /// `None` when another node took it meanwhile.
    async fn renew(&self, epoch: i64) -> Result<Option<i64>, sqlx::Error> {
        const POSTGRES: &str = "update relay_lease set broker_away = $4, \
             expires_at = clock_timestamp() + make_interval(secs => $3) \
             where name = 'events' and holder = $1 and epoch = $2 returning epoch";
        const SQLITE: &str = "update relay_lease set broker_away = $4, \
             expires_at = unixepoch('subsec') + $3 \
             where name = 'events' and holder = $1 and epoch = $2 returning epoch";
        on!(self.db.writer(), conn => sqlx::query_scalar::<_, i64>(self.either(POSTGRES, SQLITE))
            .bind(&*self.holder)
            .bind(epoch)
            .bind(self.terms.ttl.as_secs_f64())
            .bind(self.status.is_away())
            .fetch_optional(conn)
            .await)
    }

    fn either(&self, postgres: &'static str, sqlite: &'static str) -> &'static str {
        if self.db.is_postgres() {
            postgres
        } else {
            sqlite
        }
    }
}

/// What the database answers, or that it does not in time.
pub(super) async fn within<T>(
    patience: Duration,
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(patience, query)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
