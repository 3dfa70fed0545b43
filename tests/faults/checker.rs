//! Compares what was asked, what was heard and what is kept.

use std::fmt::Write;
use std::time::Duration;

use crate::invariants::{self as law, Violation};
use crate::seen::Seen;

/// All that is wrong.
pub fn check(seen: &Seen, hang: Duration) -> Vec<Violation> {
    let mut violations = law::every_answered_write_is_there(seen);
    violations.extend(law::nothing_is_there_that_nobody_asked_for(seen));
    violations.extend(law::entity_and_event_are_both_there_or_neither(seen));
    violations.extend(law::every_committed_event_is_delivered(seen));
    violations.extend(law::nothing_is_delivered_that_was_not_committed(seen));
    violations.extend(law::each_entitys_events_arrive_in_order(seen));
    violations.extend(law::what_comes_again_is_the_same(seen));
    violations.extend(law::versions_and_positions_have_no_gaps(seen));
    violations.extend(law::nothing_hangs(seen, hang));
    violations.extend(law::no_request_breaks_the_program(seen));
    violations
}

/// The first of each law, and how many more.
pub fn told(violations: &[Violation]) -> String {
    const EACH: usize = 5;
    let mut text = String::new();
    let mut laws: Vec<&str> = violations.iter().map(|violation| violation.law).collect();
    laws.dedup();
    for law in laws {
        let all: Vec<&Violation> = violations.iter().filter(|v| v.law == law).collect();
        let _ = writeln!(text, "broken {} times: {law}", all.len());
        for violation in all.iter().take(EACH) {
            let _ = writeln!(text, "  {}", violation.told);
        }
    }
    text
}
