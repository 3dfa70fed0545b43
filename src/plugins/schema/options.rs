//! Choices among values: radio buttons, selects, a searched list, checkboxes.

use serde_json::Value;

use super::apply::Applied;
use super::carry;
use super::compiled::Compiled;
use super::controls;
use super::document::parse_document;
use super::field::{Choice, Control};
use super::node::{Held, Node};
use super::shape::{self, Place};
use super::sub::Id;
use super::types::Types;

/// Up to here every choice is in view.
const IN_VIEW: usize = 4;
/// Beyond this a list is searched by typing.
const SEARCHED: usize = 20;

/// The choices of a place, with their labels.
struct Options {
    values: Vec<(Value, String)>,
    /// Tokens are the texts themselves; otherwise they are JSON.
    plain: bool,
}

impl Options {
    fn of(applied: &Applied<'_>) -> Option<Options> {
        let mut values: Vec<(Value, String)> = Vec::new();
        for (value, label) in &applied.titled {
            let label = label.clone().unwrap_or_else(|| shape::text_of(value));
            values.push((value.clone(), label));
        }
        if values.is_empty() {
            let sub = applied
                .parts
                .iter()
                .map(|part| part.sub)
                .find(|sub| sub.options.is_some())?;
            for (i, value) in sub.options.iter().flatten().enumerate() {
                let label = sub
                    .notes
                    .option_labels
                    .get(i)
                    .filter(|label| !label.is_empty());
                values.push((
                    value.clone(),
                    label.cloned().unwrap_or_else(|| shape::text_of(value)),
                ));
            }
        }
        if applied.nullable && !values.iter().any(|(value, _)| value.is_null()) {
            values.push((Value::Null, String::new()));
        }
        for (value, label) in &mut values {
            match value {
                Value::Null => *label = "Nothing".to_owned(),
                Value::Bool(on) if label == if *on { "true" } else { "false" } => {
                    *label = if *on { "On" } else { "Off" }.to_owned()
                }
                Value::String(text) if text.is_empty() && label.is_empty() => {
                    *label = "(empty text)".to_owned()
                }
                _ => {}
            }
        }
        let plain = values.iter().all(|(value, _)| {
            value
                .as_str()
                .is_some_and(|text| !text.is_empty() && carry::input("text", text))
        });
        Some(Options { values, plain })
    }

    /// A switch that can also be `null`.
    fn of_nullable_switch(applied: &Applied<'_>) -> Option<Options> {
        let fits = applied.types() == Types::BOOLEAN.or(Types::NULL);
        let values = [
            (Value::Bool(true), "On"),
            (Value::Bool(false), "Off"),
            (Value::Null, "Nothing"),
        ];
        fits.then(|| Options {
            values: values
                .map(|(value, label)| (value, label.to_owned()))
                .to_vec(),
            plain: false,
        })
    }

    fn token(&self, value: &Value) -> String {
        match value {
            Value::String(text) if self.plain => text.clone(),
            value => value.to_string(),
        }
    }

    /// Whether `text`, typed into a box, is read as this text again.
    fn takes(&self, text: &str) -> bool {
        !text.is_empty()
            && carry::input("text", text)
            && (self.plain || parse_document(text).is_err())
    }

    fn position(&self, held: &Value) -> Option<usize> {
        self.values
            .iter()
            .position(|(value, _)| super::same(value, held))
    }

    fn choices(&self, chosen: impl Fn(usize) -> bool) -> Vec<Choice> {
        let each = self.values.iter().enumerate();
        each.map(|(i, (value, label))| Choice {
            token: self.token(value),
            label: label.clone(),
            chosen: chosen(i),
        })
        .collect()
    }

    fn mark(&self, kind: &str) -> String {
        if self.plain {
            kind.to_owned()
        } else {
            format!("{kind};json")
        }
    }
}

/// One of several values, if what is held is among them.
pub(super) fn choose(
    applied: &Applied<'_>,
    node: &Node,
    place: &Place,
) -> Option<(Control, String)> {
    let options = Options::of(applied).or_else(|| Options::of_nullable_switch(applied))?;
    let typed = match (&node.held, node.value()) {
        (Held::Absent, _) | (_, None) => None,
        (_, Some(held)) => Some(options.position(&held).map_or_else(|| Err(held), Ok)),
    };
    let mark = options.mark("choice");
    let chosen = match typed {
        None => None,
        Some(Ok(position)) => {
            // Equal, but written otherwise (1 and 1.0): only the JSON editor keeps the writing.
            if node
                .value()
                .is_some_and(|held| held != options.values[position].0)
            {
                return None;
            }
            Some(position)
        }
        Some(Err(Value::String(text)))
            if options.values.len() > SEARCHED && options.takes(&text) =>
        {
            return Some((
                Control::Search {
                    value: text,
                    choices: options.choices(|_| false),
                    placeholder: String::new(),
                },
                mark,
            ));
        }
        Some(Err(_)) => return None,
    };
    let mut choices = options.choices(|i| chosen == Some(i));
    if choices.len() > SEARCHED {
        let value = chosen.map(|i| choices[i].token.clone()).unwrap_or_default();
        let placeholder = controls::placeholder(applied);
        return Some((
            Control::Search {
                value,
                choices,
                placeholder,
            },
            mark,
        ));
    }
    let widget = applied.first(|sub| sub.notes.widget.as_deref());
    let in_view = match widget {
        Some("radio") => true,
        Some("select") => false,
        _ => choices.len() <= IN_VIEW,
    };
    if chosen.is_none() || !(place.required || place.member) {
        let default = applied
            .own(|sub| sub.notes.default.as_ref())
            .and_then(|default| options.position(default));
        let label = match default {
            Some(default) => format!("Default ({})", options.values[default].1),
            None if place.required || place.member => "Choose…".to_owned(),
            None => "Not set".to_owned(),
        };
        if !(in_view && (place.required || place.member)) {
            choices.insert(
                0,
                Choice {
                    token: String::new(),
                    label,
                    chosen: chosen.is_none(),
                },
            );
        }
    }
    Some((
        if in_view {
            Control::Radio(choices)
        } else {
            Control::Select(choices)
        },
        mark,
    ))
}

