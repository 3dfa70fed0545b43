//! The controls of single values, and the JSON editor that takes whatever no other control can.

use serde_json::Value;

use super::apply::Applied;
use super::carry;
use super::compiled::Compiled;
use super::field::{Control, NumberBox, TextBox};
use super::node::{Held, Node, Secret, Wanted};
use super::secret;
use super::shape::{self, Place};
use super::sub::{Id, Texts};
use super::types::Types;

/// From this length on a text gets several lines.
const LONG: u64 = 200;

type Made = (Control, String);

/// The control for a secret: what is stored is never looked at, except whether it is there.
pub(super) fn secret(applied: &Applied<'_>, node: &Node) -> Made {
    let control = Control::Secret {
        stored: node.origin.is_some(),
        long: is_long(applied),
        removed: node.secret == Secret::Removed,
        typed: node.secret == Secret::Typed,
    };
    (control, "secret".to_owned())
}

/// What is shown and not edited: `readOnly`, `const`, `null` and what nothing is allowed for.
pub(super) fn fixed(
    compiled: &Compiled,
    ids: &[Id],
    applied: &Applied<'_>,
    node: &Node,
) -> Option<Made> {
    let constant = constant(applied);
    let held = node.value();
    let as_constant =
        constant.filter(|constant| held.as_ref().is_none_or(|held| super::same(held, constant)));
    let only_null =
        applied.types() == Types::NULL && matches!(node.held, Held::Absent | Held::Null);
    if !is_read_only(applied) && as_constant.is_none() && !only_null {
        return None;
    }
    let text = match (&held, as_constant) {
        (Some(Value::Null), _) => "Not set".to_owned(),
        (Some(held), _) => shape::text_of(&secret::cover(compiled, ids, held)),
        (None, Some(constant)) => shape::text_of(constant),
        (None, None) => String::new(),
    };
    let mark = match (&held, is_read_only(applied)) {
        (Some(_), false) if only_null => "null",
        (Some(_), false) => "fixed;set",
        (None, false) => "absent",
        (_, true) => "fixed",
    };
    Some((Control::Fixed { text }, mark.to_owned()))
}

/// The one value allowed, if there is only one.
pub(super) fn constant<'c>(applied: &Applied<'c>) -> Option<&'c Value> {
    applied.first(|sub| match sub.options.as_deref() {
        Some([only]) => Some(only),
        _ => None,
    })
}

pub(super) fn is_read_only(applied: &Applied<'_>) -> bool {
    applied.any(|sub| sub.notes.read_only)
}

/// The control of a string, a number or a boolean, if it can carry what is held.
pub(super) fn scalar(applied: &Applied<'_>, node: &Node, place: &Place) -> Option<Made> {
    let kind = shape::kind(applied);
    if kind == Types::STRING {
        return text(applied, node, place);
    }
    if kind == Types::NUMBER || kind == Types::INTEGER {
        return number(applied, node, kind);
    }
    (kind == Types::BOOLEAN)
        .then(|| switch(applied, node, place))
        .flatten()
}

fn switch(applied: &Applied<'_>, node: &Node, place: &Place) -> Option<Made> {
    let default = applied.own(|sub| sub.notes.default.as_ref()) == Some(&Value::Bool(true));
    let (on, mark) = match node.held {
        Held::Bool(on) => (on, "switch"),
        Held::Absent if place.required || place.member => (default, "switch"),
        Held::Absent if default => (true, "switch;unset-on"),
        Held::Absent => (false, "switch;unset-off"),
        _ => return None,
    };
    Some((Control::Switch { on }, mark.to_owned()))
}

fn number(applied: &Applied<'_>, node: &Node, kind: Types) -> Option<Made> {
    let (value, exact) = match &node.held {
        Held::Absent | Held::Null => (String::new(), true),
        Held::Number(number) => (number.to_string(), carry::number(number)),
        Held::Unread(Wanted::Number, text) => (text.clone(), false),
        _ => return None,
    };
    if !carry::input("text", &value) {
        return None;
    }
    let first = |ask: fn(&super::sub::Numbers) -> &Option<serde_json::Number>| {
        applied.first(|sub| ask(&sub.numbers).as_ref().map(ToString::to_string))
    };
    let whole = kind == Types::INTEGER;
    let control = NumberBox {
        input: if exact { "number" } else { "text" },
        value,
        placeholder: placeholder(applied),
        min: first(|numbers| &numbers.minimum),
        max: first(|numbers| &numbers.maximum),
        step: first(|numbers| &numbers.multiple_of)
            .unwrap_or_else(|| if whole { "1" } else { "any" }.to_owned()),
    };
    Some((Control::Number(control), state_mark("number", node)))
}

