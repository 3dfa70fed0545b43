//! Coming in and going out: the first account, login, logout, one's own password.

use crate::harness::{PASSWORD, TestApp};

async fn sessions(app: &TestApp) -> i64 {
    app.count("sessions").await
}

stories! {
    async fn the_setup_link_makes_the_first_admin_and_signs_them_in(app) {
        let browser = app.browser();
        let path = format!("/setup?token={}", app.setup_token().unwrap());
        let page = browser.get(&path).await.status(200);
        let changes = [("username", "sam"), ("password", PASSWORD), ("password_again", PASSWORD)];
        browser.submit(&page, "form[action^='/setup']", &changes).await.see("/");
        browser.get("/account").await.status(200);
        let users = app.rows("select username, role, last_login from users").await;
        assert_eq!(users.len(), 1);
        assert_eq!((users[0].text("username"), users[0].text("role")), ("sam", "admin"));
        assert!(!users[0].is_null("last_login"));
        assert_eq!(app.events_of("user", "created").await.len(), 1);
        assert_eq!(app.events_of("auth", "logged_in").await.len(), 1);
    }

    async fn the_setup_link_works_once(app) {
        let path = format!("/setup?token={}", app.setup_token().unwrap());
        app.setup_admin().await;
        app.browser().get(&path).await.status(404);
        let fields = [("username", "eve"), ("password", PASSWORD), ("password_again", PASSWORD)];
        app.browser().post(&path, &fields).await.status(404);
        assert_eq!(app.count("users").await, 1);
        app.restart().await;
        assert_eq!(app.setup_token(), None);
    }
}
