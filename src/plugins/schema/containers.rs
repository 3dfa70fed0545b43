//! Sections, maps and lists.

use super::apply::Applied;
use super::carry;
use super::compiled::Compiled;
use super::deciders::Deciders;
use super::document;
use super::field::{Control, Item, List, Row, Section};
use super::focus::Focus;
use super::node::{Entry, Held, Node, Secret};
use super::options;
use super::pointer;
use super::secret;
use super::shape::{Place, Shaper};
use super::sub::{Id, Sub};

/// Sections from this depth on are folded until something in them needs attention.
const FOLDED_FROM: usize = 3;

impl Shaper<'_> {
    /// A group of named settings, with rows where the schema allows names of one's own. `None` when
    /// neither is there to show, or a name could not be carried by a text input.
    pub fn section(
        &mut self,
        place: &Place,
        applied: &Applied<'_>,
        node: &Node,
    ) -> Option<(Control, String)> {
        let declared = declared(self.compiled, applied);
        let maps = has_map(self.compiled, applied);
        if !is_section(self.compiled, applied) {
            return None;
        }
        let entries: &[Entry] = if let Held::Object(entries) = &node.held {
            entries
        } else {
            &[]
        };
        let mut rows = Vec::new();
        for entry in entries
            .iter()
            .filter(|entry| !entry.node.removed && is_row(self.compiled, applied, entry))
        {
            if !carry::input("text", &entry.key) {
                return None;
            }
            rows.push(entry);
        }
        let there = !node.is_absent() || place.required || place.member;
        let nothing = Node::default();
        let deciders = Deciders::of(self.compiled, applied);
        let mut fields = Vec::with_capacity(declared.len());
        for key in &declared {
            let ids = applied.member(self.compiled, key);
            let member = node.member(key).unwrap_or(&nothing);
            if member.is_absent() && self.is_forbidden(&ids) {
                continue;
            }
            let required = there && applied.requires(key, node);
            let below = self.below(place, applied, key, key, options::label_of(key), required);
            let mut field = self.field(below, &ids, member);
            if deciders.decide(key) {
                field.decides = Some(pointer::element_id(&place.name));
            }
            fields.push(field);
        }
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|entry| self.row(place, applied, entry, entries))
            .collect();
        let aside = entries
            .iter()
            .flat_map(|entry| aside(self.compiled, applied, &place.name, entry))
            .collect();
        let most = applied
            .parts
            .iter()
            .filter_map(|part| part.sub.objects.max)
            .min();
        let room = most.is_none_or(|most| (entries.len() as u64) < most);
        let section = Section {
            open: place.depth < FOLDED_FROM,
            names: self.row_names(applied),
            fields,
            rows,
            can_add: maps && room,
            aside,
            depends: deciders.are_any(),
        };
        let mark = container_mark("object", place, node);
        Some((Control::Section(unfold(section)), mark))
    }

    fn row(
        &mut self,
        place: &Place,
        applied: &Applied<'_>,
        entry: &Entry,
        entries: &[Entry],
    ) -> Row {
        let ids = row_ids(self.compiled, applied, &entry.key);
        let mut key_errors = Vec::new();
        if entries.iter().any(|other| {
            other.key == entry.key && other.segment != entry.segment && !other.node.is_absent()
        }) {
            key_errors.push("This name is there twice.".to_owned());
        }
        if entry.key.is_empty() && entry.segment != entry.key {
            key_errors.push("Give this entry a name.".to_owned());
        }
        if !key_errors.is_empty() && !self.complains {
            key_errors.clear();
        }
        let label = if entry.key.is_empty() {
            "New entry".to_owned()
        } else {
            entry.key.clone()
        };
        let mut below = self.below(place, applied, &entry.key, &entry.segment, label, false);
        below.member = true;
        // Under another name it can be something else.
        below.certain = false;
        Row {
            name: pointer::name(&pointer::push("", &entry.segment))[1..].to_owned(),
            key: entry.key.clone(),
            key_errors,
            field: self.field(below, &ids, &entry.node),
        }
    }

    /// A list, if the schema says what its items are.
    pub fn list(
        &mut self,
        place: &Place,
        applied: &Applied<'_>,
        node: &Node,
    ) -> Option<(Control, String)> {
        if !is_list(self.compiled, applied) {
            return None;
        }
        let slots = slots(applied);
        let stored: &[Node] = if let Held::Array(items) = &node.held {
            items
        } else {
            &[]
        };
        let nothing = Node::default();
        let count = stored.len().max(slots);
        let mut items = Vec::with_capacity(count);
        for i in 0..count {
            let item = stored.get(i).unwrap_or(&nothing);
            let fixed = i < slots;
            let key = i.to_string();
            let ids = applied.item(i);
            let mut below = self.below(
                place,
                applied,
                &key,
                &key,
                format!("Entry {}", i + 1),
                fixed && i < stored.len(),
            );
            below.member = !fixed;
            let mut field = self.field(below, &ids, item);
            field.from = item.origin.as_deref().map(pointer::name);
            if !fixed && field.label != format!("Entry {}", i + 1) {
                field.label = format!("{} {}", field.label, i + 1);
            }
            items.push(Item {
                field,
                fixed,
                can_rise: i > slots,
                can_sink: !fixed && i + 1 < count,
            });
        }
        let most = applied
            .parts
            .iter()
            .filter_map(|part| part.sub.arrays.max)
            .min();
        let next = applied.item(count);
        let room = most.is_none_or(|most| (count as u64) < most);
        let list = List {
            can_add: room && !next.is_empty() && !self.is_forbidden(&next),
            open: place.depth < FOLDED_FROM
                || items.iter().any(|item| needs_attention(&item.field)),
            items,
        };
        let mark = container_mark("list", place, node);
        Some((Control::List(list), mark))
    }

    fn below(
        &self,
        place: &Place,
        applied: &Applied<'_>,
        key: &str,
        segment: &str,
        label: String,
        required: bool,
    ) -> Place {
        let mut trail = place.trail.clone();
        trail.extend(applied.parts.iter().map(|part| part.id));
        Place {
            pointer: pointer::push(&place.pointer, key),
            name: pointer::push(&place.name, segment),
            label,
            required,
            member: false,
            depth: place.depth + 1,
            certain: place.certain && applied.is_certain(),
            trail,
        }
    }

    fn is_forbidden(&self, ids: &[Id]) -> bool {
        ids.iter().any(|id| self.compiled.forbids(*id))
    }

    /// Names that `propertyNames` lists.
    fn row_names(&self, applied: &Applied<'_>) -> Vec<String> {
        let schema = applied
            .first(|sub| sub.objects.key_schema)
            .map(|id| self.compiled.sub(id));
        let names = schema.and_then(|sub| sub.options.as_ref());
        names
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }
}

