//! Events sent to the broker again: what somebody asked for, and nothing else.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Broker, Browser, PASSWORD, Subscriber, TestApp, eventually, mosquitto};

const PATIENCE: Duration = Duration::from_secs(30);
const LIST: &str = "/events/replays";

/// Makes a project and changes its status; answers its id.
async fn project(browser: &Browser, name: &str) -> String {
    let made = browser
        .post("/projects", &[("name", name)])
        .await
        .status(303);
    let id = made
        .location()
        .strip_prefix("/projects/")
        .unwrap()
        .to_owned();
    let path = format!("/projects/{id}");
    browser
        .post(&path, &[("status", "on_hold")])
        .await
        .status(303);
    id
}

async fn all_delivered(app: &TestApp) {
    eventually(PATIENCE, "every event is delivered", || async {
        app.count("events where published_at is null").await == 0
    })
    .await;
}

async fn all_ended(app: &TestApp) {
    eventually(PATIENCE, "every request has come to its end", || async {
        app.count("replays where ended_at is null").await == 0
    })
    .await;
}

/// What is heard again until the end is told; others use the same broker.
async fn heard_again(subscriber: &mut Subscriber, app: &TestApp) -> Vec<Value> {
    let rows = app.rows("select id from deployment").await;
    let deployment = rows[0].text("id").to_owned();
    let mut heard = Vec::new();
    loop {
        let message = subscriber.next(PATIENCE).await.payload;
        let is_end =
            message["event_type"] == "replay_ended" && message["system_id"] == deployment.as_str();
        if is_end && message["replayed"].is_null() {
            return heard;
        }
        if message["replayed"] == true {
            heard.push(message);
        }
    }
}

fn of(project: &str, mut events: Vec<Value>) -> Vec<Value> {
    events.retain(|event| event["project_id"] == project);
    events
}

/// The same but for the mark, in the same order, once what came twice is taken away.
fn assert_same_again(again: Vec<Value>, first: Vec<Value>) {
    let mut unmarked: Vec<Value> = Vec::new();
    for mut event in again {
        let mark = event.as_object_mut().unwrap().remove("replayed");
        assert_eq!(mark, Some(true.into()));
        if !unmarked.contains(&event) {
            unmarked.push(event);
        }
    }
    assert_eq!(unmarked.len(), first.len());
    assert_eq!(unmarked, first);
}

async fn is_told_the_same_again(app: TestApp, sam: Browser, mut subscriber: Subscriber) {
    let id = project(&sam, "Rack").await;
    project(&sam, "Another").await;
    all_delivered(&app).await;
    let first = of(&id, app.events().await);
    assert_eq!(first.len(), 2);
    sam.post(LIST, &[("domain", "project"), ("entity", &id)])
        .await
        .see(LIST);
    assert_same_again(of(&id, heard_again(&mut subscriber, &app).await), first);
    let asked = app.events_of("system", "replay_requested").await;
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["actor"], "sam");
    assert_eq!(asked[0]["details"]["entity_id"], id.as_str());
    let ended = app.events_of("system", "replay_ended").await;
    assert_eq!(ended[0]["details"]["sent"], 2);
    let page = sam.get(LIST).await.status(200);
    assert_eq!(page.select("#replays tbody td .state"), ["sent"]);
}

