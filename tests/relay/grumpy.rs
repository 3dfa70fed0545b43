//! A broker that hangs up where others would say no, or says nothing: no more of MQTT 5 than that takes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// It ends the connection over each message that holds this word.
pub const POISON: &str = "poison";

pub struct Grumpy {
    url: Url,
    state: Arc<State>,
    _task: JoinSet<()>,
}

struct State {
    /// How many unacknowledged messages it wants at most (MQTT 5, 3.2.2.3.3).
    wants: u16,
    acknowledges: bool,
    taken: Mutex<Vec<String>>,
    connections: AtomicUsize,
    /// The most messages that it had of one connection.
    most: AtomicUsize,
}

impl Grumpy {
    pub async fn start() -> Self {
        Self::with(u16::MAX, true).await
    }

    /// Takes everything and acknowledges nothing; it says that it wants so many messages at once.
    pub async fn mute(wants: u16) -> Self {
        Self::with(wants, false).await
    }

    async fn with(wants: u16, acknowledges: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("mqtt://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            wants,
            acknowledges,
            taken: Mutex::default(),
            connections: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let kept = Arc::clone(&state);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.connections.fetch_add(1, Ordering::SeqCst);
                // One client: the next one waits until this one is gone.
                let _ = serve(stream, &kept).await;
            }
        });
        Self {
            url: url.parse().unwrap(),
            state,
            _task: task,
        }
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The events that it took.
    pub fn taken(&self) -> Vec<String> {
        self.state.taken.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The most messages that it had of one connection, of those that want an answer.
    pub fn most(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    let [high, low] = state.wants.to_be_bytes();
    let mut count = 0;
    loop {
        let kind = stream.read_u8().await?;
        let mut length = 0;
        for shift in 0..4 {
            let byte = usize::from(stream.read_u8().await?);
            length |= (byte & 0x7f) << (7 * shift);
            if byte < 0x80 {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        match kind >> 4 {
            1 => {
                let ack = [0x20, 6, 0, 0, 3, 0x21, high, low];
                stream.write_all(&ack).await?;
            }
            8 => stream.write_all(&[0x90, 4, body[0], body[1], 0, 0]).await?,
            12 => stream.write_all(&[0xd0, 0]).await?,
            3 if kind & 0b110 != 0 => {
                let text = String::from_utf8_lossy(&body).into_owned();
                if text.contains(POISON) {
                    // DISCONNECT: packet too large.
                    return stream.write_all(&[0xe0, 2, 0x95, 0]).await;
                }
                count += 1;
                state.most.fetch_max(count, Ordering::SeqCst);
                if state.acknowledges {
                    let id = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
                    stream.write_all(&[0x40, 2, body[id], body[id + 1]]).await?;
                }
                if text.contains("tracker/events/") {
                    state.taken.lock().unwrap().push(text);
                }
            }
            _ => {}
        }
    }
}