/// Whether there is anything to show of an object here.
pub(super) fn is_section(compiled: &Compiled, applied: &Applied<'_>) -> bool {
    let closed = |sub: &Sub| {
        sub.objects
            .additional
            .is_some_and(|id| compiled.forbids(id))
    };
    applied.any(|sub| !sub.objects.properties.is_empty() || closed(sub))
        || has_map(compiled, applied)
        || !applied.choices.is_empty()
}

/// Whether the schema says what the items of an array here are.
pub(super) fn is_list(compiled: &Compiled, applied: &Applied<'_>) -> bool {
    let describes = |id: &Id| compiled.sub(*id).says_something;
    slots(applied) > 0 || applied.item(0).iter().any(describes)
}

/// How many items have a place of their own.
pub(super) fn slots(applied: &Applied<'_>) -> usize {
    let prefixes = applied
        .parts
        .iter()
        .map(|part| part.sub.arrays.prefix.len());
    prefixes.max().unwrap_or(0)
}

/// The keys the schema names, in the order it asks for.
pub(super) fn declared(compiled: &Compiled, applied: &Applied<'_>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for part in &applied.parts {
        for (key, _) in &part.sub.objects.properties {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
    }
    let position = |key: &String| {
        let ids = applied.member(compiled, key);
        ids.iter()
            .find_map(|id| compiled.sub(*id).notes.position)
            .unwrap_or(f64::INFINITY)
    };
    let places: std::collections::HashMap<String, f64> = keys
        .iter()
        .map(|key| (key.clone(), position(key)))
        .collect();
    keys.sort_by(|a, b| places[a].total_cmp(&places[b]));
    if let Some(order) =
        applied.first(|sub| Some(&sub.notes.order).filter(|order| !order.is_empty()))
    {
        let rest = order
            .iter()
            .position(|name| name == "*")
            .unwrap_or(order.len());
        keys.sort_by_key(|key| order.iter().position(|name| name == key).unwrap_or(rest));
    }
    keys
}

