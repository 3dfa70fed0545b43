//! The secrets of all configurations at once: which cannot be read, and putting them under another
//! key.

use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::vault::{Resealed, Rotation, Sealer, Unreadable, Vault};

/// Rows held in memory at once.
const BATCH: i64 = 100;

/// The next configurations with secrets behind a plugin's id.
const WITH_SECRETS: &str = "select id, config from plugins \
     where id > $1 and cast(config as text) like '%$sealed$%' order by id limit $2";

#[derive(FromRow)]
struct Configured {
    id: String,
    config: Json<Value>,
}

#[derive(FromRow)]
struct Version {
    plugin_id: String,
    number: i64,
    config: Json<Value>,
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// To the configurations in use.
    pub current: Resealed,
    /// To the earlier ones.
    pub versions: Resealed,
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} secrets in use and {} in earlier versions are under the new key.",
            self.current.secrets, self.versions.secrets
        )?;
        match self.current.unreadable + self.versions.unreadable {
            0 => Ok(()),
            left => write!(
                f,
                "\n{left} could not be read with any key that is here, and were left as they are."
            ),
        }
    }
}

/// Each plugin with secrets that cannot be read.
///
/// # Errors
/// When the database is away.
pub async fn unreadable(db: &Db, vault: &Vault) -> Result<Vec<(String, Vec<Unreadable>)>, Error> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let rows = on!(db, conn => sqlx::query_as::<_, Configured>(WITH_SECRETS)
            .bind(&after)
            .bind(BATCH)
            .fetch_all(conn)
            .await)?;
        let Some(last) = rows.last() else {
            return Ok(found);
        };
        after.clone_from(&last.id);
        for row in rows {
            let unreadable = vault.unreadable(&row.id, &row.config);
            if !unreadable.is_empty() {
                found.push((row.id, unreadable));
            }
        }
    }
}

/// Seals what another schema of one plugin says is a secret, in its configuration and in every version
/// of it; `secrets` finds the places in a document.
///
/// # Errors
/// When the database is away.
pub async fn seal_anew(
    change: &mut Change,
    sealer: &Sealer,
    plugin: &str,
    secrets: &dyn Fn(&Value) -> Vec<String>,
) -> Result<(), Error> {
    let sealed = |config: &Value| sealer.seal(plugin, config, &secrets(config), &[config]);
    let config = on!(change, conn => sqlx::query_scalar::<_, Json<Value>>(
        "select config from plugins where id = $1",
    )
    .bind(plugin)
    .fetch_one(conn)
    .await)?;
    keep_config(change, plugin, &sealed(&config)?, &config).await?;
    let mut number = -1;
    loop {
        let rows = on!(change, conn => sqlx::query_as::<_, Version>(
            "select plugin_id, number, config from plugin_config_versions \
             where plugin_id = $1 and number > $2 order by number limit $3",
        )
        .bind(plugin)
        .bind(number)
        .bind(BATCH)
        .fetch_all(conn)
        .await)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        number = last.number;
        for row in rows {
            keep_version(change, &row, &sealed(&row.config)?).await?;
        }
    }
}

async fn keep_config(
    change: &mut Change,
    plugin: &str,
    config: &Value,
    before: &Value,
) -> Result<(), Error> {
    if config == before {
        return Ok(());
    }
    on!(change, conn => sqlx::query("update plugins set config = $2 where id = $1")
        .bind(plugin)
        .bind(Json(config))
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

async fn keep_version(change: &mut Change, version: &Version, config: &Value) -> Result<(), Error> {
    if *config == version.config.0 {
        return Ok(());
    }
    on!(change, conn => sqlx::query(
        "update plugin_config_versions set config = $3 where plugin_id = $1 and number = $2",
    )
    .bind(&version.plugin_id)
    .bind(version.number)
    .bind(Json(config))
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Puts every secret under the rotation's key.
///
/// # Errors
/// When the database is away.
pub async fn reseal(change: &mut Change, rotation: &Rotation) -> Result<Done, Error> {
    rotation.begin(change).await?;
    Ok(Done {
        current: reseal_current(change, rotation).await?,
        versions: reseal_versions(change, rotation).await?,
    })
}

async fn reseal_current(change: &mut Change, rotation: &Rotation) -> Result<Resealed, Error> {
    let mut done = Resealed::default();
    let mut after = String::new();
    loop {
        let rows = on!(change, conn => sqlx::query_as::<_, Configured>(WITH_SECRETS)
            .bind(&after)
            .bind(BATCH)
            .fetch_all(conn)
            .await)?;
        let Some(last) = rows.last() else {
            return Ok(done);
        };
        after.clone_from(&last.id);
        for row in rows {
            let mut config = row.config.0.clone();
            done += rotation.reseal(&row.id, &mut config)?;
            keep_config(change, &row.id, &config, &row.config).await?;
        }
    }
}

async fn reseal_versions(change: &mut Change, rotation: &Rotation) -> Result<Resealed, Error> {
    let mut done = Resealed::default();
    let (mut plugin_id, mut number) = (String::new(), 0);
    loop {
        let rows = on!(change, conn => sqlx::query_as::<_, Version>(
            "select plugin_id, number, config from plugin_config_versions \
             where (plugin_id, number) > ($1, $2) and cast(config as text) like '%$sealed$%' \
             order by plugin_id, number limit $3",
        )
        .bind(&plugin_id)
        .bind(number)
        .bind(BATCH)
        .fetch_all(conn)
        .await)?;
        let Some(last) = rows.last() else {
            return Ok(done);
        };
        plugin_id.clone_from(&last.plugin_id);
        number = last.number;
        for row in rows {
            let mut config = row.config.0.clone();
            done += rotation.reseal(&row.plugin_id, &mut config)?;
            keep_version(change, &row, &config).await?;
        }
    }
}
