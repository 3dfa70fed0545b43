//! The door of the embedded broker: as hard to force as that of the pages.

use std::time::Duration;

use futures_util::future::join_all;

use super::factor::set_up;
use crate::harness::{Line, PASSWORD, Subscriber, TestApp};

/// Whether this name and password are sent away.
async fn is_refused(app: &TestApp, username: &str, password: &str) -> bool {
    Subscriber::is_refused(&app.embedded_broker_as(username, password)).await
}

stories! {
    async fn a_failed_login_over_mqtt_is_an_event_with_its_address(app) {
        let admin = app.setup_admin().await;
        assert!(is_refused(&app, "sam", "wrong").await);
        assert!(is_refused(&app, "nobody", PASSWORD).await);
        let failed = app.events_of("auth", "login_failed").await;
        assert_eq!(failed.len(), 2, "{failed:?}");
        for event in &failed {
            assert_eq!((event["details"]["address"].as_str(), event["details"]["by"].as_str()), (Some("127.0.0.1"), Some("mqtt")));
            assert!(!event.to_string().contains("nobody"), "{event}");
        }
        let page = admin.get("/audit?action=login_failed&address=127.0.0.1").await.status(200);
        assert!(page.text.contains("over MQTT"), "{}", page.text);
    }

    async fn an_address_that_guesses_over_mqtt_is_slowed_down_there_and_not_on_the_pages(app) {
        app.setup_admin().await;
        assert!(is_refused(&app, "nobody", "wrong").await);
        let counted = "login_failures where kind = 'address' and subject = 'mqtt 127.0.0.1'";
        assert_eq!(app.count(counted).await, 1);
        Line::new(&app.embedded_broker_as("sam", PASSWORD)).await;
        let waiting = "update login_failures set failures = 30, wait_until = '2999-01-01T00:00:00.000000Z' where subject = 'mqtt 127.0.0.1'";
        app.database().execute(waiting).await;
        assert!(is_refused(&app, "sam", PASSWORD).await, "from an address that guessed");
        app.log_in("sam", PASSWORD).await;
    }

    async fn a_flood_of_mqtt_logins_keeps_nobody_out_of_the_pages(app) {
        app.setup_admin().await;
        let names: Vec<String> = (0..60).map(|number| format!("nobody{number}")).collect();
        let flood = join_all(names.iter().map(|name| is_refused(&app, name, "wrong")));
        let people = async {
            // When the flood has begun.
            tokio::time::sleep(Duration::from_millis(50)).await;
            for _ in 0..5 {
                app.log_in("sam", PASSWORD).await;
            }
        };
        let (refused, ()) = futures_util::join!(flood, people);
        assert!(refused.contains(&true));
    }

    async fn whom_a_second_factor_is_asked_of_comes_in_by_no_password_alone(app) {
        let admin = app.setup_admin().await;
        let maintainer = app.user("maintainer").await;
        app.user("viewer").await;
        let mut line = Line::new(&app.embedded_broker_as("maintainer", PASSWORD)).await;
        admin.post("/users/second-factor", &[("role", "maintainer")]).await.see("/users/second-factor");
        assert!(line.is_cut(Duration::from_secs(40)).await, "its role takes a second factor");
        assert!(is_refused(&app, "maintainer", PASSWORD).await, "its role takes a second factor");
        set_up(&maintainer).await;
        assert!(is_refused(&app, "maintainer", PASSWORD).await, "it has a second factor");
        admin.post("/users/second-factor", &[]).await.see("/users/second-factor");
        assert!(is_refused(&app, "maintainer", PASSWORD).await, "it has one still");
        Line::new(&app.embedded_broker_as("viewer", PASSWORD)).await;
    }
}
