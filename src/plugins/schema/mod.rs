//! JSON Schema → form → value: any standard schema becomes a form that a person can fill in without
//! JavaScript, and what they post becomes the configuration again, without touching what the form
//! does not understand. No database, no web server: everything here is a function of its arguments.
//!
//! # The way of a form
//!
//! [`Compiled`] is a schema, checked once. [`render`] makes a [`Form`] from the stored document;
//! [`post`] takes what came back and answers with a [`Saved`] document, or with the form again:
//! because something is wrong, or because a button changed the form.
//!
//! # What a form posts
//!
//! A control is named by the JSON Pointer of its place (`/server/port`). Beside it the form posts
//! marks, whose names never begin with a slash:
//!
//! | name | value |
//! |---|---|
//! | `is:/server/port` | how the control is to be read: `text`, `utc`, `number`, `switch`, `choice`, `checks`, `json`, `secret`, `fixed`, `object`, `list`, `null`, `absent`, `gone`. With `;empty` an empty control means `""`, with `;null` it was `null`, with `;unset…` it was absent and untouched means absent, with `;json` its tokens are JSON, with `;set` a fixed value is there, with `;new` what is stored at its place is not its past |
//! | `row:/list` | repeated: the last key of each item or row, in order |
//! | `from:/list/0` | where this item stands in the stored document |
//! | `key:/map/a` | the name of a map's row |
//! | `null:/x` | the box “not set” is ticked |
//! | `branch:/x` | repeated: the chosen branches, by their place in the schema |
//! | `remove:/x` | take the secret away |
//! | `order:/x` | repeated: the stored order of checkboxes |
//! | `action` | a button: a verb, a space, a field name |
//!
//! A mark says that the control was on the page: without it, nothing posted means nothing changed.
//! So a cleared optional text (its mark came, its text is empty) becomes absent, an unticked switch
//! is off, and a place of which nothing came is kept. A script needs no marks: `/server/port=8080`
//! alone sets that one place, read as the schema says, and keeps everything else.

mod action;
mod apply;
mod buttons;
mod carry;
mod compiled;
mod containers;
mod controls;
mod deciders;
mod document;
mod errors;
pub mod field;
mod focus;
mod index;
mod node;
mod options;
mod pointer;
mod posted;
mod script;
mod secret;
mod settle;
mod shape;
mod sub;
mod types;
pub mod views;
mod wire;

use serde_json::Value;

pub use compiled::{Compiled, check};
pub use document::{Document, Unreadable, parse_document};
pub use errors::Problem;
pub use field::Form;
pub use secret::{conceal, reveal, secrets};

/// The largest schema, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// The deepest nesting of subschemas.
const MAX_DEPTH: usize = 64;
/// The most subschemas.
const MAX_SUBSCHEMAS: usize = 5000;

/// What became of a post.
#[derive(Debug)]
pub enum Answer {
    /// It is valid: save this.
    Save(Saved),
    /// It is not: show the form again (422).
    Refuse(Form),
    /// A button changed the form: show it (200). Nothing is to be saved.
    Show(Form),
}

/// A document to save.
#[derive(Debug)]
pub struct Saved {
    /// The whole document, secrets included.
    pub value: Value,
    /// What became of each secret that it holds or held, in the order of the document.
    pub secrets: Vec<SecretChange>,
}

/// What a post did to one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretChange {
    /// It stays; `from` is its pointer in the stored document, another one when an item was moved.
    Kept {
        /// Where it is now.
        pointer: String,
        /// Where it was.
        from: String,
    },
    /// A new one was typed.
    Replaced {
        /// Where it is.
        pointer: String,
    },
    /// It is gone.
    Removed {
        /// Where it was in the stored document.
        from: String,
    },
}

/// The form for a stored document (`{}` for one that was never saved).
#[must_use]
pub fn render(compiled: &Compiled, stored: &Value) -> Form {
    shape::form(compiled, &node::Node::stored(stored, ""), &[], None)
}

