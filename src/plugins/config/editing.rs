//! One form on its way: what it was rendered from, what was typed, and what others did since.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::difference::Difference;
use super::keeping::{self, Fault, Wanted};
use super::telling::Shown;
use super::views::{ConfigPage, Overtaken, Rival};
use super::{merging, schemas};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::{Layout, Posted};
use crate::plugins::schema::{self, Answer, Compiled, Form};
use crate::plugins::store::Plugin;
use crate::plugins::versions::{self, Version};
use crate::vault::{Opened, Vault, marks};

/// A posted form beside the plugin as it is now.
pub struct Editing<'a> {
    vault: &'a Vault,
    posted: &'a Posted,
    plugin: Plugin,
    compiled: Arc<Compiled>,
    /// The version that the form was rendered from.
    seen: i64,
    base: Opened,
    /// The version that was kept last, where that is another.
    latest: Option<Version>,
}

/// What was kept since a form was rendered.
#[derive(Debug)]
pub struct Since {
    seen: i64,
    base: Option<Value>,
    latest: Option<Version>,
}

impl Since {
    /// For a save.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn within(
        change: &mut Change,
        plugin: &Plugin,
        posted: &Posted,
    ) -> Result<Self, Error> {
        let seen = seen(plugin, posted);
        if seen == plugin.config_version {
            return Ok(Self::of(seen, None, None));
        }
        let base = versions::store::find_in(change, &plugin.id, seen).await?;
        let latest = versions::store::find_in(change, &plugin.id, plugin.config_version).await?;
        Ok(Self::of(seen, base, latest))
    }

    /// For a look.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(db: &Db, plugin: &Plugin, posted: &Posted) -> Result<Self, Error> {
        let seen = seen(plugin, posted);
        match versions::store::find(db, &plugin.id, seen).await {
            Ok(base) if seen != plugin.config_version => Ok(Self::of(seen, Some(base), None)),
            Ok(_) | Err(Error::NotFound) => Ok(Self::of(seen, None, None)),
            Err(error) => Err(error),
        }
    }

    fn of(seen: i64, base: Option<Version>, latest: Option<Version>) -> Self {
        let base = base.map(|version| version.config.0);
        // Before the first save there was nothing, and no version tells of it.
        let nothing = || (seen == 0 && latest.is_some()).then(|| Value::Object(Map::new()));
        Self {
            seen,
            base: base.or_else(nothing),
            latest,
        }
    }
}

fn seen(plugin: &Plugin, posted: &Posted) -> i64 {
    let seen = posted.text("seen").trim().parse().ok();
    seen.unwrap_or(plugin.config_version)
}

/// What a form comes to.
pub enum Outcome {
    /// Keep this document.
    Keep(Value),
    /// Show the form again with what was typed.
    Show(Box<Form>),
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
        since: Since,
    ) -> Option<Self> {
        let compiled = schemas::of(plugin)?;
        let base = since.base.as_ref().unwrap_or(&plugin.config);
        Some(Self {
            base: keeping::opened(vault, plugin, &compiled, base),
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

    /// What the form comes to.
    pub fn outcome(&self) -> Outcome {
        let pairs = self.posted.pairs();
        match schema::post(&self.compiled, &self.base.document, pairs) {
            Answer::Refuse(form) | Answer::Show(form) => Outcome::Show(Box::new(form)),
            Answer::Save(saved) if self.latest.is_none() => Outcome::Keep(saved.value),
            Answer::Save(saved) => self.merged(saved.value),
        }
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

    /// The page with the form as it was typed.
    ///
    /// # Errors
    /// When a template fails.
    pub fn page(&self, layout: Layout, form: Option<Form>) -> Result<ConfigPage, Error> {
        let form = form.unwrap_or_else(|| self.typed());
        let page = ConfigPage::new(layout, self.plugin.clone(), Some(&form))?;
        Ok(page.seen(self.seen).note(self.note()))
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
        match schema::post(&self.compiled, &self.base.document, &pairs) {
            Answer::Show(form) | Answer::Refuse(form) => form,
            Answer::Save(saved) => schema::render(&self.compiled, &saved.value),
        }
    }

    /// What is to be kept.
    pub fn wanted<'v>(&'v self, value: &'v Value) -> Wanted<'v> {
        Wanted {
            value,
            note: self.note(),
            origins: &[],
        }
    }
}

/// Whether a button was pressed that changes the form and saves nothing.
pub fn presses_a_button(posted: &Posted) -> bool {
    posted.all("action").any(|action| action.contains(' '))
}

/// The form of a configuration as it is, which says of each secret who set it and when.
pub fn form(vault: &Vault, plugin: &Plugin, compiled: &Compiled) -> Form {
    let opened = keeping::opened(vault, plugin, compiled, &plugin.config);
    let mut form = schema::render(compiled, &opened.document);
    let marks = marks(&plugin.config);
    form.tell_secrets(&|pointer| {
        if opened.unreadable.iter().any(|secret| secret.pointer == pointer) {
            return Some("It cannot be read with the present key: it is kept as it is until the key is back, or until you type it again.".to_owned());
        }
        let mark = marks.iter().find(|mark| mark.pointer == pointer)?;
        Some(format!("Set on {} by {}.", mark.set_at.full(), mark.set_by))
    });
    form
}

fn is_alike(left: &Value, right: &Value, pointer: &str) -> bool {
    match (left.pointer(pointer), right.pointer(pointer)) {
        (Some(left), Some(right)) => schema::same(left, right),
        (left, right) => left.is_none() && right.is_none(),
    }
}
