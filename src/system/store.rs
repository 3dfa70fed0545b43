//! What the system page reads.

use crate::db::{Count, Db};
use crate::error::Error;
use crate::on;

pub use crate::db::inspect::{Column, Explained, Report, Statements, explain, integrity, report};

/// How many events the broker has not acknowledged, counted up to 1,000.
///
/// # Errors
/// When the database is away.
pub async fn waiting(db: &Db) -> Result<Count, Error> {
    let counted = on!(db, conn => sqlx::query_scalar::<_, i64>(
        "select count(*) from (select 1 from outbox limit 1000) w",
    )
    .fetch_one(conn)
    .await)?;
    Ok(Count::up_to(1000, counted))
}

/// How many events the broker refused that nobody has decided on, counted up to 1,000.
///
/// # Errors
/// When the database is away.
pub async fn refused(db: &Db) -> Result<Count, Error> {
    let counted = on!(db, conn => sqlx::query_scalar::<_, i64>(
        "select count(*) from (select 1 from dead_letters where given_up_at is null limit 1000) d",
    )
    .fetch_one(conn)
    .await)?;
    Ok(Count::up_to(1000, counted))
}
