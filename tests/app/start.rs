//! How the program starts and stops, seen from a terminal.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{
    Browser, Door, Engine, PASSWORD, Place, Process, SOON, eventually, mosquitto, on,
};

const KEY: &str = "a key that both nodes share, and nobody else knows";

/// A port that was free a moment ago.
async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_wrong_value_stops_the_start_with_one_line_that_names_it_and_what_is_allowed() {
    // Variable, value, whether the line may repeat it, what else the line must say.
    let cases = [
        (
            "DATABASE_URL",
            "mysql://u:hunter2@h/d",
            false,
            "postgres://",
        ),
        ("DATABASE_URL", "hunter2", false, "unset for SQLite"),
        ("MQTT_URL", "http://u:hunter2@h", false, "mqtt://"),
        ("MQTT_URL", "hunter2", false, "embedded broker"),
        (
            "TAYLORDASH_MQTT_CA",
            "/ca.pem",
            true,
            "begins with mqtts://",
        ),
        ("TAYLORDASH_EVENT_RETENTION", "soon", true, "0 for ever"),
        ("TAYLORDASH_SECRET_KEY", "hunter2", false, "at least 32"),
        (
            "TAYLORDASH_SECRET_KEY",
            "hunter2, and 31 of them in all.",
            false,
            "at least 32",
        ),
        (
            "TAYLORDASH_PUBLIC_URL",
            "https://dash.example.org/lab",
            true,
            "without a path",
        ),
        ("TAYLORDASH_TRUSTED_PROXIES", "kitchen", true, "10.0.0.0/8"),
        ("TAYLORDASH_SESSION_IDLE", "soon", true, "such as 30m"),
        ("TAYLORDASH_WATCH_FAILURES", "many", true, "0 for never"),
        ("TAYLORDASH_WATCH_SPAN", "10", true, "such as 30m"),
        ("TAYLORDASH_WATCH_ADDRESS", "long", true, "or off"),
        ("TAYLORDASH_WATCH_NIGHT", "late", true, "23:00-05:00"),
        ("TAYLORDASH_TIME_ZONE", "Berlin", true, "Europe/Berlin"),
        ("TAYLORDASH_LISTEN", "8080", true, "127.0.0.1:8080"),
        (
            "TAYLORDASH_LISTEN",
            "127.0.0.1:99999",
            true,
            "127.0.0.1:8080",
        ),
        (
            "TAYLORDASH_LISTEN",
            "192.0.2.1:8080",
            true,
            "an address of this machine",
        ),
        (
            "TAYLORDASH_BROKER_LISTEN",
            "somewhere",
            true,
            "127.0.0.1:8080",
        ),
        ("TAYLORDASH_POOL_MIN", "-1", true, "1 to 1000"),
        (
            "TAYLORDASH_POOL_MIN",
            "9",
            true,
            "at most TAYLORDASH_POOL_MAX",
        ),
        ("TAYLORDASH_POOL_MAX", "0", true, "1 to 1000"),
        ("TAYLORDASH_POOL_MAX", "many", true, "1 to 1000"),
        ("TAYLORDASH_LOG", "verbose", true, "error, warn, info"),
        ("TAYLORDASH_LOG_FORMAT", "xml", true, "text, json"),
        ("TAYLORDASH_STATIC_DIR", "/nowhere", true, "app.css"),
        (
            "TAYLORDASH_DATA_DIR",
            "/proc/nowhere",
            true,
            "a folder that this user may write",
        ),
        (
            "TAYLORDASH_DATA_DIR_FILE",
            "/nowhere",
            true,
            "readable text file",
        ),
        (
            "TAYLORDASH_LOG",
            "info,sqlx=loud",
            true,
            "error, warn, info",
        ),
    ];
    on(Engine::Sqlite, |place| async move {
        for (variable, value, may_repeat, allowed) in cases {
            let (code, printed, logged) = place.run(&[], &[(variable, value)]).await;
            let case = format!("{variable}={value}: {logged}");
            assert!(code.is_some_and(|code| code != 0), "{case}");
            assert_eq!(printed, "", "{case}");
            assert_eq!(logged.lines().count(), 1, "{case}");
            assert!(
                logged.starts_with(&format!("taylordash: {variable}=")),
                "{case}"
            );
            assert_eq!(logged.contains(value), may_repeat, "{case}");
            assert!(!logged.contains("hunter2"), "{case}");
            assert!(logged.contains(allowed), "{case}");
        }
    });
}

