//! Which subschemas apply at a place of the document, as the data stands.

use std::cell::OnceCell;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::compiled::Compiled;
use super::node::{Held, Node};
use super::sub::{Id, Sub};
use super::types::Types;

/// What applies at one place.
pub(super) struct Applied<'c> {
    pub parts: Vec<Part<'c>>,
    pub choices: Vec<Choice>,
    /// `null` is one of the alternatives.
    pub nullable: bool,
    /// The alternatives are plain values with titles.
    pub titled: Vec<(Value, Option<String>)>,
}

/// A subschema that applies.
#[derive(Clone, Copy)]
pub(super) struct Part<'c> {
    pub id: Id,
    pub sub: &'c Sub,
    /// It came with a branch, whose title names the branch and not the place.
    pub branch: bool,
}

/// A `oneOf` or `anyOf` whose alternatives a person chooses among.
pub(super) struct Choice {
    pub branches: Vec<Id>,
    pub chosen: Option<usize>,
}

impl<'c> Applied<'c> {
    /// What applies where `ids` are asked and `node` is held.
    pub fn new(compiled: &'c Compiled, ids: &[Id], node: &Node) -> Applied<'c> {
        let mut applied = Applied {
            parts: Vec::new(),
            choices: Vec::new(),
            nullable: false,
            titled: Vec::new(),
        };
        let at = At {
            compiled,
            node,
            value: OnceCell::new(),
        };
        ids.iter().for_each(|id| applied.visit(&at, *id, false));
        applied
    }

    fn visit(&mut self, at: &At<'c, '_>, id: Id, branch: bool) {
        if self.parts.iter().any(|part| part.id == id) {
            return;
        }
        let sub = at.compiled.sub(id);
        self.parts.push(Part { id, sub, branch });
        for next in sub.reference.iter().chain(&sub.all_of) {
            self.visit(at, *next, branch);
        }
        if let Some(condition) = sub.condition {
            let holds = at.compiled.holds(condition.test, at.value());
            let next = if holds {
                condition.then
            } else {
                condition.otherwise
            };
            next.into_iter()
                .for_each(|next| self.visit(at, next, branch));
        }
        for (key, next) in &sub.objects.dependent {
            if at
                .node
                .member(key)
                .is_some_and(|member| !member.is_absent())
            {
                self.visit(at, *next, branch);
            }
        }
        self.choose(at, &sub.one_of, branch);
        self.choose(at, &sub.any_of, branch);
    }

    fn choose(&mut self, at: &At<'c, '_>, alternatives: &[Id], branch: bool) {
        let compiled = at.compiled;
        let (nulls, branches): (Vec<Id>, Vec<Id>) =
            alternatives.iter().partition(|id| compiled.only_null(**id));
        if branches.is_empty() || compiled.only_constrain(&branches) {
            return;
        }
        self.nullable |= !nulls.is_empty();
        if let [only] = branches[..] {
            return self.visit(at, only, branch);
        }
        let titled: Option<Vec<_>> = branches
            .iter()
            .map(|id| compiled.titled_value(*id))
            .collect();
        if let Some(titled) = titled {
            self.titled = titled.into_iter().flatten().collect();
            return;
        }
        let chosen = at.recognise(&branches);
        self.choices.push(Choice {
            chosen,
            branches: branches.clone(),
        });
        if let Some(chosen) = chosen {
            self.visit(at, branches[chosen], true);
        }
    }

    /// The types allowed by all that applies.
    pub fn types(&self) -> Types {
        let named = self
            .parts
            .iter()
            .filter_map(|part| part.sub.allowed_types());
        let types = named.fold(Types::ALL, Types::and);
        if self.nullable && types != Types::ALL {
            types.or(Types::NULL)
        } else {
            types
        }
    }

    /// The subschemas for the member `key`.
    pub fn member(&self, compiled: &Compiled, key: &str) -> Vec<Id> {
        let mut ids = Vec::new();
        for part in &self.parts {
            part.sub.member(compiled, key, &mut ids);
        }
        ids
    }

    /// The subschemas for the item at `index`.
    pub fn item(&self, index: usize) -> Vec<Id> {
        let arrays = self.parts.iter().map(|part| &part.sub.arrays);
        arrays
            .filter_map(|arrays| arrays.prefix.get(index).copied().or(arrays.items))
            .collect()
    }

    /// Whether the same applies whatever the data turns out to be.
    pub fn is_certain(&self) -> bool {
        let depends = |sub: &Sub| sub.condition.is_some() || !sub.objects.dependent.is_empty();
        self.choices.is_empty() && !self.any(depends)
    }

    /// The first answer of what applies, the place's own schema before what it refers to.
    pub fn first<T>(&self, ask: impl Fn(&'c Sub) -> Option<T>) -> Option<T> {
        self.parts.iter().find_map(|part| ask(part.sub))
    }

    /// The first answer of the place's own schemas, branches left out.
    pub fn own<T>(&self, ask: impl Fn(&'c Sub) -> Option<T>) -> Option<T> {
        self.parts
            .iter()
            .filter(|part| !part.branch)
            .find_map(|part| ask(part.sub))
    }

    /// Whether any of what applies says so.
    pub fn any(&self, ask: impl Fn(&Sub) -> bool) -> bool {
        self.parts.iter().any(|part| ask(part.sub))
    }

    /// Whether an object here must have `key`, given the keys it has.
    pub fn requires(&self, key: &str, node: &Node) -> bool {
        let there = |trigger: &String| {
            node.member(trigger)
                .is_some_and(|member| !member.is_absent())
        };
        self.any(|sub| {
            let dependent = &sub.objects.dependent_required;
            sub.objects.required.iter().any(|name| name == key)
                || dependent
                    .iter()
                    .any(|(trigger, names)| there(trigger) && names.iter().any(|name| name == key))
        })
    }
}

impl Sub {
    fn allowed_types(&self) -> Option<Types> {
        if self.boolean == Some(false) {
            Some(Types::NONE)
        } else {
            self.types
        }
    }

    /// Adds the subschemas this one has for the member `key`.
    pub fn member(&self, compiled: &Compiled, key: &str, ids: &mut Vec<Id>) {
        let objects = &self.objects;
        let before = ids.len();
        if objects.named.contains(key) {
            ids.extend(
                objects
                    .properties
                    .iter()
                    .find(|(name, _)| name == key)
                    .map(|(_, id)| *id),
            );
        }
        let fits = |(pattern, _): &&(String, Id)| compiled.matches(pattern, key);
        ids.extend(objects.patterns.iter().filter(fits).map(|(_, id)| *id));
        if ids.len() == before {
            ids.extend(objects.additional);
        }
    }
}

impl Compiled {
    fn only_null(&self, id: Id) -> bool {
        let sub = self.sub(id);
        sub.types == Some(Types::NULL) || matches!(sub.options.as_deref(), Some([Value::Null]))
    }

    /// Whether these alternatives only say what must be there, and bring no fields of their own.
    fn only_constrain(&self, ids: &[Id]) -> bool {
        let types = self.sub(ids[0]).types;
        ids.iter().all(|id| {
            let sub = self.sub(*id);
            let objects = &sub.objects;
            let brings = sub.reference.is_some()
                || sub.options.is_some()
                || sub.condition.is_some()
                || !(sub.all_of.is_empty() && sub.any_of.is_empty() && sub.one_of.is_empty())
                || !(objects.properties.is_empty() && objects.patterns.is_empty())
                || objects.additional.is_some()
                || !sub.arrays.prefix.is_empty()
                || sub.arrays.items.is_some();
            !brings && sub.types == types && (types.is_none() || types == Some(Types::OBJECT))
        })
    }

    /// The values of an alternative that is nothing but values (`const` with a title, or an `enum`).
    fn titled_value(&self, id: Id) -> Option<Vec<(Value, Option<String>)>> {
        let sub = self.sub(id);
        let plain = sub.reference.is_none()
            && sub.all_of.is_empty()
            && sub.any_of.is_empty()
            && sub.one_of.is_empty();
        match sub.options.as_deref() {
            Some([only]) if plain => Some(vec![(only.clone(), sub.notes.title.clone())]),
            Some(many) if plain => Some(many.iter().map(|value| (value.clone(), None)).collect()),
            _ => None,
        }
    }
}

/// The place that is looked at.
struct At<'c, 'n> {
    compiled: &'c Compiled,
    node: &'n Node,
    value: OnceCell<Value>,
}

impl At<'_, '_> {
    /// What is held; nothing counts as an empty object, so that a section not there yet shows the
    /// fields it would have.
    fn value(&self) -> &Value {
        self.value.get_or_init(|| {
            self.node
                .value()
                .unwrap_or_else(|| Value::Object(Map::new()))
        })
    }

    /// The branch the person chose, or the one the data fits, or the one it comes closest to.
    fn recognise(&self, branches: &[Id]) -> Option<usize> {
        let named = |id: &Id| self.node.branches.contains(&self.compiled.sub(*id).pointer);
        if let Some(chosen) = branches.iter().position(named) {
            return Some(chosen);
        }
        if matches!(self.node.held, Held::Absent | Held::Null) {
            return None;
        }
        let fits = branches
            .iter()
            .position(|id| self.compiled.holds(*id, self.value()));
        fits.or_else(|| {
            let scores = branches
                .iter()
                .enumerate()
                .map(|(i, id)| (self.closeness(*id), std::cmp::Reverse(i)));
            scores
                .max()
                .filter(|(score, _)| *score > 0)
                .map(|(_, i)| i.0)
        })
    }

    fn closeness(&self, branch: Id) -> i64 {
        let applied = Applied::definite(self.compiled, branch);
        if !applied.types().meets(Types::of(self.value())) {
            return -100;
        }
        let Value::Object(members) = self.value() else {
            return 1;
        };
        let known = members.iter().map(|(key, value)| {
            let ids = applied.member(self.compiled, key);
            let options = ids
                .iter()
                .find_map(|id| self.compiled.sub(*id).options.as_ref());
            match options {
                _ if ids.is_empty() => 0,
                None => 1,
                Some(options) if options.contains(value) => 10,
                Some(_) => -10,
            }
        });
        1 + known.sum::<i64>()
    }
}

impl<'c> Applied<'c> {
    /// What applies whatever the data: references and `allOf` alone.
    pub fn definite(compiled: &'c Compiled, id: Id) -> Applied<'c> {
        let mut applied = Applied {
            parts: Vec::new(),
            choices: Vec::new(),
            nullable: false,
            titled: Vec::new(),
        };
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if applied.parts.iter().all(|part| part.id != id) {
                let sub = compiled.sub(id);
                applied.parts.push(Part {
                    id,
                    sub,
                    branch: false,
                });
                open.extend(sub.reference.iter().chain(&sub.all_of));
            }
        }
        applied
    }
}

/// Every subschema that could apply at a place for some data: what decides whether a place is a
/// secret must not depend on which branch is taken.
pub(super) fn possible(compiled: &Compiled, ids: &[Id]) -> Vec<Id> {
    let mut seen = HashSet::new();
    let mut open = ids.to_vec();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(compiled.sub(id).in_place());
        }
    }
    seen.into_iter().collect()
}
