//! The whole configuration as text: reading it, and what is wrong with it, by line.

use serde_json::Value;

use super::covering::uncovered;
use super::keeping::Fault;
use crate::plugins::schema::{self, Compiled, Unreadable};

/// The longest part of a line that is repeated beside what is wrong there, in characters.
const EXCERPT_MAX: usize = 80;

/// What is wrong with a text.
#[derive(Debug)]
pub enum Wrong {
    /// It is no JSON.
    Unreadable(Unreadable),
    /// It is no configuration of this plugin.
    Faults(Vec<Fault>),
}

/// One thing that is wrong with a text, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1; `None` for the text as a whole.
    pub line: Option<usize>,
    /// In characters, counted from 1; `None` for the line as a whole.
    pub column: Option<usize>,
    /// What stands on the line.
    pub excerpt: String,
    /// Which setting, as a JSON Pointer; empty where it is none.
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The configuration that `typed` says, over `stored`, with its secrets in plain.
///
/// # Errors
/// What is wrong with it.
pub fn read(compiled: &Compiled, typed: &str, stored: &Value) -> Result<Value, Wrong> {
    if typed.trim().is_empty() {
        let message = "There is nothing here. To take every setting away, write {}.";
        return Err(Wrong::Faults(vec![Fault::whole(message)]));
    }
    let document = schema::parse_document(typed).map_err(Wrong::Unreadable)?;
    if !document.value.is_object() {
        let message =
            "A configuration begins with { and ends with }, with its settings in between.";
        return Err(Wrong::Faults(vec![Fault::whole(message)]));
    }
    let whole = uncovered(compiled, &document.value, stored).map_err(Wrong::Faults)?;
    let problems = schema::problems(compiled, &whole, stored);
    match problems.is_empty() {
        true => Ok(whole),
        false => Err(Wrong::Faults(problems.into_iter().map(Fault::of).collect())),
    }
}

impl Wrong {
    /// Each mistake at its place in `shown`, the text as it is shown again.
    pub fn mistakes(self, shown: &str) -> Vec<Mistake> {
        match self {
            Self::Faults(faults) => mistakes(&faults, shown),
            Self::Unreadable(wrong) => {
                // What is hidden can have moved it.
                let wrong = schema::parse_document(shown).err().unwrap_or(wrong);
                vec![Mistake {
                    line: Some(wrong.line),
                    column: Some(wrong.column),
                    excerpt: excerpt(shown, wrong.line),
                    pointer: String::new(),
                    message: wrong.message,
                }]
            }
        }
    }
}

/// Each fault at its line in `shown`, from the first line to the last.
pub fn mistakes(faults: &[Fault], shown: &str) -> Vec<Mistake> {
    let read = schema::parse_document(shown).ok();
    let line = |fault: &Fault| {
        let read = read.as_ref().filter(|_| !fault.pointer.is_empty())?;
        Some(read.line_of(&fault.pointer))
    };
    let mistake = |fault: &Fault| Mistake {
        line: line(fault),
        column: None,
        excerpt: line(fault).map_or_else(String::new, |line| excerpt(shown, line)),
        pointer: fault.pointer.clone(),
        message: fault.message.clone(),
    };
    let mut all: Vec<Mistake> = faults.iter().map(mistake).collect();
    all.sort_by_key(|mistake| mistake.line);
    all
}

fn excerpt(text: &str, line: usize) -> String {
    let said = text.split('\n').nth(line.saturating_sub(1));
    let said = said.unwrap_or_default().trim();
    match said.char_indices().nth(EXCERPT_MAX) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(typed: &str) -> Vec<(Option<usize>, Option<usize>, String)> {
        let schema = json!({ "required": ["host"], "properties": {
            "host": { "type": "string" }, "deep": { "properties": { "port": { "type": "integer" } } },
        } });
        let compiled = Compiled::new(&schema).unwrap();
        let wrong = read(&compiled, typed, &json!({})).unwrap_err();
        let told = wrong.mistakes(typed).into_iter();
        told.map(|one| (one.line, one.column, one.pointer))
            .collect()
    }

    #[test]
    fn each_mistake_has_its_line_in_their_order() {
        assert_eq!(
            told("{\n \"deep\": {\n  \"port\": \"x\"\n }\n}"),
            [
                (Some(1), None, "/host".to_owned()),
                (Some(3), None, "/deep/port".to_owned())
            ]
        );
        assert_eq!(told("{\n \"a\" 1}"), [(Some(2), Some(6), String::new())]);
        for whole in ["", " \n", "[]", "1", "null"] {
            assert_eq!(told(whole), [(None, None, String::new())], "{whole}");
        }
    }
}
