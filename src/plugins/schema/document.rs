//! JSON text typed by a person: read with the line and column of every mistake.
//!
//! serde_json is not used for the whole text, for three reasons: it keeps no positions, it lets the
//! second of two equal keys win in silence, and with `arbitrary_precision` it takes an object with
//! a certain private key for a number.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use super::pointer;

/// The deepest nesting that is read.
const DEPTH: usize = 100;
/// serde_json's own marks inside a `Value` begin with this; no configuration key may.
const PRIVATE: &str = "$serde_json::private::";

/// A text that was read: its value, and the line on which each part of it stands.
#[derive(Debug)]
pub struct Document {
    /// What the text says.
    pub value: Value,
    lines: HashMap<String, usize>,
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong, in plain words.
    pub message: String,
}

impl Document {
    /// The line (from 1) on which the part at `pointer` begins, or its nearest parent that is there.
    #[must_use]
    pub fn line_of(&self, pointer: &str) -> usize {
        let mut at = pointer;
        loop {
            if let Some(line) = self.lines.get(at) {
                return *line;
            }
            match at.rfind('/') {
                Some(slash) => at = &at[..slash],
                None => return 1,
            }
        }
    }
}

/// Reads one JSON value.
///
/// # Errors
/// When the text is not JSON, holds the same key twice in one object, or U+0000 (which PostgreSQL
/// cannot store).
pub fn parse_document(text: &str) -> Result<Document, Unreadable> {
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        lines: HashMap::new(),
    };
    reader.space();
    let value = reader.value("", 0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("There is something after the end of the JSON."));
    }
    Ok(Document {
        value,
        lines: reader.lines,
    })
}

/// Whether `key` may be the name of a setting.
pub(super) fn key_is_usable(key: &str) -> bool {
    !key.starts_with(PRIVATE) && !key.contains('\0')
}

/// Reads a number in JSON's own notation, every digit kept.
pub(super) fn number(text: &str) -> Option<Number> {
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        lines: HashMap::new(),
    };
    let number = reader.number().ok()?;
    (reader.at == text.len()).then_some(number)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    lines: HashMap<String, usize>,
}

