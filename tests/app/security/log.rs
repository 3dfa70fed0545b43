//! What strangers send, as it stands in the log.

use std::io::Write;
use std::net::TcpStream;

use crate::harness::{Browser, Process, SOON};

/// Marks that command a terminal, begin a line or turn the text around.
const MARKS: &str =
    "\u{1b}[2J\r\n2026-01-01T00:00:00Z ERROR forged\u{7f}\u{85}\u{202e}\u{2066}\u{2028}";

async fn logged(process: &mut Process) -> String {
    let origin = process.origin().await;
    let browser = Browser::new(&origin);
    let typed = url::form_urlencoded::byte_serialize(MARKS.as_bytes()).collect::<String>();
    browser
        .get(&format!("/marked/{}", typed.replace('+', "%20")))
        .await;
    browser.get(&format!("/projects?q={typed}")).await;
    let post = [("username", MARKS), ("password", MARKS), ("next", MARKS)];
    browser.post("/login", &post).await;
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://")).unwrap();
    let bytes = [b"GET /bytes HTTP/1.1\r\nHost: \xc2\x85\xe2\x80\xae\r\nUser-Agent: \xff\xc2\x85\r\nX-Forwarded-For: \xe2\x80\xae\r\nConnection: close\r\n\r\n".as_slice()];
    stream.write_all(&bytes.concat()).unwrap();
    let broker = process.on_banner("broker").unwrap().replace("mqtt://", "");
    let (host, port) = broker.rsplit_once(':').unwrap();
    let name = format!("marked{MARKS}");
    let mut options = rumqttc::v5::MqttOptions::new(name, host, port.parse().unwrap());
    options.set_credentials(MARKS, MARKS);
    let (_client, mut events) = rumqttc::v5::AsyncClient::new(options, 1);
    assert!(events.poll().await.is_err());
    browser.get("/the-last").await.status(404);
    process.signal("TERM").await;
    process.end(SOON).await;
    process.logged()
}

programs! {
    async fn a_failure_inside_says_a_number_and_nothing_else(place) {
        let mut process = place.start(&[]);
        let sam = place.set_up(&mut process).await;
        place.database.execute("drop view live_projects").await;
        let page = sam.get("/projects").await.status(500);
        let number = page.select("#error-id").join("");
        assert_eq!(number.len(), 32, "{}", page.text);
        for inside in ["live_projects", "no such", "does not exist", "select ", "sqlx", "Database", ".rs:", "panicked"] {
            assert!(!page.text.contains(inside), "{inside}: {}", page.text);
        }
        sam.get("/account").await.status(200);
        let mut part = sam.getting("/projects").header("HX-Request", "true").header("HX-Request-Type", "partial");
        part = part.header("HX-Target", "section#projects");
        let part = sam.send(part).await.status(500);
        assert!(!part.text.contains("live_projects"), "{}", part.text);
        process.signal("TERM").await;
        process.end(SOON).await;
        let logged = process.logged();
        let line = logged.lines().find(|line| line.contains(&number)).expect(&logged);
        assert!(line.contains("ERROR") && line.contains("live_projects"), "{line}");
    }

    async fn what_strangers_send_stands_in_the_log_as_text(place) {
        for format in ["text", "json"] {
            let mut process = place.start(&[("TAYLORDASH_LOG", "debug"), ("TAYLORDASH_LOG_FORMAT", format)]);
            let logged = logged(&mut process).await;
            assert!(logged.contains("forged") && logged.contains("marked"), "{logged}");
            for line in logged.lines() {
                let strange = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
                assert!(!line.contains(strange), "{line:?}");
                match format {
                    "json" => drop(serde_json::from_str::<serde_json::Value>(line).expect(line)),
                    _ => assert!(line.starts_with("20") && !line.starts_with("2026-01-01"), "{line}"),
                }
            }
        }
    }
}
