//! A real program with its database and its broker, the writers who change it, and who listens.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::checker;
use crate::harness::{Browser, Database, Engine, PASSWORD, Place, Process, eventually};
use crate::invariants::{self, Violation};
use crate::journal::Journal;
use crate::listener::Listener;
use crate::mosquitto::{Mosquitto, free_port};
use crate::replay::Replay;
use crate::rounds::{Results, hang};
use crate::seen::{self, Seen};
use crate::workload::{AtSilence, WRITERS, Workload};
use crate::writer::{Writer, plugin_of};

/// How long all may take that is due at once, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
const SESSIONS: usize = 4;
const SHARED: usize = 4;

/// Where events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Embedded,
    Mosquitto,
}

pub struct Lab {
    pub place: Place,
    pub mosquitto: Option<Mosquitto>,
    pub process: Option<Process>,
    pub origin: String,
    pub journal: Journal,
    pub writers: Vec<Writer>,
    /// A browser for what is not the writers' work.
    pub sam: Browser,
    listener: Option<Listener>,
    variables: Vec<(String, String)>,
    broker: Url,
    given: BTreeSet<String>,
    /// Whether the consumer may fill gaps: the broker may forget.
    pub may_forget: bool,
}

/// Runs a test, and clears away what it left, also where it failed.
pub fn tell<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

