//! One TaylorDash per story: in this process, with a data folder, a database and ports of its own.

mod browser;
mod database;
mod door;
mod place;
mod process;
mod publisher;
mod subscriber;

pub use browser::{Answer, Browser, FIRST};
pub use database::{Database, Row, admin_url};
pub use door::Door;
pub use place::{Place, SOON, on};
pub use process::Process;
pub use publisher::Publisher;
pub use subscriber::{Line, Message, Subscriber};

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use futures_util::FutureExt;
use serde_json::Value;
use taylordash::config::{Cli, Config};
use taylordash::{App, Handle};
use tokio::task::JoinHandle;
use url::Url;

/// The password of every account that a story makes.
pub const PASSWORD: &str = "correct horse battery";

/// Where a story keeps its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Where a story's events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broker {
    /// The one inside TaylorDash.
    Embedded,
    /// One that `MQTT_URL` names.
    At(Url),
}

/// A story, told on both engines: two tests named after it.
///
/// ```ignore
/// stories! {
///     async fn a_viewer_cannot_create_a_project(app) { … }
/// }
/// ```
macro_rules! stories {
    ($(async fn $name:ident($app:ident) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn story($app: crate::harness::TestApp) $body

            #[test]
            fn sqlite() {
                crate::harness::tell(crate::harness::Engine::Sqlite, story);
            }

            #[test]
            fn postgres() {
                crate::harness::tell(crate::harness::Engine::Postgres, story);
            }
        }
    )* };
}

/// A test of the real program in processes of its own, on both engines.
macro_rules! programs {
    ($(async fn $name:ident($place:ident) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn test($place: std::sync::Arc<crate::harness::Place>) $body

            #[test]
            fn sqlite() {
                crate::harness::on(crate::harness::Engine::Sqlite, test);
            }

            #[test]
            fn postgres() {
                crate::harness::on(crate::harness::Engine::Postgres, test);
            }
        }
    )* };
}

