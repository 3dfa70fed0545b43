//! Mosquitto behind TLS, with certificates made for the story.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use taylordash::config::Config;
use taylordash::mqtt;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::lab::{Engine, Kind, Lab, Node, eventually, tell};
use crate::mosquitto::Mosquitto;
use crate::subscriber::Subscriber;

const PATIENCE: Duration = Duration::from_secs(30);
const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// An authority, and where its files are.
struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate for that name and its key, as PEM; over since 2001 where `is_old`.
    fn certificate(&self, name: &str, is_old: bool) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        // Its own name: one that is its issuer's would be signed by itself.
        params.distinguished_name.push(DnType::CommonName, name);
        if is_old {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// The same as files.
    fn identity(&self, name: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.certificate(name, false);
        let files = ["client.pem", "client.key"].map(|file| self.folder.path().join(file));
        fs::write(&files[0], certificate).unwrap();
        fs::write(&files[1], key).unwrap();
        let [certificate, key] = files;
        (certificate, key)
    }

    /// A Mosquitto with a certificate for `name`, which anybody may listen to without TLS.
    fn mosquitto(&self, name: &str, is_old: bool, more: &str) -> (Mosquitto, u16) {
        let port = crate::mosquitto::free_port();
        let settings = format!(
            "listener {port} 127.0.0.1\ncafile {{folder}}/ca.pem\ncertfile {{folder}}/server.pem\n\
             keyfile {{folder}}/server.key\n{more}"
        );
        let (certificate, key) = self.certificate(name, is_old);
        let files = [
            ("ca.pem", self.issuer.pem()),
            ("server.pem", certificate),
            ("server.key", key),
        ];
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        (Mosquitto::start(&settings, &files), port)
    }
}

/// A node that comes to that port over TLS.
fn config(lab: &Lab, port: u16, ca: Option<PathBuf>) -> Config {
    let url = format!("mqtts://localhost:{port}").parse().unwrap();
    let mut config = lab.config(&url);
    config.events.ca = ca;
    config
}

async fn delivers(lab: &Lab, config: &Config, mosquitto: &Mosquitto) {
    let node = Node::start(config, &lab.id).await;
    let subscriber = Subscriber::connect(&mosquitto.url(), &lab.id).await;
    for n in 0..300 {
        node.change(&lab.project(n % 50)).await;
    }
    subscriber.hear(300, PATIENCE).await;
    node.all_marked(PATIENCE).await;
    node.stop().await;
}

/// The node stays away from the broker, and says why.
async fn is_away(lab: &Lab, config: &Config, why: &str) {
    let node = Node::start(config, &lab.id).await;
    node.change(&lab.project(1)).await;
    let status = node.running.status();
    eventually(PATIENCE, why, async || status.reason().is_some()).await;
    let told = status.reason().unwrap();
    assert!(told.contains(why), "{told}");
    node.stop().await;
}

#[test]
fn events_go_out_over_tls_to_a_broker_whose_authority_is_named() {
    for engine in ENGINES {
        tell(engine, Kind::Embedded, async |lab| {
            let authority = Authority::new();
            let (mosquitto, port) = authority.mosquitto("localhost", false, "");
            delivers(lab, &config(lab, port, Some(authority.ca())), &mosquitto).await;
        });
    }
}

#[test]
fn a_broker_that_wants_to_know_us_gets_our_certificate() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let authority = Authority::new();
        let (mosquitto, port) = authority.mosquitto("localhost", false, "require_certificate true");
        let mut config = config(lab, port, Some(authority.ca()));
        is_away(lab, &config, "TAYLORDASH_MQTT_CERT").await;
        let (certificate, key) = authority.identity("taylordash");
        (config.events.certificate, config.events.key) = (Some(certificate), Some(key));
        delivers(lab, &config, &mosquitto).await;
    });
}

