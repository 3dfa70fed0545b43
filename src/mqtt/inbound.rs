//! Listens to commands where the broker is not ours, and publishes dead letters on either.
//!
//! Only the holder of the lease listens, under one client id for all nodes, with a session that the
//! broker keeps for a few minutes: what is sent while nobody listens, because one node takes over from
//! another or is restarted, is heard then; what is older is not, for nobody expects it any more. A
//! message is acknowledged once it is done. One that comes twice is done twice, which changes nothing:
//! a status that is so already stays so.

use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::v5::Publish;
use tokio::sync::mpsc;
use tokio::time::{interval, sleep};

use super::commands::{Inbox, Letter, ROOT, Refusal};
use super::lease::{Holding, Term};
use super::side::{Heard, Side};
use super::target::Target;

/// How long the broker keeps what nobody heard, in seconds.
const EXPIRY: u32 = 5 * 60;
/// Commands on their way to us that are not acknowledged.
const AT_ONCE: u16 = 20;
/// The pause before the next try to connect.
const RETRY: Duration = Duration::from_secs(2);
/// Whether the lease is still ours is asked this often.
const CHECK: Duration = Duration::from_secs(1);

/// What is needed to listen and to publish.
pub(super) struct Inbound {
    pub(super) target: Target,
    pub(super) holding: Holding,
    pub(super) inbox: Inbox,
    pub(super) letters: mpsc::Receiver<Letter>,
    /// Whether the broker is another's, so that commands come by subscription.
    pub(super) listens: bool,
}

/// A connection that listens to commands.
fn listening(options: &mut MqttOptions) {
    options
        .set_clean_start(false)
        .set_session_expiry_interval(Some(EXPIRY))
        .set_receive_maximum(Some(AT_ONCE))
        .set_manual_acks(true);
}

impl Inbound {
    /// Works until it is dropped.
    pub(super) async fn run(mut self) {
        loop {
            let term = self.holding.held().await;
            let reason = match self.open().await {
                Ok(side) => self.work(&term, side).await,
                Err(reason) => Err(reason),
            };
            if let Err(reason) = reason {
                tracing::debug!("commands wait: {reason}");
            }
            sleep(RETRY).await;
        }
    }

    async fn open(&self) -> Result<Side, String> {
        let mut dial = self.target.dial().await?;
        if self.listens {
            listening(&mut dial.options);
        }
        Side::open(dial).await
    }

    /// Until the connection or the lease is gone.
    async fn work(&mut self, term: &Term, mut side: Side) -> Result<(), String> {
        if self.listens {
            side.subscribe(&format!("{ROOT}#"))?;
        }
        let mut check = interval(CHECK);
        while self.holding.has(term) {
            tokio::select! {
                heard = side.hear() => self.hear(&side, heard).await?,
                letter = self.letters.recv() => match letter {
                    Some(letter) => side.publish(letter.into())?,
                    None => return Ok(()),
                },
                _ = check.tick() => {}
            }
        }
        Ok(())
    }

    async fn hear(&self, side: &Side, heard: Heard) -> Result<(), String> {
        match heard {
            Heard::Message(message) => self.take(side, &message).await,
            Heard::Granted(false) => {
                tracing::warn!(
                    "the broker does not let TaylorDash listen to {ROOT}#: no command is heard"
                );
                Ok(())
            }
            Heard::Granted(true) | Heard::Answered(_) => Ok(()),
            Heard::Lost(reason) => Err(reason),
        }
    }

    async fn take(&self, side: &Side, message: &Publish) -> Result<(), String> {
        let topic = String::from_utf8_lossy(&message.topic);
        if message.retain {
            // It would be done again at each start.
            let reason = "A command must not be retained.";
            self.inbox.refuse(&topic, &message.payload, reason);
        } else if let Err(Refusal::Later) = self.inbox.take(None, &topic, &message.payload).await {
            // Not acknowledged: the broker sends it again.
            return Err("the database is away".to_owned());
        }
        side.acknowledge(message)
    }
}
