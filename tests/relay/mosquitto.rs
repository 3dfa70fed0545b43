//! A Mosquitto of a story's own, with its own rules.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use url::Url;

/// A running Mosquitto; dropped, it is gone.
pub struct Mosquitto {
    folder: TempDir,
    port: u16,
    settings: String,
    process: Child,
}

impl Mosquitto {
    /// With these lines in its configuration; `{folder}` in them is where [`write`](Self::write) writes.
    pub fn start(settings: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let port = free_port();
        let settings = settings.replace("{folder}", folder.path().to_str().unwrap());
        let process = run(&folder, port, &settings);
        Self {
            folder,
            port,
            settings,
            process,
        }
    }

    pub fn url(&self) -> Url {
        format!("mqtt://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// Puts another file in its place, and lets it read its rules again.
    pub fn rewrite(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
        let pid = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-HUP", &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again at the same address; what it kept in memory is gone.
    pub fn restart(&mut self) {
        self.kill();
        self.process = run(&self.folder, self.port, &self.settings);
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(folder: &TempDir, port: u16, settings: &str) -> Child {
    let file = folder.path().join("mosquitto.conf");
    // Started as root it would drop to a user who may not read our folder.
    let text = format!("user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n{settings}\n");
    fs::write(&file, text).unwrap();
    let log = File::create(folder.path().join("log")).unwrap();
    let process = Command::new("mosquitto")
        .arg("-c")
        .arg(&file)
        .stdout(Stdio::from(log.try_clone().unwrap()))
        .stderr(Stdio::from(log))
        .spawn()
        .unwrap();
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it did not start: {log}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    process
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
