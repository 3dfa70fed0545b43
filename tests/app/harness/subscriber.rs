use std::time::Duration;

use percent_encoding::percent_decode_str;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, ConnectionError, Event, MqttOptions};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use url::Url;

/// What a broker handed on.
#[derive(Clone, Debug)]
pub struct Message {
    pub topic: String,
    pub payload: Value,
}

/// An ordinary MQTT 5 client that listens.
pub struct Subscriber {
    messages: mpsc::UnboundedReceiver<Message>,
    task: JoinHandle<()>,
    _client: AsyncClient,
}

impl Subscriber {
    /// Connects with the name and password of the address, and answers once the broker has granted
    /// the subscription: what is published from then on arrives.
    pub async fn new(url: &Url, filter: &str) -> Self {
        let (client, mut events) = AsyncClient::new(options(url), 64);
        client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        let (heard, messages) = mpsc::unbounded_channel();
        let (granted, grant) = oneshot::channel();
        let mut granted = Some(granted);
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::SubAck(ack))) => {
                        if let Some(granted) = granted.take() {
                            let _ = granted.send(ack.return_codes);
                        }
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let message = Message {
                            topic: String::from_utf8(publish.topic.to_vec()).unwrap(),
                            payload: serde_json::from_slice(&publish.payload).unwrap(),
                        };
                        if heard.send(message).is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    // The broker is away; the next poll connects again.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        let granted = tokio::time::timeout(Duration::from_secs(10), grant).await;
        let codes = granted.expect("the broker answers").unwrap();
        assert!(
            codes
                .iter()
                .all(|code| format!("{code:?}").starts_with("Success")),
            "{filter} was refused: {codes:?}"
        );
        Self {
            messages,
            task,
            _client: client,
        }
    }

    /// Whether the broker closes the door to the name and password of the address.
    pub async fn is_refused(url: &Url) -> bool {
        let (_client, mut events) = AsyncClient::new(options(url), 1);
        matches!(
            events.poll().await,
            Err(ConnectionError::ConnectionRefused(_))
        )
    }

    /// The next message; fails when `patience` is over.
    pub async fn next(&mut self, patience: Duration) -> Message {
        let next = tokio::time::timeout(patience, self.messages.recv()).await;
        next.unwrap_or_else(|_| panic!("no message within {patience:?}"))
            .expect("the subscriber runs")
    }

    /// What has arrived and was not read yet.
    pub fn waiting(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.messages.try_recv().ok()).collect()
    }
}

/// A connection to the broker that is not made again once it broke.
pub struct Line {
    task: JoinHandle<()>,
    _client: AsyncClient,
}

impl Line {
    /// Connects with the name and password of the address.
    pub async fn new(url: &Url) -> Self {
        let (client, mut events) = AsyncClient::new(options(url), 1);
        let first = events.poll().await;
        assert!(
            matches!(first, Ok(Event::Incoming(Packet::ConnAck(_)))),
            "{first:?}"
        );
        let task = tokio::spawn(async move { while events.poll().await.is_ok() {} });
        Self {
            task,
            _client: client,
        }
    }

    /// Whether it is cut before `patience` is over.
    pub async fn is_cut(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, &mut self.task).await.is_ok()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn options(url: &Url) -> MqttOptions {
    let id = format!("story-{}", uuid::Uuid::now_v7().simple());
    let mut options = MqttOptions::new(id, url.host_str().unwrap(), url.port().unwrap_or(1883));
    options.set_keep_alive(Duration::from_secs(10));
    options.set_max_packet_size(Some(1 << 20));
    if let Some(password) = url.password() {
        let decoded = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        options.set_credentials(decoded(url.username()), decoded(password));
    }
    options
}
