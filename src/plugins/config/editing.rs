//! One edit on its way, as a form or as text: what it was made from, what was typed, and what others
//! did since.

use std::sync::Arc;

use serde_json::Value;

use super::difference::Difference;
use super::keeping::{self, Fault, Wanted};
use super::since::Since;
use super::telling::Shown;
use super::text::{self, Mistake};
use super::views::{ConfigPage, Overtaken, Rival, Tab};
use super::{covering, merging, schemas};
use crate::error::Error;
use crate::page::{Layout, Posted};
use crate::plugins::schema::{self, Answer, Compiled, Form};
use crate::plugins::store::Plugin;
use crate::plugins::versions::Version;
use crate::vault::{Opened, Vault};

/// A posted form beside the plugin as it is now.
pub struct Editing<'a> {
    vault: &'a Vault,
    posted: &'a Posted,
    plugin: Plugin,
    compiled: Arc<Compiled>,
    tab: Tab,
    /// The version that was in use when the form was rendered.
    seen: i64,
    base: Opened,
    /// What the form was filled with, where that is an earlier version.
    restored: Option<(Version, Opened)>,
    /// The version that was kept last, where that is another.
    latest: Option<Version>,
}

/// What an edit comes to.
pub enum Outcome {
    /// Keep this document.
    Keep(Value),
    /// Show the form again with what was typed.
    Show(Box<Form>),
    /// Show the text again, and what is wrong with it.
    Mistaken(Vec<Mistake>),
    /// Somebody else saved in between: show both.
    Overtaken(Value),
    /// Both together are not valid.
    Refused(Vec<Fault>),
}

impl<'a> Editing<'a> {
    /// `None` for a plugin without a schema that can be used; then there is no form.
    pub fn new(
        vault: &'a Vault,
        plugin: &Plugin,
        posted: &'a Posted,
        tab: Tab,
        since: Since,
    ) -> Option<Self> {
        let compiled = schemas::of(plugin)?;
        let base = since.base.as_ref().unwrap_or(&plugin.config);
        let restored = since.restored.map(|version| {
            let opened = keeping::opened(vault, plugin, &compiled, &version.config);
            (version, opened)
        });
        Some(Self {
            base: keeping::opened(vault, plugin, &compiled, base),
            restored,
            tab,
            vault,
            posted,
            plugin: plugin.clone(),
            compiled,
            seen: since.seen,
            latest: since.latest,
        })
    }

