//! What people say about a task.

use serde_json::json;

use crate::harness::{Answer, Browser, TestApp};
use crate::projects::project;

/// The address of the page of a new project's only task.
async fn one_task(app: &TestApp, sam: &Browser) -> String {
    project(sam, &[("name", "Rack"), ("task", "Buy rails")]).await;
    let rows = app.rows("select id from tasks").await;
    format!("/tasks/{}", rows[0].text("id"))
}

/// Says something; answers the comment's address.
async fn say(browser: &Browser, task: &str, text: &str) -> String {
    let path = format!("{task}/comments");
    let answer = browser.post(&path, &[("text", text)]).await.status(303);
    comment_of(task, &answer)
}

fn comment_of(task: &str, answer: &Answer) -> String {
    let location = answer.location();
    let id = location.split("#comment-").nth(1).unwrap();
    format!("{task}/comments/{id}")
}

stories! {
    async fn a_maintainer_says_something_edits_it_and_takes_it_back(app) {
        let sam = app.setup_admin().await;
        let task = one_task(&app, &sam).await;
        let kim = app.user("maintainer").await;
        let page = kim.get(&task).await.status(200);
        let text = "**Long** ones\r\n\r\n- [x] measured";
        let said = kim.submit(&page, "#new-comment", &[("text", text)]).await.status(303);
        let again = kim.submit(&page, "#new-comment", &[("text", text)]).await.status(303);
        assert_eq!(said.location(), again.location());
        kim.submit(&page, "#new-comment", &[("text", "other words")]).await.status(422);
        assert_eq!(app.count("task_comments").await, 1);
        let page = kim.get(&task).await.status(200);
        assert!(page.text.contains("<strong>Long</strong> ones"));
        assert!(page.select("#comments .row-name")[0].starts_with("maintainer"));
        let edited = kim.submit(&page, "#comments li form.more-body", &[("text", "Short ones")]).await;
        edited.see(&said.location());
        let page = kim.get(&task).await.status(200);
        assert_eq!(page.select("#comments .text"), ["Short ones"]);
        assert!(page.select("#comments .row-name")[0].contains("edited"));
        kim.submit(&page, "#comments li form.more-body", &[]).await.see(&said.location());
        let details = |event: &serde_json::Value| event["details"].clone();
        let made = details(&app.events_of("task", "commented").await[0]);
        assert_eq!(made["length"], json!(29));
        let edits = app.events_of("task", "comment_edited").await;
        assert_eq!(edits.len(), 1);
        assert_eq!(details(&edits[0])["new_length"], json!(10));
        kim.submit(&page, "#comments form[action$='/deletion']", &[]).await.see(&format!("{task}#comments"));
        assert_eq!(app.count("task_comments").await, 0);
        let history = kim.get(&task).await.status(200).select("#history .feed > li");
        assert!(history[0].starts_with("maintainer deleted a comment on the task"), "{history:?}");
        assert!(history[1].starts_with("maintainer edited a comment on the task"), "{history:?}");
        assert!(history[2].starts_with("maintainer commented on the task"), "{history:?}");
        // What was taken back stands nowhere.
        assert!(!app.rows("select payload from events").await.iter().any(|row| row.text("payload").contains("ones")));
    }

    async fn only_who_wrote_a_comment_edits_it_and_an_admin_deletes_any(app) {
        let sam = app.setup_admin().await;
        let task = one_task(&app, &sam).await;
        let kim = app.user("maintainer").await;
        let viewer = app.user("viewer").await;
        let (by_sam, by_kim) = (say(&sam, &task, "By sam").await, say(&kim, &task, "By kim").await);
        kim.post(&by_sam, &[("text", "mine")]).await.status(400);
        sam.post(&by_kim, &[("text", "mine")]).await.status(400);
        kim.post(&format!("{by_sam}/deletion"), &[]).await.status(403);
        for path in [format!("{task}/comments"), by_sam.clone(), format!("{by_sam}/deletion")] {
            viewer.post(&path, &[("text", "mine")]).await.status(403);
        }
        let page = viewer.get(&task).await.status(200);
        assert_eq!(page.select("#comments .text"), ["By sam", "By kim"]);
        assert!(!page.has("#comments form"));
        let page = kim.get(&task).await.status(200);
        assert_eq!(page.select("#comments details textarea"), ["By kim"]);
        assert_eq!(page.attributes("#comments form[action$='/deletion']", "action"), [format!("{by_kim}/deletion")]);
        sam.post(&format!("{by_kim}/deletion"), &[]).await.status(303);
        let gone = &app.events_of("task", "comment_deleted").await[0];
        assert_eq!(gone["details"]["author"], "maintainer");
        assert!(sam.get(&task).await.text.contains("deleted a comment by maintainer on the task"));
        kim.post(&by_kim, &[("text", "again")]).await.status(404);
        // A comment is found at its own task only.
        project(&sam, &[("name", "Other"), ("task", "Elsewhere")]).await;
        let other = app.rows("select id from tasks where name = 'Elsewhere'").await[0].text("id").to_owned();
        let id = by_sam.rsplit('/').next().unwrap();
        sam.post(&format!("/tasks/{other}/comments/{id}"), &[("text", "x")]).await.status(404);
        sam.post("/tasks/no-such-task/comments", &[("text", "x")]).await.status(404);
    }

    async fn a_name_that_somebody_has_leads_to_what_they_have_to_do(app) {
        let sam = app.setup_admin().await;
        let task = one_task(&app, &sam).await;
        app.named_user("kim.b", "viewer").await;
        say(&sam, &task, "@kim.b, ask @sam. Not `@sam`, @nobody or a@sam.\n\n    @kim.b").await;
        let page = sam.get(&task).await.status(200);
        assert_eq!(
            page.attributes("#comments .text a", "href"),
            ["/tasks?assignee=kim.b", "/tasks?assignee=sam"]
        );
        let mentions = &app.events_of("task", "commented").await[0]["details"]["mentions"];
        assert_eq!(*mentions, json!(["kim.b", "sam"]));
        let rows = app.rows("select id from users where username = 'kim.b'").await;
        sam.post(&format!("/users/{}/deletion", rows[0].text("id")), &[]).await.status(303);
        let page = app.log_in("sam", crate::harness::PASSWORD).await.get(&task).await.status(200);
        assert_eq!(page.attributes("#comments .text a", "href"), ["/tasks?assignee=sam"]);
    }

    async fn a_comment_outlives_who_wrote_it(app) {
        let sam = app.setup_admin().await;
        let task = one_task(&app, &sam).await;
        let kim = app.user("maintainer").await;
        let said = say(&kim, &task, "By kim").await;
        let rows = app.rows("select id from users where username = 'maintainer'").await;
        sam.post(&format!("/users/{}/deletion", rows[0].text("id")), &[]).await.status(303);
        let page = sam.get(&task).await.status(200);
        assert!(page.select("#comments .row-name")[0].starts_with("maintainer"));
        sam.post(&said, &[("text", "mine now")]).await.status(400);
        sam.post(&format!("{said}/deletion"), &[]).await.status(303);
    }

    async fn what_was_typed_in_two_windows_is_not_lost(app) {
        let sam = app.setup_admin().await;
        let task = one_task(&app, &sam).await;
        say(&sam, &task, "First words").await;
        let form = "#comments li form.more-body";
        let (one, two) = (sam.get(&task).await.status(200), sam.get(&task).await.status(200));
        sam.submit(&one, form, &[("text", "From one window")]).await.status(303);
        let refused = sam.submit(&two, form, &[("text", "From the other")]).await.status(422);
        assert_eq!(refused.select("#comments details[open] textarea"), ["From the other"]);
        assert_eq!(refused.select("#comments .theirs pre"), ["From one window"]);
        sam.submit(&refused, form, &[]).await.status(303);
        assert_eq!(sam.get(&task).await.select("#comments .text"), ["From the other"]);
    }

    async fn a_comment_that_cannot_be_is_refused_with_what_was_typed(app) {
        let sam = app.setup_admin().await;
        let task = one_task(&app, &sam).await;
        let said = say(&sam, &task, "Fine").await;
        let long = "x".repeat(50_001);
        for text in ["", " \n\t ", "\u{200b}", "a\0b", long.as_str()] {
            let refused = sam.post(&format!("{task}/comments"), &[("text", text)]).await.status(422);
            assert!(!refused.problem("comment").is_empty(), "{text:?}");
            let refused = sam.post(&said, &[("text", text)]).await.status(422);
            assert!(!refused.select("#comments details[open] .field-error").is_empty(), "{text:?}");
        }
        assert_eq!(app.count("task_comments").await, 1);
        for text in ["<script>alert(1)</script>", "[x](javascript:alert(1))", "' or 1=1 --", "\u{202e}@sam"] {
            say(&sam, &task, text).await;
            let page = sam.get(&task).await.status(200);
            let links = page.attributes("#comments .text a", "href");
            assert!(!page.has("#comments script") && links.iter().all(|link| link.is_empty() || link.starts_with("/tasks?")), "{links:?}");
        }
        sam.get(&format!("{task}?comments=nonsense")).await.status(400);
    }

    async fn many_comments_are_read_from_the_first_on_page_by_page(app) {
        let sam = app.setup_admin().await;
        let task = one_task(&app, &sam).await;
        for number in 0..60 {
            say(&sam, &task, &format!("Number {number}")).await;
        }
        let page = sam.get(&task).await.status(200);
        let texts = page.select("#comments .text");
        assert_eq!((texts.len(), texts[0].as_str()), (50, "Number 0"));
        let more = page.attributes("#comments a[rel=next]", "href").remove(0);
        let page = sam.get(&more).await.status(200);
        let texts = page.select("#comments .text");
        assert_eq!((texts.len(), texts[0].as_str()), (10, "Number 50"));
        // The history turns its pages by itself.
        assert_eq!(page.select("#history .feed > li").len(), 50);
        let older = page.attributes("#history a[rel=next]", "href").remove(0);
        let page = sam.get(&older).await.status(200);
        assert_eq!(page.select("#comments .text")[0], "Number 50");
        assert_eq!(page.select("#history .feed > li").len(), 11);
        let first = page.attributes("#comments .pager a", "href").remove(0);
        assert_eq!(sam.get(&first).await.select("#comments .text")[0], "Number 0");
        // Who says something sees it.
        let said = sam.post(&format!("{task}/comments"), &[("text", "The last")]).await.status(303);
        let page = sam.follow(&said).await.status(200);
        let texts = page.select("#comments .text");
        assert_eq!((texts.len(), texts.last().unwrap().as_str()), (50, "The last"));
    }
}
