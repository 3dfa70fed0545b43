//! The buttons that change the form and save nothing.

use super::focus::{Aim, Focus};
use super::node::{Carried, Entry, Held, Node};
use super::pointer;

/// Applies the `action` a button posted (a verb, a space, a field name) and says where one goes on.
/// What cannot be applied changes nothing.
pub(super) fn press(root: &mut Node, action: &str) -> Option<Aim> {
    let name = apply(root, action)?;
    let focus = match action.split_once(' ').map_or(action, |(verb, _)| verb) {
        "add" | "choose" => Focus::Kind,
        "add-row" => Focus::Key,
        "up" => Focus::Up,
        "down" => Focus::Down,
        _ => Focus::Here,
    };
    Some(Aim { name, focus })
}

/// Returns the name of the field that gets the focus.
fn apply(root: &mut Node, action: &str) -> Option<String> {
    let (verb, name) = action.split_once(' ').unwrap_or((action, ""));
    let keys = pointer::keys(name)?;
    match verb {
        "add" => add(root.reach(&keys)?, name),
        "add-row" => add_row(root.reach(&keys)?, name),
        "show" => Some(name.to_owned()),
        // As “show”, but nobody pressed it: the focus stays where it is.
        "apply" => None,
        "set" => {
            let node = root.reach(&keys)?;
            node.forget();
            node.wanted = true;
            Some(name.to_owned())
        }
        "null" => {
            let node = root.reach(&keys)?;
            node.forget();
            node.held = Held::Null;
            Some(name.to_owned())
        }
        "unset" => {
            root.reach(&keys)?.forget();
            Some(name.to_owned())
        }
        "choose" => {
            let node = root.reach(&keys)?;
            if matches!(node.held, Held::Null) {
                node.held = Held::Absent;
            }
            node.wanted |= node.is_absent();
            Some(name.to_owned())
        }
        "remove" | "up" | "down" | "duplicate" => {
            let (last, around) = keys.split_last()?;
            let list = pointer_of(around);
            rearrange(root.find(around)?, verb, last, &list)
        }
        _ => None,
    }
}

fn add(node: &mut Node, name: &str) -> Option<String> {
    if matches!(node.held, Held::Absent | Held::Null) {
        node.held = Held::Array(Vec::new());
        node.carried = Carried::Form;
    }
    let Held::Array(items) = &mut node.held else {
        return None;
    };
    items.push(Node::default());
    Some(pointer::push(name, &(items.len() - 1).to_string()))
}

fn add_row(node: &mut Node, name: &str) -> Option<String> {
    if matches!(node.held, Held::Absent | Held::Null) {
        node.held = Held::Object(Vec::new());
        node.carried = Carried::Form;
    }
    let Held::Object(entries) = &mut node.held else {
        return None;
    };
    let free = |n: &usize| entries.iter().all(|entry| entry.segment != format!("+{n}"));
    let segment = format!("+{}", (1..).find(free)?);
    entries.push(Entry {
        segment: segment.clone(),
        key: String::new(),
        row: true,
        node: Node::default(),
    });
    Some(pointer::push(name, &segment))
}

fn rearrange(around: &mut Node, verb: &str, last: &str, name: &str) -> Option<String> {
    match &mut around.held {
        Held::Object(entries) if verb == "remove" => {
            let entry = entries.iter_mut().find(|entry| entry.segment == last)?;
            entry.node = Node {
                removed: true,
                carried: Carried::Form,
                ..Node::default()
            };
            let i = entries.iter().position(|entry| entry.segment == last)?;
            let mut others = entries[i..].iter().chain(entries[..i].iter().rev());
            let next = others.find(|entry| entry.row && !entry.node.removed);
            Some(next.map_or(name.to_owned(), |next| pointer::push(name, &next.segment)))
        }
        Held::Array(items) => {
            let i: usize = last.parse().ok().filter(|i| *i < items.len())?;
            let to = match verb {
                "remove" => {
                    items.remove(i);
                    let next = items.len().checked_sub(1).map(|last| i.min(last));
                    let item = |next: usize| pointer::push(name, &next.to_string());
                    return Some(next.map_or(name.to_owned(), item));
                }
                "duplicate" => {
                    items.insert(i + 1, items[i].clone());
                    i + 1
                }
                "up" => i.checked_sub(1)?,
                _ => Some(i + 1).filter(|to| *to < items.len())?,
            };
            if verb != "duplicate" {
                items.swap(i, to);
            }
            Some(pointer::push(name, &to.to_string()))
        }
        _ => None,
    }
}

fn pointer_of(keys: &[String]) -> String {
    keys.iter()
        .fold(String::new(), |pointer, key| pointer::push(&pointer, key))
}

impl Node {
    /// The part at these keys, made if it is a member that is not there.
    fn reach(&mut self, keys: &[String]) -> Option<&mut Node> {
        let Some((first, rest)) = keys.split_first() else {
            return Some(self);
        };
        if matches!(self.held, Held::Absent) {
            self.held = Held::Object(Vec::new());
            self.carried = Carried::Form;
        }
        let next = match &mut self.held {
            Held::Array(items) => items.get_mut(first.parse::<usize>().ok()?)?,
            Held::Object(entries) => {
                let known = entries.iter().position(|entry| &entry.segment == first);
                let i = known.unwrap_or_else(|| {
                    entries.push(Entry::new(first, Node::default()));
                    entries.len() - 1
                });
                &mut entries[i].node
            }
            _ => return None,
        };
        next.reach(rest)
    }

    fn forget(&mut self) {
        *self = Node {
            carried: Carried::Form,
            ..Node::default()
        };
    }
}
