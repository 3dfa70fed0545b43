//! The pages of plugins.

use askama::Template;

use super::config::summary::Group;
use super::form::InstallForm;
use super::manifest::Dependency;
use super::permission;
use super::query::Asked;
use super::store::tasks::{OpenTask, SHOWN};
use super::store::{Listed, Plugin};
use super::{Kind, Status};
use crate::db::Timestamp;
use crate::events::Sentence;
use crate::page::{Cursor, Layout, Paged, Problems};
use crate::vault::Unreadable;

/// A list of plugins, with what was asked for.
#[derive(Debug)]
pub struct List {
    plugins: Paged<Listed>,
    asked: Asked,
    problems: Problems,
    here: String,
    newest: Option<String>,
    older: Option<String>,
}

impl List {
    /// Nothing, because it cannot be understood what was asked for.
    pub fn refused(asked: Asked, problems: Problems) -> Self {
        let nothing = Paged::new(Vec::new(), |_| Cursor::start());
        Self {
            problems,
            ..Self::new(nothing, asked, &Cursor::start())
        }
    }

    /// What is wrong with the places that were asked for in the address.
    fn place_problems(&self) -> Vec<(&str, &str)> {
        let mut problems = self.problems.list();
        problems.retain(|(field, _)| field.starts_with("config."));
        problems
    }

    /// One page of them.
    pub fn new(plugins: Paged<Listed>, asked: Asked, before: &Cursor) -> Self {
        let place = |cursor: &Cursor| asked.address(&cursor.to_string());
        let older = plugins.older.as_ref().map(place);
        let newest = (!before.is_start()).then(|| asked.address(""));
        let here = match before.is_start() {
            true => asked.address(""),
            false => place(before),
        };
        Self {
            plugins,
            asked,
            problems: Problems::default(),
            here,
            newest,
            older,
        }
    }
}

/// All plugins that fit.
#[derive(Template)]
#[template(path = "plugins/list.html")]
pub struct ListPage {
    layout: Layout,
    list: List,
}

impl ListPage {
    /// One page of the list.
    pub fn new(layout: Layout, list: List) -> Self {
        Self { layout, list }
    }

    /// Every status, for the filter.
    fn statuses(&self) -> [Status; 8] {
        Status::ALL
    }

    /// Every type, for the filter.
    fn kinds(&self) -> [Kind; 4] {
        Kind::ALL
    }
}

/// The part of the list that changes by itself.
#[derive(Template)]
#[template(path = "plugins/list.html", block = "list")]
pub struct ListPart {
    layout: Layout,
    list: List,
}

impl ListPart {
    /// One page of the list.
    pub fn new(layout: Layout, list: List) -> Self {
        Self { layout, list }
    }
}

/// The form of an installation.
#[derive(Template)]
#[template(path = "plugins/new.html")]
pub struct NewPage {
    layout: Layout,
    form: InstallForm,
}

impl NewPage {
    /// With what was sent so far.
    pub fn new(layout: Layout, form: InstallForm) -> Self {
        Self { layout, form }
    }
}

/// A plugin with all that its page tells of it.
#[derive(Debug)]
pub struct Shown {
    /// The plugin.
    pub plugin: Plugin,
    /// Its configuration, line by line.
    pub settings: Vec<Group>,
    /// How many places of the configuration do not fit the schema yet.
    pub misfits: usize,
    /// The secrets of it that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// What it needs, and the version of it that is here.
    pub dependencies: Vec<(Dependency, Option<String>)>,
    /// The newest open tasks about it, and one more where there are others.
    pub tasks: Vec<OpenTask>,
    /// Its newest events.
    pub events: Vec<(Sentence, Timestamp)>,
    /// Why something was not done; empty where nothing was refused.
    pub refusal: String,
}

impl Shown {
    /// Whether there are more open tasks about it than its page has room for.
    fn has_more_tasks(&self) -> bool {
        self.tasks.len() > SHOWN
    }

    /// Those that it has room for.
    fn open_tasks(&self) -> &[OpenTask] {
        self.tasks.get(..SHOWN).unwrap_or(&self.tasks)
    }

    /// The list of the open tasks about it.
    fn tasks_address(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for status in ["pending", "in_progress", "blocked"] {
            query.append_pair("status", status);
        }
        query.append_pair("about", &self.plugin.id);
        format!("/tasks?{}", query.finish())
    }

    /// Each permission, with what it means where that is known.
    fn permissions(&self) -> Vec<(&str, Option<String>)> {
        let permissions = self.plugin.permissions().into_iter();
        permissions
            .map(|name| (name, permission::in_words(name)))
            .collect()
    }

    /// The status that a button offers, with its word.
    fn switch(&self) -> Option<(Status, &'static str)> {
        match self.plugin.status() {
            Status::Active => Some((Status::Disabled, "Switch off")),
            Status::Disabled => Some((Status::Active, "Switch on")),
            _ => None,
        }
    }

    /// Why it can be neither switched on nor off.
    fn stuck(&self) -> &'static str {
        self.plugin.status().may_be_switched().err().unwrap_or("")
    }

    fn text(&self, key: &str) -> &str {
        let value = self.plugin.manifest.get(key);
        value.and_then(serde_json::Value::as_str).unwrap_or("")
    }

    fn homepage(&self) -> &str {
        self.text("homepage")
    }

    fn entry_point(&self) -> &str {
        match self.text("entry_point") {
            "" => self.text("entry"),
            path => path,
        }
    }

    fn taylordash_version(&self) -> &str {
        self.text("taylordash_version")
    }

    fn has_install_hooks(&self) -> bool {
        self.plugin.manifest.get("install_hooks").is_some()
    }
}

/// One plugin.
#[derive(Template)]
#[template(path = "plugins/show.html")]
pub struct PluginPage {
    layout: Layout,
    shown: Shown,
}

impl PluginPage {
    /// With all that is told of it.
    pub fn new(layout: Layout, shown: Shown) -> Self {
        Self { layout, shown }
    }
}

/// The part of a plugin's page that changes by itself: all but the frame.
#[derive(Template)]
#[template(path = "plugins/show.html", block = "content")]
pub struct PluginPart {
    layout: Layout,
    shown: Shown,
}

impl PluginPart {
    /// With all that is told of it.
    pub fn new(layout: Layout, shown: Shown) -> Self {
        Self { layout, shown }
    }
}

/// Asks before a plugin is removed.
#[derive(Template)]
#[template(path = "plugins/deletion.html")]
pub struct DeletionPage {
    layout: Layout,
    plugin: Plugin,
}

impl DeletionPage {
    /// Of this plugin.
    pub fn new(layout: Layout, plugin: Plugin) -> Self {
        Self { layout, plugin }
    }
}