/// The form for a document that does not fit, with what is wrong with it, as [`problems`] says it.
#[must_use]
pub fn render_wrong(compiled: &Compiled, document: &Value, problems: &[Problem]) -> Form {
    shape::form(compiled, &node::Node::stored(document, ""), problems, None)
}

/// Reads a post over the document for which its form was rendered.
#[must_use]
pub fn post(compiled: &Compiled, stored: &Value, pairs: &[(String, String)]) -> Answer {
    let mut node = wire::read(compiled, stored, pairs);
    let action = pairs
        .iter()
        .rev()
        .find(|(name, value)| name == "action" && value.contains(' '));
    if let Some((_, action)) = action {
        let aim = action::press(&mut node, action);
        settle::settle(compiled, stored, &mut node);
        // What was filled in can require more at its side.
        settle::settle(compiled, stored, &mut node);
        return Answer::Show(shape::form(compiled, &node, &[], aim.as_ref()));
    }
    let settled = settle::settle(compiled, stored, &mut node);
    let value = node.value().unwrap_or_default();
    let secrets = secret_changes(compiled, stored, &node, &value);
    let mut problems = settled.problems;
    for problem in errors::problems(compiled, &value, &settled.chosen) {
        let known = problems
            .iter()
            .any(|known| known.pointer == problem.pointer);
        if !known && !is_kept(&secrets, &problem.pointer) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        return Answer::Save(Saved { value, secrets });
    }
    Answer::Refuse(shape::form(compiled, &node, &problems, None))
}

/// What is wrong with a whole document, as the JSON tab and updates from outside a form ask.
/// Problems of secrets count only where `stored` does not hold the same secret.
#[must_use]
pub fn problems(compiled: &Compiled, value: &Value, stored: &Value) -> Vec<Problem> {
    let same_secret = |at: &String| {
        stored
            .pointer(at)
            .is_some_and(|was| value.pointer(at) == Some(was))
    };
    let kept: Vec<String> = secrets(compiled, value)
        .into_iter()
        .filter(same_secret)
        .collect();
    let mut all = errors::problems(compiled, value, &errors::Chosen::new());
    all.retain(|problem| !kept.iter().any(|kept| is_within(&problem.pointer, kept)));
    all
}

/// Equality as JSON Schema means it: `1` equals `1.0`, and every digit of a number counts.
#[must_use]
pub fn same(left: &Value, right: &Value) -> bool {
    jsonschema::json::cmp::equal(left, right)
}

fn secret_changes(
    compiled: &Compiled,
    stored: &Value,
    node: &node::Node,
    value: &Value,
) -> Vec<SecretChange> {
    let before = secrets(compiled, stored);
    let mut changes = Vec::new();
    for at in secrets(compiled, value) {
        changes.push(
            match node.origin_of(&at).filter(|from| before.contains(from)) {
                Some(from) => SecretChange::Kept { pointer: at, from },
                None => SecretChange::Replaced { pointer: at },
            },
        );
    }
    let kept = |from: &String| {
        changes
            .iter()
            .any(|change| matches!(change, SecretChange::Kept { from: kept, .. } if kept == from))
    };
    let replaced = |from: &String| {
        changes
            .iter()
            .any(|change| matches!(change, SecretChange::Replaced { pointer } if pointer == from))
    };
    let gone: Vec<_> = before
        .into_iter()
        .filter(|from| !kept(from) && !replaced(from))
        .collect();
    changes.extend(gone.into_iter().map(|from| SecretChange::Removed { from }));
    changes
}

fn is_kept(secrets: &[SecretChange], at: &str) -> bool {
    secrets.iter().any(
        |change| matches!(change, SecretChange::Kept { pointer, .. } if is_within(at, pointer)),
    )
}

fn is_within(at: &str, around: &str) -> bool {
    at.strip_prefix(around)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
