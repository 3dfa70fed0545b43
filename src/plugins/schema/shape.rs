//! Document in the making → form: what stands at each place, and which control shows it.

use std::collections::HashMap;

use serde_json::Value;

use super::apply::Applied;
use super::compiled::Compiled;
use super::errors::Problem;
use super::field::{Branches, Choice, Control, Field, Form, State, Summary};
use super::focus::{Aim, Focus};
use super::node::{Held, Node};
use super::pointer;
use super::secret;
use super::sub::Id;
use super::types::Types;
use super::{buttons, controls, options};

/// How many places that hold nothing are shown before further ones wait behind an “Add” button: a
/// schema of a few lines can name more sections than anybody would fill in.
const EMPTY_PLACES: usize = 1500;

/// A place on the way down.
pub(super) struct Place {
    pub pointer: String,
    pub name: String,
    pub label: String,
    pub required: bool,
    /// A list's item or a map's row: it is there, or it is removed with its own button.
    pub member: bool,
    pub depth: usize,
    /// What applies here would also apply if other settings were different.
    pub certain: bool,
    /// The subschemas that apply around this place.
    pub trail: Vec<Id>,
}

/// Shows a document in the making, with what is wrong and where the focus belongs.
pub(super) fn form(
    compiled: &Compiled,
    node: &Node,
    problems: &[Problem],
    aim: Option<&Aim>,
) -> Form {
    let complains = !problems.is_empty();
    let mut shaper = Shaper {
        compiled,
        problems: HashMap::new(),
        aim,
        empty: 0,
        complains,
    };
    for problem in problems {
        shaper
            .problems
            .entry(problem.pointer.clone())
            .or_default()
            .push(problem.message.clone());
    }
    let place = Place {
        pointer: String::new(),
        name: String::new(),
        label: "Settings".to_owned(),
        required: true,
        member: false,
        depth: 0,
        certain: true,
        trail: Vec::new(),
    };
    let mut root = shaper.field(place, &[compiled.root()], node);
    shaper.strays(&mut root);
    let mut summary = Vec::new();
    list_errors(&root, "", &mut summary);
    if let (Some(first), None) = (summary.first(), aim) {
        set_focus(&mut root, &first.id.clone());
    }
    Form { root, summary }
}

/// Walks down; takes each problem from its map as its place comes by.
pub(super) struct Shaper<'a> {
    pub compiled: &'a Compiled,
    pub problems: HashMap<String, Vec<String>>,
    pub aim: Option<&'a Aim>,
    pub empty: usize,
    /// A save was refused: rows say what is wrong with their names.
    pub complains: bool,
}

impl Shaper<'_> {
    /// The field at `place`.
    pub fn field(&mut self, place: Place, ids: &[Id], node: &Node) -> Field {
        let applied = Applied::new(self.compiled, ids, node);
        let secret = secret::is_secret(self.compiled, ids);
        let (control, mark) = self.control(&place, ids, &applied, node, secret);
        let scalar = matches!(
            control,
            Control::Text(_) | Control::LongText(_) | Control::Number(_)
        );
        let nullable =
            applied.nullable || applied.types() != Types::ALL && applied.types().meets(Types::NULL);
        let id = pointer::element_id(&place.name);
        let default = applied
            .own(|sub| sub.notes.default.as_ref())
            .filter(|_| !secret);
        Field {
            label: applied
                .own(|sub| sub.notes.title.clone())
                .unwrap_or(place.label.clone()),
            help: applied.own(|sub| sub.notes.description.clone()),
            hint: applied.own(|sub| sub.notes.help.clone()),
            default: default.map(|value| options::say(value, &applied)),
            state: match node.held {
                Held::Absent => State::Absent,
                Held::Null => State::Null,
                _ => State::Set,
            },
            required: place.required,
            deprecated: applied.own(|sub| sub.notes.deprecated.clone()),
            errors: self.problems.remove(&place.pointer).unwrap_or_default(),
            focus: self
                .aim
                .filter(|aim| aim.name == place.name)
                .map_or(Focus::No, |aim| aim.focus),
            depth: place.depth,
            from: None,
            choices: match control {
                Control::Secret { .. } => Vec::new(),
                // What is nothing now can still become one of the kinds.
                Control::Fixed { .. } if mark != "null" => Vec::new(),
                _ => self.branches(&applied, &id),
            },
            null_box: (scalar && nullable).then_some(matches!(node.held, Held::Null)),
            actions: buttons::of(&place, &applied, node, &control, nullable),
            decides: None,
            pointer: place.pointer,
            name: pointer::name(&place.name),
            id,
            mark,
            control,
        }
    }

    fn control(
        &mut self,
        place: &Place,
        ids: &[Id],
        applied: &Applied<'_>,
        node: &Node,
        secret: bool,
    ) -> (Control, String) {
        if secret {
            return controls::secret(applied, node);
        }
        if let Some(fixed) = controls::fixed(self.compiled, ids, applied, node) {
            return fixed;
        }
        let open = applied.choices.iter().any(|choice| choice.chosen.is_none());
        let unchosen = open && kind(applied) == Types::ALL;
        if node.is_absent() && (unchosen || (!place.required && self.waits(place, applied))) {
            return (Control::Missing, "absent".to_owned());
        }
        let scalar = options::choose(applied, node, place)
            .or_else(|| options::checks(self.compiled, applied, node, place))
            .or_else(|| controls::scalar(applied, node, place));
        if let Some(scalar) = scalar {
            return scalar;
        }
        let container = [Types::OBJECT, Types::ARRAY].contains(&kind(applied))
            && (applied.nullable || applied.types().meets(Types::NULL));
        if matches!(node.held, Held::Null) && (container || (open && applied.nullable)) {
            return (
                Control::Fixed {
                    text: "Not set".to_owned(),
                },
                "null".to_owned(),
            );
        }
        let container = match &node.held {
            Held::Absent | Held::Object(_) if kind(applied) == Types::OBJECT => {
                self.section(place, applied, node)
            }
            Held::Absent | Held::Array(_) if kind(applied) == Types::ARRAY => {
                self.list(place, applied, node)
            }
            _ => None,
        };
        container.unwrap_or_else(|| controls::json(self.compiled, ids, node))
    }

    /// Whether an empty place is left for a button: one of a kind that is around it already, or one
    /// too many.
    fn waits(&mut self, place: &Place, applied: &Applied<'_>) -> bool {
        let again = applied
            .parts
            .iter()
            .any(|part| place.trail.contains(&part.id));
        if place.depth > 0 && kind(applied).meets(Types::OBJECT.or(Types::ARRAY)) {
            self.empty += 1;
            return again || self.empty > EMPTY_PLACES || place.depth > 12;
        }
        false
    }

    fn branches(&self, applied: &Applied<'_>, id: &str) -> Vec<Branches> {
        let choices = applied.choices.iter().enumerate();
        choices
            .map(|(n, choice)| {
                let mut options: Vec<Choice> = choice
                    .branches
                    .iter()
                    .enumerate()
                    .map(|(i, branch)| Choice {
                        token: pointer::name(&self.compiled.sub(*branch).pointer),
                        label: options::branch_label(self.compiled, *branch, i),
                        chosen: choice.chosen == Some(i),
                    })
                    .collect();
                if choice.chosen.is_none() {
                    options.insert(
                        0,
                        Choice {
                            token: String::new(),
                            label: "Choose…".to_owned(),
                            chosen: true,
                        },
                    );
                }
                Branches {
                    id: format!("{id}-branch{n}"),
                    options,
                }
            })
            .collect()
    }

    /// Hangs the problems that no field took on the nearest field around their place.
    fn strays(&mut self, root: &mut Field) {
        let mut left: Vec<_> = std::mem::take(&mut self.problems).into_iter().collect();
        left.sort();
        for (at, messages) in left {
            hang(root, &at, &messages);
        }
    }
}

