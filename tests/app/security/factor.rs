//! The second factor.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{id_of, is_in};
use crate::harness::{Answer, Browser, PASSWORD, TestApp};

/// What an authenticator app shows, `steps` of 30 seconds from now (RFC 6238).
fn code(secret: &str, steps: i64) -> String {
    let bits: String = secret
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap())
        .map(|number| format!("{number:05b}"))
        .collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|eight| u8::from_str_radix(std::str::from_utf8(eight).unwrap(), 2).unwrap())
        .collect();
    let step = chrono::Utc::now().timestamp() / 30 + steps;
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// Sets one up; answers its secret and the recovery codes.
pub(super) async fn set_up(browser: &Browser) -> (String, Vec<String>) {
    let page = browser.get("/account/second-factor").await.status(200);
    let answer = browser
        .submit(&page, "form[action='/account/second-factor/secret']", &[])
        .await;
    let page = browser
        .follow(&answer.see("/account/second-factor"))
        .await
        .status(200);
    let secret = page.select("#totp-secret").remove(0);
    assert!(page.has("svg.qr path"), "{}", page.text);
    let wrong = browser
        .post("/account/second-factor", &[("code", "000000")])
        .await
        .status(422);
    assert!(!wrong.problem("code").is_empty());
    let page = browser
        .post("/account/second-factor", &[("code", &code(&secret, -1))])
        .await
        .status(200);
    (secret, page.select(".codes code"))
}

async fn half_in(app: &TestApp) -> (Browser, Answer) {
    let browser = app.browser();
    let post = [
        ("username", "sam"),
        ("password", PASSWORD),
        ("next", "/users"),
    ];
    let page = browser.post("/login", &post).await.status(200);
    assert!(!is_in(&browser).await);
    (browser, page)
}

