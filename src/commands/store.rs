//! Who commands.

use sqlx::FromRow;

use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::on;

/// A user, as far as commands go.
#[derive(Clone, Debug, FromRow)]
pub struct Commander {
    /// UUID version 7.
    pub id: String,
    /// As events name them.
    pub username: String,
    /// The role's name.
    pub role: String,
    /// Set while the account may not come in.
    pub disabled_at: Option<Timestamp>,
    /// Whether another password has to be chosen first.
    pub one_time_password: bool,
}

/// The user of this id, or of this name.
///
/// # Errors
/// When the database is away.
pub async fn commander(db: &Db, id: &str, name: &str) -> Result<Option<Commander>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Commander>(
        "select id, username, role, disabled_at, one_time_password from users \
         where id = $1 or ($2 <> '' and lower(username) = $2)",
    )
    .bind(id)
    .bind(name.to_ascii_lowercase())
    .fetch_optional(conn)
    .await)?)
}