    /// The plugin as it is now.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The schema.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// Why it is saved, in the person's words.
    pub fn note(&self) -> &str {
        self.posted.text("note").trim()
    }

    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        let mine = match self.tab {
            Tab::Form => match schema::post(&self.compiled, self.filling(), self.posted.pairs()) {
                Answer::Refuse(form) | Answer::Show(form) => return Outcome::Show(Box::new(form)),
                Answer::Save(saved) => saved.value,
            },
            Tab::Json => match text::read(&self.compiled, self.document(), &self.base.document) {
                Ok(value) => value,
                Err(wrong) => return Outcome::Mistaken(wrong.mistakes(&self.shown_text())),
            },
        };
        match self.latest.is_none() {
            true => Outcome::Keep(mine),
            false => self.merged(mine),
        }
    }

    /// What the form was filled with.
    fn filling(&self) -> &Value {
        let restored = self.restored.as_ref().map(|(_, opened)| &opened.document);
        restored.unwrap_or(&self.base.document)
    }

    fn document(&self) -> &str {
        self.posted.text("document")
    }

    /// The text that was typed, as it may be shown.
    fn shown_text(&self) -> String {
        let schema = self.plugin.config_schema();
        covering::redacted(&self.compiled, schema, self.document(), &self.base.document)
    }

    /// Mine and theirs together: each of their changes as it was chosen, where that was asked.
    fn merged(&self, mut mine: Value) -> Outcome {
        let theirs = self.theirs();
        let rivals = self.rivals(&mine, &theirs);
        let asked = self.posted.text("overtaken") == self.plugin.config_version.to_string();
        if !rivals.is_empty() && !asked {
            return Outcome::Overtaken(mine);
        }
        for (index, change) in rivals.iter().enumerate() {
            let is_mine = match self.posted.text(&format!("choose.{index}")) {
                "mine" => true,
                "theirs" => false,
                _ => self.is_touched(&mine, change),
            };
            if !is_mine {
                merging::take(&mut mine, &theirs, change);
            }
        }
        let problems = schema::problems(&self.compiled, &mine, &theirs);
        match problems.is_empty() {
            true => Outcome::Keep(mine),
            false => Outcome::Refused(problems.into_iter().map(Fault::of).collect()),
        }
    }

    fn theirs(&self) -> Value {
        keeping::opened(
            self.vault,
            &self.plugin,
            &self.compiled,
            &self.plugin.config,
        )
        .document
    }

    /// What the others changed and is not so in `mine` too.
    fn rivals(&self, mine: &Value, theirs: &Value) -> Vec<Difference> {
        let mut changes = merging::changed(&self.base.document, theirs);
        changes.retain(|change| !is_alike(mine, theirs, &change.pointer));
        changes
    }

    fn is_touched(&self, mine: &Value, change: &Difference) -> bool {
        !is_alike(mine, &self.base.document, &change.pointer)
    }

    /// The page with what was typed.
    ///
    /// # Errors
    /// When a template fails.
    pub fn page(&self, layout: Layout, form: Option<Form>) -> Result<ConfigPage, Error> {
        let page = match self.tab {
            Tab::Json => ConfigPage::text(layout, self.plugin.clone(), self.shown_text()),
            Tab::Form => {
                let form = form.unwrap_or_else(|| self.typed());
                ConfigPage::new(layout, self.plugin.clone(), Some(&form))?
            }
        };
        let restored = self.restored.as_ref().map(|(version, _)| version.number);
        Ok(page.seen(self.seen).note(self.note()).restores(restored))
    }

    /// That page, with why it was not saved.
    ///
    /// # Errors
    /// When a template fails.
    pub fn refused(&self, layout: Layout, faults: &[Fault]) -> Result<ConfigPage, Error> {
        let page = self.page(layout, None)?;
        Ok(match self.tab {
            Tab::Form => page.refused(Fault::all(faults)),
            Tab::Json => page.mistaken(text::mistakes(faults, &self.shown_text())),
        })
    }

    /// That page, which also says what others changed.
    ///
    /// # Errors
    /// When a template fails.
    pub fn overtaken(&self, layout: Layout, mine: &Value) -> Result<ConfigPage, Error> {
        let theirs = self.theirs();
        let (shown_mine, shown_theirs) = (self.shown(mine), self.shown(&theirs));
        let rival = |change: &Difference| Rival {
            label: match shown_theirs.label(&change.pointer) {
                label if label == change.pointer => shown_mine.label(&change.pointer),
                label => label,
            },
            pointer: change.pointer.clone(),
            theirs: shown_theirs.at(&change.pointer),
            mine: shown_mine.at(&change.pointer),
            is_touched: self.is_touched(mine, change),
        };
        let rivals = self.rivals(mine, &theirs);
        let latest = self.latest.as_ref();
        Ok(self.page(layout, None)?.overtaken(Overtaken {
            by: latest.map(|version| (version.actor.clone(), version.created_at)),
            rivals: rivals.iter().map(rival).collect(),
        }))
    }

    fn shown(&self, document: &Value) -> Shown {
        Shown::of(document, Some(&self.compiled))
    }

    /// The form as it was typed. As if “show” were pressed, which changes nothing: so it comes back
    /// though nothing is wrong.
    fn typed(&self) -> Form {
        let mut pairs = self.posted.pairs().to_vec();
        if !presses_a_button(self.posted) {
            pairs.push(("action".to_owned(), "show ".to_owned()));
        }
        match schema::post(&self.compiled, self.filling(), &pairs) {
            Answer::Show(form) | Answer::Refuse(form) => form,
            Answer::Save(saved) => schema::render(&self.compiled, &saved.value),
        }
    }

    /// What is to be kept.
    pub fn wanted<'v>(&'v self, value: &'v Value) -> Wanted<'v> {
        let restored = self.restored.as_ref().map(|(version, _)| &version.config.0);
        Wanted {
            value,
            note: self.note(),
            origins: restored.into_iter().collect(),
        }
    }
}

/// Whether a button was pressed that changes the form and saves nothing.
pub fn presses_a_button(posted: &Posted) -> bool {
    posted.all("action").any(|action| action.contains(' '))
}

fn is_alike(left: &Value, right: &Value, pointer: &str) -> bool {
    match (left.pointer(pointer), right.pointer(pointer)) {
        (Some(left), Some(right)) => schema::same(left, right),
        (left, right) => left.is_none() && right.is_none(),
    }
}
