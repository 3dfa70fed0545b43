//! What the engines do differently, and what keeps them from doing so.

use sqlx::postgres::{PgArguments, PgListener, PgPoolOptions};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};

use super::{Arm, Db, Engine, Tx};
use crate::events::Notice;

/// The channel of PostgreSQL's NOTIFY on which each commit is announced to all nodes.
const CHANNEL: &str = "taylordash_events";

/// Text as it is searched and compared without case. Done in Rust because SQLite's `lower()` knows
/// ASCII only.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// A pattern for `like … escape '\'` that finds `text` anywhere in a folded column.
pub fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in fold(text).chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// A statement that was put together from texts of our own. What somebody typed is never among them: it
/// goes into parameters.
pub fn assembled(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}

/// Announces a change to all nodes, at the moment it commits. SQLite has one node.
pub(crate) async fn announce(tx: &mut Tx, notice: &Notice) -> Result<(), sqlx::Error> {
    if let Arm::Postgres(connection) = tx.arms() {
        notify(notice).execute(connection).await?;
    }
    Ok(())
}

/// Tells all nodes of something that is no change; who does not hear it now never does.
pub(crate) async fn tell(db: &Db, notice: Notice) -> Result<(), sqlx::Error> {
    match &db.engine {
        Engine::Postgres(pool) => notify(&notice).execute(pool).await.map(|_| ()),
        Engine::Sqlite { .. } => {
            db.ring(notice);
            Ok(())
        }
    }
}

fn notify(notice: &Notice) -> Query<'static, Postgres, PgArguments> {
    let text = serde_json::to_string(notice).unwrap_or_default();
    sqlx::query("select pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(text)
}

/// Rings this process's bell for what any node commits, for as long as the process runs.
/// On SQLite the commit itself rings, and there is nothing to do.
pub async fn relay_announcements(db: Db) {
    let Engine::Postgres(pool) = &db.engine else {
        return;
    };
    // A connection of its own: it is never given back, and the pool may have only one.
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(pool.connect_options().as_ref().clone());
    loop {
        let error = match PgListener::connect_with(&own).await {
            Ok(mut listener) => match listener.listen(CHANNEL).await {
                Ok(()) => hear(&db, &mut listener).await,
                Err(error) => error,
            },
            Err(error) => error,
        };
        tracing::warn!(
            "not hearing of commits ({}); trying again",
            super::class(&error)
        );
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

async fn hear(db: &Db, listener: &mut PgListener) -> sqlx::Error {
    // What was committed while nobody listened is not repeated.
    db.ring(Notice::anything());
    loop {
        match listener.try_recv().await {
            Ok(Some(announcement)) => {
                if let Ok(notice) = serde_json::from_str(announcement.payload()) {
                    db.ring(notice);
                }
            }
            Ok(None) => db.ring(Notice::anything()),
            Err(error) => return error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_wildcards_finds_only_the_characters_themselves() {
        assert_eq!(contains("50%_Ä\\"), "%50\\%\\_ä\\\\%");
    }
}
