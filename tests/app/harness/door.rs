use std::sync::Mutex;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// A port before a server, which can be shut: then the server is away for whoever comes this way.
pub struct Door {
    port: u16,
    server: String,
    passing: Mutex<JoinSet<()>>,
}

impl Door {
    /// Before the server of an address; shut at first.
    pub async fn before(url: &Url, default_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            port: listener.local_addr().unwrap().port(),
            server: format!("127.0.0.1:{}", url.port().unwrap_or(default_port)),
            passing: Mutex::default(),
        }
    }

    /// The same address, but through the door.
    pub fn through(&self, url: &Url) -> Url {
        let mut url = url.clone();
        url.set_port(Some(self.port)).unwrap();
        url
    }

    pub async fn open(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let server = self.server.clone();
        self.passing.lock().unwrap().spawn(async move {
            // Dropped with this task: what passes ends when the door shuts.
            let mut inside = JoinSet::new();
            while let Ok((mut guest, _)) = listener.accept().await {
                let mut host = TcpStream::connect(&server).await.unwrap();
                inside.spawn(
                    async move { tokio::io::copy_bidirectional(&mut guest, &mut host).await },
                );
            }
        });
    }

    /// Cuts everyone off, and lets nobody in.
    pub async fn shut(&self) {
        let mut passing = std::mem::take(&mut *self.passing.lock().unwrap());
        passing.shutdown().await;
    }
}
