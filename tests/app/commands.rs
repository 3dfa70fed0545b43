//! Commands over MQTT: the rules of the pages, in the name of a user.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::harness::{
    Broker, Browser, PASSWORD, Publisher, Subscriber, TestApp, eventually, mosquitto,
};

const PATIENCE: Duration = Duration::from_secs(90);
const DONE: &str = r#"{"status":"done"}"#;

/// A project with a task; the ids of both.
async fn project(browser: &Browser) -> (String, String) {
    let made = browser
        .post("/projects", &[("name", "Rack")])
        .await
        .status(303);
    let id = made
        .location()
        .strip_prefix("/projects/")
        .unwrap()
        .to_owned();
    let task = task(browser, &id, "Buy rails").await;
    (id, task)
}

async fn task(browser: &Browser, project: &str, name: &str) -> String {
    let path = format!("/projects/{project}/tasks");
    let made = browser
        .post(&path, &[("name", name)])
        .await
        .status(303)
        .location();
    made.split("#task-").nth(1).unwrap().to_owned()
}

async fn status(app: &TestApp, table: &str, id: &str) -> String {
    let sql = format!("select status from {table} where id = '{id}'");
    app.rows(&sql).await[0].text("status").to_owned()
}

/// The next dead letter about that id.
async fn letter(letters: &mut Subscriber, id: &str) -> (String, Value) {
    loop {
        let message = letters.next(PATIENCE).await;
        if message.payload["topic"]
            .as_str()
            .unwrap_or_default()
            .contains(id)
        {
            return (message.topic, message.payload);
        }
    }
}

/// With commands taken, by the embedded broker; answers the admin.
async fn commanded(app: &TestApp) -> Browser {
    let sam = app.setup_admin().await;
    app.restart_with(|config| config.commands = true).await;
    sam.at(&app.origin())
}

async fn person(app: &TestApp, name: &str) -> Publisher {
    Publisher::new(&app.embedded_broker_as(name, PASSWORD)).await
}

