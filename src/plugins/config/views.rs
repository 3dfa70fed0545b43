//! The pages of a configuration.

use askama::Template;

use super::Differing;
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
    /// Where it differs from what was typed.
    pub differing: Vec<Differing>,
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

    /// Says why it was not saved.
    pub fn refused(mut self, refusal: String) -> Self {
        self.refusal = refusal;
        self
    }
}
