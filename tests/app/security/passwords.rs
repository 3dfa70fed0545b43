//! Passwords: which are taken, how they are kept, how fast they may be tried.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};

use super::{behind_a_proxy, id_of, is_in};
use crate::harness::{Browser, PASSWORD, TestApp};

/// A hash of [`PASSWORD`] with less work than is done today.
fn weak_hash() -> String {
    let params = Params::new(8 * 1024, 1, 1, None).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    weak.hash_password(PASSWORD.as_bytes()).unwrap().to_string()
}

async fn try_login(browser: &Browser, from: &str, username: &str, password: &str) -> u16 {
    let fields = [("username", username), ("password", password)];
    let post = browser.posting("/login").header("X-Forwarded-For", from);
    browser.send(post.form(&fields)).await.status
}

/// What wrong passwords are answered with, up to the first that has to wait.
async fn slowed_down(browser: &Browser, who: impl Fn(usize) -> (String, String)) -> Vec<u16> {
    let mut answers = Vec::new();
    while answers.last() != Some(&429) {
        assert!(answers.len() < 20, "never slowed down: {answers:?}");
        let (from, name) = who(answers.len());
        answers.push(try_login(browser, &from, &name, "wrong").await);
    }
    answers
}

/// However slow the machine is, the wait is not over yet.
async fn keep_waiting(app: &TestApp, kind: &str) {
    let sql = format!(
        "update login_failures set wait_until = '2999-01-01T00:00:00.000000Z' where kind = '{kind}' and failures > 4"
    );
    app.database().execute(&sql).await;
}