stories! {
    async fn nothing_is_commanded_unless_it_is_switched_on(app) {
        let sam = app.setup_admin().await;
        let (_, task) = project(&sam).await;
        let topic = format!("tracker/commands/task/{task}/status");
        assert_eq!(person(&app, "sam").await.say(&topic, DONE).await, "NotAuthorized");
        assert_eq!(status(&app, "tasks", &task).await, "pending");
    }

    async fn a_maintainer_sets_a_status_once_however_often_it_is_said(app) {
        let sam = commanded(&app).await;
        app.user("maintainer").await;
        let (project, task) = project(&sam).await;
        let mut heard = app.subscribe("tracker/#").await;
        let mut maintainer = person(&app, "maintainer").await;
        let topic = format!("tracker/commands/task/{task}/status");
        for _ in 0..3 {
            assert_eq!(maintainer.say(&topic, DONE).await, "NoMatchingSubscribers");
        }
        assert_eq!(status(&app, "tasks", &task).await, "done");
        let told = app.events_of("task", "status_changed").await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["actor"], "maintainer");
        assert!(told[0]["trace_id"].as_str().unwrap().starts_with("mqtt-"));
        assert_eq!(told[0]["details"]["new_status"], "done");
        let topic = format!("tracker/commands/project/{project}/status");
        assert_eq!(maintainer.say(&topic, r#"{"status":"completed","from":"active"}"#).await, "NoMatchingSubscribers");
        assert_eq!(status(&app, "projects", &project).await, "completed");
        // Nobody hears a command, only what became of it.
        loop {
            let topic = heard.next(PATIENCE).await.topic;
            assert!(!topic.starts_with("tracker/commands"), "{topic}");
            if topic == "tracker/events/project/status_changed" {
                break;
            }
        }
    }

    async fn what_may_not_be_done_is_refused_with_its_reason_and_changes_nothing(app) {
        let sam = commanded(&app).await;
        let (project, rails) = project(&sam).await;
        let screws = task(&sam, &project, "Screws").await;
        sam.post(&format!("/tasks/{rails}/blockers"), &[("blocker", &screws)]).await.status(303);
        app.user("viewer").await;
        let mut letters = app.subscribe("tracker/dlq/#").await;
        let before = app.count("events where domain in ('task', 'project', 'plugin')").await;
        let mut sam_says = person(&app, "sam").await;
        let rails_topic = format!("tracker/commands/task/{rails}/status");
        for (topic, body, reason) in [
            (rails_topic.clone(), DONE, "It waits for “Screws”"),
            (rails_topic.clone(), r#"{"status":"perhaps"}"#, "Choose one of"),
            (rails_topic.clone(), r#"{"status":"blocked","from":"done"}"#, "It is pending and not done"),
            (rails_topic.clone(), "secret-password", "A command is a JSON object"),
            ("tracker/commands/task/no-such-task/status".to_owned(), DONE, "There is no task"),
            ("tracker/commands/plugin/no-such-plugin/status".to_owned(), r#"{"status":"active"}"#, "There is no plugin"),
        ] {
            assert_eq!(sam_says.say(&topic, body).await, "NotAuthorized", "{topic} {body}");
            let id = topic.split('/').nth(3).unwrap();
            let (dlq, letter) = letter(&mut letters, id).await;
            assert_eq!(dlq, format!("tracker/dlq/{}", topic.split('/').nth(2).unwrap()));
            assert!(letter["reason"].as_str().unwrap().starts_with(reason), "{letter}");
            assert!(!letter.to_string().contains("secret-password"));
        }
        let mut viewer = person(&app, "viewer").await;
        assert_eq!(viewer.say(&rails_topic, r#"{"status":"in_progress"}"#).await, "NotAuthorized");
        assert_eq!(app.count("events where domain in ('task', 'project', 'plugin')").await, before);
        let noted = r#"{"status":"done","note":"The shop sent them together"}"#;
        assert_eq!(sam_says.say(&rails_topic, noted).await, "NoMatchingSubscribers");
        let told = app.events_of("task", "status_changed").await;
        assert_eq!(told[0]["details"]["note"], "The shop sent them together");
    }

    async fn a_device_commands_in_the_name_of_its_user_and_only_where_its_rules_say(app) {
        let sam = commanded(&app).await;
        app.user("maintainer").await;
        let (project, task) = project(&sam).await;
        let fields = [("name", "button"), ("writes", "tracker/commands/task/#"), ("acts_as", "maintainer")];
        let made = sam.post("/system/mqtt", &fields).await.status(200);
        let password = made.select("#mqtt-password")[0].clone();
        let mut button = Publisher::new(&app.embedded_broker_as("button", &password)).await;
        let topic = format!("tracker/commands/task/{task}/status");
        assert_eq!(button.say(&topic, DONE).await, "NoMatchingSubscribers");
        assert_eq!(app.events_of("task", "status_changed").await[0]["actor"], "maintainer");
        let elsewhere = format!("tracker/commands/project/{project}/status");
        assert_eq!(button.say(&elsewhere, r#"{"status":"on_hold"}"#).await, "NotAuthorized");
        let mut reader = Publisher::new(&app.embedded_broker_as("reader", &app.reader())).await;
        assert_eq!(reader.say(&topic, r#"{"status":"pending"}"#).await, "NotAuthorized");
        // Whoever may not come in commands nothing, whatever stands between them and the broker.
        let path = format!("/users/{}", crate::security::id_of(&app, "maintainer").await);
        sam.post(&path, &[("disabled", "true")]).await.status(303);
        assert_eq!(button.say(&topic, r#"{"status":"pending"}"#).await, "NotAuthorized");
        assert_eq!(status(&app, "tasks", &task).await, "done");
    }

    async fn ten_thousand_messages_of_random_bytes_change_nothing(app) {
        let sam = commanded(&app).await;
        let (_, task) = project(&sam).await;
        let mut letters = app.subscribe("tracker/dlq/#").await;
        let topics = [
            format!("tracker/commands/task/{task}/status"),
            "tracker/commands/x".to_owned(),
            "tracker/commands/plugin/weather/status".to_owned(),
        ];
        eventually(PATIENCE, "every event is delivered", || async {
            app.count("events where published_at is null").await == 0
        })
        .await;
        let before = app.count("events").await;
        let mut noise = person(&app, "sam").await;
        let mut random = fastrand(7);
        for n in 0..10_000 {
            let payload: Vec<u8> = (0..(n % 200)).map(|_| random()).collect();
            noise.begin(&topics[n % 3], payload).await;
            if n >= 64 {
                assert_eq!(noise.answer().await, "NotAuthorized");
            }
        }
        // Still in time, and still well.
        let topic = format!("tracker/commands/task/{task}/status");
        noise.begin(&topic, DONE).await;
        for _ in 0..64 {
            assert_eq!(noise.answer().await, "NotAuthorized");
        }
        assert_eq!(noise.answer().await, "NoMatchingSubscribers");
        assert_eq!(status(&app, "tasks", &task).await, "done");
        assert_eq!(app.count("events").await, before + 1);
        letters.next(PATIENCE).await;
        assert!(letters.waiting().len() < 2_000);
    }

    async fn on_another_broker_the_topic_names_the_user(app) {
        let sam = app.setup_admin().await;
        app.user("viewer").await;
        let (project, task) = project(&sam).await;
        let mut anyone = Publisher::new(&mosquitto()).await;
        // What is retained would be done again at every start.
        let retained = format!("tracker/commands/sam/project/{project}/status");
        anyone.retain(&retained, r#"{"status":"archived"}"#).await;
        app.restart_with(|config| config.commands = true).await;
        let mut letters = Subscriber::new(&mosquitto(), "tracker/dlq/#").await;
        app.restart_on(Broker::At(mosquitto())).await;
        let (_, letter_of_it) = letter(&mut letters, &project).await;
        assert_eq!(letter_of_it["reason"], "A command must not be retained.");
        let by = |who: &str| format!("tracker/commands/{who}/task/{task}/status");
        // Nobody knows when it listens first.
        eventually(PATIENCE, "the command is done", || {
            let told = app.clone();
            let task = task.clone();
            let url: Url = mosquitto();
            let topic = by("sam");
            async move {
                Publisher::new(&url).await.say(&topic, r#"{"status":"in_progress"}"#).await;
                status(&told, "tasks", &task).await == "in_progress"
            }
        })
        .await;
        for (who, reason) in [("nobody-here", "There is no such user"), ("viewer", "viewer is a viewer")] {
            anyone.say(&by(who), DONE).await;
            let (topic, letter) = letter(&mut letters, &format!("{who}/task/{task}")).await;
            assert_eq!(topic, "tracker/dlq/task");
            assert!(letter["reason"].as_str().unwrap().starts_with(reason), "{letter}");
        }
        app.stop().await;
        // What was said while nobody listened is heard by whoever listens next.
        anyone.say(&by("sam"), DONE).await;
        app.restart().await;
        eventually(PATIENCE, "what was said meanwhile is done", || async {
            status(&app, "tasks", &task).await == "done"
        })
        .await;
        assert_eq!(app.events_of("task", "status_changed").await.len(), 2);
        assert_eq!(app.events_of("task", "status_changed").await[1]["actor"], "sam");
        assert_eq!(status(&app, "projects", &project).await, "active");
        anyone.retain(&retained, "").await;
    }
}

/// Bytes that look random, and are the same each time (xorshift, Marsaglia 2003).
fn fastrand(seed: u64) -> impl FnMut() -> u8 {
    let mut state = seed;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    }
}
