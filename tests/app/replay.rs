//! Events as JSON lines, from a position on: what a script reads to fill a gap.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Answer, Browser, Engine, PASSWORD, TestApp, eventually};

const PATIENCE: Duration = Duration::from_secs(20);
const LINES: &str = "application/x-ndjson";

async fn lines(browser: &Browser, path: &str) -> Answer {
    browser
        .send(browser.getting(path).header("Accept", LINES))
        .await
}

fn read(answer: &Answer) -> Vec<Value> {
    answer
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn topics(answer: &Answer) -> Vec<String> {
    read(answer)
        .iter()
        .map(|line| line["topic"].as_str().unwrap().to_owned())
        .collect()
}

async fn make_project(browser: &Browser, name: &str) {
    let made = browser.post("/projects", &[("name", name)]).await;
    made.status(303);
}

/// Waits until every event has its position.
async fn all_placed(app: &TestApp) {
    eventually(PATIENCE, "every event has its position", || async {
        app.count("events where position is null").await == 0
    })
    .await;
}

/// Puts in so many events of one thing, of about a kilobyte each, as if they had been long ago.
pub async fn fill(app: &TestApp, domain: &str, count: usize) {
    let payload = format!(
        r#"{{"id":"x","timestamp":"2020-01-01T00:00:00.000000Z","details":{{"text":"{}"}}}}"#,
        "x".repeat(1_000)
    );
    let numbers = match app.engine() {
        Engine::Sqlite => {
            "with recursive n(n) as (select 1 union all select n + 1 from n limit COUNT) "
        }
        Engine::Postgres => "with n(n) as (select generate_series(1, COUNT)) ",
    };
    let numbers = numbers.replace("COUNT", &count.to_string());
    let columns = "id, domain, event_type, entity_id, subject, version, actor, trace_id, payload, \
                   created_at, published_at";
    let at = "(select max(created_at) from events)";
    // PostgreSQL's engine gives no positions; the relay goes on behind what it gave last.
    let (column, value) = match app.engine() {
        Engine::Sqlite => ("", ""),
        Engine::Postgres => (
            ", position",
            ", (select last_position from relay_lease) + n",
        ),
    };
    let insert = format!(
        "insert into events ({columns}{column}) {numbers} select 'filled-' || n, '{domain}', \
         'updated', 'filled', '{domain}/filled', n, 'sam', 't', '{payload}', {at}, {at}{value} from n"
    );
    app.database().execute(&insert).await;
    if app.engine() == Engine::Postgres {
        app.database()
            .execute("update relay_lease set last_position = (select max(position) from events)")
            .await;
    }
}

stories! {
    async fn a_script_reads_what_went_to_the_broker_to_the_byte_and_goes_on_from_a_position(app) {
        let sam = app.setup_admin().await;
        let mut heard = app.subscribe_as("sam", PASSWORD, "tracker/events/project/#").await;
        make_project(&sam, "Rack <1> \"ü\"").await;
        let message = heard.next(PATIENCE).await;
        all_placed(&app).await;
        let answer = lines(&sam, "/events?after=0").await.status(200);
        assert_eq!(answer.header("content-type"), LINES);
        assert_eq!(answer.header("cache-control"), "no-store");
        let all = read(&answer);
        let kept = app.rows("select position, payload from events order by position").await;
        assert_eq!(all.len(), kept.len());
        for (line, kept) in answer.text.lines().zip(&kept) {
            assert!(line.starts_with(&format!("{{\"position\":{},", kept.int("position"))), "{line}");
            assert!(line.ends_with(&format!(",\"payload\":{}}}", kept.text("payload"))), "{line}");
        }
        let last = all.last().unwrap();
        assert_eq!(last["topic"], "tracker/events/project/created");
        assert_eq!(last["payload"], message.payload);
        let position = last["position"].as_i64().unwrap();
        assert_eq!(answer.header("taylordash-position"), position.to_string());

        let next = lines(&sam, &format!("/events?after={position}")).await.status(200);
        assert_eq!(next.text, "");
        make_project(&sam, "Cables").await;
        all_placed(&app).await;
        let next = lines(&sam, &format!("/events?after={position}")).await.status(200);
        assert_eq!(topics(&next), ["tracker/events/project/created"]);
        assert_eq!(read(&next)[0]["payload"]["details"]["name"], "Cables");
    }

    async fn everybody_reads_only_what_their_role_sees(app) {
        let sam = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let maintainer = app.user("maintainer").await;
        make_project(&sam, "Rack").await;
        all_placed(&app).await;
        let everything = topics(&lines(&sam, "/events?after=0").await.status(200));
        for secret in ["tracker/events/user/created", "tracker/events/auth/logged_in"] {
            assert!(everything.iter().any(|topic| topic == secret), "{everything:?}");
        }
        let public: Vec<String> = everything
            .into_iter()
            .filter(|topic| !topic.contains("/user/") && !topic.contains("/auth/"))
            .collect();
        assert!(!public.is_empty());
        for browser in [&viewer, &maintainer] {
            assert_eq!(topics(&lines(browser, "/events?after=0").await.status(200)), public);
            lines(browser, "/events?after=0&domain=auth").await.status(403);
        }
        let projects = lines(&viewer, "/events?domain=project").await.status(200);
        assert_eq!(topics(&projects), ["tracker/events/project/created"]);
    }

    async fn an_account_of_a_device_reads_what_it_hears_and_no_more(app) {
        let sam = app.setup_admin().await;
        make_project(&sam, "Rack").await;
        let made = sam.post("/system/mqtt", &[("name", "guard"), ("reads", "tracker/events/auth/#")]).await;
        let guard = made.status(200).select("#mqtt-password")[0].clone();
        all_placed(&app).await;
        let read_by = async |name: &str, password: &str| {
            let asked = app.browser().getting("/events?after=0").basic_auth(name, Some(password));
            app.browser().send(asked).await
        };
        let heard = topics(&read_by("reader", &app.reader()).await.status(200));
        assert!(heard.iter().any(|topic| topic == "tracker/events/project/created"), "{heard:?}");
        assert!(heard.iter().all(|topic| !topic.contains("/auth/") && !topic.contains("/user/")), "{heard:?}");
        let heard = topics(&read_by("guard", &guard).await.status(200));
        assert!(!heard.is_empty() && heard.iter().all(|topic| topic.starts_with("tracker/events/auth/")), "{heard:?}");
        let heard = topics(&read_by("sam", PASSWORD).await.status(200));
        assert!(heard.iter().any(|topic| topic == "tracker/events/user/mqtt_account_created"));
        assert_eq!(read_by("guard", "wrong").await.status(401).text, "Sign in first.");
        assert_eq!(read_by("nobody", "").await.status(401).text, "Sign in first.");
        // It is no key to the pages.
        let page = app.browser().getting("/events").basic_auth("sam", Some(PASSWORD));
        app.browser().send(page).await.status(303);
        let rows = app.rows("select id from mqtt_accounts where name = 'guard'").await;
        let path = format!("/system/mqtt/{}", rows[0].text("id"));
        sam.post(&path, &[("state", "disabled")]).await.status(303);
        read_by("guard", &guard).await.status(401);
    }

    async fn what_is_no_position_and_who_is_not_signed_in_is_told_so_in_one_line(app) {
        let sam = app.setup_admin().await;
        for bad in ["-1", "x", "1.5", "9223372036854775808", "%27", "1%20or%201=1"] {
            let answer = lines(&sam, &format!("/events?after={bad}")).await.status(400);
            assert!(answer.text.starts_with("after= is the position"), "{}", answer.text);
        }
        let answer = lines(&sam, "/events?after=1&domain=nothing").await.status(400);
        assert!(answer.text.starts_with("There are no such events"), "{}", answer.text);
        let answer = lines(&app.browser(), "/events?after=0").await.status(401);
        assert_eq!(answer.text, "Sign in first.");
        // A browser is shown the page, whatever it asks for behind the question mark.
        let page = sam.getting("/events?after=0").header("Accept", "text/html,*/*");
        assert!(sam.send(page).await.status(200).header("content-type").starts_with("text/html"));
        // A script that gives a position means lines, also where it does not say so.
        let answer = sam.send(sam.getting("/events?after=0").header("Accept", "*/*")).await.status(200);
        assert_eq!(answer.header("content-type"), LINES);
    }

    async fn slow_readers_hold_no_connection_and_an_ended_session_reads_no_further(app) {
        let sam = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        all_placed(&app).await;
        fill(&app, "project", 30_000).await;
        let mut slow = Vec::new();
        // Twice as many as there are connections.
        for _ in 0..8 {
            let asked = viewer.getting("/events?after=0").header("Accept", LINES);
            let mut answer = asked.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            assert!(answer.chunk().await.unwrap().is_some());
            slow.push(answer);
        }
        sam.get("/projects").await.status(200);
        make_project(&sam, "Meanwhile").await;
        let whole = lines(&sam, "/events?after=0&domain=project").await.status(200);
        assert_eq!(read(&whole).len(), 30_000 + usize::from(whole.text.contains("Meanwhile")));

        // A connection that was idle for so long may be closed at this moment.
        let sam = app.log_in("sam", PASSWORD).await;
        let id = crate::security::id_of(&app, "viewer").await;
        sam.post(&format!("/users/{id}/sessions/deletion"), &[]).await.status(303);
        for mut answer in slow {
            let mut bytes = 0;
            let end = loop {
                match answer.chunk().await {
                    Ok(Some(chunk)) => bytes += chunk.len(),
                    end => break end,
                }
            };
            assert!(end.is_err(), "it was not cut off after {bytes} bytes");
            assert!(bytes < 30_000_000, "all of it was read");
        }
    }

    async fn what_has_no_position_yet_is_not_there_and_comes_later(app) {
        let sam = app.setup_admin().await;
        // Nobody listens there: on PostgreSQL, nobody gives positions meanwhile.
        app.restart_on(crate::harness::Broker::At("mqtt://127.0.0.1:9".parse().unwrap())).await;
        let sam = sam.at(&app.origin());
        make_project(&sam, "Rack").await;
        let placed = app.rows("select position from events where position is not null order by 1").await;
        let answer = lines(&sam, "/events?after=0").await.status(200);
        let positions: Vec<i64> = read(&answer).iter().map(|line| line["position"].as_i64().unwrap()).collect();
        let placed: Vec<i64> = placed.iter().map(|row| row.int("position")).collect();
        assert!(positions.starts_with(&placed), "{positions:?} {placed:?}");
        app.restart_on(crate::harness::Broker::Embedded).await;
        let sam = sam.at(&app.origin());
        all_placed(&app).await;
        let later = read(&lines(&sam, "/events?after=0").await.status(200));
        assert!(later.len() > positions.len());
        assert!(later.iter().zip(1..).all(|(line, n)| line["position"] == n));
    }
}
