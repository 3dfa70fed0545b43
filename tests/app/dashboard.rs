//! The dashboard: everything at a glance, and what to do first.

use crate::harness::{Browser, TestApp};

async fn project(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = browser.post("/projects", fields).await.status(303);
    let location = answer.location();
    location.strip_prefix("/projects/").unwrap().to_owned()
}

stories! {
    async fn a_fresh_installation_says_what_to_do_first(app) {
        let sam = app.setup_admin().await;
        let page = sam.get("/").await.status(200);
        let offers = page.attributes(".nothing a", "href");
        assert_eq!(offers, ["/projects/new", "/plugins/new", "/users/new"]);
        let maintainer = app.user("maintainer").await;
        let page = maintainer.get("/").await.status(200);
        assert_eq!(page.attributes(".nothing a", "href"), ["/projects/new"]);
        let viewer = app.user("viewer").await;
        let page = viewer.get("/").await.status(200);
        assert!(page.has(".nothing") && !page.has(".nothing a"));
        assert!(!page.has("a[href='/projects/new']"));
        let page = sam.get("/").await.status(200);
        assert!(!page.has(".nothing a[href='/users/new']"), "someone was invited");
    }

    async fn it_shows_what_is_active_and_what_is_blocked(app) {
        let sam = app.setup_admin().await;
        let rack = project(&sam, &[("name", "Rack"), ("task", "Rails"), ("task", "Cables")]).await;
        project(&sam, &[("name", "Later"), ("status", "on_hold")]).await;
        let page = sam.get(&format!("/projects/{rack}")).await.status(200);
        let tasks = page.attributes("li[id^='task-']", "id");
        let (first, second) = (&tasks[0]["task-".len()..], &tasks[1]["task-".len()..]);
        sam.post(&format!("/tasks/{first}"), &[("status", "done")]).await.status(303);
        sam.post(&format!("/tasks/{second}"), &[("status", "blocked")]).await.status(303);
        let page = app.user("viewer").await.get("/").await.status(200);
        let figures = page.select(".facts b");
        assert_eq!(figures[..3], ["1", "1", "0"]);
        assert_eq!(page.select("[aria-labelledby=h-active] li"), ["Rack1 of 2"]);
        let blocked = page.attributes("#blocked li a", "href");
        assert_eq!(blocked, [format!("/projects/{rack}#task-{second}")]);
        assert_eq!(page.select("#blocked li small"), ["Rack"]);
        assert_eq!(page.select("[aria-labelledby=h-counts] a"), ["1 project", "1 project"]);
    }

    async fn it_shows_which_plugin_is_unwell_and_why(app) {
        let sam = app.setup_admin().await;
        for (id, status, score, violations) in [
            ("well", "active", 100, 0), ("off", "disabled", 80, 0), ("poor", "active", 79, 0),
            ("naughty", "active", 90, 2), ("broken", "failed", 100, 0),
        ] {
            let sql = format!(
                "insert into plugins (id, name, version, type, status, security_score, \
                 security_violations) values ('{id}', '{id}', '1.0.0', 'ui', '{status}', {score}, \
                 {violations})"
            );
            app.database().execute(&sql).await;
        }
        let page = sam.get("/").await.status(200);
        let unwell = page.select("#unwell li a");
        assert_eq!(unwell, ["broken", "poor", "naughty"]);
        assert_eq!(page.select(".facts b")[2], "3");
        assert_eq!(page.select("#unwell .state"), ["failed", "score 79", "score 90"]);
        assert_eq!(page.select("#unwell small"), ["2 violations"]);
    }

    async fn what_changed_is_told_without_logins_even_to_admins(app) {
        let sam = app.setup_admin().await;
        project(&sam, &[("name", "Rack")]).await;
        app.user("viewer").await;
        let page = sam.get("/").await.status(200);
        let told = page.select("[aria-labelledby=h-recent] li > span");
        assert_eq!(told[0], "sam created the project Rack");
        assert!(told.iter().all(|line| !line.contains("logged in") && !line.contains("account")));
    }

    async fn a_refresh_asks_for_the_glance_alone(app) {
        let sam = app.setup_admin().await;
        let part = sam.getting("/").header("HX-Request-Type", "partial");
        let part = sam.send(part).await.status(200);
        assert!(part.text.trim_start().starts_with("<div id=\"dashboard\""));
    }
}
