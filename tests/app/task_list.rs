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
        "insert into labels (id, name, folded_name, color, created_at, updated_at) \
         values ('{id}', 'The {id}', 'the {id}', 'blue', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')"
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
        &[("assignee", "sam"), ("priority", "high"), ("due", &day(1))],
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
            ("due=none", vec!["delta"]),
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
        assert_eq!(due[..4], ["Gamma", "Alpha", "beta", "Epsilon"]);
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

stories! {
    async fn an_export_holds_exactly_what_is_filtered_and_no_formula(app) {
        let sam = app.setup_admin().await;
        let rack = furnished(&app, &sam).await;
        change(&app, &sam, "Alpha", &[("name", "=cmd|calc"), ("description", "two\nlines, \"quoted\"")]).await;
        let csv = sam.get("/tasks/export?format=csv&assignee=me&sort=name").await.status(200);
        assert!(csv.header("content-type").starts_with("text/csv"));
        assert!(csv.header("content-disposition").contains("taylordash-tasks.csv"));
        let lines: Vec<&str> = csv.text.split("\r\n").collect();
        assert_eq!(lines.len(), 4, "{}", csv.text);
        assert!(lines[0].starts_with("\"id\",\"project_id\",\"project\",\"name\""));
        assert!(lines[1].contains("\"'=cmd|calc\",\"two\nlines, \"\"quoted\"\"\",\"pending\",\"urgent\""), "{}", lines[1]);
        assert!(lines[1].contains("\"The power\""));
        assert!(lines[2].contains("\"Epsilon\""));
        let json = sam.get(&format!("/projects/{rack}/tasks/export?format=json&sort=name")).await.status(200).json();
        let found: Vec<&str> = json.as_array().unwrap().iter().map(|task| task["name"].as_str().unwrap()).collect();
        assert_eq!(found, ["=cmd|calc", "beta", "delta", "Gamma"]);
        assert_eq!(json[0]["labels"], serde_json::json!(["The power"]));
        assert_eq!(json[3]["description"], "Überspannung 230 V");
        let none = sam.get("/tasks/export?format=json&q=nothing-like-it").await.status(200);
        assert_eq!(none.json(), serde_json::json!([]));
        for query in ["", "format=xlsx", "format=csv&status=open"] {
            sam.get(&format!("/tasks/export?{query}")).await.status(400);
        }
        sam.get("/projects/no-such/tasks/export?format=csv").await.status(404);
        app.browser().get("/tasks/export?format=csv").await.status(303);
    }

    async fn a_long_export_is_whole(app) {
        let sam = app.setup_admin().await;
        let rack = lab(&sam, "Rack", &[]).await;
        let numbers = "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 1203)";
        let sql = format!(
            "insert into tasks (id, project_id, name, created_at, updated_at, name_key, words) {numbers} \
             select 'task-' || n, '{rack}', 'Task ' || n, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', 'task', ' task ' from numbers"
        );
        app.database().execute(&sql).await;
        for query in ["sort=name", "q=task&sort=due", ""] {
            let json = sam.get(&format!("/tasks/export?format=json&{query}")).await.status(200).json();
            let ids: std::collections::HashSet<&str> = json.as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap()).collect();
            assert_eq!((json.as_array().unwrap().len(), ids.len()), (1203, 1203), "{query}");
        }
    }

    async fn everybody_chooses_the_columns_of_their_lists(app) {
        let sam = app.setup_admin().await;
        furnished(&app, &sam).await;
        let heads = |page: &crate::harness::Answer| page.select(".task-list thead th").join(" ");
        let page = sam.get("/tasks?sort=name").await.status(200);
        assert_eq!(heads(&page), "Name Project Status Priority For Due Changed");
        let fields = [("columns", "chosen"), ("back", "/tasks?sort=name"), ("column", "made"), ("column", "labels")];
        sam.post("/account/preferences", &fields).await.see("/tasks?sort=name");
        let page = sam.get("/tasks?sort=name").await.status(200);
        assert_eq!(heads(&page), "Name Made");
        assert_eq!(page.select(".task-list .label"), ["The power", "The noise", "The power"]);
        let kim = app.log_in("kim", crate::harness::PASSWORD).await;
        assert_eq!(heads(&kim.get("/tasks").await), "Name Project Status Priority For Due Changed");
        let events = app.events_of("user", "preferences_changed").await;
        assert_eq!(events.last().unwrap()["details"]["task_columns"], serde_json::json!(["labels", "made"]));
        sam.post("/account/preferences", &[("columns", "chosen"), ("column", "colour")]).await.status(400);
        sam.post("/account/preferences", &[("columns", "chosen")]).await.see("/account");
        assert_eq!(heads(&sam.get("/tasks").await), "Name");
    }

    async fn a_view_is_saved_for_oneself_or_shared_and_stands_in_the_side_bar(app) {
        let sam = app.setup_admin().await;
        let kim = app.user("maintainer").await;
        let viewer = app.user("viewer").await;
        let saved = |page: &crate::harness::Answer| page.select(".saved li a");
        let fields = [("name", "Late, and mine"), ("address", "/tasks?due=overdue&assignee=me&before=1.x&order=up")];
        kim.post("/views", &fields).await.see("/tasks?assignee=me&due=overdue");
        let once = taylordash::events::new_id();
        let fields = [("once", once.as_str()), ("name", "Urgent <b>"), ("address", "/tasks?priority=urgent"), ("shared", "true")];
        for _ in 0..2 {
            kim.post("/views", &fields).await.see("/tasks?priority=urgent");
        }
        assert_eq!(saved(&kim.get("/projects").await), ["Late, and mine", "Urgent <b>"]);
        assert_eq!(saved(&viewer.get("/").await), ["Urgent <b>"]);
        assert_eq!(viewer.get("/views").await.attributes(".saved li a", "href"), ["/tasks?priority=urgent"]);
        let events = app.events_of("user", "view_saved").await;
        assert_eq!(events.len(), 2);
        assert_eq!(events[1]["details"]["view_name"], "Urgent <b>");
        assert!(!events[0].to_string().contains("Late"), "{}", events[0]);
        // Who only looks keeps views, and shares none.
        let fields = [("name", "For all"), ("address", "/tasks"), ("shared", "true")];
        let refused = viewer.post("/views", &fields).await.status(422);
        assert!(refused.text.contains("Only maintainers"));
        viewer.post("/views", &fields[..2]).await.see("/tasks");
        assert_eq!(saved(&viewer.get("/").await), ["For all", "Urgent <b>"]);
        // Nobody changes another's; an admin ends what is shared.
        let view = format!("/views/{once}");
        for path in [view.clone(), format!("{view}/deletion")] {
            viewer.post(&path, &[("name", "Mine")]).await.status(404);
        }
        kim.post(&view, &[("name", "Urgent"), ("shared", "true")]).await.see("/views");
        assert_eq!(saved(&sam.get("/").await), ["Urgent"]);
        assert_eq!(app.events_of("user", "view_changed").await.len(), 1);
        kim.post(&view, &[("name", "Urgent"), ("shared", "true")]).await.see("/views");
        assert_eq!(app.events_of("user", "view_changed").await.len(), 1);
        sam.post(&format!("{view}/deletion"), &[]).await.see("/views");
        assert_eq!(saved(&kim.get("/").await), ["Late, and mine"]);
        assert_eq!(app.events_of("user", "view_deleted").await.len(), 1);
        let rows = app.rows("select id from saved_views where name = 'For all'").await;
        kim.post(&format!("/views/{}/deletion", rows[0].text("id")), &[]).await.status(404);
        sam.post(&format!("/views/{}/deletion", rows[0].text("id")), &[]).await.status(404);
    }

    async fn what_is_no_view_is_refused_with_what_was_typed(app) {
        let sam = app.setup_admin().await;
        for (name, address) in [
            ("", "/tasks"), ("x", ""), ("x", "https://evil.example/"), ("x", "//evil.example/tasks"),
            ("x", "/tasks?status=open"), ("two\nlines", "/tasks"), (&"x".repeat(61), "/tasks"), ("x", "/users"),
        ] {
            let page = sam.post("/views", &[("name", name), ("address", address)]).await.status(422);
            assert!(page.has(".problems li"), "{name} {address}");
        }
        assert_eq!(app.count("saved_views").await, 0);
        for number in 0..30 {
            sam.post("/views", &[("name", &format!("View {number}")), ("address", "/tasks")]).await.see("/tasks");
        }
        let page = sam.post("/views", &[("name", "One more"), ("address", "/tasks")]).await.status(422);
        assert!(page.problem("name").contains("Delete one"));
        assert_eq!(page.attributes("#name", "value"), ["One more"]);
        assert_eq!(app.count("saved_views").await, 30);
    }

    async fn a_plugins_page_lists_the_open_tasks_about_it(app) {
        let sam = app.setup_admin().await;
        furnished(&app, &sam).await;
        let page = sam.get("/plugins/ups").await.status(200);
        assert_eq!(page.select("#plugin-tasks li a"), ["delta"]);
        let list = page.attributes("#plugin-tasks a.btn", "href").remove(0);
        assert_eq!(names(&sam, &list).await, ["delta"]);
        change(&app, &sam, "delta", &[("status", "done")]).await;
        assert!(!sam.get("/plugins/ups").await.has("#plugin-tasks"));
    }
}