#[test]
fn help_shows_every_variable_with_its_default_and_no_secret() {
    on(Engine::Sqlite, |place| async move {
        let secrets = [
            ("MQTT_URL", "mqtt://u:hunter2@h"),
            ("TAYLORDASH_SECRET_KEY", KEY),
        ];
        let (code, printed, _) = place.run(&["--help"], &secrets).await;
        assert_eq!(code, Some(0));
        for variable in [
            "DATABASE_URL",
            "MQTT_URL",
            "TAYLORDASH_LISTEN",
            "TAYLORDASH_DATA_DIR",
            "TAYLORDASH_STATIC_DIR",
            "TAYLORDASH_BROKER_LISTEN",
            "TAYLORDASH_SECRET_KEY",
            "TAYLORDASH_POOL_MIN",
            "TAYLORDASH_POOL_MAX",
            "TAYLORDASH_LOG",
            "TAYLORDASH_LOG_FORMAT",
            "_FILE",
            "[default: 127.0.0.1:8080]",
            "[default: ./data]",
        ] {
            assert!(
                printed.contains(variable),
                "{variable} is not in\n{printed}"
            );
        }
        assert!(
            !printed.contains("hunter2") && !printed.contains(KEY),
            "{printed}"
        );
    });
}

#[test]
fn a_secret_can_come_from_a_file() {
    on(Engine::Postgres, |place| async move {
        let file = place.folder().join("database-url");
        std::fs::write(&file, format!("{}\n", place.database.url().unwrap())).unwrap();
        let variables = [("DATABASE_URL_FILE", file.to_str().unwrap())];
        let mut process = Process::start(place.folder(), &variables);
        process.origin().await;
        assert!(
            !place
                .database
                .rows("select id from deployment")
                .await
                .is_empty()
        );
        assert!(!place.folder().join("data/taylordash.db").exists());
    });
}

#[test]
fn a_value_and_a_file_for_it_at_once_are_refused() {
    on(Engine::Sqlite, |place| async move {
        let both = [
            ("MQTT_URL", "mqtt://u:hunter2@h"),
            ("MQTT_URL_FILE", "/nowhere"),
        ];
        let (code, _, logged) = place.run(&[], &both).await;
        assert_eq!(code, Some(2), "{logged}");
        assert!(
            logged.contains("MQTT_URL and MQTT_URL_FILE are both set"),
            "{logged}"
        );
        assert!(!logged.contains("hunter2"), "{logged}");
    });
}

#[test]
fn the_data_folder_and_what_is_secret_in_it_are_their_owners_only() {
    on(Engine::Sqlite, |place| async move {
        let data = place.folder().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut process = place.start(&[]);
        process.origin().await;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("secret.key")), 0o600);
    });
}

#[test]
fn a_missing_folder_of_static_files_stops_the_start() {
    on(Engine::Sqlite, |place| async move {
        std::fs::create_dir(place.folder().join("empty")).unwrap();
        let (code, _, logged) = place.run(&[], &[("TAYLORDASH_STATIC_DIR", "empty")]).await;
        assert_eq!(code, Some(1), "{logged}");
        assert!(
            logged.contains("TAYLORDASH_STATIC_DIR=empty is not allowed"),
            "{logged}"
        );
    });
}

#[test]
fn a_port_that_is_taken_is_said_so() {
    on(Engine::Sqlite, |place| async move {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let (code, _, logged) = place.run(&[], &[("TAYLORDASH_LISTEN", &address)]).await;
        assert_eq!(code, Some(1), "{logged}");
        assert!(
            logged.contains(&format!("TAYLORDASH_LISTEN={address} cannot be used")),
            "{logged}"
        );
    });
}

/// A program on a machine with such a limit of open files.
fn with_files(place: &Place, limit: &str) -> Process {
    let url = place.database.url().map(String::from);
    let variables: Vec<_> = url
        .iter()
        .map(|url| ("DATABASE_URL", url.as_str()))
        .collect();
    Process::start_with_files(place.folder(), limit, &variables)
}

