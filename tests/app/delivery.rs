//! Every change reaches whoever listens on MQTT, from the page where it was made to the broker.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{
    Broker, Browser, Door, Message, SOON, Subscriber, TestApp, eventually, mosquitto,
};

const CREATES: usize = 200;

/// Makes a project; answers its id.
async fn create(browser: &Browser, name: &str) -> String {
    let location = browser
        .post("/projects", &[("name", name)])
        .await
        .status(303)
        .location();
    location.strip_prefix("/projects/").unwrap().to_owned()
}

/// The next event of that kind about that thing; others may pass on a shared broker.
async fn hear(subscriber: &mut Subscriber, topic: &str, id: &str) -> Message {
    let domain = topic.split('/').next().unwrap();
    loop {
        let message = subscriber.next(SOON).await;
        if message.topic == format!("tracker/events/{topic}")
            && message.payload[format!("{domain}_id")] == id
        {
            return message;
        }
    }
}

/// Waits until every event is marked as delivered.
async fn delivered(app: &TestApp) {
    eventually(SOON, "every event is marked as delivered", || async {
        app.count("events where published_at is null").await == 0
    })
    .await;
}

/// One change of each kind, each heard as the table of events has it.
async fn each_kind_is_heard(app: &TestApp, sam: &Browser, subscriber: &mut Subscriber) {
    let id = create(sam, "Rewire the porch").await;
    let heard = hear(subscriber, "project/created", &id).await.payload;
    let kept = app.events_of("project", "created").await;
    assert_eq!(Some(&heard), kept.last());
    for field in [
        "id",
        "event_type",
        "project_id",
        "version",
        "timestamp",
        "actor",
        "trace_id",
        "details",
    ] {
        assert!(!heard[field].is_null(), "{field} in {heard}");
    }
    sam.post(&format!("/projects/{id}"), &[("status", "on_hold")])
        .await
        .status(303);
    let changed = hear(subscriber, "project/status_changed", &id)
        .await
        .payload;
    assert_eq!(
        changed["details"],
        json!({ "old_status": "active", "new_status": "on_hold" })
    );
    let added = sam
        .post(&format!("/projects/{id}/tasks"), &[("name", "Buy cable")])
        .await
        .status(303);
    let location = added.location();
    let task = location.split("#task-").nth(1).unwrap();
    hear(subscriber, "task/created", task).await;
    let manifest = json!({ "id": "porch-light", "name": "Porch light", "version": "1.0.0", "type": "ui",
        "config_schema": { "type": "object", "properties": { "host": { "type": "string" } } } });
    sam.post("/plugins", &[("manifest_text", &manifest.to_string())])
        .await
        .status(303);
    hear(subscriber, "plugin/installed", "porch-light").await;
    sam.post("/plugins/porch-light/config", &[("/host", "light.lab")])
        .await
        .status(303);
    hear(subscriber, "plugin/config_changed", "porch-light").await;
    sam.post(&format!("/projects/{id}/deletion"), &[])
        .await
        .status(303);
    hear(subscriber, "project/deleted", &id).await;
}

/// The time from a change's answer until it is heard, in the middle of twenty.
async fn usual_delay(sam: &Browser, subscriber: &mut Subscriber) -> Duration {
    let mut delays = Vec::new();
    for number in 0..20 {
        let id = create(sam, &format!("project {number}")).await;
        let answered = Instant::now();
        hear(subscriber, "project/created", &id).await;
        delays.push(answered.elapsed());
    }
    delays.sort_unstable();
    delays[10]
}

stories! {
    async fn the_embedded_broker_hands_on_every_change_within_a_second(app) {
        let sam = app.setup_admin().await;
        let mut subscriber = app.subscribe("tracker/events/#").await;
        each_kind_is_heard(&app, &sam, &mut subscriber).await;
        let delay = usual_delay(&sam, &mut subscriber).await;
        assert!(delay < Duration::from_secs(1), "{delay:?}");
    }

    async fn a_mosquitto_with_a_password_hands_on_every_change_within_a_second(app) {
        let sam = app.setup_admin().await;
        app.restart_on(Broker::At(mosquitto())).await;
        let sam = sam.at(&app.origin());
        let mut subscriber = app.subscribe("tracker/events/#").await;
        each_kind_is_heard(&app, &sam, &mut subscriber).await;
        let delay = usual_delay(&sam, &mut subscriber).await;
        assert!(delay < Duration::from_secs(1), "{delay:?}");
    }

    async fn two_hundred_creates_while_the_broker_is_away_arrive_in_order_and_once_when_it_is_back(app) {
        let sam = app.setup_admin().await;
        let door = Door::before(&mosquitto(), 1883).await;
        door.open().await;
        app.restart_on(Broker::At(door.through(&mosquitto()))).await;
        let sam = sam.at(&app.origin());
        let mut subscriber = Subscriber::new(&mosquitto(), "tracker/events/project/#").await;
        let first = create(&sam, "before").await;
        hear(&mut subscriber, "project/created", &first).await;
        delivered(&app).await;
        door.shut().await;
        let mut made = Vec::new();
        for number in 0..CREATES {
            made.push(create(&sam, &format!("project {number}")).await);
        }
        eventually(SOON, "the pages say that the broker is away", || async {
            sam.get("/projects").await.text.contains("The event broker cannot be reached")
        }).await;
        assert_eq!(sam.get("/health/ready").await.status(200).json()["broker"], "away");
        assert_eq!(app.count("events where domain = 'project' and published_at is null").await, CREATES as i64);
        door.open().await;
        let mine: HashSet<String> = made.iter().cloned().collect();
        let (mut seen, mut arrived) = (HashSet::new(), Vec::new());
        while arrived.len() < CREATES {
            let message = subscriber.next(SOON).await.payload;
            let id = message["project_id"].as_str().unwrap_or_default().to_owned();
            if mine.contains(&id) && seen.insert(message["id"].to_string()) {
                arrived.push(id);
            }
        }
        assert_eq!(arrived, made);
        delivered(&app).await;
        assert!(!sam.get("/projects").await.text.contains("The event broker cannot be reached"));
    }
}
