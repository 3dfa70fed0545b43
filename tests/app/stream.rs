//! The live stream: what open pages hear, and when they hear no more.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Browser, Engine, PASSWORD, TestApp, on};

/// Longer than any change takes to be heard, and shorter than the 20 s of the heartbeat.
const PATIENCE: Duration = Duration::from_secs(10);
const KEY: &str = "a key that both nodes share, and nobody else knows";

/// An open stream.
struct Stream {
    response: reqwest::Response,
    heard: String,
}

#[derive(Debug)]
struct Hint {
    event: String,
    id: String,
    data: Value,
}

impl Stream {
    async fn open(browser: &Browser) -> Self {
        Self::at(browser, "/events/stream").await
    }

    async fn at(browser: &Browser, path: &str) -> Self {
        let asked = browser.getting(path).header("Accept-Encoding", "gzip");
        let response = asked.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        let mut stream = Self {
            response,
            heard: String::new(),
        };
        // The greeting: the server listens now.
        stream.more().await.expect("the stream is open");
        stream
    }

    /// More text; `None` where the stream has ended.
    async fn more(&mut self) -> Option<()> {
        let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
        let chunk = chunk.expect("something is heard in time");
        let chunk = chunk.expect("the stream is not cut off")?;
        self.heard.push_str(std::str::from_utf8(&chunk).unwrap());
        Some(())
    }

    /// The next change; `None` where the stream has ended.
    async fn next(&mut self) -> Option<Hint> {
        loop {
            let hint = self.next_of_all().await?;
            if hint.event != "delivery" {
                return Some(hint);
            }
        }
    }

    /// Waits until something that waited is delivered; answers the mark.
    async fn delivery(&mut self) -> String {
        loop {
            let hint = self.next_of_all().await.expect("the stream is open");
            if hint.event == "delivery" {
                return hint.id;
            }
        }
    }

    /// The next change or delivery; `None` where the stream has ended.
    async fn next_of_all(&mut self) -> Option<Hint> {
        loop {
            while let Some((block, rest)) = self.heard.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.heard = rest;
                if let Some(hint) = read(&block) {
                    return Some(hint);
                }
            }
            self.more().await?;
        }
    }

    /// The next event's name and the id in its data.
    async fn hears(&mut self) -> (String, String) {
        let hint = self.next().await.expect("the stream is open");
        let id = hint.data["id"].as_str().unwrap_or_default();
        (hint.event, id.to_owned())
    }

    /// Waits for that project; answers its mark.
    async fn hears_of(&mut self, project: &str) -> String {
        loop {
            let hint = self.next().await.expect("the stream is open");
            if hint.data["id"] == project {
                return hint.id;
            }
        }
    }

    /// Fails where it does not end.
    async fn ends(&mut self) {
        while self.next().await.is_some() {}
    }
}

/// `None` for a comment.
fn read(block: &str) -> Option<Hint> {
    let field = |name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::to_owned)
    };
    Some(Hint {
        event: field("event: ")?,
        id: field("id: ")?,
        data: serde_json::from_str(&field("data: ")?).unwrap(),
    })
}

async fn project(browser: &Browser, name: &str) -> String {
    let answer = browser.post("/projects", &[("name", name)]).await;
    let location = answer.status(303).location();
    location.strip_prefix("/projects/").unwrap().to_owned()
}

async fn user_id(app: &TestApp, username: &str) -> String {
    let sql = format!("select id from users where username = '{username}'");
    app.rows(&sql).await[0].text("id").to_owned()
}

/// What the page says that it knows.
async fn mark(browser: &Browser) -> String {
    let page = browser.get("/").await.status(200);
    page.attributes("body", "data-mark").pop().unwrap()
}

