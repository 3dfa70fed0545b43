//! Accounts of plugins and devices on the embedded broker: what they hear, and when they must go.

use std::process::Output;
use std::time::Duration;

use tokio::process::Command;

use crate::harness::{Answer, Browser, Line, PASSWORD, Subscriber, TestApp, eventually};

const PATIENCE: Duration = Duration::from_secs(20);
const LIST: &str = "/system/mqtt";

/// Makes an account; answers its password.
async fn make(admin: &Browser, name: &str, fields: &[(&str, &str)]) -> String {
    let mut all = vec![("name", name)];
    all.extend(fields);
    password(&admin.post(LIST, &all).await.status(200))
}

fn password(answer: &Answer) -> String {
    answer.select("#mqtt-password")[0].clone()
}

async fn address(app: &TestApp, name: &str) -> String {
    let sql = format!("select id from mqtt_accounts where name = '{name}'");
    format!("{LIST}/{}", app.rows(&sql).await[0].text("id"))
}

/// Runs a line that was shown, until `count` messages came; other accounts cannot tell from each other.
async fn run(line: &str, count: usize) -> Output {
    let command = format!("{line} -C {count} -W 20");
    let run = Command::new("sh").args(["-c", &command]).output();
    run.await.unwrap()
}

async fn make_project(browser: &Browser, name: &str) {
    browser
        .post("/projects", &[("name", name)])
        .await
        .status(303);
}

async fn is_refused(app: &TestApp, name: &str, password: &str) -> bool {
    Subscriber::is_refused(&app.embedded_broker_as(name, password)).await
}

