//! A task's own page: its fields, its boxes, its history.

use serde_json::json;

use crate::harness::{Browser, PASSWORD, TestApp};
use crate::projects::project;

/// A project with one task; answers the task's id.
async fn one_task(app: &TestApp, sam: &Browser) -> String {
    project(sam, &[("name", "Rack"), ("task", "Buy rails")]).await;
    app.rows("select id from tasks").await[0]
        .text("id")
        .to_owned()
}

async fn install(browser: &Browser, id: &str) {
    let manifest =
        json!({ "id": id, "name": format!("The {id}"), "version": "1.0.0", "type": "data" });
    let answer = browser
        .post("/plugins", &[("manifest_text", &manifest.to_string())])
        .await;
    answer.see(&format!("/plugins/{id}"));
}

async fn choose_zone(browser: &Browser, zone: &str) {
    let answer = browser
        .post("/account/preferences", &[("time_zone", zone)])
        .await;
    answer.see("/account");
}

stories! {
    async fn a_task_has_a_page_with_who_does_it_by_when_and_what_it_is_about(app) {
        let sam = app.setup_admin().await;
        app.user("maintainer").await;
        install(&sam, "ups-monitor").await;
        let path = format!("/tasks/{}", one_task(&app, &sam).await);
        let page = sam.get(&path).await.status(200);
        assert_eq!(page.select("h1"), ["Buy rails"]);
        assert!(page.attributes("#people option", "value").contains(&"maintainer".to_owned()));
        let fields = [
            ("assignee", "maintainer"), ("priority", "urgent"), ("due", "2030-12-01"),
            ("about", "ups-monitor"), ("status", "in_progress"),
        ];
        sam.submit(&page, "#change", &fields).await.see(&path);
        let page = sam.get(&path).await.status(200);
        let summary = page.select(".summary").join(" ");
        for words in ["in progress", "urgent", "due 1 December 2030", "maintainer", "The ups-monitor"] {
            assert!(summary.contains(words), "{words}: {summary}");
        }
        assert!(page.has(".summary a[href='/plugins/ups-monitor']"));
        assert!(!summary.contains("overdue"));
        sam.submit(&page, "#change", &[("due", "2020-02-29")]).await.see(&path);
        assert!(sam.get(&path).await.select(".summary").join(" ").contains("overdue"));
        let viewer = app.user("viewer").await;
        let page = viewer.get(&path).await.status(200);
        assert!(!page.has("main form"));
        let events = app.events_of("task", "updated").await;
        assert_eq!(events[0]["details"]["changes"]["due"], json!({ "old": null, "new": "2030-12-01" }));
        assert_eq!(events[0]["details"]["changes"]["assignee"], json!({ "old": null, "new": "maintainer" }));
    }

    async fn a_tasks_history_says_of_each_field_what_it_was(app) {
        let sam = app.setup_admin().await;
        let path = format!("/tasks/{}", one_task(&app, &sam).await);
        sam.post(&path, &[("description", "1 m"), ("priority", "high")]).await.status(303);
        sam.post(&path, &[("description", "2 m"), ("status", "blocked")]).await.status(303);
        let page = sam.get(&path).await.status(200);
        assert_eq!(page.select("#history dt"), ["status", "description", "description", "priority"]);
        assert_eq!(page.select("#history del"), ["pending", "1 m", "normal"]);
        assert_eq!(page.select("#history ins"), ["blocked", "2 m", "1 m", "high"]);
        assert_eq!(page.select("#history li").len(), 4);
        for number in 0..60 {
            sam.post(&path, &[("name", &format!("Name {number}"))]).await.status(303);
        }
        let page = sam.get(&path).await.status(200);
        assert_eq!(page.select("#history ol > li").len(), 50);
        let older = page.attributes("#history a[rel=next]", "href").pop().unwrap();
        assert_eq!(sam.get(&older).await.status(200).select("#history ol > li").len(), 14);
    }

    async fn a_box_in_a_description_is_ticked_on_the_page(app) {
        let sam = app.setup_admin().await;
        let path = format!("/tasks/{}", one_task(&app, &sam).await);
        let text = "- [ ] short ones\n- [x] long ones\n";
        sam.post(&path, &[("description", text)]).await.status(303);
        let page = sam.get(&path).await.status(200);
        assert_eq!(page.attributes("button.tick", "aria-label"), ["short ones", "long ones"]);
        assert_eq!(page.attributes("button.tick", "aria-pressed"), ["false", "true"]);
        let item = page.attributes("button.tick", "value").remove(0);
        let seen = page.attributes("#ticks input[name=seen]", "value").remove(0);
        let tick = [("page", "task"), ("seen", &seen), ("item", &item)];
        let ticks = format!("{path}/ticks");
        sam.post(&ticks, &tick).await.see(&path);
        let kept = app.rows("select description from tasks").await;
        assert_eq!(kept[0].text("description"), "- [x] short ones\n- [x] long ones\n");
        sam.post(&path, &[("description", "- [ ] something else")]).await.status(303);
        let late = sam.post(&ticks, &tick).await.status(303);
        assert!(sam.follow(&late).await.text.contains("nothing was done"));
        for item in ["", "0", "9:done", "-1:done", "0:maybe", "99999999999999999999:done"] {
            sam.post(&ticks, &[("item", item)]).await.status(303);
        }
        let kept = app.rows("select description from tasks").await;
        assert_eq!(kept[0].text("description"), "- [ ] something else");
        assert!(!app.user("viewer").await.get(&path).await.has("button.tick"));
    }

    async fn a_due_time_is_in_the_zone_of_whoever_looks(app) {
        let sam = app.setup_admin().await;
        let kim = app.user("maintainer").await;
        choose_zone(&sam, "Europe/Berlin").await;
        choose_zone(&kim, "America/New_York").await;
        let path = format!("/tasks/{}", one_task(&app, &sam).await);
        sam.post(&path, &[("due", "2030-07-01"), ("due_time", "18:30")]).await.status(303);
        let events = app.events_of("task", "updated").await;
        assert_eq!(events[0]["details"]["changes"]["due"]["new"], "2030-07-01T16:30:00.000000Z");
        let page = kim.get(&path).await.status(200);
        assert_eq!(page.attributes("#due_time", "value"), ["12:30"]);
        // Saved as it was shown, it is as it was.
        kim.submit(&page, "#change", &[]).await.status(303);
        assert_eq!(app.events_of("task", "updated").await.len(), 1);
        for zone in ["Mars/Olympus", "<script>", &"x".repeat(10_000)] {
            sam.post("/account/preferences", &[("time_zone", zone)]).await.status(400);
        }
        choose_zone(&sam, "").await;
        assert_eq!(sam.get("/account").await.attributes("#time_zone", "value"), [""]);
    }

    async fn a_field_of_a_task_that_cannot_be_is_refused_with_what_was_typed(app) {
        let sam = app.setup_admin().await;
        let path = format!("/tasks/{}", one_task(&app, &sam).await);
        let kim = app.user("viewer").await;
        let rows = app.rows("select id from users where username = 'viewer'").await;
        let account = format!("/users/{}", rows[0].text("id"));
        sam.post(&account, &[("username", "viewer"), ("role", "viewer"), ("disabled", "true")]).await.status(303);
        drop(kim);
        for (field, typed) in [
            ("due", "soon"), ("due", "2026-02-30"), ("due", "10000-01-01"), ("due_time", "25:61"),
            ("priority", "huge"), ("assignee", "nobody"), ("assignee", "viewer"),
            ("assignee", "\u{202e}sam"), ("about", "no-such-plugin"), ("about", "'; drop table tasks; --"),
        ] {
            let day = if field == "due_time" { "2030-01-01" } else { "" };
            let fields = [("page", "task"), ("due", day), (field, typed), ("description", "also typed")];
            let fields: Vec<(&str, &str)> = if field == "due" { fields[2..].iter().copied().chain([("page", "task")]).collect() } else { fields.to_vec() };
            let page = sam.post(&path, &fields).await.status(422);
            assert!(!page.problem(field).is_empty(), "{field} {typed}");
            assert_eq!(page.select("#change textarea"), ["also typed"]);
        }
        assert_eq!(app.events_of("task", "updated").await.len(), 0);
        sam.get("/tasks/no-such-task").await.status(404);
        sam.get(&format!("{path}?before=nonsense")).await.status(400);
    }

    async fn two_people_on_one_tasks_page_each_keep_what_only_they_changed(app) {
        let sam = app.setup_admin().await;
        let path = format!("/tasks/{}", one_task(&app, &sam).await);
        sam.post(&path, &[("description", "Of steel,\nnot of tin.")]).await.status(303);
        let mine = sam.get(&path).await.status(200);
        let other = sam.get(&path).await.status(200);
        let of_other = [("priority", "high"), ("due", "2031-01-01"), ("description", "Of wood,\nor none.")];
        sam.submit(&other, "#change", &of_other).await.see(&path);
        sam.submit(&mine, "#change", &[("name", "Buy long rails")]).await.see(&path);
        assert_eq!(app.count("tasks where priority = 2 and name = 'Buy long rails' and due_at is not null").await, 1);
        assert_eq!(app.count("tasks where description = 'Of wood,\nor none.'").await, 1);
        let refused = sam.submit(&mine, "#change", &[("due", "2032-01-01")]).await.status(422);
        assert_eq!(refused.attributes("#due", "value"), ["2032-01-01"]);
        assert_eq!(refused.select(".theirs pre"), ["2031-01-01"]);
        sam.submit(&refused, "#change", &[]).await.see(&path);
        assert_eq!(app.events_of("task", "updated").await.last().unwrap()["details"]["changes"]["due"]["new"], "2032-01-01");
    }

    async fn a_task_outlives_who_should_do_it_and_what_it_is_about(app) {
        let sam = app.setup_admin().await;
        app.user("maintainer").await;
        install(&sam, "ups-monitor").await;
        let path = format!("/tasks/{}", one_task(&app, &sam).await);
        sam.post(&path, &[("assignee", "maintainer"), ("about", "ups-monitor")]).await.status(303);
        let rows = app.rows("select id from users where username = 'maintainer'").await;
        sam.post(&format!("/users/{}/deletion", rows[0].text("id")), &[]).await.status(303);
        sam.post("/plugins/ups-monitor/deletion", &[]).await.status(303);
        let page = sam.get(&path).await.status(200);
        assert_eq!(page.attributes("#assignee", "value"), [""]);
        assert_eq!(page.attributes("#about", "value"), [""]);
        assert!(app.log_in("sam", PASSWORD).await.get(&path).await.status(200).has("#history"));
    }
}
