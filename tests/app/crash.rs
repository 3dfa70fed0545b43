//! Killed in the middle of its work, it has kept what it answered for, and no event without its
//! change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;

use crate::harness::{Browser, PASSWORD, Place, Process, eventually};

const ROUNDS: usize = 10;
const CREATES: usize = 200;
/// How many are on their way at any moment.
const AT_ONCE: usize = 8;

/// Sends creates until 200 are sent or nobody answers any more; the ids of those that were answered.
async fn create_until_silence(
    browser: &Browser,
    sent: &AtomicUsize,
    answered: &AtomicUsize,
) -> Vec<String> {
    let mut made = Vec::new();
    loop {
        let number = sent.fetch_add(1, Ordering::Relaxed);
        if number >= CREATES {
            return made;
        }
        let name = format!("project {number}");
        let fields = [
            ("name", name.as_str()),
            ("task", "first"),
            ("task", "second"),
        ];
        let request = browser.posting("/projects").form(&fields).send();
        let Ok(response) = request.await else {
            return made;
        };
        assert_eq!(response.status(), 303);
        let location = response.headers()["Location"].to_str().unwrap();
        made.push(location.strip_prefix("/projects/").unwrap().to_owned());
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// Kills `process` once `enough` creates were answered.
async fn kill_in_the_middle(process: &mut Process, answered: &AtomicUsize, enough: usize) {
    eventually(
        Duration::from_secs(60),
        "enough creates are answered",
        || async { answered.load(Ordering::Relaxed) >= enough },
    )
    .await;
    process.kill().await;
}

async fn assert_whole(place: &Place, answered: &BTreeSet<String>) {
    let projects = "select id, task_count, (select count(*) from tasks where project_id = projects.id) as tasks from projects";
    let mut tasks = BTreeMap::new();
    for row in place.database.rows(projects).await {
        assert_eq!(row.int("task_count"), row.int("tasks"), "{row:?}");
        tasks.insert(row.text("id").to_owned(), row.int("tasks"));
    }
    let created =
        "select entity_id from events where domain = 'project' and event_type = 'created'";
    let events = place.database.rows(created).await;
    let told: BTreeSet<String> = events
        .iter()
        .map(|row| row.text("entity_id").to_owned())
        .collect();
    assert_eq!(told.len(), events.len(), "a project was told of twice");
    let kept: BTreeSet<String> = tasks.keys().cloned().collect();
    let lost: Vec<_> = answered.difference(&kept).collect();
    assert!(lost.is_empty(), "answered and lost: {lost:?}");
    assert_eq!(kept, told, "projects and their events");
    assert!(
        tasks.values().all(|count| *count == 2),
        "a project without its tasks"
    );
}

programs! {
    async fn killed_in_the_middle_of_two_hundred_creates_ten_times_it_lost_nothing_it_answered_for(place) {
        let mut process = place.start(&[]);
        let mut browser = place.set_up(&mut process).await;
        let mut all = BTreeSet::new();
        for round in 0..ROUNDS {
            let (sent, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let workers = join_all((0..AT_ONCE).map(|_| create_until_silence(&browser, &sent, &answered)));
            // Each round a little later, so that it dies at another place.
            let killed = kill_in_the_middle(&mut process, &answered, 1 + round * 13);
            let (made, ()) = futures_util::join!(workers, killed);
            assert!(answered.load(Ordering::Relaxed) < CREATES, "it was killed too late");
            all.extend(made.into_iter().flatten());
            process = place.start(&[]);
            browser = browser.at(&process.origin().await);
            assert_whole(&place, &all).await;
        }
        assert!(all.len() >= ROUNDS, "{}", all.len());
        browser.get("/projects").await.status(200);
        browser.post("/login", &[("username", "sam"), ("password", PASSWORD)]).await.status(303);
    }
}
