//! What was asked of the program, and what it answered.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a write leaves in the trail of events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    pub domain: &'static str,
    /// Empty for a task that is made: the program may have chosen its id, but its name is unique.
    pub entity: String,
    pub event_type: &'static str,
    /// What tells this one from others of its kind: a name, a status; or nothing.
    pub mark: String,
}

impl Effect {
    pub fn new(domain: &'static str, entity: &str, event_type: &'static str, mark: &str) -> Self {
        Self {
            domain,
            entity: entity.to_owned(),
            event_type,
            mark: mark.to_owned(),
        }
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is still on its way.
    Open,
    /// No answer: whether it was done, nobody knows.
    Silence,
    /// 503: neither.
    Away,
    /// It was done, says the answer.
    Done,
    /// Nothing was to be done: somebody did it before.
    Unchanged,
    /// It was not done, says the answer.
    Refused(u16),
    /// The session is gone.
    SignedOut,
    /// Something is broken.
    Broken(u16),
}

impl Answer {
    /// Whether it may have been done, or not.
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Open | Self::Silence | Self::Away)
    }
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub number: usize,
    pub writer: usize,
    pub what: String,
    pub effects: Vec<Effect>,
    /// Since the journal began.
    pub at: Duration,
    pub answer: Answer,
    pub took: Duration,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "request {} of writer {} at {:?}: {} → {:?} after {:?}",
            self.number, self.writer, self.at, self.what, self.answer, self.took
        )
    }
}

/// Clones are the same one.
#[derive(Clone)]
pub struct Journal {
    began: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Journal {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            entries: Arc::default(),
        }
    }

    /// Before a request; answers its number.
    pub fn begin(&self, writer: usize, what: String, effects: Vec<Effect>) -> usize {
        let mut entries = self.entries.lock().unwrap();
        let number = entries.len();
        entries.push(Entry {
            number,
            writer,
            what,
            effects,
            at: self.began.elapsed(),
            answer: Answer::Open,
            took: Duration::ZERO,
        });
        number
    }

    /// After it.
    pub fn end(&self, number: usize, answer: Answer) {
        let mut entries = self.entries.lock().unwrap();
        let entry = &mut entries[number];
        entry.answer = answer;
        entry.took = self.began.elapsed().saturating_sub(entry.at);
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().clone()
    }

    /// How many were answered with a yes.
    pub fn done(&self) -> usize {
        let entries = self.entries.lock().unwrap();
        entries
            .iter()
            .filter(|entry| entry.answer == Answer::Done)
            .count()
    }
}
