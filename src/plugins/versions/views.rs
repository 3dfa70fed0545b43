//! The pages of versions.

use askama::Template;

use super::store::{Listed, Version};
use super::telling::{Side, Told};
use crate::page::Layout;
use crate::plugins::store::Plugin;

/// All versions of one plugin's configuration.
#[derive(Template)]
#[template(path = "plugins/versions/list.html")]
pub struct HistoryPage {
    layout: Layout,
    plugin: Plugin,
    versions: Vec<Listed>,
    newest: Option<String>,
    older: Option<String>,
}

impl HistoryPage {
    /// One page of them; `more` says whether others follow.
    pub fn new(
        layout: Layout,
        plugin: Plugin,
        versions: Vec<Listed>,
        first: bool,
        more: bool,
    ) -> Self {
        let address = format!("/plugins/{}/versions", plugin.id);
        let last = versions.last().filter(|_| more);
        Self {
            older: last.map(|version| format!("{address}?before={}", version.number)),
            newest: (!first).then_some(address),
            layout,
            plugin,
            versions,
        }
    }
}

/// One version: what it changed, what it holds, and the way back to it.
#[derive(Template)]
#[template(path = "plugins/versions/show.html")]
pub struct VersionPage {
    layout: Layout,
    plugin: Plugin,
    version: Version,
    changes: Vec<Told>,
    document: String,
    faults: Vec<String>,
}

impl VersionPage {
    /// `document` is without its secrets.
    pub fn new(
        layout: Layout,
        plugin: Plugin,
        version: Version,
        changes: Vec<Told>,
        document: String,
    ) -> Self {
        Self {
            layout,
            plugin,
            version,
            changes,
            document,
            faults: Vec::new(),
        }
    }

    /// Says why it was not restored.
    pub fn refused(mut self, faults: Vec<String>) -> Self {
        self.faults = faults;
        self
    }

    fn is_present(&self) -> bool {
        self.version.number == self.plugin.config_version
    }
}

/// Two versions side by side, or one and the defaults.
#[derive(Template)]
#[template(path = "plugins/versions/compare.html")]
pub struct ComparePage {
    layout: Layout,
    plugin: Plugin,
    from: Side,
    to: Side,
    changes: Vec<Told>,
}

impl ComparePage {
    /// Where `to` differs from `from`.
    pub fn new(layout: Layout, plugin: Plugin, from: Side, to: Side, changes: Vec<Told>) -> Self {
        Self {
            layout,
            plugin,
            from,
            to,
            changes,
        }
    }
}
