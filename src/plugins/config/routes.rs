//! A plugin's configuration, for maintainers.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::editing::{Editing, Outcome, presses_a_button};
use super::filled;
use super::keeping::{self, Fault, Kept, Wanted};
use super::since::Since;
use super::telling::Shown;
use super::views::{ConfigPage, SchemaPage, Tab};
use super::{merging, schemas};
use crate::auth::Maintainer;
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::{self, Flash, Layout, Posted};
use crate::plugins::schema::{self, Compiled};
use crate::plugins::store::{self, Plugin};
use crate::vault::{Sealer, Vault};

/// GET `/plugins/{id}/config`
pub async fn show(
    _: Maintainer,
    db: Data<Db>,
    vault: Data<Vault>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(&db, &id).await?;
    let form = schemas::of(&plugin).map(|compiled| filled::form(&vault, &plugin, &compiled));
    page::page(&ConfigPage::new(layout, plugin, form.as_ref())?)
}

/// GET `/plugins/{id}/config/json`
pub async fn show_text(
    _: Maintainer,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(&db, &id).await?;
    match schemas::of(&plugin) {
        None => page::page(&ConfigPage::empty(layout, plugin, Tab::Json)),
        Some(compiled) => {
            let text = Shown::of(&plugin.config, Some(&compiled)).text();
            page::page(&ConfigPage::text(layout, plugin, text))
        }
    }
}

/// GET `/plugins/{id}/config/schema`
pub async fn show_schema(
    _: Maintainer,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(&db, &id).await?;
    let is_usable = schemas::of(&plugin).is_some();
    page::page(&SchemaPage::new(layout, plugin, is_usable))
}

/// POST `/plugins/{id}/config`: saves, or presses a button that only changes the form.
pub async fn save(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    vault: Data<Vault>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let layout = Layout::of(&request);
    if presses_a_button(&posted) {
        return press(&db, &vault, &id, &posted, layout).await;
    }
    let change = Change::begin(&db, &maintainer.actor()).await?;
    keep(change, &vault, &id, &posted, Tab::Form, layout).await
}

/// POST `/plugins/{id}/config/json`: the field `document` takes the place of all that is there.
/// `{"$secret": "<pointer>"}` in it stands for the secret that is there already; one that nothing
/// stands for is taken away.
pub async fn save_text(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    vault: Data<Vault>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let change = Change::begin(&db, &maintainer.actor()).await?;
    let layout = Layout::of(&request);
    keep(change, &vault, &id, &posted, Tab::Json, layout).await
}

async fn keep(
    mut change: Change,
    vault: &Vault,
    id: &str,
    posted: &Posted,
    tab: Tab,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let sealer = vault.lock(&mut change).await?;
    let plugin = store::find_to_change(&mut change, id).await?;
    let since = Since::within(&mut change, &plugin, posted).await?;
    match Editing::new(vault, &plugin, posted, tab, since) {
        Some(editing) => settle(change, &sealer, &editing, layout).await,
        None => page::refused(&ConfigPage::empty(layout, plugin, tab)),
    }
}

/// Does what the form comes to.
async fn settle(
    mut change: Change,
    sealer: &Sealer,
    editing: &Editing<'_>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    match editing.outcome() {
        Outcome::Keep(value) => {
            let wanted = editing.wanted(&value);
            let (plugin, compiled) = (editing.plugin(), editing.compiled());
            match keeping::keep(&mut change, sealer, plugin, compiled, &wanted).await? {
                Kept::Refused(faults) => page::refused(&editing.refused(layout, &faults)?),
                kept => finish(change, plugin, kept).await,
            }
        }
        Outcome::Show(form) => page::refused(&editing.page(layout, Some(*form))?),
        Outcome::Mistaken(all) => page::refused(&editing.page(layout, None)?.mistaken(all)),
        Outcome::Overtaken(mine) => page::refused(&editing.overtaken(layout, &mine)?),
        Outcome::Refused(faults) => page::refused(&editing.refused(layout, &faults)?),
    }
}

