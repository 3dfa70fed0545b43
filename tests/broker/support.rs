//! A broker per test, and a client that says what it heard.

use std::net::{IpAddr, SocketAddr};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, LastWill, Packet, PubAckReason, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, MqttOptions};
use taylordash::mqtt::broker::{Accounts, Broker, Credentials, Filter, Member, Rights};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub const RELAY: &str = "taylordash-relay-1";
const PATIENCE: Duration = Duration::from_secs(10);

/// A broker on a free port with the accounts of [`People`], password `secret` each.
pub async fn broker() -> Broker {
    broker_at("127.0.0.1:0".parse().unwrap()).await
}

pub async fn broker_at(addr: SocketAddr) -> Broker {
    broker_of(addr, People::default()).await
}

pub async fn broker_of(addr: SocketAddr, people: People) -> Broker {
    Broker::start(addr, relay(), people).await.unwrap()
}

/// Two people and three devices, but for those whose login is no longer good.
#[derive(Clone, Default)]
pub struct People(pub Arc<Mutex<Vec<&'static str>>>);

#[async_trait]
impl Accounts for People {
    async fn known(&self, username: &str, password: &str, _: Option<IpAddr>) -> Option<Member> {
        let rights = match (username, password) {
            ("admin", "secret") => Rights::Person { is_admin: true },
            ("viewer", "secret") => Rights::Person { is_admin: false },
            ("device", "secret") => rights(&["#"], &["#"]),
            ("lamp", "secret") => {
                rights(&["home/lamp/#", "tracker/events/task/#"], &["home/lamp/#"])
            }
            ("guard", "secret") => rights(&["tracker/events/auth/#"], &[]),
            _ => return None,
        };
        let (account, stamp) = (username.to_owned(), "1".to_owned());
        Some(Member {
            account,
            stamp,
            user: None,
            rights,
        })
    }

    async fn still(&self, member: &Member) -> Option<bool> {
        let gone = self.0.lock().unwrap();
        Some(!gone.contains(&member.account.as_str()))
    }
}

fn relay() -> Credentials {
    Credentials {
        username: "relay".into(),
        password: "relay-secret".into(),
    }
}

/// How a client connects.
pub struct Dial(MqttOptions);

/// As the device, unless it logs in as another.
pub fn dial(broker: &Broker, client_id: &str) -> Dial {
    nameless(broker, client_id).login("device", "secret")
}

/// Without user name and password.
pub fn nameless(broker: &Broker, client_id: &str) -> Dial {
    let addr = broker.addr();
    let mut options = MqttOptions::new(client_id, addr.ip().to_string(), addr.port());
    options
        .set_outgoing_inflight_upper_limit(100)
        .set_max_packet_size(Some(4 << 20));
    Dial(options)
}

impl Dial {
    pub fn login(mut self, name: &str, password: &str) -> Dial {
        self.0.set_credentials(name, password);
        self
    }

    pub fn durable(mut self) -> Dial {
        self.0
            .set_clean_start(false)
            .set_session_expiry_interval(Some(3600));
        self
    }

    pub fn receive_maximum(mut self, messages: u16) -> Dial {
        self.0.set_receive_maximum(Some(messages));
        self
    }

    pub fn max_packet_size(mut self, bytes: u32) -> Dial {
        self.0.set_max_packet_size(Some(bytes));
        self
    }

    /// Only what the test acknowledges is acknowledged.
    pub fn acknowledged_by_hand(mut self) -> Dial {
        self.0.set_manual_acks(true);
        self
    }

    pub fn last_will(mut self, topic: &str) -> Dial {
        self.0
            .set_last_will(LastWill::new(topic, "gone", QoS::AtLeastOnce, false, None));
        self
    }

    pub async fn refusal(self) -> ConnectReturnCode {
        match self.connect().await {
            Err(ConnectionError::ConnectionRefused(code)) => code,
            Err(other) => panic!("not refused but failed: {other:?}"),
            Ok(_) => panic!("was let in"),
        }
    }

    pub async fn connect(self) -> Result<Client, ConnectionError> {
        let (mqtt, mut events) = AsyncClient::new(self.0, 1000);
        let mut session_present = false;
        if let Event::Incoming(Packet::ConnAck(ack)) = events.poll().await? {
            session_present = ack.session_present;
        }
        let (tx, heard) = unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(packet) = event
                    && tx.send(packet).is_err()
                {
                    break;
                }
            }
        });
        Ok(Client {
            mqtt,
            heard,
            task,
            session_present,
        })
    }
}

