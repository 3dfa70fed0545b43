//! The password once more, and what was being sent goes on after it.

use super::{grow_stale, id_of, is_in};
use crate::harness::PASSWORD;

const MANIFEST: &str = r#"{"id":"kept-plugin","name":"Kept","version":"1.0.0","description":"Kept while the password was asked","author":"sam","type":"data","entry_point":"main.py","permissions":[]}"#;

stories! {
    async fn a_form_is_kept_while_the_password_is_asked_and_goes_on_after_it(app) {
        let admin = app.setup_admin().await;
        let fields = [("username", "eve"), ("role", "maintainer"), ("password", PASSWORD), ("email", "eve@example.org")];
        grow_stale(&app).await;
        let answer = admin.post("/users", &fields).await.see("/confirm");
        assert_eq!(app.count("users").await, 1);
        let page = admin.follow(&answer).await.status(200);
        let wrong = admin.submit(&page, "form[action='/confirm']", &[("password", "a wrong guess")]).await.status(422);
        assert!(wrong.problem("password").contains("not your password"), "{}", wrong.text);
        assert_eq!(app.count("users").await, 1);
        let before = admin.cookie_header();
        let done = admin.submit(&wrong, "form[action='/confirm']", &[("password", PASSWORD)]).await.status(303);
        let eve = id_of(&app, "eve").await;
        assert_eq!(done.location(), format!("/users/{eve}"));
        admin.follow(&done).await.status(200);
        assert_ne!(admin.cookie_header(), before);
        let stolen = app.browser();
        stolen.send(stolen.getting("/account").header("Cookie", before)).await.see("/login?next=%2Faccount");
        assert_eq!(app.count("kept_requests").await, 0);
        admin.post(&format!("/users/{eve}"), &[("email", "")]).await.see(&format!("/users/{eve}"));
        assert_eq!(app.events_of("auth", "password_confirmed").await.len(), 1);
    }

    async fn an_upload_is_kept_too(app) {
        let admin = app.setup_admin().await;
        grow_stale(&app).await;
        let file = reqwest::multipart::Part::text(MANIFEST).file_name("manifest.json");
        let form = reqwest::multipart::Form::new().part("manifest", file);
        let answer = admin.send(admin.posting("/plugins").multipart(form)).await.see("/confirm");
        let page = admin.follow(&answer).await.status(200);
        admin.submit(&page, "form[action='/confirm']", &[("password", PASSWORD)]).await.see("/plugins/kept-plugin");
        assert_eq!(app.count("plugins").await, 1);
    }

    async fn a_form_that_is_refused_after_the_password_is_shown_with_what_was_typed(app) {
        let admin = app.setup_admin().await;
        grow_stale(&app).await;
        admin.post("/users", &[("username", "not a name"), ("role", "viewer"), ("password", PASSWORD)]).await.see("/confirm");
        let page = admin.post("/confirm", &[("password", PASSWORD)]).await.status(422);
        assert_eq!(page.attributes("#username", "value"), ["not a name"]);
    }

    async fn what_is_kept_cannot_be_read_in_the_database(app) {
        let admin = app.setup_admin().await;
        grow_stale(&app).await;
        admin.post("/users", &[("username", "eve"), ("role", "viewer"), ("password", "very secret words here")]).await.see("/confirm");
        let hex = match app.engine() {
            crate::harness::Engine::Sqlite => "hex(sealed)",
            crate::harness::Engine::Postgres => "encode(sealed, 'hex')",
        };
        let rows = app.rows(&format!("select {hex} as sealed, address from kept_requests")).await;
        let plain: String = "very+secret".bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!rows[0].text("sealed").to_lowercase().contains(&plain));
        assert!(rows[0].text("sealed").len() > 100);
        // Not even with the row in the hands of another session.
        let other = app.log_in("sam", PASSWORD).await;
        let ids = app.rows("select id from sessions order by created_at desc").await;
        app.database().execute(&format!("update kept_requests set session_id = '{}'", ids[0].text("id"))).await;
        other.post("/confirm", &[("password", PASSWORD)]).await.see("/account");
        assert_eq!(app.count("users").await, 1);
    }

    async fn what_was_kept_for_too_long_is_forgotten(app) {
        let admin = app.setup_admin().await;
        grow_stale(&app).await;
        admin.post("/users", &[("username", "eve"), ("role", "viewer"), ("password", PASSWORD)]).await.see("/confirm");
        app.database().execute("update kept_requests set created_at = '2020-01-01T00:00:00.000000Z'").await;
        admin.post("/confirm", &[("password", PASSWORD)]).await.see("/account");
        assert_eq!(app.count("users").await, 1);
    }

    async fn guessing_at_the_password_of_an_open_session_is_slowed_down(app) {
        let admin = app.setup_admin().await;
        grow_stale(&app).await;
        let mut statuses = Vec::new();
        while statuses.last() != Some(&429) {
            assert!(statuses.len() < 20, "never slowed down: {statuses:?}");
            statuses.push(admin.post("/confirm", &[("password", "a wrong guess")]).await.status);
        }
        assert_eq!(statuses[..9], [422; 9]);
        assert!(is_in(&admin).await);
    }

    async fn everything_that_only_its_owner_should_do_asks_for_the_password(app) {
        let admin = app.setup_admin().await;
        app.user("viewer").await;
        let viewer = id_of(&app, "viewer").await;
        grow_stale(&app).await;
        for path in [
            "/users".to_owned(),
            format!("/users/{viewer}"),
            format!("/users/{viewer}/deletion"),
            format!("/users/{viewer}/sessions/deletion"),
            format!("/users/{viewer}/sessions/x/deletion"),
            "/users/second-factor".to_owned(),
            "/account/sessions/deletion".to_owned(),
            "/account/sessions/x/deletion".to_owned(),
            "/account/second-factor".to_owned(),
            "/account/second-factor/secret".to_owned(),
            "/account/second-factor/recovery-codes".to_owned(),
            "/account/second-factor/deletion".to_owned(),
            "/plugins".to_owned(),
        ] {
            admin.post(&path, &[]).await.see("/confirm");
        }
        let part = admin.posting("/users").header("HX-Request-Type", "partial").form(&[("username", "eve")]);
        let answer = admin.send(part).await.status(401);
        assert_eq!(answer.header("HX-Redirect"), "/confirm");
        admin.post("/account/preferences", &[("theme", "dark")]).await.see("/account");
    }
}
