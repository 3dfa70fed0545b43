//! The trash: what is deleted is nowhere, comes back whole, and is gone for good after 30 days.

use serde_json::json;

use crate::harness::{Engine, SOON, TestApp, eventually};
use crate::projects::{assert_counts_true, project};

async fn task(app: &TestApp, name: &str) -> String {
    let rows = app
        .rows(&format!("select id from tasks where name = '{name}'"))
        .await;
    rows[0].text("id").to_owned()
}

/// The statement that makes what is in the trash as old as so many days.
fn aged(app: &TestApp, days: u8) -> String {
    match app.engine() {
        Engine::Postgres => {
            format!("update trash set created_at = created_at - interval '{days} days'")
        }
        Engine::Sqlite => format!(
            "update trash set created_at = strftime('%Y-%m-%dT%H:%M:%f000Z', created_at, '-{days} days')"
        ),
    }
}

stories! {
    async fn a_task_that_was_deleted_is_nowhere_until_it_is_restored(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "Buy rails"), ("task", "Mount")]).await;
        let rails = task(&app, "Buy rails").await;
        sam.post(&format!("/tasks/{rails}"), &[("status", "done")]).await.status(303);
        let answer = sam.post(&format!("/tasks/{rails}/deletion"), &[]).await;
        answer.see(&format!("/projects/{id}#tasks"));
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        assert!(page.text.contains("30 days"), "{}", page.text);
        for path in [format!("/projects/{id}"), format!("/projects/{id}/map"), "/map".to_owned(), "/projects".to_owned()] {
            let page = sam.get(&path).await.status(200);
            assert!(!page.has(&format!("a[href='/tasks/{rails}']")), "{path}");
        }
        sam.get(&format!("/tasks/{rails}")).await.status(404);
        for (path, fields) in [
            (format!("/tasks/{rails}"), [("status", "pending")]),
            (format!("/tasks/{rails}/ticks"), [("item", "0:done")]),
            (format!("/tasks/{rails}/blockers"), [("blocker", "Mount")]),
            (format!("/tasks/{rails}/deletion"), [("page", "task")]),
        ] {
            sam.post(&path, &fields).await.status(404);
        }
        let mount = task(&app, "Mount").await;
        sam.post(&format!("/tasks/{mount}/blockers"), &[("blocker", &rails)]).await.status(422);
        assert_counts_true(&app).await;
        let deleted = &app.events_of("task", "deleted").await[0]["details"];
        assert_eq!((&deleted["name"], &deleted["status"]), (&json!("Buy rails"), &json!("done")));

        let trash = sam.get("/trash").await.status(200);
        assert_eq!(trash.select("#trash .row-name > bdi")[0], "Buy rails");
        sam.submit(&trash, "#trash form", &[]).await.see(&format!("/tasks/{rails}"));
        assert_counts_true(&app).await;
        assert_eq!(app.rows("select done_count from projects").await[0].int("done_count"), 1);
        assert_eq!(app.events_of("task", "restored").await[0]["details"]["name"], "Buy rails");
        let shown = sam.get(&format!("/tasks/{rails}")).await.status(200);
        assert!(shown.text.contains("sam restored the task"), "{}", shown.text);
        assert!(!sam.get("/trash").await.status(200).has("#trash form"));
    }

    async fn a_project_comes_back_with_all_that_hung_on_it_and_no_more(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "One"), ("task", "Two"), ("task", "Three")]).await;
        let (one, two, three) = (task(&app, "One").await, task(&app, "Two").await, task(&app, "Three").await);
        sam.post(&format!("/tasks/{one}/blockers"), &[("blocker", "Two")]).await.status(303);
        sam.post(&format!("/tasks/{three}/deletion"), &[]).await.status(303);
        let question = sam.get(&format!("/projects/{id}/deletion")).await.status(200);
        assert!(question.text.contains("its 2 tasks"));
        sam.submit(&question, "main form", &[]).await.see("/projects");
        assert_eq!((app.count("live_projects").await, app.count("live_tasks").await), (0, 0));
        for path in [format!("/projects/{id}"), format!("/projects/{id}/edit"), format!("/projects/{id}/map"), format!("/tasks/{one}")] {
            sam.get(&path).await.status(404);
        }
        sam.post(&format!("/projects/{id}/tasks"), &[("name", "late")]).await.status(404);

        let trash = sam.get("/trash").await.status(200);
        assert_eq!(trash.select("#trash .row-name > bdi"), ["Rack", "Three"]);
        let forms = trash.attributes("#trash form", "action");
        let refused = sam.post(&forms[1], &[]).await.status(422);
        assert!(refused.text.contains("Restore the project first"), "{}", refused.text);
        sam.post(&forms[0], &[]).await.see(&format!("/projects/{id}"));
        assert_counts_true(&app).await;
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        assert_eq!(page.select(".tasks .row-name > a"), ["One", "Two"]);
        let shown = sam.get(&format!("/tasks/{one}")).await.status(200);
        assert_eq!(shown.select("#blockers .row-name"), ["Two"]);
        assert_eq!(app.events_of("project", "restored").await[0]["details"], json!({ "name": "Rack", "task_count": 2 }));
        sam.post(&forms[1], &[]).await.see(&format!("/tasks/{three}"));
        sam.post(&forms[1], &[]).await.status(404);
        sam.get(&format!("/tasks/{two}")).await.status(200);
        assert_counts_true(&app).await;
    }

    async fn who_waited_for_a_deleted_project_goes_on_and_waits_again_when_it_is_back(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Power"), ("task", "Lay cable"), ("task", "Fuse")]).await;
        project(&sam, &[("name", "Rack"), ("task", "Switch on"), ("task", "Test")]).await;
        let (switch, test) = (task(&app, "Switch on").await, task(&app, "Test").await);
        for (who, what) in [(&switch, "Lay cable"), (&switch, "Fuse"), (&test, "Fuse")] {
            let other = task(&app, what).await;
            sam.post(&format!("/tasks/{who}/blockers"), &[("blocker", &other)]).await.status(303);
        }
        sam.post(&format!("/tasks/{test}/blockers"), &[("blocker", "Switch on")]).await.status(303);
        sam.post(&format!("/projects/{id}/deletion"), &[]).await.see("/projects");
        let freed = app.events_of("task", "unblocked").await;
        let names: Vec<_> = freed.iter().map(|event| event["details"]["name"].clone()).collect();
        assert_eq!(names, ["Switch on"]);
        let cable = task(&app, "Lay cable").await;
        let trash = sam.get("/trash").await.status(200);
        sam.submit(&trash, "#trash form", &[]).await.see(&format!("/projects/{id}"));
        sam.post(&format!("/tasks/{switch}"), &[("status", "done"), ("page", "task")]).await.status(422);
        sam.post(&format!("/tasks/{cable}/blockers"), &[("blocker", &switch)]).await.status(422);
    }

    async fn a_circle_through_the_trash_is_refused_too(app) {
        let sam = app.setup_admin().await;
        project(&sam, &[("name", "Rack"), ("task", "A"), ("task", "B"), ("task", "C")]).await;
        let (a, b, c) = (task(&app, "A").await, task(&app, "B").await, task(&app, "C").await);
        sam.post(&format!("/tasks/{a}/blockers"), &[("blocker", "B")]).await.status(303);
        sam.post(&format!("/tasks/{b}/blockers"), &[("blocker", "C")]).await.status(303);
        sam.post(&format!("/tasks/{b}/deletion"), &[]).await.status(303);
        let refused = sam.post(&format!("/tasks/{c}/blockers"), &[("blocker", &a)]).await.status(422);
        assert!(refused.text.contains("B (in the trash)"), "{}", refused.text);
    }

    async fn after_thirty_days_it_is_gone_for_good(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Old"), ("task", "One"), ("task", "Two")]).await;
        project(&sam, &[("name", "Rack"), ("task", "Loose"), ("task", "Kept")]).await;
        let (loose, kept) = (task(&app, "Loose").await, task(&app, "Kept").await);
        sam.post(&format!("/tasks/{kept}/blockers"), &[("blocker", "Loose")]).await.status(303);
        sam.post(&format!("/projects/{id}/deletion"), &[]).await.see("/projects");
        sam.post(&format!("/tasks/{loose}/deletion"), &[]).await.status(303);
        app.database().execute(&aged(&app, 31)).await;
        let trash = sam.get("/trash").await.status(200);
        assert!(!trash.has("#trash form"), "what is being removed cannot be restored");
        let left = app.rows("select id from trash order by kind").await;
        let refused = sam.post(&format!("/trash/{}/restoration", left[0].text("id")), &[]).await.status(422);
        assert!(refused.text.contains("30 days are over"), "{}", refused.text);

        app.restart().await;
        eventually(SOON, "the trash is empty", || async { app.count("trash").await == 0 }).await;
        assert_eq!((app.count("projects").await, app.count("tasks").await), (1, 1));
        assert_eq!(app.count("task_blockers").await, 0);
        let gone = app.events_of("task", "purged").await;
        assert_eq!(gone.len(), 3);
        assert!(gone.iter().all(|event| event["actor"] == "system"));
        assert_eq!(app.events_of("project", "purged").await[0]["details"], json!({ "name": "Old", "task_count": 2 }));
        assert_counts_true(&app).await;
    }

    async fn many_who_restore_and_delete_at_once_leave_true_counts(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Busy"), ("task", "One"), ("task", "Two")]).await;
        let one = task(&app, "One").await;
        for _ in 0..6 {
            sam.post(&format!("/tasks/{one}/deletion"), &[]).await;
            let forms = sam.get("/trash").await.status(200).attributes("#trash form", "action");
            let mut work = tokio::task::JoinSet::new();
            for number in 0..6 {
                let (sam, id, form) = (sam.clone(), id.clone(), forms[0].clone());
                work.spawn(async move {
                    let answer = match number % 3 {
                        0 => sam.post(&format!("/projects/{id}/deletion"), &[]).await,
                        _ => sam.post(&form, &[]).await,
                    };
                    assert!([303, 404, 422].contains(&answer.status), "{}", answer.text);
                });
            }
            work.join_all().await;
            for form in sam.get("/trash").await.status(200).attributes("#trash form", "action") {
                sam.post(&form, &[]).await;
            }
            for form in sam.get("/trash").await.status(200).attributes("#trash form", "action") {
                sam.post(&form, &[]).await.status(303);
            }
            assert_counts_true(&app).await;
            assert_eq!((app.count("live_tasks").await, app.count("trash").await), (2, 0));
        }
    }

    async fn a_viewer_sees_the_trash_and_restores_nothing(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack")]).await;
        sam.post(&format!("/projects/{id}/deletion"), &[]).await.see("/projects");
        let form = sam.get("/trash").await.status(200).attributes("#trash form", "action")[0].clone();
        let kim = app.user("viewer").await;
        assert!(!kim.get("/trash").await.status(200).has("#trash form"));
        kim.post(&form, &[]).await.status(403);
        assert_eq!(app.count("live_projects").await, 0);
    }
}