pub struct Client {
    pub mqtt: AsyncClient,
    pub session_present: bool,
    heard: UnboundedReceiver<Packet>,
    task: JoinHandle<()>,
}

impl Client {
    pub async fn subscribe(&mut self, filter: &str) -> SubscribeReasonCode {
        self.mqtt.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        loop {
            if let Packet::SubAck(ack) = self.packet().await {
                return ack.return_codes[0];
            }
        }
    }

    pub async fn publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> PubAckReason {
        self.publish_as(topic, payload, false).await
    }

    pub async fn retain(&mut self, topic: &str, payload: &str) -> PubAckReason {
        self.publish_as(topic, payload, true).await
    }

    async fn publish_as(
        &mut self,
        topic: &str,
        payload: impl Into<Vec<u8>>,
        retain: bool,
    ) -> PubAckReason {
        self.mqtt
            .publish(topic, QoS::AtLeastOnce, retain, payload.into())
            .await
            .unwrap();
        loop {
            if let Packet::PubAck(ack) = self.packet().await {
                return ack.reason;
            }
        }
    }

    /// Waits for the acknowledgements of `count` messages.
    pub async fn acknowledgements(&mut self, count: usize) {
        for _ in 0..count {
            while !matches!(self.packet().await, Packet::PubAck(_)) {}
        }
    }

    /// The next message's topic and payload.
    pub async fn message(&mut self) -> (String, String) {
        loop {
            if let Packet::Publish(message) = self.packet().await {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                return (text(&message.topic), text(&message.payload));
            }
        }
    }

    /// The next message's payload, which is acknowledged.
    pub async fn message_acknowledged(&mut self) -> String {
        loop {
            if let Packet::Publish(message) = self.packet().await {
                let _ = self.mqtt.ack(&message).await;
                return String::from_utf8_lossy(&message.payload).into_owned();
            }
        }
    }

    async fn packet(&mut self) -> Packet {
        timeout(PATIENCE, self.heard.recv())
            .await
            .expect("nothing came")
            .expect("connection lost")
    }

    pub async fn is_disconnected(&mut self) -> bool {
        timeout(PATIENCE, async {
            while self.heard.recv().await.is_some() {}
        })
        .await
        .is_ok()
    }

    /// Breaks the connection as a crash would: no DISCONNECT.
    pub async fn crash(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

pub async fn relay_client(broker: &Broker) -> Client {
    dial(broker, RELAY)
        .login("relay", "relay-secret")
        .connect()
        .await
        .unwrap()
}

/// With an account that may hear all but what is about people, and say all but what is ours.
pub async fn device(broker: &Broker, client_id: &str) -> Client {
    dial(broker, client_id).connect().await.unwrap()
}

fn rights(reads: &[&str], writes: &[&str]) -> Rights {
    let filters = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| Filter::parse(text).unwrap())
            .collect()
    };
    Rights::Device {
        reads: filters(reads),
        writes: filters(writes),
    }
}

/// One of Mosquitto's clients, run to its end; as the device, where it does not say who it is.
pub async fn mosquitto(program: &'static str, broker: &Broker, args: &[&str]) -> Output {
    let port = broker.addr().port().to_string();
    let mut args: Vec<String> = args.iter().map(|arg| arg.to_string()).collect();
    if !args.iter().any(|arg| arg == "-u") {
        args.extend(["-u", "device", "-P", "secret"].map(str::to_owned));
    }
    tokio::task::spawn_blocking(move || {
        Command::new(program)
            .args(["-h", "127.0.0.1", "-p", &port])
            .args(args)
            .output()
            .unwrap()
    })
    .await
    .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
