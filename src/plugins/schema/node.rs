//! What a person has in hand: a document in the making. Unlike a value it can hold text that cannot
//! be read yet, a row whose name is still missing, and it remembers where each part came from, so
//! that what the form does not show stays with its part when that is moved.

use serde_json::{Map, Number, Value};

use super::pointer;

/// One place of the document in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub held: Held,
    /// The pointer of the same part in the stored document, if it has one.
    pub origin: Option<String>,
    pub carried: Carried,
    /// The branches of `oneOf` and `anyOf` chosen here, as schema pointers.
    pub branches: Vec<String>,
    /// The person asked for this part to be there.
    pub wanted: bool,
    /// The person took this part away.
    pub removed: bool,
    /// The part is a secret that was typed anew, or taken away.
    pub secret: Secret,
    /// The schema, as things stand, has no room for this part: it is carried along while the form
    /// is open, and dropped by saving.
    pub aside: bool,
}

/// What is held at a place.
#[derive(Debug, Clone, Default)]
pub(super) enum Held {
    #[default]
    Absent,
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// Text that is not what it should be.
    Unread(Wanted, String),
    Array(Vec<Node>),
    Object(Vec<Entry>),
}

/// What a text should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Number,
    Json,
}

/// Who brought a part here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Carried {
    /// It is the stored document's, untouched.
    #[default]
    Stored,
    /// The form posted it, with its marks.
    Form,
    /// A script posted it by its pointer alone.
    Script,
}

/// What a post says about a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Secret {
    #[default]
    Untouched,
    Typed,
    Removed,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The last key of the field name while the form is open.
    pub segment: String,
    /// The key as it now is; only a map's row can have another one than its segment.
    pub key: String,
    /// It was posted, or added, as a row of a map.
    pub row: bool,
    pub node: Node,
}

impl Entry {
    pub fn new(key: &str, node: Node) -> Entry {
        Entry {
            segment: key.to_owned(),
            key: key.to_owned(),
            row: false,
            node,
        }
    }
}

impl Node {
    /// The stored part at `origin`.
    pub fn stored(value: &Value, origin: &str) -> Node {
        let held = match value {
            Value::Null => Held::Null,
            Value::Bool(on) => Held::Bool(*on),
            Value::Number(number) => Held::Number(number.clone()),
            Value::String(text) => Held::Text(text.clone()),
            Value::Array(items) => Held::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| Node::stored(item, &pointer::push(origin, &i.to_string())))
                    .collect(),
            ),
            Value::Object(members) => Held::Object(
                members
                    .iter()
                    .map(|(key, member)| {
                        Entry::new(key, Node::stored(member, &pointer::push(origin, key)))
                    })
                    .collect(),
            ),
        };
        Node {
            held,
            origin: Some(origin.to_owned()),
            ..Node::default()
        }
    }

    /// A new part, without a past.
    pub fn fresh(value: &Value) -> Node {
        let mut node = Node::stored(value, "");
        node.forget_origin();
        node
    }

    fn forget_origin(&mut self) {
        self.origin = None;
        match &mut self.held {
            Held::Array(items) => items.iter_mut().for_each(Node::forget_origin),
            Held::Object(entries) => entries
                .iter_mut()
                .for_each(|entry| entry.node.forget_origin()),
            _ => {}
        }
    }

    pub fn is_absent(&self) -> bool {
        matches!(self.held, Held::Absent)
    }

    /// Whether nothing is here and nothing was asked for.
    pub fn is_blank(&self) -> bool {
        self.is_absent() && !self.wanted && self.branches.iter().all(String::is_empty)
    }

    /// The value as far as it can be told; unreadable text counts as text.
    pub fn value(&self) -> Option<Value> {
        Some(match &self.held {
            Held::Absent => return None,
            Held::Null => Value::Null,
            Held::Bool(on) => Value::Bool(*on),
            Held::Number(number) => Value::Number(number.clone()),
            Held::Text(text) | Held::Unread(_, text) => Value::String(text.clone()),
            // An item that is still empty keeps its place, so that the others keep their index.
            Held::Array(items) => items
                .iter()
                .map(|item| item.value().unwrap_or_default())
                .collect(),
            Held::Object(entries) => Value::Object(
                entries
                    .iter()
                    .filter(|entry| !entry.node.aside)
                    .filter_map(|entry| Some((entry.key.clone(), entry.node.value()?)))
                    .collect::<Map<_, _>>(),
            ),
        })
    }

    /// The member with this key.
    pub fn member(&self, key: &str) -> Option<&Node> {
        match &self.held {
            Held::Object(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.node),
            _ => None,
        }
    }

    /// Where the untouched part at a document pointer is stored.
    pub fn origin_of(&self, at: &str) -> Option<String> {
        let mut node = self;
        for key in pointer::keys(at)? {
            node = match &node.held {
                Held::Array(items) => items.get(key.parse::<usize>().ok()?)?,
                Held::Object(_) => node.member(&key)?,
                _ => return None,
            };
        }
        (node.secret == Secret::Untouched)
            .then(|| node.origin.clone())
            .flatten()
    }

    /// The part at a field name's keys.
    pub fn find(&mut self, keys: &[String]) -> Option<&mut Node> {
        let Some((first, rest)) = keys.split_first() else {
            return Some(self);
        };
        let next = match &mut self.held {
            Held::Array(items) => items.get_mut(first.parse::<usize>().ok()?)?,
            Held::Object(entries) => {
                &mut entries
                    .iter_mut()
                    .find(|entry| &entry.segment == first)?
                    .node
            }
            _ => return None,
        };
        next.find(rest)
    }
}
