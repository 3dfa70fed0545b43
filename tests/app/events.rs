//! The page of events: who may see which, in words, and what went to the broker.

use crate::harness::{Answer, Browser, TestApp};

const ROW: &str = "#events li > span:first-of-type";

async fn project(browser: &Browser, name: &str) -> String {
    let answer = browser.post("/projects", &[("name", name)]).await;
    let location = answer.status(303).location();
    location.strip_prefix("/projects/").unwrap().to_owned()
}

/// The sentences, without the topic that stands under each.
fn sentences(page: &Answer) -> Vec<String> {
    let rows = page.select(ROW);
    let without_topic = |row: &String| row.split(" tracker/events/").next().unwrap().to_owned();
    rows.iter().map(without_topic).collect()
}

fn topics(page: &Answer) -> Vec<String> {
    page.select("#events summary")
}

stories! {
    async fn events_read_as_sentences_and_keep_their_payload(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, "Rack").await;
        let fields = [("name", "Buy rails")];
        let made = sam.post(&format!("/projects/{id}/tasks"), &fields).await.location();
        let task = made.split("#task-").nth(1).unwrap();
        sam.post(&format!("/tasks/{task}"), &[("status", "in_progress")]).await.status(303);
        let page = sam.get("/events").await.status(200);
        assert_eq!(
            sentences(&page)[..3],
            [
                "sam moved the task Buy rails to in progress in Rack",
                "sam created the task Buy rails in Rack",
                "sam created the project Rack",
            ]
        );
        assert_eq!(topics(&page)[0], "tracker/events/task/status_changed");
        let links = page.attributes("#events li:first-child a", "href");
        assert_eq!(links, [format!("/tasks/{task}"), format!("/projects/{id}")]);
        let shown = page.select("#events li:first-child details pre");
        let kept = app.events_of("task", "status_changed").await;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown[0]).unwrap(), kept[0]);
    }

    async fn what_is_gone_is_named_and_leads_nowhere(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, "Old <b>rack</b> & co").await;
        sam.post(&format!("/projects/{id}/deletion"), &[]).await.status(303);
        let page = sam.get("/events?domain=project").await.status(200);
        assert_eq!(sentences(&page)[0], "sam deleted the project Old <b>rack</b> & co");
        assert!(page.attributes("#events li a", "href").is_empty());
        assert!(!page.has("#events b"));
    }

    async fn only_admins_see_accounts_and_logins(app) {
        let sam = app.setup_admin().await;
        project(&sam, "Rack").await;
        for role in ["viewer", "maintainer"] {
            let browser = app.user(role).await;
            let page = browser.get("/events").await.status(200);
            let hidden = |topic: &String| topic.contains("/auth/") || topic.contains("/user/");
            assert!(!topics(&page).iter().any(hidden));
            assert!(topics(&page).contains(&"tracker/events/project/created".to_owned()));
            assert!(!page.has("a[href='/events?domain=user'], a[href='/events?domain=auth']"));
            for domain in ["user", "auth"] {
                let refused = browser.get(&format!("/events?domain={domain}")).await.status(403);
                assert!(refused.text.contains("admin"));
            }
        }
        let page = sam.get("/events?domain=auth").await.status(200);
        assert!(sentences(&page).contains(&"viewer logged in".to_owned()));
        assert!(topics(&page).iter().all(|topic| topic.starts_with("tracker/events/auth/")));
    }

    async fn an_address_that_makes_no_sense_is_explained(app) {
        let sam = app.setup_admin().await;
        for query in [
            "domain=nonsense", "domain=%27%3B--", "domain=project&domain=task", "before=x",
            "before=99999999999999999999.a", "domain=%00",
        ] {
            let page = sam.get(&format!("/events?{query}")).await.status(400);
            assert!(page.has("h1"), "{query}");
        }
        sam.get("/events?domain=&before=").await.status(200);
        let page = sam.get("/events?before=-1.a").await.status(200);
        assert!(page.has(".nothing a[href='/events']"), "nothing is older than 1970");
    }

    async fn the_list_goes_on_to_the_first_event(app) {
        let sam = app.setup_admin().await;
        for number in 0..30 {
            let theme = if number % 2 == 0 { "dark" } else { "light" };
            sam.post("/account/preferences", &[("theme", theme)]).await.status(303);
        }
        for number in 0..25 {
            project(&sam, &format!("Project {number}")).await;
        }
        let mut next = Some("/events".to_owned());
        let mut ids = Vec::new();
        while let Some(path) = next {
            let page = sam.get(&path).await.status(200);
            assert_eq!(page.has("#events[data-live]"), path == "/events");
            ids.extend(page.attributes("#events li", "id"));
            next = page.attributes("a[rel=next]", "href").pop();
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "no event stands twice");
        assert_eq!(i64::try_from(count).unwrap(), app.count("events").await);
    }

    async fn what_the_broker_confirmed_is_delivered_in_a_word(app) {
        let sam = app.setup_admin().await;
        project(&sam, "Rack").await;
        let confirm = "update events set published_at = created_at";
        app.database().execute(confirm).await;
        let page = sam.get("/events").await.status(200);
        let states = page.select("#events li .state");
        assert_eq!(states.len(), page.select("#events li").len());
        assert!(states.iter().all(|state| state == "delivered"), "{states:?}");
    }

    async fn a_refresh_asks_for_the_list_alone(app) {
        let sam = app.setup_admin().await;
        let part = sam.getting("/events").header("HX-Request-Type", "partial");
        let part = sam.send(part).await.status(200);
        assert!(part.text.trim_start().starts_with("<section id=\"events\""));
    }
}