#[test]
fn a_broker_that_cannot_prove_who_it_is_gets_nothing() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let (authority, other) = (Authority::new(), Authority::new());
        let (mosquitto, port) = authority.mosquitto("localhost", false, "");
        is_away(
            lab,
            &config(lab, port, Some(other.ca())),
            "signed by nobody",
        )
        .await;
        is_away(lab, &config(lab, port, None), "signed by nobody").await;
        assert!(!mosquitto.log().contains("taylordash-relay"), "it came in");
        let (_old, port) = authority.mosquitto("localhost", true, "");
        is_away(lab, &config(lab, port, Some(authority.ca())), "has expired").await;
        let (_elsewhere, port) = authority.mosquitto("elsewhere.lan", false, "");
        is_away(
            lab,
            &config(lab, port, Some(authority.ca())),
            "for another name",
        )
        .await;
    });
}

/// The program itself, on a machine that trusts these authorities: `SSL_CERT_FILE` names them to it as to
/// OpenSSL.
fn program(folder: &TempDir, port: u16, trusted: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_taylordash"))
        .args(["--listen=127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .env_remove("DATABASE_URL")
        .env("MQTT_URL", format!("mqtts://localhost:{port}"))
        .env("SSL_CERT_FILE", trusted)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Waits until its log says so.
async fn says(program: &mut Child, words: &str) {
    let mut log = BufReader::new(program.stderr.take().unwrap()).lines();
    let said = async {
        while let Some(line) = log.next_line().await.unwrap() {
            if line.contains(words) {
                return;
            }
        }
        panic!("it ended without a word of that");
    };
    timeout(PATIENCE, said).await.expect(words);
}

#[test]
fn where_no_authority_is_named_those_of_the_machine_count() {
    tell(Engine::Sqlite, Kind::Embedded, async |_| {
        let (authority, other) = (Authority::new(), Authority::new());
        let folder = tempfile::tempdir().unwrap();
        let (mosquitto, port) = authority.mosquitto("localhost", false, "");
        let subscriber = Subscriber::connect(&mosquitto.url(), "").await;
        let mut stranger = program(&folder, port, &other.ca());
        says(&mut stranger, "signed by nobody").await;
        stranger.kill().await.unwrap();
        assert!(subscriber.heard().is_empty(), "nobody trusts this broker");
        let _trusting = program(&folder, port, &authority.ca());
        subscriber.hear(1, PATIENCE).await;
    });
}

#[test]
fn a_port_without_tls_or_without_anybody_is_told() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let authority = Authority::new();
        let mosquitto = Mosquitto::start("", &[]);
        let port = mosquitto.url().port().unwrap();
        is_away(lab, &config(lab, port, Some(authority.ca())), "it ").await;
        let nobody = crate::mosquitto::free_port();
        is_away(
            lab,
            &config(lab, nobody, Some(authority.ca())),
            "nothing listens",
        )
        .await;
    });
}

#[test]
fn files_that_cannot_be_used_stop_the_start_with_their_names() {
    tell(Engine::Sqlite, Kind::Embedded, async |lab| {
        let authority = Authority::new();
        let (certificate, _) = authority.identity("taylordash");
        let db = taylordash::db::connect(&lab.config(&lab.mqtt))
            .await
            .unwrap();
        let gone = PathBuf::from("/nowhere/ca.pem");
        let mut wrong_key = config(lab, 1, Some(authority.ca()));
        (wrong_key.events.certificate, wrong_key.events.key) =
            (Some(certificate.clone()), Some(certificate));
        for (config, named) in [
            (
                config(lab, 1, Some(gone)),
                "TAYLORDASH_MQTT_CA=/nowhere/ca.pem",
            ),
            (wrong_key, "TAYLORDASH_MQTT_KEY="),
        ] {
            let started = mqtt::start(&db, &config, &lab.id, crate::lab::Nobody).await;
            let told = started.err().unwrap().to_string();
            assert!(told.contains(named), "{told}");
        }
        db.close().await;
    });
}
