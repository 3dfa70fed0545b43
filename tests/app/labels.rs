//! Labels: the palette of a deployment, and what tasks carry of it.

use serde_json::json;

use crate::harness::{Browser, TestApp};
use crate::projects::project;

/// Makes a label; answers its id.
pub async fn label(browser: &Browser, name: &str, color: &str) -> String {
    let fields = [("name", name), ("color", color)];
    let answer = browser.post("/labels", &fields).await.status(303);
    let location = answer.location();
    let id = location.strip_prefix("/labels#label-").unwrap();
    id.to_owned()
}

/// A project with one task; answers the address of the task's page, and of the project's.
async fn one_task(app: &TestApp, sam: &Browser) -> (String, String) {
    let id = project(sam, &[("name", "Rack"), ("task", "Buy rails")]).await;
    let rows = app.rows("select id from tasks").await;
    let task = format!("/tasks/{}", rows[0].text("id"));
    (task, format!("/projects/{id}"))
}

stories! {
    async fn a_maintainer_makes_renames_recolours_and_deletes_labels(app) {
        app.setup_admin().await;
        let kim = app.user("maintainer").await;
        let page = kim.get("/labels").await.status(200);
        assert!(page.text.contains("There are none yet"));
        let made = kim.submit(&page, "#new-label", &[("name", " Hardware "), ("color", "teal")]).await.status(303);
        let again = kim.submit(&page, "#new-label", &[("name", "Hardware"), ("color", "teal")]).await.status(303);
        assert_eq!(made.location(), again.location());
        kim.submit(&page, "#new-label", &[("name", "Something else")]).await.status(422);
        label(&kim, "network", "blue").await;
        let page = kim.get("/labels").await.status(200);
        assert_eq!(page.select("li > .row-name .label-teal"), ["Hardware"]);
        assert_eq!(page.select(".row-name"), ["Hardware", "network"]);
        let form = "li:first-child form.more-body";
        kim.submit(&page, form, &[("name", "Parts"), ("color", "red")]).await.see(&made.location());
        kim.submit(&kim.get("/labels").await, "li:last-child form.more-body", &[]).await.see(&made.location());
        let changed = app.events_of("system", "label_updated").await;
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0]["details"]["changes"]["name"], json!({ "old": "Hardware", "new": "Parts" }));
        let page = kim.get("/labels").await.status(200);
        assert_eq!(page.select(".row-name"), ["network", "Parts"]);
        let ask = page.attributes("li:last-child a.btn-quiet-danger", "href").remove(0);
        let asked = kim.get(&ask).await.status(200);
        assert!(asked.text.contains("stands at no task"));
        kim.submit(&asked, "form.actions", &[]).await.see("/labels");
        assert_eq!(app.events_of("system", "label_deleted").await[0]["details"]["name"], "Parts");
        kim.post(&ask, &[]).await.status(404);
        assert_eq!(app.count("labels").await, 1);
        let events = kim.get("/events").await.status(200);
        assert!(events.text.contains("made the label Hardware"));
        assert!(events.text.contains("changed the name and colour of the label Parts"), "{}", events.text);
    }

    async fn a_label_has_a_name_of_its_own_and_a_colour_of_the_palette(app) {
        let sam = app.setup_admin().await;
        let first = label(&sam, "Küche", "pink").await;
        label(&sam, "Garten", "green").await;
        let long = "x".repeat(41);
        for (name, color, field) in [
            ("küche", "red", "name"), ("KÜCHE", "red", "name"), ("", "red", "name"), (" \u{200b} ", "red", "name"),
            (long.as_str(), "red", "name"), ("a\nb", "red", "name"), ("a\tb", "red", "name"), ("a\0b", "red", "name"),
            ("fine", "", "color"), ("fine", "mauve", "color"), ("fine", "red\" onclick=\"x", "color"),
        ] {
            let refused = sam.post("/labels", &[("name", name), ("color", color)]).await.status(422);
            assert!(!refused.select("#new-label .field-error").is_empty(), "{name:?} {color:?}");
            let refused = sam.post(&format!("/labels/{first}"), &[("name", if name == "küche" { "garten" } else { name }), ("color", color)]).await;
            // In other capitals it is the same label.
            if name.to_lowercase() == "küche" && name != "küche" { refused.status(303); continue; }
            assert!(!refused.status(422).select("details[open] .field-error").is_empty(), "{field} {name:?} {color:?}");
        }
        assert_eq!(app.count("labels").await, 2);
        for name in ["<b>&\"'", "' or 1=1 --", "100%_\\", "🏠"] {
            let id = label(&sam, name, "gray").await;
            let page = sam.get("/labels").await.status(200);
            assert_eq!(page.select(&format!("#label-{id} .row-name")), [name]);
        }
        sam.post("/labels/no-such-label", &[("name", "x")]).await.status(404);
        sam.get("/labels/no-such-label/deletion").await.status(404);
    }

    async fn there_are_two_hundred_labels_at_most(app) {
        let sam = app.setup_admin().await;
        for number in 0..200 {
            label(&sam, &format!("Label {number}"), "gray").await;
        }
        let refused = sam.post("/labels", &[("name", "One more"), ("color", "gray")]).await.status(422);
        assert!(refused.problem("name").contains("There are 200 labels"));
        assert!(!sam.get("/labels").await.status(200).has("#new-label"));
    }

    async fn a_task_carries_labels_and_its_history_says_which_came_and_went(app) {
        let sam = app.setup_admin().await;
        let (task, project) = one_task(&app, &sam).await;
        let hardware = label(&sam, "Hardware", "teal").await;
        let weekend = label(&sam, "weekend", "purple").await;
        let page = sam.get(&task).await.status(200);
        assert_eq!(page.select("#labels .label"), ["Hardware", "weekend"]);
        let (action, mut fields) = page.form("#change", &[]);
        fields.push(("labels".to_owned(), weekend.clone()));
        fields.push(("labels".to_owned(), hardware.clone()));
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sam.post(&action, &pairs).await.see(&task);
        let page = sam.get(&task).await.status(200);
        assert_eq!(page.select("ul.chips .label"), ["Hardware", "weekend"]);
        // Each leads to the tasks that carry it: to all from here, to the project's from its pages.
        let to_all = format!("/tasks?label={hardware}");
        let to_own = format!("{project}/tasks?label={hardware}");
        for (at, expected) in [
            (task.clone(), &to_all),
            ("/tasks".to_owned(), &to_all),
            ("/board".to_owned(), &to_all),
            (project.clone(), &to_own),
            (format!("{project}/tasks"), &to_own),
            (format!("{project}/board"), &to_own),
        ] {
            let links = sam.get(&at).await.attributes("a.label-teal", "href");
            assert_eq!(links, [expected.as_str()], "{at}");
            assert_eq!(sam.get(&links[0]).await.select("tbody [data-open]").len(), 1);
        }
        assert_eq!(page.attributes("#labels input[checked]", "value").len(), 2);
        assert_eq!(sam.get(&project).await.select("#tasks .label"), ["Hardware", "weekend"]);
        let map = sam.get(&format!("{project}/map")).await.status(200);
        assert!(map.text.contains("labelled Hardware and weekend"));
        // A form without them leaves them; a script may name them.
        sam.post(&task, &[("description", "1 m")]).await.status(303);
        assert_eq!(app.count("task_labels").await, 2);
        sam.post(&task, &[("labels", "HARDWARE")]).await.status(303);
        sam.post(&task, &[("labels", "")]).await.status(303);
        let events = app.events_of("task", "updated").await;
        let changes: Vec<_> = events.iter().map(|event| event["details"]["changes"]["labels"].clone()).collect();
        assert_eq!(changes[0], json!({ "old": [], "new": ["Hardware", "weekend"] }));
        assert_eq!(changes[2], json!({ "old": ["Hardware", "weekend"], "new": ["Hardware"] }));
        assert_eq!(changes[3], json!({ "old": ["Hardware"], "new": [] }));
        let page = sam.get(&task).await.status(200);
        assert_eq!(page.select("#history del"), ["Hardware", "Hardware, weekend"]);
        assert_eq!(page.select("#history ins"), ["Hardware", "1 m", "Hardware, weekend"]);
        let added = sam.post(&format!("{project}/tasks"), &[("name", "New"), ("labels", &hardware)]).await;
        added.status(303);
        assert_eq!(app.events_of("task", "created").await[1]["details"]["labels"], json!(["Hardware"]));
    }

    async fn a_deleted_label_is_taken_off_its_tasks(app) {
        let sam = app.setup_admin().await;
        let (task, _) = one_task(&app, &sam).await;
        let id = label(&sam, "Hardware", "teal").await;
        sam.post(&task, &[("labels", &id)]).await.status(303);
        let old = sam.get(&task).await.status(200);
        assert!(sam.get("/labels").await.text.contains("1 task"));
        let ask = sam.get(&format!("/labels/{id}/deletion")).await.status(200);
        assert!(ask.text.contains("stands at 1 task"));
        let tasks = app.events_of("task", "updated").await.len();
        sam.submit(&ask, "form.actions", &[]).await.see("/labels");
        assert_eq!(app.count("task_labels").await, 0);
        assert_eq!(app.events_of("task", "updated").await.len(), tasks);
        let refused = sam.submit(&old, "#change", &[("labels", &id), ("description", "typed")]).await.status(422);
        assert!(refused.problem("labels").contains("There is no label"));
        assert_eq!(refused.select("#change textarea"), ["typed"]);
        for typed in ["no such", "' or 1=1 --", "%", "<b>", &"x".repeat(10_000)] {
            sam.post(&task, &[("page", "task"), ("labels", typed)]).await.status(422);
        }
    }

    async fn two_people_who_give_a_task_other_labels_see_each_others(app) {
        let sam = app.setup_admin().await;
        let (task, _) = one_task(&app, &sam).await;
        let hardware = label(&sam, "Hardware", "teal").await;
        label(&sam, "weekend", "purple").await;
        let mine = sam.get(&task).await.status(200);
        let seen = mine.attributes("#change input[name=seen]", "value").remove(0);
        let both = |labels: &'static str| [("page", "task"), ("labels", ""), ("labels", labels)];
        sam.post(&task, &both("weekend")).await.see(&task);
        // Who did not touch them leaves the other's.
        let untouched = [("page", "task"), ("seen", &seen), ("labels", ""), ("description", "mine")];
        sam.post(&task, &untouched).await.see(&task);
        assert_eq!(app.count("task_labels").await, 1);
        let touched = [("page", "task"), ("seen", &seen), ("labels", ""), ("labels", &hardware)];
        let refused = sam.post(&task, &touched).await.status(422);
        assert_eq!(refused.select(".theirs .label"), ["weekend"]);
        assert_eq!(refused.attributes("#labels input[checked]", "value"), [hardware]);
        sam.submit(&refused, "#change", &[]).await.see(&task);
        assert_eq!(sam.get(&task).await.select("ul.chips .label"), ["Hardware"]);
    }

    async fn a_viewer_sees_labels_and_changes_none(app) {
        let sam = app.setup_admin().await;
        let (task, _) = one_task(&app, &sam).await;
        let id = label(&sam, "Hardware", "teal").await;
        sam.post(&task, &[("labels", &id)]).await.status(303);
        let kim = app.user("viewer").await;
        assert_eq!(kim.get(&task).await.select(".label"), ["Hardware"]);
        let page = kim.get("/labels").await.status(200);
        assert_eq!(page.select(".row-name"), ["Hardware"]);
        assert!(!page.has("main form"));
        kim.post("/labels", &[("name", "Mine"), ("color", "red")]).await.status(403);
    }
}
