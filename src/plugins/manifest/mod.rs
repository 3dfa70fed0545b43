//! The manifest: the JSON document by which a plugin says what it is and what it needs.

mod reader;
mod rules;

use std::fmt;

use semver::Version;
use serde_json::Value;

use super::schema::{Document, parse_document};
use super::{Kind, Status};
use crate::page::field::{line, prose};
use reader::Reader;

/// The most mistakes that are listed at once.
const FAULTS_MAX: usize = 100;
/// TaylorDash v1, as whose follower a requirement for 1.x counts as met: manifests written for it
/// are accepted.
const V1: Version = Version::new(1, 0, 0);

/// A mistake in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) of the wrong part; empty for the whole.
    pub pointer: String,
    /// The line it stands on, from 1; 0 where there is none.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.pointer.as_str()) {
            (0, "") => f.write_str(&self.message),
            (0, pointer) => write!(f, "{pointer}: {}", self.message),
            (line, "") => write!(f, "Line {line}: {}", self.message),
            (line, pointer) => write!(f, "{pointer} (line {line}): {}", self.message),
        }
    }
}

/// Another plugin that a plugin needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its id.
    pub id: String,
    /// Which versions of it will do, as the manifest says it; empty for any.
    pub requirement: String,
}

/// A manifest without mistakes.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The plugin's id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// Its version (Semantic Versioning 2.0).
    pub version: String,
    /// What it does; may be empty.
    pub description: String,
    /// Who made it; may be empty.
    pub author: String,
    /// What it does for the lab.
    pub kind: Kind,
    /// Where its source is.
    pub repository: Option<String>,
    /// What it asks to be allowed.
    pub permissions: Vec<String>,
    /// Everything the manifest says, unknown keys too.
    pub document: Value,
    /// The text as it was given.
    pub text: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Every mistake in it; one where the text is not JSON at all.
    pub fn read(text: &str) -> Result<Self, Vec<Fault>> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(vec![Fault {
                pointer: String::new(),
                line: 0,
                message: "Choose a manifest file, or paste its text.".to_owned(),
            }]);
        }
        let document = parse_document(text).map_err(|unreadable| {
            vec![Fault {
                pointer: String::new(),
                line: 0,
                message: format!(
                    "Line {}, column {}: {}",
                    unreadable.line, unreadable.column, unreadable.message
                ),
            }]
        })?;
        Self::of(&document, text)
    }

    fn of(document: &Document, text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(document);
        if !document.value.is_object() {
            reader.fault(
                "",
                "A manifest is an object: it begins with { and ends with }.",
            );
            return Err(reader.faults);
        }
        let id = reader.needed("id", rules::id);
        let name = reader.needed("name", line);
        let version = reader.needed("version", rules::version);
        let kind = reader.either(("type", "kind"), rules::kind);
        let description = reader.optional("description", prose);
        let author = reader.optional("author", author);
        let repository = reader.either(("repository", "repository_url"), rules::https);
        reader.optional("homepage", rules::web);
        reader.either(("entry_point", "entry"), rules::entry_point);
        reader.optional("taylordash_version", needs_taylordash);
        let permissions = reader.permissions();
        reader.dependencies();
        reader.config_schema();
        reader.numbers();
        if kind.is_none() && reader.lacks(&["type", "kind"]) {
            reader.missing(
                "type",
                "This is missing. Say ui, data, integration or system.",
            );
        }
        reader.faults.truncate(FAULTS_MAX);
        match (id, name, version, kind) {
            (Some(id), Some(name), Some(version), Some(kind)) if reader.faults.is_empty() => {
                Ok(Self {
                    id,
                    name,
                    version: version.to_string(),
                    description: description.unwrap_or_default(),
                    author: author.unwrap_or_default(),
                    kind,
                    repository,
                    permissions,
                    document: document.value.clone(),
                    text: text.to_owned(),
                })
            }
            _ => Err(reader.faults),
        }
    }

    /// Where it stands when it first comes: switched off where it cannot work before somebody has
    /// configured it.
    pub fn first_status(&self) -> Status {
        let schema = self.document.get("config_schema");
        let needs = |key: &Value| {
            let property = schema.and_then(|schema| schema.get("properties")?.get(key.as_str()?));
            property
                .and_then(|property| property.get("default"))
                .is_none()
        };
        let required = schema.and_then(|schema| schema.get("required")?.as_array());
        match required.is_some_and(|required| required.iter().any(needs)) {
            true => Status::Disabled,
            false => Status::Active,
        }
    }

    /// Where its files are, relative to the data folder.
    pub fn install_path(&self) -> String {
        format!("plugins/{}/{}", self.id, self.version)
    }
}

/// Who made it; nobody need say.
fn author(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Ok(String::new()),
        text => line(text),
    }
}

/// Whether this TaylorDash will do.
fn needs_taylordash(text: &str) -> Result<(), String> {
    let requirement = rules::requirement(text)?;
    let ours = rules::version(env!("CARGO_PKG_VERSION"))?;
    if requirement.matches(&ours) || requirement.matches(&V1) {
        return Ok(());
    }
    Err(format!(
        "This plugin needs TaylorDash {text}, and this is TaylorDash {ours}. Update TaylorDash, or install a version of the plugin that fits."
    ))
}

/// The other plugins that a kept manifest asks for: a list of ids, or an object of ids and
/// requirements.
pub fn dependencies(manifest: &Value) -> Vec<Dependency> {
    match manifest.get("dependencies") {
        Some(Value::Array(ids)) => ids
            .iter()
            .filter_map(Value::as_str)
            .map(|id| Dependency {
                id: id.to_owned(),
                requirement: String::new(),
            })
            .collect(),
        Some(Value::Object(all)) => all
            .iter()
            .map(|(id, requirement)| Dependency {
                id: id.clone(),
                requirement: requirement.as_str().unwrap_or_default().to_owned(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
