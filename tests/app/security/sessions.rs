//! Sessions: what ends them, who sees them, how long they last.

use std::time::{Duration, Instant};

use super::factor::set_up;
use super::{id_of, is_in};
use crate::harness::{Line, PASSWORD, TestApp};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn session_ids(app: &TestApp, username: &str) -> Vec<String> {
    let sql = format!(
        "select s.id from sessions s join users u on u.id = s.user_id \
         where u.username = '{username}' order by s.created_at, s.id"
    );
    app.rows(&sql)
        .await
        .iter()
        .map(|row| row.text("id").to_owned())
        .collect()
}

stories! {
    async fn a_login_gets_a_session_that_nobody_knew_before(app) {
        let browser = app.setup_admin().await;
        let before = browser.cookie_header();
        let post = [("username", "sam"), ("password", PASSWORD)];
        let other = app.browser();
        let first = other.post("/login", &post).await.see("/").header("Set-Cookie");
        let second = other.post("/login", &post).await.see("/").header("Set-Cookie");
        assert_ne!(first, second);
        assert_ne!(other.cookie_header(), before);
        assert_eq!(app.count("sessions").await, 2);
        let forged = app.browser();
        let request = forged.posting("/login").header("Cookie", "taylordash_session=chosen-by-an-attacker");
        let answer = forged.send(request.form(&post)).await.see("/");
        assert!(!answer.header("Set-Cookie").contains("chosen-by-an-attacker"));
    }

    async fn a_session_key_is_256_random_bits(app) {
        app.setup_admin().await;
        let mut seen = [[0_u32; 16]; 64];
        let mut keys = std::collections::BTreeSet::new();
        for _ in 0..12 {
            let cookie = app.log_in("sam", PASSWORD).await.cookie_header();
            // Signed: the key stands behind the signature, which is 44 characters of base 64.
            let value = percent_encoding::percent_decode_str(cookie.split('=').nth(1).unwrap()).decode_utf8().unwrap().into_owned();
            let key = value[value.len() - 64..].to_owned();
            for (place, digit) in key.chars().enumerate() {
                seen[place][digit.to_digit(16).expect(&key) as usize] += 1;
            }
            keys.insert(key);
        }
        assert_eq!(keys.len(), 12);
        // Twelve draws that are all one digit at some place: once in 10^11 tries.
        assert!(seen.iter().all(|place| place.iter().filter(|count| **count > 0).count() > 1), "{seen:?}");
    }

    async fn logging_out_is_on_every_page(app) {
        let admin = app.setup_admin().await;
        for path in ["/", "/projects", "/projects/new", "/tasks", "/board", "/map", "/plugins", "/plugins/new", "/events", "/labels", "/trash", "/views", "/users", "/users/new", "/audit", "/audit/notes", "/system", "/account", "/account/password", "/account/second-factor", "/nothing-here"] {
            assert!(admin.get(path).await.has("form[method=post][action='/logout'] button"), "{path}");
        }
    }

    async fn a_session_goes_with_the_browser_unless_it_is_to_be_kept(app) {
        app.setup_admin().await;
        let post = [("username", "sam"), ("password", PASSWORD)];
        let cookie = app.browser().post("/login", &post).await.see("/").header("Set-Cookie");
        assert!(cookie.starts_with("taylordash_session=") && !cookie.contains("Max-Age") && !cookie.contains("Expires"), "{cookie}");
        let login = app.browser().get("/login").await;
        let changes = [("username", "sam"), ("password", PASSWORD), ("remember", "true")];
        let cookie = app.browser().submit(&login, "form[action='/login']", &changes).await.see("/").header("Set-Cookie");
        assert!(cookie.contains("Max-Age=2592000"), "{cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }

    async fn how_long_sessions_last_can_be_chosen(app) {
        app.setup_admin().await;
        app.restart_with(|config| {
            config.session_idle = chrono::TimeDelta::minutes(5);
            config.session_absolute = chrono::TimeDelta::hours(1);
        }).await;
        let browser = app.log_in("sam", PASSWORD).await;
        assert!(is_in(&browser).await);
        let ago = |minutes| (chrono::Utc::now() - chrono::TimeDelta::minutes(minutes)).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        app.database().execute(&format!("update sessions set last_seen = '{}'", ago(6))).await;
        assert!(!is_in(&browser).await);
        let browser = app.log_in("sam", PASSWORD).await;
        let rows = app.rows("select expires_at, created_at from sessions order by created_at desc").await;
        let at = |column| chrono::DateTime::parse_from_rfc3339(rows[0].text(column)).unwrap();
        assert_eq!(at("expires_at") - at("created_at"), chrono::TimeDelta::hours(1));
        app.database().execute(&format!("update sessions set expires_at = '{}'", ago(1))).await;
        assert!(!is_in(&browser).await);
    }

    async fn a_person_sees_where_they_are_signed_in_and_ends_one_or_all_others(app) {
        let here = app.setup_admin().await;
        let there = app.browser();
        let login = there.posting("/login").header("User-Agent", FIREFOX).form(&[("username", "sam"), ("password", PASSWORD)]);
        there.send(login).await.see("/");
        let page = here.get("/account").await.status(200);
        let rows = page.select("#sessions ~ table tbody tr");
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(rows.iter().any(|row| row.contains("Firefox on Linux") && row.contains("127.0.0.1")), "{rows:?}");
        assert_eq!(rows.iter().filter(|row| row.contains("this one")).count(), 1);
        let ids = session_ids(&app, "sam").await;
        here.post(&format!("/account/sessions/{}/deletion", ids[1]), &[]).await.see("/account");
        assert!(!is_in(&there).await && is_in(&here).await);
        let (third, fourth) = (app.log_in("sam", PASSWORD).await, app.log_in("sam", PASSWORD).await);
        here.post("/account/sessions/deletion", &[]).await.see("/account");
        assert!(!is_in(&third).await && !is_in(&fourth).await && is_in(&here).await);
        assert_eq!(app.events_of("auth", "session_ended").await.len(), 1);
        assert_eq!(app.events_of("auth", "sessions_ended").await[0]["details"]["sessions"], 2);
    }

    async fn nobody_ends_a_session_of_somebody_else_but_an_admin(app) {
        let admin = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let maintainer = app.user("maintainer").await;
        let theirs = session_ids(&app, "viewer").await.remove(0);
        maintainer.post(&format!("/account/sessions/{theirs}/deletion"), &[]).await.status(404);
        let user = id_of(&app, "viewer").await;
        maintainer.post(&format!("/users/{user}/sessions/{theirs}/deletion"), &[]).await.status(403);
        let other = id_of(&app, "maintainer").await;
        admin.post(&format!("/users/{other}/sessions/{theirs}/deletion"), &[]).await.status(404);
        assert!(is_in(&viewer).await);
        let page = admin.get(&format!("/users/{user}/sessions")).await.status(200);
        let form = format!("form[action='/users/{user}/sessions/{theirs}/deletion']");
        admin.submit(&page, &form, &[]).await.see(&format!("/users/{user}/sessions"));
        assert!(!is_in(&viewer).await && is_in(&maintainer).await);
        admin.post(&format!("/users/{other}/sessions/deletion"), &[]).await.status(303);
        assert!(!is_in(&maintainer).await);
    }

    async fn another_role_another_password_and_disabling_end_sessions_at_once(app) {
        let admin = app.setup_admin().await;
        for (n, change) in [("role", "maintainer"), ("password", "another long password"), ("disabled", "true")].into_iter().enumerate() {
            let name = format!("viewer{n}");
            let browser = app.named_user(&name, "viewer").await;
            assert!(is_in(&browser).await);
            let path = format!("/users/{}", id_of(&app, &name).await);
            admin.post(&path, &[change]).await.see(&path);
            assert!(!is_in(&browser).await, "{change:?}");
            assert_eq!(browser.get("/events/stream").await.status, 401, "{change:?}");
        }
        let browser = app.named_user("viewer9", "viewer").await;
        let path = format!("/users/{}", id_of(&app, "viewer9").await);
        admin.post(&path, &[("email", "v@example.org")]).await.see(&path);
        assert!(is_in(&browser).await, "an address is no reason");
    }

    async fn an_admin_who_changes_their_own_account_goes_on_under_a_new_key(app) {
        let admin = app.setup_admin().await;
        let other = app.log_in("sam", PASSWORD).await;
        app.named_user("eve", "admin").await;
        let before = admin.cookie_header();
        let path = format!("/users/{}", id_of(&app, "sam").await);
        admin.post(&path, &[("role", "maintainer")]).await.see(&path);
        assert_ne!(admin.cookie_header(), before);
        assert!(is_in(&admin).await && !is_in(&other).await);
        admin.get("/users").await.status(403);
        let stolen = app.browser();
        stolen.send(stolen.getting("/account").header("Cookie", before)).await.see("/login?next=%2Faccount");
    }
    async fn an_mqtt_connection_ends_with_the_login_that_made_it(app) {
        let admin = app.setup_admin().await;
        let line = |name: &'static str| {
            let url = app.embedded_broker_as(name, PASSWORD);
            async move { Line::new(&url).await }
        };
        let mut others = line("sam").await;
        let began = Instant::now();
        let patience = Duration::from_secs(25);
        for (name, change) in [
            ("disabled", ("disabled", "true")),
            ("promoted", ("role", "maintainer")),
            ("renewed", ("password", "a fresh long password")),
        ] {
            app.named_user(name, "viewer").await;
            let mut line = line(name).await;
            let path = format!("/users/{}", id_of(&app, name).await);
            admin.post(&path, &[change]).await.see(&path);
            assert!(line.is_cut(patience).await, "{name}");
        }
        app.named_user("removed", "viewer").await;
        let mut removed = line("removed").await;
        let path = format!("/users/{}/deletion", id_of(&app, "removed").await);
        admin.post(&path, &[]).await.see("/users");
        assert!(removed.is_cut(patience).await);
        let owner = app.named_user("owner", "viewer").await;
        let mut own = line("owner").await;
        set_up(&owner).await;
        assert!(own.is_cut(patience).await, "a second factor");
        // At the next look around, which comes every 20 s, it would have taken a minute at least.
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());

        let path = format!("/users/{}", id_of(&app, "sam").await);
        admin.post(&path, &[("email", "sam@example.org")]).await.see(&path);
        assert!(!others.is_cut(Duration::from_secs(1)).await, "another name or address is no other login");
    }
}
