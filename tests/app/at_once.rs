//! Changes of many tasks at the same moment: none of them waits for another that waits for it.

use crate::harness::{Browser, TestApp};
use crate::labels::label;
use crate::projects::{assert_counts_true, project};

const ROUNDS: usize = 6;

/// A project with so many tasks; answers their ids.
async fn tasks(app: &TestApp, sam: &Browser, name: &str, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count)
        .map(|number| format!("{name} {number}"))
        .collect();
    let mut fields = vec![("name", name)];
    fields.extend(names.iter().map(|task| ("task", task.as_str())));
    let id = project(sam, &fields).await;
    let rows = app
        .rows(&format!(
            "select id from tasks where project_id = '{id}' order by id"
        ))
        .await;
    rows.iter().map(|row| row.text("id").to_owned()).collect()
}

/// Leaves no room between any two cards of a column, in an order that is not that of the ids, and lets
/// PostgreSQL keep the rows in that order.
async fn crowd(app: &TestApp, ids: &[String]) {
    let count = ids.len();
    for place in 0..count {
        let id = &ids[place * 37 % count];
        app.database()
            .execute(&format!(
                "update tasks set place = {place} where id = '{id}'"
            ))
            .await;
    }
}

/// Sends all at once; each is answered with one of these statuses.
async fn send(sam: &Browser, requests: Vec<(String, Vec<(String, String)>)>, expected: &[u16]) {
    let mut work = tokio::task::JoinSet::new();
    for (path, fields) in requests {
        let (sam, expected) = (sam.clone(), expected.to_vec());
        work.spawn(async move {
            let pairs: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let answer = sam.post(&path, &pairs).await;
            assert!(
                expected.contains(&answer.status),
                "{path} {}: {}",
                answer.status,
                answer.text
            );
        });
    }
    work.join_all().await;
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A plugin that all tasks are about, and somebody who has them all: that account's id.
async fn named_by_all(app: &TestApp, sam: &Browser, round: usize) -> String {
    let (plugin, user) = (format!("ups{round}"), format!("robin{round}"));
    let manifest =
        format!(r#"{{"id": "{plugin}", "name": "The UPS", "version": "1.0.0", "type": "data"}}"#);
    sam.post("/plugins", &[("manifest_text", &manifest)])
        .await
        .status(303);
    app.named_user(&user, "maintainer").await;
    let rows = app
        .rows(&format!("select id from users where username = '{user}'"))
        .await;
    let id = rows[0].text("id").to_owned();
    app.database()
        .execute(&format!(
            "update tasks set about_id = '{plugin}', assignee_id = '{id}'"
        ))
        .await;
    id
}

/// A change of many.
fn bulk(ids: &[String], changes: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
    let mut fields: Vec<(String, String)> = ids.iter().map(|id| pair("task", id)).collect();
    fields.extend(changes.iter().map(|(name, value)| pair(name, value)));
    ("/tasks/bulk".to_owned(), fields)
}

stories! {
    async fn cards_that_make_room_do_not_get_stuck_with_a_change_of_many_or_of_one(app) {
        let sam = app.setup_admin().await;
        let here = tasks(&app, &sam, "Here", 4).await;
        let there = tasks(&app, &sam, "There", 60).await;
        let all = [&here[..], &there[..]].concat();
        for round in 0..ROUNDS {
            crowd(&app, &all).await;
            let day = format!("2031-05-{:02}", round + 1);
            let mut requests = vec![
                bulk(&there, &[("due", &day)]),
                bulk(&there[20..], &[("assignee", if round % 2 == 0 { "sam" } else { "-" })]),
            ];
            for (number, card) in here.iter().enumerate() {
                let other = &there[(number * 11 + round) % there.len()];
                let path = format!("/tasks/{card}/place?on=all");
                requests.push((path, vec![pair("after", other)]));
                let status = if round % 2 == 0 { "in_progress" } else { "pending" };
                let path = format!("/tasks/{}", there[number * 7]);
                requests.push((path, vec![pair("status", status)]));
            }
            send(&sam, requests, &[303]).await;
        }
        let shown = sam.get("/board?shown=pending.1000").await.status(200);
        let rows = app.rows("select name from tasks where status = 'pending' order by place, id").await;
        let kept: Vec<&str> = rows.iter().map(|row| row.text("name")).collect();
        assert_eq!(shown.select("#cards-pending [data-open]"), kept);
        assert_eq!(app.count("tasks where status = 'pending'").await, 64);
        assert_eq!(app.count("tasks where due_day is not null").await, 60);
        assert_counts_true(&app).await;
    }

    async fn what_comes_back_from_the_trash_does_not_get_stuck_with_what_it_names_and_goes(app) {
        let sam = app.setup_admin().await;
        let ids = tasks(&app, &sam, "Rack", 60).await;
        let rack = app.rows("select id from projects").await[0].text("id").to_owned();
        for round in 0..ROUNDS {
            let user = named_by_all(&app, &sam, round).await;
            crowd(&app, &ids).await;
            sam.post(&format!("/projects/{rack}/deletion"), &[]).await.see("/projects");
            let forms = sam.get("/trash").await.status(200).attributes("#trash form", "action");
            let mut requests = vec![
                (format!("/plugins/ups{round}/deletion"), Vec::new()),
                (format!("/users/{user}/deletion"), Vec::new()),
            ];
            requests.extend(forms.into_iter().map(|form| (form, Vec::new())));
            send(&sam, requests, &[303]).await;
        }
        assert_eq!(app.count("live_tasks").await, 60);
        assert_eq!(app.count("tasks where assignee_id is not null or about_id is not null").await, 0);
        assert_counts_true(&app).await;
    }

    async fn a_label_an_account_or_a_plugin_that_goes_does_not_get_stuck_with_a_change_of_many(app) {
        let sam = app.setup_admin().await;
        let ids = tasks(&app, &sam, "Rack", 50).await;
        for round in 0..ROUNDS {
            let id = label(&sam, &format!("Label {round}"), "teal").await;
            send(&sam, vec![bulk(&ids, &[("add-label", &id)])], &[303]).await;
            let robin = named_by_all(&app, &sam, round).await;
            crowd(&app, &ids).await;
            let requests = vec![
                bulk(&ids, &[("remove-label", &id)]),
                bulk(&ids, &[("due", &format!("2031-06-{:02}", round + 1))]),
                (format!("/plugins/ups{round}/deletion"), Vec::new()),
                (format!("/users/{robin}/deletion"), Vec::new()),
                (format!("/labels/{id}/deletion"), Vec::new()),
            ];
            // The label may be gone before it is taken off.
            send(&sam, requests, &[303, 422]).await;
        }
        assert_eq!(app.count("task_labels").await, 0);
        assert_eq!(app.count("tasks where assignee_id is not null").await, 0);
        assert_eq!(app.count("tasks where due_day is not null").await, 50);
    }
}