/// The value whose title is `text`, where `held`, which was read from it, is no choice itself: in a
/// long list people type what they see.
pub(super) fn titled(compiled: &Compiled, ids: &[Id], held: &Value, text: &str) -> Option<Value> {
    let lists: Vec<Options> = ids
        .iter()
        .filter_map(|id| Options::of(&Applied::new(compiled, &[*id], &Node::default())))
        .collect();
    if lists.iter().any(|list| list.position(held).is_some()) {
        return None;
    }
    let mut meant = lists
        .iter()
        .flat_map(|list| &list.values)
        .filter(|(_, label)| label == text)
        .map(|(value, _)| value);
    let first = meant.next()?;
    meant
        .all(|other| super::same(other, first))
        .then(|| first.clone())
}

/// Any of several values: an array of an enum whose items are unique.
pub(super) fn checks(
    compiled: &Compiled,
    applied: &Applied<'_>,
    node: &Node,
    place: &Place,
) -> Option<(Control, String)> {
    let array = applied.types().without(Types::NULL) == Types::ARRAY
        && applied.any(|sub| sub.arrays.unique)
        && !applied.any(|sub| !sub.arrays.prefix.is_empty());
    if !array {
        return None;
    }
    let options = checkable(compiled, &applied.item(0))?;
    let held = match &node.held {
        Held::Absent => Vec::new(),
        Held::Array(items) => items.iter().filter_map(Node::value).collect(),
        _ => return None,
    };
    let mut places = Vec::new();
    for value in &held {
        let position = options
            .values
            .iter()
            .position(|(option, _)| option == value)?;
        if places.contains(&position) {
            return None;
        }
        places.push(position);
    }
    let order = if places.is_sorted() {
        Vec::new()
    } else {
        held.iter().map(|value| options.token(value)).collect()
    };
    let mark = options.mark("checks")
        + if node.is_absent() && !place.required && !place.member {
            ";unset"
        } else {
            ""
        };
    Some((
        Control::Checks {
            choices: options.choices(|i| places.contains(&i)),
            order,
        },
        mark,
    ))
}

fn checkable(compiled: &Compiled, ids: &[Id]) -> Option<Options> {
    let applied = Applied::new(compiled, ids, &Node::default());
    let options = Options::of(&applied)?;
    (!super::secret::is_secret(compiled, ids)).then_some(options)
}

/// What a branch is called: its title, or what tells it from the others.
pub(super) fn branch_label(compiled: &Compiled, branch: Id, index: usize) -> String {
    let applied = Applied::definite(compiled, branch);
    if let Some(title) = applied.first(|sub| sub.notes.title.clone()) {
        return title;
    }
    let telling = applied
        .parts
        .iter()
        .flat_map(|part| &part.sub.objects.properties)
        .find_map(|(_, id)| match compiled.sub(*id).options.as_deref() {
            Some([only]) => Some(shape::text_of(only)),
            _ => None,
        });
    let values = || {
        applied.first(|sub| sub.options.as_ref()).map(|options| {
            options
                .iter()
                .take(3)
                .map(shape::text_of)
                .collect::<Vec<_>>()
                .join(", ")
        })
    };
    let noun = || applied.types().without(Types::NULL).noun().map(capital);
    let required = || {
        applied
            .first(|sub| sub.objects.required.first().cloned())
            .map(|key| label_of(&key))
    };
    telling
        .or_else(values)
        .or_else(required)
        .or_else(noun)
        .unwrap_or_else(|| format!("Choice {}", index + 1))
}

/// A key made readable: `max_retries` and `maxRetries` become “Max retries”.
pub(super) fn label_of(key: &str) -> String {
    let mut label = String::with_capacity(key.len() + 4);
    let mut before = ' ';
    for c in key.chars() {
        if matches!(c, '_' | '-' | '.' | ' ') {
            if !label.ends_with(' ') {
                label.push(' ');
            }
        } else if c.is_uppercase() && before.is_lowercase() {
            label.push(' ');
            label.extend(c.to_lowercase());
        } else {
            label.push(c);
        }
        before = c;
    }
    let label = label.trim();
    if label.is_empty() {
        key.to_owned()
    } else {
        capital(label)
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// A default as a person would read it.
pub(super) fn say(value: &Value, applied: &Applied<'_>) -> String {
    let options = Options::of(applied);
    let named =
        options.and_then(|options| options.position(value).map(|i| options.values[i].1.clone()));
    named.unwrap_or_else(|| match value {
        Value::Bool(on) => if *on { "on" } else { "off" }.to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        value => shape::text_of(value),
    })
}
