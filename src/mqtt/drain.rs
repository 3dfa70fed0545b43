//! The relay's work on one connection: read, send, hear, mark.

use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::TryRecvError};
use tokio::time::{Instant, sleep_until, timeout};

use super::chain;
use super::connection::{Connection, Heard};
use super::lease::Term;
use super::outbox::{self, BATCH};
use super::relay::{End, Relay, stopped};
use crate::db;
use crate::events::Notice;
use crate::faults::{self, Point};

/// Acknowledgements are marked this long after the first of them: a mark is a commit.
const MARK_AFTER: Duration = Duration::from_millis(50);
/// A broker that leaves an event unanswered for this long has lost it, or is frozen. MQTT forbids
/// sending it again on the same connection (MQTT 5, 4.4), so the connection is given up.
const ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Commits that ring no bell here (another process on SQLite, a missed NOTIFY) are found this soon.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Events are digested this long after they were read: a batch is a commit.
const CHAIN_AFTER: Duration = Duration::from_secs(2);
/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after it did not.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);
/// How long a stop waits for acknowledgements, and then for the database.
const LAST_ACKS: Duration = Duration::from_millis(1500);
const LAST_MARK: Duration = Duration::from_millis(500);

pub(super) struct Drain<'a> {
    relay: &'a mut Relay,
    connection: Connection,
    term: Term,
    bell: Receiver<Notice>,
    /// Whether there may be something to read.
    is_rung: bool,
    look_at: Instant,
    mark_at: Option<Instant>,
    chain_at: Option<Instant>,
    not_before: Instant,
    is_database_away: bool,
}

impl<'a> Drain<'a> {
    pub(super) fn new(relay: &'a mut Relay, connection: Connection, term: Term) -> Self {
        let now = Instant::now();
        Self {
            bell: relay.db.listen(),
            mark_at: relay.ledger.has_delivered().then_some(now),
            relay,
            connection,
            term,
            is_rung: true,
            look_at: now,
            chain_at: Some(now),
            not_before: now,
            is_database_away: false,
        }
    }

    pub(super) async fn run(mut self) -> End {
        let end = self.work().await;
        if matches!(end, End::Stopped | End::LeaseOver) {
            self.connection.close().await;
        }
        end
    }

    async fn work(&mut self) -> End {
        loop {
            self.tend().await;
            // Nothing waits between here and what is sent.
            match self.relay.lease.current() {
                Some(term) if term.epoch == self.term.epoch => self.term = term,
                _ => return End::LeaseOver,
            }
            if self.relay.ledger.refused.is_everything() {
                return End::RefusesAll;
            }
            if let Err(reason) = self.send() {
                return End::Broken(reason);
            }
            if let Some(end) = self.wait().await {
                return end;
            }
        }
    }

    fn send(&mut self) -> Result<(), String> {
        while let Some(event) = self.relay.ledger.next() {
            self.connection.publish(event)?;
        }
        Ok(())
    }

    /// What the clock or the bell asks for.
    async fn tend(&mut self) {
        let now = Instant::now();
        if self.mark_at.is_some_and(|at| at <= now) {
            self.mark().await;
        }
        let again = self.relay.ledger.refused.again_at();
        if again.is_some_and(|again| again <= now) {
            self.relay.ledger.try_again();
            self.is_rung = true;
        }
        if self.next_look().is_some_and(|at| at <= now) {
            self.look().await;
        }
        if self.chain_at.is_some_and(|at| at <= now) {
            self.extend_chain().await;
        }
    }

    /// Digests what came since, and tells the broker of the head.
    async fn extend_chain(&mut self) {
        let extended = within(PATIENCE, async {
            let made = chain::extend(&self.relay.db, &self.term).await?;
            let head = chain::head(&self.relay.db).await?;
            Ok((made, head))
        });
        match extended.await {
            Ok((made, head)) => {
                let is_full = made.is_some_and(|batch| {
                    batch.last_position - batch.first_position + 1 >= chain::BATCH as i64
                });
                self.chain_at = is_full.then(Instant::now);
                if let Some(head) = head {
                    let payload = serde_json::json!({
                        "batch": head.number,
                        "position": head.last_position,
                        "digest": head.digest,
                    });
                    self.connection.announce(chain::TOPIC, payload.to_string());
                }
            }
            Err(error) => {
                self.note_database(&error);
                self.chain_at = Some(self.not_before);
            }
        }
    }

