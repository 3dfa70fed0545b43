//! The pages of a configuration.

use askama::Template;

use super::covering::AGAIN;
use super::telling::SECRET;
use super::text::Mistake;
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

/// A way to see and change a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// A control for each setting.
    Form,
    /// All of it as text.
    Json,
}

impl Tab {
    const fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Json => "json",
        }
    }

    fn address(self, plugin: &Plugin) -> String {
        match self {
            Self::Form => format!("/plugins/{}/config", plugin.id),
            Self::Json => format!("/plugins/{}/config/json", plugin.id),
        }
    }
}

/// A configuration, to be changed.
#[derive(Template)]
#[template(path = "plugins/config.html")]
pub struct ConfigPage {
    layout: Layout,
    plugin: Plugin,
    tab: Tab,
    form: Option<Rendered>,
    text: Option<String>,
    mistakes: Vec<Mistake>,
    is_wrong: bool,
    overtaken: Option<Overtaken>,
    refusal: String,
    seen: i64,
    restores: Option<i64>,
    note: String,
}

impl ConfigPage {
    /// With the form as it stands; `None` for a plugin that has nothing to configure.
    ///
    /// # Errors
    /// When the form's template fails.
    pub fn new(layout: Layout, plugin: Plugin, form: Option<&Form>) -> Result<Self, Error> {
        let address = Tab::Form.address(&plugin);
        Ok(Self {
            form: form.map(|form| region(form, &address)).transpose()?,
            is_wrong: form.is_some_and(|form| !form.summary.is_empty()),
            ..Self::empty(layout, plugin, Tab::Form)
        })
    }

    /// With the configuration as text, without its secrets.
    pub fn text(layout: Layout, plugin: Plugin, text: String) -> Self {
        Self {
            text: Some(text),
            ..Self::empty(layout, plugin, Tab::Json)
        }
    }

    /// For a plugin that has nothing to configure.
    pub fn empty(layout: Layout, plugin: Plugin, tab: Tab) -> Self {
        Self {
            layout,
            seen: plugin.config_version,
            plugin,
            tab,
            form: None,
            text: None,
            mistakes: Vec::new(),
            is_wrong: false,
            overtaken: None,
            refusal: String::new(),
            restores: None,
            note: String::new(),
        }
    }

    /// Says what is wrong with the text.
    pub fn mistaken(mut self, mistakes: Vec<Mistake>) -> Self {
        self.is_wrong = !mistakes.is_empty();
        self.mistakes = mistakes;
        self
    }

    /// Says of which earlier version this is the content.
    pub fn restores(mut self, version: Option<i64>) -> Self {
        self.restores = version;
        self
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

    /// The lines of the text, within what a screen can show.
    fn rows(&self) -> usize {
        let lines = self.text.as_deref().map_or(0, |text| text.lines().count());
        (lines + 2).clamp(12, 32)
    }

    fn has_secrets(&self) -> bool {
        let text = self.text.as_deref().unwrap_or_default();
        text.contains("$secret")
    }

    /// Whether something was typed that is not shown again.
    fn hides_secrets(&self) -> bool {
        self.text
            .as_deref()
            .is_some_and(|text| text.contains(AGAIN))
    }

    /// Says why it was not saved.
    pub fn refused(mut self, refusal: String) -> Self {
        self.refusal = refusal;
        self
    }
}

/// What a plugin's configuration may hold, as its manifest says it.
#[derive(Template)]
#[template(path = "plugins/schema.html")]
pub struct SchemaPage {
    layout: Layout,
    plugin: Plugin,
    is_usable: bool,
}

impl SchemaPage {
    /// `is_usable` says whether forms can be made from it.
    pub fn new(layout: Layout, plugin: Plugin, is_usable: bool) -> Self {
        Self {
            layout,
            plugin,
            is_usable,
        }
    }

    /// In lines; `None` where the manifest has none.
    fn schema(&self) -> Option<String> {
        let schema = self.plugin.config_schema()?;
        serde_json::to_string_pretty(schema).ok()
    }
}