stories! {
    async fn who_is_not_signed_in_gets_a_bare_401(app) {
        let answer = app.browser().get("/events/stream").await.status(401);
        assert!(!answer.text.contains('<'), "{}", answer.text);
        assert_eq!(answer.location(), "");
    }

    async fn a_change_is_heard_by_who_is_there(app) {
        let sam = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let mut stream = Stream::open(&viewer).await;
        let project = project(&sam, "Rack").await;
        let hint = stream.next().await.unwrap();
        assert_eq!((hint.event.as_str(), &hint.data["domain"]), ("project", &"project".into()));
        assert_eq!(hint.data["id"], project.as_str());
        assert_eq!(hint.data["event_type"], "created");
        assert_eq!(hint.data.get("name"), None, "a hint says what changed, not how");
        let fields = [("name", "Buy rails")];
        sam.post(&format!("/projects/{project}/tasks"), &fields).await.status(303);
        let hint = stream.next().await.unwrap();
        assert_eq!(hint.event, "task");
        assert_eq!(hint.data["project_id"], project.as_str());
    }

    async fn a_viewer_hears_nothing_of_accounts_and_logins(app) {
        let sam = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let mut admin_hears = Stream::open(&sam).await;
        let mut viewer_hears = Stream::open(&viewer).await;
        let first = project(&sam, "NAS").await;
        admin_hears.hears_of(&first).await;
        viewer_hears.hears_of(&first).await;
        app.named_user("kim", "maintainer").await;
        let project = project(&sam, "Rack").await;
        assert_eq!(viewer_hears.hears().await, ("project".to_owned(), project.clone()));
        let mut heard = vec![admin_hears.hears().await];
        while heard.last() != Some(&("project".to_owned(), project.clone())) {
            heard.push(admin_hears.hears().await);
        }
        let domains: Vec<&str> = heard.iter().map(|(event, _)| event.as_str()).collect();
        // sam logs in once more, makes kim, and kim logs in.
        assert_eq!(domains, ["auth", "user", "auth", "project"]);
    }

    async fn the_stream_of_an_admin_who_is_one_no_more_ends(app) {
        let sam = app.setup_admin().await;
        let kim = app.named_user("kim", "admin").await;
        let mut stream = Stream::open(&kim).await;
        stream.hears_of(&project(&sam, "NAS").await).await;
        let path = format!("/users/{}", user_id(&app, "kim").await);
        sam.post(&path, &[("role", "viewer")]).await.status(303);
        stream.ends().await;
        kim.get("/events/stream").await.status(401);
    }

    async fn a_disabled_users_stream_ends(app) {
        let sam = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let mut stream = Stream::open(&viewer).await;
        let path = format!("/users/{}", user_id(&app, "viewer").await);
        sam.post(&path, &[("disabled", "true")]).await.status(303);
        stream.ends().await;
        viewer.get("/events/stream").await.status(401);
    }

    async fn a_deleted_users_stream_ends(app) {
        let sam = app.setup_admin().await;
        let mut stream = Stream::open(&app.user("viewer").await).await;
        let path = format!("/users/{}/deletion", user_id(&app, "viewer").await);
        sam.post(&path, &[]).await.status(303);
        stream.ends().await;
    }

    async fn a_stream_ends_with_its_session_and_no_other_does(app) {
        app.setup_admin().await;
        let here = app.user("viewer").await;
        let there = app.log_in("viewer", PASSWORD).await;
        let mut stream_here = Stream::open(&here).await;
        let mut stream_there = Stream::open(&there).await;
        here.post("/logout", &[]).await.see("/login");
        stream_here.ends().await;
        let project = project(&app.log_in("sam", PASSWORD).await, "Rack").await;
        assert_eq!(stream_there.hears().await, ("project".to_owned(), project));
    }

    async fn a_page_hears_whether_it_missed_anything_before_its_stream_was_open(app) {
        let sam = app.setup_admin().await;
        let mut stream = Stream::open(&sam).await;
        let old = mark(&sam).await;
        stream.hears_of(&project(&sam, "Rack").await).await;
        let new = mark(&sam).await;
        let mut missed = Stream::at(&sam, &format!("/events/stream?since={old}")).await;
        assert_eq!(missed.next().await.unwrap().event, "anything");
        let mut strange = Stream::at(&sam, "/events/stream?since=-1e9%27").await;
        assert_eq!(strange.next().await.unwrap().event, "anything");
        let mut fresh = Stream::at(&sam, &format!("/events/stream?since={new}")).await;
        let second = project(&sam, "NAS").await;
        assert_eq!(fresh.hears().await, ("project".to_owned(), second));
    }

    async fn a_page_hears_that_the_broker_took_what_it_shows_as_waiting(app) {
        let sam = app.setup_admin().await;
        let viewer = app.user("viewer").await;
        let mut stream = Stream::open(&viewer).await;
        let mut other = Stream::open(&viewer).await;
        let made = project(&sam, "Rack").await;
        let before = stream.hears_of(&made).await;
        other.hears_of(&made).await;
        // As long as a page shows that something waits, it will be told.
        let feed = async || viewer.get("/events?domain=project").await.status(200).text;
        while feed().await.contains(">waiting<") {
            stream.delivery().await;
        }
        assert!(feed().await.contains(">delivered<"));
        // Whoever opened a page in between hears that this is all they missed.
        let mut late = Stream::at(&viewer, &format!("/events/stream?since={before}")).await;
        late.delivery().await;
        other.delivery().await;
    }

    async fn a_stream_that_comes_back_hears_whether_it_missed_anything(app) {
        let sam = app.setup_admin().await;
        let mut stream = Stream::open(&sam).await;
        stream.hears_of(&project(&sam, "Rack").await).await;
        let last = stream.delivery().await;
        let back = sam.getting("/events/stream?since=1").header("Last-Event-ID", &last);
        let mut back = back.send().await.unwrap();
        let greeting = back.chunk().await.unwrap().unwrap();
        assert!(greeting.starts_with(b":"), "nothing was missed");
        stream.hears_of(&project(&sam, "NAS").await).await;
        let again = sam.getting("/events/stream").header("Last-Event-ID", &last);
        let greeting = again.send().await.unwrap().chunk().await.unwrap().unwrap();
        assert!(greeting.starts_with(b"event: anything\n"), "something was");
    }
}

