use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::eventually;

/// The real program in a process of its own, with nothing in its environment but what is given.
pub struct Process {
    child: Child,
    out: Lines,
    log: Lines,
}

/// What was written so far.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl Process {
    /// Starts it in `folder`, with its data below, on free ports.
    pub fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self::start_as(folder, &[], variables)
    }

    /// With arguments.
    pub fn start_as(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_taylordash"));
        command.args(arguments);
        Self::spawn(command, folder, variables)
    }

    /// On a machine that limits how many files a program may have open: `-S -n 128`, as the shell's
    /// `ulimit` says it, is a limit that it may raise.
    pub fn start_with_files(folder: &Path, limit: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new("sh");
        let limited = format!("ulimit {limit}; exec \"$0\"");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_taylordash")]);
        Self::spawn(command, folder, variables)
    }

    fn spawn(mut command: Command, folder: &Path, variables: &[(&str, &str)]) -> Self {
        command
            .current_dir(folder)
            .env_clear()
            .env("TAYLORDASH_LISTEN", "127.0.0.1:0")
            .env("TAYLORDASH_BROKER_LISTEN", "127.0.0.1:0")
            .env("TAYLORDASH_POOL_MAX", "4")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the program starts");
        let out = Lines::read(child.stdout.take().unwrap());
        let log = Lines::read(child.stderr.take().unwrap());
        Self { child, out, log }
    }

    /// What it printed.
    pub fn printed(&self) -> String {
        self.out.0.lock().unwrap().clone()
    }

    /// What it logged or complained of.
    pub fn logged(&self) -> String {
        self.log.0.lock().unwrap().clone()
    }

    /// Waits until its banner is there, and answers `http://127.0.0.1:…`.
    pub async fn origin(&mut self) -> String {
        let patience = Duration::from_secs(60);
        let waited = tokio::time::timeout(patience, async {
            loop {
                if let Some(origin) = self.on_banner("web") {
                    return origin;
                }
                if let Some(status) = self.child.try_wait().unwrap() {
                    panic!("it ended with {status}: {}", self.logged());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        waited
            .await
            .unwrap_or_else(|_| panic!("no banner: {}", self.logged()))
    }

    /// What the banner says behind a word, once the whole banner is there.
    pub fn on_banner(&self, word: &str) -> Option<String> {
        let printed = self.printed();
        if !printed.contains("broker ") {
            return None;
        }
        let line = printed
            .lines()
            .find(|line| line.trim_start().starts_with(word))?;
        Some(line.split_whitespace().nth(1)?.to_owned())
    }

    /// The token of the setup link, where the banner has one.
    pub fn setup_token(&self) -> Option<String> {
        let printed = self.printed();
        let token = printed.split("/setup#").nth(1)?;
        Some(token.split_whitespace().next()?.to_owned())
    }

    /// Waits until it ends by itself.
    pub async fn end(&mut self, patience: Duration) -> ExitStatus {
        let ended = tokio::time::timeout(patience, self.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("still running after {patience:?}"));
        // The last lines arrive behind the end.
        eventually(Duration::from_secs(5), "its output ends", || async {
            Arc::strong_count(&self.log.0) == 1
        })
        .await;
        status.unwrap()
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Its number among the machine's processes, while it runs.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends a signal by name: `TERM`, `INT`.
    pub async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().await;
        assert!(status.unwrap().success());
    }

    /// Kills it so that it cannot do anything about it, as a power cut would.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }
}

impl Lines {
    fn read(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let lines = Self::default();
        let into = lines.clone();
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream).lines();
            while let Ok(Some(line)) = stream.next_line().await {
                let mut text = into.0.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        });
        lines
    }
}
