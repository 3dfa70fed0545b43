//! The words by which a task is found.

use crate::db::dialect::fold;

/// The longest word that is kept, in characters; a longer one is found by its beginning.
const WORD_MAX: usize = 64;
/// How many words of a search count.
const TYPED_MAX: usize = 8;
/// A shorter word is only found whole: half of all texts hold a word that begins with `a`.
const BEGINNING_MIN: usize = 3;

/// The words of a task's name and description without case, each once, with a blank on both sides.
pub fn words(name: &str, description: &str) -> String {
    let text = format!("{name} {description}");
    let mut kept = String::from(" ");
    let mut seen = std::collections::HashSet::new();
    for word in split(&text) {
        if seen.insert(word.clone()) {
            kept.push_str(&word);
            kept.push(' ');
        }
    }
    kept
}

/// A word that somebody looks for. It is made of letters and digits alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(String);

impl Word {
    /// Those of what was typed.
    pub fn typed(text: &str) -> Vec<Self> {
        split(text).into_iter().take(TYPED_MAX).map(Self).collect()
    }

    fn is_whole(&self) -> bool {
        self.0.chars().count() < BEGINNING_MIN
    }

    /// For `like`, in what [`words`] made.
    pub fn pattern(&self) -> String {
        let blank = if self.is_whole() { " " } else { "" };
        format!("% {}{blank}%", self.0)
    }

    /// For the index of PostgreSQL (`tsquery`).
    pub fn for_postgres(&self) -> String {
        let beginning = if self.is_whole() { "" } else { ":*" };
        format!("'{}'{beginning}", self.0)
    }

    /// For the index of SQLite (FTS5).
    pub fn for_sqlite(&self) -> String {
        let beginning = if self.is_whole() { "" } else { "*" };
        format!("\"{}\"{beginning}", self.0)
    }
}

fn split(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_MAX).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(typed: &str, name: &str) -> bool {
        let words = words(name, "");
        let patterns = Word::typed(typed);
        patterns.iter().all(|word| {
            let pattern = word.pattern();
            words.contains(pattern.trim_matches('%'))
        })
    }

    #[test]
    fn words_are_kept_once_without_case_and_without_marks() {
        assert_eq!(
            words("Buy RAILS, buy!", "192.168.1.1 Überall"),
            " buy rails 192 168 1 überall "
        );
        assert_eq!(words("", "…"), " ");
    }

    #[test]
    fn a_word_is_found_by_its_beginning_and_a_short_one_whole() {
        assert!(finds("rail BUY", "Buy rails"));
        assert!(!finds("ails", "Buy rails"));
        assert!(finds("ap", "Mount the AP"));
        assert!(!finds("ap", "Apply the paint"));
        assert!(finds("", "anything"));
        assert!(finds(&"x".repeat(100), &"x".repeat(80)));
    }
}