stories! {
    async fn the_account_of_the_first_start_reads_what_is_not_about_people_and_nobody_comes_without(app) {
        let sam = app.setup_admin().await;
        assert!(Subscriber::is_refused(&app.embedded_broker()).await, "somebody came in without a name");
        assert!(is_refused(&app, "reader", "wrong").await);
        let mut reader = app.subscribe("tracker/#").await;
        make_project(&sam, "Rack").await;
        loop {
            let topic = reader.next(PATIENCE).await.topic;
            assert!(!topic.contains("/auth/") && !topic.contains("/user/"), "{topic}");
            if topic == "tracker/events/project/created" {
                break;
            }
        }
        let password = app.reader();
        app.restart().await;
        assert_eq!(app.reader(), password);
        let sam = sam.at(&app.origin());
        let page = sam.get(LIST).await.status(200);
        assert_eq!(page.select("#mqtt-accounts tbody th a"), ["reader"]);
        assert!(!page.text.contains(&password));
        // Removed, it stays so.
        let path = address(&app, "reader").await;
        sam.post(&format!("{path}/deletion"), &[]).await.see(LIST);
        assert!(is_refused(&app, "reader", &password).await);
        app.restart().await;
        assert_eq!(app.count("mqtt_accounts").await, 0);
    }

    async fn the_page_shows_a_password_once_and_a_line_that_listens(app) {
        let sam = app.setup_admin().await;
        let fields = [("name", "kitchen"), ("purpose", "The display"), ("reads", "tracker/events/project/#\r\nhome/#")];
        let answer = sam.post(LIST, &fields).await.status(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let password = password(&answer);
        let line = answer.select("#mqtt-line")[0].clone();
        assert!(line.ends_with("-t 'tracker/events/project/#' -v"), "{line}");
        let heard = tokio::spawn(async move { run(&line, 1).await });
        eventually(PATIENCE, "the line hears of a project", || {
            let sam = sam.clone();
            let done = heard.is_finished();
            async move {
                make_project(&sam, "Rack").await;
                done
            }
        })
        .await;
        let heard = heard.await.unwrap();
        let heard = String::from_utf8_lossy(&heard.stdout).into_owned();
        assert!(heard.starts_with("tracker/events/project/created {\"id\":"), "{heard}");

        let made = app.events_of("user", "mqtt_account_created").await;
        let made = made.iter().find(|event| event["details"]["name"] == "kitchen").unwrap();
        assert_eq!(made["details"]["reads"], serde_json::json!(["tracker/events/project/#", "home/#"]));
        assert_eq!(made["actor"], "sam");
        for table in ["events", "mqtt_accounts"] {
            let rows = app.rows(&format!("select * from {table}")).await;
            assert!(!format!("{rows:?}").contains(&password), "{table} holds the password");
        }
        let page = sam.get(&address(&app, "kitchen").await).await.status(200);
        assert!(!page.text.contains(&password));
        let audit = sam.get("/audit").await.status(200);
        assert!(audit.text.contains("made the MQTT account"));
    }

    async fn an_account_that_is_disabled_renewed_or_changed_is_put_out_at_once(app) {
        let sam = app.setup_admin().await;
        let first = make(&sam, "lamp", &[("reads", "home/lamp/#"), ("writes", "home/lamp/state")]).await;
        let path = address(&app, "lamp").await;
        let other = make(&sam, "other", &[]).await;
        let mut other = Line::new(&app.embedded_broker_as("other", &other)).await;

        let mut line = Line::new(&app.embedded_broker_as("lamp", &first)).await;
        let second = password(&sam.post(&format!("{path}/password"), &[]).await.status(200));
        assert!(line.is_cut(PATIENCE).await, "renewed");
        assert!(is_refused(&app, "lamp", &first).await);

        let mut line = Line::new(&app.embedded_broker_as("lamp", &second)).await;
        sam.post(&path, &[("reads", "home/#")]).await.see(LIST);
        assert!(line.is_cut(PATIENCE).await, "its rules are others");

        let mut line = Line::new(&app.embedded_broker_as("lamp", &second)).await;
        sam.post(&path, &[("state", "disabled")]).await.see(LIST);
        assert!(line.is_cut(PATIENCE).await, "disabled");
        assert!(is_refused(&app, "lamp", &second).await);
        sam.post(&path, &[("state", "active")]).await.see(LIST);

        let mut line = Line::new(&app.embedded_broker_as("lamp", &second)).await;
        sam.post(&format!("{path}/deletion"), &[]).await.see(LIST);
        assert!(line.is_cut(PATIENCE).await, "removed");
        assert!(is_refused(&app, "lamp", &second).await);

        assert!(!other.is_cut(Duration::from_secs(1)).await, "another account was put out too");
        let mut told: Vec<String> = Vec::new();
        for event in app.events().await {
            if event["details"]["name"] == "lamp" {
                told.push(event["event_type"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(told, [
            "mqtt_account_created",
            "mqtt_account_renewed",
            "mqtt_account_changed",
            "mqtt_account_disabled",
            "mqtt_account_enabled",
            "mqtt_account_deleted",
        ]);
        let changed = app.events_of("user", "mqtt_account_changed").await;
        assert_eq!(changed[0]["details"]["changes"]["reads"]["new"], serde_json::json!(["home/#"]));
    }

    async fn a_form_that_is_wrong_is_shown_again_with_what_is_wrong(app) {
        let sam = app.setup_admin().await;
        for (field, value, says) in [
            ("name", "", "Choose a user name."),
            ("name", "a b", "Use letters"),
            ("name", "SAM", "Another account has this name"),
            ("name", "Reader", "Another account has this name"),
            ("reads", "a#", "stands for one whole level"),
            ("reads", "$SYS/#", "no topic filter"),
            ("writes", "tracker/events/#", "only TaylorDash writes"),
            ("acts_as", "nobody-here", "Nobody has this user name"),
            ("state", "perhaps", "Choose one of"),
        ] {
            let mut fields = vec![("name", "lamp"), ("reads", "home/#")];
            fields.retain(|(name, _)| *name != field);
            fields.push((field, value));
            let answer = sam.post(LIST, &fields).await.status(422);
            assert!(answer.problem(field).contains(says), "{field}={value}: {}", answer.problem(field));
            assert_eq!(app.count("mqtt_accounts").await, 1);
        }
        let answer = sam.post(LIST, &[("name", "lamp"), ("writes", "tracker/commands/#")]).await.status(422);
        assert_eq!(answer.problem("acts_as"), "Say whose commands these are.");
        // The same form sent twice makes one.
        let once = uuid::Uuid::now_v7().to_string();
        let fields = [("name", "lamp"), ("once", once.as_str())];
        sam.post(LIST, &fields).await.status(200);
        sam.post(LIST, &fields).await.see(LIST);
        assert_eq!(app.count("mqtt_accounts").await, 2);
        sam.get(&format!("{LIST}/no-such-id")).await.status(404);
        sam.post(&format!("{LIST}/no-such-id/password"), &[]).await.status(404);
    }

    async fn people_come_in_as_before_also_beside_a_device_of_another_name(app) {
        app.setup_admin().await;
        app.user("viewer").await;
        Line::new(&app.embedded_broker_as("sam", PASSWORD)).await;
        Line::new(&app.embedded_broker_as("viewer", PASSWORD)).await;
        assert!(is_refused(&app, "viewer", "wrong").await);
    }
}

programs! {
    async fn the_first_banner_has_a_line_that_listens_and_the_second_has_none(place) {
        let mut first = place.start(&[]);
        let sam = place.set_up(&mut first).await;
        let printed = first.printed();
        let at = printed.find("mosquitto_sub").expect("a line that listens");
        let line = printed[at..].lines().next().unwrap().to_owned();
        let password = line.split(" -P ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        assert!(!first.logged().contains(&password), "the log has the password");
        let heard = tokio::spawn({
            let line = line.clone();
            async move { run(&line, 1).await }
        });
        eventually(PATIENCE, "the line of the banner hears of something", || {
            let sam = sam.clone();
            let done = heard.is_finished();
            async move {
                make_project(&sam, "Rack").await;
                done
            }
        })
        .await;
        let heard = heard.await.unwrap();
        assert!(String::from_utf8_lossy(&heard.stdout).starts_with("tracker/"), "{heard:?}");
        first.signal("TERM").await;
        first.end(crate::harness::SOON).await;
        let mut second = place.start(&[]);
        second.origin().await;
        assert!(!second.printed().contains("mosquitto_sub"), "{}", second.printed());
    }
}
