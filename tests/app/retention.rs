//! How long events are kept, and that nobody can take one away and say that it was old.

use std::time::Duration;

use chrono::TimeDelta;
use taylordash::config::Days;
use tokio::task::JoinSet;

use crate::harness::{Broker, Engine, TestApp, eventually};
use crate::projects::project;
use crate::replay::fill;
use crate::security::audit::{all_is_digested, verify};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the broker has everything and the chain too; answers the last position.
async fn all_is_kept(app: &TestApp) -> i64 {
    eventually(PATIENCE, "every event is delivered", || async {
        app.count("events where published_at is null").await == 0
    })
    .await;
    all_is_digested(app).await;
    let last = app.rows("select max(position) as last from events").await;
    last[0].int("last")
}

/// Starts again with everything old, and waits until what is due up to that position was removed.
async fn remove(app: &TestApp, up_to: i64) {
    keep_nothing(app).await;
    eventually(PATIENCE, "old events are removed", || async {
        app.count("cut_events").await > 0
            && app
                .count(&format!(
                    "events where domain = 'auth' and position <= {up_to}"
                ))
                .await
                == 0
    })
    .await;
}

/// Starts again; from now on every event is old.
async fn keep_nothing(app: &TestApp) {
    const NOTHING: Days = Days(Some(TimeDelta::milliseconds(1)));
    app.restart_with(|config| config.events.retention = NOTHING)
        .await;
}

/// A project that stays, and one that is gone for good.
async fn furnish(app: &TestApp) -> (String, String) {
    let sam = app.setup_admin().await;
    let stays = project(&sam, &[("name", "Rack")]).await;
    sam.post(&format!("/projects/{stays}"), &[("status", "on_hold")])
        .await
        .status(303);
    let goes = project(&sam, &[("name", "Old")]).await;
    sam.post(&format!("/projects/{goes}/deletion"), &[])
        .await
        .status(303);
    let past = match app.engine() {
        Engine::Sqlite => {
            "update trash set created_at = strftime('%Y-%m-%dT%H:%M:%f000Z', created_at, '-31 days')"
        }
        Engine::Postgres => "update trash set created_at = created_at - interval '31 days'",
    };
    app.database().execute(past).await;
    app.restart().await;
    eventually(PATIENCE, "the trash is emptied", || async {
        app.count("trash").await == 0
    })
    .await;
    (stays, goes)
}

