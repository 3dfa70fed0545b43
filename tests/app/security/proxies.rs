//! Behind a proxy, and beside neighbours on the same host.

use reqwest::RequestBuilder;

use super::behind_a_proxy;
use crate::harness::{Answer, PASSWORD, TestApp};

const HTTPS: [(&str, &str); 3] = [
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "dash.example.org"),
    ("X-Forwarded-For", "203.0.113.9"),
];

async fn log_in(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let browser = app.browser();
    let post = with(browser.bare_post("/login"), headers);
    browser
        .send(post.form(&[("username", "sam"), ("password", PASSWORD)]))
        .await
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}

stories! {
    async fn on_https_the_cookie_is_one_that_no_neighbour_can_set(app) {
        app.setup_admin().await;
        behind_a_proxy(&app).await;
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
        let get = |cookie: &str| browser.send(with(browser.getting("/account").header("Cookie", cookie), &HTTPS));
        get(&pair).await.status(200);
        let post = with(browser.bare_post("/account/preferences").header("Cookie", &pair), &headers);
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

    async fn who_comes_over_plain_http_is_told_what_that_means(app) {
        app.setup_admin().await;
        behind_a_proxy(&app).await;
        let admin = app.log_in("sam", PASSWORD).await;
        for (address, scheme, is_told) in [("192.168.1.20", "http", true), ("192.168.1.20", "https", false), ("127.0.0.1", "http", false)] {
            let cookie = admin.cookie_header();
            let cookie = if scheme == "https" { format!("__Host-{cookie}") } else { cookie };
            let said = [("Cookie", cookie.as_str()), ("X-Forwarded-For", address), ("X-Forwarded-Proto", scheme)];
            let get = with(app.browser().getting("/system"), &said);
            let page = app.browser().send(get).await.status(200);
            assert_eq!(page.text.contains("anyone in the same network can read along"), is_told, "{address} {scheme}");
        }
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
