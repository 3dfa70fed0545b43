//! What a script posts by pointer alone, read as the schema says: `/port=8080` is a number where the
//! schema has one and text where it has text.

use serde_json::{Number, Value};

use super::document;
use super::node::{Entry, Held, Node, Secret, Wanted};
use super::pointer;
use super::posted::Posted;
use super::secret;
use super::sub::Id;
use super::types::Types;
use super::wire::Reader;

/// A place for which values came.
pub(super) fn leaf(
    reader: &Reader<'_>,
    posted: &Posted,
    was: Option<&Value>,
    origin: Option<&str>,
    ids: &[Id],
) -> Node {
    let text = posted.values.last().map_or("", String::as_str);
    if secret::is_secret(reader.compiled, ids) {
        return match text {
            "" => reader.keep(was, origin),
            text => Node {
                held: Held::Text(text.to_owned()),
                secret: Secret::Typed,
                ..Node::default()
            },
        };
    }
    let hints = Hints::of(reader, ids);
    if hints.types.meets(Types::ARRAY)
        && !text.trim_start().starts_with('[')
        && !hints.types.meets(Types::STRING)
    {
        let items = secret::possible_item(reader.compiled, ids, 0);
        let hints = Hints::of(reader, &items);
        let texts = posted.values.iter().filter(|text| !text.is_empty());
        return Node {
            held: Held::Array(texts.map(|text| hints.read(reader, text, &items)).collect()),
            ..Node::default()
        };
    }
    if text.is_empty() {
        let stays = was == Some(&Value::String(String::new()));
        return Node {
            held: if stays {
                Held::Text(String::new())
            } else {
                Held::Absent
            },
            ..Node::default()
        };
    }
    hints.read(reader, text, ids)
}

/// A place inside which something came.
pub(super) fn branch(
    reader: &Reader<'_>,
    posted: &Posted,
    origin: Option<&str>,
    was: Option<&Value>,
    ids: &[Id],
) -> Held {
    let types = Hints::of(reader, ids).types;
    let is_array = was.is_some_and(Value::is_array)
        || (was.is_none() && types.meets(Types::ARRAY) && !types.meets(Types::OBJECT));
    if !is_array {
        return reader.object(posted, origin, was, ids);
    }
    let mut items: Vec<Node> =
        match Node::stored(was.unwrap_or(&Value::Null), origin.unwrap_or_default()).held {
            Held::Array(items) => items,
            _ => Vec::new(),
        };
    for (key, child) in &posted.children {
        let index = key
            .parse::<usize>()
            .ok()
            .filter(|index| *index < items.len());
        let at = index.unwrap_or(items.len());
        let below = secret::possible_item(reader.compiled, ids, at);
        let node = reader.node(
            child,
            origin.map(|origin| pointer::push(origin, &at.to_string())),
            &below,
        );
        match index {
            Some(index) => items[index] = node,
            None => items.push(node),
        }
    }
    Held::Array(items)
}

/// The types and values a place may have.
struct Hints<'c> {
    types: Types,
    options: Vec<&'c Value>,
}

impl<'c> Hints<'c> {
    fn of(reader: &Reader<'c>, ids: &[Id]) -> Hints<'c> {
        let compiled = reader.compiled;
        let mut open = ids.to_vec();
        let mut seen: Vec<Id> = Vec::new();
        let (mut types, mut options) = (Types::NONE, Vec::new());
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let sub = compiled.sub(id);
            types = types.or(sub.types.unwrap_or(Types::NONE));
            options.extend(sub.options.iter().flatten());
            open.extend(
                sub.reference
                    .iter()
                    .chain(&sub.all_of)
                    .chain(&sub.any_of)
                    .chain(&sub.one_of),
            );
            open.extend(
                sub.condition
                    .iter()
                    .flat_map(|condition| condition.then.into_iter().chain(condition.otherwise)),
            );
            open.extend(sub.objects.dependent.iter().map(|(_, id)| *id));
            let holds_members =
                !(sub.objects.properties.is_empty() && sub.objects.patterns.is_empty());
            if holds_members && sub.types.is_none() {
                types = types.or(Types::OBJECT);
            }
        }
        types = options
            .iter()
            .fold(types, |types, option| types.or(Types::of(option)));
        Hints {
            types: if types == Types::NONE {
                Types::ALL
            } else {
                types
            },
            options,
        }
    }

    fn read(&self, reader: &Reader<'_>, text: &str, ids: &[Id]) -> Node {
        let held = self.scalar(text);
        match held {
            Some(held) => Node {
                held,
                ..Node::default()
            },
            None => reader.json(text, None, ids),
        }
    }

    /// The value `text` means; `None` when only JSON is left.
    fn scalar(&self, text: &str) -> Option<Held> {
        if self
            .options
            .iter()
            .any(|option| option.as_str() == Some(text))
            || self.types == Types::STRING
        {
            return Some(Held::Text(text.to_owned()));
        }
        if self.types.meets(Types::BOOLEAN) {
            let numeric = self.types.meets(Types::NUMBER);
            match text {
                "true" | "on" => return Some(Held::Bool(true)),
                "false" | "off" => return Some(Held::Bool(false)),
                "1" if !numeric => return Some(Held::Bool(true)),
                "0" if !numeric => return Some(Held::Bool(false)),
                _ => {}
            }
        }
        if let Some(number) = number(text).filter(|_| self.types.meets(Types::NUMBER)) {
            return Some(Held::Number(number));
        }
        if text == "null" && self.types.meets(Types::NULL) {
            return Some(Held::Null);
        }
        let structured = self.types.meets(Types::OBJECT.or(Types::ARRAY))
            && text.trim_start().starts_with(['{', '[']);
        if structured {
            return None;
        }
        if self.types.meets(Types::STRING) {
            return Some(Held::Text(text.to_owned()));
        }
        self.types
            .meets(Types::NUMBER)
            .then(|| Held::Unread(Wanted::Number, text.to_owned()))
    }
}

/// A number as people type it: JSON's notation, and also `+5`, `.5` and `5.`.
pub(super) fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    document::number(text).or_else(|| {
        let (sign, digits) = text
            .strip_prefix('-')
            .map_or(("", text.strip_prefix('+').unwrap_or(text)), |rest| {
                ("-", rest)
            });
        let digits = digits.strip_suffix('.').unwrap_or(digits);
        let zero = if digits.starts_with('.') { "0" } else { "" };
        document::number(&format!("{sign}{zero}{digits}"))
    })
}

impl Entry {
    /// Whether a script may not have meant this key.
    pub(super) fn is_script(&self) -> bool {
        self.node.carried == super::node::Carried::Script
    }
}
