//! The board: the order of its cards, and moving them.

use serde_json::{Value, json};

use crate::harness::{Answer, Browser, TestApp};
use crate::projects::{assert_counts_true, project};

/// A project with tasks of these names; answers the address of its board.
async fn board(sam: &Browser, name: &str, tasks: &[&str]) -> String {
    let mut fields = vec![("name", name)];
    fields.extend(tasks.iter().map(|task| ("task", *task)));
    format!("/projects/{}/board", project(sam, &fields).await)
}

async fn id(app: &TestApp, name: &str) -> String {
    let rows = app
        .rows(&format!("select id from tasks where name = '{name}'"))
        .await;
    rows[0].text("id").to_owned()
}

async fn go(app: &TestApp, sam: &Browser, name: &str, fields: &[(&str, &str)]) -> Answer {
    let path = format!("/tasks/{}/place", id(app, name).await);
    sam.post(&path, fields).await
}

/// The names in a column of a board.
async fn column(sam: &Browser, board: &str, status: &str) -> Vec<String> {
    let page = sam.get(board).await.status(200);
    page.select(&format!("#cards-{status} [data-open]"))
}

/// The names of all tasks of a status, as the database has them.
async fn order(app: &TestApp, status: &str) -> Vec<String> {
    let rows = app
        .rows(&format!(
            "select name from tasks where status = '{status}' order by place, id"
        ))
        .await;
    rows.iter().map(|row| row.text("name").to_owned()).collect()
}

