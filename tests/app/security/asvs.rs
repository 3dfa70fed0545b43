//! OWASP ASVS 5.0.0, levels 1 and 2: every requirement is in one of two tables, with the story that
//! holds it or with why there is none. A few of level 3 are held, too.

mod rest;
mod table;

use std::collections::BTreeSet;

use self::rest::{PARTLY, REST};
use self::table::TABLE;

/// How many requirements of levels 1 and 2 each section of the standard has; in each they come first.
const STANDARD: &[(&str, u32)] = &[
    ("1.1", 2),
    ("1.2", 9),
    ("1.3", 11),
    ("1.4", 3),
    ("1.5", 2),
    ("2.1", 3),
    ("2.2", 3),
    ("2.3", 4),
    ("2.4", 1),
    ("3.2", 2),
    ("3.3", 4),
    ("3.4", 6),
    ("3.5", 5),
    ("3.7", 2),
    ("4.1", 3),
    ("4.2", 1),
    ("4.3", 2),
    ("4.4", 4),
    ("5.1", 1),
    ("5.2", 3),
    ("5.3", 2),
    ("5.4", 3),
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 4),
    ("6.4", 4),
    ("6.5", 5),
    ("6.6", 3),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 2),
    ("7.6", 2),
    ("8.1", 2),
    ("8.2", 3),
    ("8.3", 1),
    ("8.4", 1),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 2),
    ("10.3", 4),
    ("10.4", 11),
    ("10.5", 5),
    ("10.6", 2),
    ("10.7", 3),
    ("11.1", 2),
    ("11.2", 3),
    ("11.3", 3),
    ("11.4", 4),
    ("11.5", 1),
    ("11.6", 1),
    ("12.1", 3),
    ("12.2", 2),
    ("12.3", 4),
    ("13.1", 1),
    ("13.2", 5),
    ("13.3", 2),
    ("13.4", 5),
    ("14.1", 2),
    ("14.2", 4),
    ("14.3", 3),
    ("15.1", 3),
    ("15.2", 3),
    ("15.3", 7),
    ("16.1", 1),
    ("16.2", 5),
    ("16.3", 4),
    ("16.4", 3),
    ("16.5", 3),
    ("17.1", 1),
    ("17.2", 4),
    ("17.3", 2),
];

/// Where a test stands: below tests/app, or in a file of the program (`src/…`) or of the journeys
/// (`browser/…`).
fn source(name: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = match name.split_once('/') {
        Some(("src", _)) => vec![format!("{name}.rs")],
        Some(("browser", _)) => vec![format!("tests/{name}.test.mjs")],
        _ => vec![
            format!("tests/app/{name}.rs"),
            format!("tests/app/{name}/mod.rs"),
        ],
    };
    let file = files
        .iter()
        .find_map(|file| std::fs::read_to_string(root.join(file)).ok());
    file.unwrap_or_else(|| panic!("there is no file of tests {name}"))
}

/// How the test begins there.
fn beginning(file: &str, name: &str) -> String {
    match file.starts_with("browser/") {
        true => format!("test(\"{name}\""),
        false => format!("fn {name}("),
    }
}

#[test]
fn every_requirement_names_a_test_that_is_there_and_what_it_catches() {
    assert!(TABLE.is_sorted_by_key(|row| {
        row.0
            .split('.')
            .map(|n| n.parse::<u32>().unwrap())
            .collect::<Vec<_>>()
    }));
    for (item, says, test, mutation) in TABLE {
        let (file, name) = test.split_once("::").unwrap();
        let there = source(file).contains(&beginning(file, name));
        assert!(there, "{item}: there is no test {test}");
        assert!(!says.is_empty() && !mutation.is_empty(), "{item}");
    }
}

/// All of levels 1 and 2.
fn standard() -> BTreeSet<String> {
    let all = STANDARD.iter();
    all.flat_map(|(section, count)| (1..=*count).map(move |n| format!("{section}.{n}")))
        .collect()
}

#[test]
fn how_soon_a_hole_in_a_library_is_mended_is_written_down() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let written = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let (_, times) = written.split_once("| what | by when |").unwrap();
    let times: Vec<&str> = times
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    assert!(times.len() >= 5, "{times:?}");
    for said in ["7 days after the advisory", "| 30 days |", "every 3 months"] {
        assert!(times.iter().any(|line| line.contains(said)), "{said}");
    }
    for said in ["cargo audit", "npm audit --omit=dev", "Known on 20"] {
        assert!(written.contains(said), "{said}");
    }
}

#[test]
fn every_requirement_of_levels_1_and_2_has_a_test_or_a_reason() {
    let standard = standard();
    assert_eq!(standard.len(), 253, "so many has the standard");
    let tested: BTreeSet<String> = TABLE.iter().map(|row| row.0.to_owned()).collect();
    let mut told = BTreeSet::new();
    for (place, _, why) in REST {
        assert!(!why.is_empty(), "{place}");
        // A section or a chapter stands for all that is in it.
        let within = |item: &&String| *item == place || item.starts_with(&format!("{place}."));
        let meant: Vec<&String> = standard.iter().filter(within).collect();
        assert!(!meant.is_empty(), "{place} is nothing of levels 1 and 2");
        for item in meant {
            assert!(
                !tested.contains(item),
                "{item} has a test, and a reason for none"
            );
            assert!(told.insert(item.clone()), "{item} is there twice");
        }
    }
    for (item, why) in PARTLY {
        assert!(tested.contains(*item) && !why.is_empty(), "{item}");
    }
    let known: BTreeSet<String> = tested.union(&told).cloned().collect();
    let missing: Vec<&String> = standard.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "neither a test nor a reason: {missing:?}"
    );
}
