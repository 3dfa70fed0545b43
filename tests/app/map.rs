//! The map of open tasks and what they wait for.

use std::time::Instant;

use crate::harness::{Browser, Engine, TestApp, tell};
use crate::projects::project;

/// A project with tasks of these names; answers its address.
async fn lab(sam: &Browser, name: &str, tasks: &[&str]) -> String {
    let mut fields = vec![("name", name)];
    fields.extend(tasks.iter().map(|task| ("task", *task)));
    format!("/projects/{}", project(sam, &fields).await)
}

async fn page(app: &TestApp, name: &str) -> String {
    let rows = app
        .rows(&format!("select id from tasks where name = '{name}'"))
        .await;
    format!("/tasks/{}", rows[0].text("id"))
}

async fn wait_for(app: &TestApp, sam: &Browser, task: &str, blocker: &str) {
    let (task, blocker) = (page(app, task).await, page(app, blocker).await);
    let answer = sam
        .post(&format!("{task}/blockers"), &[("blocker", &blocker)])
        .await;
    answer.see(&task);
}

/// Gives a project 300 tasks, in tens of which most wait for one before them, and some for another too.
async fn fill(app: &TestApp, home: &str) {
    let project = home.trim_start_matches("/projects/");
    let tasks = (0..300).map(|n| {
        let status = ["pending", "pending", "in_progress", "blocked"][n % 4];
        format!(
            "('n{n}', '{project}', 'Pull the cable number {n} to the attic', '{status}', {}, {n})",
            n % 4
        )
    });
    let tasks: Vec<String> = tasks.collect();
    let edges = (1..300_usize).flat_map(|n| {
        let one = (!n.is_multiple_of(10)).then(|| n - 1 - (n * 7) % n.min(10));
        [one, n.is_multiple_of(3).then(|| n * 5 % n)]
            .into_iter()
            .flatten()
            .map(move |other| format!("('n{n}', 'n{other}', '2026-01-01T00:00:00.000000Z')"))
    });
    let edges: Vec<String> = edges.collect();
    for statement in [
        format!(
            "insert into tasks (id, project_id, name, status, priority, place) values {}",
            tasks.join(", ")
        ),
        format!(
            "insert into task_blockers (task_id, blocker_id, created_at) values {} on conflict do nothing",
            edges.join(", ")
        ),
    ] {
        app.database().execute(&statement).await;
    }
}

async fn measure(app: TestApp) {
    let sam = app.setup_admin().await;
    let empty = lab(&sam, "Empty", &["One"]).await;
    let full = lab(&sam, "Full", &[]).await;
    fill(&app, &full).await;
    // As PostgreSQL does by itself in the minute after so many rows.
    app.database().execute("analyze").await;
    for (what, home) in [("1 task", empty), ("300 tasks", full)] {
        let mut took = Vec::new();
        for _ in 0..101 {
            let sent = Instant::now();
            sam.get(&format!("{home}/map")).await.status(200);
            took.push(sent.elapsed().as_secs_f64() * 1e3);
        }
        took.sort_by(f64::total_cmp);
        println!(
            "{:?} map of {what}: least {:.1} ms, median {:.1} ms, 95 of 100 within {:.1} ms",
            app.engine(),
            took[0],
            took[50],
            took[95]
        );
    }
}

#[test]
#[ignore = "measures"]
fn a_map_of_three_hundred_over_http_on_sqlite() {
    tell(Engine::Sqlite, measure);
}

#[test]
#[ignore = "measures"]
fn a_map_of_three_hundred_over_http_on_postgres() {
    tell(Engine::Postgres, measure);
}

