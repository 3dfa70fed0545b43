//! Somebody who listens, and remembers all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::Value;
use taylordash::events::new_id;
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
}

impl Message {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.payload).unwrap()
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    pub fn project(&self) -> String {
        self.json()["project_id"].as_str().unwrap().to_owned()
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
        let id = format!("subscriber-{}", new_id());
        let mut options = MqttOptions::new(id, url.host_str().unwrap(), url.port().unwrap());
        options.set_max_packet_size(Some(8 << 20));
        if let Some(password) = url.password() {
            let decoded = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
            options.set_credentials(decoded(url.username()), decoded(password));
        }
        let (client, mut events) = AsyncClient::new(options, 10);
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
    }
}
