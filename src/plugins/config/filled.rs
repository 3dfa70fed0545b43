//! Forms as they are opened: with what is in use, or with an earlier version that has to be put right.

use serde_json::Value;

use super::keeping::{self, Fault};
use super::schemas;
use super::views::ConfigPage;
use crate::error::Error;
use crate::page::Layout;
use crate::plugins::schema::{self, Compiled, Form, Problem};
use crate::plugins::store::Plugin;
use crate::plugins::versions::Version;
use crate::vault::{Opened, Vault, marks};

/// The form of a configuration as it is, which says of each secret who set it and when.
pub fn form(vault: &Vault, plugin: &Plugin, compiled: &Compiled) -> Form {
    let opened = keeping::opened(vault, plugin, compiled, &plugin.config);
    let mut form = schema::render(compiled, &opened.document);
    tell_secrets(&mut form, &plugin.config, &opened);
    form
}

/// The page with what an earlier version holds and why that does not fit, to be put right and saved.
///
/// # Errors
/// When a template fails.
pub fn mending(
    vault: &Vault,
    plugin: &Plugin,
    version: &Version,
    (note, faults): (&str, &[Fault]),
    layout: Layout,
) -> Result<Option<ConfigPage>, Error> {
    let Some(compiled) = schemas::of(plugin) else {
        return Ok(None);
    };
    let opened = keeping::opened(vault, plugin, &compiled, &version.config);
    let problems: Vec<Problem> = faults.iter().map(Problem::from).collect();
    let mut form = schema::render_wrong(&compiled, &opened.document, &problems);
    tell_secrets(&mut form, &version.config, &opened);
    let page = ConfigPage::new(layout, plugin.clone(), Some(&form))?;
    Ok(Some(page.restores(Some(version.number)).note(note)))
}

fn tell_secrets(form: &mut Form, config: &Value, opened: &Opened) {
    let marks = marks(config);
    form.tell_secrets(&|pointer| {
        if opened.unreadable.iter().any(|secret| secret.pointer == pointer) {
            return Some("It cannot be read with the present key: it is kept as it is until the key is back, or until you type it again.".to_owned());
        }
        let mark = marks.iter().find(|mark| mark.pointer == pointer)?;
        Some(format!("Set on {} by {}.", mark.set_at.full(), mark.set_by))
    });
}
