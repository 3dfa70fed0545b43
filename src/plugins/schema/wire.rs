//! Posted pairs → document in the making. What the form posted says itself how it is to be read
//! (the `is:` marks), so that nothing depends on which branch or condition the new data would
//! select; what a script posted by its pointer alone is read as the schema says.

use serde_json::Value;

use super::carry;
use super::compiled::Compiled;
use super::document::parse_document;
use super::node::{Carried, Entry, Held, Node, Secret, Wanted};
use super::options;
use super::pointer;
use super::posted::Posted;
use super::script;
use super::secret;
use super::sub::Id;

/// Reads `pairs` over the `stored` document.
pub(super) fn read(compiled: &Compiled, stored: &Value, pairs: &[(String, String)]) -> Node {
    let reader = Reader { compiled, stored };
    reader.node(&Posted::new(pairs), Some(String::new()), &[compiled.root()])
}

pub(super) struct Reader<'a> {
    pub compiled: &'a Compiled,
    pub stored: &'a Value,
}

impl Reader<'_> {
    /// The part for which `posted` came, which is stored at `origin`. `ids` are its subschemas under
    /// any branch.
    pub fn node(&self, posted: &Posted, origin: Option<String>, ids: &[Id]) -> Node {
        let was = origin
            .as_deref()
            .and_then(|origin| self.stored.pointer(origin));
        let origin = origin.filter(|_| was.is_some());
        let (was, origin) = if posted.flag("new") {
            (None, None)
        } else {
            (was, origin)
        };
        let Some(kind) = posted.kind() else {
            return self.unmarked(posted, origin, was, ids);
        };
        let text = posted.values.last().map(|text| unbroken(text));
        let null = posted.null;
        let mut node = match kind {
            "text" | "utc" => Node {
                held: typed_text(posted, text, kind == "utc"),
                ..Node::default()
            },
            "number" => Node {
                held: typed_number(posted, text),
                ..Node::default()
            },
            "switch" => Node {
                held: switched(posted, !posted.values.is_empty()),
                ..Node::default()
            },
            "choice" => Node {
                held: text.map_or(Held::Absent, |text| self.choice(posted, &text, ids)),
                ..Node::default()
            },
            "checks" => Node {
                held: checked(posted),
                ..Node::default()
            },
            "json" => self.json(&text.unwrap_or_default(), origin.as_deref(), ids),
            "secret" => self.secret(posted, text, origin.as_deref(), was),
            "object" => Node {
                held: self.object(posted, origin.as_deref(), was, ids),
                ..Node::default()
            },
            "list" => Node {
                held: self.list(posted, origin.as_deref(), ids),
                ..Node::default()
            },
            // A kind was chosen for what was nothing.
            "null" if posted.branches.iter().any(|branch| !branch.is_empty()) => Node::default(),
            "null" => Node {
                held: Held::Null,
                ..Node::default()
            },
            "absent" => Node::default(),
            "gone" => Node {
                removed: true,
                ..Node::default()
            },
            // “fixed”, and marks this version does not know: the stored part stays.
            _ => Node {
                wanted: posted.flag("set"),
                ..self.keep(was, origin.as_deref())
            },
        };
        if null && matches!(node.held, Held::Absent) && kind != "secret" {
            node.held = Held::Null;
        }
        node.origin = origin;
        node.carried = Carried::Form;
        node.branches = posted
            .branches
            .iter()
            .filter_map(|branch| pointer::unnamed(branch))
            .collect();
        node
    }

    /// The stored part as it is.
    pub fn keep(&self, was: Option<&Value>, origin: Option<&str>) -> Node {
        was.map_or_else(Node::default, |was| {
            Node::stored(was, origin.unwrap_or_default())
        })
    }

    fn unmarked(
        &self,
        posted: &Posted,
        origin: Option<String>,
        was: Option<&Value>,
        ids: &[Id],
    ) -> Node {
        if !posted.values.is_empty() {
            let mut node = script::leaf(self, posted, was, origin.as_deref(), ids);
            node.origin = origin;
            node.carried = Carried::Script;
            return node;
        }
        let mut node = self.keep(was, origin.as_deref());
        if !posted.children.is_empty() {
            node.held = script::branch(self, posted, origin.as_deref(), was, ids);
            node.carried = Carried::Script;
        }
        node.branches = posted
            .branches
            .iter()
            .filter_map(|branch| pointer::unnamed(branch))
            .collect();
        node
    }

    /// The members that were posted, and the stored ones that were not.
    pub fn object(
        &self,
        posted: &Posted,
        origin: Option<&str>,
        was: Option<&Value>,
        ids: &[Id],
    ) -> Held {
        let mut entries = Vec::new();
        let below = |key: &str| origin.map(|origin| pointer::push(origin, key));
        for (key, member) in was.and_then(Value::as_object).into_iter().flatten() {
            match posted.child(key) {
                Some(child) => entries.push(self.entry(key, child, below(key), ids)),
                None => entries.push(Entry::new(
                    key,
                    Node::stored(member, &below(key).unwrap_or_default()),
                )),
            }
        }
        let known = entries.len();
        for (key, child) in &posted.children {
            if entries[..known].iter().all(|entry| &entry.segment != key) {
                entries.push(self.entry(key, child, None, ids));
            }
        }
        // Rows stand in the order in which they were shown.
        let place = |entry: &Entry| posted.rows.iter().position(|row| row == &entry.segment);
        entries.sort_by_key(|entry| place(entry).map_or(0, |place| place + 1));
        let empty = entries.iter().all(|entry| entry.node.is_blank());
        if posted.flag("unset") && empty && was.is_none() {
            Held::Absent
        } else {
            Held::Object(entries)
        }
    }

    fn entry(&self, segment: &str, child: &Posted, origin: Option<String>, ids: &[Id]) -> Entry {
        let key = match &child.key {
            Some(key) => key.replace(['\r', '\n'], ""),
            None => segment.to_owned(),
        };
        let ids = secret::possible_member(self.compiled, ids, &key);
        let row = child.key.is_some() || child.kind() == Some("gone");
        Entry {
            segment: segment.to_owned(),
            key,
            row,
            node: self.node(child, origin, &ids),
        }
    }

    /// The items in the order of their rows; each says where it came from.
    fn list(&self, posted: &Posted, origin: Option<&str>, ids: &[Id]) -> Held {
        let nothing = Posted::default();
        let mut items = Vec::with_capacity(posted.rows.len());
        for (i, row) in posted.rows.iter().enumerate() {
            let child = posted.child(row).unwrap_or(&nothing);
            let from = child.from.as_deref().and_then(pointer::unnamed);
            let from = from
                .filter(|from| origin.is_some_and(|origin| self.may_come(from, origin, i, ids)));
            let below = secret::possible_item(self.compiled, ids, i);
            items.push(self.node(child, from, &below));
        }
        let empty = items.iter().all(Node::is_blank);
        if empty && posted.flag("unset") {
            Held::Absent
        } else {
            Held::Array(items)
        }
    }

    /// Whether the item at `index` may come from the place `from`: another item of the same list, all
    /// of whose secrets are secrets here too, so that none is brought to where it would be shown.
    fn may_come(&self, from: &str, list: &str, index: usize, ids: &[Id]) -> bool {
        let place = from
            .strip_prefix(list)
            .and_then(|rest| rest.strip_prefix('/'));
        let before = place.and_then(|place| place.parse::<usize>().ok());
        let (Some(before), Some(was)) = (before, self.stored.pointer(from)) else {
            return false;
        };
        let inside = |index| {
            let below = secret::possible_item(self.compiled, ids, index);
            secret::inside(self.compiled, &below, was)
        };
        let here = inside(index);
        inside(before).iter().all(|secret| here.contains(secret))
    }

    fn secret(
        &self,
        posted: &Posted,
        text: Option<String>,
        origin: Option<&str>,
        was: Option<&Value>,
    ) -> Node {
        match text.filter(|text| !text.is_empty()) {
            Some(text) => Node {
                held: Held::Text(text),
                secret: Secret::Typed,
                ..Node::default()
            },
            None if posted.remove => Node {
                secret: Secret::Removed,
                ..Node::default()
            },
            None => self.keep(was, origin),
        }
    }

    /// A choice by its token, or by its title.
    fn choice(&self, posted: &Posted, text: &str, ids: &[Id]) -> Held {
        let node = Node {
            held: token(posted, text),
            ..Node::default()
        };
        let held = node.value().unwrap_or_default();
        match options::titled(self.compiled, ids, &held, text) {
            Some(value) if !text.is_empty() => Node::fresh(&value).held,
            _ => node.held,
        }
    }

    /// JSON that was typed, with the secrets put back that it only stood for.
    pub fn json(&self, text: &str, origin: Option<&str>, ids: &[Id]) -> Node {
        let unread = || Node {
            held: Held::Unread(Wanted::Json, text.to_owned()),
            ..Node::default()
        };
        if text.trim().is_empty() {
            return Node::default();
        }
        let Ok(document) = parse_document(text) else {
            return unread();
        };
        let mut node = Node::fresh(&document.value);
        for at in secret::inside(self.compiled, ids, &document.value) {
            let stands_for = document.value.pointer(&at).and_then(secret::stands_for);
            let keys = pointer::keys(&at).unwrap_or_default();
            let Some(place) = node.find(&keys) else {
                continue;
            };
            match stands_for {
                None => place.secret = Secret::Typed,
                Some(from) => {
                    let from = origin.map(|origin| format!("{origin}{from}"));
                    match from.as_deref().and_then(|from| self.stored.pointer(from)) {
                        Some(was) if self.is_stored_secret(from.as_deref()) => {
                            *place = self.keep(Some(was), from.as_deref());
                        }
                        _ => return unread(),
                    }
                }
            }
        }
        node
    }

    fn is_stored_secret(&self, at: Option<&str>) -> bool {
        at.is_some_and(|at| {
            secret::secrets(self.compiled, self.stored)
                .iter()
                .any(|known| known == at)
        })
    }
}

