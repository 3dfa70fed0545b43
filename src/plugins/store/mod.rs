//! Plugins in the database.

mod list;
pub mod tasks;

pub use list::{Listed, Wish, page};

use serde_json::{Map, Value};
use sqlx::FromRow;
use sqlx::types::Json;

use super::manifest::Manifest;
use super::{Status, tone_of};
use crate::db::dialect::fold;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;

/// Everything that is kept of a plugin, but for what it is searched by.
#[derive(Clone, Debug, FromRow)]
pub struct Plugin {
    /// The manifest's id.
    pub id: String,
    /// For people.
    pub name: String,
    /// Semantic Versioning 2.0.
    pub version: String,
    /// What it does; may be empty.
    pub description: String,
    /// Who made it; may be empty.
    pub author: String,
    /// ui, data, integration or system.
    #[sqlx(rename = "type")]
    pub type_: String,
    /// The same, for old readers.
    pub kind: String,
    /// Where its source is.
    pub repository_url: Option<String>,
    /// Where its files are, relative to the data folder.
    pub install_path: String,
    /// What the manifest says.
    pub manifest: Json<Value>,
    /// The manifest as it was given.
    pub manifest_text: String,
    /// An array of texts.
    pub permissions: Json<Value>,
    /// An object.
    pub config: Json<Value>,
    /// How often the configuration was saved.
    pub config_version: i64,
    /// See [`Status`].
    pub status: String,
    /// When it first came.
    pub installed_at: Timestamp,
    /// When a version of it was last installed.
    pub last_updated: Timestamp,
    /// New for each install.
    pub installation_id: String,
    /// How often it was denied something.
    pub security_violations: i64,
    /// When that last happened.
    pub last_violation: Option<Timestamp>,
    /// 0 to 100.
    pub security_score: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When anything of it was last changed.
    pub updated_at: Timestamp,
}

impl Plugin {
    /// Where it stands.
    pub fn status(&self) -> Status {
        // The column's check lets nothing else in.
        self.status.parse().unwrap_or(Status::Failed)
    }

    /// How its score is shown.
    pub fn tone(&self) -> &'static str {
        tone_of(self.security_score)
    }

    /// The schema of its configuration, if it has one.
    pub fn config_schema(&self) -> Option<&Value> {
        self.manifest
            .get("config_schema")
            .filter(|schema| schema.is_object())
    }

    /// What it asks to be allowed.
    pub fn permissions(&self) -> Vec<&str> {
        let permissions = self.permissions.as_array().map(Vec::as_slice);
        permissions
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .collect()
    }
}

const WHOLE: &str = "select id, name, version, description, author, type, kind, repository_url, \
     install_path, manifest, manifest_text, permissions, config, config_version, status, \
     installed_at, last_updated, installation_id, security_violations, last_violation, \
     security_score, created_at, updated_at from plugins where id = $1";

/// One plugin.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, id: &str) -> Result<Plugin, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Plugin>(WHOLE)
        .bind(id)
        .fetch_one(conn)
        .await)?)
}

/// One plugin, as it is within a change.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find_in(change: &mut Change, id: &str) -> Result<Plugin, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, Plugin>(WHOLE)
        .bind(id)
        .fetch_one(conn)
        .await)?)
}