stories! {
    async fn with_a_second_factor_the_password_is_not_enough(app) {
        let admin = app.setup_admin().await;
        let other = app.log_in("sam", PASSWORD).await;
        let (secret, codes) = set_up(&admin).await;
        assert_eq!(codes.len(), 10);
        assert!(is_in(&admin).await && !is_in(&other).await);
        let (browser, page) = half_in(&app).await;
        let wrong = browser.submit(&page, "form[action='/login']", &[("code", "123456")]).await.status(422);
        let now = code(&secret, 0);
        browser.submit(&wrong, "form[action='/login']", &[("code", &now)]).await.see("/users");
        assert!(is_in(&browser).await);
        // A code is good once.
        let (browser, page) = half_in(&app).await;
        browser.submit(&page, "form[action='/login']", &[("code", &now)]).await.status(422);
        assert!(!is_in(&browser).await);
        let next = code(&secret, 1);
        browser.submit(&page, "form[action='/login']", &[("code", &next)]).await.see("/users");
        // A ticket, too.
        browser.submit(&page, "form[action='/login']", &[("code", &codes[0])]).await.status(422);
    }

    async fn a_form_that_was_sent_without_a_session_waits_for_the_code_too(app) {
        let admin = app.setup_admin().await;
        let (secret, _) = set_up(&admin).await;
        let form = admin.get("/projects/new").await.status(200);
        app.database().execute("delete from sessions").await;
        let asked = admin.submit(&form, "main form", &[("name", "Typed for long")]).await.status(401);
        let typed = [("username", "sam"), ("password", PASSWORD)];
        let asked = admin.submit(&asked, "form[action='/login']", &typed).await.status(200);
        let wrong = admin.submit(&asked, "form[action='/login']", &[("code", "123456")]).await.status(422);
        let now = code(&secret, 0);
        let shown = admin.submit(&wrong, "form[action='/login']", &[("code", &now)]).await.status(200);
        admin.submit(&shown, "main form", &[]).await.status(303);
        assert_eq!(app.count("projects where name = 'Typed for long'").await, 1);
    }

    async fn a_script_may_send_the_code_along(app) {
        let admin = app.setup_admin().await;
        let (secret, _) = set_up(&admin).await;
        let browser = app.browser();
        let post = [("username", "sam"), ("password", PASSWORD), ("code", &code(&secret, 0))];
        browser.post("/login", &post).await.see("/");
        assert!(is_in(&browser).await);
    }

    async fn a_recovery_code_is_good_once_however_it_is_typed(app) {
        let admin = app.setup_admin().await;
        let (_, codes) = set_up(&admin).await;
        let typed = codes[3].to_uppercase().replace('-', " ");
        let (browser, page) = half_in(&app).await;
        browser.submit(&page, "form[action='/login']", &[("code", &typed)]).await.see("/users");
        let (browser, page) = half_in(&app).await;
        browser.submit(&page, "form[action='/login']", &[("code", &typed)]).await.status(422);
        assert_eq!(app.count("recovery_codes").await, 9);
        assert_eq!(app.events_of("user", "recovery_code_used").await.len(), 1);
        admin.post("/account/second-factor/recovery-codes", &[]).await.status(200);
        browser.submit(&page, "form[action='/login']", &[("code", &codes[4])]).await.status(422);
        assert_eq!(app.count("recovery_codes").await, 10);
    }

    async fn the_database_holds_neither_the_secret_nor_a_code(app) {
        let admin = app.setup_admin().await;
        let (secret, codes) = set_up(&admin).await;
        let secret = secret.replace(' ', "");
        let kept = app.rows("select totp_secret from users").await[0].text("totp_secret").to_owned();
        assert!(kept.len() > 60 && !kept.contains(&secret), "{kept}");
        for row in app.rows("select code_hash from recovery_codes").await {
            assert_eq!(row.text("code_hash").len(), 64);
            assert!(!codes.contains(&row.text("code_hash").to_owned()));
        }
        for event in app.events().await {
            assert!(!event.to_string().contains(&secret), "{event}");
        }
        let page = admin.get("/account/second-factor").await.status(200);
        assert!(!page.has("#totp-secret") && !page.has("svg.qr"), "it is shown once");
    }

    async fn five_wrong_codes_are_the_end_of_a_begun_login(app) {
        let admin = app.setup_admin().await;
        let (secret, _) = set_up(&admin).await;
        let (browser, page) = half_in(&app).await;
        for _ in 0..5 {
            browser.submit(&page, "form[action='/login']", &[("code", "000000")]).await.status(422);
        }
        let answer = browser.submit(&page, "form[action='/login']", &[("code", &code(&secret, 0))]).await.status(422);
        assert!(answer.problem("username").contains("Start again"), "{}", answer.text);
        assert!(!is_in(&browser).await);
    }

    async fn a_role_that_takes_a_second_factor_leads_to_setting_one_up(app) {
        let admin = app.setup_admin().await;
        let maintainer = app.user("maintainer").await;
        let viewer = app.user("viewer").await;
        admin.post("/users/second-factor", &[("role", "maintainer"), ("role", "king")]).await.status(400);
        admin.post("/users/second-factor", &[("role", "maintainer")]).await.see("/users/second-factor");
        assert_eq!(admin.get("/users/second-factor").await.attributes("input[checked]", "value"), ["maintainer"]);
        maintainer.get("/projects").await.see("/account/second-factor");
        maintainer.post("/projects", &[("name", "x")]).await.see("/account/second-factor");
        viewer.get("/projects").await.status(200);
        set_up(&maintainer).await;
        maintainer.get("/projects").await.status(200);
        maintainer.post("/account/second-factor/deletion", &[]).await.see("/account/second-factor");
        maintainer.get("/projects").await.see("/account/second-factor");
    }

    async fn a_rotation_of_the_key_takes_second_factors_along(app) {
        let admin = app.setup_admin().await;
        let (secret, _) = set_up(&admin).await;
        let kept = || async { app.rows("select totp_secret from users").await[0].text("totp_secret").to_owned() };
        let before = kept().await;
        crate::secrets::rotate(&app).await;
        assert_ne!(kept().await, before);
        assert_eq!(app.events_of("system", "secrets_rotated").await[0]["details"]["second_factors"], 1);
        let (browser, page) = half_in(&app).await;
        browser.submit(&page, "form[action='/login']", &[("code", &code(&secret, 0))]).await.see("/users");
        app.restart().await;
        let (browser, page) = half_in(&app).await;
        browser.submit(&page, "form[action='/login']", &[("code", &code(&secret, 1))]).await.see("/users");
    }

    async fn the_command_line_helps_who_lost_the_phone(app) {
        let admin = app.setup_admin().await;
        set_up(&admin).await;
        let reset = |more: &'static [&str]| {
            let output = app.command(&["user", "reset-password", "sam"]).args(more).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("New password of sam: ")).unwrap();
            line.to_owned()
        };
        let password = reset(&[]);
        let browser = app.browser();
        browser.post("/login", &[("username", "sam"), ("password", &password)]).await.status(200);
        assert!(!is_in(&browser).await && !is_in(&admin).await);
        let password = reset(&["--drop-second-factor"]);
        browser.post("/login", &[("username", "sam"), ("password", &password)]).await.see("/");
        assert!(is_in(&browser).await);
        let id = id_of(&app, "sam").await;
        assert_eq!(app.events_of("user", "second_factor_removed").await[0]["user_id"], id.as_str());
    }
}
