//! What the relay keeps of its work in the database.

use tokio::time::Instant;

use super::{DATABASE_PAUSE, Drain, PATIENCE};
use crate::db::{self, dialect};
use crate::events::Notice;
use crate::faults::{self, Point};
use crate::mqtt::lease::within;
use crate::mqtt::outbox::Unsent;
use crate::mqtt::relay::End;
use crate::mqtt::{chain, letters, outbox};

impl Drain<'_> {
    /// Whether it makes sense to go on, once the broker has answered all it was sent.
    pub(super) async fn judge(&mut self) -> Option<End> {
        if self.is_rung || self.relay.ledger.has_more_to_try() {
            return None;
        }
        let reason = self.relay.ledger.refused.everything()?.to_owned();
        let forgiven = self.relay.ledger.refused.forgive();
        if !forgiven.is_empty() {
            let taken = letters::take_back(&self.relay.db, &self.term, &forgiven);
            if let Err(error) = within(PATIENCE, taken).await {
                self.note_database(&error);
            }
        }
        Some(End::RefusesAll(reason))
    }

    /// Keeps what was refused for the last time, so that people see it and the next holder knows.
    pub(super) async fn bury(&mut self) {
        let letters = self.relay.ledger.refused.letters();
        if letters.is_empty() {
            return;
        }
        let buried = letters::bury(&self.relay.db, &self.term, &letters);
        match within(PATIENCE, buried).await {
            Ok(()) => self.relay.ledger.refused.buried(letters),
            Err(error) => self.note_database(&error),
        }
    }

    /// Digests what came since, and tells the broker of the head.
    pub(super) async fn extend_chain(&mut self) {
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
                if let Some(head) = head.filter(|_| self.relay.ledger.retains()) {
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

    pub(super) async fn read(&mut self) -> Result<Vec<Unsent>, sqlx::Error> {
        let (db, ledger) = (&self.relay.db, &mut self.relay.ledger);
        // Somebody may have sent one again, or given it up.
        if !self.knows_dead || ledger.refused.has_dead() {
            if ledger.refused.know(letters::held(db).await?) {
                ledger.rewind();
            }
            self.knows_dead = true;
        }
        outbox::place(db, &self.term).await?;
        outbox::unsent(db, ledger.read_to()).await
    }

    pub(super) async fn mark(&mut self) {
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
                self.tell_of_delivery().await;
            }
            Err(error) => {
                self.note_database(&error);
                self.mark_at = Some(self.not_before);
            }
        }
    }

    /// Open pages show what waits.
    async fn tell_of_delivery(&mut self) {
        let told = dialect::tell(&self.relay.db, Notice::delivery());
        if let Err(error) = within(PATIENCE, told).await {
            self.note_database(&error);
        }
    }

    pub(super) fn note_database(&mut self, error: &sqlx::Error) {
        self.not_before = Instant::now() + DATABASE_PAUSE;
        if !self.is_database_away {
            tracing::warn!("the relay waits for the database: {}", db::class(error));
        }
        self.is_database_away = true;
    }
}