fn text(applied: &Applied<'_>, node: &Node, place: &Place) -> Option<Made> {
    let value = match &node.held {
        Held::Absent | Held::Null => String::new(),
        Held::Text(text) => text.clone(),
        _ => return None,
    };
    let format = applied
        .first(|sub| sub.texts.format.as_deref())
        .unwrap_or_default();
    let (input, mode) = input_type(applied, format, node);
    // A limit that holds only as the data stands would stay on the page when it does not hold any more.
    let is_certain = place.certain && applied.is_certain();
    let lengths = |ask: fn(&Texts) -> Option<u64>| {
        let known = is_certain.then(|| applied.first(|sub| ask(&sub.texts)));
        known.flatten()
    };
    let control = TextBox {
        input,
        mode,
        placeholder: placeholder(applied),
        min_units: lengths(|texts| texts.min_length).filter(|least| *least > 0),
        max_units: lengths(|texts| texts.max_length).and_then(carry::units),
        code: matches!(
            format,
            "regex" | "ipv4" | "ipv6" | "hostname" | "uuid" | "json-pointer"
        ),
        value,
    };
    if is_long(applied) || !carry::input("text", &control.value) {
        return carry::textarea(&control.value)
            .then(|| (Control::LongText(control), state_mark("text", node)));
    }
    if control.is_utc() {
        let value = control.value.trim_end_matches('Z').to_owned();
        return Some((
            Control::Text(TextBox { value, ..control }),
            state_mark("utc", node),
        ));
    }
    Some((Control::Text(control), state_mark("text", node)))
}

/// The `type` and `inputmode` for a format; plain text where that type could not carry the value.
fn input_type(applied: &Applied<'_>, format: &str, node: &Node) -> (&'static str, &'static str) {
    let color = applied.first(|sub| sub.notes.widget.as_deref()) == Some("color");
    let (input, mode) = match format {
        "email" => ("email", "email"),
        "uri" => ("url", "url"),
        "date" => ("date", ""),
        "date-time" => ("datetime-local", ""),
        "time" => ("time", ""),
        "color" | "color-hex" => ("color", ""),
        "ipv4" => ("text", "decimal"),
        _ if color => ("color", ""),
        _ => ("text", ""),
    };
    let fits = match &node.held {
        Held::Text(text) => carry::input(input, text),
        // An empty colour control posts black.
        _ => input != "color",
    };
    // A control that a browser could blank is no place for an empty text that is there.
    let blankable = matches!(&node.held, Held::Text(text) if text.is_empty());
    if fits && !(blankable && input != "text") {
        (input, mode)
    } else {
        ("text", mode)
    }
}

fn is_long(applied: &Applied<'_>) -> bool {
    applied.any(|sub| {
        sub.texts.max_length.is_some_and(|most| most > LONG)
            || sub.texts.media_type.is_some()
            || sub.notes.widget.as_deref() == Some("textarea")
    })
}

/// The mark with what an empty control would mean.
fn state_mark(kind: &str, node: &Node) -> String {
    match &node.held {
        Held::Null => format!("{kind};null"),
        Held::Text(text) if text.is_empty() => format!("{kind};empty"),
        _ => kind.to_owned(),
    }
}

pub(super) fn placeholder(applied: &Applied<'_>) -> String {
    let own = applied.own(|sub| sub.notes.placeholder.clone());
    let example = || {
        applied.own(|sub| {
            sub.notes
                .example
                .as_ref()
                .or(sub.notes.default.as_ref())
                .map(shape::text_of)
        })
    };
    own.or_else(example).unwrap_or_default()
}

/// The JSON editor: it carries anything.
pub(super) fn json(compiled: &Compiled, ids: &[Id], node: &Node) -> Made {
    let text = match (&node.held, node.value()) {
        (Held::Unread(_, text), _) => text.clone(),
        (_, Some(value)) => format!("{:#}", secret::cover(compiled, ids, &value)),
        (_, None) => String::new(),
    };
    (Control::Json { text }, "json".to_owned())
}
