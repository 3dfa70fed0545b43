//! A database and a broker of a story's own, and nodes that work on them.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use clap::Parser;
use futures_util::FutureExt;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use taylordash::config::{Cli, Config};
use taylordash::db::{self, Db};
use taylordash::events::{Actor, Change, Event, new_id};
use taylordash::mqtt::broker::{Accounts, Broker, Credentials, Member};
use taylordash::mqtt::{self, Running};
use taylordash::on;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use url::Url;

use crate::mosquitto::Mosquitto;
use crate::subscriber::{Retained, Subscriber};

/// Where a story keeps its rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Where its events go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Embedded,
    /// The one that all stories share.
    Mosquitto,
    /// One of the story's own.
    Alone,
}

/// A story told on both databases and to both brokers, of which `$mosquitto` is one: four tests named
/// after it.
macro_rules! told {
    ($mosquitto:ident: $(async fn $name:ident($lab:ident) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use crate::lab::{Engine, Kind, Lab, tell};

            async fn story($lab: &Lab) $body

            #[test]
            fn sqlite_to_embedded() {
                tell(Engine::Sqlite, Kind::Embedded, async |lab| story(lab).await);
            }

            #[test]
            fn sqlite_to_mosquitto() {
                tell(Engine::Sqlite, Kind::$mosquitto, async |lab| story(lab).await);
            }

            #[test]
            fn postgres_to_embedded() {
                tell(Engine::Postgres, Kind::Embedded, async |lab| story(lab).await);
            }

            #[test]
            fn postgres_to_mosquitto() {
                tell(Engine::Postgres, Kind::$mosquitto, async |lab| story(lab).await);
            }
        }
    )* };
}

/// With the Mosquitto of all stories.
macro_rules! everywhere {
    ($($stories:tt)*) => { told! { Mosquitto: $($stories)* } };
}

/// With a Mosquitto that no other story knows: for what is about its topics.
macro_rules! alone {
    ($($stories:tt)*) => { told! { Alone: $($stories)* } };
}

