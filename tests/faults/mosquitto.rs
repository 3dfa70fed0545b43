//! A Mosquitto of one's own, that keeps all it was given: persistence on, no bound on its queues.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use url::Url;

use crate::harness::eventually;

pub struct Mosquitto {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Mosquitto {
    /// Starts it in a folder of its own below `folder`, on a free port.
    pub async fn start(folder: &Path) -> Self {
        let folder = folder.join("mosquitto");
        std::fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let user = std::env::var("USER").unwrap_or_else(|_| "root".to_owned());
        let conf = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser {user}\npersistence true\n\
             persistence_location {}/\nmax_queued_messages 0\n",
            folder.display()
        );
        std::fs::write(folder.join("mosquitto.conf"), conf).unwrap();
        let mut mosquitto = Self {
            folder,
            port,
            child: None,
        };
        mosquitto.again().await;
        mosquitto
    }

    /// Starts it on what it kept.
    pub async fn again(&mut self) {
        let child = Command::new("mosquitto")
            .arg("-c")
            .arg(self.folder.join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        self.child = Some(child.expect("Mosquitto is installed: run the tests with tests/run"));
        let port = self.port;
        eventually(Duration::from_secs(20), "Mosquitto listens", || async {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
    }

    pub fn url(&self) -> Url {
        Url::parse(&format!("mqtt://127.0.0.1:{}", self.port)).unwrap()
    }

    pub async fn signal(&self, name: &str) {
        let pid = self.child.as_ref().and_then(Child::id).expect("it runs");
        signal(pid, name).await;
    }

    /// Lets it write down what it has, and end.
    pub async fn stop(&mut self) {
        self.signal("TERM").await;
        self.ended().await;
    }

    pub async fn kill(&mut self) {
        self.signal("KILL").await;
        self.ended().await;
    }

    async fn ended(&mut self) {
        if let Some(mut child) = self.child.take() {
            let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
            ended.expect("Mosquitto ends").unwrap();
        }
    }
}

/// Sends a process a signal by name.
pub async fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status()
        .await;
    assert!(status.unwrap().success(), "{name} to {pid}");
}

/// One that nobody listens on right now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
