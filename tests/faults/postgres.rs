//! A PostgreSQL of one's own, that may be stopped and frozen while others use theirs.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use url::Url;

use crate::harness::Database;
use crate::mosquitto::{free_port, signal};

pub struct Postgres {
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a server with an empty database, and starts it.
    pub async fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Not below the folder of a story, where only its owner looks.
        let folder = std::env::temp_dir().join(format!("pg-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        if is_root() {
            succeeds(Command::new("chown").arg("postgres:").arg(&folder));
        }
        let postgres = Self {
            folder,
            port: free_port(),
        };
        let data = postgres.data();
        let made = postgres.tool("initdb", &["-D", &data, "-U", "postgres", "-A", "trust"]);
        assert!(made, "initdb");
        postgres.again();
        postgres
            .named("postgres")
            .execute("create database faults")
            .await;
        postgres
    }

    pub fn database(&self) -> Database {
        self.named("faults")
    }

    fn named(&self, name: &str) -> Database {
        let url = format!("postgres://postgres@127.0.0.1:{}/{name}", self.port);
        Database::Postgres(Url::parse(&url).unwrap())
    }

    /// Starts it on what it kept, and waits until it takes connections.
    pub fn again(&self) {
        let (data, port, folder) = (self.data(), self.port, self.folder.display());
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        );
        let log = format!("{folder}/log");
        let started = self.tool(
            "pg_ctl",
            &["-D", &data, "-l", &log, "-o", &options, "-w", "-s", "start"],
        );
        assert!(started, "PostgreSQL starts, see {log}");
    }

    /// Ends it at once, as a crash would.
    pub fn stop(&self) {
        let data = self.data();
        assert!(self.tool(
            "pg_ctl",
            &["-D", &data, "-m", "immediate", "-w", "-s", "stop"]
        ));
    }

    /// Sends the server and all its processes a signal: STOP, CONT.
    pub async fn signal(&self, name: &str) {
        let pid = std::fs::read_to_string(format!("{}/postmaster.pid", self.data())).unwrap();
        let server: u32 = pid.lines().next().unwrap().trim().parse().unwrap();
        signal(server, name).await;
        for child in children(server) {
            signal(child, name).await;
        }
    }

    fn data(&self) -> String {
        format!("{}/data", self.folder.display())
    }

    /// Runs one of its tools, as the user whom it lets.
    fn tool(&self, name: &str, arguments: &[&str]) -> bool {
        let folder = std::env::var("TEST_POSTGRES_BIN")
            .expect("TEST_POSTGRES_BIN is not set: run the tests with tests/run");
        let tool = Path::new(&folder).join(name);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(tool);
                command
            }
            false => Command::new(tool),
        };
        // What the server inherits, it holds open as long as it runs.
        let command = command.args(arguments).current_dir(&self.folder);
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("tools"))
            .unwrap();
        let done = command
            .stdin(std::process::Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .status()
            .is_ok_and(|status| status.success());
        if !done {
            let said = ["tools", "log"].map(|file| std::fs::read_to_string(self.folder.join(file)));
            println!("{name} {arguments:?}: {said:?}");
        }
        done
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        self.tool(
            "pg_ctl",
            &["-D", &data, "-m", "immediate", "-w", "-s", "stop"],
        );
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

pub fn succeeds(command: &mut Command) {
    let status = command.status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?}");
}

/// The processes that a process started.
fn children(of: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let children = processes.filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // "pid (name) state parent …", where the name may hold anything.
        let parent: u32 = stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()?;
        (parent == of).then_some(pid)
    });
    children.collect()
}
