//! The watch: what it notices, whom it tells, and that it tells it once.

use std::time::Duration;

use chrono::TimeDelta;
use taylordash::config::{Config, Night, Time};

use super::id_of;
use crate::harness::{Answer, Browser, PASSWORD, TestApp, eventually};

const PATIENCE: Duration = Duration::from_secs(40);

async fn notes(app: &TestApp, kind: &str) -> i64 {
    app.count(&format!("watch_notes where kind = '{kind}'"))
        .await
}

async fn noticed(app: &TestApp, kind: &str) {
    eventually(PATIENCE, kind, || async { notes(app, kind).await > 0 }).await;
}

/// Signs an account in from an address that it was never at.
async fn come_from_elsewhere(app: &TestApp, username: &str) {
    let id = id_of(app, username).await;
    let sql = format!("update user_addresses set address = '192.0.2.7' where user_id = '{id}'");
    app.database().execute(&sql).await;
    app.log_in(username, PASSWORD).await;
}

async fn events_of(app: &TestApp, kind: &str) -> usize {
    let events = app.events_of("system", "noticed").await;
    events
        .iter()
        .filter(|event| event["details"]["kind"] == kind)
        .count()
}

async fn page(admin: &Browser) -> Answer {
    admin.get("/audit/notes").await.status(200)
}

fn low(config: &mut Config) {
    config.watch.failures = 5;
    config.watch.denials = 5;
    config.watch.deletions = 4;
    config.watch.rows = Time(Some(TimeDelta::milliseconds(200)));
}

