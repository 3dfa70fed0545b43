//! Coming in and going out: the first account, login, logout, one's own account.

use std::time::Duration;

use futures_util::future::join_all;

use crate::harness::{Answer, FIRST, PASSWORD, eventually};

/// The form of the first account, filled in.
fn setup(token: &str) -> Vec<(&str, &str)> {
    [&[("token", token)], &FIRST[..]].concat()
}

/// A refused login, without what was typed and without how much has happened here so far.
fn bare(answer: &Answer, name: &str) -> (u16, String) {
    let mark = answer.attributes("body", "data-mark").concat();
    let text = answer.text.replace(&format!("data-mark=\"{mark}\""), "");
    (answer.status, text.replace(name, "…"))
}

stories! {
    async fn the_setup_link_makes_the_first_admin_and_signs_them_in(app) {
        let browser = app.browser();
        let token = app.setup_token().unwrap();
        let page = browser.get("/setup").await.status(200);
        assert!(!page.text.contains(&token), "who has no token gets none");
        browser.submit(&page, "form[action='/setup']", &setup(&token)).await.see("/");
        browser.get("/account").await.status(200);
        let users = app.rows("select username, role, last_login from users").await;
        assert_eq!(users.len(), 1);
        assert_eq!((users[0].text("username"), users[0].text("role")), ("sam", "admin"));
        assert!(!users[0].is_null("last_login"));
        assert_eq!(app.events_of("user", "created").await.len(), 1);
        assert_eq!(app.events_of("auth", "logged_in").await.len(), 1);
    }

    async fn the_setup_link_works_once(app) {
        let token = app.setup_token().unwrap();
        app.setup_admin().await;
        app.browser().get("/setup").await.status(404);
        app.browser().post("/setup", &setup(&token)).await.status(404);
        assert_eq!(app.count("users").await, 1);
        app.restart().await;
        assert_eq!(app.setup_token(), None);
    }

    async fn setting_up_takes_the_token_and_not_in_the_address(app) {
        let token = app.setup_token().unwrap();
        for (path, typed) in [("/setup", ""), ("/setup", "0000"), ("/setup", "\0"), (&*format!("/setup?token={token}"), "")] {
            let page = app.browser().post(path, &setup(typed)).await.status(422);
            assert!(page.problem("token").starts_with("This is not what stands"), "{}", page.text);
            assert!(!page.text.contains(&token));
        }
        let unsaid = app.browser().post("/setup", &[("token", "0000"), ("username", "?"), ("password", "x")]).await.status(422);
        assert_eq!((unsaid.problem("username"), unsaid.problem("password")), (String::new(), String::new()));
        app.browser().post("/setup", &FIRST).await.status(422);
        assert_eq!(app.count("users").await, 0);
    }

    async fn of_two_who_set_up_at_once_one_becomes_the_admin(app) {
        let token = app.setup_token().unwrap();
        let (first, second, form) = (app.browser(), app.browser(), setup(&token));
        let answers = futures_util::join!(first.post("/setup", &form), second.post("/setup", &form));
        let mut statuses = [answers.0.status, answers.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 404]);
        assert_eq!(app.count("users").await, 1);
    }

    async fn a_first_account_is_refused_with_a_message_at_each_field(app) {
        let token = app.setup_token().unwrap();
        let with = |name, password, again| {
            vec![("token", token.as_str()), ("username", name), ("password", password), ("password_again", again)]
        };
        let page = app.browser().post("/setup", &with("sam home", "short", "shirt")).await.status(422);
        assert!(page.problem("username").starts_with("Use letters"), "{}", page.text);
        assert!(page.problem("password").starts_with("Use at least 12"), "{}", page.text);
        assert_eq!(page.attributes("#username", "value"), ["sam home"]);
        assert_eq!(page.attributes("#token", "value"), [token.as_str()]);
        assert_eq!(page.header("Cache-Control"), "no-store");
        assert!(!page.text.contains("short"), "a password is never sent back");
        let page = app.browser().post("/setup", &with("sam", PASSWORD, "other")).await.status(422);
        assert!(page.problem("password_again").contains("not the same"), "{}", page.text);
        assert_eq!(app.count("users").await, 0);
    }

    async fn a_login_gets_the_same_answer_for_an_unknown_user_a_wrong_password_and_a_disabled_account(app) {
        let admin = app.setup_admin().await;
        app.user("viewer").await;
        let id = app.rows("select id from users where username = 'viewer'").await[0].text("id").to_owned();
        admin.post(&format!("/users/{id}"), &[("disabled", "true")]).await.status(303);
        let mut answers = Vec::new();
        for (username, password) in [("sam", "wrong"), ("nobody", PASSWORD), ("viewer", PASSWORD)] {
            let browser = app.browser();
            let answer = browser.post("/login", &[("username", username), ("password", password)]).await;
            answers.push(bare(&answer, username));
            assert_eq!(answer.status, 422);
            assert!(!answer.text.contains(PASSWORD));
            assert_eq!(browser.cookie_header(), "");
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
    }

    async fn a_failed_login_is_an_event_that_does_not_repeat_what_was_typed(app) {
        app.setup_admin().await;
        for username in ["hunter2-typed-here", "sam"] {
            let fields = [("username", username), ("password", "hunter2-typed-here")];
            app.browser().post("/login", &fields).await.status(422);
        }
        let sam = app.rows("select id from users").await[0].text("id").to_owned();
        let failed = app.events_of("auth", "login_failed").await;
        assert_eq!(failed.len(), 2);
        assert_eq!(failed[0]["auth_id"], "unknown");
        assert_eq!(failed[1]["auth_id"], sam.as_str());
        for event in app.events().await {
            assert!(!event.to_string().contains("hunter2"), "{event}");
        }
    }

    async fn signing_in_leads_back_to_the_page_that_was_asked_for(app) {
        app.setup_admin().await;
        let browser = app.browser();
        let turned_away = browser.get("/users?before=").await.see("/login?next=%2Fusers%3Fbefore%3D");
        let login = browser.follow(&turned_away).await.status(200);
        let changes = [("username", "SAM"), ("password", PASSWORD)];
        browser.submit(&login, "form[action='/login']", &changes).await.see("/users?before=");
        browser.get("/users").await.status(200);
        browser.get("/login?next=/users").await.see("/users");
    }

    async fn signing_in_never_leads_to_another_site(app) {
        app.setup_admin().await;
        for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"] {
            let fields = [("username", "sam"), ("password", PASSWORD), ("next", next)];
            app.browser().post("/login", &fields).await.see("/");
        }
    }

    async fn a_fragment_of_a_page_tells_htmx_to_go_to_the_login(app) {
        let browser = app.browser();
        let request = browser.getting("/users").header("HX-Request-Type", "partial");
        let answer = browser.send(request).await.status(401);
        assert_eq!(answer.header("HX-Redirect"), "/login?next=%2Fusers");
    }

    async fn logging_out_ends_the_session_on_the_server(app) {
        let browser = app.setup_admin().await;
        let stolen = browser.at(&app.origin());
        stolen.get("/account").await.status(200);
        let answer = browser.post("/logout", &[]).await.see("/login");
        assert_eq!(browser.follow(&answer).await.select(".notice:not([hidden])"), ["You are signed out."]);
        stolen.get("/account").await.see("/login?next=%2Faccount");
        assert_eq!(app.count("sessions").await, 0);
        assert_eq!(app.events_of("auth", "logged_out").await.len(), 1);
    }

    async fn a_session_outlives_a_restart(app) {
        let browser = app.setup_admin().await;
        app.restart().await;
        browser.at(&app.origin()).get("/account").await.status(200);
    }

    async fn a_session_ends_after_thirty_days_and_after_seven_without_use(app) {
        for (column, moment) in [("expires_at", "2020-01-01T00:00:00.000000Z"), ("last_seen", "2020-01-01T00:00:00.000000Z")] {
            let browser = match app.setup_token() {
                Some(_) if app.count("users").await == 0 => app.setup_admin().await,
                _ => app.log_in("sam", PASSWORD).await,
            };
            browser.get("/account").await.status(200);
            app.database().execute(&format!("update sessions set {column} = '{moment}'")).await;
            browser.get("/account").await.see("/login?next=%2Faccount");
        }
    }

    async fn who_reads_the_session_table_cannot_use_it(app) {
        let browser = app.setup_admin().await;
        let kept = app.rows("select key_hash from sessions").await[0].text("key_hash").to_owned();
        assert_eq!(kept.len(), 64);
        assert!(!browser.cookie_header().contains(&kept));
        let request = app.browser().getting("/account").header("Cookie", format!("taylordash_session={kept}"));
        app.browser().send(request).await.see("/login?next=%2Faccount");
    }

    async fn changing_ones_password_ends_the_other_sessions_and_keeps_this_one(app) {
        let browser = app.setup_admin().await;
        let other = app.log_in("sam", PASSWORD).await;
        let page = browser.get("/account").await.status(200);
        let changes = [("current_password", PASSWORD), ("password", "another long password"), ("password_again", "another long password")];
        let answer = browser.submit(&page, "form[action='/account/password']", &changes).await.see("/account");
        assert_eq!(browser.follow(&answer).await.select(".notice:not([hidden])"), ["Password changed. Your other sessions have ended."]);
        other.get("/account").await.see("/login?next=%2Faccount");
        app.browser().post("/login", &[("username", "sam"), ("password", PASSWORD)]).await.status(422);
        app.log_in("sam", "another long password").await;
        assert_eq!(app.events_of("user", "password_changed").await.len(), 1);
    }

    async fn a_password_is_not_changed_without_the_one_that_is_now(app) {
        let browser = app.setup_admin().await;
        let fields = [("current_password", "a wrong guess"), ("password", "another long password"), ("password_again", "another long password")];
        let page = browser.post("/account/password", &fields).await.status(422);
        assert!(page.problem("current_password").contains("not your password"), "{}", page.text);
        app.log_in("sam", PASSWORD).await;
        assert_eq!(app.events_of("user", "password_changed").await.len(), 0);
    }

    async fn a_theme_that_was_chosen_is_on_every_page(app) {
        let browser = app.setup_admin().await;
        assert_eq!(browser.get("/account").await.attributes("html", "data-bs-theme"), ["auto"]);
        browser.post("/account/preferences", &[("theme", "dark")]).await.see("/account");
        assert_eq!(browser.get("/users").await.attributes("html", "data-bs-theme"), ["dark"]);
        browser.post("/account/preferences", &[("theme", "pink")]).await.status(400);
        let kept = app.rows("select preferences from users").await[0].json("preferences");
        assert_eq!(kept["theme"], "dark");
    }

    async fn letters_are_keys_until_somebody_switches_that_off(app) {
        let browser = app.setup_admin().await;
        let has_keys = |page: &Answer| page.has("script[src*='keys.js']") && page.has("#keys-dialog") && page.has("#told");
        assert!(has_keys(&browser.get("/projects").await));
        let page = browser.get("/account").await;
        browser.submit(&page, "form:has(#keys)", &[("keys", "off")]).await.see("/account");
        let page = browser.get("/projects").await;
        assert!(!page.has("script[src*='keys.js']") && !page.has("#keys-dialog") && !page.has("#told"));
        // The list of them stays where they are switched on.
        assert!(browser.get("/account").await.has("section[aria-labelledby=keyboard] kbd"));
        browser.post("/account/preferences", &[("keys", "sometimes")]).await.status(400);
        browser.post("/account/preferences", &[("theme", "dark")]).await.see("/account");
        assert!(!browser.get("/projects").await.has("#keys-dialog"));
        browser.post("/account/preferences", &[("keys", "on")]).await.see("/account");
        assert!(has_keys(&browser.get("/projects").await));
        assert_eq!(app.events_of("user", "preferences_changed").await[0]["details"]["keys"], "off");
    }

    async fn a_word_on_what_was_done_is_shown_once(app) {
        let browser = app.setup_admin().await;
        browser.post("/account/preferences", &[("theme", "light")]).await.see("/account");
        assert_eq!(browser.get("/account").await.select(".notice:not([hidden])"), ["Saved."]);
        assert!(browser.get("/account").await.select(".notice:not([hidden])").is_empty());
    }

    async fn a_post_that_another_site_made_is_refused(app) {
        let browser = app.setup_admin().await;
        let fields = [("theme", "dark")];
        let path = "/account/preferences";
        let posts = [
            browser.bare_post(path),
            browser.bare_post(path).header("Origin", "https://evil.example"),
            browser.bare_post(path).header("Origin", "null"),
            browser.posting(path).header("Sec-Fetch-Site", "cross-site"),
            browser.posting(path).header("Sec-Fetch-Site", "same-site"),
        ];
        for post in posts {
            let page = browser.send(post.form(&fields)).await.status(403);
            assert_eq!(page.select("h1"), ["This request came from elsewhere"]);
        }
        assert_eq!(app.events_of("user", "preferences_changed").await.len(), 0);
        browser.send(browser.posting(path).header("Sec-Fetch-Site", "same-origin").form(&fields)).await.see("/account");
    }

    async fn a_script_needs_a_session_and_an_origin_and_nothing_else(app) {
        let cookie = app.setup_admin().await.cookie_header();
        let script = app.browser();
        let post = script.posting("/account/preferences").header("Cookie", cookie);
        script.send(post.body("theme=dark").header("Content-Type", "application/x-www-form-urlencoded")).await.see("/account");
        assert_eq!(app.events_of("user", "preferences_changed").await.len(), 1);
    }

    async fn nobody_who_is_not_signed_in_gets_further_than_the_doors(app) {
        app.setup_admin().await;
        let browser = app.browser();
        for path in ["/account", "/users", "/users/new", "/users/some-id", "/users/some-id/deletion"] {
            let answer = browser.get(path).await.status(303);
            assert!(answer.location().starts_with("/login?next="), "{path}");
        }
        for path in ["/logout", "/account/password", "/account/preferences", "/users", "/users/some-id", "/users/some-id/deletion"] {
            let answer = browser.post(path, &[]).await.status(303);
            assert!(answer.location().starts_with("/login?next="), "{path}");
        }
    }

    async fn too_small_a_role_gets_a_page_that_says_which_it_takes(app) {
        app.setup_admin().await;
        for role in ["viewer", "maintainer"] {
            let browser = app.user(role).await;
            for path in ["/users", "/users/new", "/users/some-id", "/users/some-id/deletion"] {
                let page = browser.get(path).await.status(403);
                assert_eq!(page.select("h1"), ["This takes the role admin"], "{path}");
            }
            for path in ["/users", "/users/some-id", "/users/some-id/deletion"] {
                browser.post(path, &[("username", "eve"), ("role", "admin")]).await.status(403);
            }
            let page = browser.get("/account").await.status(200);
            assert!(!page.has("a[href='/users']"), "a {role} is shown what only an admin may do");
        }
        assert_eq!(app.count("users").await, 3);
    }

    async fn an_error_page_keeps_the_navigation_of_whoever_is_signed_in(app) {
        let page = app.setup_admin().await.get("/nothing").await.status(404);
        assert!(page.has("nav a[href='/users']"), "{}", page.text);
        let page = app.browser().get("/nothing").await.status(404);
        assert!(!page.has("nav") && page.has("a[href='/login']"), "{}", page.text);
    }

    async fn a_flood_of_logins_is_sent_away_and_the_others_are_answered(app) {
        app.setup_admin().await;
        let browsers: Vec<_> = (0..64).map(|_| app.browser()).collect();
        let fields = [("username", "sam"), ("password", PASSWORD)];
        let answers = join_all(browsers.iter().map(|browser| browser.post("/login", &fields))).await;
        let entered = answers.iter().filter(|answer| answer.status == 303).count();
        let busy = answers.iter().filter(|answer| answer.status == 429).count();
        assert!(entered > 0 && busy > 0 && entered + busy == 64, "{entered} entered, {busy} were sent away");
        let waits = answers.iter().filter(|answer| answer.status == 429);
        assert!(waits.into_iter().all(|answer| !answer.header("Retry-After").is_empty()));
    }

    async fn what_nobody_should_type_into_the_doors_is_no_failure_of_ours(app) {
        app.setup_admin().await;
        let long = "x".repeat(10_000);
        for typed in ["", "\0", "sam\0", "' or 1=1 --", "<script>alert(1)</script>", "\u{202e}mas", "😀", &long] {
            let fields = [("username", typed), ("password", typed), ("next", typed)];
            let page = app.browser().post("/login", &fields).await.status(422);
            assert!(!page.text.contains("<script>alert"), "{typed}");
        }
        let browser = app.browser();
        let form = "application/x-www-form-urlencoded";
        for (kind, body, status) in [
            (form, "username=%ff%fe", 400),
            ("application/json", "{}", 400),
            ("text/plain", "username=sam", 400),
            (form, "&&=&=x&username", 422),
        ] {
            let post = browser.posting("/login").header("Content-Type", kind).body(body);
            browser.send(post).await.status(status);
        }
    }

    async fn a_body_of_more_than_a_mebibyte_is_refused_with_a_page(app) {
        app.setup_admin().await;
        let browser = app.browser();
        let body = format!("username=sam&password={}", "x".repeat(1 << 20));
        let post = browser.posting("/login").header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let page = browser.send(post).await.status(413);
        assert_eq!(page.select("h1"), ["That is too much at once"]);
    }

    async fn an_address_with_nothing_behind_it_gets_a_page(app) {
        let browser = app.setup_admin().await;
        for path in ["/nothing", "/users/no-such-id", "/users/..%2f..%2fetc", "/users/%F0%9F%98%80", "/static/nothing.css"] {
            let page = browser.get(path).await.status(404);
            assert_eq!(page.select("h1"), ["There is nothing here"], "{path}");
        }
        browser.get("/users/%00").await.status(400);
        let page = browser.send(browser.posting("/health/live")).await;
        assert!(matches!(page.status, 404 | 405), "{}", page.status);
    }

    async fn every_page_forbids_scripts_of_others_and_stays_out_of_shared_caches(app) {
        let browser = app.setup_admin().await;
        for path in ["/account", "/users", "/nothing"] {
            let page = browser.get(path).await;
            let policy = page.header("Content-Security-Policy");
            assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(page.header("Cache-Control"), "no-store", "{path}");
            assert_eq!(page.header("X-Content-Type-Options"), "nosniff", "{path}");
            assert_eq!(page.header("Referrer-Policy"), "same-origin", "{path}");
        }
        let cookie = app.browser().post("/login", &[("username", "sam"), ("password", PASSWORD)]).await.header("Set-Cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }

    async fn the_browser_libraries_are_served_from_here_and_may_be_kept(app) {
        let page = app.browser().get("/login").await.status(200);
        let mut files = page.attributes("link[rel=stylesheet]", "href");
        files.extend(page.attributes("script[src]", "src"));
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            assert!(file.starts_with("/static/"), "{file}");
            let answer = app.browser().get(&file).await.status(200);
            assert!(answer.header("Cache-Control").contains("immutable"), "{file}");
        }
    }

    async fn health_is_told_to_anyone(app) {
        let browser = app.browser();
        browser.get("/health/live").await.status(200);
        eventually(Duration::from_secs(5), "ready", || async {
            browser.get("/health/ready").await.status == 200
        }).await;
        let health = browser.get("/health/database").await.status(200).json();
        assert_eq!(health["status"], "healthy");
        assert!(health["connection_time_ms"].is_number(), "{health}");
        for figure in ["pool_size", "pool_min_size", "pool_max_size", "pool_free_connections"] {
            assert!(health[figure].is_u64(), "{figure} in {health}");
        }
    }
}
