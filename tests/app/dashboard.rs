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
        assert_eq!(page.select("[aria-labelledby=h-active] li > a, [aria-labelledby=h-active] .meter"), ["Rack", "1 of 2"]);
        let blocked = page.attributes("#blocked li a", "href");
        assert_eq!(blocked, [format!("/tasks/{second}")]);
        assert_eq!(page.select("#blocked li small"), ["Rack"]);
        assert_eq!(page.select("[aria-labelledby=h-counts] a"), ["1 project", "1 project"]);
    }

    async fn it_says_what_needs_whom_today_and_what_waits_for_what(app) {
        let sam = app.setup_admin().await;
        let kim = app.user("maintainer").await;
        project(&sam, &[("name", "Rack"), ("task", "Old"), ("task", "Today"), ("task", "Later"), ("task", "Done"), ("task", "Theirs")]).await;
        let rows = app.rows("select id, name from tasks").await;
        let id = |name: &str| rows.iter().find(|row| row.text("name") == name).unwrap().text("id").to_owned();
        let today = chrono::Utc::now().date_naive();
        let day = |days: i64| (today + chrono::TimeDelta::days(days)).to_string();
        sam.post("/account/preferences", &[("time_zone", "UTC")]).await.status(303);
        for (name, due, who) in [("Old", -9, "sam"), ("Today", 0, "sam"), ("Later", 2, "sam"), ("Done", -1, "sam"), ("Theirs", 0, "maintainer")] {
            sam.post(&format!("/tasks/{}", id(name)), &[("due", &day(due)), ("assignee", who)]).await.status(303);
        }
        sam.post(&format!("/tasks/{}", id("Done")), &[("status", "done")]).await.status(303);
        for blocker in ["Old", "Theirs"] {
            sam.post(&format!("/tasks/{}/blockers", id("Today")), &[("blocker", blocker)]).await.status(303);
        }
        let page = sam.get("/").await.status(200);
        assert_eq!(page.select("#mine .row-name > a"), ["Old", "Today"]);
        assert_eq!(page.select("#mine .state-bad"), ["overdue"]);
        assert_eq!(page.select("#blocked .row-name > a"), ["Today"]);
        assert_eq!(page.select("#blocked small")[1], "waits for Old and 1 more");
        assert_eq!(kim.get("/").await.status(200).select("#mine .row-name > a"), ["Theirs"]);
        sam.post(&format!("/tasks/{}/deletion", id("Old")), &[]).await.status(303);
        sam.post(&format!("/tasks/{}", id("Theirs")), &[("status", "done")]).await.status(303);
        let page = sam.get("/").await.status(200);
        assert_eq!(page.select("#mine .row-name > a"), ["Today"]);
        assert!(!page.has("#blocked li"));
        assert!(!kim.get("/").await.status(200).has("#mine"));
    }

    async fn a_day_is_the_same_day_wherever_it_was_chosen(app) {
        let sam = app.setup_admin().await;
        let kim = app.user("maintainer").await;
        project(&sam, &[("name", "Rack"), ("task", "That day"), ("task", "The next")]).await;
        let rows = app.rows("select id from tasks order by name").await;
        // Where sam is, a day begins and ends 25 hours before it does where kim is.
        sam.post("/account/preferences", &[("time_zone", "Pacific/Kiritimati")]).await.status(303);
        kim.post("/account/preferences", &[("time_zone", "Pacific/Pago_Pago")]).await.status(303);
        let zone = chrono::FixedOffset::east_opt(14 * 3600).unwrap();
        let today = chrono::Utc::now().with_timezone(&zone).date_naive();
        for (row, days) in rows.iter().zip([0, 1]) {
            let day = (today + chrono::TimeDelta::days(days)).to_string();
            let path = format!("/tasks/{}", row.text("id"));
            kim.post(&path, &[("due", &day), ("assignee", "sam")]).await.status(303);
        }
        assert_eq!(sam.get("/").await.status(200).select("#mine .row-name > a"), ["That day"]);
        let list = sam.get("/tasks?due=today&assignee=me").await.status(200);
        assert_eq!(list.select("tbody [data-open]"), ["That day"]);
    }

    async fn it_draws_how_each_project_came_along(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "One"), ("task", "Two")]).await;
        let tasks = app.rows("select id from tasks order by name").await;
        app.database().execute("update project_days set day = '2001-02-03'").await;
        sam.post(&format!("/tasks/{}", tasks[0].text("id")), &[("status", "done")]).await.status(303);
        sam.post(&format!("/projects/{id}/tasks"), &[("name", "Three")]).await.status(303);
        let drawn = |page: &crate::harness::Answer| page.select(".burnup title");
        assert_eq!(drawn(&sam.get("/").await), ["30 days ago 0 of 2 done, now 1 of 3"]);
        sam.post(&format!("/tasks/{}/deletion", tasks[0].text("id")), &[]).await.status(303);
        assert_eq!(drawn(&sam.get("/").await), ["30 days ago 0 of 2 done, now 0 of 2"]);
        let days = app.rows("select day from project_days").await;
        assert_eq!(days.len(), 2, "one row for a day, however much happened on it");
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