    fn next_look(&self) -> Option<Instant> {
        let due = if self.is_rung {
            self.not_before
        } else {
            self.look_at.max(self.not_before)
        };
        self.relay.ledger.wants_more().then_some(due)
    }

    async fn look(&mut self) {
        while !matches!(
            self.bell.try_recv(),
            Err(TryRecvError::Empty | TryRecvError::Closed)
        ) {}
        let read = within(PATIENCE, async {
            outbox::place(&self.relay.db, &self.term).await?;
            outbox::unsent(&self.relay.db, self.relay.ledger.read_to()).await
        });
        match read.await {
            Ok(events) => {
                self.is_rung = events.len() == BATCH;
                self.look_at = Instant::now() + LOOK_EVERY;
                if events.is_empty() && self.relay.ledger.oldest().is_none() {
                    self.relay.note_well();
                }
                if !events.is_empty() && self.chain_at.is_none() {
                    self.chain_at = Some(Instant::now() + CHAIN_AFTER);
                }
                self.relay.ledger.read(events);
                self.is_database_away = false;
            }
            Err(error) => {
                self.is_rung = true;
                self.note_database(&error);
            }
        }
    }

    async fn mark(&mut self) {
        let positions = self.relay.ledger.delivered();
        faults::point(Point::BeforeMark);
        let marked = within(
            PATIENCE,
            outbox::mark(&self.relay.db, &self.term, &positions),
        );
        match marked.await {
            Ok(()) => {
                self.relay.ledger.marked(&positions);
                self.mark_at = None;
            }
            Err(error) => {
                self.note_database(&error);
                self.mark_at = Some(self.not_before);
            }
        }
    }

    fn note_database(&mut self, error: &sqlx::Error) {
        self.not_before = Instant::now() + DATABASE_PAUSE;
        if !self.is_database_away {
            tracing::warn!("the relay waits for the database: {}", db::class(error));
        }
        self.is_database_away = true;
    }

    /// Until something happens, or is due.
    async fn wait(&mut self) -> Option<End> {
        let due = self.due();
        tokio::select! {
            heard = self.connection.hear() => return self.hear(heard).err(),
            _ = self.bell.recv() => self.is_rung = true,
            () = self.relay.lease.changed() => {}
            () = stopped(&mut self.relay.stop) => {}
            () = sleep_until(due) => {}
        }
        if *self.relay.stop.borrow() {
            self.finish().await;
            return Some(End::Stopped);
        }
        let oldest = self.relay.ledger.oldest();
        oldest
            .is_some_and(|since| since.elapsed() >= ACK_TIMEOUT)
            .then_some(End::Unanswered)
    }

    fn due(&self) -> Instant {
        let unanswered = self.relay.ledger.oldest().map(|since| since + ACK_TIMEOUT);
        let moments = [
            self.next_look(),
            self.mark_at,
            self.chain_at,
            unanswered,
            self.relay.ledger.refused.again_at(),
        ];
        let until = self.term.until();
        moments.into_iter().flatten().fold(until, Instant::min)
    }

    /// Takes in what was heard, and all that came with it.
    fn hear(&mut self, first: Heard) -> Result<(), End> {
        let mut next = Some(first);
        while let Some(heard) = next {
            match heard {
                Heard::Written(packet_id) => {
                    faults::point(Point::AfterPublish);
                    self.relay.ledger.written(packet_id);
                }
                Heard::Answered(packet_id, refusal) => {
                    self.relay.ledger.answered(packet_id, refusal.as_deref());
                    if refusal.is_none() {
                        self.relay.note_well();
                    }
                }
                Heard::Lost(reason) => return Err(End::Broken(reason)),
            }
            next = self.connection.hear_now();
        }
        if self.mark_at.is_none() && self.relay.ledger.has_delivered() {
            self.mark_at = Some(Instant::now() + MARK_AFTER);
        }
        Ok(())
    }

    /// Between two events: sends no more, but hears and marks what is on its way.
    async fn finish(&mut self) {
        let acknowledged = async {
            while self.relay.ledger.oldest().is_some() {
                let heard = self.connection.hear().await;
                if self.hear(heard).is_err() {
                    return;
                }
            }
        };
        // What stays unanswered is sent again by the next holder of the lease.
        let _ = timeout(LAST_ACKS, acknowledged).await;
        if self.relay.ledger.has_delivered() {
            let _ = timeout(LAST_MARK, self.mark()).await;
        }
    }
}

async fn within<T>(
    patience: Duration,
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(patience, query)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
