//! What only a socket can send, and what stands on every answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::id_of;
use crate::harness::{PASSWORD, TestApp};

fn connect(app: &TestApp) -> TcpStream {
    let address = app.origin().trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// All that comes back before the server closes the connection.
fn exchange(app: &TestApp, bytes: &[u8]) -> String {
    let mut stream = connect(app);
    // A server may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut chunk = [0; 16 * 1024];
    while let Ok(length) = stream.read(&mut chunk) {
        if length == 0 {
            break;
        }
        answer.extend_from_slice(&chunk[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

stories! {
    async fn no_path_leads_out_of_the_static_files(app) {
        for path in [
            "/static/../Cargo.toml",
            "/static/../../etc/passwd",
            "/static/%2e%2e/Cargo.toml",
            "/static/%2e%2e%2fCargo.toml",
            "/static/..%2fCargo.toml",
            "/static/..%5cCargo.toml",
            "/static/%5c..%5cCargo.toml",
            "/static/..;/Cargo.toml",
            "/static/vendor/../../Cargo.toml",
            "/static/vendor/%2e%2e/%2e%2e/Cargo.toml",
            "/static/%252e%252e/Cargo.toml",
            "/static/..%c0%afCargo.toml",
            "/static//etc/passwd",
            "/static/%2fetc%2fpasswd",
            "//etc/passwd",
            "/static/./../Cargo.toml",
            "/static/Cargo.toml",
            "/static/src/main.rs",
            "/static/",
            "/static",
        ] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let answer = exchange(&app, request.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 303"), "{path}: {answer}");
            for secret in ["[package]", "root:", "Index of"] {
                assert!(!answer.contains(secret), "{path}: {answer}");
            }
        }
    }

    async fn a_request_with_two_lengths_is_refused_and_nothing_is_smuggled(app) {
        let smuggled = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
        for head in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: +5\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding : chunked\r\n",
        ] {
            let request = format!("POST /login HTTP/1.1\r\nHost: x\r\n{head}\r\n0\r\n\r\n{smuggled}");
            let answer = exchange(&app, request.as_bytes());
            assert!(!answer.contains("\"status\":\"live\""), "{head}: {answer}");
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{head}: {answer}");
        }
    }

    async fn headers_of_100_kilobytes_harm_nobody(app) {
        let line = format!("X-Long: {}\r\n", "x".repeat(100 * 1024));
        let many: String = (0..5000).map(|n| format!("X-{n}: {}\r\n", "y".repeat(20))).collect();
        for headers in [line, many] {
            let request = format!("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
            let answer = exchange(&app, request.as_bytes());
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        app.browser().get("/health/live").await.status(200);
    }

    async fn what_is_no_request_gets_an_answer_without_a_word_and_is_hung_up_on(app) {
        let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(200 * 1024));
        let headers = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200 * 1024));
        let requests = [
            "\r\n\r\nnonsense\r\n\r\n",
            "GET\r\n\r\n",
            "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
            "GET http://[:: HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n folded: x\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /<script>alert(1)</script> HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            &long,
            &headers,
        ];
        for request in requests {
            // What the library refuses before there is a request never comes to where headers are
            // set: so there may be nothing in it that a browser could read or run.
            let answer = exchange(&app, request.as_bytes());
            let said = format!("{:?}: {answer}", &request[..request.len().min(60)]);
            let Some((head, body)) = answer.split_once("\r\n\r\n") else {
                assert!(answer.is_empty(), "{said}");
                continue;
            };
            assert!(head.starts_with("HTTP/1.1 4"), "{said}");
            assert!(body.is_empty(), "{said}");
            let head = head.to_lowercase();
            for header in ["content-type:", "server:", "set-cookie:", "location:"] {
                assert!(!head.contains(header), "{said}");
            }
        }
        app.browser().get("/health/live").await.status(200);
    }

    async fn who_takes_for_ever_to_send_a_body_is_hung_up_on_and_nobody_waits(app) {
        let mut stream = connect(&app);
        let head = format!("POST /login HTTP/1.1\r\nHost: {0}\r\nOrigin: {1}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nuser", app.origin().trim_start_matches("http://"), app.origin());
        stream.write_all(head.as_bytes()).unwrap();
        app.browser().get("/health/live").await.status(200);
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(end.is_ok() && answer.starts_with("HTTP/1.1 4"), "{end:?}: {answer}");
        assert!(answer.contains("content-security-policy: "), "{answer}");
    }

    async fn who_takes_for_ever_to_send_a_head_is_hung_up_on(app) {
        let mut stream = connect(&app);
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
        let began = Instant::now();
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer);
        assert!(end.is_ok() && began.elapsed() < Duration::from_secs(18), "{end:?} after {:?}", began.elapsed());
        assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    }

    async fn nothing_that_is_typed_becomes_a_header(app) {
        app.setup_admin().await;
        for next in ["/x%0d%0aSet-Cookie:%20evil=1", "/x\r\nSet-Cookie: evil=1", "/%0aevil", "/é", "/\u{2028}x"] {
            let post = [("username", "sam"), ("password", PASSWORD), ("next", next)];
            let answer = app.browser().post("/login", &post).await;
            assert!(answer.status == 303, "{next:?}: {}", answer.status);
            assert!(answer.headers.get_all("Set-Cookie").iter().all(|cookie| !cookie.to_str().unwrap().starts_with("evil")));
        }
    }

    async fn every_answer_says_what_browsers_may_do_with_it(app) {
        let admin = app.setup_admin().await;
        let stylesheet = admin.get("/account").await.attributes("link[rel=stylesheet]", "href").remove(0);
        let viewer = app.user("viewer").await;
        let mut answers = vec![
            ("a page", admin.getting("/account").send().await.unwrap()),
            ("the login", app.browser().getting("/login").send().await.unwrap()),
            ("a redirect", app.browser().getting("/users").send().await.unwrap()),
            ("a denial", viewer.getting("/users").send().await.unwrap()),
            ("nothing", admin.getting("/nothing").send().await.unwrap()),
            ("a static file", admin.getting(&stylesheet).send().await.unwrap()),
            ("no static file", admin.getting("/static/nothing.css").send().await.unwrap()),
            ("the stream", admin.getting("/events/stream").send().await.unwrap()),
            ("health", app.browser().getting("/health/live").send().await.unwrap()),
            ("an export", admin.getting("/audit/export?format=csv").send().await.unwrap()),
            ("a forged post", app.browser().bare_post("/login").send().await.unwrap()),
            ("a refused form", admin.posting("/users").form(&[("username", "")]).send().await.unwrap()),
        ];
        for (what, answer) in &mut answers {
            let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            let policy = header("Content-Security-Policy");
            for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
                assert!(policy.contains(rule), "{what}: {policy}");
            }
            assert!(policy.contains("object-src 'none'"), "{what}: {policy}");
            assert!(!policy.contains("unsafe"), "{what}: {policy}");
            let kind = header("Content-Type");
            // A stream of events is always UTF-8 (HTML Standard, 9.2.5).
            assert!(!kind.starts_with("text/") || kind.contains("; charset=utf-8") || kind == "text/event-stream", "{what}: {kind}");
            assert_eq!(header("Access-Control-Allow-Origin"), "", "{what}");
            assert_eq!(header("X-Frame-Options"), "DENY", "{what}");
            assert_eq!(header("X-Content-Type-Options"), "nosniff", "{what}");
            assert_eq!(header("Referrer-Policy"), "same-origin", "{what}");
            assert!(header("Permissions-Policy").contains("camera=()"), "{what}");
            assert_eq!(header("Cross-Origin-Opener-Policy"), "same-origin", "{what}");
            assert_eq!(header("Cross-Origin-Resource-Policy"), "same-origin", "{what}");
            assert_eq!(header("Server"), "", "{what}");
        }
        for (what, answer) in answers.iter().filter(|(what, _)| matches!(*what, "a page" | "a denial" | "an export" | "a refused form")) {
            assert_eq!(answer.headers()["Cache-Control"], "no-store", "{what}");
        }
    }

    async fn a_method_that_no_route_has_is_refused(app) {
        let admin = app.setup_admin().await;
        for method in ["TRACE", "TRACK", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "MADEUP"] {
            for path in ["/login", "/account", "/projects", "/static/app.css"] {
                let request = format!(
                    "{method} {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nX-Echo: come-back\r\nCookie: {1}\r\nConnection: close\r\n\r\n",
                    app.origin().trim_start_matches("http://"),
                    admin.cookie_header(),
                );
                let answer = exchange(&app, request.as_bytes());
                assert!(answer.starts_with("HTTP/1.1 4"), "{method} {path}: {answer}");
                assert!(!answer.contains("come-back"), "{method} {path}: {answer}");
            }
        }
        admin.get("/account").await.status(200);
    }

    async fn what_is_packed_is_not_unpacked_beyond_the_limit(app) {
        let admin = app.setup_admin().await;
        // 64 MiB of one letter are 64 KiB when they are packed.
        let packed = std::process::Command::new("sh").args(["-c", "head -c 67108864 /dev/zero | tr '\\0' 'a' | gzip -9"]).output().unwrap().stdout;
        assert!((1000..1_000_000).contains(&packed.len()), "{}", packed.len());
        for (path, kind, status) in [
            ("/projects", "application/x-www-form-urlencoded", 413),
            ("/login", "application/x-www-form-urlencoded", 413),
            // Its parts are not looked for in what is packed.
            ("/plugins", "multipart/form-data; boundary=x", 400),
        ] {
            let post = admin.posting(path).header("Content-Type", kind).header("Content-Encoding", "gzip").body(packed.clone());
            admin.send(post).await.status(status);
        }
        assert_eq!(app.count("projects").await, 0);
    }

    async fn a_field_that_is_sent_twice_is_read_once(app) {
        let admin = app.setup_admin().await;
        let fields = [("username", "eve"), ("role", "viewer"), ("role", "admin"), ("password", PASSWORD)];
        admin.post("/users?role=admin", &fields).await.status(303);
        assert_eq!(app.count("users where username = 'eve' and role = 'viewer'").await, 1);
        // Not by the address or by a cookie either.
        let fields = [("username", "adam"), ("role", "viewer"), ("password", PASSWORD)];
        let post = admin.posting("/users?username=mallory&role=admin").form(&fields);
        admin.send(post).await.status(303);
        assert_eq!(app.count("users where username = 'adam' and role = 'viewer'").await, 1);
        admin.get("/projects?status=active&status=archived").await.status(400);
    }

    async fn a_field_that_a_form_does_not_have_is_refused_where_it_could_mean_something(app) {
        let admin = app.setup_admin().await;
        let path = format!("/users/{}", id_of(&app, "sam").await);
        admin.post(&path, &[("id", "another"), ("email", "x@example.org")]).await.status(400);
        admin.post("/account/password", &[("role", "admin"), ("current_password", PASSWORD), ("password", "another long password"), ("password_again", "another long password")]).await.status(400);
        admin.post("/users", &[("username", "eve"), ("role", "viewer"), ("password", PASSWORD), ("password_hash", "x")]).await.status(400);
        app.browser().post("/login", &[("username", "sam"), ("password", PASSWORD), ("role", "admin")]).await.status(400);
        admin.post("/projects/one", &[("id", "two"), ("name", "x")]).await.status(400);
        for field in ["owner", "user_id", "created_at"] {
            admin.post("/projects", &[("name", "x"), (field, "1")]).await.status(400);
        }
        assert_eq!(app.count("projects").await, 0);
        assert_eq!(app.count("users").await, 1);
        app.log_in("sam", PASSWORD).await;
    }
}