/// Runs a story against a TaylorDash of its own, and clears away what it left, also where it failed.
pub fn tell<F>(engine: Engine, story: impl FnOnce(TestApp) -> F)
where
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let app = TestApp::start(engine).await;
        let told = AssertUnwindSafe(story(app.clone())).catch_unwind().await;
        app.stop().await;
        app.database().drop_it().await;
        if let Err(panic) = told {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Asks again and again until the answer is `true`, or fails when `patience` is over.
pub async fn eventually<F>(patience: Duration, what: &str, mut ask: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let started = Instant::now();
    while !ask().await {
        assert!(
            started.elapsed() < patience,
            "not within {patience:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A running TaylorDash and what a story needs to know of it. Clones are the same one.
#[derive(Clone)]
pub struct TestApp(Arc<Inner>);

struct Inner {
    folder: tempfile::TempDir,
    database: Database,
    broker: Mutex<Broker>,
    running: Mutex<Option<Running>>,
    change: Mutex<Option<fn(&mut Config)>>,
    /// The password of the account `reader`, which the first start says.
    reader: Mutex<Option<String>>,
}

struct Running {
    address: SocketAddr,
    broker: Option<SocketAddr>,
    setup_token: Option<String>,
    handle: Handle,
    task: JoinHandle<()>,
}

impl TestApp {
    /// With an empty database and the embedded broker.
    pub async fn start(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match engine {
            Engine::Sqlite => Database::sqlite(&folder.path().join("data")),
            Engine::Postgres => Database::fresh_postgres().await,
        };
        let app = Self(Arc::new(Inner {
            folder,
            database,
            broker: Mutex::new(Broker::Embedded),
            running: Mutex::new(None),
            change: Mutex::new(None),
            reader: Mutex::new(None),
        }));
        app.begin().await;
        app
    }

    /// Starts it again on what it kept, with another broker.
    pub async fn restart_on(&self, broker: Broker) {
        self.stop().await;
        *self.0.broker.lock().unwrap() = broker;
        self.begin().await;
    }

    /// Starts it again, from now on with another configuration.
    pub async fn restart_with(&self, change: fn(&mut Config)) {
        *self.0.change.lock().unwrap() = Some(change);
        self.restart().await;
    }

    /// Starts it again on what it kept; the address is another.
    pub async fn restart(&self) {
        self.stop().await;
        self.begin().await;
    }

    async fn begin(&self) {
        let app = App::build(self.config()).await.expect("it starts");
        let reader = app.reader().map(str::to_owned);
        let running = Running {
            address: app.address(),
            broker: app.broker(),
            setup_token: app.setup_token().map(str::to_owned),
            handle: app.handle(),
            task: tokio::spawn(async { app.run().await.expect("it runs") }),
        };
        *self.0.running.lock().unwrap() = Some(running);
        if let Some(line) = reader {
            let password = line
                .split(" -P ")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap();
            *self.0.reader.lock().unwrap() = Some(password.to_owned());
        }
    }

    /// Stops it; harmless where it does not run.
    pub async fn stop(&self) {
        let running = self.0.running.lock().unwrap().take();
        if let Some(running) = running {
            running.handle.stop(false).await;
            running.task.await.expect("it ends without a panic");
        }
    }

    /// As the command line would read it, whatever the environment of the tests says.
    pub fn config(&self) -> Config {
        let arguments = [
            "taylordash",
            "--listen=127.0.0.1:0",
            "--broker-listen=127.0.0.1:0",
            "--pool-min=1",
            "--pool-max=4",
        ];
        let mut config = Cli::parse_from(arguments).config;
        config.data_dir = self.data_dir();
        config.database_url = self.0.database.url();
        config.mqtt_url = match &*self.0.broker.lock().unwrap() {
            Broker::Embedded => None,
            Broker::At(url) => Some(url.clone()),
        };
        if let Some(change) = *self.0.change.lock().unwrap() {
            change(&mut config);
        }
        config
    }

    /// The program with these arguments, on the same data, beside the one that runs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_taylordash"));
        command.env_clear().args(arguments);
        command.arg("--data-dir").arg(self.data_dir());
        if let Some(url) = self.database().url() {
            command.env("DATABASE_URL", url.as_str());
        }
        command
    }

    pub fn engine(&self) -> Engine {
        self.0.database.engine()
    }

    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// A folder of the story's own, which goes when the story ends.
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    pub fn data_dir(&self) -> std::path::PathBuf {
        self.folder().join("data")
    }

    fn running<T>(&self, read: impl FnOnce(&Running) -> T) -> T {
        read(self.0.running.lock().unwrap().as_ref().expect("it runs"))
    }

    /// `http://127.0.0.1:…`
    pub fn origin(&self) -> String {
        self.running(|running| format!("http://{}", running.address))
    }

    /// The token of the setup link, where there is no account yet.
    pub fn setup_token(&self) -> Option<String> {
        self.running(|running| running.setup_token.clone())
    }

    /// A browser that nobody signed in with.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin())
    }

    /// Makes the first account, `sam`, an admin; answers their browser.
    pub async fn setup_admin(&self) -> Browser {
        let browser = self.browser();
        let token = self.setup_token().expect("there is no account yet");
        browser.set_up(&token).await;
        browser
    }

    /// Signs in.
    pub async fn log_in(&self, username: &str, password: &str) -> Browser {
        let browser = self.browser();
        let fields = [("username", username), ("password", password)];
        browser.post("/login", &fields).await.see("/");
        browser
    }

    /// Makes an account named after its role, as the admin, and signs in with it. `sam` must exist.
    pub async fn user(&self, role: &str) -> Browser {
        self.named_user(role, role).await
    }

    /// Makes an account as the admin, and signs in with it. `sam` must exist.
    pub async fn named_user(&self, username: &str, role: &str) -> Browser {
        let admin = self.log_in("sam", PASSWORD).await;
        let fields = [
            ("username", username),
            ("role", role),
            ("password", PASSWORD),
        ];
        admin.post("/users", &fields).await.status(303);
        self.log_in(username, PASSWORD).await
    }

    /// What a query finds.
    pub async fn rows(&self, sql: &str) -> Vec<Row> {
        self.0.database.rows(sql).await
    }

    /// How many rows: `app.count("projects where status = 'active'")`.
    pub async fn count(&self, from: &str) -> i64 {
        let rows = self
            .rows(&format!("select count(*) as n from {from}"))
            .await;
        rows[0].int("n")
    }

    /// The payloads of all events, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        let sql = "select payload from events order by created_at, id";
        let rows = self.rows(sql).await;
        rows.iter().map(|row| row.json("payload")).collect()
    }

    /// The payloads of the events of that domain and type, oldest first.
    pub async fn events_of(&self, domain: &str, event_type: &str) -> Vec<Value> {
        let id = format!("{domain}_id");
        let mut events = self.events().await;
        events.retain(|event| event.get(&id).is_some() && event["event_type"] == event_type);
        events
    }

    /// Listens to a topic filter at the broker of this story.
    pub async fn subscribe(&self, filter: &str) -> Subscriber {
        let broker = self.0.broker.lock().unwrap().clone();
        let url = match broker {
            Broker::At(url) => url,
            Broker::Embedded => self.embedded_broker_as("reader", &self.reader()),
        };
        Subscriber::new(&url, filter).await
    }

    /// The password of the account that was made at the first start.
    pub fn reader(&self) -> String {
        let reader = self.0.reader.lock().unwrap().clone();
        reader.expect("the embedded broker ran at the first start")
    }

    /// `mqtt://127.0.0.1:…`
    pub fn embedded_broker(&self) -> Url {
        let address = self.running(|running| running.broker);
        let address = address.expect("the embedded broker runs");
        Url::parse(&format!("mqtt://{address}")).unwrap()
    }

    /// Listens at the embedded broker with an account's name and password.
    pub async fn subscribe_as(&self, username: &str, password: &str, filter: &str) -> Subscriber {
        Subscriber::new(&self.embedded_broker_as(username, password), filter).await
    }

    /// The embedded broker's address with an account's name and password.
    pub fn embedded_broker_as(&self, username: &str, password: &str) -> Url {
        let mut url = self.embedded_broker();
        url.set_username(username).unwrap();
        url.set_password(Some(password)).unwrap();
        url
    }
}

/// The Mosquitto that `tests/run` started.
pub fn mosquitto() -> Url {
    let url = std::env::var("TEST_MQTT_URL")
        .expect("TEST_MQTT_URL is not set: run the tests with tests/run, it starts Mosquitto");
    Url::parse(&url).expect("TEST_MQTT_URL is an address")
}
