//! One connection to the broker, from CONNECT to its end. The next one is a new one: what rumqttc
//! carries over an error cannot be told apart from what is new.

use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{DisconnectReasonCode, Packet};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, StateError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::lane::Message;
use super::ledger::Limits;
use super::target::Dial;
use super::wire::{self, NotOpen, Wire};
use super::{presence, words};

/// Messages on their way at once, at most; the broker may want fewer.
pub(super) const IN_FLIGHT: u16 = 100;
/// How long the end of a connection may take.
const GOODBYE: Duration = Duration::from_millis(200);

/// What the broker, or the way to it, says.
#[derive(Debug)]
pub(super) enum Heard {
    /// The next message in order was written under this packet id.
    Written(u16),
    /// It acknowledged the message, or says why not.
    Answered(u16, Option<String>),
    /// Somebody said that the relay is not there.
    Denied,
    /// The connection ended.
    Lost(Loss),
}

/// Why a connection ended.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    /// In words.
    pub(super) reason: String,
    /// Whether it ended because the broker does not bear something that it was sent.
    pub(super) is_about_a_message: bool,
}

impl Loss {
    fn of(error: &ConnectionError) -> Self {
        let reason = match error {
            ConnectionError::MqttState(StateError::ServerDisconnect {
                reason_code,
                reason_string,
            }) => format!(
                "it ended the connection: {}",
                reason_string.clone().unwrap_or(format!("{reason_code:?}"))
            ),
            error => words::of(error),
        };
        Self {
            reason,
            is_about_a_message: match error {
                ConnectionError::MqttState(StateError::ServerDisconnect {
                    reason_code, ..
                }) => is_about_a_message(*reason_code),
                // An answer with a reason that PUBACK has not, such as "packet too large".
                ConnectionError::MqttState(StateError::Deserialization(_)) => true,
                _ => false,
            },
        }
    }
}

fn is_about_a_message(reason: DisconnectReasonCode) -> bool {
    use DisconnectReasonCode as Reason;
    matches!(
        reason,
        Reason::UnspecifiedError
            | Reason::MalformedPacket
            | Reason::ProtocolError
            | Reason::ImplementationSpecificError
            | Reason::NotAuthorized
            | Reason::TopicNameInvalid
            | Reason::PacketTooLarge
            | Reason::QuotaExceeded
            | Reason::PayloadFormatInvalid
            | Reason::RetainNotSupported
            | Reason::QoSNotSupported
    )
}

/// An open connection. Dropping it closes the socket.
pub(super) struct Connection {
    client: AsyncClient,
    heard: mpsc::Receiver<Heard>,
    limits: Limits,
    _poll: JoinSet<()>,
}

impl Connection {
    /// Connects; an error says why not, without a password.
    pub(super) async fn open(dial: Dial) -> Result<Self, NotOpen> {
        // More than can be on its way, so that neither side ever waits for the other.
        let room = usize::from(IN_FLIGHT) * 2 + 16;
        let wire = Wire::open(dial, room).await?;
        let limits = limits(&wire);
        let (client, heard, poll) = wire.listen(hear, |error| Heard::Lost(Loss::of(error)));
        Ok(Self {
            client,
            heard,
            limits,
            _poll: poll,
        })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Sends a message. An error says that the connection is of no more use.
    pub(super) fn publish(&self, message: Message) -> Result<(), String> {
        wire::publish(&self.client, message)
    }

    /// Says what is to be kept for whoever comes later. Not acknowledged: the next one says more.
    pub(super) fn announce(&self, topic: &str, payload: String) {
        // A connection that takes no more is noticed where events are sent.
        let _ = self
            .client
            .try_publish(topic, QoS::AtMostOnce, true, payload);
    }

    /// Listens from now on to what is said of the relay's presence.
    pub(super) fn listen_to_presence(&self) {
        // A connection that takes no more is noticed where events are sent.
        let _ = self.client.try_subscribe(presence::TOPIC, QoS::AtMostOnce);
    }

    /// What is heard next.
    pub(super) async fn hear(&mut self) -> Heard {
        let ended = || {
            Heard::Lost(Loss {
                reason: "it ended".to_owned(),
                is_about_a_message: false,
            })
        };
        self.heard.recv().await.unwrap_or_else(ended)
    }

    /// What is heard already.
    pub(super) fn hear_now(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        if self.client.try_disconnect().is_ok() {
            let gone = async { while !matches!(self.hear().await, Heard::Lost(_)) {} };
            // A frozen broker does not even take that.
            let _ = timeout(GOODBYE, gone).await;
        }
    }
}

fn limits(wire: &Wire) -> Limits {
    let properties = wire.ack.properties.as_ref();
    let in_flight = properties.and_then(|p| p.receive_max).unwrap_or(IN_FLIGHT);
    Limits {
        in_flight: usize::from(in_flight.clamp(1, IN_FLIGHT)),
        packet: wire.packet(),
        retains: properties.and_then(|p| p.retain_available) != Some(0),
    }
}

fn hear(event: Event) -> Option<Heard> {
    match event {
        // What is not to be acknowledged has no id.
        Event::Outgoing(Outgoing::Publish(0)) => None,
        Event::Outgoing(Outgoing::Publish(packet_id)) => Some(Heard::Written(packet_id)),
        Event::Incoming(Packet::PubAck(ack)) => {
            Some(Heard::Answered(ack.pkid, words::refusal(&ack)))
        }
        // What was said before counts for nothing.
        Event::Incoming(Packet::Publish(said)) => {
            (!said.retain && presence::denies(&said.payload)).then_some(Heard::Denied)
        }
        _ => None,
    }
}
