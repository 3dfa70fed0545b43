//! The embedded MQTT broker: MQTT 3.1.1 and 5 on one port, so that a lab needs no other.
//!
//! It runs on a thread and a runtime of its own. So it neither slows the pages nor is slowed by
//! them, stopping it ends every connection at once, and its sessions change hands without another
//! thread coming between (see `takeover`). It keeps sessions and retained messages in memory only.

mod access;
mod gate;
mod members;
mod retained;
mod share;
mod takeover;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use rmqtt::shared::DefaultShared;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

pub use self::access::{Filter, Rights};
use self::members::Members;
pub use self::members::{Accounts, Member};
use super::commands::Inbox;

/// How many ports after the wanted one are tried where that one is taken.
const FURTHER_PORTS: u16 = 20;

/// Messages that wait for one subscriber, who is away or slow; beyond, its session ends.
/// One takes about 0.4 KiB of memory (measured); its payload is shared by all who wait for it.
const QUEUE: usize = 100_000;

/// Messages on their way to or from one client that it has not acknowledged.
const IN_FLIGHT: NonZeroU16 = NonZeroU16::new(128).unwrap();

/// The largest packet that is taken, in bytes.
const MAX_PACKET: u32 = 2 * 1024 * 1024;

/// How long a subscriber who asked for it may be away and still gets what it missed.
const SESSION_EXPIRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long one write to a client may take before its connection is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stopping broker waits for its subscribers to take what is on its way to them.
const DRAIN: Duration = Duration::from_millis(500);

/// A user name with its password.
#[derive(Clone)]
pub struct Credentials {
    /// The name; no account may have the same.
    pub username: String,
    /// The password, in plain text.
    pub password: String,
}

/// Why the broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Neither the wanted port nor one of those after it is free.
    #[error(
        "the ports {first} to {last} are all taken; choose another address for the MQTT broker"
    )]
    NoFreePort {
        /// The first port tried.
        first: u16,
        /// The last port tried.
        last: u16,
    },
    /// The address cannot be listened on: it is not this machine's, or needs more rights.
    #[error("the MQTT broker cannot listen on {addr}: {cause}")]
    Listen {
        /// The address as it was wanted.
        addr: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// The system gave no thread or no event queue.
    #[error("the MQTT broker cannot run: {0}")]
    Run(#[from] io::Error),
}

/// The running broker. Dropping it stops it too, without waiting for that.
pub struct Broker {
    addr: SocketAddr,
    told: mpsc::UnboundedSender<Option<String>>,
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
}

impl Broker {
    /// Listens on `addr`; where its port is taken, on the next free one of the 20 after it.
    ///
    /// Only `relay` may publish below `tracker/`, and only it may use a client id that begins with
    /// `taylordash-relay`. Any other client is let in if `accounts`, asked with name and password on
    /// the caller's runtime, knows it, and hears and says what that allows. It is put out when that
    /// login is no longer good.
    pub async fn start(
        addr: SocketAddr,
        relay: Credentials,
        accounts: impl Accounts,
    ) -> Result<Broker, StartError> {
        Self::start_with(addr, relay, Arc::new(accounts), None).await
    }

    /// As [`start`](Self::start), with where commands go.
    pub(super) async fn start_with(
        addr: SocketAddr,
        relay: Credentials,
        accounts: Arc<dyn Accounts>,
        inbox: Option<Inbox>,
    ) -> Result<Broker, StartError> {
        let members = Members::new(Handle::current(), accounts, inbox);
        let (told, heard) = mpsc::unbounded_channel();
        let (ready, listening) = oneshot::channel();
        let (stop, stop_asked) = oneshot::channel();
        let (done, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("mqtt-broker".into())
            .spawn(move || {
                run(addr, relay, members, ready, (heard, stop_asked));
                let _ = done.send(());
            })?;
        let gone = || StartError::Run(io::Error::other("its thread ended"));
        let addr = listening.await.map_err(|_| gone())??;
        Ok(Broker {
            addr,
            told,
            stop,
            stopped,
        })
    }

    /// Where to tell it of an account's id when that account may have changed; `None` stands for all.
    pub fn accounts_changed(&self) -> mpsc::UnboundedSender<Option<String>> {
        self.told.clone()
    }

    /// Where it listens; not always where it was told to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Lets subscribers take what is on its way to them, for half a second at most, then closes
    /// the port and every connection.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.stopped.await;
    }
}

type Ready = oneshot::Sender<Result<SocketAddr, StartError>>;
type Orders = (
    mpsc::UnboundedReceiver<Option<String>>,
    oneshot::Receiver<()>,
);

fn run(
    addr: SocketAddr,
    relay: Credentials,
    members: Members,
    ready: Ready,
    (heard, stop): Orders,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error.into()))),
    };
    runtime.block_on(async {
        let (listener, bound) = match bind(addr) {
            Ok(bound) => bound,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let members = Arc::new(members);
        let context = prepare(relay, members.clone()).await;
        let server = MqttServer::new(context.clone())
            .listener_by_id(listener, bound.port())
            .build();
        let _ = ready.send(Ok(bound));
        tokio::select! {
            _ = server.run() => {}
            _ = stop => drain(&context).await,
            _ = members.keep_order(&context, heard) => {}
        }
        // The context holds itself through its parts; so at least the messages are freed.
        *context.extends.shared_mut().await = Box::new(DefaultShared::new(None));
    });
}

