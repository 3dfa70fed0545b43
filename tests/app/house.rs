//! The rules of the house, held by reading it: who may name whom, and how large things grow.
//!
//! Each rule is first shown a file that breaks it, so that a rule which sees nothing fails too.

mod source;

use std::collections::BTreeSet;
use std::path::Path;

use source::{Source, files, sources};

/// Where the rooms are put together: these may name everything.
const EXEMPT: [&str; 7] = [
    "app.rs",
    "banner.rs",
    "command.rs",
    "demo.rs",
    "lib.rs",
    "main.rs",
    "routes.rs",
];

/// What every slice stands on.
const FLOOR: [&str; 11] = [
    "config", "db", "error", "events", "faults", "health", "hex", "mqtt", "named", "page", "vault",
];

/// What a store may know of pages: places in a list.
const PLACES: [&str; 3] = ["Cursor", "Paged", "PAGE_SIZE"];

type Rule = fn(&Source) -> Vec<String>;

/// Fails where `rule` is broken in the house, or is not in the made-up file that breaks it.
fn holds(rule: Rule, broken: (&str, &str)) {
    let broken = Source::new(broken.0, broken.1);
    assert!(!rule(&broken).is_empty(), "the rule sees nothing");
    let breaches: Vec<String> = sources()
        .iter()
        .filter(|source| !EXEMPT.contains(&source.name.as_str()))
        .filter(|source| !source.name.starts_with("demo/"))
        .flat_map(|source| {
            let name = source.name.clone();
            rule(source)
                .into_iter()
                .map(move |breach| format!("src/{name}: {breach}"))
        })
        .collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

/// The paths of a file that are forbidden.
fn named(source: &Source, is_forbidden: impl Fn(&[&str]) -> bool) -> Vec<String> {
    let found: BTreeSet<String> = source
        .paths()
        .iter()
        .filter(|path| {
            let steps: Vec<&str> = path.iter().map(String::as_str).collect();
            is_forbidden(&steps)
        })
        .map(|path| path.join("::"))
        .collect();
    found.into_iter().collect()
}

fn is_slice(room: &str) -> bool {
    !FLOOR.contains(&room)
}

fn is_web(krate: &str) -> bool {
    krate.starts_with("actix") || krate == "askama"
}

/// Whether the last step is a type, such as `Account`, rather than a function or a module.
fn ends_in_type(path: &[&str]) -> bool {
    path.last()
        .is_some_and(|step| step.starts_with(char::is_uppercase))
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
}

#[test]
fn a_store_knows_neither_the_web_nor_templates_nor_pages() {
    holds(
        |source| {
            if !source.is("store") {
                return Vec::new();
            }
            named(source, |path| match path {
                ["crate", "page"] => true,
                ["crate", "page", name, ..] => !PLACES.contains(name),
                [krate, ..] => is_web(krate),
                [] => false,
            })
        },
        ("tasks/store.rs", "use crate::page::{Cursor, Flash};"),
    );
}

#[test]
fn a_view_asks_no_database_and_calls_no_store() {
    holds(
        |source| {
            if !source.is("views") {
                return Vec::new();
            }
            named(source, |path| match path {
                ["sqlx", ..] | ["crate", "db", "Db", ..] => true,
                ["crate", "db", "Count" | "Pool" | "Timestamp", ..] => false,
                ["crate", "db", ..] => true,
                ["crate", rest @ ..] if rest.contains(&"store") => !ends_in_type(path),
                _ => false,
            })
        },
        ("tasks/views.rs", "use super::store::{self, Task};"),
    );
}

#[test]
fn routes_write_no_sql_and_render_through_views() {
    holds(
        |source| {
            if !source.is("routes") {
                return Vec::new();
            }
            named(source, |path| matches!(path, ["sqlx" | "askama", ..]))
        },
        ("tasks/routes.rs", "async fn list() { sqlx::query(\"\") }"),
    );
}

#[test]
fn the_mod_of_a_slice_is_plain_data_and_rules() {
    holds(
        |source| {
            let is_mod = source.name.matches('/').count() == 1 && source.name.ends_with("/mod.rs");
            if !is_mod || !is_slice(source.room()) {
                return Vec::new();
            }
            named(source, |path| match path {
                ["sqlx", "FromRow" | "Type", ..] | ["tokio", "sync", ..] => false,
                ["sqlx" | "tokio" | "rumqttc", ..] => true,
                [krate, ..] => is_web(krate),
                [] => false,
            })
        },
        ("tasks/mod.rs", "use actix_web::HttpRequest;"),
    );
}

#[test]
fn a_slice_uses_only_the_mod_of_another_slice() {
    holds(
        |source| {
            named(source, |path| match path {
                ["crate", room, part, ..] => {
                    is_slice(room)
                        && *room != source.room()
                        && matches!(*part, "store" | "routes" | "views")
                }
                _ => false,
            })
        },
        ("tasks/routes.rs", "use crate::projects::{Project, store};"),
    );
}

#[test]
fn the_floor_names_no_slice_but_who_a_user_is() {
    const USERS: [&str; 3] = ["Role", "Theme", "User"];
    holds(
        |source| {
            // The addresses, pages and streams of events are a slice that lives beside its floor.
            let is_floor = match source.room() {
                "events" => matches!(
                    source.name.as_str(),
                    "events/mod.rs" | "events/change.rs" | "events/store.rs"
                ),
                room => !is_slice(room),
            };
            if !is_floor {
                return Vec::new();
            }
            named(source, |path| match path {
                ["crate", "users", name] => !USERS.contains(name),
                ["crate", "on" | "app" | "routes" | "command", ..] => false,
                ["crate", room, ..] => is_slice(room) && *room != "users",
                _ => false,
            })
        },
        ("page/layout.rs", "use crate::projects::Project;"),
    );
}

#[test]
fn only_db_names_the_pools() {
    holds(
        |source| {
            let pool = |word: &str| {
                matches!(
                    word,
                    "PgPool" | "SqlitePool" | "PgPoolOptions" | "SqlitePoolOptions"
                )
            };
            if source.room() == "db" {
                return Vec::new();
            }
            words(&source.code)
                .filter(|word| pool(word))
                .map(str::to_owned)
                .collect()
        },
        ("tasks/store.rs", "fn f(pool: &sqlx::PgPool) {}"),
    );
}

#[test]
fn only_mqtt_names_the_mqtt_libraries() {
    holds(
        |source| {
            if source.room() == "mqtt" {
                return Vec::new();
            }
            let library = |word: &&str| word.starts_with("rumqtt") || word.starts_with("rmqtt");
            words(&source.code)
                .filter(library)
                .map(str::to_owned)
                .collect()
        },
        ("tasks/routes.rs", "use rumqttc::v5::AsyncClient;"),
    );
}

#[test]
fn only_what_no_person_did_is_written_outside_a_change() {
    // The deployment's row, a session's last use, the relay's own marks, the lab's checks, how far the
    // watch has come.
    const MAY: [&str; 4] = ["audit/watch/", "auth/store/", "events/store.rs", "system/"];
    holds(
        |source| {
            let may = matches!(source.room(), "db" | "mqtt")
                || MAY.iter().any(|name| source.name.starts_with(name));
            let writes = source.code.contains(".writer()");
            if writes && !may {
                vec!["db.writer()".to_owned()]
            } else {
                Vec::new()
            }
        },
        (
            "tasks/store.rs",
            "fn f(db: &Db) { on!(db.writer(), c => c) }",
        ),
    );
}

#[test]
fn sql_is_never_put_together_from_text_outside_db_and_the_system_page() {
    holds(
        |source| {
            let safe = |word: &&str| *word == "AssertSqlSafe" || *word == "QueryBuilder";
            // The system page explains statements that the database itself lists, and counts its tables.
            if source.room() == "db" || source.name.starts_with("system/store/") {
                return Vec::new();
            }
            words(&source.code)
                .filter(safe)
                .map(str::to_owned)
                .collect()
        },
        ("tasks/store.rs", "sqlx::query(AssertSqlSafe(format!()))"),
    );
}

#[test]
fn every_address_stands_in_the_one_table() {
    holds(
        |source| {
            let signs = [
                ".route(",
                "web::scope(",
                "web::resource(",
                "#[get(",
                "#[post(",
            ];
            signs
                .iter()
                .filter(|sign| source.code.contains(**sign))
                .map(|sign| (*sign).to_owned())
                .collect()
        },
        ("tasks/routes.rs", "fn f(app: App) { app.route(get()) }"),
    );
}

#[test]
fn a_handler_is_at_most_twenty_lines() {
    holds(
        |source| {
            if !source.is("routes") {
                return Vec::new();
            }
            let long = source
                .handlers()
                .into_iter()
                .filter(|(_, lines)| *lines > 20);
            long.map(|(name, lines)| format!("{name} has {lines} lines"))
                .collect()
        },
        (
            "tasks/routes.rs",
            &format!(
                "pub async fn list() -> u8 {{\n{}}}\n",
                "    step();\n".repeat(21)
            ),
        ),
    );
}

#[test]
fn a_file_is_at_most_three_hundred_and_thirty_lines_without_its_tests() {
    holds(
        |source| {
            // The parts of one grammar lean on each other: they may be a little longer.
            let most = if source.name.starts_with("plugins/schema/") {
                400
            } else {
                330
            };
            let lines = source.text.lines().count();
            if lines > most {
                vec![format!("{lines} lines")]
            } else {
                Vec::new()
            }
        },
        ("tasks/mod.rs", &"// line\n".repeat(331)),
    );
}

/// Only the trash reads what is in it, and the watch, which looks at every row there is.
#[test]
fn pages_read_only_what_is_not_in_the_trash() {
    holds(
        |source| {
            if source.name.starts_with("projects/trash/") || source.name == "events/rows.rs" {
                return Vec::new();
            }
            let text: Vec<&str> = source.text.split_whitespace().collect();
            text.windows(3)
                .filter(|words| {
                    matches!(words[1], "from" | "join") && !words[0].ends_with("delete")
                })
                .filter(|words| matches!(words[2], "tasks" | "projects"))
                .map(|words| words.join(" "))
                .collect()
        },
        ("tasks/store.rs", "\"select id from tasks where name = $1\""),
    );
}

#[test]
fn rooms_have_names_that_say_what_they_hold() {
    holds(
        |source| {
            let vague = [
                "utils", "util", "helpers", "helper", "manager", "common", "misc",
            ];
            let steps = source.name.split(['/', '.']);
            steps
                .filter(|step| vague.contains(step))
                .map(str::to_owned)
                .collect()
        },
        ("tasks/utils.rs", ""),
    );
}

/// What a template may not hold: anything that escapes escaping, or that the policy for scripts and
/// styles would refuse.
fn breaches_of_template(text: &str) -> Vec<String> {
    let text = text.to_ascii_lowercase();
    let mut found: Vec<String> = [
        "|safe",
        "| safe",
        "escape=\"none\"",
        "<style",
        " style=",
        "javascript:",
        "hx-on",
        "hx-vals=\"js:",
        "{% filter safe",
    ]
    .iter()
    .filter(|bad| text.contains(**bad))
    .map(|bad| (*bad).to_owned())
    .collect();
    for tag in text.split("<script").skip(1) {
        if !tag.split('>').next().unwrap().contains(" src=") {
            found.push("a script inside the page".to_owned());
        }
    }
    for (at, _) in text.match_indices(" on") {
        let name: String = text[at + 1..]
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let inside_tag = text[..at].rfind('<') > text[..at].rfind('>');
        if text[at + 1 + name.len()..].starts_with('=') && inside_tag {
            found.push(format!("{name}="));
        }
    }
    found
}

#[test]
fn a_template_holds_no_script_no_style_and_nothing_unescaped() {
    for bad in [
        "{{ name|safe }}",
        "{{ name | safe }}",
        "<p style=\"color: red\">",
        "<style>p {}</style>",
        "<button onclick=\"go()\">",
        "<script>go()</script>",
        "<a href=\"javascript:go()\">",
        "<div hx-on:click=\"go()\">",
    ] {
        assert!(!breaches_of_template(bad).is_empty(), "{bad} is not seen");
    }
    assert!(
        breaches_of_template("<p>turn on=off</p><script defer src=\"/x\"></script>").is_empty()
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for (name, text) in files(&root, "html") {
        assert_eq!(
            breaches_of_template(&text),
            Vec::<String>::new(),
            "templates/{name}"
        );
    }
}

#[test]
fn what_a_template_shows_is_escaped_as_html() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(!root.join("askama.toml").exists(), "it escapes by default");
    holds(
        |source| {
            let given = source.text.split("#[template(").skip(1);
            given
                .map(|rest| rest.split(")]").next().unwrap())
                .filter(|given| {
                    let is_other = given.contains("escape") && !given.contains("escape = \"html\"");
                    is_other || !given.contains(".html\"")
                })
                .map(str::to_owned)
                .collect()
        },
        (
            "tasks/views.rs",
            "#[template(path = \"tasks/list.html\", escape = \"none\")] struct Page;",
        ),
    );
}

#[test]
fn migrations_have_the_same_numbers_and_names_for_both_engines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names = |engine: &str| -> Vec<String> {
        let files = files(&root.join(engine), "sql");
        files.into_iter().map(|(name, _)| name).collect()
    };
    let postgres = names("postgres");
    assert!(!postgres.is_empty());
    assert_eq!(postgres, names("sqlite"));
}

#[test]
fn paths_are_read_as_the_compiler_reads_them() {
    let source = Source::new(
        "users/routes.rs",
        "use crate::page::{self, Flash, field::{line, prose as text}};\n\
         // use actix_web::rt;\n\
         fn f() { super::store::page(\"sqlx::query\"); std::fmt::Write; }\n",
    );
    let paths: Vec<String> = source.paths().iter().map(|path| path.join("::")).collect();
    assert_eq!(
        paths,
        [
            "crate::page::self",
            "crate::page::Flash",
            "crate::page::field::line",
            "crate::page::field::prose",
            "crate::users::store::page",
            "std::fmt::Write",
        ]
    );
}

/// Dying on demand is for the fault suite, whose program is built with the cargo feature `faults`.
#[test]
#[cfg(not(feature = "faults"))]
fn a_program_without_the_feature_knows_no_faults_on_demand() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_taylordash")).unwrap();
    let program = String::from_utf8_lossy(&program);
    assert!(
        program.contains("TAYLORDASH_LISTEN"),
        "nothing is found in it"
    );
    for word in ["TAYLORDASH_FAULT", "publish_before_commit", "cursor_by_id"] {
        assert!(!program.contains(word), "{word}");
    }
}
