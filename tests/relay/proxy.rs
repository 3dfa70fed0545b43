//! What lies between the relay and its broker, and fails on demand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

/// The packet type of PUBACK (MQTT 5, 2.1.2).
const PUBACK: u8 = 4;

pub struct Proxy {
    url: Url,
    state: Arc<State>,
    _task: JoinSet<()>,
}

struct State {
    broker: SocketAddr,
    is_cut: watch::Sender<bool>,
    swallows: AtomicUsize,
    connections: AtomicUsize,
    is_silent: AtomicBool,
}

impl Proxy {
    pub async fn before(broker: &Url) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = broker.clone();
        let port = listener.local_addr().unwrap().port();
        url.set_port(Some(port)).unwrap();
        let state = Arc::new(State {
            broker: broker.socket_addrs(|| None).unwrap()[0],
            is_cut: watch::Sender::new(false),
            swallows: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            is_silent: AtomicBool::new(false),
        });
        let mut task = JoinSet::new();
        task.spawn(accept(listener, Arc::clone(&state)));
        Self {
            url,
            state,
            _task: task,
        }
    }

    /// The broker's address, through here.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Ends every connection and lets none in.
    pub fn cut(&self) {
        self.state.is_cut.send_replace(true);
    }

    pub fn mend(&self) {
        self.state.is_cut.send_replace(false);
    }

    /// Keeps the next acknowledgement from the relay.
    pub fn swallow_one(&self) {
        self.state.swallows.fetch_add(1, Ordering::SeqCst);
    }

    /// How many acknowledgements are yet to be swallowed.
    pub fn left_to_swallow(&self) -> usize {
        self.state.swallows.load(Ordering::SeqCst)
    }

    /// From now on answers nothing on any connection, as a frozen broker.
    pub fn set_silent(&self, silent: bool) {
        self.state.is_silent.store(silent, Ordering::SeqCst);
        if !silent {
            self.cut();
            self.mend();
        }
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut open = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if *state.is_cut.borrow() {
            continue;
        }
        state.connections.fetch_add(1, Ordering::SeqCst);
        open.spawn(carry(client, Arc::clone(&state)));
    }
}

async fn carry(client: TcpStream, state: Arc<State>) {
    let Ok(broker) = TcpStream::connect(state.broker).await else {
        return;
    };
    broker.set_nodelay(true).unwrap();
    client.set_nodelay(true).unwrap();
    let (mut from_client, to_client) = client.into_split();
    let (from_broker, mut to_broker) = broker.into_split();
    let mut cut = state.is_cut.subscribe();
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_broker) => {}
        _ = answers(from_broker, to_client, &state) => {}
        _ = cut.wait_for(|is_cut| *is_cut) => {}
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: &State,
) -> std::io::Result<()> {
    loop {
        let packet = packet(&mut from).await?;
        let is_ack = packet[0] >> 4 == PUBACK;
        let is_swallowed = is_ack
            && state
                .swallows
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        if !is_swallowed && !state.is_silent.load(Ordering::SeqCst) {
            to.write_all(&packet).await?;
        }
    }
}

/// One packet, whole: type, length in up to four bytes of seven bits, content (MQTT 5, 2.1).
async fn packet(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let mut packet = vec![from.read_u8().await?];
    let mut length = 0;
    for place in 0..4 {
        let byte = from.read_u8().await?;
        packet.push(byte);
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let head = packet.len();
    packet.resize(head + length, 0);
    from.read_exact(&mut packet[head..]).await?;
    Ok(packet)
}
