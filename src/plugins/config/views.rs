//! The pages of a configuration.

use askama::Template;

use super::telling::SECRET;
use crate::db::Timestamp;
use crate::error::Error;
use crate::page::Layout;
use crate::plugins::schema::field::Form;
use crate::plugins::schema::views::{Rendered, region};
use crate::plugins::store::Plugin;

/// What somebody else saved while a form was open.
#[derive(Clone, Debug)]
pub struct Overtaken {
    /// Who, and when; `None` where it was not through a form.
    pub by: Option<(String, Timestamp)>,
    /// What they changed, beside what was typed.
    pub rivals: Vec<Rival>,
}

impl Overtaken {
    fn has_secrets(&self) -> bool {
        let is_secret = |rival: &Rival| rival.mine.as_deref() == Some(SECRET);
        self.rivals.iter().any(is_secret)
    }
}

/// A setting that somebody else changed, and that is otherwise in what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rival {
    /// Its name, in the words of the schema.
    pub label: String,
    /// Its place, as a JSON Pointer.
    pub pointer: String,
    /// What they saved; `None` where they took it away.
    pub theirs: Option<String>,
    /// What was typed, or was there before; `None` for nothing.
    pub mine: Option<String>,
    /// Whether it was changed here too.
    pub is_touched: bool,
}

/// A configuration as a form.
#[derive(Template)]
#[template(path = "plugins/config.html")]
pub struct ConfigPage {
    layout: Layout,
    plugin: Plugin,
    form: Option<Rendered>,
    is_wrong: bool,
    overtaken: Option<Overtaken>,
    refusal: String,
    seen: i64,
    note: String,
}

impl ConfigPage {
    /// With the form as it stands; `None` for a plugin that has nothing to configure.
    ///
    /// # Errors
    /// When the form's template fails.
    pub fn new(layout: Layout, plugin: Plugin, form: Option<&Form>) -> Result<Self, Error> {
        let address = format!("/plugins/{}/config", plugin.id);
        Ok(Self {
            layout,
            form: form.map(|form| region(form, &address)).transpose()?,
            is_wrong: form.is_some_and(|form| !form.summary.is_empty()),
            seen: plugin.config_version,
            note: String::new(),
            plugin,
            overtaken: None,
            refusal: String::new(),
        })
    }

    /// Says that somebody else saved in between.
    pub fn overtaken(mut self, overtaken: Overtaken) -> Self {
        self.overtaken = Some(overtaken);
        self
    }

    /// Says which version the form was rendered from.
    pub fn seen(mut self, version: i64) -> Self {
        self.seen = version;
        self
    }

    /// Keeps the note that was typed.
    pub fn note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    /// Says why it was not saved.
    pub fn refused(mut self, refusal: String) -> Self {
        self.refusal = refusal;
        self
    }
}
