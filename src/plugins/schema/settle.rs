//! After a post, and before anything is shown or saved: what the person asked for is filled in, what
//! cannot be theirs to change is put back, and what has no place any more is set aside.

use serde_json::Value;

use super::apply::Applied;
use super::compiled::Compiled;
use super::containers;
use super::controls;
use super::document::{self, parse_document};
use super::errors::{Chosen, Problem};
use super::node::{Carried, Entry, Held, Node, Secret, Wanted};
use super::pointer;
use super::script;
use super::secret;
use super::shape;
use super::sub::Id;
use super::types::Types;

/// Settles the whole document; the problems are those a validator would not see.
pub(super) struct Settled {
    pub problems: Vec<Problem>,
    /// The branches that hold, for the validator's errors.
    pub chosen: Chosen,
}

/// Settles `root` in place.
pub(super) fn settle(compiled: &Compiled, stored: &Value, root: &mut Node) -> Settled {
    let mut settler = Settler {
        compiled,
        stored,
        settled: Settled {
            problems: Vec::new(),
            chosen: Chosen::new(),
        },
    };
    settler.node(root, &[compiled.root()], "", Presence::Must);
    settler.settled
}

/// Whether a place has to hold something.
#[derive(Clone, Copy, PartialEq)]
enum Presence {
    May,
    /// Required by the schema.
    Must,
    /// A list's item or a map's row: it is there because somebody added it.
    Added,
}

struct Settler<'a> {
    compiled: &'a Compiled,
    stored: &'a Value,
    settled: Settled,
}