/// Each of these tests, on both engines.
macro_rules! on_both {
    ($($name:ident: $test:expr,)*) => { $(
        mod $name {
            use super::*;

            #[test]
            fn sqlite() {
                $crate::lab::tell(($test)(Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                $crate::lab::tell(($test)(Engine::Postgres));
            }
        }
    )* };
}
pub(crate) use on_both;

impl Lab {
    /// A place and a broker; nothing of ours runs yet.
    pub async fn prepare(engine: Engine, kind: Kind) -> Self {
        Self::prepare_in(Place::new(engine).await, kind).await
    }

    /// As [`prepare`](Self::prepare), in a place that is there.
    pub async fn prepare_in(place: Place, kind: Kind) -> Self {
        let mosquitto = match kind {
            Kind::Embedded => None,
            Kind::Mosquitto => Some(Mosquitto::start(place.folder()).await),
        };
        let (web, mqtt) = (free_port(), free_port());
        let mut variables = vec![
            ("TAYLORDASH_LISTEN".to_owned(), format!("127.0.0.1:{web}")),
            (
                "TAYLORDASH_BROKER_LISTEN".to_owned(),
                format!("127.0.0.1:{mqtt}"),
            ),
            ("TAYLORDASH_POOL_MAX".to_owned(), "8".to_owned()),
        ];
        let broker = match &mosquitto {
            Some(mosquitto) => mosquitto.url(),
            None => Url::parse(&format!("mqtt://127.0.0.1:{mqtt}")).unwrap(),
        };
        if mosquitto.is_some() {
            variables.push(("MQTT_URL".to_owned(), broker.to_string()));
        }
        Self {
            place,
            mosquitto,
            process: None,
            origin: format!("http://127.0.0.1:{web}"),
            journal: Journal::new(),
            writers: Vec::new(),
            sam: Browser::new(&format!("http://127.0.0.1:{web}")),
            listener: None,
            variables,
            broker,
            given: BTreeSet::new(),
            may_forget: kind == Kind::Embedded,
        }
    }

    /// As [`prepare`](Self::prepare), and begun.
    pub async fn new(engine: Engine, kind: Kind) -> Self {
        let mut lab = Self::prepare(engine, kind).await;
        lab.begin().await;
        lab
    }

    /// From now on the program is started with this variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the program for the first time, furnishes it, and listens.
    pub async fn begin(&mut self) {
        if self.mosquitto.is_some() {
            let consumer = Browser::new(&self.origin);
            self.listen(self.broker.clone(), consumer, false).await;
        }
        self.start(&[]).await;
        let sam = self.place.set_up(self.process.as_mut().unwrap()).await;
        if self.mosquitto.is_none() {
            let mut url = self.broker.clone();
            url.set_username("sam").unwrap();
            url.set_password(Some(PASSWORD)).unwrap();
            self.listen(url, sam.clone(), true).await;
        }
        let shared = furnish(&sam).await;
        self.sam = sam.clone();
        let mut sessions = vec![sam];
        while sessions.len() < SESSIONS {
            let browser = Browser::new(&self.origin);
            let fields = [("username", "sam"), ("password", PASSWORD)];
            browser.post("/login", &fields).await.see("/");
            sessions.push(browser);
        }
        self.writers = (0..WRITERS)
            .map(|number| {
                let browser = sessions[number % SESSIONS].clone();
                Writer::new(number, browser, self.journal.clone(), shared.clone())
            })
            .collect();
        let given = seen::events(&self.place.database).await;
        self.given = given.into_iter().map(|event| event.id).collect();
    }

    async fn listen(&mut self, url: Url, consumer: Browser, is_late: bool) {
        let replay = self.may_forget.then(|| Replay::by(consumer));
        self.listener = Some(Listener::start(&url, replay, is_late).await);
    }

    /// Starts the program, with more variables this once; answers how long it took to be ready.
    pub async fn start(&mut self, more: &[(&str, &str)]) -> Duration {
        let began = Instant::now();
        self.process = Some(self.spawn(more));
        self.ready().await;
        began.elapsed()
    }

    /// A program on this lab's database and broker.
    pub fn spawn(&self, more: &[(&str, &str)]) -> Process {
        self.place.start(&self.with(more))
    }

    fn with<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = self.variables.iter();
        own.map(|(name, value)| (&**name, &**value))
            .chain(more.iter().copied())
            .collect()
    }

    /// Waits until it answers that it is ready.
    pub async fn ready(&mut self) {
        let url = format!("{}/health/ready", self.origin);
        let began = Instant::now();
        loop {
            let answer = reqwest::get(&url).await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            let process = self.process.as_mut().expect("it was started");
            let is_late = began.elapsed() > PATIENCE;
            assert!(process.is_running() && !is_late, "{}", process.logged());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Where the program keeps its files.
    pub fn data_dir(&self) -> Option<String> {
        let mut known = self.variables.iter();
        let found = known.find(|(name, _)| name == "TAYLORDASH_DATA_DIR");
        found.map(|(_, folder)| folder.clone())
    }

    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").pid()
    }

    pub async fn kill(&mut self) {
        self.process.as_mut().expect("it runs").kill().await;
    }

    /// Sends all writers out.
    pub fn work(&mut self, at_silence: AtSilence, pace: Duration) -> Workload {
        Workload::start(std::mem::take(&mut self.writers), at_silence, pace)
    }

    /// Waits until that many more writes are answered, or `patience` is over.
    pub async fn done(&self, more: usize, patience: Duration) {
        let enough = self.journal.done() + more;
        let began = Instant::now();
        while self.journal.done() < enough && began.elapsed() < patience {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until every event is marked and heard, or patience is over; the checker says what is missing.
    pub async fn settle(&self, patience: Duration) -> Duration {
        let began = Instant::now();
        loop {
            let waiting = "select count(*) as n from events where published_at is null";
            let waiting = self.place.database.rows(waiting).await[0].int("n");
            if waiting == 0 {
                let ids = self.place.database.rows("select id from events").await;
                let listener = self.listener.as_ref().expect("somebody listens");
                if listener.has_all(ids.iter().map(|row| row.text("id"))) {
                    return began.elapsed();
                }
            }
            if began.elapsed() > patience {
                return began.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// All that is known now.
    pub async fn seen(&self) -> Seen {
        let heard = self.listener.as_ref().expect("somebody listens").heard();
        let requests = self.journal.entries();
        Seen::look(&self.place.database, requests, heard, self.given.clone()).await
    }

    /// All that is known once all is quiet. The program's own watch may raise an event while that is read,
    /// by night for instance; then it is read again.
    async fn at_rest(&self) -> Seen {
        let began = Instant::now();
        loop {
            self.settle(PATIENCE).await;
            let seen = self.seen().await;
            let is_quiet = invariants::every_committed_event_is_delivered(&seen).is_empty();
            if is_quiet || began.elapsed() > PATIENCE {
                return seen;
            }
        }
    }

    /// Waits until all is quiet, and notes what is wrong.
    pub async fn check(&self, results: &mut Results) {
        self.check_with(results, Vec::new()).await;
    }

    /// As [`check`](Self::check), with what else was wrong.
    pub async fn check_with(&self, results: &mut Results, mut violations: Vec<Violation>) {
        let seen = self.at_rest().await;
        violations.extend(checker::check(&seen, hang()));
        results.round(violations, seen.requests.len(), invariants::fetched(&seen));
    }

    /// Has the trail verified by the program itself.
    pub async fn audit(&self, results: &mut Results) {
        let (code, printed, logged) = self.place.run(&["audit", "verify"], &self.with(&[])).await;
        let broken = (code != Some(0)).then(|| Violation {
            law: invariants::TRAIL,
            told: format!("{printed}{logged}"),
        });
        results.audited(broken);
    }

    /// Checks for the last time, tells the results, and leaves nothing behind.
    pub async fn end(mut self, mut results: Results) {
        self.audit(&mut results).await;
        drop(self.process.take());
        self.place.database.drop_it().await;
        results.tell();
    }
}

/// A plugin for each writer, and projects that all of them rename; answers these.
async fn furnish(sam: &Browser) -> Vec<String> {
    let plugins = (0..WRITERS).map(|writer| async move {
        let id = plugin_of(writer);
        let manifest = json!({ "id": id, "name": id, "version": "1.0.0", "type": "ui",
            "config_schema": { "type": "object", "properties": { "host": { "type": "string" } } } });
        let fields = [("manifest_text", &*manifest.to_string())];
        sam.post("/plugins", &fields).await.status(303);
    });
    join_all(plugins).await;
    let mut shared = Vec::new();
    for number in 0..SHARED {
        let (id, name) = (Uuid::now_v7().to_string(), format!("shared {number}"));
        let fields = [("once", &*id), ("name", &*name)];
        sam.post("/projects", &fields).await.status(303);
        shared.push(id);
    }
    shared
}
