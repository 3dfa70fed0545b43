//! Events over MQTT, heard at the embedded broker by people with and without an account.

use std::time::Duration;

use futures_util::future::join_all;

use crate::harness::{PASSWORD, Subscriber, TestApp, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

/// Everything up to and with the first message on `last`.
async fn topics_until(subscriber: &mut Subscriber, last: &str) -> Vec<String> {
    let mut topics = Vec::new();
    loop {
        let message = subscriber.next(PATIENCE).await;
        topics.push(message.topic);
        if topics.last().is_some_and(|topic| topic == last) {
            return topics;
        }
    }
}

async fn make_project(app: &TestApp) {
    let admin = app.log_in("sam", PASSWORD).await;
    admin
        .post("/projects", &[("name", "Heat pump"), ("status", "active")])
        .await
        .status(303);
}

stories! {
    async fn only_an_admins_name_and_password_hear_of_logins_and_accounts(app) {
        app.setup_admin().await;
        app.user("viewer").await;
        let mut anyone = app.subscribe("tracker/events/#").await;
        let mut viewer = app.subscribe_as("viewer", PASSWORD, "tracker/events/#").await;
        let mut admin = app.subscribe_as("sam", PASSWORD, "tracker/events/#").await;
        make_project(&app).await;
        let created = "tracker/events/project/created";
        let heard = topics_until(&mut admin, created).await;
        assert!(heard.iter().any(|topic| topic == "tracker/events/auth/logged_in"), "{heard:?}");
        for subscriber in [&mut anyone, &mut viewer] {
            let heard = topics_until(subscriber, created).await;
            assert!(!heard.iter().any(|topic| topic.contains("/auth/")), "{heard:?}");
        }
    }

    async fn a_wrong_password_or_a_disabled_account_opens_no_mqtt_connection(app) {
        let admin = app.setup_admin().await;
        app.user("maintainer").await;
        let rows = app.rows("select id from users where username = 'maintainer'").await;
        let fields = [("username", "maintainer"), ("role", "maintainer"), ("disabled", "true")];
        let path = format!("/users/{}", rows[0].text("id"));
        admin.post(&path, &fields).await.status(303);
        for (username, password) in [("sam", "wrong"), ("nobody", PASSWORD), ("maintainer", PASSWORD)] {
            let mut url = app.embedded_broker();
            url.set_username(username).unwrap();
            url.set_password(Some(password)).unwrap();
            assert!(Subscriber::is_refused(&url).await, "{username} came in");
        }
    }

    async fn what_was_committed_is_marked_as_delivered_and_a_stop_gives_the_lease_back(app) {
        app.setup_admin().await;
        make_project(&app).await;
        eventually(PATIENCE, "every event is marked", || async {
            app.count("events where published_at is null").await == 0
        })
        .await;
        app.stop().await;
        assert_eq!(app.count("relay_lease where holder <> ''").await, 0);
    }

    // A connection dies with the runtime that opened it, and each worker of the server has its own.
    async fn a_stop_after_a_rush_of_requests_gives_the_lease_back_too(app) {
        app.setup_admin().await;
        for _ in 0..5 {
            let sam = app.log_in("sam", PASSWORD).await;
            let rush = join_all((0..32).map(|_| sam.get("/projects"))).await;
            assert!(rush.iter().all(|answer| answer.status == 200));
            app.stop().await;
            assert_eq!(app.count("relay_lease where holder <> ''").await, 0);
            app.restart().await;
        }
    }
}
