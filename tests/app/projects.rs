//! Projects: what people make, change and delete, alone and all at once.

use std::collections::HashSet;

use serde_json::json;

use crate::harness::{Answer, Browser, TestApp};

/// Makes a project; answers its id.
pub async fn project(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = browser.post("/projects", fields).await.status(303);
    id_in(&answer)
}

fn id_in(answer: &Answer) -> String {
    let location = answer.location();
    let id = location
        .strip_prefix("/projects/")
        .expect("it leads to a project");
    id.split(['?', '#']).next().unwrap().to_owned()
}

/// Fails where a count that is kept is not the count there is.
pub async fn assert_counts_true(app: &TestApp) {
    let sql = "select p.id, p.task_count, p.done_count, p.in_progress_count, p.blocked_count, \
        (select count(*) from live_tasks t where t.project_id = p.id) as tasks, \
        (select count(*) from live_tasks t where t.project_id = p.id and t.status = 'done') as done, \
        (select count(*) from live_tasks t where t.project_id = p.id and t.status = 'in_progress') as going, \
        (select count(*) from live_tasks t where t.project_id = p.id and t.status = 'blocked') as blocked \
        from live_projects p";
    for row in app.rows(sql).await {
        assert_eq!(row.int("task_count"), row.int("tasks"), "{row:?}");
        assert_eq!(row.int("done_count"), row.int("done"), "{row:?}");
        assert_eq!(row.int("in_progress_count"), row.int("going"), "{row:?}");
        assert_eq!(row.int("blocked_count"), row.int("blocked"), "{row:?}");
    }
}

/// Every name on a list from its first page to its last.
async fn walk(browser: &Browser, first: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        let page = browser.get(&path).await.status(200);
        pages.push(page.select("tbody th a"));
        next = page.attributes("a[rel=next]", "href").pop();
        assert!(pages.len() < 100, "the list has no end");
    }
    pages
}