/// Runs a story, and clears away what it left, also where it failed.
pub fn tell(engine: Engine, kind: Kind, story: impl AsyncFnOnce(&Lab)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let lab = Lab::new(engine, kind).await;
        let told = AssertUnwindSafe(story(&lab)).catch_unwind().await;
        if lab.database.is_some() {
            let name = lab.database_name();
            administer(&format!("drop database {name} with (force)")).await;
        }
        if let Err(panic) = told {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Asks again and again until the answer is `true`, or fails when `patience` is over.
pub async fn eventually(patience: Duration, what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !ask().await {
        assert!(
            started.elapsed() < patience,
            "not within {patience:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub struct Lab {
    folder: TempDir,
    database: Option<Url>,
    _broker: Option<Broker>,
    _mosquitto: Option<Mosquitto>,
    /// The broker's address, with what the relay needs to come in.
    pub mqtt: Url,
    /// The deployment's id. Entities are named after it: Mosquitto is shared with other stories.
    pub id: String,
}

impl Lab {
    async fn new(engine: Engine, kind: Kind) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(fresh_postgres().await),
        };
        let broker = match kind {
            Kind::Embedded => Some(broker().await),
            Kind::Mosquitto | Kind::Alone => None,
        };
        let mosquitto = (kind == Kind::Alone).then(|| Mosquitto::start("", &[]));
        let mqtt = match (&broker, &mosquitto) {
            (Some(broker), _) => format!("mqtt://relay:relay%20secret@{}", broker.addr()),
            (None, Some(mosquitto)) => mosquitto.url().to_string(),
            (None, None) => variable("TEST_MQTT_URL"),
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            database,
            _broker: broker,
            _mosquitto: mosquitto,
            mqtt: mqtt.parse().unwrap(),
            id: new_id(),
        }
    }

    /// A node's configuration, with the broker at `mqtt`.
    pub fn config(&self, mqtt: &Url) -> Config {
        let mut config = Cli::parse_from(["taylordash", "--pool-max=6"]).config;
        config.data_dir = self.folder.path().to_path_buf();
        config.database_url = self.database.clone();
        config.mqtt_url = Some(mqtt.clone());
        config
    }

    /// A node that publishes to the lab's broker.
    pub async fn node(&self) -> Node {
        Node::start(&self.config(&self.mqtt), &self.id).await
    }

    /// A node that publishes through something in between.
    pub async fn node_by(&self, mqtt: &Url) -> Node {
        Node::start(&self.config(mqtt), &self.id).await
    }

    /// Hears the events of this lab's entities.
    pub async fn subscriber(&self) -> Subscriber {
        Subscriber::connect(&self.mqtt, &self.id).await
    }

    /// Hears what stands retained under a filter, and what comes.
    pub async fn retained(&self, filter: &str) -> Retained {
        Retained::connect(&self.mqtt, filter).await
    }

    /// Takes PostgreSQL away from every node, as a restart does.
    pub async fn lock_database_out(&self) {
        let name = self.database_name();
        administer(&format!("alter database {name} allow_connections false")).await;
        administer(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        ))
        .await;
    }

    pub async fn let_database_in(&self) {
        let name = self.database_name();
        administer(&format!("alter database {name} allow_connections true")).await;
    }

    fn database_name(&self) -> &str {
        &self.database.as_ref().expect("it is PostgreSQL").path()[1..]
    }

    /// The name of the n-th project.
    pub fn project(&self, n: usize) -> String {
        format!("{}-{n}", self.id)
    }
}

/// A relay on a database connection of its own.
pub struct Node {
    pub db: Db,
    pub running: Running,
    announcements: JoinHandle<()>,
}

impl Node {
    pub async fn start(config: &Config, deployment: &str) -> Self {
        let db = db::connect(config).await.unwrap();
        let running = mqtt::start(&db, config, deployment, Nobody).await.unwrap();
        let announcements = tokio::spawn(db::dialect::relay_announcements(db.clone()));
        Self {
            db,
            running,
            announcements,
        }
    }

    pub async fn stop(self) {
        self.announcements.abort();
        self.running.stop().await;
        self.db.close().await;
    }

    /// Ends it as `kill -9` would: nothing is marked, released or said.
    pub fn kill(self) {
        self.announcements.abort();
    }

    /// A change of a project.
    pub async fn change(&self, project: &str) {
        change(&self.db, project, json!({})).await;
    }

    pub async fn number(&self, query: &'static str) -> i64 {
        number(&self.db, query).await
    }

    pub async fn texts(&self, query: &'static str) -> Vec<String> {
        texts(&self.db, query).await
    }

    /// Waits until every event is marked as delivered.
    pub async fn all_marked(&self, patience: Duration) {
        eventually(patience, "every event is marked", async || {
            self.number("select count(*) from events where published_at is null")
                .await
                == 0
        })
        .await;
    }
}

pub async fn number(db: &Db, query: &'static str) -> i64 {
    on!(db, conn => sqlx::query_scalar::<_, i64>(query).fetch_one(conn).await).unwrap()
}

pub async fn texts(db: &Db, query: &'static str) -> Vec<String> {
    on!(db, conn => sqlx::query_scalar::<_, String>(query).fetch_all(conn).await).unwrap()
}

/// One change with one event.
pub async fn change(db: &Db, project: &str, details: serde_json::Value) {
    let change = Change::begin(db, &Actor::system()).await.unwrap();
    change
        .commit(Event::project(project, "updated", details))
        .await
        .unwrap();
}

async fn broker() -> Broker {
    let relay = Credentials {
        username: "relay".to_owned(),
        password: "relay secret".to_owned(),
    };
    let addr = "127.0.0.1:0".parse().unwrap();
    Broker::start(addr, relay, Nobody).await.unwrap()
}

/// No account may log in.
pub struct Nobody;

#[async_trait]
impl Accounts for Nobody {
    async fn known(&self, _: &str, _: &str, _: Option<IpAddr>) -> Option<Member> {
        None
    }

    async fn still(&self, _: &Member) -> Option<bool> {
        Some(false)
    }
}

async fn fresh_postgres() -> Url {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("relay_{}_{number}", std::process::id());
    administer(&format!("create database {name}")).await;
    let mut url: Url = variable("TEST_POSTGRES_URL").parse().unwrap();
    url.set_path(&name);
    url
}

async fn administer(statement: &str) {
    let url = variable("TEST_POSTGRES_URL");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::query(AssertSqlSafe(statement.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests with tests/run, it starts the servers")
    })
}
