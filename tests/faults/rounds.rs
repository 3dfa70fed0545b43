//! How often a fault is tried, and what came of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::checker;
use crate::invariants::Violation;

/// Whether all rounds are run, and times measured: `tests/run --faults`.
pub fn is_full() -> bool {
    std::env::var("TEST_FAULTS").is_ok_and(|form| form == "full")
}

/// Of a fault, in the short form and in the full one; `TEST_FAULTS_ROUNDS` caps the full one.
pub fn rounds(short: usize, full: usize) -> usize {
    if !is_full() {
        return short;
    }
    let cap = std::env::var("TEST_FAULTS_ROUNDS").ok();
    cap.map_or(full, |cap| {
        full.min(cap.parse().expect("TEST_FAULTS_ROUNDS is a number"))
    })
}

/// How long a request may take: in the short form the machine is busy with other tests.
pub fn hang() -> Duration {
    Duration::from_secs(if is_full() { 10 } else { 28 })
}

/// What came of one fault.
pub struct Results {
    fault: String,
    rounds: usize,
    violations: BTreeSet<Violation>,
    requests: usize,
    fetched: usize,
    times: Vec<Times>,
    notes: Vec<String>,
}

struct Times {
    what: &'static str,
    limit: Duration,
    all: Vec<Duration>,
}

impl Results {
    pub fn of(fault: impl Into<String>) -> Self {
        Self {
            fault: fault.into(),
            rounds: 0,
            violations: BTreeSet::new(),
            requests: 0,
            fetched: 0,
            times: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// How long something took that may take `limit`.
    pub fn took(&mut self, what: &'static str, limit: Duration, time: Duration) {
        if let Some(times) = self.times.iter_mut().find(|times| times.what == what) {
            return times.all.push(time);
        }
        let all = vec![time];
        self.times.push(Times { what, limit, all });
    }

    /// A round is over. In the short form the first violation ends the test, with all that is known.
    pub fn round(&mut self, violations: Vec<Violation>, requests: usize, fetched: usize) {
        self.rounds += 1;
        (self.requests, self.fetched) = (requests, fetched);
        if !violations.is_empty() {
            let told = checker::told(&violations);
            println!("{}, round {}:\n{told}", self.fault, self.rounds);
        }
        self.violations.extend(violations);
        assert!(is_full() || self.violations.is_empty(), "see above");
    }

    /// Something more to be read in the table.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// What became of the trail.
    pub fn audited(&mut self, broken: Option<Violation>) {
        self.violations.extend(broken);
    }

    /// Writes the lines of the table, and fails where anything was violated or, in the full form, late.
    pub fn tell(&self) {
        let table = self.table();
        println!("{table}");
        if let Ok(file) = std::env::var("TEST_FAULTS_RESULTS") {
            let mut options = std::fs::OpenOptions::new();
            let file = options.create(true).append(true).open(file);
            file.unwrap().write_all(table.as_bytes()).unwrap();
        }
        let violations: Vec<Violation> = self.violations.iter().cloned().collect();
        assert!(violations.is_empty(), "{}", checker::told(&violations));
        let late = self.times.iter().filter(|times| times.late() > 0);
        let late: Vec<&str> = late.map(|times| times.what).collect();
        assert!(!is_full() || late.is_empty(), "over its limit: {late:?}");
    }

    /// Fault, rounds, requests, violations, messages from the replay; then what was timed, least, median,
    /// most, and how often it was over its limit.
    fn table(&self) -> String {
        let head = format!(
            "{}\t{}\t{}\t{}\t{}",
            self.fault,
            self.rounds,
            self.requests,
            self.violations.len(),
            self.fetched
        );
        let times = self.times.iter().map(Times::line);
        let lines: Vec<String> = times.chain(self.notes.iter().cloned()).collect();
        if lines.is_empty() {
            return format!("{head}\n");
        }
        let mut table = String::new();
        for (number, line) in lines.iter().enumerate() {
            let head = if number == 0 { &*head } else { "\t\t\t\t" };
            let _ = writeln!(table, "{head}\t{line}");
        }
        table
    }
}

impl Times {
    fn late(&self) -> usize {
        self.all.iter().filter(|time| **time > self.limit).count()
    }

    fn line(&self) -> String {
        let mut all = self.all.clone();
        all.sort_unstable();
        let ms = |time: Duration| format!("{} ms", time.as_millis());
        let over = self.late();
        let (least, median, most) = (all[0], all[all.len() / 2], all[all.len() - 1]);
        format!(
            "{}\t{}\t{}\t{}\t{over} over {}",
            self.what,
            ms(least),
            ms(median),
            ms(most),
            ms(self.limit)
        )
    }
}
