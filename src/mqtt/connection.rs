//! One connection to the broker, from CONNECT to its end. The next one is a new one: what rumqttc
//! carries over an error cannot be told apart from what is new.

use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnAck, Packet, PubAckReason, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ledger::Limits;
use super::outbox::Unsent;

/// Messages on their way at once, at most; the broker may want fewer.
pub(super) const IN_FLIGHT: u16 = 100;
/// How long a broker may take to let us in.
const CONNECT: Duration = Duration::from_secs(6);
/// How long the end of a connection may take.
const GOODBYE: Duration = Duration::from_millis(200);

/// What the broker, or the way to it, says.
#[derive(Debug)]
pub(super) enum Heard {
    /// The next message in order was written under this packet id.
    Written(u16),
    /// It acknowledged the message, or says why not.
    Answered(u16, Option<String>),
    /// The connection ended.
    Lost(String),
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
    pub(super) async fn open(options: MqttOptions) -> Result<Self, String> {
        // More than can be on its way, so that neither side ever waits for the other.
        let room = usize::from(IN_FLIGHT) * 2 + 16;
        let (client, mut events) = AsyncClient::new(options, room);
        let limits = match timeout(CONNECT, events.poll()).await {
            Ok(Ok(Event::Incoming(Packet::ConnAck(ack)))) => limits(&ack),
            Ok(Ok(other)) => return Err(format!("it answered {other:?}")),
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err("it does not answer".to_owned()),
        };
        let (tell, heard) = mpsc::channel(room);
        let mut poll = JoinSet::new();
        poll.spawn(listen(events, tell));
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

    /// Sends an event. An error says that the connection is of no more use.
    pub(super) fn publish(&self, event: Unsent) -> Result<(), String> {
        let properties = PublishProperties {
            content_type: Some("application/json".to_owned()),
            ..PublishProperties::default()
        };
        let topic = event.topic();
        self.client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, event.payload, properties)
            .map_err(|error| error.to_string())
    }

    /// Says what is to be kept for whoever comes later. Not acknowledged: the next one says more.
    pub(super) fn announce(&self, topic: &str, payload: String) {
        // A connection that takes no more is noticed where events are sent.
        let _ = self
            .client
            .try_publish(topic, QoS::AtMostOnce, true, payload);
    }

    /// What is heard next.
    pub(super) async fn hear(&mut self) -> Heard {
        let ended = || Heard::Lost("it ended".to_owned());
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

fn limits(ack: &ConnAck) -> Limits {
    let properties = ack.properties.as_ref();
    let in_flight = properties.and_then(|p| p.receive_max).unwrap_or(IN_FLIGHT);
    let packet = properties.and_then(|p| p.max_packet_size);
    Limits {
        in_flight: usize::from(in_flight.clamp(1, IN_FLIGHT)),
        packet: packet.map_or(usize::MAX, |size| size as usize),
    }
}

/// A task of its own: a poll that is given up in the middle of a write loses the message.
async fn listen(mut events: EventLoop, tell: mpsc::Sender<Heard>) {
    loop {
        let heard = match events.poll().await {
            // What is not to be acknowledged has no id.
            Ok(Event::Outgoing(Outgoing::Publish(0))) => continue,
            Ok(Event::Outgoing(Outgoing::Publish(packet_id))) => Heard::Written(packet_id),
            Ok(Event::Incoming(Packet::PubAck(ack))) => {
                Heard::Answered(ack.pkid, refusal(ack.reason))
            }
            // Who says goodbye hangs up (MQTT 5, 3.14.4).
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(_) => continue,
            Err(error) => {
                let _ = tell.send(Heard::Lost(error.to_string())).await;
                return;
            }
        };
        if tell.send(heard).await.is_err() {
            return;
        }
    }
}

fn refusal(reason: PubAckReason) -> Option<String> {
    match reason {
        PubAckReason::Success | PubAckReason::NoMatchingSubscribers => None,
        reason => Some(format!("{reason:?}")),
    }
}
