//! Who loads the program, and who looks at pages meanwhile: each in a thread of its own, beside the
//! program, which is a process as at home.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::harness::{Browser, Process};

/// What people look at while somebody attacks.
const PAGES: [&str; 5] = ["/", "/projects", "/tasks", "/plugins", "/account"];

/// The `share` of the times that took no longer, in milliseconds.
pub fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let place = ((times.len() - 1) as f64 * share).round() as usize;
    times[place].as_secs_f64() * 1000.0
}

/// How long each page takes, one after the other, for that long.
pub async fn pages(browser: &Browser, time: Duration) -> Vec<Duration> {
    let began = Instant::now();
    let mut times = Vec::new();
    for path in PAGES.iter().cycle() {
        if began.elapsed() > time {
            break;
        }
        let sent = Instant::now();
        browser.get(path).await.status(200);
        times.push(sent.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times
}

/// Seconds of a core that a process has used: `utime` and `stime` of proc(5), in ticks of 10 ms.
pub fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|ticks| ticks.parse().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

/// Pages beside nothing and pages beside a load, by turns.
pub struct Rounds {
    server: u32,
    quiet: Vec<Duration>,
    loaded: Vec<Duration>,
    ratios: Vec<f64>,
    used: [f64; 3],
    seconds: f64,
}

impl Rounds {
    pub fn of(process: &Process) -> Self {
        Self {
            server: process.pid(),
            quiet: Vec::new(),
            loaded: Vec::new(),
            ratios: Vec::new(),
            used: [0.0; 3],
            seconds: 0.0,
        }
    }

    pub async fn quiet(&mut self, browser: &Browser, time: Duration) {
        self.quiet.extend(pages(browser, time).await);
    }

    /// With a load that is there already; `generator` is its process, if it is not this one.
    pub async fn loaded(&mut self, browser: &Browser, time: Duration, generator: Option<u32>) {
        let used = |rounds: &Self| {
            let generator = generator.map_or(0.0, cpu);
            [cpu(rounds.server), cpu(std::process::id()), generator]
        };
        let (before, began) = (used(self), Instant::now());
        let mut times = pages(browser, time).await;
        let after = used(self);
        for place in 0..after.len() {
            self.used[place] += after[place] - before[place];
        }
        self.seconds += began.elapsed().as_secs_f64();
        let last = self.quiet.len().saturating_sub(times.len());
        let ratio = quantile(&mut times, 0.99) / quantile(&mut self.quiet[last..].to_vec(), 0.99);
        self.ratios.push(ratio);
        self.loaded.extend(times);
    }

    /// Prints it: over all rounds, the range of the rounds, and who used how much of the cores.
    pub fn tell(mut self, what: &str) {
        let quiet = [0.5, 0.99].map(|share| quantile(&mut self.quiet, share));
        let loaded = [0.5, 0.99].map(|share| quantile(&mut self.loaded, share));
        let [server, here, generator] = self.used.map(|used| used / self.seconds * 100.0);
        self.ratios.sort_by(f64::total_cmp);
        println!(
            "{what}: {} and {} pages; quiet: middle {:.1} ms, 99 of 100 within {:.1} ms; loaded: {:.1} \
             and {:.1} ms: {:.1} times (of {} rounds the middle one {:.1}, from {:.1} to {:.1})\n    \
             of one core the server used {server:.0} %, who looks and loads {here:.0} %, a load of its \
             own {generator:.0} %",
            self.quiet.len(),
            self.loaded.len(),
            quiet[0],
            quiet[1],
            loaded[0],
            loaded[1],
            loaded[1] / quiet[1],
            self.ratios.len(),
            self.ratios[self.ratios.len() / 2],
            self.ratios[0],
            self.ratios[self.ratios.len() - 1],
        );
    }
}

/// 200 logins a second, each from an address and for an account of its own, so that none is
/// throttled, until it is dropped.
pub struct Flood {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What logins were answered: sent on to try again, or sent away.
#[derive(Default)]
pub struct Told {
    pub tried: AtomicU32,
    pub sent_away: AtomicU32,
    pub other: AtomicU32,
}

/// No two rounds use one name.
static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Flood {
    pub fn begin(browser: Browser, told: Arc<Told>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(logins(browser, told, until));
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn logins(browser: Browser, told: Arc<Told>, stop: Arc<AtomicBool>) {
    let mut beat = tokio::time::interval(Duration::from_millis(5));
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    while !stop.load(Ordering::Relaxed) {
        beat.tick().await;
        let (browser, told) = (browser.clone(), Arc::clone(&told));
        tokio::spawn(async move {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let [_, a, b, c] = number.to_be_bytes();
            let name = format!("nobody{number}");
            let form = [("username", name.as_str()), ("password", "wrong")];
            let address = format!("10.{a}.{b}.{c}");
            let request = browser.posting("/login").header("X-Forwarded-For", address);
            let status = request
                .form(&form)
                .send()
                .await
                .map(|answer| answer.status().as_u16());
            let count = match status {
                Ok(422) => &told.tried,
                Ok(429) => &told.sent_away,
                _ => &told.other,
            };
            count.fetch_add(1, Ordering::Relaxed);
        });
    }
}

/// What a connection begins with, and goes on with every five seconds.
#[derive(Clone, Copy, Debug)]
pub enum Slow {
    Heads,
    Bodies,
}

impl Slow {
    fn beginning(self, address: SocketAddr) -> String {
        match self {
            Self::Heads => format!("GET /login HTTP/1.1\r\nHost: {address}\r\n"),
            Self::Bodies => format!(
                "POST /login HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4096\r\n\r\nu"
            ),
        }
    }

    fn more(self) -> &'static [u8] {
        match self {
            Self::Heads => b"X-a: b\r\n",
            Self::Bodies => b"s",
        }
    }
}

/// That many slow connections; one that the server ends is made anew, until this is dropped.
pub struct Crowd {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<u32>>,
}

impl Crowd {
    pub fn begin(address: SocketAddr, slow: Slow, size: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let connect = move || -> Option<TcpStream> {
            let mut stream = TcpStream::connect(address).ok()?;
            stream.write_all(slow.beginning(address).as_bytes()).ok()?;
            stream.set_nonblocking(true).ok()?;
            Some(stream)
        };
        let mut crowd: Vec<Option<TcpStream>> = (0..size).map(|_| connect()).collect();
        let thread = std::thread::spawn(move || {
            let mut again = 0;
            // A fifth of the time between two signs of life for each part of the crowd.
            for part in (0..50).cycle() {
                if until.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
                for place in crowd.iter_mut().skip(part).step_by(50) {
                    if !place.as_mut().is_some_and(|stream| is_open(stream, slow)) {
                        *place = connect();
                        again += 1;
                    }
                }
            }
            again
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }

    /// Ends it; answers how many the server had hung up on.
    pub fn end(mut self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default()
    }
}

/// Sends the next byte, where the server has not hung up.
fn is_open(stream: &mut TcpStream, slow: Slow) -> bool {
    let silent = match stream.read(&mut [0; 4096]) {
        Ok(_) => false,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    };
    silent && stream.write_all(slow.more()).is_ok()
}
