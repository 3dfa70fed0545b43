//! The form of a thing that is kept: what was typed over it, and what somebody else saved meanwhile.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use chrono_tz::Tz;

use super::{MEANWHILE, Posted, Problems, Seen, Verdict};
use crate::db::Timestamp;
use crate::events::new_id;

/// A thing that a form makes and changes.
pub trait Kept {
    /// What the thing is to be.
    type Edit;
    /// The names of its fields.
    const FIELDS: &'static [&'static str];
    /// Those of several lines.
    const PROSE: &'static [&'static str] = &[];
    /// Those of which several are chosen; see [`chosen`].
    const SEVERAL: &'static [&'static str] = &[];

    /// What each field of a new thing shows.
    fn blank() -> Vec<String>;

    /// Its id.
    fn id(&self) -> &str;

    /// When it was last changed.
    fn updated_at(&self) -> Timestamp;

    /// What each field shows to somebody in `zone`.
    fn values(&self, zone: Tz) -> Vec<String>;

    /// What the fields say; `None` where something is wrong, which is noted at its field.
    fn read(form: &Form<Self>, problems: &mut Problems) -> Option<Self::Edit>
    where
        Self: Sized;
}

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Form<T> {
    id: String,
    zone: Tz,
    values: Vec<String>,
    /// What the form has seen of the thing it changes; empty for a new one.
    pub seen: String,
    /// What somebody else saved meanwhile, by field, where this form would overwrite it.
    theirs: Vec<(&'static str, String)>,
    /// What is wrong, by field.
    pub problems: Problems,
    of: PhantomData<T>,
}

impl<T: Kept> Form<T> {
    /// For a new thing, filled in by somebody in `zone`. It carries the id that the thing will have, so
    /// that the same form sent twice makes one.
    pub fn blank(zone: Tz) -> Self {
        Self {
            id: new_id(),
            zone,
            values: T::blank(),
            seen: String::new(),
            theirs: Vec::new(),
            problems: Problems::default(),
            of: PhantomData,
        }
    }

    /// Of a thing as it is.
    pub fn of(thing: &T, zone: Tz) -> Self {
        let values = thing.values(zone);
        let shown: Vec<&str> = values.iter().map(String::as_str).collect();
        Self {
            id: thing.id().to_owned(),
            seen: Seen::of(thing.updated_at(), &shown).to_string(),
            values,
            ..Self::blank(zone)
        }
    }

    /// For a new thing, as sent.
    pub fn read(posted: &Posted, zone: Tz) -> Self {
        let mut form = Self::blank(zone);
        if let Some(id) = posted
            .get("once")
            .and_then(|id| id.parse::<uuid::Uuid>().ok())
        {
            form.id = id.to_string();
        }
        form.changed_by(posted)
    }

    /// With the fields that were sent; the others stay. Where somebody else changed the thing since
    /// the form was opened, what only they changed stays too, and what both changed is a problem until
    /// `keep-<field>` says `mine` or `theirs`.
    pub fn changed_by(mut self, posted: &Posted) -> Self {
        let now = Seen::parse(&self.seen);
        let seen = posted.get("seen").map_or_else(|| now.clone(), Seen::parse);
        for (index, (name, value)) in T::FIELDS.iter().zip(&mut self.values).enumerate() {
            // Shown both, they chose what the other saved.
            if posted.text(&format!("keep-{name}")) == "theirs" {
                continue;
            }
            let Some(typed) = sent::<T>(posted, name) else {
                continue;
            };
            match seen.judge(&now, index, &typed, value) {
                Verdict::Theirs => {}
                Verdict::Mine => *value = typed,
                Verdict::Conflict => {
                    self.theirs.push((name, std::mem::replace(value, typed)));
                    self.problems.add(name, MEANWHILE);
                }
            }
        }
        for (field, message) in self.check().err().unwrap_or_default().list() {
            self.problems.add(field, message);
        }
        self
    }

    /// What the thing is to be, where nothing is wrong.
    pub fn checked(&self) -> Option<T::Edit> {
        self.check().ok().filter(|_| self.problems.is_empty())
    }

    /// Where its times are read.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The id that the thing has or will have.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What a field shows: as it is, or as it was typed.
    pub fn value(&self, field: &str) -> &str {
        let place = T::FIELDS.iter().position(|name| *name == field);
        let value = place.and_then(|place| self.values.get(place));
        value.map_or("", String::as_str)
    }

    /// Whether somebody else saved something at `field` that this form would overwrite.
    pub fn conflicts(&self, field: &str) -> bool {
        self.theirs.iter().any(|(name, _)| *name == field)
    }

    /// What somebody else saved at `field` meanwhile; empty where that is no matter.
    pub fn theirs(&self, field: &str) -> &str {
        let found = self.theirs.iter().find(|(name, _)| *name == field);
        found.map_or("", |(_, value)| value)
    }

    /// The form has made something else before: somebody went back and typed anew. Sent again, it
    /// makes another.
    pub fn used(mut self) -> Self {
        self.id = new_id();
        self.problems.add(T::FIELDS[0], USED);
        self
    }

    fn check(&self) -> Result<T::Edit, Problems> {
        let mut problems = Problems::default();
        T::read(self, &mut problems).ok_or(problems)
    }
}

/// What was sent as a field. A browser sends line breaks as CRLF, and a name with the blanks around it;
/// of check boxes only those that are checked, behind an empty one that says they were there.
fn sent<T: Kept>(posted: &Posted, field: &str) -> Option<String> {
    let typed = posted.get(field)?;
    if T::SEVERAL.contains(&field) {
        return Some(chosen(posted.all(field)));
    }
    Some(match T::PROSE.contains(&field) {
        true => typed.replace("\r\n", "\n").replace('\r', "\n"),
        false => typed.trim().to_owned(),
    })
}

/// Several choices as one value: each on a line of its own, in the order of their ids.
pub fn chosen<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: BTreeSet<&str> = all.map(str::trim).filter(|one| !one.is_empty()).collect();
    let all: Vec<&str> = all.into_iter().collect();
    all.join("\n")
}

const USED: &str =
    "This form was sent before and has made something else. Send it again to make this too.";