stories! {
    async fn a_map_shows_what_is_open_what_waits_for_what_and_the_longest_way(app) {
        let sam = app.setup_admin().await;
        let home = lab(&sam, "Rack", &["Order", "Build", "Label", "Switch on", "Alone"]).await;
        for (task, blocker) in [("Build", "Order"), ("Switch on", "Build"), ("Switch on", "Label")] {
            wait_for(&app, &sam, task, blocker).await;
        }
        assert!(sam.get(&home).await.has(&format!("a[href='{home}/map']")));
        let kim = app.user("viewer").await;
        let map = kim.get(&format!("{home}/map")).await.status(200);
        assert_eq!(map.select(".map-chain a"), ["Order", "Build", "Switch on"]);
        assert_eq!(map.select("text.map-number"), ["1", "2", "3"]);
        assert_eq!(map.select(".map-waits text.map-name"), ["Build", "Switch on"]);
        assert_eq!(map.attributes("svg.map path.map-line", "d").len(), 3);
        assert_eq!(map.attributes("svg.map path.map-longest", "d").len(), 2);
        let labels = map.select("a.map-card title");
        assert_eq!(labels.len(), 5);
        assert!(labels.iter().any(|label| label.starts_with("Switch on, pending, waits for ") && label.contains("Label")));
        assert!(map.has(&format!("a.map-card[href='{}']", page(&app, "Alone").await)));
        sam.post(&page(&app, "Order").await, &[("status", "done")]).await.status(303);
        let map = kim.get(&format!("{home}/map")).await.status(200);
        assert_eq!(map.attributes("a.map-card", "href").len(), 4);
        assert!(map.text.contains("1 done before"));
    }

    async fn a_card_of_a_map_says_by_when_for_whom_and_what_it_holds_up(app) {
        let sam = app.setup_admin().await;
        let home = lab(&sam, "Rack", &["Order", "Build", "Switch on"]).await;
        wait_for(&app, &sam, "Build", "Order").await;
        wait_for(&app, &sam, "Switch on", "Build").await;
        let hardware = crate::labels::label(&sam, "Hardware", "teal").await;
        let order = page(&app, "Order").await;
        let fields = [("due", "2020-02-03"), ("assignee", "sam"), ("priority", "urgent"), ("labels", &hardware)];
        sam.post(&order, &fields).await.status(303);
        sam.post(&page(&app, "Build").await, &[("due", "2931-02-03")]).await.status(303);
        let map = sam.get(&format!("{home}/map")).await.status(200);
        assert_eq!(map.select("text.map-tab"), ["holds up 2", "holds up 1"]);
        assert_eq!(map.select("text.map-note.map-bad"), ["overdue: 3 February 2020"]);
        assert!(map.text.contains(">due 3 February 2931</text>"));
        assert_eq!(map.select(".map-chip.label-teal text"), ["Hardware"]);
        assert_eq!(
            map.select("a.map-card title")[0],
            "Order, pending, urgent, overdue: 3 February 2020, for sam, labelled Hardware, holds up 2"
        );
        // Keys find tasks by this.
        let expected = order.trim_start_matches("/tasks/").to_owned();
        assert_eq!(map.attributes("svg [data-task]", "data-task")[0], expected);
    }

    async fn a_map_names_the_project_of_a_task_that_is_elsewhere(app) {
        let sam = app.setup_admin().await;
        let home = lab(&sam, "Rack", &["Here", "Free"]).await;
        lab(&sam, "Power", &["There", "Not tied"]).await;
        wait_for(&app, &sam, "Here", "There").await;
        let map = sam.get(&format!("{home}/map")).await.status(200);
        assert_eq!(map.select("text.map-place"), ["Power"]);
        assert_eq!(map.attributes("a.map-card", "href").len(), 3);
        let all = sam.get("/map").await.status(200);
        assert_eq!(all.attributes("a.map-card", "href").len(), 2);
        assert_eq!(all.select("text.map-place").len(), 2);
    }

    async fn a_map_of_many_shows_those_that_matter_and_says_so(app) {
        let sam = app.setup_admin().await;
        let names: Vec<String> = (0..320).map(|number| format!("Task {number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let home = lab(&sam, "Long", &names).await;
        wait_for(&app, &sam, "Task 319", "Task 318").await;
        sam.post(&page(&app, "Task 317").await, &[("priority", "urgent")]).await.status(303);
        let map = sam.get(&format!("{home}/map")).await.status(200);
        let labels = map.select("a.map-card title");
        assert_eq!(labels.len(), 300);
        assert!(labels.iter().any(|label| label.starts_with("Task 319,")));
        assert!(labels.iter().any(|label| label == "Task 317, pending, urgent"));
        assert!(map.text.contains("These are the 300 open tasks that matter most"));
    }

    async fn a_map_of_nothing_says_so_and_names_are_only_text_on_it(app) {
        let sam = app.setup_admin().await;
        let home = lab(&sam, "Empty", &[]).await;
        assert!(sam.get(&format!("{home}/map")).await.status(200).text.contains("Nothing is open here"));
        assert!(sam.get("/map").await.status(200).text.contains("Nothing open waits for anything"));
        sam.get("/projects/no-such-project/map").await.status(404);
        let evil = "</text><script>alert(1)</script>";
        let home = lab(&sam, evil, &[evil, "\u{202e}]]>&amp;"]).await;
        let map = sam.get(&format!("{home}/map")).await.status(200);
        assert!(!map.text.contains("<script>alert"));
        assert_eq!(map.attributes("a.map-card", "href").len(), 2);
    }
}
