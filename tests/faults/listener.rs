//! A consumer as one would write it: a durable QoS 1 subscription, duplicates dropped by `id`, a gap in
//! `version` filled from the replay, and after a lost connection a look at what is new.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

use crate::replay::Replay;

const FILTER: &str = "tracker/events/#";
/// Seconds for which the broker is to keep what we miss.
const SESSION: u32 = 24 * 60 * 60;

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Broker,
    Replay,
}

#[derive(Clone, Debug)]
pub struct Heard {
    pub topic: String,
    pub payload: String,
    pub way: Way,
}

/// Its domain, its entity, and its number there.
pub type Version = ((String, String), i64);

#[derive(Default)]
struct Notes {
    heard: Vec<Heard>,
    ids: BTreeSet<String>,
    next: HashMap<(String, String), i64>,
    /// Up to here everything was seen in the replay.
    caught_up: i64,
    connections: usize,
}

pub struct Listener {
    notes: Arc<Mutex<Notes>>,
    _task: JoinSet<()>,
}

impl Listener {
    /// Connects, and answers once the subscription is granted. With `replay` it fills gaps; without,
    /// the broker must not lose anything, and a gap is a fault. `is_late` says that there are events
    /// already.
    pub async fn start(url: &Url, replay: Option<Replay>, is_late: bool) -> Self {
        let notes = Arc::new(Mutex::new(Notes::default()));
        let (client, events) = AsyncClient::new(options(url), 64);
        let (granted, grant) = tokio::sync::oneshot::channel();
        let mut task = JoinSet::new();
        let ear = Ear {
            client,
            notes: Arc::clone(&notes),
            replay,
            is_late,
            granted: Some(granted),
        };
        task.spawn(ear.listen(events));
        let granted = tokio::time::timeout(Duration::from_secs(20), grant).await;
        granted
            .expect("the broker grants the subscription")
            .unwrap();
        Self { notes, _task: task }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.notes.lock().unwrap().heard.clone()
    }

    pub fn has_all<'a>(&self, mut ids: impl Iterator<Item = &'a str>) -> bool {
        let notes = self.notes.lock().unwrap();
        ids.all(|id| notes.ids.contains(id))
    }

    pub fn count(&self) -> usize {
        self.notes.lock().unwrap().ids.len()
    }
}

struct Ear {
    client: AsyncClient,
    notes: Arc<Mutex<Notes>>,
    replay: Option<Replay>,
    is_late: bool,
    granted: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Ear {
    async fn listen(mut self, mut events: EventLoop) {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(ack))) if ack.session_present => {
                    self.catch_up().await;
                }
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    self.client.try_subscribe(FILTER, QoS::AtLeastOnce).unwrap();
                }
                Ok(Event::Incoming(Packet::SubAck(_))) => {
                    if self.is_late || self.granted.is_none() {
                        self.catch_up().await;
                    }
                    if let Some(granted) = self.granted.take() {
                        let _ = granted.send(());
                    }
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => self.take(&publish).await,
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn take(&mut self, publish: &Publish) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let heard = Heard {
            topic: text(&publish.topic),
            payload: text(&publish.payload),
            way: Way::Broker,
        };
        let is_gap = version(&heard).is_some_and(|(entity, version)| {
            let notes = self.notes.lock().unwrap();
            version > notes.next.get(&entity).copied().unwrap_or(1)
        });
        if is_gap {
            self.catch_up().await;
        }
        self.note(heard);
    }

    /// Reads on in the replay, and notes what is new.
    async fn catch_up(&mut self) {
        let Some(replay) = &self.replay else {
            return;
        };
        let after = self.notes.lock().unwrap().caught_up;
        for event in replay.after(after).await {
            let heard = Heard {
                topic: event.topic,
                payload: event.payload,
                way: Way::Replay,
            };
            let is_new = id(&heard).is_some_and(|id| {
                let notes = self.notes.lock().unwrap();
                !notes.ids.contains(&id)
            });
            if is_new {
                self.note(heard);
            }
            self.notes.lock().unwrap().caught_up = event.position;
        }
    }

    fn note(&self, heard: Heard) {
        let mut notes = self.notes.lock().unwrap();
        if let Some((entity, version)) = version(&heard) {
            let next = notes.next.entry(entity).or_insert(1);
            *next = (*next).max(version + 1);
        }
        notes.ids.extend(id(&heard));
        notes.heard.push(heard);
    }
}

/// The event's own id.
pub fn id(heard: &Heard) -> Option<String> {
    let payload: Value = serde_json::from_str(&heard.payload).ok()?;
    Some(payload["id"].as_str()?.to_owned())
}

/// Which of which entity's events it is.
pub fn version(heard: &Heard) -> Option<Version> {
    let payload: Value = serde_json::from_str(&heard.payload).ok()?;
    let domain = heard.topic.split('/').nth(2)?.to_owned();
    let entity = payload[format!("{domain}_id")].as_str()?.to_owned();
    Some(((domain, entity), payload["version"].as_i64()?))
}

fn options(url: &Url) -> MqttOptions {
    let id = format!("consumer-{}", uuid::Uuid::now_v7().simple());
    let mut options = MqttOptions::new(id, url.host_str().unwrap(), url.port().unwrap());
    options
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION))
        .set_keep_alive(Duration::from_secs(5))
        .set_connection_timeout(5)
        .set_max_packet_size(Some(8 << 20));
    if let Some(password) = url.password() {
        let decoded = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        options.set_credentials(decoded(url.username()), decoded(password));
    }
    options
}
