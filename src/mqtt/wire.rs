//! What every connection to the broker begins with, and how it is listened to.

use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnAck, ConnectReturnCode, Packet, PublishProperties};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::lane::Message;
use super::target::Dial;
use super::words;

/// How long a broker may take to let us in.
const CONNECT: Duration = Duration::from_secs(6);

/// Why a connection did not come about.
#[derive(Debug)]
pub(super) enum NotOpen {
    /// The broker keeps no retained messages, and so takes no will that is one.
    WithoutRetain,
    /// In words.
    Other(String),
}

impl From<NotOpen> for String {
    fn from(why: NotOpen) -> Self {
        match why {
            NotOpen::WithoutRetain => "it keeps no retained messages".to_owned(),
            NotOpen::Other(reason) => reason,
        }
    }
}

/// A connection that the broker has let in.
pub(super) struct Wire {
    pub(super) client: AsyncClient,
    pub(super) ack: ConnAck,
    events: EventLoop,
    room: usize,
}

impl Wire {
    /// Connects, with room for so many messages each way; an error says why not, without a password.
    pub(super) async fn open(dial: Dial, room: usize) -> Result<Self, NotOpen> {
        let Dial { options, failure } = dial;
        let (client, mut events) = AsyncClient::new(options, room);
        let ack = match timeout(CONNECT, events.poll()).await {
            Ok(Ok(Event::Incoming(Packet::ConnAck(ack)))) => ack,
            Ok(Ok(other)) => return Err(NotOpen::Other(format!("it answered {other:?}"))),
            Ok(Err(ConnectionError::ConnectionRefused(ConnectReturnCode::RetainNotSupported))) => {
                return Err(NotOpen::WithoutRetain);
            }
            Ok(Err(error)) => {
                let told = failure.told().unwrap_or_else(|| words::of(&error));
                return Err(NotOpen::Other(told));
            }
            Err(_) => return Err(NotOpen::Other("it does not answer".to_owned())),
        };
        Ok(Self {
            client,
            ack,
            events,
            room,
        })
    }

    /// The largest packet that the broker takes, in bytes.
    pub(super) fn packet(&self) -> usize {
        let properties = self.ack.properties.as_ref();
        let size = properties.and_then(|properties| properties.max_packet_size);
        size.map_or(usize::MAX, |size| size as usize)
    }

    /// Listens until the connection ends, which `lost` puts into words, or the task is dropped.
    ///
    /// In a task of its own: a poll that is given up in the middle of a write loses the message.
    pub(super) fn listen<H: Send + 'static>(
        self,
        hear: fn(Event) -> Option<H>,
        lost: fn(&ConnectionError) -> H,
    ) -> (AsyncClient, mpsc::Receiver<H>, JoinSet<()>) {
        let (tell, heard) = mpsc::channel(self.room);
        let mut poll = JoinSet::new();
        poll.spawn(listen(self.events, tell, hear, lost));
        (self.client, heard, poll)
    }
}

async fn listen<H>(
    mut events: EventLoop,
    tell: mpsc::Sender<H>,
    hear: fn(Event) -> Option<H>,
    lost: fn(&ConnectionError) -> H,
) {
    loop {
        let (heard, is_last) = match events.poll().await {
            // Who says goodbye hangs up (MQTT 5, 3.14.4).
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(event) => match hear(event) {
                Some(heard) => (heard, false),
                None => continue,
            },
            Err(error) => (lost(&error), true),
        };
        if tell.send(heard).await.is_err() || is_last {
            return;
        }
    }
}

/// Sends a message with QoS 1. An error says that the connection is of no more use.
pub(super) fn publish(client: &AsyncClient, message: Message) -> Result<(), String> {
    let properties = PublishProperties {
        content_type: (!message.payload.is_empty()).then(|| "application/json".to_owned()),
        message_expiry_interval: message.expiry,
        ..PublishProperties::default()
    };
    client
        .try_publish_with_properties(
            message.topic,
            QoS::AtLeastOnce,
            message.retain,
            message.payload,
            properties,
        )
        .map_err(|error| error.to_string())
}
