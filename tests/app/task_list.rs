//! The list of tasks: what it finds, in which order, page by page.

use crate::harness::{Browser, TestApp};
use crate::projects::project;

/// A project with tasks of these names; answers its id.
async fn lab(browser: &Browser, name: &str, tasks: &[&str]) -> String {
    let mut fields = vec![("name", name)];
    fields.extend(tasks.iter().map(|task| ("task", *task)));
    project(browser, &fields).await
}

async fn task(app: &TestApp, name: &str) -> String {
    let rows = app
        .rows(&format!("select id from tasks where name = '{name}'"))
        .await;
    rows[0].text("id").to_owned()
}

/// Changes a task as its form would.
async fn change(app: &TestApp, browser: &Browser, name: &str, fields: &[(&str, &str)]) {
    let path = format!("/tasks/{}", task(app, name).await);
    browser.post(&path, fields).await.status(303);
}

/// A label, and the tasks that have it.
async fn label(app: &TestApp, id: &str, tasks: &[&str]) {
    let sql = format!(
        "insert into labels (id, name, folded_name, color, created_at) \
         values ('{id}', 'The {id}', 'the {id}', 'blue', '2026-01-01T00:00:00.000000Z')"
    );
    app.database().execute(&sql).await;
    for name in tasks {
        let sql = format!(
            "insert into task_labels (task_id, label_id, task_created_at) \
             select id, '{id}', created_at from tasks where name = '{name}'"
        );
        app.database().execute(&sql).await;
    }
}

async fn names(browser: &Browser, path: &str) -> Vec<String> {
    let page = browser.get(path).await.status(200);
    page.select(".task-list tbody th a[data-open]")
}

/// As [`names`], in the order of the alphabet.
async fn sorted(browser: &Browser, path: &str) -> Vec<String> {
    let mut found = names(browser, path).await;
    found.sort();
    found
}

/// The ids on all pages, from the first on.
async fn every_page(browser: &Browser, first: &str) -> Vec<String> {
    let mut next = Some(first.to_owned());
    let mut all: Vec<String> = Vec::new();
    while let Some(path) = next {
        let page = browser.get(&path).await.status(200);
        let found = page.attributes("tr[data-task]", "data-task");
        next = page.attributes("a[rel=next]", "href").pop();
        assert!(
            next.is_none() || found.len() == 50,
            "{path}: {}",
            found.len()
        );
        assert!(
            found.iter().all(|id| !all.contains(id)),
            "{path}: a task comes twice"
        );
        all.extend(found);
    }
    all
}

/// A day so far from this, in UTC.
fn day(days: i64) -> String {
    let day = chrono::Utc::now() + chrono::TimeDelta::days(days);
    day.format("%Y-%m-%d").to_string()
}

/// Two projects whose tasks differ in everything that a list can look for.
async fn furnished(app: &TestApp, sam: &Browser) -> String {
    app.named_user("kim", "maintainer").await;
    sam.post("/account/preferences", &[("time_zone", "UTC")])
        .await
        .status(303);
    let manifest = r#"{"id": "ups", "name": "The UPS", "version": "1.0.0", "type": "data"}"#;
    let fields = [("manifest_text", manifest)];
    sam.post("/plugins", &fields).await.status(303);
    let rack = lab(sam, "Rack", &["Alpha", "beta", "Gamma", "delta"]).await;
    lab(sam, "Net", &["Epsilon"]).await;
    change(
        app,
        sam,
        "Alpha",
        &[
            ("assignee", "sam"),
            ("priority", "urgent"),
            ("due", &day(-3)),
        ],
    )
    .await;
    change(
        app,
        sam,
        "beta",
        &[
            ("assignee", "kim"),
            ("status", "in_progress"),
            ("due", &day(0)),
        ],
    )
    .await;
    change(
        app,
        sam,
        "Gamma",
        &[
            ("status", "done"),
            ("due", &day(-5)),
            ("description", "Überspannung 230 V"),
        ],
    )
    .await;
    change(
        app,
        sam,
        "delta",
        &[("about", "ups"), ("priority", "low"), ("status", "blocked")],
    )
    .await;
    change(
        app,
        sam,
        "Epsilon",
        &[("assignee", "sam"), ("priority", "high")],
    )
    .await;
    let blocked = format!("/tasks/{}", task(app, "Epsilon").await);
    let fields = [("blocker", task(app, "Alpha").await)];
    let fields = fields.each_ref().map(|(name, id)| (*name, id.as_str()));
    sam.post(&format!("{blocked}/blockers"), &fields)
        .await
        .see(&blocked);
    label(app, "power", &["Alpha", "delta"]).await;
    label(app, "noise", &["beta"]).await;
    rack
}