stories! {
    async fn what_is_old_goes_and_what_is_still_there_keeps_its_history(app) {
        let (stays, goes) = furnish(&app).await;
        let kept = app.count(&format!("events where entity_id = '{stays}'")).await;
        assert_eq!(app.count(&format!("events where entity_id = '{goes}'")).await, 3);
        let last = all_is_kept(&app).await;
        let users = app.count("events where domain = 'user'").await;
        remove(&app, last).await;
        assert_eq!(app.count(&format!("events where entity_id = '{stays}'")).await, kept);
        assert_eq!(app.count("events where domain = 'user'").await, users, "sam is still there");
        let last = app.rows(&format!("select event_type from events where entity_id = '{goes}'")).await;
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].text("event_type"), "purged");
        let told = app.events_of("system", "events_removed").await;
        let count: i64 = told.iter().map(|event| event["details"]["count"].as_i64().unwrap()).sum();
        assert_eq!(count, app.count("cut_events").await);
        assert!(verify(&app).status.success(), "{}", String::from_utf8_lossy(&verify(&app).stderr));
        all_is_digested(&app).await;
        let told = verify(&app);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let sam = app.log_in("sam", crate::harness::PASSWORD).await;
        let page = sam.get("/events?domain=system").await.status(200);
        assert!(page.text.contains("old events"), "the feed tells of it");
    }

    async fn nothing_is_removed_while_events_wait_or_where_they_are_kept_for_ever(app) {
        furnish(&app).await;
        let last = all_is_kept(&app).await;
        let kept = format!("events where position <= {last}");
        app.restart_on(Broker::At("mqtt://127.0.0.1:1".parse().unwrap())).await;
        keep_nothing(&app).await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(app.count(&kept).await, last, "events wait");
        app.restart_with(|config| config.events.retention = Days(None)).await;
        app.restart_on(Broker::Embedded).await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(app.count(&kept).await, last, "for ever");
        remove(&app, last).await;
    }

    async fn what_is_old_goes_while_new_events_never_stop_coming(app) {
        let sam = app.setup_admin().await;
        all_is_kept(&app).await;
        fill(&app, "auth", 2_000).await;
        app.restart().await;
        all_is_kept(&app).await;
        keep_nothing(&app).await;
        let mut busy = JoinSet::new();
        for _ in 0..4 {
            let sam = sam.at(&app.origin());
            busy.spawn(async move {
                loop {
                    sam.post("/projects", &[("name", "Meanwhile")]).await.status(303);
                }
            });
        }
        eventually(PATIENCE, "all of them are removed", || async {
            app.count("cut_events").await >= 2_000
        })
        .await;
        assert!(busy.try_join_next().is_none(), "they still write");
    }

    async fn thousands_go_a_few_at_a_time_and_whoever_writes_gets_a_turn_between(app) {
        let sam = app.setup_admin().await;
        all_is_kept(&app).await;
        fill(&app, "auth", 4_000).await;
        app.restart().await;
        let last = all_is_kept(&app).await;
        keep_nothing(&app).await;
        let sam = sam.at(&app.origin());
        let mut removed = 0;
        while removed < 4_000 {
            let before = removed;
            eventually(PATIENCE, "more of them are removed", || async {
                app.count("cut_events").await > before
            })
            .await;
            project(&sam, &[("name", "Meanwhile")]).await;
            removed = app.count("cut_events").await;
        }
        all_is_kept(&app).await;
        let later = format!("select event_type from events where position > {last} order by position");
        let later = app.rows(&later).await;
        let mut between = later.iter().map(|row| row.text("event_type"));
        between.find(|kind| *kind == "events_removed");
        between.rfind(|kind| *kind == "events_removed");
        assert!(between.any(|kind| kind == "created"), "{later:?}");
    }

    async fn an_event_that_was_made_to_look_old_is_not_removed(app) {
        furnish(&app).await;
        all_is_kept(&app).await;
        let old = "update events set created_at = '2020-01-01T00:00:00.000000Z'";
        app.database().execute(old).await;
        app.restart().await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(app.count("cut_events").await, 0);
        assert!(!verify(&app).status.success(), "and it is seen");
    }

    async fn an_event_that_somebody_else_takes_away_is_missed(app) {
        let (stays, _) = furnish(&app).await;
        let last = all_is_kept(&app).await;
        remove(&app, last).await;
        assert!(verify(&app).status.success());
        // A living thing's event, made to look as if it had been old.
        let event = format!("from events where entity_id = '{stays}' and version = 1");
        let row = &app.rows(&format!("select * {event}")).await[0];
        let digest = {
            use sha2::{Digest, Sha256};
            let digest = Sha256::digest(row.text("payload"));
            digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let cut = app.rows("select cut_id from cut_events").await[0].text("cut_id").to_owned();
        let database = app.database();
        database.execute(&format!(
            "insert into cut_events \
             (position, id, payload_digest, row_print, actor_id, subject, cut_id) \
             select position, id, '{digest}', row_print, actor_id, subject, '{cut}' {event}"
        )).await;
        database.execute(&format!("delete {event}")).await;
        assert!(!verify(&app).status.success(), "no event tells of that one");
        database.execute(&format!("update cut_events set cut_id = 'mine' where payload_digest = '{digest}'")).await;
        assert!(!verify(&app).status.success(), "and none of such a removal");
    }

    async fn what_is_left_of_a_removed_event_cannot_be_changed(app) {
        furnish(&app).await;
        let last = all_is_kept(&app).await;
        remove(&app, last).await;
        let first = "(select min(position) from cut_events)";
        let database = app.database();
        for column in ["id", "payload_digest", "row_print", "actor_id", "subject"] {
            let was = format!("select coalesce('''' || {column} || '''', 'null') as was from cut_events where position = {first}");
            let was = app.rows(&was).await[0].text("was").to_owned();
            let set = async |value: &str| {
                let text = format!("update cut_events set {column} = {value} where position = {first}");
                app.database().execute(&text).await;
            };
            set("'0f'").await;
            assert!(!verify(&app).status.success(), "{column}");
            set(&was).await;
            assert!(verify(&app).status.success(), "{column}");
        }
        database.execute(&format!("delete from cut_events where position = {first}")).await;
        assert!(!verify(&app).status.success());
    }
}