impl Reader<'_> {
    fn value(&mut self, place: &str, depth: usize) -> Result<Value, Unreadable> {
        if depth > DEPTH {
            return Err(self.error("This is nested too deeply."));
        }
        self.lines.insert(place.to_owned(), self.line);
        match self.peek() {
            Some(b'{') => self.object(place, depth),
            Some(b'[') => self.array(place, depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.error(
                "Expected a value here: text in double quotes, a number, true, false, null, { or [.",
            )),
            None => Err(self.error("The text ends where a value was expected.")),
        }
    }

    fn object(&mut self, place: &str, depth: usize) -> Result<Value, Unreadable> {
        self.at += 1;
        let mut map = Map::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Value::Object(map));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.error("Expected a name in double quotes here."));
            }
            let (start, line) = (self.at, self.line);
            let key = self.string()?;
            if map.contains_key(&key) || !key_is_usable(&key) {
                let why = if map.contains_key(&key) {
                    "stands here twice"
                } else {
                    "cannot be a name"
                };
                (self.at, self.line) = (start, line);
                return Err(self.error(&format!("“{key}” {why}.")));
            }
            self.space();
            if !self.eat(b':') {
                return Err(self.error("Expected a colon after the name."));
            }
            self.space();
            let value = self.value(&pointer::push(place, &key), depth + 1)?;
            map.insert(key, value);
            self.space();
            if self.eat(b'}') {
                return Ok(Value::Object(map));
            }
            if !self.eat(b',') {
                return Err(self.error("Expected a comma or } here."));
            }
        }
    }

    fn array(&mut self, place: &str, depth: usize) -> Result<Value, Unreadable> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            self.space();
            items.push(self.value(&pointer::push(place, &items.len().to_string()), depth + 1)?);
            self.space();
            if self.eat(b']') {
                return Ok(Value::Array(items));
            }
            if !self.eat(b',') {
                return Err(self.error("Expected a comma or ] here."));
            }
        }
    }

    fn string(&mut self) -> Result<String, Unreadable> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None | Some(b'\n') => {
                    self.at = start;
                    return Err(self.error("This text has no closing quote on its line."));
                }
                Some(b'"') => break,
                Some(b'\\') => self.at += 1 + usize::from(self.text.len() > self.at + 1),
                Some(c) if c < 0x20 => {
                    return Err(
                        self.error("A tab or control character must be written as \\t or \\u00… .")
                    );
                }
                Some(_) => self.at += 1,
            }
            while !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
        }
        self.at += 1;
        let read = serde_json::from_str::<String>(&self.text[start..self.at]);
        match read {
            Ok(text) if !text.contains('\0') => Ok(text),
            Ok(_) => {
                self.at = start;
                Err(self.error("This text holds the character U+0000, which cannot be stored."))
            }
            Err(_) => {
                self.at = start;
                Err(self.error(
                    "A backslash in this text is not followed by one of \" \\ / b f n r t u.",
                ))
            }
        }
    }

    fn number(&mut self) -> Result<Number, Unreadable> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') && self.digits() == 0 {
            return Err(self.error("A minus sign must be followed by a digit."));
        }
        if self.eat(b'.') && self.digits() == 0 {
            return Err(self.error("A decimal point must be followed by a digit."));
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if self.digits() == 0 {
                return Err(self.error("An exponent needs a digit."));
            }
        }
        let text = &self.text[start..self.at];
        serde_json::from_str(text).map_err(|_| self.error("This number cannot be read."))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Unreadable> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.error(&format!("Did you mean {word}?")))
    }

    fn space(&mut self) {
        while let Some(c @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.line += usize::from(c == b'\n');
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn error(&self, message: &str) -> Unreadable {
        let before = &self.text[..self.at.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Unreadable {
            line: self.line,
            column: before[line_start..].chars().count() + 1,
            message: message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> (usize, usize, String) {
        let error = parse_document(text).unwrap_err();
        (error.line, error.column, error.message)
    }

    #[test]
    fn what_serde_json_writes_is_read_the_same() {
        let text = r#"{"a":[1,-2.50e+3,123456789012345678901234567890,true,false,null,"\u00e9\n\"é😀"],"":{"x":{}}}"#;
        let document = parse_document(text).unwrap();
        assert_eq!(document.value, serde_json::from_str::<Value>(text).unwrap());
        assert!(
            document
                .value
                .to_string()
                .contains("123456789012345678901234567890")
        );
        assert!(document.value.to_string().contains("-2.50e+3"));
    }

    #[test]
    fn a_mistake_is_reported_with_its_line_and_column() {
        assert_eq!(mistake("{\n  \"a\": 1\n  \"b\": 2\n}").0, 3);
        assert_eq!((mistake("{\"é\": x}").0, mistake("{\"é\": x}").1), (1, 7));
        assert_eq!(mistake("").2, "The text ends where a value was expected.");
        assert_eq!(mistake("[1] 2").1, 5);
        for text in [
            "{", "[1,]", "{\"a\"}", "\"a", "01", "-", "1.", "1e", "tru", "\"\\x\"", "\"a\nb\"",
            "\"\t\"", "\"\\", "\"\\é",
        ] {
            assert!(parse_document(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_the_second() {
        assert_eq!(
            mistake("{\"a\":1,\n \"a\":2}"),
            (2, 2, "“a” stands here twice.".into())
        );
    }

    #[test]
    fn an_object_cannot_pose_as_a_number() {
        let text = "{\"$serde_json::private::Number\":\"1\"}";
        assert_eq!(
            mistake(text).2,
            "“$serde_json::private::Number” cannot be a name."
        );
    }

    #[test]
    fn the_zero_character_and_endless_nesting_are_refused() {
        assert!(mistake("\"a\\u0000\"").2.contains("U+0000"));
        assert!(mistake(&"[".repeat(5000)).2.contains("deeply"));
    }

    #[test]
    fn a_part_knows_its_line_and_a_missing_part_its_parents() {
        let document = parse_document("{\n \"a\": {\n  \"b\": 1\n }\n}").unwrap();
        assert_eq!(document.line_of("/a/b"), 3);
        assert_eq!(document.line_of("/a/c"), 2);
        assert_eq!(document.line_of("/x"), 1);
    }
}
