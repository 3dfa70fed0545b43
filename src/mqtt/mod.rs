//! MQTT: the relay that drains the outbox, and the broker it drains it to where none is given.

pub mod broker;
pub mod chain;
pub mod commands;
mod connection;
mod drain;
mod inbound;
mod lane;
mod lease;
mod ledger;
mod letters;
mod outbox;
mod presence;
mod refused;
mod relay;
mod replay;
mod side;
mod state;
mod status;
mod target;
mod tls;
mod wire;
mod words;

pub use status::Status;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::broker::{Accounts, Broker, Credentials};
use self::commands::Inbox;
use self::inbound::Inbound;
use self::lease::{Lease, Terms};
use self::relay::Relay;
use self::replay::Replayer;
use self::target::Target;
use self::tls::Files;
use crate::config::Config;
use crate::db::Db;
use crate::events::{Domain, News};

/// How long the relay's stop may take before it is ended where it stands. What it had not marked by
/// then is sent again at the next start.
const STOP: Duration = Duration::from_secs(3);

/// Directives for a tracing filter that keep the libraries below us silent; they log through `log`,
/// and call a client that goes away a warning. What matters is logged here.
pub const LOG_FILTER: &str = "rmqtt=off,rmqtt_net=off,rmqtt_codec=off,rumqttc=off";

/// The relay and the broker, while they run. Dropping it ends both where they stand.
pub struct Running {
    status: Status,
    stop: watch::Sender<bool>,
    relay: JoinSet<()>,
    broker: Option<Broker>,
    /// What works beside the relay, and is ended where it stands.
    beside: JoinSet<()>,
}

impl Running {
    /// What pages ask.
    pub fn status(&self) -> Status {
        self.status.clone()
    }

    /// Where the embedded broker listens, if it runs.
    pub fn broker(&self) -> Option<SocketAddr> {
        self.broker.as_ref().map(Broker::addr)
    }

    /// Stops between two events, within 4 s: what is on its way is waited for and marked, the lease
    /// given to the next node, and then the embedded broker stopped.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        self.beside.shutdown().await;
        if timeout(STOP, self.relay.join_next()).await.is_err() {
            tracing::warn!("the relay did not stop in time and was ended");
            self.relay.shutdown().await;
        }
        if let Some(broker) = self.broker {
            broker.stop().await;
        }
    }
}

/// Why there is no way for events.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The embedded broker has no place.
    #[error(transparent)]
    Broker(#[from] broker::StartError),
    /// A file for TLS cannot be used; says which, and why.
    #[error("{0}")]
    Tls(String),
}

/// Starts the embedded broker, where no other is given, and the relay to it. `accounts` are those that
/// clients of the embedded broker log in with, see [`Broker::start`].
///
/// # Errors
/// When the embedded broker finds no port to listen on, or a file for TLS cannot be used.
pub async fn start(
    db: &Db,
    config: &Config,
    deployment: &str,
    accounts: impl Accounts,
) -> Result<Running, StartError> {
    let accounts: Arc<dyn Accounts> = Arc::new(accounts);
    let (inbox, letters) = accounts.desk().map(Inbox::new).unzip();
    let (target, broker, terms) = match &config.mqtt_url {
        Some(url) => {
            let files = Files {
                ca: config.events.ca.clone(),
                identity: config
                    .events
                    .certificate
                    .clone()
                    .zip(config.events.key.clone()),
            };
            let target = Target::given(url, &files, deployment).map_err(StartError::Tls)?;
            (target, None, Terms::SHARED)
        }
        None => {
            let relay = own_credentials().map_err(broker::StartError::from)?;
            let broker =
                Broker::start_with(config.broker_listen, relay.clone(), accounts, inbox.clone())
                    .await?;
            let target = Target::embedded(broker.addr(), relay, deployment);
            // A node with a broker of its own has the database to itself: see `Db::node_lock`.
            (target, Some(broker), Terms::ALONE)
        }
    };
    let mut beside = JoinSet::new();
    if let Some(broker) = &broker {
        beside.spawn(tell_of_accounts(db.clone(), broker.accounts_changed()));
    }
    let status = Status::default();
    let lease = Lease::seek(db, terms, status.clone());
    let replayer = Replayer {
        db: db.clone(),
        target: target.beside("replay"),
        deployment: deployment.to_owned(),
        holding: lease.holding(),
    };
    beside.spawn(replayer.run());
    if let Some((inbox, letters)) = inbox.zip(letters) {
        let inbound = Inbound {
            target: target.beside("commands"),
            holding: lease.holding(),
            inbox,
            letters,
            listens: broker.is_none(),
        };
        beside.spawn(inbound.run());
    }
    let (stop, stop_asked) = watch::channel(false);
    let mut relay = JoinSet::new();
    relay.spawn(Relay::new(db.clone(), target, lease, status.clone(), stop_asked).run());
    Ok(Running {
        status,
        stop,
        relay,
        broker,
        beside,
    })
}

/// Tells the broker whose account may have changed, as open pages are told.
async fn tell_of_accounts(db: Db, broker: UnboundedSender<Option<String>>) {
    let mut bell = db.listen();
    loop {
        let told = match bell.recv().await {
            Ok(notice) => match notice.news {
                News::Change {
                    domain: Domain::User | Domain::Auth,
                    id,
                    ..
                } => broker.send(Some(id)),
                News::Change { .. } | News::Delivery => continue,
                News::Anything => broker.send(None),
            },
            Err(RecvError::Lagged(_)) => broker.send(None),
            Err(RecvError::Closed) => return,
        };
        if told.is_err() {
            return;
        }
    }
}

/// New at each start. No account's name has a colon.
fn own_credentials() -> io::Result<Credentials> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    Ok(Credentials {
        username: "taylordash:relay".to_owned(),
        password: URL_SAFE_NO_PAD.encode(secret),
    })
}
