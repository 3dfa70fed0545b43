//! Plugins: viewers look, maintainers configure and switch, admins install and remove.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::config::{schemas, summary};
use super::form::InstallForm;
use super::query::Asked;
use super::store::{self, Found, Plugin};
use super::upload::Upload;
use super::views::{
    DeletionPage, List, ListPage, ListPart, NewPage, PluginPage, PluginPart, Shown,
};
use super::{changes, manifest, schema, sealing};
use crate::auth::{Admin, Confirmed, Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::{self, Change};
use crate::page::{self, Cursor, Flash, Layout, Posted, Wanted};
use crate::vault::{Sealer, Vault};

/// How many of its events a plugin's page tells.
const EVENTS: i64 = 12;

/// GET `/plugins`
pub async fn list(
    _: Viewer,
    db: Data<Db>,
    asked: Asked,
    before: Cursor,
    layout: Layout,
    wanted: Wanted,
) -> Result<HttpResponse, Error> {
    let search = match asked.config.read() {
        Ok(search) => search,
        Err(problems) => return refused(wanted, layout, List::refused(asked, problems)),
    };
    let plugins = store::page(&db, &asked.wish(search)?, &before).await?;
    let list = List::new(plugins, asked, &before);
    match wanted {
        Wanted::Page => page::page(&ListPage::new(layout, list)),
        Wanted::Part => page::page(&ListPart::new(layout, list)),
    }
}

fn refused(wanted: Wanted, layout: Layout, list: List) -> Result<HttpResponse, Error> {
    match wanted {
        Wanted::Page => page::refused(&ListPage::new(layout, list)),
        Wanted::Part => page::refused(&ListPart::new(layout, list)),
    }
}

/// GET `/plugins/new`
pub async fn new(_: Admin, layout: Layout) -> Result<HttpResponse, Error> {
    page::page(&NewPage::new(layout, InstallForm::blank()))
}

/// POST `/plugins`
pub async fn install(
    admin: Confirmed<Admin>,
    request: HttpRequest,
    db: Data<Db>,
    vault: Data<Vault>,
    upload: Upload,
) -> Result<HttpResponse, Error> {
    let (form, manifest) = match InstallForm::read(&upload) {
        Ok(read) => read,
        Err(form) => return page::refused(&NewPage::new(Layout::of(&request), form)),
    };
    let address = format!("/plugins/{}", manifest.id);
    let mut change = Change::begin(&db, &admin.actor()).await?;
    let sealer = vault.lock(&mut change).await?;
    let status = manifest.first_status();
    match store::install(&mut change, &manifest, form.once(), status).await? {
        Found::Nothing => change.commit(changes::installed(&manifest, status)).await?,
        Found::Older(older) => {
            seal_anew(&mut change, &sealer, &manifest).await?;
            change.commit(changes::updated(&older, &manifest)).await?;
        }
        Found::Itself => change.abandon(),
    }
    Ok(page::see_with(&address, Flash::Installed))
}

/// What its schema says is a secret may have been none before.
async fn seal_anew(
    change: &mut Change,
    sealer: &Sealer,
    manifest: &manifest::Manifest,
) -> Result<(), Error> {
    let plugin = store::find_in(change, &manifest.id).await?;
    let Some(compiled) = schemas::of(&plugin) else {
        return Ok(());
    };
    let secrets = |config: &Value| schema::secrets(&compiled, config);
    sealing::seal_anew(change, sealer, &plugin.id, &secrets).await
}

/// GET `/plugins/{id}`
pub async fn show(
    _: Viewer,
    db: Data<Db>,
    vault: Data<Vault>,
    id: Path<String>,
    layout: Layout,
    wanted: Wanted,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(&db, &id).await?;
    let mut shown = shown(&db, plugin, String::new()).await?;
    shown.unreadable = vault.unreadable(&shown.plugin.id, &shown.plugin.config);
    match wanted {
        Wanted::Page => page::page(&PluginPage::new(layout, shown)),
        Wanted::Part => page::page(&PluginPart::new(layout, shown)),
    }
}

/// Everything that is told of a plugin; `refusal` says why something was not done.
async fn shown(db: &Db, plugin: Plugin, refusal: String) -> Result<Shown, Error> {
    let events = events::store::of_subject(db, &format!("plugin/{}", plugin.id), EVENTS).await?;
    let mut dependencies = Vec::new();
    for dependency in manifest::dependencies(&plugin.manifest) {
        let version = store::version(db, &dependency.id).await?;
        dependencies.push((dependency, version));
    }
    let (settings, misfits) = configuration(&plugin);
    Ok(Shown {
        tasks: store::tasks::about(db, &plugin.id).await?,
        events: events
            .iter()
            .map(|event| (event.sentence(), event.created_at))
            .collect(),
        dependencies,
        settings,
        misfits,
        unreadable: Vec::new(),
        plugin,
        refusal,
    })
}

/// A plugin's configuration line by line, and how many places of it do not fit its schema.
fn configuration(plugin: &Plugin) -> (Vec<summary::Group>, usize) {
    let compiled = schemas::of(plugin);
    let misfits = compiled.as_ref().map_or(0, |compiled| {
        schema::problems(compiled, &plugin.config, &plugin.config).len()
    });
    let settings = summary::groups(&plugin.config, compiled.as_deref());
    (settings, misfits)
}

/// POST `/plugins/{id}/status`
pub async fn set_status(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let plugin = store::find_to_change(&mut change, &id).await?;
    let address = format!("/plugins/{}", plugin.id);
    let status = match plugin.status().switched(posted.text("status")) {
        Ok(status) => status,
        Err(refusal) => {
            change.abandon();
            let shown = shown(&db, plugin, refusal).await?;
            return page::refused(&PluginPage::new(Layout::of(&request), shown));
        }
    };
    if status == plugin.status() {
        return Ok(page::see_with(&address, Flash::Unchanged));
    }
    store::set_status(&mut change, &plugin.id, status).await?;
    change
        .commit(changes::status_changed(&plugin, status))
        .await?;
    Ok(page::see_with(&address, Flash::Saved))
}

/// GET `/plugins/{id}/deletion`
pub async fn ask_deletion(
    _: Admin,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(&db, &id).await?;
    page::page(&DeletionPage::new(layout, plugin))
}

/// POST `/plugins/{id}/deletion`
pub async fn delete(
    admin: Admin,
    db: Data<Db>,
    id: Path<String>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &admin.actor()).await?;
    let plugin = store::delete(&mut change, &id).await?;
    change.commit(changes::deleted(&plugin)).await?;
    Ok(page::see_with("/plugins", Flash::Deleted))
}
