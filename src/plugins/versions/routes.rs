//! The versions of a configuration: viewers look, maintainers restore.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::store::{self as versions, Version};
use super::telling::{Side, Told, defaults, told};
use super::views::{ComparePage, HistoryPage, VersionPage};
use crate::auth::{Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::{self, Layout, Posted};
use crate::plugins::config::keeping::{self, Fault, Kept, Wanted};
use crate::plugins::config::mending;
use crate::plugins::config::routes::finish;
use crate::plugins::config::schemas;
use crate::plugins::config::telling::Shown;
use crate::plugins::schema;
use crate::plugins::store::{self, Plugin};
use crate::vault::{Sealer, Vault};

/// Where a page of the history begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Place {
    before: String,
}

/// GET `/plugins/{id}/versions?before=`
pub async fn list(
    _: Viewer,
    db: Data<Db>,
    id: Path<String>,
    place: Query<Place>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let before = match place.before.as_str() {
        "" => i64::MAX,
        number => number.parse().map_err(|_| no_place())?,
    };
    let plugin = store::find(&db, &id).await?;
    let (rows, more) = versions::page(&db, &plugin.id, before).await?;
    let first = place.before.is_empty();
    page::page(&HistoryPage::new(layout, plugin, rows, first, more))
}

fn no_place() -> Error {
    Error::BadRequest("The address says before=… with something that is no version.".to_owned())
}

/// GET `/plugins/{id}/versions/{number}`
pub async fn show(
    _: Viewer,
    db: Data<Db>,
    vault: Data<Vault>,
    path: Path<(String, i64)>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let (id, number) = path.into_inner();
    let plugin = store::find(&db, &id).await?;
    let version = versions::find(&db, &id, number).await?;
    page::page(&version_page(&db, &vault, layout, plugin, version).await?)
}

async fn version_page(
    db: &Db,
    vault: &Vault,
    layout: Layout,
    plugin: Plugin,
    version: Version,
) -> Result<VersionPage, Error> {
    let before = document(db, &plugin, Side::Number(version.number - 1)).await;
    let before = before.unwrap_or_else(|_| nothing());
    let changes = differing(vault, &plugin, &before, &version.config);
    let document = Shown::of(&version.config, schemas::of(&plugin).as_deref()).text();
    Ok(VersionPage::new(layout, plugin, version, changes, document))
}

/// What is compared with what.
#[derive(Debug, Deserialize)]
pub struct Pair {
    from: String,
    to: String,
}

/// GET `/plugins/{id}/versions/compare?from=&to=`: each a number, or `defaults`.
pub async fn compare(
    _: Viewer,
    db: Data<Db>,
    vault: Data<Vault>,
    id: Path<String>,
    pair: Query<Pair>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let side = |text: &str| text.parse::<Side>().map_err(|()| no_side());
    let (from, to) = (side(&pair.from)?, side(&pair.to)?);
    let plugin = store::find(&db, &id).await?;
    let old = document(&db, &plugin, from).await?;
    let new = document(&db, &plugin, to).await?;
    let changes = differing(&vault, &plugin, &old, &new);
    page::page(&ComparePage::new(layout, plugin, from, to, changes))
}

fn no_side() -> Error {
    Error::BadRequest(
        "The address compares something that is neither the number of a version nor “defaults”."
            .to_owned(),
    )
}

fn nothing() -> Value {
    Value::Object(Map::new())
}

async fn document(db: &Db, plugin: &Plugin, side: Side) -> Result<Value, Error> {
    match side {
        Side::Defaults => Ok(defaults(
            schemas::of(plugin).as_deref(),
            plugin.config_schema(),
        )),
        Side::Number(number) => match versions::find(db, &plugin.id, number).await {
            Ok(version) => Ok(version.config.0),
            Err(Error::NotFound) if number == 0 => Ok(nothing()),
            Err(error) => Err(error),
        },
    }
}

fn differing(vault: &Vault, plugin: &Plugin, old: &Value, new: &Value) -> Vec<Told> {
    let compiled = schemas::of(plugin);
    let shown = |document| Shown::of(document, compiled.as_deref());
    let differences = keeping::compared(vault, &plugin.id, old, new);
    told(&differences, &shown(old), &shown(new))
}

/// POST `/plugins/{id}/versions/{number}/restoration`: what it holds becomes the next version.
pub async fn restore(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    vault: Data<Vault>,
    path: Path<(String, i64)>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let (id, number) = path.into_inner();
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let sealer = vault.lock(&mut change).await?;
    let plugin = store::find_to_change(&mut change, &id).await?;
    let version = versions::find_in(&mut change, &id, number).await?;
    let version = version.ok_or(Error::NotFound)?;
    let note = note(&posted, number);
    match restored(&mut change, &vault, &sealer, &plugin, &version, &note).await? {
        Kept::Refused(faults) => {
            change.abandon();
            let layout = Layout::of(&request);
            refused((&db, &vault), layout, plugin, version, (&note, &faults)).await
        }
        kept => finish(change, &plugin, kept).await,
    }
}

/// Its form, to be put right; without one, the version again and why it cannot be used.
async fn refused(
    (db, vault): (&Db, &Vault),
    layout: Layout,
    plugin: Plugin,
    version: Version,
    why: (&str, &[Fault]),
) -> Result<HttpResponse, Error> {
    if let Some(form) = mending(vault, &plugin, &version, why, layout.clone())? {
        return page::refused(&form);
    }
    let faults = why.1.iter().map(ToString::to_string).collect();
    let page = version_page(db, vault, layout, plugin, version).await?;
    page::refused(&page.refused(faults))
}

fn note(posted: &Posted, number: i64) -> String {
    match posted.text("note").trim() {
        "" => format!("Version {number} restored"),
        note => note.to_owned(),
    }
}

/// Its secrets come back as the sealed texts they were.
async fn restored(
    change: &mut Change,
    vault: &Vault,
    sealer: &Sealer,
    plugin: &Plugin,
    version: &Version,
    note: &str,
) -> Result<Kept, Error> {
    let Some(compiled) = schemas::of(plugin) else {
        let why = "This version of the plugin has no configuration schema that can be used.";
        return Ok(Kept::Refused(vec![Fault::whole(why)]));
    };
    let opened = keeping::opened(vault, plugin, &compiled, &version.config);
    let problems: Vec<Fault> = schema::problems(&compiled, &opened.document, &nothing())
        .into_iter()
        .filter(|problem| {
            opened
                .unreadable
                .iter()
                .all(|secret| secret.pointer != problem.pointer)
        })
        .map(Fault::of)
        .collect();
    if !problems.is_empty() {
        return Ok(Kept::Refused(problems));
    }
    let wanted = Wanted {
        value: &opened.document,
        note,
        origins: vec![&version.config],
    };
    keeping::keep(change, sealer, plugin, &compiled, &wanted).await
}
