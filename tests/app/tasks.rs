//! Tasks: changed on their project's page, with counts that are always true.

use serde_json::json;

use crate::harness::Browser;
use crate::projects::{assert_counts_true, project};

/// Adds a task; answers its id.
async fn task(browser: &Browser, project: &str, name: &str) -> String {
    let path = format!("/projects/{project}/tasks");
    let answer = browser.post(&path, &[("name", name)]).await.status(303);
    let location = answer.location();
    location.split("#task-").nth(1).unwrap().to_owned()
}

stories! {
    async fn task_counts_stay_true_while_many_work_on_one_project(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Busy")]).await;
        let mut tasks = Vec::new();
        for number in 0..16 {
            tasks.push(task(&sam, &id, &format!("Task {number}")).await);
        }
        let mut work = tokio::task::JoinSet::new();
        for number in 0..32_usize {
            let (sam, id, tasks) = (sam.clone(), id.clone(), tasks.clone());
            work.spawn(async move {
                let some = &tasks[number / 2];
                let answer = match number % 4 {
                    0 => sam.post(&format!("/tasks/{some}"), &[("status", "done")]).await,
                    1 => sam.post(&format!("/tasks/{some}/deletion"), &[]).await,
                    2 => sam.post(&format!("/projects/{id}/tasks"), &[("name", "more"), ("status", "done")]).await,
                    _ => sam.post(&format!("/tasks/{some}"), &[("status", "blocked")]).await,
                };
                assert!([303, 404].contains(&answer.status), "{}", answer.text);
            });
        }
        work.join_all().await;
        assert_counts_true(&app).await;
        assert_eq!(app.count("live_tasks").await, 16);
        let versions = app.rows("select max(version) as n from events where domain = 'task' group by entity_id").await;
        assert!(versions.iter().all(|row| row.int("n") <= 3));
    }

    async fn a_task_for_a_project_that_is_being_deleted_is_not_kept(app) {
        let sam = app.setup_admin().await;
        for _ in 0..8 {
            let id = project(&sam, &[("name", "Short-lived"), ("task", "one")]).await;
            let add = { let (sam, id) = (sam.clone(), id.clone()); async move {
                sam.post(&format!("/projects/{id}/tasks"), &[("name", "late")]).await
            } };
            let delete = { let (sam, id) = (sam.clone(), id.clone()); async move {
                sam.post(&format!("/projects/{id}/deletion"), &[]).await
            } };
            let (added, deleted) = tokio::join!(tokio::spawn(add), tokio::spawn(delete));
            assert!([303, 404].contains(&added.unwrap().status));
            deleted.unwrap().see("/projects");
        }
        assert_eq!(app.count("live_projects").await, 0);
        assert_eq!(app.count("live_tasks").await, 0);
        let made = app.events_of("task", "created").await.len();
        let deleted = app.events_of("project", "deleted").await;
        let along = deleted.iter().map(|event| event["details"]["task_count"].as_u64().unwrap());
        assert_eq!((deleted.len(), along.sum::<u64>()), (8, made as u64));
    }

    async fn tasks_are_changed_where_they_stand(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "Buy rails")]).await;
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        let task = app.rows("select id from tasks").await[0].text("id").to_owned();
        let here = format!("/projects/{id}#task-{task}");
        sam.submit(&page, "form.task-status", &[("status", "done")]).await.see(&here);
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        assert_eq!(page.attributes("main progress", "value"), ["1"]);
        sam.submit(&page, "form.more-body", &[("name", "Buy long rails"), ("description", "1 m")]).await.see(&here);
        let changed = &app.events_of("task", "status_changed").await[0];
        assert_eq!(
            changed["details"],
            json!({ "old_status": "pending", "new_status": "done", "project_id": id })
        );
        let page = sam.get(&format!("/projects/{id}")).await.status(200);
        assert!(page.select("#tasks .row-name")[0].starts_with("Buy long rails"));
        sam.submit(&page, "form[action$='/deletion']", &[]).await.see(&format!("/projects/{id}#tasks"));
        assert_eq!(app.events_of("task", "deleted").await[0]["details"]["name"], "Buy long rails");
        assert_counts_true(&app).await;
        sam.post(&format!("/tasks/{task}"), &[("status", "done")]).await.status(404);
    }

    async fn a_refused_task_keeps_what_was_typed_on_its_projects_page(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "Buy rails")]).await;
        let task = app.rows("select id from tasks").await[0].text("id").to_owned();
        let typed = ["typed"; 50].join(" ");
        let fields = [("name", typed.as_str()), ("description", "also typed")];
        let page = sam.post(&format!("/tasks/{task}"), &fields).await.status(422);
        assert!(!page.problem(&format!("task-{task}-name")).is_empty());
        assert!(page.has(&format!("#task-{task} details[open]")));
        assert_eq!(page.select("form.more-body textarea"), ["also typed"]);
        let page = sam.post(&format!("/projects/{id}/tasks"), &[("name", typed.as_str())]).await.status(422);
        assert_eq!(page.attributes("#new-task", "value"), [typed.as_str()]);
        let page = sam.post(&format!("/tasks/{task}"), &[("status", "someday")]).await.status(422);
        assert!(page.text.contains("Choose one of"));
        assert_eq!(app.count("tasks where name = 'Buy rails' and status = 'pending'").await, 1);
    }

    async fn a_task_that_two_people_edit_is_not_overwritten_unseen(app) {
        let sam = app.setup_admin().await;
        let id = project(&sam, &[("name", "Rack"), ("task", "Shown")]).await;
        let path = format!("/projects/{id}");
        let mine = sam.get(&path).await.status(200);
        let other = sam.get(&path).await.status(200);
        sam.submit(&other, "form.more-body", &[("name", "Theirs")]).await.status(303);
        let refused = sam.submit(&mine, "form.more-body", &[("name", "Mine")]).await.status(422);
        assert_eq!(refused.attributes("form.more-body input[name=name]", "value"), ["Mine"]);
        assert_eq!(refused.select(".theirs pre"), ["Theirs"]);
        sam.submit(&refused, "form.more-body", &[]).await.status(303);
        assert_eq!(app.count("tasks where name = 'Mine'").await, 1);
    }

    async fn where_both_changed_a_field_one_chooses_for_each(app) {
        let sam = app.setup_admin().await;
        project(&sam, &[("name", "Rack"), ("task", "Shown")]).await;
        let path = format!("/tasks/{}", app.rows("select id from tasks").await[0].text("id"));
        let mine = sam.get(&path).await.status(200);
        let theirs = [("name", "Their name"), ("description", "their text"), ("priority", "high"), ("due", "2030-01-02")];
        sam.submit(&mine, "form#change", &theirs).await.see(&path);
        let typed = [("name", "My name"), ("description", "my text"), ("due", "2030-03-04"), ("assignee", "sam")];
        let refused = sam.submit(&mine, "form#change", &typed).await.status(422);
        assert_eq!(refused.select(".theirs pre"), ["Their name", "2030-01-02", "their text"]);
        assert_eq!(refused.attributes("input[type=radio][value=mine][checked]", "name"), ["keep-name", "keep-due", "keep-description"]);
        let choices = [("keep-name", "theirs"), ("keep-due", "theirs")];
        sam.submit(&refused, "form#change", &choices).await.see(&path);
        let kept = app.rows("select name, description, priority from tasks").await;
        assert_eq!((kept[0].text("name"), kept[0].text("description"), kept[0].int("priority")), ("Their name", "my text", 2));
        let page = sam.get(&path).await.status(200);
        assert_eq!(page.attributes("#due", "value"), ["2030-01-02"]);
        assert_eq!(page.attributes("#assignee", "value"), ["sam"]);
    }

    async fn a_project_with_many_tasks_has_pages_of_them(app) {
        let sam = app.setup_admin().await;
        let names: Vec<String> = (0..120).map(|number| format!("Task {number}")).collect();
        let mut fields = vec![("name", "Long")];
        fields.extend(names.iter().map(|name| ("task", name.as_str())));
        let id = project(&sam, &fields).await;
        let first = sam.get(&format!("/projects/{id}")).await.status(200);
        let mut seen = first.select("#tasks .row-name");
        assert_eq!(seen.len(), 100);
        let more = first.attributes("#tasks a[rel=next]", "href").pop().unwrap();
        let second = sam.get(&more).await.status(200);
        seen.extend(second.select("#tasks .row-name"));
        assert_eq!(seen, names);
        // Changed on the second page, one stays there; added, one is led to what was added.
        let back = sam.submit(&second, "form.task-status", &[("status", "done")]).await.status(303);
        assert!(back.location().contains("?before="));
        assert_eq!(sam.follow(&back).await.status(200).select("#tasks .row-name")[0], "Task 100");
        let added = sam.submit(&first, "#add-task", &[("name", "Last")]).await.status(303);
        assert_eq!(sam.follow(&added).await.status(200).select("#tasks .row-name"), ["Last"]);
        let many: Vec<(&str, &str)> = std::iter::once(("name", "Too long")).chain((0..501).map(|_| ("task", "t"))).collect();
        sam.post("/projects", &many).await.status(422);
        assert_counts_true(&app).await;
    }
}
