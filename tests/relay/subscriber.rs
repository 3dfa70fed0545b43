//! Somebody who listens, and remembers all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use percent_encoding::percent_decode_str;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::Value;
use taylordash::events::new_id;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use url::Url;

use crate::lab::eventually;

#[derive(Clone, Debug)]
pub struct Message {
    pub topic: String,
    pub payload: String,
    pub qos: QoS,
    pub retain: bool,
    pub content_type: Option<String>,
    pub expiry: Option<u32>,
    pub at: Instant,
}

impl Message {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.payload).unwrap()
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    pub fn project(&self) -> String {
        let json = self.json();
        let ids = ["project_id", "plugin_id", "system_id"];
        let id = ids.iter().find_map(|id| json[id].as_str());
        id.unwrap().to_owned()
    }

    pub fn version(&self) -> i64 {
        self.json()["version"].as_i64().unwrap()
    }
}

pub struct Subscriber {
    heard: Arc<Mutex<Vec<Message>>>,
    _client: AsyncClient,
    _task: JoinSet<()>,
}

impl Subscriber {
    /// Subscribes, and keeps what is about projects whose name begins with `prefix`.
    pub async fn connect(url: &Url, prefix: &str) -> Self {
        let (client, mut events) = AsyncClient::new(options(url), 10);
        client
            .subscribe("tracker/events/#", QoS::AtLeastOnce)
            .await
            .unwrap();
        while !matches!(
            events.poll().await.unwrap(),
            Event::Incoming(Packet::SubAck(_))
        ) {}
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, prefix) = (Arc::clone(&heard), prefix.to_owned());
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(Packet::Publish(publish)) = event {
                    let message = message(&publish);
                    if message.project().starts_with(&prefix) {
                        kept.lock().unwrap().push(message);
                    }
                }
            }
        });
        Self {
            heard,
            _client: client,
            _task: task,
        }
    }

    /// All that was heard so far.
    pub fn heard(&self) -> Vec<Message> {
        self.heard.lock().unwrap().clone()
    }

    /// When the n-th message came, once it has; waiting costs the machine little.
    pub async fn heard_at(&self, n: usize, patience: Duration) -> Instant {
        let started = Instant::now();
        loop {
            if let Some(message) = self.heard.lock().unwrap().get(n) {
                return message.at;
            }
            assert!(started.elapsed() < patience, "no message {n}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits for that many different events; answers every message, repeated ones too.
    pub async fn hear(&self, count: usize, patience: Duration) -> Vec<Message> {
        let what = format!("{count} events at the subscriber");
        eventually(patience, &what, async || {
            let heard = self.heard();
            heard.len() >= count
                && heard.iter().map(Message::id).collect::<BTreeSet<_>>().len() >= count
        })
        .await;
        self.heard()
    }
}

/// Somebody who listens to retained messages, and knows the last one of each topic.
pub struct Retained {
    heard: Arc<Mutex<Vec<Message>>>,
    client: AsyncClient,
    _task: JoinSet<()>,
}

impl Retained {
    pub async fn connect(url: &Url, filter: &str) -> Self {
        let (client, mut events) = AsyncClient::new(options(url), 10);
        client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (granted, kept) = (Arc::new(Notify::new()), Arc::clone(&heard));
        let (grant, mut task) = (Arc::clone(&granted), JoinSet::new());
        task.spawn(async move {
            while let Ok(event) = events.poll().await {
                match event {
                    Event::Incoming(Packet::Publish(publish)) => {
                        kept.lock().unwrap().push(message(&publish));
                    }
                    Event::Incoming(Packet::SubAck(_)) => grant.notify_one(),
                    _ => {}
                }
            }
        });
        granted.notified().await;
        Self {
            heard,
            client,
            _task: task,
        }
    }

    /// Says it to the broker, which keeps it for whoever comes later.
    pub async fn say(&self, topic: &str, payload: &str) {
        let said = self
            .client
            .publish(topic, QoS::AtLeastOnce, true, payload.to_owned());
        said.await.unwrap();
    }

    pub fn messages(&self) -> Vec<Message> {
        self.heard.lock().unwrap().clone()
    }

    /// The last payload on a topic; null where there was none, or it was taken away.
    pub fn json(&self, topic: &str) -> Value {
        let heard = self.heard.lock().unwrap();
        let last = heard.iter().rev().find(|message| message.topic == topic);
        last.and_then(|message| serde_json::from_str(&message.payload).ok())
            .unwrap_or_default()
    }

    pub async fn shows(&self, topic: &str, field: &str, value: &str) {
        let what = format!("{topic} has {field} {value}");
        eventually(PATIENCE, &what, async || self.json(topic)[field] == value).await;
    }

    pub async fn loses(&self, topic: &str) {
        let what = format!("{topic} is cleared");
        eventually(PATIENCE, &what, async || {
            let heard = self.heard.lock().unwrap();
            let last = heard.iter().rev().find(|message| message.topic == topic);
            last.is_some_and(|message| message.payload.is_empty())
        })
        .await;
    }

    /// The topics that the broker holds, to one who comes now.
    pub async fn settled(&self) -> Vec<String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut topics: Vec<String> = self.messages().into_iter().map(|m| m.topic).collect();
        topics.sort();
        topics.dedup();
        topics
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

/// Whether each project's versions are 1, 2, 3 … once what came again is taken away, and what came
/// again is the same to the byte.
pub fn assert_in_order(messages: &[Message]) {
    let mut first = BTreeMap::new();
    let mut versions: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for message in messages {
        match first.get(&message.id()) {
            Some(payload) => assert_eq!(payload, &message.payload),
            None => {
                first.insert(message.id(), message.payload.clone());
                versions
                    .entry(message.project())
                    .or_default()
                    .push(message.version());
            }
        }
    }
    for (project, versions) in versions {
        let expected: Vec<i64> = (1..=versions.len() as i64).collect();
        assert_eq!(versions, expected, "{project}");
    }
}

/// With the name and password of the address.
fn options(url: &Url) -> MqttOptions {
    let id = format!("subscriber-{}", new_id());
    let mut options = MqttOptions::new(id, url.host_str().unwrap(), url.port().unwrap());
    options.set_max_packet_size(Some(8 << 20));
    if let Some(password) = url.password() {
        let decoded = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        options.set_credentials(decoded(url.username()), decoded(password));
    }
    options
}

fn message(publish: &Publish) -> Message {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Message {
        topic: text(&publish.topic),
        payload: text(&publish.payload),
        qos: publish.qos,
        retain: publish.retain,
        content_type: publish
            .properties
            .as_ref()
            .and_then(|properties| properties.content_type.clone()),
        expiry: publish
            .properties
            .as_ref()
            .and_then(|properties| properties.message_expiry_interval),
        at: Instant::now(),
    }
}
