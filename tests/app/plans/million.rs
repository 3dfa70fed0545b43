//! How long pages take with a million tasks, compared with a thousand. It measures, and CI does not run it.

use std::time::Instant;

use crate::harness::{Browser, Engine, TestApp, tell};
use crate::lab;
use crate::pages::{self, Page};

const SMALL: usize = 1_000;
const LARGE: usize = 1_000_000;
/// Times that each page is asked for.
const TIMES: usize = 21;
/// Rows on a page of the list.
const ROWS: usize = 50;

#[test]
#[ignore = "measures"]
fn million_sqlite() {
    tell(Engine::Sqlite, measure);
}

#[test]
#[ignore = "measures"]
fn million_postgres() {
    tell(Engine::Postgres, measure);
}

/// A small lab and a large one, asked in turns: a busy moment of the machine hits both.
async fn measure(small: TestApp) {
    let large = TestApp::start(small.engine()).await;
    let mut sams = Vec::new();
    for (app, tasks, large_project) in [
        (&small, SMALL, SMALL * 9 / 10),
        (&large, tasks(), tasks() / 10),
    ] {
        sams.push(app.setup_admin().await);
        lab::fill(app, tasks, large_project).await;
    }
    for page in pages::named() {
        compare(&small, &sams, page.name, [&page.address, &page.address]).await;
        if let Some(far) = far(&large, &page).await {
            compare(&small, &sams, page.name, [&page.address, &far]).await;
        }
    }
    for page in ["/tasks/t5", "/tasks/t7"] {
        let [before, now] = changes(&sams, page).await;
        report(&small, "changing a task", "", before, now);
    }
    for page in pages::others() {
        let [_, took] = medians(&sams, [&page.address, &page.address]).await;
        println!("{:?} {took:7.2} ms {}", small.engine(), page.address);
    }
    large.stop().await;
    large.database().drop_it().await;
}

async fn compare(app: &TestApp, sams: &[Browser], name: &str, addresses: [&str; 2]) {
    let [before, now] = medians(sams, addresses).await;
    let which = if addresses[0] == addresses[1] {
        ""
    } else {
        "far"
    };
    report(app, name, which, before, now);
}

fn report(app: &TestApp, name: &str, which: &str, before: f64, now: f64) {
    println!(
        "{:?} {name:18} {which:3} {before:7.2} ms, {now:7.2} ms, {:5.2} times",
        app.engine(),
        now / before
    );
}

fn tasks() -> usize {
    let asked = std::env::var("TEST_TASKS").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(LARGE)
}

/// The address of the 10,000th page, or of the last where there are fewer; of lists whose order is known.
async fn far(app: &TestApp, page: &Page) -> Option<String> {
    let (filter, by, direction) = match page.name {
        "a project's list" => ("project_id = 'p0'", "created_at", "desc"),
        "list of all" => ("true", "created_at", "desc"),
        "mine" => ("assignee_id is not null", "created_at", "desc"),
        "overdue" => (
            "status <> 'done' and due_at < current_timestamp",
            "due_at",
            "asc",
        ),
        "by label" => (
            "id in (select task_id from task_labels where label_id = 'l0')",
            "created_at",
            "desc",
        ),
        "by status" => ("status = 'pending'", "created_at", "desc"),
        _ => return None,
    };
    let count = app.count(&format!("live_tasks where {filter}")).await;
    let offset = (10_000 * ROWS as i64).min(count - 2 * ROWS as i64).max(0);
    let rows = app
        .rows(&format!(
            "select id, {by} as at from live_tasks where {filter} order by {by} {direction}, id {direction} \
             limit 1 offset {offset}"
        ))
        .await;
    let row = rows.first()?;
    let at = chrono::DateTime::parse_from_rfc3339(row.text("at")).ok()?;
    let mark = if page.address.contains('?') { '&' } else { '?' };
    let place = format!("{}.{}", at.timestamp_micros(), row.text("id"));
    Some(format!("{}{mark}before={place}", page.address))
}

/// Of the small lab's answer and of the large one's, in milliseconds.
async fn medians(sams: &[Browser], addresses: [&str; 2]) -> [f64; 2] {
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..TIMES {
        for ((sam, address), took) in sams.iter().zip(addresses).zip(&mut took) {
            let started = Instant::now();
            sam.get(address).await.status(200);
            took.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    took.map(median)
}

/// The same of a task that begins and waits again: its event, and each index with its status.
async fn changes(sams: &[Browser], address: &str) -> [f64; 2] {
    let mut took = [Vec::new(), Vec::new()];
    for turn in 0..TIMES {
        let status = if turn % 2 == 0 {
            "in_progress"
        } else {
            "pending"
        };
        for (sam, took) in sams.iter().zip(&mut took) {
            let started = Instant::now();
            sam.post(address, &[("status", status)]).await.status(303);
            took.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    took.map(median)
}

fn median(mut took: Vec<f64>) -> f64 {
    took.sort_by(f64::total_cmp);
    took[took.len() / 2]
}