impl Settler<'_> {
    fn node(&mut self, node: &mut Node, ids: &[Id], at: &str, presence: Presence) {
        if secret::is_secret(self.compiled, ids) {
            return self.secret(node, ids, at, presence);
        }
        let applied = Applied::new(self.compiled, ids, node);
        if self.fixed(node, &applied, presence) {
            return self.unread(node, at, presence);
        }
        if node.is_absent() {
            fill(self.compiled, node, &applied, presence);
            if !node.is_absent() {
                // What was filled in can bring conditions and branches of its own.
                return self.node(node, ids, at, presence);
            }
        }
        self.remember(&applied, at);
        self.unread(node, at, presence);
        match &mut node.held {
            Held::Object(_) => self.object(node, &applied, at),
            Held::Array(items) => {
                let slots = containers::slots(&applied);
                while items.len() <= slots
                    && items
                        .last()
                        .is_some_and(|last| last.is_absent() && !last.wanted)
                {
                    items.pop();
                }
                for (i, item) in items.iter_mut().enumerate() {
                    self.node(
                        item,
                        &applied.item(i),
                        &pointer::push(at, &i.to_string()),
                        Presence::Added,
                    );
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, node: &mut Node, applied: &Applied<'_>, at: &str) {
        self.constants(node, applied);
        // The members' rules can depend on each other, so each is judged by the object as it came.
        let around = node.clone();
        let Held::Object(entries) = &mut node.held else {
            return;
        };
        self.names(entries, at);
        for entry in entries.iter_mut() {
            let ids = applied.member(self.compiled, &entry.key);
            let named = applied.any(|sub| sub.objects.named.contains(&entry.key));
            let row = containers::is_row(self.compiled, applied, entry);
            let below = pointer::push(at, &entry.key);
            if !named && !row && entry.node.carried != Carried::Stored {
                entry.node.aside = entry.node.carried == Carried::Form;
                if entry.is_script() && ids.is_empty() {
                    self.settled
                        .problems
                        .push(Problem::new(&below, "There is no such setting here."));
                }
                continue;
            }
            entry.node.aside = false;
            let presence = match () {
                () if row && !entry.node.removed => Presence::Added,
                () if applied.requires(&entry.key, &around) => Presence::Must,
                () => Presence::May,
            };
            let ids = if row {
                containers::row_ids(self.compiled, applied, &entry.key)
            } else {
                ids
            };
            self.node(&mut entry.node, &ids, &below, presence);
        }
    }

    /// The one allowed value of a required member is written without being asked for.
    fn constants(&self, node: &mut Node, applied: &Applied<'_>) {
        if node.carried == Carried::Stored && node.origin.is_some() {
            return;
        }
        for key in containers::declared(self.compiled, applied) {
            if applied.requires(&key, node) && node.member(&key).is_none() {
                let ids = applied.member(self.compiled, &key);
                let below = Applied::new(self.compiled, &ids, &Node::default());
                if let (Some(constant), Held::Object(entries)) =
                    (controls::constant(&below), &mut node.held)
                {
                    entries.push(Entry::new(&key, Node::fresh(constant)));
                }
            }
        }
    }

    fn names(&mut self, entries: &[Entry], at: &str) {
        for (i, entry) in entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| !entry.node.removed)
        {
            let twice = entries[..i]
                .iter()
                .any(|other| other.key == entry.key && !other.node.removed);
            let unnamed = entry.row && entry.key.is_empty() && !entry.segment.is_empty();
            let message = match () {
                () if twice => "This name is there twice.",
                () if unnamed => "Give this entry a name.",
                () if !document::key_is_usable(&entry.key) => "This name cannot be used.",
                () => continue,
            };
            self.settled
                .problems
                .push(Problem::new(&pointer::push(at, &entry.key), message));
        }
    }

    /// Puts back what is not the person's to change. Says whether the place is done with.
    fn fixed(&self, node: &mut Node, applied: &Applied<'_>, presence: Presence) -> bool {
        let constant = controls::constant(applied);
        if controls::is_read_only(applied) && node.carried != Carried::Stored {
            let was = node
                .origin
                .as_deref()
                .and_then(|origin| Some((origin, self.stored.pointer(origin)?)));
            let default = || applied.own(|sub| sub.notes.default.as_ref()).or(constant);
            node.held = match was {
                Some((origin, was)) => Node::stored(was, origin).held,
                None if presence == Presence::May => Held::Absent,
                None => default().map_or(Held::Absent, |value| Node::fresh(value).held),
            };
            return true;
        }
        let Some(constant) = constant else {
            return false;
        };
        let asked = node.wanted || presence != Presence::May;
        let replace = match node.carried {
            Carried::Stored => node.is_absent() && asked,
            _ => {
                asked
                    || matches!(&node.held, held if !matches!(held, Held::Absent | Held::Null) && node.origin.is_none())
            }
        };
        let scripted = node.carried == Carried::Script && !node.is_absent();
        if replace
            && !scripted
            && !matches!(node.held, Held::Null)
            && node
                .value()
                .is_none_or(|held| !super::same(&held, constant))
        {
            node.held = Node::fresh(constant).held;
        }
        true
    }

    fn secret(&mut self, node: &mut Node, ids: &[Id], at: &str, presence: Presence) {
        let applied = Applied::new(self.compiled, ids, &Node::default());
        let types = applied.types();
        let typed = match &node.held {
            Held::Text(text) if node.secret == Secret::Typed && !types.meets(Types::STRING) => {
                Some(text.clone())
            }
            _ => None,
        };
        if let Some(text) = typed {
            let number = script::number(&text).filter(|_| types.meets(Types::NUMBER));
            let read = || {
                parse_document(&text)
                    .ok()
                    .map(|document| Node::fresh(&document.value).held)
            };
            let held = number.map(Held::Number).or_else(read);
            node.held = held.unwrap_or(Held::Unread(Wanted::Json, text));
        }
        if matches!(node.held, Held::Unread(..)) {
            self.settled.problems.push(Problem::new(
                at,
                "This secret is not of the right type. Please type it again.",
            ));
        } else if node.is_absent() && presence == Presence::Added {
            self.settled
                .problems
                .push(Problem::new(at, "Fill this in, or remove it."));
        }
    }

    fn unread(&mut self, node: &Node, at: &str, presence: Presence) {
        let message = match &node.held {
            Held::Unread(Wanted::Number, _) => {
                "This is not a number. Write it like 12 or 0.5.".to_owned()
            }
            Held::Unread(Wanted::Json, text) => match parse_document(text) {
                Err(error) => format!(
                    "Line {}, column {}: {}",
                    error.line, error.column, error.message
                ),
                Ok(_) => "This stands for a secret that is not stored here.".to_owned(),
            },
            Held::Text(text) if text.contains('\0') => {
                "This holds the character U+0000, which cannot be stored.".to_owned()
            }
            Held::Absent if presence == Presence::Added => "Fill this in, or remove it.".to_owned(),
            _ => return,
        };
        self.settled.problems.push(Problem::new(at, message));
    }

    fn remember(&mut self, applied: &Applied<'_>, at: &str) {
        for choice in &applied.choices {
            if let Some(chosen) = choice.chosen {
                let branch = self.compiled.sub(choice.branches[chosen]).pointer.clone();
                self.settled
                    .chosen
                    .entry(at.to_owned())
                    .or_default()
                    .push(branch);
            }
        }
    }
}

/// Gives an absent place what it gets when it is asked for or has to be there.
fn fill(compiled: &Compiled, node: &mut Node, applied: &Applied<'_>, presence: Presence) {
    let kind = shape::kind(applied);
    let chosen = node.branches.iter().any(|branch| !branch.is_empty());
    let default = applied.own(|sub| sub.notes.default.as_ref());
    let newly = node.wanted || (presence == Presence::Added && node.carried == Carried::Stored);
    node.held = match default {
        _ if node.removed || node.secret != Secret::Untouched => Held::Absent,
        Some(default) if newly && !chosen => Node::fresh(default).held,
        _ if !(newly || chosen || (presence != Presence::May && node.carried == Carried::Form)) => {
            Held::Absent
        }
        _ if kind == Types::OBJECT && containers::is_section(compiled, applied) => {
            Held::Object(Vec::new())
        }
        _ if kind == Types::ARRAY && containers::is_list(compiled, applied) => {
            Held::Array(Vec::new())
        }
        _ if kind == Types::BOOLEAN && (newly || presence == Presence::Added) => Held::Bool(false),
        _ if kind == Types::STRING && node.wanted => Held::Text(String::new()),
        _ if kind == Types::NULL && newly => Held::Null,
        _ => Held::Absent,
    };
    if !node.is_absent() {
        node.carried = Carried::Form;
    }
    node.wanted = false;
}
