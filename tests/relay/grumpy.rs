//! A broker that hangs up where others would say no: no more of MQTT 5 than that takes.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// It ends the connection over each message that holds this word.
pub const POISON: &str = "poison";

pub struct Grumpy {
    url: Url,
    taken: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Grumpy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("mqtt://{}", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // One client: the next one waits until this one is gone.
                let _ = serve(stream, &kept).await;
            }
        });
        Self {
            url: url.parse().unwrap(),
            taken,
            _task: task,
        }
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The events that it took.
    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, taken: &Mutex<Vec<String>>) -> std::io::Result<()> {
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
            1 => stream.write_all(&[0x20, 3, 0, 0, 0]).await?,
            8 => stream.write_all(&[0x90, 4, body[0], body[1], 0, 0]).await?,
            12 => stream.write_all(&[0xd0, 0]).await?,
            3 if kind & 0b110 != 0 => {
                let text = String::from_utf8_lossy(&body).into_owned();
                if text.contains(POISON) {
                    // DISCONNECT: packet too large.
                    return stream.write_all(&[0xe0, 2, 0x95, 0]).await;
                }
                let id = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
                stream.write_all(&[0x40, 2, body[id], body[id + 1]]).await?;
                if text.contains("tracker/events/") {
                    taken.lock().unwrap().push(text);
                }
            }
            _ => {}
        }
    }
}