programs! {
    async fn the_banner_has_a_setup_link_as_long_as_there_is_no_account(place) {
        let mut first = place.start(&[]);
        first.origin().await;
        let token = first.setup_token().expect("a setup link");
        assert!(!first.logged().contains(&token), "the log has the token");
        first.signal("TERM").await;
        first.end(SOON).await;
        let mut second = place.start(&[]);
        place.set_up(&mut second).await;
        assert_ne!(second.setup_token(), Some(token), "each start makes its own");
        second.signal("TERM").await;
        second.end(SOON).await;
        let mut third = place.start(&[]);
        third.origin().await;
        assert_eq!(third.setup_token(), None);
    }

    async fn behind_a_proxy_the_setup_link_leads_to_the_public_address(place) {
        let mut process = place.start(&[("TAYLORDASH_PUBLIC_URL", "https://dash.example.org/")]);
        let origin = process.origin().await;
        let token = process.setup_token().expect("a setup link");
        let link = format!(" https://dash.example.org/setup#{token}\n");
        assert!(process.printed().contains(&link), "{}", process.printed());
        assert!(origin.starts_with("http://127.0.0.1:"));
    }

    async fn a_second_program_on_the_same_data_is_refused_in_plain_words(place) {
        let mut first = place.start(&[]);
        let origin = first.origin().await;
        let other = place.folder().join("other");
        let folder = other.to_str().unwrap();
        let same: &[(&str, &str)] = match place.database.engine() {
            Engine::Sqlite => &[],
            Engine::Postgres => &[("TAYLORDASH_DATA_DIR", folder)],
        };
        let mut second = place.start(same);
        assert_eq!(second.end(SOON).await.code(), Some(1));
        let logged = second.logged();
        assert!(logged.contains("another TaylorDash already works"), "{logged}");
        Browser::new(&origin).get("/health/ready").await.status(200);
        first.kill().await;
        // What a killed one held is free at once.
        place.start(same).origin().await;
    }

    async fn of_two_that_start_at_once_on_an_empty_database_one_serves(place) {
        let mut programs = [place.start(&[]), place.start(&[])];
        eventually(SOON, "one banner and one refusal", || {
            let running = programs.iter_mut().filter_map(|program| program.is_running().then_some(())).count();
            let banners = programs.iter().filter(|program| program.on_banner("web").is_some()).count();
            async move { running == 1 && banners == 1 }
        }).await;
        let [mut one, two] = programs;
        let (mut serving, mut refused) = if one.is_running() { (one, two) } else { (two, one) };
        refused.end(SOON).await;
        assert!(refused.logged().contains("another TaylorDash already works"), "{}", refused.logged());
        place.set_up(&mut serving).await.get("/account").await.status(200);
        assert_eq!(place.database.rows("select id from deployment").await.len(), 1);
    }

    async fn an_admin_who_is_locked_out_gets_a_new_password_at_the_command_line(place) {
        let mut process = place.start(&[]);
        let browser = place.set_up(&mut process).await;
        let (code, printed, logged) = place.run(&["user", "reset-password", "SAM"], &[]).await;
        assert_eq!(code, Some(0), "{logged}");
        let line = printed.lines().find(|line| line.starts_with("New password of sam: ")).expect(&printed);
        let password = line.split(": ").nth(1).unwrap();
        browser.get("/account").await.see("/login?next=%2Faccount");
        browser.post("/login", &[("username", "sam"), ("password", PASSWORD)]).await.status(422);
        browser.post("/login", &[("username", "sam"), ("password", password)]).await.see("/");
        let events = place.database.rows("select payload from events where event_type = 'password_changed'").await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].json("payload")["actor"], "command line");
        assert!(!events[0].json("payload").to_string().contains(password));
        let (code, _, logged) = place.run(&["user", "reset-password", "nobody"], &[]).await;
        assert_eq!((code, logged.as_str()), (Some(1), "taylordash: there is no user nobody\n"));
    }

    async fn a_signal_to_stop_ends_it_cleanly_within_ten_seconds(place) {
        for signal in ["TERM", "INT"] {
            let mut process = place.start(&[]);
            let origin = process.origin().await;
            let browser = Browser::new(&origin);
            browser.get("/login").await.status(200);
            // Somebody who connected and says nothing, and one who stopped in the middle.
            let address = origin.trim_start_matches("http://").to_owned();
            let _silent = TcpStream::connect(&address).await.unwrap();
            let mut halfway = TcpStream::connect(&address).await.unwrap();
            halfway.write_all(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nuser").await.unwrap();
            process.signal(signal).await;
            let status = process.end(Duration::from_secs(10)).await;
            assert_eq!(status.code(), Some(0), "after {signal}: {}", process.logged());
        }
    }

    async fn the_health_check_of_the_program_says_whether_it_is_ready(place) {
        let port = free_port().await;
        let address = format!("127.0.0.1:{port}");
        let listen = [("TAYLORDASH_LISTEN", address.as_str())];
        let (code, _, logged) = place.run(&["healthcheck"], &listen).await;
        assert_eq!(code, Some(1), "{logged}");
        let mut process = place.start(&listen);
        process.origin().await;
        let (code, _, logged) = place.run(&["healthcheck"], &listen).await;
        assert_eq!(code, Some(0), "{logged}");
        let everywhere = format!("0.0.0.0:{port}");
        let (code, _, logged) = place.run(&["healthcheck"], &[("TAYLORDASH_LISTEN", everywhere.as_str())]).await;
        assert_eq!(code, Some(0), "{logged}");
    }

    async fn it_takes_as_many_files_as_it_may_have(place) {
        let mut process = with_files(&place, "-S -n 128");
        process.origin().await;
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.pid())).unwrap();
        let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let [soft, hard] = [3, 4].map(|column| files.split_whitespace().nth(column).unwrap());
        assert!(soft == hard && soft != "128", "{files}");
    }

    async fn who_keeps_many_connections_open_leaves_files_for_others(place) {
        let mut process = with_files(&place, "-n 128");
        let address = process.origin().await.trim_start_matches("http://").to_owned();
        let mut crowd = Vec::new();
        for _ in 0..160 {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(b"GET /login HTTP/1.1\r\nHost: x\r\n").await.unwrap();
            crowd.push(stream);
        }
        let browser = place.set_up(&mut process).await;
        browser.get("/projects").await.status(200);
        let logged = process.logged();
        assert!(!logged.contains("Too many open files"), "{logged}");
    }

    async fn one_connection_is_enough(place) {
        let one = [("TAYLORDASH_POOL_MIN", "1"), ("TAYLORDASH_POOL_MAX", "1")];
        let mut process = place.start(&one);
        let browser = place.set_up(&mut process).await;
        browser.post("/account/preferences", &[("theme", "dark")]).await.see("/account");
        browser.get("/users").await.status(200);
    }
}

