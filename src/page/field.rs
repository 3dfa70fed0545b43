//! What a person types, checked the same way everywhere.

use std::collections::BTreeMap;

/// The messages of a refused form, one per field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(BTreeMap<String, String>);

impl Problems {
    /// Says what is wrong at `field`; the first word on a field stands.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0
            .entry(field.to_owned())
            .or_insert_with(|| message.into());
    }

    /// The message at `field`; empty where there is none.
    pub fn of(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }

    /// Whether all is well.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each field with its message.
    pub fn list(&self) -> Vec<(&str, &str)> {
        self.0
            .iter()
            .map(|(field, message)| (field.as_str(), message.as_str()))
            .collect()
    }

    /// Takes the value, or notes the message at `field`.
    pub fn take<T>(&mut self, field: &str, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|message| self.add(field, message)).ok()
    }
}

/// The longest name of a thing, in characters.
pub const LINE_MAX: usize = 200;
/// The longest description, in characters.
pub const PROSE_MAX: usize = 50_000;

/// One line of text that must not be blank, such as a name.
///
/// # Errors
/// What to type instead.
pub fn line(typed: &str) -> Result<String, String> {
    let text = typed.trim();
    if is_blank(text) {
        return Err("This cannot be blank.".to_owned());
    }
    let length = text.chars().count();
    if length > LINE_MAX {
        return Err(format!(
            "This has {length} characters; use at most {LINE_MAX}."
        ));
    }
    if text.chars().any(char::is_control) {
        return Err("This holds a character that cannot be shown (a line break or a control character). Remove it.".to_owned());
    }
    Ok(text.to_owned())
}

/// Text of any number of lines, or none.
///
/// # Errors
/// What to type instead.
pub fn prose(typed: &str) -> Result<String, String> {
    let text = typed.replace("\r\n", "\n").replace('\r', "\n");
    let length = text.chars().count();
    if length > PROSE_MAX {
        return Err(format!(
            "This has {length} characters; use at most {PROSE_MAX}."
        ));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        return Err("This holds a control character that cannot be shown. Remove it.".to_owned());
    }
    Ok(text)
}

/// One of a few words.
///
/// # Errors
/// Which words there are.
pub fn choice<T: Clone + std::fmt::Display>(typed: &str, all: &[T]) -> Result<T, String> {
    let chosen = all.iter().find(|one| one.to_string() == typed);
    chosen.cloned().ok_or_else(|| {
        let words: Vec<String> = all.iter().map(ToString::to_string).collect();
        format!("Choose one of: {}.", words.join(", "))
    })
}

/// Whether there is nothing in it to be seen.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Marks that direct text without being seen: a name of nothing else looks blank.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_anything_that_can_be_seen_on_one_line() {
        assert_eq!(line("  Küche 🏠 ").as_deref(), Ok("Küche 🏠"));
        assert!(line("\u{202e}evil\u{202c}").is_ok());
        for text in [
            "",
            " \t ",
            "\u{200f}\u{200b}",
            "a\0b",
            "a\nb",
            &"x".repeat(10_000),
        ] {
            assert!(line(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn prose_keeps_its_lines_however_they_were_broken() {
        assert_eq!(prose("a\r\nb\rc\n").as_deref(), Ok("a\nb\nc\n"));
        assert!(prose("a\0").is_err());
    }
}
