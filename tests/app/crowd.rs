//! A crowd at the live stream: what a thousand open pages cost, and how long the last of them waits.
//!
//! `tests/run measure crowd` measures it as the program runs at home; `TEST_CROWD=5000` says how many.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::harness::{Browser, Engine, Place, on};

/// Resident memory of a process, in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// Opens a stream and reads its greeting.
async fn open(origin: &str, cookie: &str) -> TcpStream {
    let host = origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!("GET /events/stream HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    read_until(&mut stream, "\nid: ").await;
    stream
}

/// Reads until it has come; heartbeats come in between.
async fn read_until(stream: &mut TcpStream, wanted: &str) {
    let mut heard = String::new();
    let mut piece = [0; 1024];
    while !heard.contains(wanted) {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "the stream ended: {heard}");
        heard.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
}

/// How long after the answer to a change the first and the last of them have heard of it.
async fn told(sam: &Browser, streams: Vec<TcpStream>) -> (Duration, Duration, Vec<TcpStream>) {
    let mut waiting = JoinSet::new();
    for mut stream in streams {
        waiting.spawn(async move {
            read_until(&mut stream, "event: project").await;
            (Instant::now(), stream)
        });
    }
    let made = sam.post("/projects", &[("name", "Rack")]).await;
    let answered = Instant::now();
    made.status(303);
    let (mut moments, mut streams) = (Vec::new(), Vec::new());
    while let Some(heard) = waiting.join_next().await {
        let (at, stream) = heard.unwrap();
        moments.push(at.saturating_duration_since(answered));
        streams.push(stream);
    }
    moments.sort();
    (moments[0], moments[moments.len() - 1], streams)
}

async fn measure(place: Arc<Place>) {
    let count = std::env::var("TEST_CROWD").ok();
    let count: usize = count.map_or(1_000, |count| count.parse().unwrap());
    let mut process = place.start(&[]);
    let sam = place.set_up(&mut process).await;
    let (origin, cookie) = (process.origin().await, sam.cookie_header());
    // What the first of everything costs is not counted.
    let mut streams = vec![open(&origin, &cookie).await];
    sam.get("/projects").await.status(200);
    let before = resident(process.pid());
    while streams.len() <= count {
        streams.push(open(&origin, &cookie).await);
    }
    let each = (resident(process.pid()) - before) as f64 / count as f64;
    println!("{count} open streams: {each:.1} KiB of resident memory each");
    for _ in 0..5 {
        let (first, last, open) = told(&sam, streams).await;
        println!("told of a change after its answer: the first {first:?}, the last {last:?}");
        streams = open;
    }
}

#[test]
#[ignore = "measures"]
fn a_crowd_of_open_streams_is_told_of_a_change_sqlite() {
    on(Engine::Sqlite, measure);
}

#[test]
#[ignore = "measures"]
fn a_crowd_of_open_streams_is_told_of_a_change_postgres() {
    on(Engine::Postgres, measure);
}