/// The one type of control a place asks for: by `type`, or else by the keywords it uses.
pub(super) fn kind(applied: &Applied<'_>) -> Types {
    let types = applied.types().without(Types::NULL);
    if applied.types() != Types::ALL {
        return types;
    }
    let hints = [
        (
            Types::OBJECT,
            applied.any(|sub| {
                !sub.objects.properties.is_empty()
                    || !sub.objects.patterns.is_empty()
                    || sub.objects.additional.is_some()
            }),
        ),
        (
            Types::ARRAY,
            applied.any(|sub| sub.arrays.items.is_some() || !sub.arrays.prefix.is_empty()),
        ),
        (
            Types::STRING,
            applied.any(|sub| {
                let texts = &sub.texts;
                texts.min_length.or(texts.max_length).is_some()
                    || texts.pattern.is_some()
                    || texts.format.is_some()
            }),
        ),
        (
            Types::NUMBER,
            applied.any(|sub| {
                let numbers = &sub.numbers;
                numbers.minimum.is_some()
                    || numbers.maximum.is_some()
                    || numbers.multiple_of.is_some()
            }),
        ),
    ];
    let mut hinted = hints
        .iter()
        .filter(|(_, there)| *there)
        .map(|(types, _)| *types);
    match (hinted.next(), hinted.next()) {
        (Some(only), None) => only,
        _ => Types::ALL,
    }
}

fn hang(field: &mut Field, at: &str, messages: &[String]) {
    let inside = |child: &&mut Field| {
        at.strip_prefix(child.pointer.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if let Some(child) = field.children_mut().find(inside) {
        return hang(child, at, messages);
    }
    let below = at
        .strip_prefix(field.pointer.as_str())
        .unwrap_or(at)
        .trim_start_matches('/');
    field
        .errors
        .extend(messages.iter().map(|message| match below {
            "" => message.clone(),
            below => format!("{below}: {message}"),
        }));
}

fn list_errors(field: &Field, around: &str, summary: &mut Vec<Summary>) {
    let label = if field.depth == 0 {
        String::new()
    } else if around.is_empty() {
        field.label.clone()
    } else {
        format!("{around} › {}", field.label)
    };
    let shown = if label.is_empty() {
        field.label.clone()
    } else {
        label.clone()
    };
    for message in &field.errors {
        summary.push(Summary {
            id: field.target().to_owned(),
            label: shown.clone(),
            message: message.clone(),
        });
    }
    if let Control::Section(section) = &field.control {
        for row in &section.rows {
            for message in &row.key_errors {
                summary.push(Summary {
                    id: row.key_id(),
                    label: format!("{shown} › {}", row.key),
                    message: message.clone(),
                });
            }
        }
    }
    field
        .children()
        .for_each(|child| list_errors(child, &label, summary));
}

fn set_focus(field: &mut Field, id: &str) -> bool {
    if field.target() == id {
        field.focus = Focus::Here;
        return true;
    }
    if let Control::Section(section) = &mut field.control {
        let mut rows = section.rows.iter_mut();
        if let Some(row) = rows.find(|row| row.key_id() == id) {
            row.field.focus = Focus::Key;
            return true;
        }
    }
    field.children_mut().any(|child| set_focus(child, id))
}

/// A value for people: text as it is, everything else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
