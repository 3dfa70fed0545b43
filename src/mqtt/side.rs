//! A connection beside the relay's own: for what is not the outbox.

use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::lane::Message;
use super::target::Dial;
use super::wire::{self, Wire};
use super::words;

/// Messages on their way at once, in either direction.
pub(super) const WINDOW: u16 = 50;
/// How long a broker may take to acknowledge.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the broker, or the way to it, says.
pub(super) enum Heard {
    /// It took a message, or says why not.
    Answered(Option<String>),
    /// Somebody published something.
    Message(Box<Publish>),
    /// It granted a subscription, or did not.
    Granted(bool),
    /// The connection ended.
    Lost(String),
}

/// An open connection. Dropping it closes the socket.
pub(super) struct Side {
    client: AsyncClient,
    heard: mpsc::Receiver<Heard>,
    packet: usize,
    _poll: JoinSet<()>,
}

impl Side {
    /// Connects; an error says why not, without a password.
    pub(super) async fn open(mut dial: Dial) -> Result<Self, String> {
        dial.options.set_outgoing_inflight_upper_limit(WINDOW);
        let wire = Wire::open(dial, usize::from(WINDOW) * 2 + 16).await?;
        let packet = wire.packet();
        let (client, heard, poll) = wire.listen(hear, |error| Heard::Lost(words::of(error)));
        Ok(Self {
            client,
            heard,
            packet,
            _poll: poll,
        })
    }

    /// Whether the broker takes a message of this size.
    pub(super) fn takes(&self, message: &Message) -> bool {
        message.size_at_most() <= self.packet
    }

    /// Sends a message; its answer is heard later.
    pub(super) fn publish(&self, message: Message) -> Result<(), String> {
        wire::publish(&self.client, message)
    }

    /// Asks for what is published on topics that fit `filter`.
    pub(super) fn subscribe(&self, filter: &str) -> Result<(), String> {
        self.client
            .try_subscribe(filter, QoS::AtLeastOnce)
            .map_err(|error| error.to_string())
    }

    /// Acknowledges a message, where the options say that this is done by hand.
    pub(super) fn acknowledge(&self, message: &Publish) -> Result<(), String> {
        let done = self.client.try_ack(message);
        done.map_err(|error| error.to_string())
    }

    /// What is heard next.
    pub(super) async fn hear(&mut self) -> Heard {
        let ended = || Heard::Lost("it ended".to_owned());
        self.heard.recv().await.unwrap_or_else(ended)
    }

    /// Waits for the answers to `count` messages; an error says that the connection is of no more use.
    /// Answers why one of them was not taken, if so.
    pub(super) async fn answers(&mut self, count: usize) -> Result<Option<String>, String> {
        let mut refused = None;
        for _ in 0..count {
            let answer = async {
                loop {
                    match self.hear().await {
                        Heard::Answered(answer) => return Ok(answer),
                        Heard::Lost(reason) => return Err(reason),
                        Heard::Message(_) | Heard::Granted(_) => {}
                    }
                }
            };
            let answer = timeout(PATIENCE, answer).await;
            refused = answer
                .map_err(|_| "it does not acknowledge".to_owned())??
                .or(refused);
        }
        Ok(refused)
    }
}

fn hear(event: Event) -> Option<Heard> {
    match event {
        Event::Incoming(Packet::PubAck(ack)) => Some(Heard::Answered(words::refusal(&ack))),
        Event::Incoming(Packet::Publish(message)) => Some(Heard::Message(Box::new(message))),
        Event::Incoming(Packet::SubAck(ack)) => {
            let granted = |code: &_| matches!(code, SubscribeReasonCode::Success(_));
            Some(Heard::Granted(ack.return_codes.iter().all(granted)))
        }
        _ => None,
    }
}
