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

async fn measure(app: TestApp) {
    let sam = app.setup_admin().await;
    lab::fill(&app, SMALL).await;
    let mut small = Vec::new();
    for page in pages::named() {
        small.push(median(&sam, &page.address).await);
    }
    lab::empty(&app).await;
    lab::fill(&app, tasks()).await;
    let engine = app.engine();
    for (page, before) in pages::named().iter().zip(small) {
        let now = median(&sam, &page.address).await;
        println!(
            "{engine:?} {:20} {before:7.2} ms, now {now:7.2} ms, {:5.2} times",
            page.name,
            now / before
        );
        if let Some(far) = far(&app, page).await {
            let now = median(&sam, &far).await;
            println!(
                "{engine:?} {:20} {before:7.2} ms, far {now:7.2} ms, {:5.2} times",
                page.name,
                now / before
            );
        }
    }
    for page in pages::others() {
        println!(
            "{engine:?} {:7.2} ms {}",
            median(&sam, &page.address).await,
            page.address
        );
    }
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

/// Milliseconds.
async fn median(browser: &Browser, address: &str) -> f64 {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let started = Instant::now();
        browser.get(address).await.status(200);
        took.push(started.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    took[TIMES / 2]
}
