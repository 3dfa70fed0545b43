//! Versions in the database.

use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::plugins::config::Difference;
use crate::plugins::store::Plugin;

/// Versions on one page of the history.
const PAGE_SIZE: usize = 50;

/// A configuration that a plugin had or has.
#[derive(Clone, Debug, FromRow)]
pub struct Version {
    /// 1, 2, 3 … per plugin; 0 for what was there before anything was saved.
    pub number: i64,
    /// The document, with its secrets sealed.
    pub config: Json<Value>,
    /// Why, in a person's words; may be empty.
    pub note: String,
    /// Who saved it, by the name they had then.
    pub actor: String,
    /// When.
    pub created_at: Timestamp,
}

/// A version without its document, for a list.
#[derive(Clone, Debug, FromRow)]
pub struct Listed {
    /// As in [`Version`].
    pub number: i64,
    /// Where it differs from the one before.
    pub changes: Json<Vec<Difference>>,
    /// As in [`Version`].
    pub note: String,
    /// As in [`Version`].
    pub actor: String,
    /// As in [`Version`].
    pub created_at: Timestamp,
}

/// A version to be made.
#[derive(Debug)]
pub struct NewVersion<'a> {
    /// The plugin as it is before.
    pub plugin: &'a Plugin,
    /// One more than the plugin's.
    pub number: i64,
    /// With its secrets sealed.
    pub config: &'a Value,
    /// Where it differs from the one before.
    pub changes: &'a [Difference],
    /// Why; may be empty.
    pub note: &'a str,
}

/// Adds a version. What was there before, where no version tells of it, becomes one too: put there by
/// hand, it would be lost otherwise.
///
/// # Errors
/// When the database is away.
pub async fn insert(change: &mut Change, version: &NewVersion<'_>) -> Result<(), Error> {
    let plugin = version.plugin;
    let actor = change.actor().clone();
    let now = change.now();
    if plugin
        .config
        .as_object()
        .is_none_or(|members| !members.is_empty())
    {
        insert_found(change, plugin).await?;
    }
    on!(change, conn => sqlx::query(
        "insert into plugin_config_versions (plugin_id, number, config, changes, note, actor_id, actor, \
         created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&plugin.id)
    .bind(version.number)
    .bind(Json(version.config))
    .bind(Json(version.changes))
    .bind(version.note)
    .bind(&actor.id)
    .bind(&actor.name)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

async fn insert_found(change: &mut Change, plugin: &Plugin) -> Result<(), Error> {
    on!(change, conn => sqlx::query(
        "insert into plugin_config_versions (plugin_id, number, config, changes, note, actor, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (plugin_id, number) do nothing",
    )
    .bind(&plugin.id)
    .bind(plugin.config_version)
    .bind(&plugin.config)
    .bind(Json(Vec::<Difference>::new()))
    .bind("as it was found")
    .bind("system")
    .bind(plugin.created_at)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

const ONE: &str = "select number, config, note, actor, created_at from plugin_config_versions \
     where plugin_id = $1 and number = $2";

/// One version.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, plugin: &str, number: i64) -> Result<Version, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Version>(ONE)
        .bind(plugin)
        .bind(number)
        .fetch_one(conn)
        .await)?)
}

/// One version, as it is within a change; `None` where there is none.
///
/// # Errors
/// When the database is away.
pub async fn find_in(
    change: &mut Change,
    plugin: &str,
    number: i64,
) -> Result<Option<Version>, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, Version>(ONE)
        .bind(plugin)
        .bind(number)
        .fetch_optional(conn)
        .await)?)
}

/// One page of a plugin's versions, newest first: those before `before`, and whether more follow.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, plugin: &str, before: i64) -> Result<(Vec<Listed>, bool), Error> {
    let limit = i64::try_from(PAGE_SIZE).unwrap_or(50) + 1;
    let mut rows = on!(db, conn => sqlx::query_as::<_, Listed>(
        "select number, changes, note, actor, created_at from plugin_config_versions \
         where plugin_id = $1 and number < $2 order by number desc limit $3",
    )
    .bind(plugin)
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let more = rows.len() > PAGE_SIZE;
    rows.truncate(PAGE_SIZE);
    Ok((rows, more))
}