/// Whether names of one's own are allowed, with a schema that says something about them.
pub(super) fn has_map(compiled: &Compiled, applied: &Applied<'_>) -> bool {
    let says = |id: &Id| compiled.sub(*id).says_something;
    let closed = applied.any(|sub| {
        sub.objects
            .additional
            .is_some_and(|id| compiled.forbids(id))
            && sub.objects.patterns.is_empty()
    });
    !closed
        && applied.parts.iter().any(|part| {
            let objects = &part.sub.objects;
            objects.additional.iter().any(says)
                || objects
                    .patterns
                    .iter()
                    .any(|(_, id)| !compiled.forbids(*id))
        })
}

/// Whether an entry that no `properties` names is shown as a row.
pub(super) fn is_row(compiled: &Compiled, applied: &Applied<'_>, entry: &Entry) -> bool {
    if applied.any(|sub| sub.objects.named.contains(&entry.key)) || !has_map(compiled, applied) {
        return false;
    }
    let fits = |(pattern, _): &(String, Id)| compiled.matches(pattern, &entry.key);
    entry.row
        || applied.any(|sub| sub.objects.patterns.iter().any(fits))
        || applied
            .member(compiled, &entry.key)
            .iter()
            .any(|id| compiled.sub(*id).says_something)
}

/// The subschemas of a row; one whose name fits nothing yet is taken for the first kind of row.
pub(super) fn row_ids(compiled: &Compiled, applied: &Applied<'_>, key: &str) -> Vec<Id> {
    let ids = applied.member(compiled, key);
    let usable = |ids: &[Id]| !ids.is_empty() && !ids.iter().any(|id| compiled.forbids(*id));
    if usable(&ids) {
        return ids;
    }
    let first = applied.first(|sub| {
        sub.objects
            .patterns
            .first()
            .map(|(_, id)| *id)
            .or(sub.objects.additional)
    });
    first.into_iter().collect()
}

/// The mark of a section or list: whether leaving it empty leaves it absent, and whether what is
/// stored at its place is none of its past (it was taken away and made anew).
fn container_mark(kind: &str, place: &Place, node: &Node) -> String {
    let optional = node.is_absent() && !place.required && !place.member;
    let unset = if optional { ";unset" } else { "" };
    let new = if node.origin.is_none() { ";new" } else { "" };
    format!("{kind}{unset}{new}")
}

fn unfold(mut section: Section) -> Section {
    section.open |= section
        .fields
        .iter()
        .chain(section.rows.iter().map(|row| &row.field))
        .any(needs_attention)
        || section.rows.iter().any(|row| !row.key_errors.is_empty());
    section
}

fn needs_attention(field: &super::field::Field) -> bool {
    field.focus != Focus::No || !field.errors.is_empty() || field.children().any(needs_attention)
}

/// What is carried along unseen: a part the schema has no room for now, or a row that was removed.
fn aside(
    compiled: &Compiled,
    applied: &Applied<'_>,
    around: &str,
    entry: &Entry,
) -> Vec<(String, String)> {
    let name = pointer::name(&pointer::push(around, &entry.segment));
    let mark = |kind: &str| (format!("is:{name}"), kind.to_owned());
    if entry.node.removed && entry.row {
        return vec![mark("gone")];
    }
    if !entry.node.aside
        || entry.node.secret != Secret::Untouched
        || !document::key_is_usable(&entry.key)
    {
        return Vec::new();
    }
    let ids: Vec<Id> = applied.parts.iter().map(|part| part.id).collect();
    let ids = secret::possible_member(compiled, &ids, &entry.key);
    match (&entry.node.held, entry.node.value()) {
        (_, None) => Vec::new(),
        _ if secret::is_secret(compiled, &ids) => Vec::new(),
        (Held::Unread(_, text), _) => vec![mark("json"), (name, text.clone())],
        (_, Some(value)) => vec![
            mark("json"),
            (name, secret::cover(compiled, &ids, &value).to_string()),
        ],
    }
}