stories! {
    async fn a_list_finds_what_every_filter_asks_for_and_all_of_them_together(app) {
        let sam = app.setup_admin().await;
        let rack = furnished(&app, &sam).await;
        for (query, found) in [
            ("", vec!["Alpha", "Epsilon", "Gamma", "beta", "delta"]),
            ("status=done", vec!["Gamma"]),
            ("status=done&status=blocked", vec!["Gamma", "delta"]),
            ("assignee=me", vec!["Alpha", "Epsilon"]),
            ("assignee=kim", vec!["beta"]),
            ("assignee=nobody", vec!["Gamma", "delta"]),
            ("label=power", vec!["Alpha", "delta"]),
            ("label=power&label=noise", vec!["Alpha", "beta", "delta"]),
            ("priority=urgent&priority=low", vec!["Alpha", "delta"]),
            ("due=overdue", vec!["Alpha"]),
            ("due=today", vec!["beta"]),
            ("due=none", vec!["Epsilon", "delta"]),
            ("about=ups", vec!["delta"]),
            ("blocked=yes", vec!["Epsilon", "delta"]),
            ("blocked=no", vec!["Alpha", "Gamma", "beta"]),
            ("q=%C3%9CBERSP", vec!["Gamma"]),
            ("q=gam+230", vec!["Gamma"]),
            ("q=amma", vec![]),
            ("q=v", vec!["Gamma"]),
            ("assignee=me&priority=urgent&label=power&due=overdue&blocked=no&status=pending&q=alp", vec!["Alpha"]),
            ("assignee=me&status=done", vec![]),
        ] {
            for sort in ["made", "changed-asc", "due", "due-desc", "priority", "name", "status-desc"] {
                let path = format!("/tasks?{query}&sort={sort}");
                assert_eq!(sorted(&sam, &path).await, found, "{path}");
            }
            let path = format!("/projects/{rack}/tasks?{query}");
            let here: Vec<&str> = found.into_iter().filter(|name| *name != "Epsilon").collect();
            assert_eq!(sorted(&sam, &path).await, here, "{path}");
        }
        assert!(names(&sam, "/tasks?due=week").await.contains(&"beta".to_owned()));
    }

    async fn a_list_is_sorted_both_ways_by_what_its_columns_say(app) {
        let sam = app.setup_admin().await;
        furnished(&app, &sam).await;
        for (sort, found) in [
            ("made", ["Epsilon", "delta", "Gamma", "beta", "Alpha"]),
            ("changed", ["Epsilon", "delta", "Gamma", "beta", "Alpha"]),
            ("name", ["Alpha", "beta", "delta", "Epsilon", "Gamma"]),
            ("priority", ["Alpha", "Epsilon", "Gamma", "beta", "delta"]),
            ("status", ["Alpha", "Epsilon", "beta", "delta", "Gamma"]),
        ] {
            assert_eq!(names(&sam, &format!("/tasks?sort={sort}")).await, found, "{sort}");
        }
        let due = names(&sam, "/tasks?sort=due").await;
        assert_eq!(due[..3], ["Gamma", "Alpha", "beta"]);
        for sort in ["made", "changed", "due", "priority", "name", "status"] {
            let mut up = names(&sam, &format!("/tasks?sort={sort}-asc")).await;
            up.reverse();
            assert_eq!(names(&sam, &format!("/tasks?sort={sort}-desc")).await, up, "{sort}");
        }
        let page = sam.get("/tasks?sort=name&status=pending").await.status(200);
        assert_eq!(page.attributes("th[aria-sort]", "aria-sort"), ["ascending"]);
        assert_eq!(page.attributes("th[aria-sort] a", "href"), ["/tasks?status=pending&sort=name-desc"]);
    }

    async fn every_page_of_every_order_follows_the_one_before(app) {
        let sam = app.setup_admin().await;
        let rack = lab(&sam, "Rack", &["Zeta"]).await;
        let sql = format!(
            "insert into tasks (id, project_id, name, status, priority, created_at, updated_at, due_at, name_key, words) \
             select 'task-' || n, '{rack}', 'Task ' || n, \
             case n % 4 when 0 then 'pending' when 1 then 'done' when 2 then 'blocked' else 'in_progress' end, \
             n % 3, moment, moment, case when n % 2 = 0 then moment end, 'task ' || (n % 7), ' task ' || n || ' ' \
             from (select n, {} as moment from numbers) m",
            match app.engine() {
                crate::harness::Engine::Sqlite => "strftime('%Y-%m-%dT%H:%M:%f000Z', '2026-01-01', (n / 3) || ' minutes')",
                crate::harness::Engine::Postgres => "timestamptz '2026-01-01' + (n / 3) * interval '1 minute'",
            }
        );
        let numbers = "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 170) ";
        let sql = match sql.split_once("select 'task-'") {
            Some((insert, select)) => format!("{insert}{numbers}select 'task-'{select}"),
            None => sql,
        };
        app.database().execute(&sql).await;
        label(&app, "all", &[]).await;
        app.database().execute("insert into task_labels (task_id, label_id, task_created_at) select id, 'all', created_at from tasks").await;
        let home = format!("/projects/{rack}/tasks");
        for (filter, sorts) in [
            ("", &["made", "made-asc", "changed", "due", "due-desc", "priority", "name", "name-desc", "status"][..]),
            ("q=task", &["made", "name"]),
            ("label=all", &["made", "made-asc", "due"]),
            ("status=done&status=pending", &["made", "status"]),
            ("due=overdue", &["due", "due-desc", "changed"]),
        ] {
            let mut expected: Option<Vec<String>> = None;
            for (sort, home) in sorts.iter().flat_map(|sort| [(sort, "/tasks"), (sort, &*home)]) {
                let mut all = every_page(&sam, &format!("{home}?{filter}&sort={sort}")).await;
                assert!(all.len() > 80, "{filter} {sort}: {}", all.len());
                all.sort();
                all.dedup();
                let expected = expected.get_or_insert_with(|| all.clone());
                assert_eq!(*expected, all, "{home} {sort} {filter}");
            }
        }
    }

    async fn what_a_list_cannot_mean_is_said_and_is_no_fault_of_ours(app) {
        let sam = app.setup_admin().await;
        let rack = lab(&sam, "Rack", &["Alpha"]).await;
        for query in [
            "status=open", "priority=9", "due=soon", "blocked=maybe", "sort=colour", "sort=due-up",
            "assignee=nobody-here", "label=no-such", "about=no-such", "before=x", "q=%21%21",
            "sort=name&before=9.a", "sort=priority&before=7.1.a", "q=%FF%FE", "assignee=%27%3B--",
        ] {
            for home in ["/tasks".to_owned(), format!("/projects/{rack}/tasks")] {
                let status = sam.get(&format!("{home}?{query}")).await.status;
                assert!(status == 400, "{home}?{query}: {status}");
            }
        }
        sam.get("/projects/no-such/tasks").await.status(404);
        for query in ["q=%25", "q=a%25_%27%22*%3A%26%7C", "q=OR+AND+NOT+NEAR", "colour=red&status="] {
            let status = sam.get(&format!("/tasks?{query}")).await.status;
            assert!(status == 200 || status == 400, "{query}: {status}");
        }
        assert_eq!(names(&sam, "/tasks?colour=red&status=&sort=").await, ["Alpha"]);
    }

    async fn filters_that_are_on_stand_above_the_list_each_with_the_way_without_it(app) {
        let sam = app.setup_admin().await;
        furnished(&app, &sam).await;
        let page = sam.get("/tasks?q=alp&status=pending&assignee=me&label=power&due=overdue&blocked=no").await.status(200);
        let chips = page.select(".list-chips a");
        assert_eq!(chips.len(), 7, "{chips:?}");
        assert!(chips[3].contains("The power"), "{chips:?}");
        assert!(page.attributes(".list-chips a", "href").contains(&"/tasks?q=alp&assignee=me&label=power&due=overdue&blocked=no".to_owned()));
        assert_eq!(page.attributes(".list-chips .chip-all", "href"), ["/tasks"]);
        assert_eq!(page.attributes("form.list-filter input[name=q]", "value"), ["alp"]);
        assert_eq!(page.attributes("form.list-filter option[selected]", "value"), ["me", "overdue", "due", "no"]);
        assert!(!sam.get("/tasks?sort=name").await.has(".list-chips"));
        assert_eq!(page.select("tr[data-task] .label"), ["The power"]);
    }

    async fn a_status_is_set_in_the_list_and_one_is_still_there(app) {
        let sam = app.setup_admin().await;
        let rack = lab(&sam, "Rack", &["Alpha", "Beta"]).await;
        let path = format!("/projects/{rack}/tasks?sort=name");
        let page = sam.get(&path).await.status(200);
        let id = task(&app, "Alpha").await;
        let form = format!("#task-{id} form");
        sam.submit(&page, &form, &[("status", "in_progress")]).await.see(&format!("{path}#task-{id}"));
        assert_eq!(names(&sam, "/tasks?status=in_progress").await, ["Alpha"]);
        // What waits is not done; the page of the task says why, and how.
        let beta = format!("/tasks/{}", task(&app, "Beta").await);
        sam.post(&format!("{beta}/blockers"), &[("blocker", &id)]).await.see(&beta);
        let fields = [("back", path.as_str()), ("status", "done")];
        let refused = sam.post(&beta, &fields).await.status(422);
        assert!(refused.problem("status").contains("Alpha"), "{}", refused.text);
        let part = sam.posting(&beta).form(&fields).header("HX-Request-Type", "partial");
        let told = sam.send(part).await.status(400);
        assert!(told.text.contains("waits for “Alpha”"), "{}", told.text);
        sam.post(&beta, &[("back", "//evil.example/tasks"), ("status", "blocked")]).await.see(&format!("/projects/{rack}#task-{}", &beta[7..]));
        let viewer = app.user("viewer").await;
        let page = viewer.get("/tasks").await.status(200);
        assert!(!page.has("#task-list form"));
        assert_eq!(page.select("#task-list .state"), ["blocked", "in progress"]);
    }

    async fn what_is_in_the_trash_is_in_no_list(app) {
        let sam = app.setup_admin().await;
        furnished(&app, &sam).await;
        app.database().execute("insert into trash (id, kind, entity_id, project_id, name, task_count, actor, created_at) \
            values ('t', 'task', 'x', 'y', 'Alpha', 1, 'sam', '2026-01-01T00:00:00.000000Z')").await;
        app.database().execute("update tasks set trash_id = 't' where name = 'Alpha'").await;
        for query in ["", "assignee=me", "label=power", "due=overdue", "q=alpha", "status=pending", "priority=urgent&sort=name"] {
            let found = names(&sam, &format!("/tasks?{query}")).await;
            assert!(!found.contains(&"Alpha".to_owned()), "{query}");
        }
    }

    async fn a_task_is_found_by_what_it_is_called_now(app) {
        let sam = app.setup_admin().await;
        lab(&sam, "Rack", &["Buy rails"]).await;
        assert_eq!(names(&sam, "/tasks?q=rails").await, ["Buy rails"]);
        change(&app, &sam, "Buy rails", &[("name", "Buy bars"), ("description", "of steel")]).await;
        assert!(names(&sam, "/tasks?q=rails").await.is_empty());
        assert_eq!(names(&sam, "/tasks?q=bar+STEEL").await, ["Buy bars"]);
        let path = format!("/tasks/{}/deletion", task(&app, "Buy bars").await);
        sam.post(&path, &[]).await.status(303);
        lab(&sam, "Net", &["Buy bars again"]).await;
        assert_eq!(names(&sam, "/tasks?q=bars").await, ["Buy bars again"]);
    }
}
