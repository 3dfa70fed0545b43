//! What a task waits for.

use std::collections::HashMap;

use serde_json::json;

use crate::harness::{Browser, TestApp};
use crate::projects::{assert_counts_true, project};

/// A project with tasks of these names; answers the address of each task's page.
async fn tasks(app: &TestApp, sam: &Browser, names: &[&str]) -> HashMap<String, String> {
    let mut fields = vec![("name", "Lab")];
    fields.extend(names.iter().map(|name| ("task", *name)));
    project(sam, &fields).await;
    let rows = app.rows("select id, name from tasks").await;
    let page = |row: &crate::harness::Row| {
        (
            row.text("name").to_owned(),
            format!("/tasks/{}", row.text("id")),
        )
    };
    rows.iter().map(page).collect()
}

async fn wait_for(sam: &Browser, page: &str, blocker: &str) {
    let answer = sam
        .post(&format!("{page}/blockers"), &[("blocker", blocker)])
        .await;
    answer.see(page);
}

stories! {
    async fn a_task_that_waits_is_not_done_before_the_other_unless_somebody_says_why(app) {
        let sam = app.setup_admin().await;
        let page = tasks(&app, &sam, &["Order", "Build"]).await;
        let (order, build) = (&page["Order"], &page["Build"]);
        wait_for(&sam, build, "Order").await;
        let shown = sam.get(build).await.status(200);
        assert_eq!(shown.select("#blockers .row-name"), ["Order"]);
        assert!(shown.select(".summary")[0].contains("waits for 1"));
        assert_eq!(sam.get(order).await.select("#waiting .row-name"), ["Build"]);
        let refused = sam.submit(&shown, "#change", &[("status", "done"), ("description", "typed")]).await.status(422);
        assert!(refused.problem("status").contains("Order"), "{}", refused.text);
        assert_eq!(refused.select("#change textarea"), ["typed"]);
        let quick = sam.post(build, &[("status", "done")]).await.status(422);
        assert!(quick.text.contains("It waits for"));
        // What says nothing is no reason; what cannot stand in a history is shown again as it was typed.
        let long = "x".repeat(201);
        for (note, field) in [("\u{200b} ", "status"), ("a\0b", "note"), ("a\u{7}b", "note"), (&long, "note")] {
            let refused = sam.submit(&shown, "#change", &[("status", "done"), ("note", note)]).await.status(422);
            assert!(!refused.problem(field).is_empty(), "{note:?}");
            assert_eq!(refused.select("[name=note]").len(), 1);
            let place = build.trim_start_matches("/tasks/");
            sam.post(&format!("/tasks/{place}/place"), &[("status", "done"), ("note", note)]).await.status(422);
            sam.post("/tasks/bulk", &[("task", place), ("status", "done"), ("note", note)]).await.status(422);
        }
        let unnamed = sam.submit(&shown, "#change", &[("name", ""), ("note", "typed too")]).await.status(422);
        assert_eq!(unnamed.attributes("[name=note]", "value"), ["typed too"]);
        assert_eq!(app.count("tasks where status = 'done'").await, 0);
        sam.submit(&refused, "#change", &[("note", "built from spares")]).await.see(build);
        let moved = &app.events_of("task", "status_changed").await[0];
        assert_eq!(moved["details"]["note"], "built from spares");
        assert_counts_true(&app).await;
    }

    async fn the_last_blocker_that_is_done_or_gone_lets_the_others_go_on(app) {
        let sam = app.setup_admin().await;
        let page = tasks(&app, &sam, &["One", "Two", "Then", "Also"]).await;
        for blocker in ["One", "Two"] {
            wait_for(&sam, &page["Then"], blocker).await;
        }
        wait_for(&sam, &page["Also"], "Two").await;
        sam.post(&page["One"], &[("status", "done")]).await.status(303);
        assert_eq!(app.events_of("task", "unblocked").await.len(), 0);
        sam.post(&format!("{}/deletion", page["Two"]), &[]).await.status(303);
        let freed = app.events_of("task", "unblocked").await;
        let names: Vec<_> = freed.iter().map(|event| event["details"]["name"].clone()).collect();
        assert_eq!(names, ["Then", "Also"]);
        let shown = sam.get(&page["Then"]).await.status(200);
        assert_eq!(shown.select("#blockers .row-name"), ["One"]);
        sam.post(&page["Then"], &[("status", "done")]).await.status(303);
    }

    async fn a_task_waits_for_one_of_another_project_by_its_address(app) {
        let sam = app.setup_admin().await;
        let page = tasks(&app, &sam, &["Here"]).await;
        project(&sam, &[("name", "Elsewhere"), ("task", "There")]).await;
        let there = app.rows("select id from tasks where name = 'There'").await[0].text("id").to_owned();
        wait_for(&sam, &page["Here"], &format!("http://dash.lab/tasks/{there}?before=x#history")).await;
        let shown = sam.get(&page["Here"]).await.status(200);
        assert_eq!(shown.select("#blockers .row-name small"), ["Elsewhere"]);
        sam.submit(&shown, "#blockers li form", &[]).await.see(&page["Here"]);
        assert!(sam.get(&page["Here"]).await.text.contains("it can go on"));
        let events = app.events_of("task", "blocker_removed").await;
        assert_eq!(events[0]["details"]["blocker_name"], json!("There"));
        let kim = app.user("viewer").await;
        assert!(!kim.get(&page["Here"]).await.has("#blockers"));
    }

    async fn a_circle_is_refused_with_the_way_round_it(app) {
        let sam = app.setup_admin().await;
        let page = tasks(&app, &sam, &["A", "B", "C", "D"]).await;
        wait_for(&sam, &page["A"], "B").await;
        wait_for(&sam, &page["B"], "C").await;
        wait_for(&sam, &page["B"], "D").await;
        let refused = sam.post(&format!("{}/blockers", page["C"]), &[("blocker", "A")]).await.status(422);
        assert!(refused.problem("blocker").contains("“A” waits for “B” waits for “C”"));
        assert_eq!(refused.attributes("#blocker", "value"), ["A"]);
        assert_eq!(app.count("task_blockers").await, 3);
        // Sent twice, or known already: nothing more.
        wait_for(&sam, &page["A"], "B").await;
        assert_eq!(app.events_of("task", "blocker_added").await.len(), 3);
    }

    async fn two_people_who_close_a_circle_from_both_ends_leave_one_half(app) {
        let sam = app.setup_admin().await;
        let page = tasks(&app, &sam, &["X", "Y"]).await;
        project(&sam, &[("name", "Other"), ("task", "Z")]).await;
        let z = format!("/tasks/{}", app.rows("select id from tasks where name = 'Z'").await[0].text("id"));
        for _ in 0..6 {
            let x = page["X"].clone();
            let (to, fro) = (format!("{x}/blockers"), format!("{z}/blockers"));
            let (there, back) = ([("blocker", z.as_str())], [("blocker", x.as_str())]);
            let (there, back) = tokio::join!(sam.post(&to, &there), sam.post(&fro, &back));
            let mut answers = [there.status, back.status];
            answers.sort_unstable();
            assert_eq!(answers, [303, 422]);
            assert_eq!(app.count("task_blockers").await, 1);
            for (task, blocker) in [(&x, &z), (&z, &x)] {
                let id = blocker.rsplit('/').next().unwrap();
                sam.post(&format!("{task}/blockers/{id}/deletion"), &[]).await.status(303);
            }
        }
    }

    async fn what_is_no_task_to_wait_for_is_refused_in_words(app) {
        let sam = app.setup_admin().await;
        let page = tasks(&app, &sam, &["Same", "Same", "Mine"]).await;
        let long = "x".repeat(10_000);
        for typed in ["", "Nobody", "Mine", "Same", "' or 1=1 --", "%", "\u{202e}", "<b>", long.as_str(),
            "01a20804-7a6e-732c-a739-f03951f32000", page["Mine"].as_str()] {
            let refused = sam.post(&format!("{}/blockers", page["Mine"]), &[("blocker", typed)]).await.status(422);
            assert!(!refused.problem("blocker").is_empty(), "{typed}");
        }
        assert_eq!(app.count("task_blockers").await, 0);
        sam.post("/tasks/no-such-task/blockers", &[("blocker", "Mine")]).await.status(404);
        sam.post(&format!("{}/blockers/no-such-task/deletion", page["Mine"]), &[]).await.status(303);
    }
}