stories! {
    async fn cards_go_up_down_first_last_and_between_others(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "Rack", &["A", "B", "C", "D"]).await;
        assert!(sam.get(board.trim_end_matches("/board")).await.has(&format!("a[href='{board}']")));
        let (a, b) = (id(&app, "A").await, id(&app, "B").await);
        for (name, fields, expected) in [
            ("C", vec![("to", "up")], "A C B D"),
            ("A", vec![("to", "down")], "C A B D"),
            ("D", vec![("to", "first")], "D C A B"),
            ("D", vec![("to", "last")], "C A B D"),
            ("D", vec![("after", a.as_str()), ("before", b.as_str())], "C A D B"),
            ("C", vec![("after", b.as_str())], "A D B C"),
            ("C", vec![("before", a.as_str())], "C A D B"),
        ] {
            let answer = go(&app, &sam, name, &fields).await.status(303);
            assert_eq!(answer.location(), format!("{board}?moved={0}#card-{0}", id(&app, name).await));
            assert_eq!(column(&sam, &board, "pending").await.join(" "), expected);
        }
        let said = sam.get(&format!("{board}?moved={a}")).await.select("#said");
        assert_eq!(said, ["“A” is number 2 in pending now."]);
        let moved = app.events_of("task", "moved").await.pop().unwrap();
        assert_eq!(moved["details"]["after"], Value::Null);
        assert_eq!(moved["details"]["before"], a);
        assert_eq!(moved["details"]["status"], "pending");
    }

    async fn a_card_that_stands_there_already_is_not_moved_and_has_no_event(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "Rack", &["A", "B", "C"]).await;
        let (a, c) = (id(&app, "A").await, id(&app, "C").await);
        for (name, fields) in [
            ("A", vec![("to", "up")]),
            ("A", vec![("to", "first")]),
            ("C", vec![("to", "down")]),
            ("C", vec![("to", "last")]),
            ("B", vec![("status", "pending")]),
            ("B", vec![("after", a.as_str()), ("before", c.as_str()), ("status", "pending")]),
            ("B", vec![("after", a.as_str())]),
            ("B", vec![]),
        ] {
            go(&app, &sam, name, &fields).await.status(303);
            assert_eq!(column(&sam, &board, "pending").await, ["A", "B", "C"]);
        }
        assert_eq!(app.events_of("task", "moved").await, [] as [Value; 0]);
    }

    async fn a_card_in_another_column_has_another_status_with_one_event(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "Rack", &["A", "B", "C"]).await;
        go(&app, &sam, "A", &[("status", "done")]).await.status(303);
        go(&app, &sam, "B", &[("status", "done")]).await.status(303);
        assert_eq!(column(&sam, &board, "done").await, ["B", "A"]);
        let b = id(&app, "B").await;
        go(&app, &sam, "C", &[("status", "done"), ("after", &b)]).await.status(303);
        assert_eq!(column(&sam, &board, "done").await, ["B", "C", "A"]);
        assert_eq!(column(&sam, &board, "pending").await, [] as [&str; 0]);
        let events = app.events_of("task", "status_changed").await;
        assert_eq!(events.len(), 3);
        let c = id(&app, "C").await;
        let last = events.iter().find(|event| event["task_id"] == c).unwrap();
        assert_eq!(last["details"], json!({
            "old_status": "pending", "new_status": "done", "after": b, "before": id(&app, "A").await,
            "project_id": board.split('/').nth(2).unwrap(),
        }));
        assert!(app.events_of("task", "moved").await.is_empty());
        assert_counts_true(&app).await;
        assert_eq!(app.rows("select done_count from projects").await[0].int("done_count"), 3);
        assert_eq!(sam.get(&board).await.select(".board-count"), [", 0 tasks", ", 0 tasks", ", 0 tasks", ", 3 tasks"]);
    }

    async fn a_gap_that_is_used_up_is_made_anew_and_the_order_holds(app) {
        let sam = app.setup_admin().await;
        let names: Vec<String> = (0..90).map(|number| format!("T{number:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let board = board(&sam, "Long", &names).await;
        let before = app.rows("select id, place from tasks order by place, id").await;
        let first = id(&app, "T00").await;
        let mut expected: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        // Each goes right behind the first, where less and less room is left: about 32 halves.
        for step in 0..45 {
            let name = names[89 - step % 40];
            go(&app, &sam, name, &[("after", &first)]).await.status(303);
            expected.retain(|kept| kept != name);
            expected.insert(1, name.to_owned());
            assert_eq!(order(&app, "pending").await, expected, "step {step}");
        }
        let places = app.rows("select count(distinct place) as n from tasks").await;
        assert_eq!(places[0].int("n"), 90);
        // Only some were moved apart.
        let mut kept = 0;
        for row in &before {
            kept += app.count(&format!("tasks where id = '{}' and place = {}", row.text("id"), row.int("place"))).await;
        }
        assert!(kept >= 15, "{kept} of 50 that nobody moved kept their place");
        assert_eq!(column(&sam, &board, "pending").await, expected[..50]);
    }

    async fn cards_with_the_same_place_can_be_told_apart(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "Rack", &["A", "B", "C"]).await;
        app.database().execute("update tasks set place = 5").await;
        let (a, b) = (id(&app, "A").await, id(&app, "B").await);
        assert_eq!(column(&sam, &board, "pending").await, ["A", "B", "C"]);
        go(&app, &sam, "C", &[("after", &a), ("before", &b)]).await.status(303);
        assert_eq!(column(&sam, &board, "pending").await, ["A", "C", "B"]);
    }

    async fn a_neighbour_that_went_away_gives_the_nearest_place(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "Rack", &["A", "B", "C", "D", "Gone"]).await;
        let (a, b, gone) = (id(&app, "A").await, id(&app, "B").await, id(&app, "Gone").await);
        sam.post(&format!("/tasks/{gone}/deletion"), &[]).await.status(303);
        go(&app, &sam, "B", &[("status", "blocked")]).await.status(303);
        // Above is elsewhere now: above the one below.
        go(&app, &sam, "D", &[("after", &b), ("before", &a)]).await.status(303);
        assert_eq!(column(&sam, &board, "pending").await, ["D", "A", "C"]);
        // Below is gone: below the one above.
        go(&app, &sam, "D", &[("after", &a), ("before", &gone)]).await.status(303);
        assert_eq!(column(&sam, &board, "pending").await, ["A", "D", "C"]);
        // They stand the other way round now: below the one above.
        let c = id(&app, "C").await;
        go(&app, &sam, "D", &[("after", &c), ("before", &a)]).await.status(303);
        assert_eq!(column(&sam, &board, "pending").await, ["A", "C", "D"]);
        // The last of its column is gone: last; the first: first; both: where it is.
        go(&app, &sam, "A", &[("after", &gone)]).await.status(303);
        assert_eq!(column(&sam, &board, "pending").await, ["C", "D", "A"]);
        go(&app, &sam, "A", &[("before", &gone)]).await.status(303);
        assert_eq!(column(&sam, &board, "pending").await, ["A", "C", "D"]);
        go(&app, &sam, "C", &[("before", &gone), ("after", &b)]).await.status(303);
        assert_eq!(column(&sam, &board, "pending").await, ["A", "C", "D"]);
        go(&app, &sam, "C", &[("status", "blocked"), ("after", &b)]).await.status(303);
        assert_eq!(column(&sam, &board, "blocked").await, ["B", "C"]);
    }

    async fn what_makes_no_sense_is_refused_in_words_and_changes_nothing(app) {
        let sam = app.setup_admin().await;
        let other = board(&sam, "Other", &["X"]).await;
        let board = board(&sam, "Rack", &["A", "B"]).await;
        let x = id(&app, "X").await;
        let long = "x".repeat(10_000);
        for (fields, why) in [
            (vec![("status", "someday")], "A column is one of"),
            (vec![("to", "sideways")], "up, down, first or last"),
            (vec![("after", "no-such-task")], "There is no task"),
            (vec![("before", long.as_str())], "There is no task"),
            (vec![("after", "' or 1=1 --")], "There is no task"),
            (vec![("after", x.as_str())], "another project"),
        ] {
            let page = go(&app, &sam, "B", &fields).await.status(422);
            assert!(page.select("#said.notice-danger")[0].contains(why), "{fields:?}");
            assert_eq!(page.select("#cards-pending [data-open]"), ["A", "B"]);
        }
        for query in ["pending=x", "shown=x", "column=x", "behind=x", "done=1."] {
            sam.get(&format!("{board}?{query}")).await.status(400);
            sam.post(&format!("/tasks/{x}/place?{query}"), &[("to", "up")]).await.status(400);
        }
        go(&app, &sam, "A", &[("shown", "x")]).await.status(400);
        sam.get(&format!("{other}?moved=no-such-task")).await.status(200);
        sam.post("/tasks/no-such-task/place", &[("to", "up")]).await.status(404);
        sam.get("/projects/no-such-project/board").await.status(404);
        assert!(app.events_of("task", "moved").await.is_empty());
    }

    async fn a_card_that_waits_is_not_done_but_for_a_note(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "Rack", &["Build", "Order"]).await;
        let build = id(&app, "Build").await;
        sam.post(&format!("/tasks/{build}/blockers"), &[("blocker", "Order")]).await.status(303);
        let page = go(&app, &sam, "Build", &[("status", "done")]).await.status(422);
        assert!(page.select("#said")[0].contains("It waits for “Order”"));
        assert_eq!(page.select("#cards-pending [data-open]"), ["Build", "Order"]);
        go(&app, &sam, "Build", &[("status", "done"), ("note", "we had one")]).await.status(303);
        assert_eq!(app.events_of("task", "status_changed").await[0]["details"]["note"], "we had one");
        go(&app, &sam, "Build", &[("status", "pending")]).await.status(303);
        assert!(sam.get(&board).await.select(&format!("#card-{build}"))[0].contains("waits for 1"));
        // The last that it waited for is done: it can go on.
        go(&app, &sam, "Order", &[("status", "done")]).await.status(303);
        assert_eq!(app.events_of("task", "unblocked").await[0]["task_id"], build);
        go(&app, &sam, "Build", &[("status", "done")]).await.status(303);
        assert_counts_true(&app).await;
    }

    async fn many_moves_at_once_leave_one_order_without_loss(app) {
        let sam = app.setup_admin().await;
        let names: Vec<String> = (0..12).map(|number| format!("T{number:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let one = board(&sam, "One", &names[..6]).await;
        let two = board(&sam, "Two", &names[6..]).await;
        let mut ids = Vec::new();
        for name in &names {
            ids.push(id(&app, name).await);
        }
        let mut work = tokio::task::JoinSet::new();
        for number in 0..48_usize {
            let (sam, ids) = (sam.clone(), ids.clone());
            work.spawn(async move {
                let (card, other) = (&ids[number % 12], &ids[(number * 7 + 3) % 12]);
                let fields = match number % 4 {
                    0 => vec![("after", other.as_str())],
                    1 => vec![("before", other.as_str()), ("status", "pending")],
                    2 => vec![("status", "in_progress")],
                    _ => vec![("to", "up")],
                };
                let answer = sam.post(&format!("/tasks/{card}/place?on=all"), &fields).await;
                assert_eq!(answer.status, 303, "{}", answer.text);
            });
        }
        work.join_all().await;
        let all = [column(&sam, "/board", "pending").await, column(&sam, "/board", "in_progress").await];
        assert_eq!(all[0], order(&app, "pending").await);
        assert_eq!(all[1], order(&app, "in_progress").await);
        let mut seen = all.concat();
        seen.sort();
        assert_eq!(seen, names);
        // Each project's board shows its own in the same order.
        for (board, own) in [(&one, &names[..6]), (&two, &names[6..])] {
            let expected: Vec<&String> = all[0].iter().filter(|name| own.contains(&name.as_str())).collect();
            assert_eq!(column(&sam, board, "pending").await.iter().collect::<Vec<_>>(), expected);
        }
        assert_counts_true(&app).await;
        let versions = app.rows("select entity_id from events where domain = 'task' group by entity_id having max(version) <> count(*)").await;
        assert!(versions.is_empty());
    }

    async fn a_long_column_is_shown_in_parts_that_miss_and_repeat_nothing(app) {
        let sam = app.setup_admin().await;
        let names: Vec<String> = (0..120).map(|number| format!("T{number:03}")).collect();
        let fields: Vec<&str> = names.iter().map(String::as_str).collect();
        let board = board(&sam, "Long", &fields).await;
        // By links alone.
        let mut page = sam.get(&board).await.status(200);
        assert_eq!(page.select(".board-count")[0], ", 120 tasks");
        let mut seen = page.select("#cards-pending [data-open]");
        for _ in 0..2 {
            let more = page.attributes("#cards-pending a[rel=next]", "href").pop().unwrap();
            page = sam.get(&more).await.status(200);
            seen.extend(page.select("#cards-pending [data-open]"));
        }
        assert_eq!(seen, names);
        assert!(!page.has("#cards-pending a[rel=next]"));
        let top = page.attributes(".board-top a", "href").pop().unwrap();
        assert_eq!(sam.get(&top).await.select("#cards-pending [data-open]")[0], "T000");
        // As one scrolls.
        let first = sam.get(&board).await;
        let mut seen = first.select("#cards-pending [data-open]");
        let mut next = first.attributes("a[rel=next]", "hx-get").pop();
        let mut shown = String::new();
        while let Some(part) = next {
            let some = sam.send(sam.getting(&part).header("HX-Request-Type", "partial")).await.status(200);
            assert!(!some.text.contains("<html"));
            seen.extend(some.select("[data-open]"));
            shown = some.attributes("input[name=shown]", "value").pop().unwrap();
            next = some.attributes("a[rel=next]", "hx-get").pop();
        }
        assert_eq!((seen, shown.as_str()), (names.clone(), "pending.120"));
        // What was scrolled to stays on the page when it is put in place anew, and after a move.
        let anew = sam.get(&format!("{board}?shown=pending.120")).await;
        assert_eq!(anew.select("#cards-pending [data-open]").len(), 120);
        let moved = go(&app, &sam, "T110", &[("to", "up"), ("shown", "pending.120")]).await.status(303);
        let after = sam.follow(&moved).await.select("#cards-pending [data-open]");
        assert_eq!((after.len(), after[109].as_str()), (120, "T110"));
        let deep = go(&app, &sam, "T110", &[("to", "last")]).await.status(303);
        assert!(sam.follow(&deep).await.select("#said")[0].contains("further up or down"));
    }

    async fn counts_of_a_project_are_true_and_those_of_all_stop_at_a_thousand(app) {
        let sam = app.setup_admin().await;
        let home = board(&sam, "Long", &["A", "B"]).await;
        go(&app, &sam, "A", &[("status", "blocked")]).await.status(303);
        let project = home.split('/').nth(2).unwrap();
        for number in 0..6 {
            let status = ["pending", "in_progress"][number % 2];
            let values: Vec<String> = (0..400).map(|at| format!("('{number}-{at}', '{project}', 'x', {at}, '{status}')")).collect();
            app.database().execute(&format!("insert into tasks (id, project_id, name, place, status) values {}", values.join(", "))).await;
        }
        app.database().execute("update projects set task_count = 2402, in_progress_count = 1200").await;
        let expected = [", 1201 tasks", ", 1200 tasks", ", 1 tasks", ", 0 tasks"];
        assert_eq!(sam.get(&home).await.select(".board-count"), expected);
        go(&app, &sam, "B", &[("status", "in_progress")]).await.status(303);
        go(&app, &sam, "A", &[("status", "done")]).await.status(303);
        let expected = [", 1200 tasks", ", 1201 tasks", ", 0 tasks", ", 1 tasks"];
        assert_eq!(sam.get(&home).await.select(".board-count"), expected);
        let expected = [", 1000+ tasks", ", 1000+ tasks", ", 0 tasks", ", 1 tasks"];
        assert_eq!(sam.get("/board").await.select(".board-count"), expected);
        assert_counts_true(&app).await;
    }

    async fn who_only_looks_sees_the_board_and_moves_nothing(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "Rack", &["A", "B"]).await;
        let kim = app.user("viewer").await;
        for path in [board.as_str(), "/board"] {
            let page = kim.get(path).await.status(200);
            assert_eq!(page.select("#cards-pending [data-open]"), ["A", "B"]);
            assert!(!page.has("form[action*='/place']") && !page.has("[data-may-move]"));
            assert!(!page.text.contains("ortable"));
        }
        go(&app, &kim, "A", &[("to", "down")]).await.status(403);
        let works = app.user("maintainer").await;
        go(&app, &works, "A", &[("to", "down")]).await.status(303);
        assert_eq!(column(&kim, &board, "pending").await, ["B", "A"]);
    }

    async fn the_board_of_all_names_projects_and_moves_among_them(app) {
        let sam = app.setup_admin().await;
        let rack = board(&sam, "Rack", &["A", "B"]).await;
        board(&sam, "Power", &["X", "Y"]).await;
        let page = sam.get("/board").await.status(200);
        assert_eq!(page.select("#cards-pending [data-open]"), ["A", "B", "X", "Y"]);
        assert_eq!(page.select(".board-place").len(), 4);
        let x = id(&app, "X").await;
        let form = format!("#card-{x} form");
        let answer = sam.submit(&page, &form, &[("to", "first")]).await.status(303);
        assert_eq!(answer.location(), format!("/board?moved={x}#card-{x}"));
        let b = id(&app, "B").await;
        let path = format!("/tasks/{b}/place?on=all");
        sam.post(&path, &[("before", &x)]).await.status(303);
        assert_eq!(column(&sam, "/board", "pending").await, ["B", "X", "A", "Y"]);
        assert_eq!(column(&sam, &rack, "pending").await, ["B", "A"]);
        // One step on the board of all is one card, of whatever project.
        sam.post(&path, &[("to", "down")]).await.status(303);
        assert_eq!(column(&sam, "/board", "pending").await, ["X", "B", "A", "Y"]);
    }

    async fn a_task_is_added_on_the_board_and_names_are_only_text_there(app) {
        let sam = app.setup_admin().await;
        let board = board(&sam, "<b>Rack</b>", &[]).await;
        let evil = "</li><script>alert(1)</script>\"'";
        let page = sam.get(&board).await.status(200);
        let added = sam.submit(&page, ".board-add", &[("name", evil)]).await.status(303);
        assert!(added.location().starts_with(&format!("{board}#card-")));
        let page = sam.follow(&added).await.status(200);
        assert_eq!(page.select("#cards-pending [data-open]"), [evil]);
        assert!(!page.text.contains("<script>alert"));
        let card = added.location().split("#card-").nth(1).unwrap().to_owned();
        let said = sam.get(&format!("{board}?moved={card}")).await;
        assert!(!said.text.contains("<script>alert") && said.select("#said")[0].contains(evil));
    }
}