fn bind(addr: SocketAddr) -> Result<(Listener, SocketAddr), StartError> {
    let last = match addr.port() {
        0 => 0,
        port => port.saturating_add(FURTHER_PORTS),
    };
    for port in addr.port()..=last {
        let tried = SocketAddr::new(addr.ip(), port);
        match listener(tried).and_then(|l| Ok((l.local_addr()?, l))) {
            Ok((bound, listener)) => return Ok((listener, bound)),
            Err(error) => match error.downcast::<io::Error>() {
                Ok(cause) if cause.kind() == io::ErrorKind::AddrInUse => continue,
                Ok(cause) => return Err(StartError::Listen { addr: tried, cause }),
                Err(error) => return Err(StartError::Run(io::Error::other(error.to_string()))),
            },
        }
    }
    Err(StartError::NoFreePort {
        first: addr.port(),
        last,
    })
}

fn listener(addr: SocketAddr) -> rmqtt::Result<Listener> {
    Builder::new()
        .name("taylordash")
        .laddr(addr)
        .reuseaddr(Some(true))
        .nodelay(true)
        // The library lets anonymous clients past the gate where this is true.
        .allow_anonymous(false)
        .max_connections(1_000)
        .max_handshaking_limit(64)
        .max_packet_size(MAX_PACKET)
        .max_clientid_len(256)
        .max_subscriptions(1_000)
        .max_topic_levels(64)
        .max_mqueue_len(QUEUE)
        .max_inflight(IN_FLIGHT)
        .session_expiry_interval(SESSION_EXPIRY)
        .max_session_expiry_interval(SESSION_EXPIRY)
        // Zero is never, for both: a message waits as long as its session, and is sent again only
        // on a new connection, as MQTT demands.
        .message_expiry_interval(Duration::ZERO)
        .message_retry_interval(Duration::ZERO)
        .send_timeout(WRITE_TIMEOUT)
        .bind()?
        .tcp()
}

async fn prepare(relay: Credentials, members: Arc<Members>) -> ServerContext {
    let context = ServerContext::new()
        .busy_check_enable(false)
        .task_exec_workers(16)
        .build()
        .await;
    let sessions = DefaultShared::new(Some(context.clone()));
    *context.extends.shared_mut().await = Box::new(takeover::Sessions(sessions));
    *context.extends.retain_mut().await = Box::new(retained::Retained::new());
    *context.extends.shared_subscription_mut().await =
        Box::new(share::InTurn::new(members.clone()));

    let gate = Arc::new(gate::Gate::new(context.clone(), relay, members));
    let hooks = context.extends.hook_mgr().register();
    for hook in gate::Gate::HOOKS {
        hooks.add(hook, Box::new(gate::Hook(gate.clone()))).await;
    }
    hooks.start().await;
    context
}

/// Waits until every connected subscriber has acknowledged what it was sent.
async fn drain(context: &ServerContext) {
    let end = Instant::now() + DRAIN;
    let mut quiet = 0;
    while quiet < 2 && Instant::now() < end {
        sleep(Duration::from_millis(10)).await;
        let checked = timeout(DRAIN, is_quiet(context)).await;
        quiet = if checked == Ok(true) { quiet + 1 } else { 0 };
    }
}

async fn is_quiet(context: &ServerContext) -> bool {
    let shared = context.extends.shared().await;
    let sessions: Vec<_> = shared.iter().filter_map(|entry| entry.session()).collect();
    for session in sessions {
        let waiting =
            !session.deliver_queue().is_empty() || !session.out_inflight().read().await.is_empty();
        if waiting && session.connected().await.unwrap_or_default() {
            return false;
        }
    }
    true
}