stories! {
    async fn a_burst_of_failures_or_denials_is_told_once_also_after_a_restart(app) {
        app.setup_admin().await;
        app.restart_with(low).await;
        let viewer = app.user("viewer").await;
        for _ in 0..6 {
            viewer.get("/users").await.status(403);
        }
        for n in 0..6 {
            // Each its own account; from one address they are counted together.
            let name = format!("nobody{n}");
            app.browser().post("/login", &[("username", &name), ("password", "wrong")]).await;
        }
        assert_eq!(notes(&app, "denials").await, 0);
        // What was counted is told when the program ends, and looked at when it begins.
        app.restart().await;
        noticed(&app, "denials").await;
        noticed(&app, "failed_logins").await;
        app.restart().await;
        let admin = app.log_in("sam", PASSWORD).await;
        let page = page(&admin).await;
        assert!(page.text.contains("requests were refused within 10 minutes"), "{}", page.text);
        assert!(page.text.contains("127.0.0.1"), "{}", page.text);
        for kind in ["denials", "failed_logins"] {
            assert_eq!(notes(&app, kind).await, 1);
            assert_eq!(events_of(&app, kind).await, 1);
        }
        assert!(page.text.contains("logins failed within 10 minutes"), "{}", page.text);
        let events = app.events_of("system", "noticed").await;
        assert!(!events[0].to_string().contains("127.0.0.1"), "everybody sees system events");
    }

    async fn a_note_waits_on_the_dashboard_until_an_admin_has_seen_it(app) {
        app.setup_admin().await;
        app.restart_with(low).await;
        let admin = app.log_in("sam", PASSWORD).await;
        let viewer = app.user("viewer").await;
        // Twice what is too much.
        for n in 0..8 {
            let name = format!("Project {n}");
            let made = admin.post("/projects", &[("name", &name)]).await.status(303);
            admin.post(&format!("{}/deletion", made.header("Location")), &[]).await.status(303);
        }
        come_from_elsewhere(&app, "viewer").await;
        // What happened before was looked at before.
        noticed(&app, "new_address").await;
        assert_eq!(notes(&app, "deletions").await, 1);
        app.database().execute("delete from watch_notes where kind = 'new_address'").await;
        let notes_of = admin.get("/").await.status(200);
        assert!(notes_of.text.contains("1 note to look at"), "{}", notes_of.text);
        assert!(!viewer.get("/").await.text.contains("/audit/notes"));
        let shown = page(&admin).await;
        assert!(shown.text.contains("sam deleted 4 things within 10 minutes"), "{}", shown.text);
        let note = shown.attributes("#notes input[name=note]", "value").remove(0);
        viewer.post("/audit/notes/sighting", &[("note", &note)]).await.status(403);
        admin.post("/audit/notes/sighting", &[("note", &note)]).await.see("/audit/notes");
        let seen = page(&admin).await;
        assert!(seen.text.contains("Seen by") && seen.has("#notes section[aria-labelledby=h-seen] li a[href='/events']"), "{}", seen.text);
        assert!(!admin.get("/").await.text.contains("to look at"));
        assert_eq!(app.events_of("system", "note_seen").await.len(), 1);
        admin.post("/audit/notes/sighting", &[("note", &note), ("note", "no-such")]).await.status(303);
        assert_eq!(app.events_of("system", "note_seen").await.len(), 1);
    }

    async fn a_login_from_a_new_address_is_told_and_a_first_login_is_not(app) {
        app.setup_admin().await;
        app.user("viewer").await;
        let id = id_of(&app, "viewer").await;
        come_from_elsewhere(&app, "viewer").await;
        noticed(&app, "new_address").await;
        assert_eq!(notes(&app, "new_address").await, 1);
        let admin = app.log_in("sam", PASSWORD).await;
        let page = page(&admin).await;
        assert!(page.text.contains("viewer signed in from a new address"), "{}", page.text);
        assert!(page.has(&format!("a[href='/users/{id}/sessions']")));
    }

    async fn a_change_at_night_by_who_never_works_then_is_told(app) {
        let admin = app.setup_admin().await;
        let id = id_of(&app, "sam").await;
        eventually(PATIENCE, "sam is known", || async { app.count("watch_habits").await > 0 }).await;
        app.stop().await;
        // This story may itself be told at night.
        let long_ago = "update watch_habits set first_at = '2020-01-01T00:00:00.000000Z', night_at = null";
        app.database().execute(long_ago).await;
        drop(admin);
        app.restart_with(|config| {
            let time = |hour, minute| chrono::NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
            // All day but one minute, which has long been or is far away.
            let now = chrono::Timelike::hour(&chrono::Utc::now());
            let other = (now + 12) % 24;
            config.watch.night = Night(Some((time(other, 1), time(other, 0))));
        }).await;
        assert_eq!(notes(&app, "night").await, 0);
        let admin = app.log_in("sam", PASSWORD).await;
        admin.post("/projects", &[("name", "Rack")]).await.status(303);
        noticed(&app, "night").await;
        admin.post("/projects", &[("name", "Garden")]).await.status(303);
        app.restart().await;
        let rows = app.rows("select subject from watch_notes where kind = 'night'").await;
        assert_eq!((rows.len(), rows[0].text("subject")), (1, id.as_str()));
    }

    async fn rows_that_were_changed_behind_the_applications_back_are_told(app) {
        let admin = app.setup_admin().await;
        app.restart_with(low).await;
        drop(admin);
        let admin = app.log_in("sam", PASSWORD).await;
        for name in ["Rack", "Garden", "Shed"] {
            admin.post("/projects", &[("name", name)]).await.status(303);
        }
        assert!(crate::security::audit::verify(&app).status.success());
        assert_eq!(notes(&app, "rows").await, 0);
        let rack = app.rows("select id from projects where name = 'Rack'").await[0].text("id").to_owned();
        app.database().execute("update projects set name = 'Hack' where name = 'Rack'").await;
        noticed(&app, "rows").await;
        assert_eq!(page(&admin).await.select(&format!("#notes a[href='/projects/{rack}']")), ["project “Hack”"]);
        app.database().execute("delete from projects where name = 'Garden'").await;
        eventually(PATIENCE, "a row that is gone", || async { notes(&app, "rows").await == 2 }).await;
        assert!(page(&admin).await.text.contains(", which is gone"));
        app.database().execute("insert into projects (id, name) values ('by-hand', 'Barn')").await;
        eventually(PATIENCE, "a row without an event", || async { notes(&app, "rows").await == 3 }).await;
        app.database().execute("update users set role = 'admin', password_hash = 'x' where username = 'sam'").await;
        eventually(PATIENCE, "another password", || async { notes(&app, "rows").await == 4 }).await;
        let told = crate::security::audit::verify(&app);
        let text = String::from_utf8(told.stderr).unwrap();
        assert!(!told.status.success() && text.contains("project by-hand") && text.contains("user "), "{text}");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(notes(&app, "rows").await, 4, "each is told once");
    }

    async fn events_that_were_changed_behind_the_applications_back_are_told(app) {
        app.setup_admin().await;
        app.restart_with(low).await;
        crate::security::audit::all_is_digested(&app).await;
        // One of them: several may lie in two batches, and each of these would be told.
        let first = "(select min(position) from events where domain = 'user')";
        app.database().execute(&format!("update events set actor = 'x', payload = '{{}}' where position = {first}")).await;
        noticed(&app, "events").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(notes(&app, "events").await, 1, "it is told once");
    }
}
