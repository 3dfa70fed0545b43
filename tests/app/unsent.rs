//! A form that is sent when the session has ended: nothing that was typed is lost.

use crate::harness::{Browser, PASSWORD, TestApp};
use crate::projects::project;

/// Ends the session of a browser on the server; the browser does not know.
async fn end_sessions(app: &TestApp) {
    app.database().execute("delete from sessions").await;
}

async fn log_in(browser: &Browser, page: &crate::harness::Answer) -> crate::harness::Answer {
    let typed = [("username", "sam"), ("password", PASSWORD)];
    browser.submit(page, "form[action='/login']", &typed).await
}

stories! {
    async fn what_was_typed_goes_on_after_logging_in(app) {
        let sam = app.setup_admin().await;
        project(&sam, &[("name", "Rack"), ("task", "Buy rails")]).await;
        let path = format!("/tasks/{}", app.rows("select id from tasks").await[0].text("id"));
        let page = sam.get(&path).await.status(200);
        end_sessions(&app).await;
        let text = "Two lines & more:\n<b>100 % + äöü</b>";
        let asked = sam.submit(&page, "form#change", &[("name", "Mount rails"), ("description", text)]).await.status(401);
        assert!(asked.text.contains("it is not lost"), "{}", asked.text);
        assert_eq!(asked.header("Cache-Control"), "no-store");
        assert_eq!(app.count("tasks where name = 'Mount rails'").await, 0);
        let wrong = [("username", "sam"), ("password", "not the password")];
        let asked = sam.submit(&asked, "form[action='/login']", &wrong).await.status(422);
        assert_eq!(asked.header("Cache-Control"), "no-store");
        let shown = log_in(&sam, &asked).await.status(200);
        assert_eq!(shown.header("Cache-Control"), "no-store");
        assert!(shown.select("dd pre").contains(&text.replace('\n', " ")), "{}", shown.text);
        assert!(!shown.has("dd b"));
        sam.submit(&shown, "main form", &[]).await.see(&path);
        let kept = app.rows("select name, description from tasks").await;
        assert_eq!((kept[0].text("name"), kept[0].text("description")), ("Mount rails", text));
    }

    async fn what_somebody_else_saved_meanwhile_is_not_overwritten(app) {
        let sam = app.setup_admin().await;
        project(&sam, &[("name", "Rack"), ("task", "Shown")]).await;
        let path = format!("/tasks/{}", app.rows("select id from tasks").await[0].text("id"));
        let page = sam.get(&path).await.status(200);
        end_sessions(&app).await;
        let other = app.log_in("sam", PASSWORD).await;
        other.post(&path, &[("name", "Theirs")]).await.status(303);
        let asked = sam.submit(&page, "form#change", &[("name", "Mine")]).await.status(401);
        let shown = log_in(&sam, &asked).await.status(200);
        let refused = sam.submit(&shown, "main form", &[]).await.status(422);
        assert_eq!(refused.select(".theirs pre"), ["Theirs"]);
        assert_eq!(refused.attributes("#name", "value"), ["Mine"]);
    }

    async fn a_viewer_who_logs_in_instead_changes_nothing(app) {
        let sam = app.setup_admin().await;
        app.user("viewer").await;
        let form = sam.get("/projects/new").await.status(200);
        end_sessions(&app).await;
        let asked = sam.submit(&form, "main form", &[("name", "Rack")]).await.status(401);
        let typed = [("username", "viewer"), ("password", PASSWORD)];
        let shown = sam.submit(&asked, "form[action='/login']", &typed).await.status(200);
        sam.submit(&shown, "main form", &[]).await.status(403);
        assert_eq!(app.count("projects").await, 0);
    }

    async fn passwords_and_secrets_travel_in_no_page(app) {
        let sam = app.setup_admin().await;
        let form = sam.get("/users/new").await.status(200);
        end_sessions(&app).await;
        let secret = "a secret that was typed";
        for path in ["/users", "/account/password", "/plugins/x/config", "/plugins"] {
            let answer = sam.post(path, &[("password", secret), ("/token", secret)]).await.status(303);
            assert!(answer.location().starts_with("/login?next="));
        }
        let answer = sam.submit(&form, "main form", &[("password", secret)]).await.status(303);
        assert!(!answer.text.contains(secret));
        let fields = [("username", "sam"), ("password", PASSWORD), ("unsent", "/users a=b")];
        sam.post("/login", &fields).await.see("/");
    }

    async fn a_form_that_comes_along_leads_to_no_other_site(app) {
        app.setup_admin().await;
        for unsent in ["//evil.example/ a=b", "https://evil.example/ a=b", "/\\evil.example a=b", "nonsense", ""] {
            let browser = app.browser();
            let fields = [("username", "sam"), ("password", PASSWORD), ("unsent", unsent)];
            browser.post("/login", &fields).await.see("/");
        }
    }
}
