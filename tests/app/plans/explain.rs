//! Every page sends at most eight statements, and none reads a whole table that grows.

use std::sync::Mutex;

use crate::harness::{Engine, TestApp, tell};
use crate::{heard, lab, pages};

/// Tables that grow with the years, and the names that statements give them.
const GROWING: [&str; 6] = [
    "tasks",
    "projects",
    "events",
    "task_labels",
    "task_blockers",
    "task_comments",
];

/// The most statements of one page, who-is-it included.
const MOST: usize = 8;

/// One lab at a time: what is heard is not told apart.
static ONE: Mutex<()> = Mutex::new(());

#[test]
fn no_page_asks_more_than_eight_times_or_reads_a_whole_table_sqlite() {
    let _one = ONE.lock();
    heard::begin();
    tell(Engine::Sqlite, story);
}

#[test]
fn no_page_asks_more_than_eight_times_or_reads_a_whole_table_postgres() {
    let _one = ONE.lock();
    heard::begin();
    tell(Engine::Postgres, story);
}

async fn story(app: TestApp) {
    let sam = app.setup_admin().await;
    // So many that no engine prefers a whole table to an index.
    lab::fill(&app, 60_000, 6_000).await;
    let mut wrong = Vec::new();
    for page in pages::named().into_iter().chain(pages::others()) {
        heard::take();
        let answer = sam.get(&page.address).await;
        if answer.status != 200 {
            wrong.push(format!("{}: status {}", page.address, answer.status));
        }
        let statements = heard::take();
        assert!(
            !statements.is_empty(),
            "{}: nothing was heard",
            page.address
        );
        if statements.len() > MOST {
            wrong.push(format!("{}: {} statements", page.address, statements.len()));
        }
        for statement in statements {
            for scan in scans(&app, &statement).await {
                wrong.push(format!("{}: {scan}\n    {statement}", page.address));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The whole tables that an engine would read for a statement.
async fn scans(app: &TestApp, statement: &str) -> Vec<String> {
    let is_read = ["select", "with"]
        .iter()
        .any(|verb| statement.starts_with(verb));
    if !is_read {
        return Vec::new();
    }
    let plan = app.database().plan(statement).await;
    plan.into_iter()
        .filter(|line| is_scan(app.engine(), line))
        .collect()
}

fn is_scan(engine: Engine, line: &str) -> bool {
    let line = line.trim();
    let table = match engine {
        // "SCAN t" reads every row; "SCAN t USING INDEX i" reads an order, which a limit ends.
        Engine::Sqlite => line
            .strip_prefix("SCAN ")
            .filter(|rest| !rest.contains(" USING ")),
        Engine::Postgres => line.split("Seq Scan on ").nth(1),
    };
    let name = table.and_then(|rest| rest.split_whitespace().next());
    name.is_some_and(|name| GROWING.contains(&name))
}

#[test]
fn a_whole_table_is_told_from_an_order() {
    assert!(is_scan(Engine::Sqlite, "SCAN tasks"));
    assert!(!is_scan(
        Engine::Sqlite,
        "SCAN tasks USING INDEX idx_tasks_made"
    ));
    assert!(!is_scan(
        Engine::Sqlite,
        "SEARCH tasks USING INDEX idx_tasks_made (id=?)"
    ));
    assert!(is_scan(
        Engine::Postgres,
        "  ->  Seq Scan on tasks  (cost=0.00..1.00 rows=1)"
    ));
    assert!(!is_scan(
        Engine::Postgres,
        "  ->  Index Scan using x on tasks  (cost=0)"
    ));
    assert!(!is_scan(
        Engine::Postgres,
        "  ->  Seq Scan on labels  (cost=0)"
    ));
}