/// The form as a button changed it.
async fn press(
    db: &Db,
    vault: &Vault,
    id: &str,
    posted: &Posted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(db, id).await?;
    let since = Since::read(db, &plugin, posted).await?;
    match Editing::new(vault, &plugin, posted, Tab::Form, since) {
        Some(editing) => page::page(&editing.page(layout, None)?),
        None => page::refused(&ConfigPage::empty(layout, plugin, Tab::Form)),
    }
}

/// Commits what was kept, and leads to the plugin.
pub(crate) async fn finish(
    change: Change,
    plugin: &Plugin,
    kept: Kept,
) -> Result<HttpResponse, Error> {
    let address = format!("/plugins/{}", plugin.id);
    match kept {
        Kept::Version(event) => {
            change.commit(event).await?;
            Ok(page::see_with(&address, Flash::Saved))
        }
        Kept::Already | Kept::Refused(_) => {
            change.abandon();
            Ok(page::see_with(&address, Flash::Unchanged))
        }
    }
}

/// POST `/plugins/{id}/config/merge`: a script's JSON object in the field `document` takes the place
/// of the members it names, and all others stay: the shallow merge that partial updates always meant.
///
/// A form's own POST means the same for single settings; this is for whole members at once, in JSON.
/// `{"$secret": "<pointer>"}` in it stands for the secret that is there already.
pub async fn merge(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    vault: Data<Vault>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let sealer = vault.lock(&mut change).await?;
    let plugin = store::find_to_change(&mut change, &id).await?;
    match keep_merged(&mut change, &vault, &sealer, &plugin, &posted).await? {
        Kept::Refused(faults) => {
            let form = schemas::of(&plugin);
            let form = form.map(|compiled| filled::form(&vault, &plugin, &compiled));
            let page = ConfigPage::new(Layout::of(&request), plugin, form.as_ref())?;
            page::refused(&page.refused(Fault::all(&faults)))
        }
        kept => finish(change, &plugin, kept).await,
    }
}

async fn keep_merged(
    change: &mut Change,
    vault: &Vault,
    sealer: &Sealer,
    plugin: &Plugin,
    posted: &Posted,
) -> Result<Kept, Error> {
    let Some(compiled) = schemas::of(plugin) else {
        return Ok(Kept::Refused(vec![Fault::whole(NOTHING)]));
    };
    match merged(vault, plugin, &compiled, posted) {
        Err(faults) => Ok(Kept::Refused(faults)),
        Ok(value) => {
            let wanted = Wanted {
                value: &value,
                note: posted.text("note").trim(),
                origins: Vec::new(),
            };
            keeping::keep(change, sealer, plugin, &compiled, &wanted).await
        }
    }
}

const NOTHING: &str =
    "This plugin has nothing to configure: it has no configuration schema that can be used.";

fn merged(
    vault: &Vault,
    plugin: &Plugin,
    compiled: &Compiled,
    posted: &Posted,
) -> Result<Value, Vec<Fault>> {
    let document = schema::parse_document(posted.text("document")).map_err(|wrong| {
        let place = format!("line {}, character {}", wrong.line, wrong.column);
        vec![Fault::whole(&format!(
            "The field document, {place}: {}",
            wrong.message
        ))]
    })?;
    let Value::Object(part) = document.value else {
        return Err(vec![Fault::whole(
            "The field document must be a JSON object.",
        )]);
    };
    let stored = keeping::opened(vault, plugin, compiled, &plugin.config).document;
    let whole = merging::shallow(&stored, &part);
    let whole = schema::reveal(compiled, &whole, &stored);
    let problems = schema::problems(compiled, &whole, &stored);
    match problems.is_empty() {
        true => Ok(whole),
        false => Err(problems.into_iter().map(Fault::of).collect()),
    }
}
