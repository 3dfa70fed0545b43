//! Events that the broker refused: who sees them, and who decides.

use std::time::Duration;

use crate::harness::{Browser, PASSWORD, TestApp, eventually};
use crate::mosquitto::Mosquitto;
use crate::projects::project;

const PAGE: &str = "/events/refused";
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the newest event of that domain a dead letter, as the relay does.
async fn refuse(app: &TestApp, domain: &str) -> String {
    let newest =
        format!("from events where domain = '{domain}' order by created_at desc, id desc limit 1");
    eventually(PATIENCE, "it has its place", || async {
        app.rows(&format!("select coalesce(position, 0) as n {newest}"))
            .await[0]
            .int("n")
            > 0
    })
    .await;
    app.database()
        .execute(&format!(
            "insert into dead_letters (event_id, position, domain, entity_id, reason, tries, refused_at) \
             select id, position, domain, entity_id, 'The broker does not want it.', 3, created_at {newest}"
        ))
        .await;
    app.rows(&format!("select id {newest}")).await[0]
        .text("id")
        .to_owned()
}

async fn letters(browser: &Browser) -> Vec<String> {
    browser
        .get(PAGE)
        .await
        .status(200)
        .attributes("#refused li", "id")
}

stories! {
    async fn what_mosquitto_refuses_stands_on_the_page_until_somebody_sends_it_again(app) {
        let sam = app.setup_admin().await;
        let rules = "topic readwrite #\ntopic deny tracker/events/project/#";
        let mosquitto = Mosquitto::start("acl_file {folder}/rules", &[("rules", rules)]);
        app.restart_on(crate::harness::Broker::At(mosquitto.url())).await;
        let sam = sam.at(&app.origin());
        let id = project(&sam, &[("name", "Rack")]).await;
        sam.post(&format!("/projects/{id}"), &[("status", "on_hold")]).await.status(303);
        eventually(PATIENCE, "the page shows it", || async { letters(&sam).await.len() == 1 }).await;
        let page = sam.get(PAGE).await.status(200);
        assert!(page.select("#refused .reason")[0].contains("not authorized"), "{}", page.text);
        assert!(page.text.contains("sam created the project"));
        assert!(page.text.contains("One later event of the same thing waits behind it."));
        let list = sam.get("/events?domain=project").await.status(200);
        let states = list.select("#events li .state");
        assert_eq!(states, ["waiting", "refused"]);
        let system = sam.get("/system").await.status(200);
        assert_eq!(system.select("a[href='/events/refused']"), ["1"]);
        mosquitto.rewrite("rules", "topic readwrite #");
        sam.submit(&page, "form[action$='/delivery']", &[]).await.see(PAGE);
        eventually(PATIENCE, "both are delivered", || async {
            app.count("events where published_at is null").await == 0
        }).await;
        assert!(letters(&sam).await.is_empty());
        let told = app.events_of("system", "delivery_retried").await;
        assert_eq!(told[0]["details"]["domain"], "project");
        assert_eq!(told[0]["actor"], "sam");
    }

    async fn viewers_look_and_maintainers_decide_over_what_they_may_see(app) {
        let sam = app.setup_admin().await;
        let maintainer = app.user("maintainer").await;
        let viewer = app.user("viewer").await;
        project(&sam, &[("name", "Rack")]).await;
        let (mine, secret) = (refuse(&app, "project").await, refuse(&app, "auth").await);
        let ids = |ids: &[&String]| ids.iter().map(|id| format!("letter-{id}")).collect::<Vec<_>>();
        assert_eq!(letters(&viewer).await, ids(&[&mine]));
        assert_eq!(letters(&maintainer).await, ids(&[&mine]));
        assert_eq!(letters(&sam).await.len(), 2);
        let page = viewer.get(PAGE).await.status(200);
        assert!(!page.has("#refused form") && page.text.contains("A maintainer or an admin can send these again"));
        viewer.post(&format!("/events/{mine}/delivery"), &[]).await.status(403);
        viewer.post(&format!("/events/{mine}/omission"), &[]).await.status(403);
        maintainer.post(&format!("/events/{secret}/delivery"), &[]).await.status(404);
        maintainer.post(&format!("/events/{secret}/omission"), &[]).await.status(404);
        assert_eq!(app.count("dead_letters where given_up_at is null").await, 2);
        let page = maintainer.get(PAGE).await.status(200);
        maintainer.submit(&page, "form[action$='/omission']", &[]).await.see(PAGE);
        let page = viewer.get(PAGE).await.status(200);
        assert!(page.text.contains("maintainer let the next ones go without it"), "{}", page.text);
        assert!(!page.has("form[action$='/delivery']"));
        let told = app.events_of("system", "delivery_given_up").await;
        assert_eq!((told[0]["details"]["event_id"].as_str(), told[0]["details"]["domain"].as_str()), (Some(mine.as_str()), Some("project")));
        sam.post(&format!("/events/{secret}/delivery"), &[]).await.see(PAGE);
        let told = app.events_of("system", "delivery_retried").await;
        assert!(told[0]["details"]["domain"].is_null(), "everybody sees this event");
        assert_eq!(app.count("dead_letters").await, 1);
    }

    async fn whoever_is_second_changes_nothing_and_is_told(app) {
        let sam = app.setup_admin().await;
        project(&sam, &[("name", "Rack")]).await;
        let id = refuse(&app, "project").await;
        let other = app.log_in("sam", PASSWORD).await;
        for path in ["delivery", "omission", "delivery"] {
            sam.post(&format!("/events/{id}/{path}"), &[]).await.see(PAGE);
        }
        assert_eq!(app.events_of("system", "delivery_retried").await.len(), 1);
        assert!(app.events_of("system", "delivery_given_up").await.is_empty());
        other.post(&format!("/events/{id}/omission"), &[]).await.see(PAGE);
        assert!(other.get(PAGE).await.text.contains("nothing was done"));
        sam.post("/events/no-such-event/delivery", &[]).await.see(PAGE);
    }

    async fn an_empty_page_says_what_would_stand_there(app) {
        let sam = app.setup_admin().await;
        let page = sam.get(PAGE).await.status(200);
        assert!(page.has(".nothing") && page.text.contains("refused nothing"));
        assert!(sam.get("/events").await.has("a[href='/events/refused']"));
    }
}
