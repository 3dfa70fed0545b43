//! A connection beside the relay's own: for what is not the outbox.

use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::target::Dial;
use super::words;

/// Messages on their way at once, in either direction.
pub(super) const WINDOW: u16 = 50;
/// How long a broker may take to let us in, or to acknowledge.
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
    pub(super) async fn open(dial: Dial) -> Result<Self, String> {
        let Dial {
            mut options,
            failure,
        } = dial;
        options.set_outgoing_inflight_upper_limit(WINDOW);
        let (client, mut events) = AsyncClient::new(options, usize::from(WINDOW) * 2 + 16);
        let packet = match timeout(PATIENCE, events.poll()).await {
            Ok(Ok(Event::Incoming(Packet::ConnAck(ack)))) => {
                ack.properties.and_then(|said| said.max_packet_size)
            }
            Ok(Ok(other)) => return Err(format!("it answered {other:?}")),
            Ok(Err(error)) => return Err(failure.told().unwrap_or_else(|| words::of(&error))),
            Err(_) => return Err("it does not answer".to_owned()),
        };
        let (tell, heard) = mpsc::channel(usize::from(WINDOW));
        let mut poll = JoinSet::new();
        poll.spawn(listen(events, tell));
        Ok(Self {
            client,
            heard,
            packet: packet.map_or(usize::MAX, |size| size as usize),
            _poll: poll,
        })
    }

    /// Whether the broker takes a message of this size; the rest of its packet takes less than 64 bytes.
    pub(super) fn takes(&self, topic: &str, payload: &str) -> bool {
        topic.len() + payload.len() + 64 <= self.packet
    }

    /// Sends a JSON object; its answer is heard later.
    pub(super) fn publish(&self, topic: String, payload: String) -> Result<(), String> {
        let properties = PublishProperties {
            content_type: Some("application/json".to_owned()),
            ..PublishProperties::default()
        };
        self.client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties)
            .map_err(|error| error.to_string())
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

async fn listen(mut events: EventLoop, tell: mpsc::Sender<Heard>) {
    loop {
        let heard = match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(ack))) => Heard::Answered(words::refusal(&ack)),
            Ok(Event::Incoming(Packet::Publish(message))) => Heard::Message(Box::new(message)),
            Ok(Event::Incoming(Packet::SubAck(ack))) => {
                let granted = |code: &_| matches!(code, SubscribeReasonCode::Success(_));
                Heard::Granted(ack.return_codes.iter().all(granted))
            }
            Ok(_) => continue,
            Err(error) => {
                let _ = tell.send(Heard::Lost(words::of(&error))).await;
                return;
            }
        };
        if tell.send(heard).await.is_err() {
            return;
        }
    }
}