/// The program itself, as a service manager runs it.
struct Program {
    child: Child,
    _banner: Lines<BufReader<ChildStdout>>,
    origin: String,
    token: String,
}

impl Program {
    fn start(data_dir: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_taylordash"))
            .args(["--listen=127.0.0.1:0", "--broker-listen=127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data_dir)
            .env_remove("DATABASE_URL")
            .env_remove("MQTT_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut banner = BufReader::new(child.stdout.take().unwrap()).lines();
        let link = banner
            .by_ref()
            .map(|line| line.unwrap().trim().to_owned())
            .find(|line| line.contains("/setup#"))
            .expect("the banner has the setup link");
        let (origin, token) = link.split_once("/setup#").unwrap();
        Self {
            child,
            _banner: banner,
            origin: origin.to_owned(),
            token: token.to_owned(),
        }
    }

    fn terminate(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").arg(id).status().unwrap();
        assert!(sent.success());
    }

    /// Fails where it has not ended in time, or not well.
    fn ends_within(&mut self, limit: Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(started.elapsed() < limit, "it still runs");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, unless the story failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_closes_open_streams_and_ends_the_program_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(&folder.path().join("data"));
    let sam = Browser::new(&program.origin);
    sam.set_up(&program.token).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(Stream::open(&sam).await);
    }
    program.terminate();
    for stream in &mut streams {
        stream.ends().await;
    }
    program.ends_within(Duration::from_secs(10));
}

/// Fails where a page on one node hears nothing of what is made on the other. A node that has just begun
/// to listen hears that it may have missed something, so it is tried again.
async fn hears(stream: &mut Stream, other: &Browser) {
    for n in 0..5 {
        let made = project(other, &format!("Rack {n}")).await;
        let hint = stream.next().await.expect("the stream is open");
        if hint.data["id"] == made {
            return;
        }
    }
    panic!("it hears something else");
}

#[test]
fn what_one_node_commits_the_pages_of_the_other_hear_and_no_broker_is_needed_for_it() {
    on(Engine::Postgres, |place| async move {
        let start = |name: &str| {
            let folder = place.folder().join(name);
            place.start(&[
                ("TAYLORDASH_DATA_DIR", folder.to_str().unwrap()),
                ("MQTT_URL", "mqtt://127.0.0.1:9"),
                ("TAYLORDASH_SECRET_KEY", KEY),
            ])
        };
        let mut one = start("one");
        let here = place.set_up(&mut one).await;
        let mut two = start("two");
        let there = here.at(&two.origin().await);
        hears(&mut Stream::open(&there).await, &here).await;
        hears(&mut Stream::open(&here).await, &there).await;
    });
}

#[test]
fn what_the_node_that_publishes_has_delivered_the_pages_of_the_other_hear() {
    on(Engine::Postgres, |place| async move {
        let broker = std::env::var("TEST_MQTT_URL").expect("a broker to share");
        let start = |name: &str| {
            let folder = place.folder().join(name);
            place.start(&[
                ("TAYLORDASH_DATA_DIR", folder.to_str().unwrap()),
                ("MQTT_URL", &broker),
                ("TAYLORDASH_SECRET_KEY", KEY),
            ])
        };
        let mut one = start("one");
        let here = place.set_up(&mut one).await;
        let mut two = start("two");
        let there = here.at(&two.origin().await);
        let (mut on_one, mut on_two) = (Stream::open(&here).await, Stream::open(&there).await);
        project(&there, "Rack").await;
        on_one.delivery().await;
        on_two.delivery().await;
    });
}