stories! {
    async fn a_project_is_made_with_its_tasks_and_one_event_for_each(app) {
        let sam = app.setup_admin().await;
        let form = sam.get("/projects/new").await.status(200);
        assert!(form.has("form[action='/projects'] input[name=task]"));
        let fields = [
            ("name", "Move the rack"), ("description", "**soon**"), ("status", "planning"),
            ("task", "Buy rails"), ("task", "  "), ("task", ""), ("task", "Label cables"),
        ];
        let id = project(&sam, &fields).await;
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        assert_eq!(page.select("h1"), ["Move the rack"]);
        assert!(page.text.contains("<strong>soon</strong>"));
        let names = app.rows("select name, status from tasks order by created_at, id").await;
        let names: Vec<&str> = names.iter().map(|row| row.text("name")).collect();
        assert_eq!(names, ["Buy rails", "Label cables"]);
        let made = app.events_of("project", "created").await;
        assert_eq!(made.len(), 1);
        assert_eq!(made[0]["details"]["name"], "Move the rack");
        let tasks = app.events_of("task", "created").await;
        assert_eq!(tasks.len(), 2);
        assert!(tasks.iter().all(|event| event["details"]["project_id"] == id.as_str()));
        assert_counts_true(&app).await;
    }

    async fn a_refused_project_makes_nothing_and_shows_what_was_typed(app) {
        let sam = app.setup_admin().await;
        let long = "x".repeat(10_000);
        for (name, status, task, field) in [
            ("", "active", "", "name"),
            (" \u{200f}\u{202e} ", "active", "", "name"),
            (long.as_str(), "active", "", "name"),
            ("nul\0", "active", "", "name"),
            ("fine", "someday", "", "status"),
            ("fine", "active", long.as_str(), "task-1"),
        ] {
            let fields = [("name", name), ("status", status), ("description", "keep <me>"), ("task", task)];
            let answer = sam.post("/projects", &fields).await.status(422);
            assert!(!answer.problem(field).is_empty(), "{field}: {}", answer.text);
            assert_eq!(answer.select("textarea[name=description]"), ["keep <me>"]);
        }
        assert_eq!(app.count("projects").await, 0);
        assert_eq!(app.count("tasks").await, 0);
        assert_eq!(app.count("events where domain in ('project', 'task')").await, 0);
    }

    async fn strange_names_come_back_as_they_were_typed(app) {
        let sam = app.setup_admin().await;
        for name in [
            "'; drop table projects; --",
            "<script>alert(1)</script> & \"quotes\"",
            "🛰️ Antenne für Österreich",
            "right \u{202e}to left",
            "{{ 7 * 7 }} ${7} %s \\",
        ] {
            let id = project(&sam, &[("name", name), ("task", name)]).await;
            let page = sam.get(&format!("/projects/{id}")).await.status(200);
            assert_eq!(page.select("h1"), [name]);
            assert!(!page.has("main script"));
            let rows = app.rows(&format!("select name from projects where id = '{id}'")).await;
            assert_eq!(rows[0].text("name"), name);
        }
        assert_eq!(sam.get("/projects").await.status(200).select("tbody th a").len(), 5);
    }

    async fn sixty_four_people_create_a_project_at_once(app) {
        let sam = app.setup_admin().await;
        let mut posts = tokio::task::JoinSet::new();
        for number in 0..64 {
            let sam = sam.clone();
            posts.spawn(async move {
                let name = format!("Project {number}");
                project(&sam, &[("name", &name), ("task", "one"), ("task", "two")]).await
            });
        }
        let ids: HashSet<String> = posts.join_all().await.into_iter().collect();
        assert_eq!(ids.len(), 64);
        assert_eq!(app.count("projects where task_count = 2").await, 64);
        assert_eq!(app.events_of("project", "created").await.len(), 64);
        assert_eq!(app.events_of("task", "created").await.len(), 128);
        assert_counts_true(&app).await;
    }

    async fn a_save_says_what_changed_and_what_is_not_sent_stays(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Old"), ("description", "as it was")]).await;
        let path = format!("/projects/{id}");
        sam.post(&path, &[("name", "New"), ("status", "on_hold")]).await.see(&path);
        let row = &app.rows("select name, description, status from projects").await[0];
        assert_eq!(
            (row.text("name"), row.text("description"), row.text("status")),
            ("New", "as it was", "on_hold")
        );
        let updated = &app.events_of("project", "updated").await[0];
        assert_eq!(updated["details"], json!({ "name": "New", "changes": { "name": { "old": "Old", "new": "New" } } }));
        let moved = &app.events_of("project", "status_changed").await[0];
        assert_eq!(moved["details"], json!({ "old_status": "active", "new_status": "on_hold" }));
        sam.post(&path, &[("description", "äöü")]).await.see(&path);
        let updated = &app.events_of("project", "updated").await[1];
        assert_eq!(
            updated["details"],
            json!({ "name": "New", "changes": { "description": { "old_length": 9, "new_length": 3 } } })
        );
        assert_eq!(updated["version"], 4);
    }

    async fn saving_a_form_as_it_is_makes_no_event(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Same"), ("description", "two\r\nlines"), ("task", "one")]).await;
        let before = app.events().await.len();
        let form = sam.get(&format!("/projects/{id}/edit")).await.status(200);
        sam.submit(&form, "main form", &[]).await.see(&format!("/projects/{id}"));
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        sam.submit(&page, "form.task-status", &[]).await.status(303);
        sam.submit(&page, "form.more-body", &[]).await.status(303);
        assert_eq!(app.events().await.len(), before);
    }

    async fn htmx_gets_only_the_part_it_asked_for(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "Buy rails")]).await;
        let part = sam.getting(&format!("/projects/{id}")).header("HX-Request-Type", "partial");
        let part = sam.send(part).await.status(200);
        assert!(part.text.trim_start().starts_with("<div id=\"project\""), "{}", part.text);
        let part = sam.getting("/projects?status=active").header("HX-Request-Type", "partial");
        let part = sam.send(part).await.status(200);
        assert!(part.text.trim_start().starts_with("<div id=\"projects\""), "{}", part.text);
        let refused = sam.posting(&format!("/projects/{id}/tasks")).header("HX-Request-Type", "partial");
        let refused = sam.send(refused.form(&[("name", "")])).await.status(422);
        assert!(refused.text.trim_start().starts_with("<div id=\"project\""), "{}", refused.text);
    }

    async fn deleting_a_project_takes_its_tasks_along(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Gone"), ("task", "one"), ("task", "two")]).await;
        let question = sam.get(&format!("/projects/{id}/deletion")).await.status(200);
        assert!(question.text.contains("its 2 tasks"));
        sam.submit(&question, "main form", &[]).await.see("/projects");
        sam.get(&format!("/projects/{id}")).await.status(404);
        sam.post(&format!("/projects/{id}/deletion"), &[]).await.status(404);
        assert_eq!(app.count("live_tasks").await, 0);
        let deleted = app.events_of("project", "deleted").await;
        assert_eq!((&deleted[0]["details"]["name"], &deleted[0]["details"]["task_count"]), (&json!("Gone"), &json!(2)));
    }

    async fn a_viewer_looks_and_changes_nothing(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "one")]).await;
        let task = app.rows("select id from tasks").await[0].text("id").to_owned();
        let viewer = app.user("viewer").await;
        let changes = "events where event_type <> 'denied'";
        let before = app.count(changes).await;
        for path in ["/projects".to_owned(), format!("/projects/{id}")] {
            let page = viewer.get(&path).await.status(200);
            assert!(!page.has("main form[method=post]"), "{path}");
            assert!(!page.has("main a[href$='/new'], main a[href$='/edit'], main a[href$='/deletion']"));
        }
        for path in ["/projects/new".to_owned(), format!("/projects/{id}/edit"), format!("/projects/{id}/deletion")] {
            viewer.get(&path).await.status(403);
        }
        for path in [
            "/projects".to_owned(), format!("/projects/{id}"), format!("/projects/{id}/deletion"),
            format!("/projects/{id}/tasks"), format!("/tasks/{task}"), format!("/tasks/{task}/deletion"),
        ] {
            viewer.post(&path, &[("name", "mine"), ("status", "done")]).await.status(403);
        }
        assert_eq!(app.count(changes).await, before);
        let maintainer = app.user("maintainer").await;
        maintainer.post(&format!("/tasks/{task}"), &[("status", "done")]).await.status(303);
        let none = app.browser();
        assert!(none.get("/projects?q=x").await.status(303).location().starts_with("/login?next="));
    }

    async fn what_both_changed_is_asked_and_what_one_changed_is_kept(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Shown"), ("description", "shown")]).await;
        let path = format!("/projects/{id}");
        let mine = sam.get(&format!("{path}/edit")).await.status(200);
        let other = app.user("maintainer").await;
        other.post(&path, &[("name", "Theirs")]).await.status(303);
        // They renamed it, this form did not: their name stays.
        sam.submit(&mine, "main form", &[("description", "mine")]).await.see(&path);
        assert_eq!(app.count("projects where name = 'Theirs' and description = 'mine'").await, 1);
        // Both renamed it.
        let mine = sam.get(&format!("{path}/edit")).await.status(200);
        other.post(&path, &[("name", "Theirs again")]).await.status(303);
        let refused = sam.submit(&mine, "main form", &[("name", "Mine")]).await.status(422);
        assert_eq!(refused.attributes("#name", "value"), ["Mine"]);
        assert_eq!(refused.select(".theirs pre"), ["Theirs again"]);
        assert_eq!(app.count("projects where name = 'Theirs again'").await, 1);
        // Who has seen theirs may replace it.
        sam.submit(&refused, "main form", &[]).await.see(&path);
        assert_eq!(app.count("projects where name = 'Mine'").await, 1);
    }

    async fn the_same_form_sent_twice_makes_one_thing(app) {
        let sam = app.setup_admin().await;
        let form = sam.get("/projects/new").await.status(200);
        let changes = [("name", "Once"), ("task", "one")];
        let (first, second) = tokio::join!(
            sam.submit(&form, "main form", &changes),
            sam.submit(&form, "main form", &changes)
        );
        assert_eq!(first.status(303).location(), second.status(303).location());
        assert_eq!(app.count("projects").await, 1);
        // Gone back and typed anew: another project, but not before it is sent once more.
        let again = sam.submit(&form, "main form", &[("name", "Twice")]).await.status(422);
        assert_eq!(again.attributes("#name", "value"), ["Twice"]);
        sam.submit(&again, "main form", &[]).await.status(303);
        assert_eq!(app.count("projects where name = 'Twice'").await, 1);
        let id = app.rows("select id from projects where name = 'Once'").await[0].text("id").to_owned();
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        for _ in 0..2 {
            sam.submit(&page, "#add-task", &[("name", "two")]).await.status(303);
        }
        assert_eq!(app.count("tasks where name = 'two'").await, 1);
        assert_counts_true(&app).await;
    }

    async fn pages_are_full_and_complete_while_projects_are_added(app) {
        let sam = app.setup_admin().await;
        for number in 0..120 {
            project(&sam, &[("name", &format!("Old {number}"))]).await;
        }
        let first = sam.get("/projects").await.status(200);
        let mut seen = first.select("tbody th a");
        assert_eq!(seen.len(), 50);
        let mut next = first.attributes("a[rel=next]", "href").pop();
        while let Some(path) = next {
            project(&sam, &[("name", "Newer")]).await;
            let page = sam.get(&path).await.status(200);
            let names = page.select("tbody th a");
            next = page.attributes("a[rel=next]", "href").pop();
            assert!(next.is_none() || names.len() == 50);
            seen.extend(names);
        }
        let expected: Vec<String> = (0..120).rev().map(|number| format!("Old {number}")).collect();
        assert_eq!(seen, expected);
    }

    async fn the_list_filters_by_status_and_pages_within_it(app) {
        let sam = app.setup_admin().await;
        for number in 0..60 {
            let status = if number % 10 == 0 { "archived" } else { "planning" };
            project(&sam, &[("name", &format!("P{number}")), ("status", status)]).await;
        }
        let pages = walk(&sam, "/projects?status=planning").await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 4]);
        assert_eq!(walk(&sam, "/projects?status=archived").await[0].len(), 6);
        assert!(sam.get("/projects?status=completed").await.status(200).text.contains("No project is like this"));
        sam.get("/projects?status=someday").await.status(400);
    }

    async fn a_search_finds_text_without_case_and_wildcards_as_they_are(app) {
        let sam = app.setup_admin().await;
        project(&sam, &[("name", "Öl für die Ärztin")]).await;
        project(&sam, &[("name", "100% uptime"), ("description", "snake_case \\ here")]).await;
        project(&sam, &[("name", "1000 uptime"), ("description", "snakeXcase here")]).await;
        for (query, found) in [
            ("%C3%84RZT", 1), ("%C3%B6L", 1), ("100%25", 1), ("%25", 1), ("_", 1), ("snake_", 1),
            ("%5C", 1), ("UPTIME", 2), ("HERE", 2), ("nothing", 0), ("%20%20", 3), ("%27%20or%201=1--", 0),
        ] {
            let page = sam.get(&format!("/projects?q={query}")).await.status(200);
            assert_eq!(page.select("tbody th a").len(), found, "{query}");
        }
        let id = app.rows("select id from projects where name = '100% uptime'").await[0].text("id").to_owned();
        sam.post(&format!("/projects/{id}"), &[("description", "renamed thing")]).await.status(303);
        assert_eq!(sam.get("/projects?q=RENAMED").await.select("tbody th a").len(), 1);
        assert_eq!(sam.get("/projects?q=snake_").await.select("tbody th a").len(), 0);
    }

    async fn an_address_that_is_none_gets_a_plain_answer(app) {
        let sam = app.setup_admin().await;
        let long = "x".repeat(5_000);
        for (path, status) in [
            ("/projects/none".to_owned(), 404),
            ("/projects/%F0%9F%9B%B0".to_owned(), 404),
            ("/projects/%ff%fe".to_owned(), 404),
            ("/projects/'%20or%201=1".to_owned(), 404),
            ("/projects/a%00b".to_owned(), 400),
            (format!("/projects/{long}"), 404),
            ("/projects/none/edit".to_owned(), 404),
            ("/projects/none/deletion".to_owned(), 404),
            ("/projects?before=-1".to_owned(), 400),
            ("/projects?before=99999999999999999999.x".to_owned(), 400),
            ("/projects?before=1.x".to_owned(), 200),
            (format!("/projects?q={long}"), 400),
            ("/projects?q=%ff".to_owned(), 200),
            ("/projects?q=a&q=b".to_owned(), 400),
        ] {
            let answer = sam.get(&path).await;
            assert_eq!(answer.status, status, "{path}");
            assert!(answer.has("main"), "{path}");
        }
        for path in ["/projects/none", "/projects/none/tasks", "/projects/none/deletion", "/tasks/none", "/tasks/none/deletion"] {
            sam.post(path, &[("name", "x")]).await.status(404);
        }
        let once = [("name", "x"), ("once", "not an id\0")];
        sam.post("/projects", &once).await.status(303);
    }
}