stories! {
    async fn an_entitys_events_are_sent_again_as_they_were_to_the_embedded_broker(app) {
        let sam = app.setup_admin().await;
        let subscriber = app.subscribe_as("sam", PASSWORD, "tracker/events/#").await;
        is_told_the_same_again(app, sam, subscriber).await;
    }

    async fn an_entitys_events_are_sent_again_as_they_were_to_mosquitto(app) {
        let sam = app.setup_admin().await;
        app.restart_on(Broker::At(mosquitto())).await;
        let sam = sam.at(&app.origin());
        let subscriber = app.subscribe("tracker/events/#").await;
        is_told_the_same_again(app, sam, subscriber).await;
    }

    async fn more_events_than_are_on_their_way_at_once_are_sent_again_to_the_last(app) {
        let sam = app.setup_admin().await;
        let mut subscriber = app.subscribe_as("sam", PASSWORD, "tracker/events/#").await;
        let id = project(&sam, "Rack").await;
        for n in 2..120 {
            let status = if n % 2 == 0 { "active" } else { "on_hold" };
            sam.post(&format!("/projects/{id}"), &[("status", status)]).await.status(303);
        }
        all_delivered(&app).await;
        let first = of(&id, app.events().await);
        assert_eq!(first.len(), 120);
        sam.post(LIST, &[("domain", "project"), ("entity", &id)]).await.see(LIST);
        assert_same_again(of(&id, heard_again(&mut subscriber, &app).await), first);
        let ended = app.events_of("system", "replay_ended").await;
        assert_eq!(ended[0]["details"]["sent"], 120);
    }

    async fn a_maintainer_sends_only_what_they_see_and_between_two_positions(app) {
        let sam = app.setup_admin().await;
        let maintainer = app.user("maintainer").await;
        let viewer = app.user("viewer").await;
        viewer.get(LIST).await.status(403);
        viewer.post(LIST, &[]).await.status(403);
        let mut subscriber = app.subscribe_as("sam", PASSWORD, "tracker/events/#").await;
        project(&sam, "Rack").await;
        all_delivered(&app).await;
        let refused = maintainer.post(LIST, &[("domain", "auth")]).await.status(422);
        assert!(refused.problem("domain").starts_with("Choose one"), "{}", refused.problem("domain"));
        let rows = app.rows("select position, domain from events order by position").await;
        let last = rows[rows.len() - 1].int("position").to_string();
        maintainer.post(LIST, &[("from", "2"), ("to", &last)]).await.see(LIST);
        let again = heard_again(&mut subscriber, &app).await;
        let public = rows.iter().filter(|row| {
            row.int("position") >= 2 && !["auth", "user"].contains(&row.text("domain"))
        });
        assert_eq!(again.len(), public.count());
        assert!(again.iter().all(|event| event.get("auth_id").is_none() && event.get("user_id").is_none()));
        // An admin sends what they see, too.
        sam.post(LIST, &[("domain", "auth"), ("from", "2026-01-01 00:00")]).await.see(LIST);
        let again = heard_again(&mut subscriber, &app).await;
        assert!(!again.is_empty() && again.iter().all(|event| event.get("auth_id").is_some()));
    }

    async fn a_wrong_range_is_said_at_its_field_and_the_same_form_sent_twice_asks_once(app) {
        let sam = app.setup_admin().await;
        for (field, value, says) in [
            ("from", "yesterday", "Give a position"),
            ("to", "-1", "Give a position"),
            ("from", "999999", "There is no event between"),
            ("from", "2126-01-01T00:00", "There is no event between"),
            ("domain", "nothing", "Choose one"),
        ] {
            let answer = sam.post(LIST, &[(field, value)]).await.status(422);
            assert!(answer.problem(field).starts_with(says), "{field}={value}: {}", answer.problem(field));
        }
        assert_eq!(app.count("replays").await, 0);
        let once = uuid::Uuid::now_v7().to_string();
        for _ in 0..2 {
            sam.post(LIST, &[("once", &once)]).await.see(LIST);
        }
        assert_eq!(app.count("replays").await, 1);
    }

    async fn what_was_under_way_at_a_stop_goes_on_after_it_and_what_is_stopped_does_not(app) {
        let sam = app.setup_admin().await;
        // Nobody listens there, so that nothing is sent meanwhile.
        app.restart_on(Broker::At("mqtt://127.0.0.1:9".parse().unwrap())).await;
        let sam = sam.at(&app.origin());
        sam.post(LIST, &[("domain", "system")]).await.see(LIST);
        sam.post(LIST, &[("domain", "auth")]).await.see(LIST);
        let rows = app.rows("select id from replays where domain = 'auth'").await;
        sam.post(&format!("{LIST}/{}/stop", rows[0].text("id")), &[]).await.see(LIST);
        let page = sam.get(LIST).await.status(200);
        assert_eq!(page.select("#replays tbody td .state")[0], "stopped by sam");
        for _ in 0..4 {
            sam.post(LIST, &[("domain", "task")]).await.see(LIST);
        }
        let many = sam.post(LIST, &[]).await.status(422);
        assert!(many.problem("from").starts_with("Others go on"), "{}", many.problem("from"));
        app.restart_on(Broker::Embedded).await;
        all_ended(&app).await;
        let rows = app.rows("select problem, sent from replays where domain = 'system'").await;
        assert_eq!((rows[0].text("problem"), rows[0].int("sent") > 0), ("", true));
        let rows = app.rows("select problem, sent from replays where domain = 'auth'").await;
        assert_eq!((rows[0].text("problem"), rows[0].int("sent")), ("stopped by sam", 0));
    }
}
