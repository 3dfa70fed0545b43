//! The trail: what stands in it, who may read it, and how it leaves the house.

use std::process::Output;
use std::time::Duration;

use super::id_of;
use crate::harness::{Answer, PASSWORD, TestApp, eventually};

fn sentences(page: &Answer) -> Vec<String> {
    page.select("#trail li > span")
}

/// `taylordash audit verify`, beside the server that runs.
pub fn verify(app: &TestApp) -> Output {
    app.command(&["audit", "verify"]).output().unwrap()
}

pub async fn all_is_digested(app: &TestApp) {
    eventually(
        Duration::from_secs(30),
        "every event is in a batch",
        || async {
            let digested = app
                .rows("select coalesce(max(last_position), 0) as n from event_batches")
                .await[0]
                .int("n");
            let positions = app
                .rows("select coalesce(max(position), 0) as n from events")
                .await[0]
                .int("n");
            digested > 0
                && digested == positions
                && app.count("events where position is null").await == 0
        },
    )
    .await;
}

stories! {
    async fn every_event_is_digested_onto_those_before_and_the_head_stands_outside(app) {
        let admin = app.setup_admin().await;
        all_is_digested(&app).await;
        for name in ["Rack", "Garden"] {
            admin.post("/projects", &[("name", name), ("status", "active")]).await.status(303);
        }
        all_is_digested(&app).await;
        assert!(app.count("event_batches").await >= 2);
        let told = verify(&app);
        let text = String::from_utf8(told.stdout).unwrap();
        assert!(told.status.success() && text.contains("batches fit"), "{text}");
        let head = app.rows("select number, digest from event_batches order by number desc").await;
        let mut subscriber = app.subscribe("tracker/audit/head").await;
        let told = subscriber.next(Duration::from_secs(10)).await;
        assert_eq!(told.payload["digest"], head[0].text("digest"));
        assert!(text.contains(head[0].text("digest")), "{text}");
    }

    async fn what_was_done_behind_the_applications_back_is_found(app) {
        let admin = app.setup_admin().await;
        admin.post("/projects", &[("name", "Rack"), ("status", "active")]).await.status(303);
        all_is_digested(&app).await;
        assert!(verify(&app).status.success());
        let payload = app.rows("select payload from events where event_type = 'created' and domain = 'project'").await[0].text("payload").to_owned();
        let tampered = payload.replace("Rack", "Hack");
        assert_ne!(tampered, payload);
        let put = |text: String| format!("update events set payload = '{text}' where event_type = 'created' and domain = 'project'");
        app.database().execute(&put(tampered)).await;
        let told = verify(&app);
        let text = String::from_utf8(told.stderr).unwrap();
        assert!(!told.status.success() && text.contains("does not fit") && text.contains("batch"), "{text}");
        app.database().execute(&put(payload)).await;
        assert!(verify(&app).status.success());
        app.database().execute("delete from events where event_type = 'created' and domain = 'project'").await;
        assert!(!verify(&app).status.success());
    }

    async fn no_column_of_an_event_is_changed_unseen(app) {
        let admin = app.setup_admin().await;
        let rack = admin.post("/projects", &[("name", "Rack")]).await.location();
        admin.post(&format!("{rack}/tasks"), &[("name", "Screws")]).await.status(303);
        all_is_digested(&app).await;
        let told = verify(&app);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let event = "domain = 'task' and event_type = 'created'";
        let columns = "domain, event_type, entity_id, subject, version, actor_id, actor, trace_id, created_at, id";
        let row = app.rows(&format!("select {columns} from events where {event}")).await.remove(0);
        let id = row.text("id").to_owned();
        for column in columns.split(", ") {
            let (was, other) = match column {
                "version" => (row.int(column).to_string(), "77".to_owned()),
                "domain" => ("'task'".to_owned(), "'project'".to_owned()),
                "created_at" => (format!("'{}'", row.text(column)), "'2020-01-01T00:00:00.000000Z'".to_owned()),
                _ => (format!("'{}'", row.text(column)), "'somebody-else'".to_owned()),
            };
            let (from, to) = if column == "id" { (id.as_str(), "somebody-else") } else { (id.as_str(), id.as_str()) };
            app.database().execute(&format!("update events set {column} = {other} where id = '{from}'")).await;
            assert!(!verify(&app).status.success(), "{column} is another, and nobody notices");
            app.database().execute(&format!("update events set {column} = {was} where id = '{to}'")).await;
            assert!(verify(&app).status.success(), "{column}");
        }
    }

    async fn a_refusal_is_an_event_and_many_in_a_row_are_one_a_minute(app) {
        app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let page = viewer.get("/users").await.status(403);
        for _ in 0..5 {
            viewer.post("/projects", &[("name", "x")]).await.status(403);
        }
        let denied = app.events_of("auth", "denied").await;
        assert_eq!(denied.len(), 1);
        let (event, id) = (&denied[0], id_of(&app, "viewer").await);
        assert_eq!((event["auth_id"].as_str(), event["actor"].as_str()), (Some(id.as_str()), Some("viewer")));
        assert_eq!(event["details"]["path"], "/users");
        assert_eq!(event["details"]["address"], "127.0.0.1");
        assert_eq!(page.select("#error-id"), [event["trace_id"].as_str().unwrap()], "the page's number finds the event");
        let stranger = app.browser();
        stranger.send(stranger.bare_post("/login").form(&[("username", "x")])).await.status(403);
        assert_eq!(app.events_of("auth", "denied").await.len(), 2);
        app.stop().await;
        let denied = app.events_of("auth", "denied").await;
        assert_eq!(denied.last().unwrap()["details"]["times"], 5);
    }

    async fn the_trail_is_filtered_by_person_action_time_and_address(app) {
        let admin = app.setup_admin().await;
        app.user("viewer").await;
        app.browser().post("/login", &[("username", "viewer"), ("password", "wrong")]).await.status(422);
        let all = admin.get("/audit").await.status(200);
        assert!(sentences(&all).len() >= 5, "{}", all.text);
        let failed = admin.get("/audit?action=login_failed").await.status(200);
        assert_eq!(sentences(&failed).len(), 1);
        assert!(sentences(&failed)[0].contains("from 127.0.0.1"), "{:?}", sentences(&failed));
        let viewers = admin.get("/audit?person=VIEWER&action=logged_in").await.status(200);
        assert_eq!(sentences(&viewers).len(), 1);
        let done_to = admin.get("/audit?person=viewer&action=created").await.status(200);
        assert_eq!(sentences(&done_to).len(), 1);
        let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
        for (query, some) in [
            ("address=127.0.0.1".to_owned(), true),
            ("address=192.0.2.1".to_owned(), false),
            (format!("from={today}&to={today}"), true),
            ("to=2020-01-01".to_owned(), false),
            ("from=2999-01-01".to_owned(), false),
            ("person=nobody-of-that-name".to_owned(), false),
            ("person=%25".to_owned(), false),
        ] {
            let page = admin.get(&format!("/audit?{query}")).await.status(200);
            assert_eq!(!sentences(&page).is_empty(), some, "{query}");
        }
        for query in ["action=hacked", "address=kitchen", "from=yesterday", "before=x", "address=%25"] {
            admin.get(&format!("/audit?{query}")).await.status(400);
        }
        assert!(all.has("nav a[href='/audit'][aria-current]"));
    }

    async fn times_are_in_utc_and_say_so(app) {
        let admin = app.setup_admin().await;
        admin.post("/projects", &[("name", "Rack")]).await.status(303);
        let lines = admin.get("/audit/export?format=jsonl").await.status(200);
        let exported = lines.text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let events: Vec<_> = app.events().await.into_iter().chain(exported).collect();
        assert!(events.len() > 4);
        for event in events {
            let time = event.get("timestamp").or(event.get("time")).and_then(|time| time.as_str()).unwrap_or_else(|| panic!("{event}"));
            assert!(time.ends_with('Z'), "{time}");
            let age = chrono::Utc::now() - chrono::DateTime::parse_from_rfc3339(time).unwrap().to_utc();
            assert!((0..600).contains(&age.num_seconds()), "{time}");
        }
    }

    async fn the_trail_is_for_admins(app) {
        app.setup_admin().await;
        for role in ["viewer", "maintainer"] {
            let browser = app.user(role).await;
            browser.get("/audit").await.status(403);
            browser.get("/audit/export?format=csv").await.status(403);
            assert!(!browser.get("/account").await.has("a[href='/audit']"));
        }
    }

    async fn the_trail_leaves_as_a_spreadsheet_without_formulas_or_as_json_lines(app) {
        let admin = app.setup_admin().await;
        for n in 0..4 {
            let name = format!("user{n}");
            admin.post("/users", &[("username", &name), ("role", "viewer"), ("password", PASSWORD)]).await.status(303);
        }
        // Nobody can have such a name, but a database may hold one.
        app.database().execute("update users set username = '=cmd|calc' where username = 'user0'").await;
        let csv = admin.get("/audit/export?format=csv&action=created").await.status(200);
        assert!(csv.header("Content-Type").starts_with("text/csv"));
        assert!(csv.header("Content-Disposition").contains("attachment"));
        assert_eq!(csv.text.lines().next(), Some("time,action,who,whom,address,times,details,id,trace_id"));
        assert_eq!(csv.text.lines().count(), 6);
        assert!(csv.text.contains("\"'=cmd|calc\"") && !csv.text.contains("\"=cmd"), "{}", csv.text);
        let lines = admin.get("/audit/export?format=jsonl").await.status(200);
        let events: Vec<serde_json::Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kept = app.count("events where domain in ('auth', 'user')").await;
        assert_eq!(events.len() as i64, kept);
        assert!(events.iter().all(|event| event["details"].is_object() && event["trace_id"].is_string()));
        admin.get("/audit/export?format=exe").await.status(400);
    }
}
