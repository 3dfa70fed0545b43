//! Text that was meant to be JSON, read as far as it goes: which values stand where. Only for hiding
//! what is secret in a text that is shown again; nothing that is read so is ever kept.

use std::ops::Range;

use serde_json::{Map, Value};

use super::difference::below;

/// The deepest nesting that is followed.
const DEPTH_MAX: usize = 100;

/// What could be read.
#[derive(Debug)]
pub struct Salvaged {
    /// The document as it seems to be meant.
    pub value: Value,
    /// Each value: its JSON Pointer, and the bytes of the text that say it.
    pub places: Vec<(String, Range<usize>)>,
}

/// Reads `text`, whatever it is.
pub fn salvage(text: &str) -> Salvaged {
    let mut reader = Reader {
        text,
        at: 0,
        places: Vec::new(),
    };
    reader.blank();
    let value = reader.value("", 0);
    Salvaged {
        value,
        places: reader.places,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    places: Vec<(String, Range<usize>)>,
}

impl Reader<'_> {
    fn value(&mut self, place: &str, depth: usize) -> Value {
        let start = self.at;
        let value = match self.peek() {
            Some('{') if depth < DEPTH_MAX => self.object(place, depth),
            Some('[') if depth < DEPTH_MAX => self.array(place, depth),
            _ => Value::String(self.word()),
        };
        self.places.push((place.to_owned(), start..self.at));
        value
    }

    fn object(&mut self, place: &str, depth: usize) -> Value {
        let mut members = Map::new();
        self.skip();
        while !self.ends() {
            if matches!(self.peek(), Some('{' | '[')) {
                self.value(place, depth + 1);
                continue;
            }
            let key = self.word();
            self.blank();
            if !matches!(self.peek(), None | Some('}' | ']')) {
                let value = self.value(&below(place, &key), depth + 1);
                members.insert(key, value);
            }
        }
        Value::Object(members)
    }

    fn array(&mut self, place: &str, depth: usize) -> Value {
        let mut items = Vec::new();
        self.skip();
        while !self.ends() {
            let place = format!("{place}/{}", items.len());
            items.push(self.value(&place, depth + 1));
        }
        Value::Array(items)
    }

    /// Whether nothing more belongs to an object or an array; steps over what closes it.
    fn ends(&mut self) -> bool {
        self.blank();
        let is_closed = matches!(self.peek(), Some('}' | ']'));
        if is_closed {
            self.skip();
        }
        is_closed || self.peek().is_none()
    }

    /// A text in quotes, which ends with its line at the latest, or what else stands between marks.
    fn word(&mut self) -> String {
        let start = self.at;
        if self.peek() == Some('"') {
            self.skip();
            while let Some(next) = self.peek().filter(|next| *next != '\n') {
                self.skip();
                match next {
                    '"' => break,
                    '\\' if self.peek() != Some('\n') => self.skip(),
                    _ => {}
                }
            }
            let said = &self.text[start..self.at];
            return serde_json::from_str(said).unwrap_or_else(|_| bare(said));
        }
        self.skip();
        while let Some(next) = self.peek()
            && !matches!(next, ',' | ':' | '{' | '}' | '[' | ']' | '"' | '\n')
        {
            self.skip();
        }
        bare(&self.text[start..self.at])
    }

    fn blank(&mut self) {
        while let Some(next) = self.peek()
            && (next.is_whitespace() || matches!(next, ',' | ':'))
        {
            self.skip();
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }
}

fn bare(word: &str) -> String {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '“' | '”');
    word.trim_matches(is_mark).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_right_is_read_as_it_is() {
        let text = r#"{"a": [{"b/c": "x\"y"}, "z"], "é": {}}"#;
        let read = salvage(text);
        assert_eq!(
            read.value,
            json!({ "a": [{ "b/c": "x\"y" }, "z"], "é": {} })
        );
        let said = |at: &str| {
            let (_, range) = read.places.iter().find(|(place, _)| place == at).unwrap();
            &text[range.clone()]
        };
        assert_eq!(
            (said("/a/0/b~1c"), said("/a/1"), said("/é")),
            ("\"x\\\"y\"", "\"z\"", "{}")
        );
    }

    #[test]
    fn a_mistake_does_not_hide_what_stands_behind_it() {
        for text in [
            "{\"a\": 1 \"b\": \"x\"}",
            "{\"a\": oops}, \"b\": \"x\"",
            "{\"a\": \"open,\n \"b\": \"x\"}",
            "{a: 'y', b: x",
            "{\"a\":: 1,, \"b\": \"x",
            "{\"a\": [1, 2, \"b\"}, \"b\": x}",
        ] {
            let read = salvage(text);
            let found = read.places.iter().find(|(place, range)| {
                place.ends_with("b") && text[range.clone()].trim_matches('"') == "x"
            });
            let is_outside = text.contains("},");
            assert!(found.is_some() || is_outside, "{text}: {read:?}");
        }
    }

    #[test]
    fn anything_at_all_comes_to_an_end() {
        for text in ["", ":", "]", "}{", "\"", "\\", "{\"", "[[[", "{:", "🏠"] {
            salvage(text);
        }
        salvage(&"[".repeat(50_000));
        salvage(&"{\"a\":".repeat(50_000));
    }
}
