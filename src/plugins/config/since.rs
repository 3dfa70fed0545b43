//! What a form was made from, and what was kept since.

use serde_json::{Map, Value};

use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::Posted;
use crate::plugins::store::Plugin;
use crate::plugins::versions::{self, Version};

/// What was kept since a form was rendered.
#[derive(Debug)]
pub struct Since {
    /// The version that was in use when it was rendered.
    pub seen: i64,
    /// What was in use then, where that is something else than now.
    pub base: Option<Value>,
    /// The earlier version that it was filled with.
    pub restored: Option<Version>,
    /// The version that is in use now, where that is another.
    pub latest: Option<Version>,
}

impl Since {
    /// For a save.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn within(
        change: &mut Change,
        plugin: &Plugin,
        posted: &Posted,
    ) -> Result<Self, Error> {
        let seen = seen(plugin, posted);
        let restored = match restores(posted) {
            Some(number) => versions::store::find_in(change, &plugin.id, number).await?,
            None => None,
        };
        if seen == plugin.config_version {
            return Ok(Self::of(seen, None, None, restored));
        }
        let base = versions::store::find_in(change, &plugin.id, seen).await?;
        let latest = versions::store::find_in(change, &plugin.id, plugin.config_version).await?;
        Ok(Self::of(seen, base, latest, restored))
    }

    /// For a look.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(db: &Db, plugin: &Plugin, posted: &Posted) -> Result<Self, Error> {
        let seen = seen(plugin, posted);
        let find = async |number| match versions::store::find(db, &plugin.id, number).await {
            Ok(version) => Ok(Some(version)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        };
        let restored = match restores(posted) {
            Some(number) => find(number).await?,
            None => None,
        };
        let base = find(seen).await?.filter(|_| seen != plugin.config_version);
        Ok(Self::of(seen, base, None, restored))
    }

    fn of(
        seen: i64,
        base: Option<Version>,
        latest: Option<Version>,
        restored: Option<Version>,
    ) -> Self {
        let base = base.map(|version| version.config.0);
        // Before the first save there was nothing, and no version tells of it.
        let nothing = || (seen == 0 && latest.is_some()).then(|| Value::Object(Map::new()));
        Self {
            seen,
            base: base.or_else(nothing),
            restored,
            latest,
        }
    }
}

fn restores(posted: &Posted) -> Option<i64> {
    posted.text("restores").trim().parse().ok()
}

fn seen(plugin: &Plugin, posted: &Posted) -> i64 {
    let seen = posted.text("seen").trim().parse().ok();
    seen.unwrap_or(plugin.config_version)
}