/// Line breaks as they are stored: a browser posts each as CR LF.
fn unbroken(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

fn typed_text(posted: &Posted, text: Option<String>, utc: bool) -> Held {
    let was_null = posted.flag("null");
    match text {
        Some(text) if !text.is_empty() && (was_null || !posted.null) => {
            Held::Text(if utc { carry::utc(&text) } else { text })
        }
        Some(text) if text.is_empty() && posted.flag("empty") && !posted.null => Held::Text(text),
        _ => Held::Absent,
    }
}

fn typed_number(posted: &Posted, text: Option<String>) -> Held {
    let text = text.unwrap_or_default();
    let typed = text.trim();
    if typed.is_empty() || (posted.null && !posted.flag("null")) {
        return Held::Absent;
    }
    script::number(typed).map_or_else(|| Held::Unread(Wanted::Number, text.clone()), Held::Number)
}

fn switched(posted: &Posted, on: bool) -> Held {
    let untouched = if on { "unset-on" } else { "unset-off" };
    if posted.flag(untouched) {
        Held::Absent
    } else {
        Held::Bool(on)
    }
}

fn token(posted: &Posted, text: &str) -> Held {
    if text.is_empty() {
        return Held::Absent;
    }
    let value = posted
        .flag("json")
        .then(|| parse_document(text).ok())
        .flatten();
    value.map_or_else(
        || Held::Text(text.to_owned()),
        |document| Node::fresh(&document.value).held,
    )
}

fn checked(posted: &Posted) -> Held {
    if posted.values.is_empty() && posted.flag("unset") {
        return Held::Absent;
    }
    let mut tokens: Vec<&String> = posted.values.iter().collect();
    tokens.sort_by_key(|token| {
        posted
            .order
            .iter()
            .position(|ordered| &ordered == token)
            .unwrap_or(usize::MAX)
    });
    Held::Array(
        tokens
            .into_iter()
            .map(|text| Node {
                held: token(posted, text),
                carried: Carried::Form,
                ..Node::default()
            })
            .collect(),
    )
}
