//! What is told beside the events: that the relay is there, and what each thing is.

use tokio::sync::oneshot;

use super::Drain;
use crate::db::Timestamp;
use crate::mqtt::lane::Waiting;
use crate::mqtt::{presence, state};

impl Drain<'_> {
    /// Tells that the relay is there, and begins to keep the states.
    pub(super) fn arrive(&mut self) -> Result<(), String> {
        if !self.relay.ledger.retains() {
            return Ok(());
        }
        self.present_since = Some(Timestamp::now());
        self.connection.listen_to_presence();
        self.tell_presence()?;
        let (db, term, lane) = (
            self.relay.db.clone(),
            self.term.clone(),
            self.extras.0.clone(),
        );
        self.beside.spawn(state::keep(db, term, lane));
        Ok(())
    }

    pub(super) fn tell_presence(&mut self) -> Result<(), String> {
        let Some(since) = self.present_since else {
            return Ok(());
        };
        let (answer, answered) = oneshot::channel();
        self.beside.spawn(async move {
            if let Ok(Err(refusal)) = answered.await {
                tracing::warn!(
                    "the MQTT broker does not take {}: {refusal}",
                    presence::TOPIC
                );
            }
        });
        let message = presence::online(since);
        self.send_extra(Waiting { message, answer })
    }

    /// Tells that it is stopped.
    pub(super) fn tell_absence(&mut self) {
        self.beside.abort_all();
        if self.present_since.take().is_some() {
            let (answer, message) = (oneshot::channel().0, presence::offline());
            // Where that cannot be sent, the broker publishes the will.
            let _ = self.send_extra(Waiting { message, answer });
        }
    }
}
