//! The map of open tasks and what they wait for.

use crate::harness::{Browser, TestApp};
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
        assert_eq!(map.attributes("path.map-line", "d").len(), 3);
        assert_eq!(map.attributes("path.map-line.map-longest", "d").len(), 2);
        let labels = map.select("a.map-card title");
        assert_eq!(labels.len(), 5);
        assert!(labels.iter().any(|label| label.starts_with("Switch on, pending, waits for ") && label.contains("Label")));
        assert!(map.has(&format!("a.map-card[href='{}']", page(&app, "Alone").await)));
        sam.post(&page(&app, "Order").await, &[("status", "done")]).await.status(303);
        let map = kim.get(&format!("{home}/map")).await.status(200);
        assert_eq!(map.attributes("a.map-card", "href").len(), 4);
        assert!(map.text.contains("1 done before"));
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
        assert!(sam.get(&format!("{home}/map")).await.status(200).text.contains("Nothing open waits"));
        sam.get("/map").await.status(200);
        sam.get("/projects/no-such-project/map").await.status(404);
        let evil = "</text><script>alert(1)</script>";
        let home = lab(&sam, evil, &[evil, "\u{202e}]]>&amp;"]).await;
        let map = sam.get(&format!("{home}/map")).await.status(200);
        assert!(!map.text.contains("<script>alert"));
        assert_eq!(map.attributes("a.map-card", "href").len(), 2);
    }
}