/// One plugin, which nobody else changes until this change is over.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find_to_change(change: &mut Change, id: &str) -> Result<Plugin, Error> {
    // `for update` is PostgreSQL's alone; writing a column to itself locks the row on both.
    on!(change, conn => sqlx::query("update plugins set status = status where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    find_in(change, id).await
}

/// The version in which a plugin is installed, if it is.
///
/// # Errors
/// When the database is away.
pub async fn version(db: &Db, id: &str) -> Result<Option<String>, Error> {
    Ok(on!(db, conn => sqlx::query_scalar::<_, String>(
        "select version from plugins where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await)?)
}

/// What an installation came upon.
#[derive(Debug)]
pub enum Found {
    /// No such plugin was there.
    Nothing,
    /// It was there, and is replaced.
    Older(Box<Plugin>),
    /// This very installation was made already: the form was sent twice.
    Itself,
}

/// Installs a plugin, or another version of one that is there: that keeps its configuration, and its
/// status where somebody chose it. `installation` is this installation's own id.
///
/// # Errors
/// When the database is away.
pub async fn install(
    change: &mut Change,
    manifest: &Manifest,
    installation: &str,
    status: Status,
) -> Result<Found, Error> {
    // The same form sent twice at once would find nothing both times.
    change.lock_deployment().await?;
    let older = match find_to_change(change, &manifest.id).await {
        Ok(older) => older,
        Err(Error::NotFound) => {
            upsert(change, manifest, installation, status).await?;
            return Ok(Found::Nothing);
        }
        Err(error) => return Err(error),
    };
    if older.installation_id == installation && older.manifest_text == manifest.text {
        return Ok(Found::Itself);
    }
    let status = match older.status() {
        kept @ (Status::Active | Status::Disabled | Status::Quarantined) => kept,
        _ => status,
    };
    upsert(change, manifest, installation, status).await?;
    Ok(Found::Older(Box::new(older)))
}

async fn upsert(
    change: &mut Change,
    manifest: &Manifest,
    installation: &str,
    status: Status,
) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "insert into plugins (id, name, version, description, author, type, kind, repository_url, \
         install_path, manifest, manifest_text, permissions, search_text, status, installation_id, \
         config, config_version, security_violations, security_score, installed_at, last_updated, \
         created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 100, \
         $16, $16, $16, $16) \
         on conflict (id) do update set name = excluded.name, version = excluded.version, \
         description = excluded.description, author = excluded.author, type = excluded.type, \
         kind = excluded.kind, repository_url = excluded.repository_url, \
         install_path = excluded.install_path, manifest = excluded.manifest, \
         manifest_text = excluded.manifest_text, permissions = excluded.permissions, \
         search_text = excluded.search_text, status = excluded.status, \
         installation_id = excluded.installation_id, last_updated = excluded.last_updated, \
         updated_at = excluded.updated_at",
    )
    .bind(&manifest.id)
    .bind(&manifest.name)
    .bind(&manifest.version)
    .bind(&manifest.description)
    .bind(&manifest.author)
    .bind(manifest.kind.as_str())
    .bind(&manifest.repository)
    .bind(manifest.install_path())
    .bind(Json(&manifest.document))
    .bind(&manifest.text)
    .bind(Json(&manifest.permissions))
    .bind(search_text(manifest))
    .bind(status.as_str())
    .bind(installation)
    .bind(Json(Value::Object(Map::new())))
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

fn search_text(manifest: &Manifest) -> String {
    fold(&format!(
        "{}\n{}\n{}\n{}",
        manifest.id, manifest.name, manifest.author, manifest.description
    ))
}

/// Switches a plugin on or off.
///
/// # Errors
/// When the database is away.
pub async fn set_status(change: &mut Change, id: &str, status: Status) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update plugins set status = $2, updated_at = $3 where id = $1",
    )
    .bind(id)
    .bind(status.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Keeps another configuration.
///
/// # Errors
/// When the database is away.
pub async fn set_config(change: &mut Change, id: &str, config: &Value) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update plugins set config = $2, config_version = config_version + 1, updated_at = $3 \
         where id = $1",
    )
    .bind(id)
    .bind(Json(config))
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Removes a plugin with its configuration; answers what it was.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(change: &mut Change, id: &str) -> Result<Plugin, Error> {
    // Tasks that are about it are changed too, and somebody else may be changing many tasks at once.
    change.lock_deployment().await?;
    let plugin = find_to_change(change, id).await?;
    on!(change, conn => sqlx::query("delete from plugins where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(plugin)
}