stories! {
    async fn a_password_that_is_easy_to_guess_is_refused_with_advice(app) {
        let token = app.setup_token().unwrap();
        for (name, easy) in [
            ("sam.sam", "passwordpassword"),
            ("sam.sam", "qwerty7654321x"),
            ("sam.sam", "taylordash2026"),
            ("sam.sam", "sam.sam.sam.sam"),
            ("sam.sam", "aaaaaaaaaaaaaaaaaa"),
            // Good ones for anybody else.
            ("vantongeren", "vantongerenpassword"),
            ("samantha.l", "samantha.l-samantha.l"),
        ] {
            let fields = [("token", token.as_str()), ("username", name), ("password", easy), ("password_again", easy)];
            let page = app.browser().post("/setup", &fields).await.status(422);
            assert!(page.problem("password").starts_with("This is too easy to guess. "), "{easy}: {}", page.problem("password"));
            assert!(!page.text.contains(easy));
        }
        assert_eq!(app.count("users").await, 0);
        let admin = app.setup_admin().await;
        let fields = [("username", "eve"), ("role", "viewer"), ("password", "qwertyuiop123456")];
        let page = admin.post("/users", &fields).await.status(422);
        assert!(page.problem("password").starts_with("This is too easy"), "{}", page.text);
    }

    async fn a_password_may_have_128_characters_of_any_kind_and_all_of_them_count(app) {
        let admin = app.setup_admin().await;
        let long: String = "ä🐙 q'\"<".chars().cycle().zip("k7Wz".chars().cycle()).flat_map(|(a, b)| [a, b]).take(126).collect();
        let long = format!(" {long} ");
        let fields = [("username", "eve"), ("role", "viewer"), ("password", long.as_str())];
        admin.post("/users", &fields).await.status(303);
        app.log_in("eve", &long).await;
        let shorter: String = long.chars().take(127).collect();
        for other in [&*shorter, long.trim()] {
            app.browser().post("/login", &[("username", "eve"), ("password", other)]).await.status(422);
        }
        let longer = format!("{long}x");
        let fields = [("username", "eva"), ("role", "viewer"), ("password", longer.as_str())];
        admin.post("/users", &fields).await.status(422);
    }

    async fn a_password_that_was_hashed_with_less_work_is_hashed_again_at_login(app) {
        app.setup_admin().await;
        app.database().execute(&format!("update users set password_hash = '{}'", weak_hash())).await;
        app.browser().post("/login", &[("username", "sam"), ("password", "wrong")]).await.status(422);
        let kept = || async { app.rows("select password_hash from users").await[0].text("password_hash").to_owned() };
        assert!(kept().await.contains("m=8192"));
        app.log_in("sam", PASSWORD).await;
        assert!(kept().await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept().await);
        app.log_in("sam", PASSWORD).await;
    }

    async fn failures_slow_an_account_down_and_another_address_does_not_help(app) {
        app.setup_admin().await;
        behind_a_proxy(&app).await;
        let browser = app.browser();
        for name in ["sam", "nobody"] {
            let answers = slowed_down(&browser, |n| (format!("192.0.2.{n}"), name.to_owned())).await;
            assert_eq!(answers[..4], [422; 4], "{name}");
        }
        keep_waiting(&app, "account").await;
        assert_eq!(try_login(&browser, "192.0.2.99", "sam", PASSWORD).await, 429);
        let post = browser.posting("/login").form(&[("username", "SAM "), ("password", "wrong")]);
        let page = browser.send(post.header("X-Forwarded-For", "192.0.2.10")).await.status(429);
        assert_eq!(page.select("h1"), ["Not so fast"]);
        assert!(page.header("Retry-After").parse::<u64>().unwrap() >= 1);
        // Sam signed in from here before: strangers cannot keep them out.
        assert_eq!(try_login(&browser, "127.0.0.1", "sam", PASSWORD).await, 303);
    }

    async fn an_account_is_never_locked_for_good(app) {
        app.setup_admin().await;
        behind_a_proxy(&app).await;
        let browser = app.browser();
        for n in 0..40 {
            try_login(&browser, &format!("192.0.2.{n}"), "sam", "wrong").await;
            for row in app.rows("select wait_until from login_failures").await {
                let until = chrono::DateTime::parse_from_rfc3339(row.text("wait_until")).unwrap().to_utc();
                assert!(until - chrono::Utc::now() <= chrono::TimeDelta::seconds(120), "{until} after {n} failures");
            }
            app.database().execute("update login_failures set wait_until = '2020-01-01T00:00:00.000000Z'").await;
        }
        assert_eq!(try_login(&browser, "198.51.100.1", "sam", PASSWORD).await, 303);
        assert_eq!(app.count("login_failures where kind = 'account' and failures > 0").await, 0);
    }

    async fn an_address_that_guesses_at_many_accounts_is_slowed_down_and_no_other_is(app) {
        app.setup_admin().await;
        behind_a_proxy(&app).await;
        let browser = app.browser();
        let answers = slowed_down(&browser, |n| ("192.0.2.7".to_owned(), format!("guess{n}"))).await;
        assert_eq!(answers[..9], [422; 9]);
        keep_waiting(&app, "address").await;
        assert_eq!(try_login(&browser, "192.0.2.7", "sam", PASSWORD).await, 429);
        assert_eq!(try_login(&browser, "192.0.2.8", "sam", PASSWORD).await, 303);
    }

    async fn failures_are_counted_in_the_database_and_not_by_the_name_that_was_typed(app) {
        app.setup_admin().await;
        app.browser().post("/login", &[("username", "hunter2-in-the-wrong-field"), ("password", "x")]).await.status(422);
        let rows = app.rows("select kind, subject from login_failures order by kind").await;
        let kinds: Vec<&str> = rows.iter().map(|row| row.text("kind")).collect();
        assert_eq!(kinds, ["account", "address"]);
        assert!(rows.iter().all(|row| !row.text("subject").contains("hunter2")));
        assert_eq!(rows[0].text("subject").len(), 64);
    }

    async fn many_failures_in_a_row_are_one_event_a_minute(app) {
        app.setup_admin().await;
        for _ in 0..7 {
            app.browser().post("/login", &[("username", "sam"), ("password", "wrong")]).await.status(422);
        }
        assert_eq!(app.events_of("auth", "login_failed").await.len(), 1);
        app.stop().await;
        let told: Vec<_> = app.events_of("auth", "login_failed").await.iter().map(|event| event["details"]["times"].clone()).collect();
        assert_eq!(told, [1, 6]);
    }

    async fn a_password_that_an_admin_chose_is_good_for_one_login(app) {
        let admin = app.setup_admin().await;
        let before = app.user("maintainer").await;
        let path = format!("/users/{}", id_of(&app, "maintainer").await);
        admin.post(&path, &[("password", "only for the first time")]).await.see(&path);
        assert!(!is_in(&before).await);
        let browser = app.log_in("maintainer", "only for the first time").await;
        for page in ["/", "/account", "/projects", "/plugins/new", "/users"] {
            browser.get(page).await.see("/account/password");
        }
        browser.get("/events/stream").await.status(401);
        browser.post("/projects", &[("name", "Sneaked in")]).await.see("/account/password");
        let page = browser.get("/account/password").await.status(200);
        let same = [("current_password", "only for the first time"), ("password", "only for the first time"), ("password_again", "only for the first time")];
        browser.submit(&page, "form[action='/account/password']", &same).await.status(422);
        let own = [("current_password", "only for the first time"), ("password", "my very own secret words"), ("password_again", "my very own secret words")];
        browser.submit(&page, "form[action='/account/password']", &own).await.see("/account");
        browser.get("/projects").await.status(200);
        app.log_in("maintainer", "my very own secret words").await.get("/projects").await.status(200);
        assert_eq!(app.count("projects").await, 0);
    }

    async fn a_new_account_chooses_its_own_password_where_the_admin_says_so(app) {
        let admin = app.setup_admin().await;
        let page = admin.get("/users/new").await.status(200);
        let changes = [("username", "eve"), ("password", PASSWORD)];
        admin.submit(&page, "form[action='/users']", &changes).await.status(303);
        app.log_in("eve", PASSWORD).await.get("/").await.see("/account/password");
        let fields = [("username", "adam"), ("password", PASSWORD), ("role", "viewer"), ("one_time", "perhaps")];
        admin.post("/users", &fields).await.status(422);
    }

    async fn the_events_of_a_removed_account_keep_its_name(app) {
        let admin = app.setup_admin().await;
        let browser = app.user("maintainer").await;
        browser.post("/projects", &[("name", "Rack"), ("status", "active")]).await.status(303);
        let id = id_of(&app, "maintainer").await;
        admin.post(&format!("/users/{id}/deletion"), &[]).await.see("/users");
        assert!(!is_in(&browser).await);
        let made = &app.events_of("project", "created").await[0];
        assert_eq!(made["actor"], "maintainer");
        assert_eq!(app.events_of("user", "deleted").await[0]["details"]["username"], "maintainer");
        let page = admin.get("/events").await.status(200);
        assert!(page.text.contains("maintainer"), "{}", page.text);
    }

    async fn every_field_for_a_password_hides_it_and_lets_password_managers_help(app) {
        let mut pages = vec![("the setup", app.browser().get("/setup").await, 2)];
        let admin = app.setup_admin().await;
        pages.push(("the login", app.browser().get("/login").await, 1));
        pages.push(("another password", admin.get("/account/password").await, 3));
        pages.push(("a new account", admin.get("/users/new").await, 1));
        let path = format!("/users/{}", id_of(&app, "sam").await);
        pages.push(("an account", admin.get(&path).await, 1));
        crate::security::grow_stale(&app).await;
        let asked = admin.post("/users", &[("username", "eve")]).await;
        pages.push(("the password again", admin.follow(&asked).await, 1));
        for (what, page, fields) in pages {
            let kinds = page.attributes("input[name*=password]", "type");
            let kinds: Vec<&str> = kinds.iter().map(String::as_str).filter(|kind| !matches!(*kind, "checkbox" | "hidden")).collect();
            assert_eq!(kinds, vec!["password"; fields], "{what}");
            let helps = page.attributes("input[type=password]", "autocomplete");
            assert_eq!(helps.len(), fields, "{what}");
            assert!(helps.iter().all(|help| matches!(help.as_str(), "current-password" | "new-password")), "{what}: {helps:?}");
        }
        for script in std::fs::read_dir("static").unwrap() {
            let path = script.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "js") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains("\"paste\""), "{} looks at what is pasted", path.display());
            }
        }
    }

    async fn a_flood_of_logins_leaves_the_pages_alone(app) {
        let admin = app.setup_admin().await;
        let flood = app.browser();
        let fields = [("username", "sam"), ("password", "wrong")];
        let (answers, page) = futures_util::join!(
            futures_util::future::join_all((0..100).map(|_| flood.post("/login", &fields))),
            admin.get("/account"),
        );
        page.status(200);
        assert!(answers.iter().all(|answer| matches!(answer.status, 422 | 429)));
        assert!(answers.iter().filter(|answer| answer.status == 429).count() >= 80);
    }
}
