//! The same change of many tasks at once: all of them, or none.

use serde_json::json;

use crate::harness::{Answer, Browser, TestApp};
use crate::labels::label;
use crate::projects::{assert_counts_true, project};

/// A project with tasks of these names; answers the tasks' ids in that order.
async fn tasks(app: &TestApp, sam: &Browser, name: &str, tasks: &[&str]) -> Vec<String> {
    let mut fields = vec![("name", name)];
    fields.extend(tasks.iter().map(|task| ("task", *task)));
    project(sam, &fields).await;
    let mut ids = Vec::new();
    for task in tasks {
        let rows = app
            .rows(&format!("select id from tasks where name = '{task}'"))
            .await;
        ids.push(rows[0].text("id").to_owned());
    }
    ids
}

/// Sends these tasks with these choices.
async fn bulk(browser: &Browser, ids: &[String], choices: &[(&str, &str)]) -> Answer {
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("task", id.as_str())).collect();
    fields.extend(choices);
    browser.post("/tasks/bulk", &fields).await
}

stories! {
    async fn many_tasks_of_many_projects_are_changed_at_once_with_one_event_for_each(app) {
        let sam = app.setup_admin().await;
        app.user("maintainer").await;
        let (hardware, weekend) = (label(&sam, "Hardware", "teal").await, label(&sam, "weekend", "purple").await);
        let mut ids = tasks(&app, &sam, "Rack", &["A", "B"]).await;
        ids.extend(tasks(&app, &sam, "Power", &["C"]).await);
        let others = tasks(&app, &sam, "Other", &["D"]).await;
        sam.post(&format!("/tasks/{}", ids[0]), &[("labels", &weekend)]).await.status(303);
        let before = app.events().await.len();
        let choices = [
            ("status", "in_progress"), ("assignee", "maintainer"), ("due", "2031-05-01"),
            ("add-label", hardware.as_str()), ("remove-label", "Weekend"), ("back", "/tasks?status=pending"),
        ];
        bulk(&sam, &ids, &choices).await.see("/tasks?status=pending");
        let sql = "tasks t join users u on u.id = t.assignee_id where t.status = 'in_progress' \
            and u.username = 'maintainer' and t.due_at is not null";
        assert_eq!(app.count(sql).await, 3);
        assert_eq!(app.count("task_labels").await, 3);
        assert_eq!(app.count(&format!("tasks where id = '{}' and status = 'pending'", others[0])).await, 1);
        let events = app.events().await.split_off(before);
        assert_eq!(events.len(), 3);
        let first = events.iter().find(|event| event["task_id"] == json!(ids[0])).unwrap();
        let details = &first["details"];
        assert_eq!(first["event_type"], "status_changed");
        assert_eq!((&details["old_status"], &details["new_status"]), (&json!("pending"), &json!("in_progress")));
        assert_eq!(details["changes"]["labels"], json!({ "old": ["weekend"], "new": ["Hardware"] }));
        assert_eq!(details["changes"]["assignee"], json!({ "old": null, "new": "maintainer" }));
        let page = sam.get(&format!("/tasks/{}", ids[0])).await.status(200);
        let newest = &page.select("#history .feed > li")[0];
        assert!(newest.contains("moved the task to in progress") && newest.contains("2031-05-01"), "{newest}");
        // Sent twice it does nothing more, and of half that is so already only the rest.
        bulk(&sam, &ids, &choices).await.status(303);
        assert_eq!(app.events().await.len(), before + 3);
        let all: Vec<String> = ids.iter().chain(&others).cloned().collect();
        bulk(&sam, &all, &[("assignee", "-"), ("undated", "true")]).await.see("/tasks");
        assert_eq!(app.events().await.len(), before + 6);
        assert_eq!(app.count("tasks where assignee_id is null and due_at is null").await, 4);
        bulk(&sam, &all, &[("status", "done")]).await.see("/tasks");
        assert_counts_true(&app).await;
    }

    async fn one_that_is_not_there_refuses_all_of_it_and_keeps_what_was_chosen(app) {
        let sam = app.setup_admin().await;
        let mut ids = tasks(&app, &sam, "Rack", &["A", "B", "C"]).await;
        sam.post(&format!("/tasks/{}/deletion", ids[2]), &[]).await.status(303);
        let before = app.events().await.len();
        let choices = [("status", "blocked"), ("due", "2031-05-01"), ("back", "/projects")];
        let trashed = ids[2].clone();
        for strange in [trashed.as_str(), "no-such-task", "", "' or 1=1 --", "\0", "\u{202e}", &"x".repeat(10_000)] {
            ids[2] = strange.to_owned();
            let refused = bulk(&sam, &ids, &choices).await.status(422);
            assert!(refused.problem("task").contains("not there"), "{strange:?}");
            assert_eq!(refused.attributes("#task input[checked]", "value").len(), 2);
            assert_eq!(refused.attributes("#status option[selected]", "value"), ["blocked"]);
            assert_eq!(refused.attributes("#due", "value"), ["2031-05-01"]);
            assert_eq!(app.events().await.len(), before);
            if strange == "x".repeat(10_000) {
                // Sent again, it is done with those that are there.
                let (action, fields) = refused.form("#bulk", &[]);
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                sam.post(&action, &fields).await.see("/projects");
            }
        }
        assert_eq!(app.count("tasks where status = 'blocked'").await, 2);
    }

    async fn what_cannot_be_chosen_is_refused_in_words(app) {
        let sam = app.setup_admin().await;
        let ids = tasks(&app, &sam, "Rack", &["A", "B"]).await;
        let hardware = label(&sam, "Hardware", "teal").await;
        let before = app.events().await.len();
        let long = "x".repeat(201);
        for (choices, field) in [
            (vec![], "status"), (vec![("status", "huge")], "status"), (vec![("assignee", "nobody-here")], "assignee"),
            (vec![("due", "soon")], "due"), (vec![("due", "2031-05-01"), ("undated", "true")], "due"),
            (vec![("add-label", "no such")], "labels"), (vec![("remove-label", "<b>")], "labels"),
            (vec![("add-label", hardware.as_str()), ("remove-label", hardware.as_str())], "add-label"),
            (vec![("status", "done"), ("note", long.as_str())], "note"),
        ] {
            let refused = bulk(&sam, &ids, &choices).await.status(422);
            assert!(!refused.problem(field).is_empty(), "{choices:?}");
            assert_eq!(refused.attributes("#task input[checked]", "value").len(), 2, "{choices:?}");
        }
        let none = bulk(&sam, &[], &[("status", "done")]).await.status(422);
        assert!(none.problem("task").contains("Choose a task first"));
        let many: Vec<String> = (0..501).map(|number| format!("task-{number}")).collect();
        let refused = bulk(&sam, &many, &[("status", "done")]).await.status(422);
        assert!(refused.problem("task").contains("at most 500"));
        for back in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
            bulk(&sam, &ids, &[("status", "pending"), ("back", back)]).await.see("/tasks");
        }
        assert_eq!(app.events().await.len(), before);
        let kim = app.user("viewer").await;
        bulk(&kim, &ids, &[("status", "done")]).await.status(403);
    }

    async fn tasks_that_wait_are_done_together_with_what_they_wait_for_or_not_at_all(app) {
        let sam = app.setup_admin().await;
        let ids = tasks(&app, &sam, "Rack", &["Order", "Build", "Test", "Use"]).await;
        for (task, blocker) in [(1, "Order"), (2, "Build"), (3, "Test")] {
            sam.post(&format!("/tasks/{}/blockers", ids[task]), &[("blocker", blocker)]).await.status(303);
        }
        let refused = bulk(&sam, &ids[1..3], &[("status", "done")]).await.status(422);
        assert!(refused.problem("status").contains("“Build” waits for “Order”"));
        assert!(!refused.problem("status").contains("“Test”"));
        assert_eq!(app.count("tasks where status = 'done'").await, 0);
        let before = app.events().await.len();
        bulk(&sam, &ids[..3], &[("status", "done")]).await.status(303);
        let events = app.events().await.split_off(before);
        assert_eq!(events.len(), 4);
        // Only the one that goes on is told so.
        let freed = app.events_of("task", "unblocked").await;
        assert_eq!(freed.iter().map(|event| &event["details"]["name"]).collect::<Vec<_>>(), ["Use"]);
        assert_counts_true(&app).await;
        bulk(&sam, &ids, &[("status", "pending")]).await.status(303);
        bulk(&sam, &ids[2..3], &[("status", "done"), ("note", "tested elsewhere")]).await.status(303);
        let moved = app.events_of("task", "status_changed").await;
        assert_eq!(moved.last().unwrap()["details"]["note"], "tested elsewhere");
    }

    async fn many_tasks_go_to_the_trash_at_once_and_come_back_one_by_one(app) {
        let sam = app.setup_admin().await;
        let ids = tasks(&app, &sam, "Rack", &["A", "B", "C"]).await;
        sam.post(&format!("/tasks/{}/blockers", ids[2]), &[("blocker", "A")]).await.status(303);
        let gone = bulk(&sam, &ids[..2], &[("what", "delete"), ("back", "/projects")]).await;
        gone.see("/projects");
        bulk(&sam, &ids[..2], &[("what", "delete"), ("back", "/projects")]).await.see("/projects");
        assert_eq!(app.events_of("task", "deleted").await.len(), 2);
        assert_eq!(app.events_of("task", "unblocked").await.len(), 1);
        assert_eq!(app.count("live_tasks").await, 1);
        let trash = sam.get("/trash").await.status(200);
        sam.submit(&trash, "form[action$='/restoration']", &[]).await.status(303);
        assert_eq!(app.count("live_tasks").await, 2);
        bulk(&sam, &ids[..2], &[("what", "delete")]).await.status(422);
    }

    async fn two_people_who_change_the_same_tasks_from_both_ends_both_come_through(app) {
        let sam = app.setup_admin().await;
        let mut ids = tasks(&app, &sam, "Rack", &["A", "B"]).await;
        ids.extend(tasks(&app, &sam, "Power", &["C", "D"]).await);
        let back: Vec<String> = ids.iter().rev().cloned().collect();
        for _ in 0..6 {
            let (done, open) = ([("status", "done")], [("status", "pending")]);
            let (one, other) = tokio::join!(bulk(&sam, &ids, &done), bulk(&sam, &back, &open));
            assert_eq!((one.status, other.status), (303, 303));
            let done = app.count("tasks where status = 'done'").await;
            assert!(done == 0 || done == 4, "{done} of 4");
            assert_counts_true(&app).await;
        }
    }

    async fn five_hundred_tasks_are_changed_in_one_go(app) {
        let sam = app.setup_admin().await;
        let mut fields = vec![("name", "Large")];
        let names: Vec<String> = (0..500).map(|number| format!("Task {number}")).collect();
        fields.extend(names.iter().map(|name| ("task", name.as_str())));
        project(&sam, &fields).await;
        let ids: Vec<String> = app.rows("select id from tasks").await.iter().map(|row| row.text("id").to_owned()).collect();
        bulk(&sam, &ids, &[("status", "done"), ("assignee", "sam")]).await.status(303);
        assert_eq!(app.count("tasks where status = 'done' and assignee_id is not null").await, 500);
        assert_eq!(app.events_of("task", "status_changed").await.len(), 500);
        assert_counts_true(&app).await;
    }
}
