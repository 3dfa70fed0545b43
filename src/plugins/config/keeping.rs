//! Keeping a configuration: its secrets sealed, a version of it, and the event.

use serde_json::Value;

use super::difference::{Difference, Grain, differences};
use crate::error::Error;
use crate::events::{Change, Event};
use crate::page::field;
use crate::plugins::schema::{self, Compiled, Problem};
use crate::plugins::store::{self, Plugin};
use crate::plugins::versions::{self, NewVersion};
use crate::plugins::{changes, storable};
use crate::vault::{self, Opened, Sealer, Vault};

/// The longest note, in characters.
const NOTE_MAX: usize = 500;

/// What became of a configuration that was to be kept.
#[derive(Debug)]
pub enum Kept {
    /// It is there already: nothing to do.
    Already,
    /// It is kept; this is the event to commit.
    Version(Event),
    /// It cannot be kept, and this is why.
    Refused(Vec<Fault>),
}

/// Why a configuration cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place, as a JSON Pointer.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl Fault {
    /// Of the document as a whole.
    pub fn whole(message: &str) -> Self {
        Self {
            pointer: String::new(),
            message: message.to_owned(),
        }
    }

    /// What the schema says.
    pub fn of(problem: Problem) -> Self {
        Self {
            pointer: problem.pointer,
            message: problem.message,
        }
    }

    /// All of them, in one paragraph.
    pub fn all(faults: &[Self]) -> String {
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        told.join(" ")
    }
}

impl From<&Fault> for Problem {
    fn from(fault: &Fault) -> Self {
        Self::new(&fault.pointer, fault.message.as_str())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.message),
            place => write!(f, "{place}: {}", self.message),
        }
    }
}

/// A configuration to be kept, in plain.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Valid under the plugin's schema.
    pub value: &'a Value,
    /// Why, in a person's words; may be empty.
    pub note: &'a str,
    /// Documents beside the present one whose sealed secrets it may hold.
    pub origins: Vec<&'a Value>,
}

/// A plugin's configuration with its secrets in plain: never to be shown, logged or kept.
pub fn opened(vault: &Vault, plugin: &Plugin, compiled: &Compiled, config: &Value) -> Opened {
    vault.unseal(&plugin.id, config, &schema::secrets(compiled, config))
}

/// Keeps a configuration as the plugin's next version. `plugin` was read in this very change, behind
/// the vault's lock.
///
/// # Errors
/// When the database is away.
pub async fn keep(
    change: &mut Change,
    sealer: &Sealer,
    plugin: &Plugin,
    compiled: &Compiled,
    wanted: &Wanted<'_>,
) -> Result<Kept, Error> {
    let mut origins = vec![&plugin.config.0];
    origins.extend(&wanted.origins);
    let secrets = schema::secrets(compiled, wanted.value);
    let mut faults = faults(sealer, &plugin.id, wanted.value, &secrets, &origins);
    faults.extend(note_fault(wanted.note));
    if !faults.is_empty() {
        return Ok(Kept::Refused(faults));
    }
    let sealed = sealer.seal(&plugin.id, wanted.value, &secrets, &origins)?;
    let there = sealer.unseal(&plugin.id, &plugin.config, &secrets).document;
    if schema::same(&plugin.config, &sealed) || schema::same(&there, wanted.value) {
        return Ok(Kept::Already);
    }
    let changed = differences(&plugin.config, &sealed, Grain::Items, &|_, _, _| None);
    let version = NewVersion {
        plugin,
        number: plugin.config_version + 1,
        config: &sealed,
        changes: &changed,
        note: wanted.note,
    };
    versions::store::insert(change, &version).await?;
    store::set_config(change, &plugin.id, &sealed).await?;
    let pointers: Vec<&str> = changed.iter().map(|one| one.pointer.as_str()).collect();
    Ok(Kept::Version(changes::config_changed(
        &plugin.id,
        version.number,
        &pointers,
    )))
}

fn faults(
    sealer: &Sealer,
    owner: &str,
    value: &Value,
    secrets: &[String],
    origins: &[&Value],
) -> Vec<Fault> {
    let long = storable::long_numbers(value).into_iter();
    let pretenders = vault::pretenders(value, secrets, origins).into_iter();
    let stranded = sealer.stranded(owner, value, secrets, origins).into_iter();
    let fault = |message: &'static str| {
        move |pointer| Fault {
            pointer,
            message: message.to_owned(),
        }
    };
    long.map(fault(storable::TOO_LONG))
        .chain(pretenders.map(fault(
            "This begins as a sealed secret does, and here is no place for one. Begin it otherwise.",
        )))
        .chain(stranded.map(fault(
            "This secret cannot be read with the present key, so it cannot move. Leave it where it was, \
             or type it again.",
        )))
        .collect()
}

fn note_fault(note: &str) -> Option<Fault> {
    if note.chars().count() > NOTE_MAX {
        return Some(Fault::whole(&format!(
            "The note is too long: use at most {NOTE_MAX} characters."
        )));
    }
    let wrong = field::prose(note).err()?;
    Some(Fault::whole(&format!("The note: {wrong}")))
}

/// Where `old` and `new`, as they are kept, differ; sealed secrets are compared by what they hold.
pub fn compared(vault: &Vault, owner: &str, old: &Value, new: &Value) -> Vec<Difference> {
    differences(old, new, Grain::Items, &|place, old, new| {
        let is_sealed = vault::is_sealed(old) || vault::is_sealed(new);
        is_sealed.then(|| vault.is_same(owner, (old, place), (new, place)))
    })
}
