//! Behind a proxy, and beside neighbours on the same host.

use crate::harness::{Answer, PASSWORD, TestApp};

const HTTPS: [(&str, &str); 3] = [
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "dash.example.org"),
    ("X-Forwarded-For", "203.0.113.9"),
];

async fn log_in(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let browser = app.browser();
    let mut post = browser.bare_post("/login");
    for (name, value) in headers {
        post = post.header(*name, *value);
    }
    browser
        .send(post.form(&[("username", "sam"), ("password", PASSWORD)]))
        .await
}

stories! {
    async fn on_https_the_cookie_is_one_that_no_neighbour_can_set(app) {
        app.setup_admin().await;
        app.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
        let headers = [&HTTPS[..], &[("Origin", "https://dash.example.org")]].concat();
        let answer = log_in(&app, &headers).await.see("/");
        let cookie = answer.header("Set-Cookie");
        assert!(cookie.starts_with("__Host-taylordash_session="), "{cookie}");
        for mark in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(mark), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        assert_eq!(answer.header("Strict-Transport-Security"), "max-age=31536000");
        let pair = cookie.split(';').next().unwrap().to_owned();
        let browser = app.browser();
        let get = |cookie: &str| {
            let mut get = browser.getting("/account").header("Cookie", cookie);
            for (name, value) in HTTPS {
                get = get.header(name, value);
            }
            browser.send(get)
        };
        get(&pair).await.status(200);
        let mut post = browser.bare_post("/account/preferences").header("Cookie", &pair).header("Origin", "https://dash.example.org");
        for (name, value) in HTTPS {
            post = post.header(name, value);
        }
        let said = browser.send(post.form(&[("theme", "dark")])).await.see("/account").header("Set-Cookie");
        assert!(said.starts_with("__Host-taylordash_flash=") && said.contains("; Secure") && said.contains("; Path=/"), "{said}");
        let bare = pair.trim_start_matches("__Host-").to_owned();
        get(&bare).await.status(303);
        let rows = app.rows("select address from sessions order by created_at desc").await;
        assert_eq!(rows[0].text("address"), "203.0.113.9");
    }

    async fn who_is_no_trusted_proxy_speaks_only_for_themselves(app) {
        app.setup_admin().await;
        let origin = app.origin();
        let headers = [&HTTPS[..], &[("Origin", origin.as_str())]].concat();
        let answer = log_in(&app, &headers).await.see("/");
        assert!(answer.header("Set-Cookie").starts_with("taylordash_session="));
        assert_eq!(answer.header("Strict-Transport-Security"), "");
        assert_eq!(app.count("sessions where address = '203.0.113.9'").await, 0);
        let headers = [&HTTPS[..], &[("Origin", "https://dash.example.org")]].concat();
        log_in(&app, &headers).await.status(403);
    }

    async fn a_public_address_is_the_only_origin(app) {
        app.setup_admin().await;
        let before = app.origin();
        app.restart_with(|config| config.public_url = Some("https://dash.example.org".parse().unwrap())).await;
        let answer = log_in(&app, &[("Origin", "https://dash.example.org")]).await.see("/");
        assert!(answer.header("Set-Cookie").starts_with("__Host-"));
        let here = app.origin();
        for origin in [before.as_str(), here.as_str(), "http://dash.example.org", "https://dash.example.org:8443", "https://dash.example.org.evil.example", "null", ""] {
            log_in(&app, &[("Origin", origin)]).await.status(403);
        }
    }

    async fn a_neighbour_on_another_port_or_scheme_is_another_origin(app) {
        app.setup_admin().await;
        let here = app.origin();
        let port: u16 = here.rsplit(':').next().unwrap().parse().unwrap();
        for origin in [format!("http://127.0.0.1:{}", port ^ 1), "http://127.0.0.1".to_owned(), here.replace("http:", "https:"), here.replace("127.0.0.1", "localhost"), format!("{here}.evil.example")] {
            log_in(&app, &[("Origin", &origin)]).await.status(403);
        }
        log_in(&app, &[("Origin", &here)]).await.see("/");
    }
}