#[test]
fn a_wrong_password_for_the_database_stops_the_start_without_repeating_it() {
    on(Engine::Postgres, |place| async move {
        let role = format!("locked_{}", std::process::id());
        let mut url = place.database.url().unwrap();
        url.set_username("locked").unwrap();
        url.set_password(Some("hunter2")).unwrap();
        let made = format!(
            "do $$ begin create role locked login password '{role}'; exception when duplicate_object or unique_violation then null; end $$"
        );
        place.database.execute(&made).await;
        let mut process = Process::start(place.folder(), &[("DATABASE_URL", url.as_str())]);
        assert_eq!(process.end(Duration::from_secs(10)).await.code(), Some(1));
        let logged = process.logged();
        assert!(!logged.contains("hunter2"), "{logged}");
        assert!(logged.contains("the database refused"), "{logged}");
    });
}

#[test]
fn nodes_on_one_postgres_with_a_shared_broker_and_key_serve_together() {
    on(Engine::Postgres, |place| async move {
        let mqtt = mosquitto().to_string();
        let folders = [place.folder().join("one"), place.folder().join("two")];
        let start = |folder: &Path| {
            let folder = folder.to_str().unwrap();
            place.start(&[
                ("TAYLORDASH_DATA_DIR", folder),
                ("MQTT_URL", &mqtt),
                ("TAYLORDASH_SECRET_KEY", KEY),
            ])
        };
        let (mut one, mut two) = (start(&folders[0]), start(&folders[1]));
        let origins = [one.origin().await, two.origin().await];
        let browser = place.set_up(&mut one).await;
        assert_eq!(
            place.database.rows("select id from deployment").await.len(),
            1
        );
        // A session holds on every node, and ends on every node.
        let elsewhere = browser.at(&origins[1]);
        elsewhere.get("/users").await.status(200);
        elsewhere.post("/logout", &[]).await.see("/login");
        browser.get("/users").await.see("/login?next=%2Fusers");
        // One that shares only half is kept out.
        for half in [("MQTT_URL", mqtt.as_str()), ("TAYLORDASH_SECRET_KEY", KEY)] {
            let folder = place.folder().join("three");
            let mut three = place.start(&[("TAYLORDASH_DATA_DIR", folder.to_str().unwrap()), half]);
            assert_eq!(three.end(SOON).await.code(), Some(1));
            assert!(
                three
                    .logged()
                    .contains("the same MQTT_URL and the same TAYLORDASH_SECRET_KEY"),
                "{}",
                three.logged()
            );
        }
    });
}

#[test]
fn a_postgres_that_comes_up_late_is_waited_for_aloud() {
    on(Engine::Postgres, |place| async move {
        let url = place.database.url().unwrap();
        let door = Door::before(&url, 5432).await;
        let late = door.through(&url);
        let mut process = Process::start(place.folder(), &[("DATABASE_URL", late.as_str())]);
        eventually(SOON, "it says that it waits", || async {
            process.logged().matches("PostgreSQL is not up yet").count() >= 3
        })
        .await;
        assert!(process.is_running());
        door.open().await;
        let origin = process.origin().await;
        Browser::new(&origin).get("/health/ready").await.status(200);
    });
}

#[test]
fn a_postgres_that_stays_away_ends_the_start_after_half_a_minute() {
    on(Engine::Postgres, |place| async move {
        let url = place.database.url().unwrap();
        let url = Door::before(&url, 5432).await.through(&url);
        let mut process = Process::start(place.folder(), &[("DATABASE_URL", url.as_str())]);
        let status = process.end(Duration::from_secs(45)).await;
        assert_eq!(status.code(), Some(1));
        let logged = process.logged();
        assert!(
            logged.contains("PostgreSQL did not answer within 30 s (connection failed)"),
            "{logged}"
        );
    });
}
