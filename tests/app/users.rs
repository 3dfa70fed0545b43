//! Who has an account, and what they may do.

use futures_util::future::join_all;

use crate::harness::{Browser, PASSWORD, TestApp};

async fn id_of(app: &TestApp, username: &str) -> String {
    let sql = format!("select id from users where username = '{username}'");
    app.rows(&sql).await[0].text("id").to_owned()
}

async fn role_of(app: &TestApp, username: &str) -> String {
    let sql = format!("select role from users where username = '{username}'");
    app.rows(&sql).await[0].text("role").to_owned()
}

/// Makes an account through the form, and answers its address.
async fn create(admin: &Browser, changes: &[(&str, &str)]) -> String {
    let page = admin.get("/users/new").await.status(200);
    let mut fields = changes.to_vec();
    if changes.iter().all(|(name, _)| *name != "password") {
        fields.push(("password", PASSWORD));
    }
    let answer = admin.submit(&page, "form[action='/users']", &fields).await;
    answer.status(303).location()
}

stories! {
    async fn an_account_is_made_with_its_event_and_can_sign_in(app) {
        let admin = app.setup_admin().await;
        let fields = [("username", "Robin"), ("email", "robin@example.org"), ("role", "maintainer")];
        let address = create(&admin, &fields).await;
        let id = id_of(&app, "Robin").await;
        assert_eq!(address, format!("/users/{id}"));
        let page = admin.get(&address).await.status(200);
        assert_eq!(page.select(".notice:not([hidden])"), ["Created."]);
        assert_eq!(page.attributes("#email", "value"), ["robin@example.org"]);
        let created = &app.events_of("user", "created").await[1];
        assert_eq!(created["user_id"], id.as_str());
        assert_eq!(created["actor"], "sam");
        assert_eq!(created["version"].as_i64(), Some(1));
        assert_eq!(created["details"]["role"], "maintainer");
        assert!(!created.to_string().contains("argon2"), "{created}");
        app.log_in("robin", PASSWORD).await;
        let list = admin.get("/users").await.status(200);
        assert_eq!(list.select("tbody tr").len(), 2);
        assert!(list.select("tbody tr")[0].contains("Robin"), "the newest stands first");
    }

    async fn the_same_form_sent_twice_makes_one_account(app) {
        let admin = app.setup_admin().await;
        let page = admin.get("/users/new").await;
        let changes = [("username", "robin"), ("password", PASSWORD)];
        let form = "form[action='/users']";
        let answers = join_all((0..4).map(|_| admin.submit(&page, form, &changes))).await;
        let address = format!("/users/{}", id_of(&app, "robin").await);
        for answer in answers {
            answer.see(&address);
        }
        assert_eq!(app.count("users").await, 2);
        assert_eq!(app.events_of("user", "created").await.len(), 2);
    }

    async fn a_name_or_address_of_somebody_else_is_refused_whatever_its_case(app) {
        let admin = app.setup_admin().await;
        create(&admin, &[("username", "robin"), ("email", "robin@example.org")]).await;
        for (username, email) in [("ROBIN", ""), ("alex", "robin@example.org")] {
            let fields = [("username", username), ("email", email), ("role", "viewer"), ("password", PASSWORD)];
            let page = admin.post("/users", &fields).await.status(422);
            assert!(page.problem("username").contains("Choose another"), "{}", page.text);
            assert_eq!(page.attributes("#username", "value"), [username]);
        }
        let path = format!("/users/{}", id_of(&app, "robin").await);
        let page = admin.post(&path, &[("username", "Sam")]).await.status(422);
        assert!(page.problem("username").contains("Choose another"), "{}", page.text);
        assert_eq!(app.count("users").await, 2);
        assert_eq!(app.events_of("user", "updated").await.len(), 0);
    }

    async fn an_account_is_refused_with_a_message_at_each_field(app) {
        let admin = app.setup_admin().await;
        let long = "x".repeat(10_000);
        for name in ["", " ", "\0", "a\0b", "two words", "-dash", "system", "<b>", "\u{202e}mas", "😀", &long] {
            let fields = [("username", name), ("role", "viewer"), ("password", PASSWORD)];
            let page = admin.post("/users", &fields).await.status(422);
            assert!(!page.problem("username").is_empty(), "{name:?}");
        }
        for (field, value) in [
            ("email", "no address"), ("email", "a@b@c"), ("email", "a\0@b"), ("role", "root"), ("role", ""),
            ("password", "short"), ("password", &long),
        ] {
            let mut fields = vec![("username", "robin"), ("role", "viewer"), ("password", PASSWORD)];
            fields.retain(|(name, _)| *name != field);
            fields.push((field, value));
            let page = admin.post("/users", &fields).await.status(422);
            assert!(!page.problem(field).is_empty(), "{field}={value:?}");
        }
        assert_eq!(app.count("users").await, 1);
    }

    async fn a_password_may_hold_anything_and_is_kept_only_as_its_hash(app) {
        let admin = app.setup_admin().await;
        let password = "😀 <b>&amp;</b> ' \" ; \u{202e} z";
        create(&admin, &[("username", "robin"), ("password", password)]).await;
        app.log_in("robin", password).await;
        for row in app.rows("select password_hash from users").await {
            assert!(row.text("password_hash").starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        }
    }

    async fn a_change_of_an_account_is_one_event_for_each_kind_of_change(app) {
        let admin = app.setup_admin().await;
        let path = create(&admin, &[("username", "robin")]).await;
        let page = admin.get(&path).await;
        let changes = [("username", "Robin"), ("role", "maintainer"), ("disabled", "true")];
        admin.submit(&page, ".form[action^='/users/']", &changes).await.see(&path);
        let updated = &app.events_of("user", "updated").await[0];
        assert_eq!(updated["details"]["username"]["new"], "Robin");
        let role = &app.events_of("user", "role_changed").await[0];
        assert_eq!((&role["details"]["old_role"], &role["details"]["new_role"]), (&"viewer".into(), &"maintainer".into()));
        assert_eq!(app.events_of("user", "disabled").await.len(), 1);
        let versions: Vec<_> = app.events().await.iter()
            .filter(|event| event["user_id"] == path.trim_start_matches("/users/"))
            .map(|event| event["version"].as_i64().unwrap())
            .collect();
        assert_eq!(versions, [1, 2, 3, 4]);
    }

    async fn a_form_that_changes_nothing_writes_no_event(app) {
        let admin = app.setup_admin().await;
        let path = create(&admin, &[("username", "robin")]).await;
        let before = app.events().await.len();
        let page = admin.get(&path).await;
        let answer = admin.submit(&page, ".form[action^='/users/']", &[]).await.see(&path);
        let shown = admin.follow(&answer).await.select(".notice:not([hidden])");
        assert_eq!(shown, ["Nothing was changed: it is as it was."]);
        assert_eq!(app.events().await.len(), before);
    }

    async fn what_a_script_does_not_send_stays_as_it_is(app) {
        let admin = app.setup_admin().await;
        let path = create(&admin, &[("username", "robin"), ("email", "robin@example.org")]).await;
        admin.post(&path, &[("role", "maintainer")]).await.see(&path);
        let row = &app.rows("select username, email, role from users where username = 'robin'").await[0];
        assert_eq!((row.text("email"), row.text("role")), ("robin@example.org", "maintainer"));
        app.log_in("robin", PASSWORD).await;
    }

    async fn two_admins_who_edit_one_account_do_not_overwrite_each_other(app) {
        let admin = app.setup_admin().await;
        let path = create(&admin, &[("username", "robin"), ("email", "robin@example.org"), ("role", "viewer")]).await;
        let form = format!("form[action='{path}']");
        let opened = admin.get(&path).await.status(200);
        admin.submit(&opened, &form, &[("role", "maintainer"), ("email", "r@example.org")]).await.see(&path);

        // What only the other admin changed stays as they saved it.
        admin.submit(&opened, &form, &[("username", "robyn")]).await.see(&path);
        let row = &app.rows("select username, email, role from users where username = 'robyn'").await[0];
        assert_eq!((row.text("email"), row.text("role")), ("r@example.org", "maintainer"));

        // What both changed is asked about, and what was typed is there to be saved.
        let refused = admin.submit(&opened, &form, &[("role", "admin"), ("disabled", "true")]).await.status(422);
        assert!(refused.problem("role").contains("Somebody else changed this"), "{}", refused.text);
        assert!(refused.select(".theirs").join(" ").contains("maintainer"), "{}", refused.text);
        assert_eq!(role_of(&app, "robyn").await, "maintainer");
        let theirs = [("keep-role", "theirs")];
        admin.submit(&refused, &form, &theirs).await.see(&path);
        assert_eq!(role_of(&app, "robyn").await, "maintainer");
        let refused = admin.submit(&opened, &form, &[("role", "admin")]).await.status(422);
        admin.submit(&refused, &form, &[]).await.see(&path);
        assert_eq!(role_of(&app, "robyn").await, "admin");
    }

    async fn two_admins_who_give_one_account_a_password_do_not_overwrite_each_other(app) {
        let admin = app.setup_admin().await;
        let path = create(&admin, &[("username", "robin")]).await;
        let form = format!("form[action='{path}']");
        let opened = admin.get(&path).await.status(200);
        admin.submit(&opened, &form, &[("password", "a fresh long password")]).await.see(&path);
        let refused = admin.submit(&opened, &form, &[("password", "quite another password")]).await.status(422);
        assert!(refused.problem("password").contains("another password while"), "{}", refused.text);
        app.log_in("robin", "a fresh long password").await;
        admin.submit(&refused, &form, &[("password", "quite another password")]).await.see(&path);
        app.log_in("robin", "quite another password").await;
    }

    async fn disabling_an_account_ends_its_sessions_and_enabling_lets_it_in_again(app) {
        let admin = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let path = format!("/users/{}", id_of(&app, "viewer").await);
        admin.post(&path, &[("disabled", "true")]).await.see(&path);
        viewer.get("/account").await.see("/login?next=%2Faccount");
        admin.post(&path, &[("disabled", "false")]).await.see(&path);
        viewer.get("/account").await.see("/login?next=%2Faccount");
        app.log_in("viewer", PASSWORD).await;
    }

    async fn a_password_that_an_admin_sets_ends_their_sessions(app) {
        let admin = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let path = format!("/users/{}", id_of(&app, "viewer").await);
        admin.post(&path, &[("password", "a fresh long password")]).await.see(&path);
        viewer.get("/account").await.see("/login?next=%2Faccount");
        app.log_in("viewer", "a fresh long password").await;
    }

    async fn another_role_counts_at_once_and_takes_a_new_login(app) {
        let admin = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        viewer.get("/users").await.status(403);
        let path = format!("/users/{}", id_of(&app, "viewer").await);
        admin.post(&path, &[("role", "admin")]).await.see(&path);
        viewer.get("/users").await.see("/login?next=%2Fusers");
        app.log_in("viewer", PASSWORD).await.get("/users").await.status(200);
    }

    async fn removing_an_account_asks_first_and_ends_its_sessions(app) {
        let admin = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let path = format!("/users/{}/deletion", id_of(&app, "viewer").await);
        let page = admin.get(&path).await.status(200);
        assert_eq!(app.count("users").await, 2);
        admin.submit(&page, "form[action$='/deletion']", &[]).await.see("/users");
        assert_eq!(app.count("users").await, 1);
        viewer.get("/account").await.see("/login?next=%2Faccount");
        admin.get(&path).await.status(404);
        admin.post(&path, &[]).await.status(404);
        assert_eq!(app.events_of("user", "deleted").await.len(), 1);
    }

    async fn the_last_admin_can_be_neither_removed_nor_disabled_nor_demoted(app) {
        let admin = app.setup_admin().await;
        app.named_user("retired", "admin").await;
        let retired = format!("/users/{}", id_of(&app, "retired").await);
        admin.post(&retired, &[("disabled", "true")]).await.see(&retired);
        let path = format!("/users/{}", id_of(&app, "sam").await);
        for change in [("role", "viewer"), ("disabled", "true")] {
            let page = admin.post(&path, &[change]).await.status(422);
            assert!(page.text.contains("This is the last admin."), "{}", page.text);
        }
        let page = admin.post(&format!("{path}/deletion"), &[]).await.status(422);
        assert!(page.text.contains("This is the last admin."), "{}", page.text);
        admin.get("/users").await.status(200);
        assert_eq!(role_of(&app, "sam").await, "admin");
    }

    async fn two_admins_who_demote_each_other_at_once_leave_one(app) {
        app.setup_admin().await;
        app.named_user("alex", "admin").await;
        let path_of_sam = format!("/users/{}", id_of(&app, "sam").await);
        let path_of_alex = format!("/users/{}", id_of(&app, "alex").await);
        let demote = [("role", "viewer")];
        // Often enough that once at least both are under way at the same moment.
        for _ in 0..10 {
            app.database().execute("update users set role = 'admin'").await;
            let (sam, alex) = (app.log_in("sam", PASSWORD).await, app.log_in("alex", PASSWORD).await);
            let answers = futures_util::join!(sam.post(&path_of_alex, &demote), alex.post(&path_of_sam, &demote));
            for status in [answers.0.status, answers.1.status] {
                assert!(matches!(status, 303 | 403 | 422), "{status}");
            }
            assert_eq!(app.count("users where role = 'admin'").await, 1);
        }
    }

    async fn a_long_list_of_accounts_is_read_page_by_page_and_shows_each_once(app) {
        let admin = app.setup_admin().await;
        let values: Vec<String> = (0..120)
            .map(|n| format!("('id-{n:03}', 'user-{n:03}', 'x', '2026-01-01T00:00:{:02}.000000Z')", n / 40))
            .collect();
        let sql = format!("insert into users (id, username, password_hash, created_at) values {}", values.join(", "));
        app.database().execute(&sql).await;
        let mut path = "/users".to_owned();
        let mut seen = Vec::new();
        for rows in [50, 50, 21] {
            let page = admin.get(&path).await.status(200);
            assert_eq!(page.select("tbody tr").len(), rows);
            seen.extend(page.attributes("tbody tr", "id"));
            path = page.attributes("a[rel=next]", "href").pop().unwrap_or_default();
        }
        assert_eq!(path, "", "the last page leads no further");
        assert_eq!(seen[0], format!("user-{}", id_of(&app, "sam").await));
        assert_eq!((seen[1].as_str(), seen[120].as_str()), ("user-id-119", "user-id-000"));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 121);
    }

    async fn a_place_in_a_list_that_is_none_is_said_so(app) {
        let admin = app.setup_admin().await;
        for before in ["-1", "x", "1", "1.", "99999999999999999999.a", "-9223372036854775808.a", "1.%F0%9F%98%80", "'--.a"] {
            let page = admin.get(&format!("/users?before={before}")).await;
            assert!(matches!(page.status, 200 | 400), "{before}: {}", page.status);
        }
        admin.get("/users?before=-1").await.status(400);
        admin.get("/users?before=1.%00").await.status(400);
    }
}
