use std::time::Duration;

use chrono::TimeDelta;

use super::session::Lifetime;
use super::store::{kept, logins, sessions, throttle};
use super::tally::Tally;
use crate::db::Db;
use crate::error::Error;

/// How often what is due is looked for.
const EVERY: Duration = Duration::from_secs(15);

/// Tells what was counted, and forgets what has ended, until the task is dropped.
pub async fn keep_sweeping(db: Db, tally: Tally, lifetime: Lifetime, known_for: Option<TimeDelta>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = sweep(&db, &tally, lifetime, known_for).await {
            tracing::warn!("not swept: {error}");
        }
    }
}

async fn sweep(
    db: &Db,
    tally: &Tally,
    lifetime: Lifetime,
    known_for: Option<TimeDelta>,
) -> Result<(), Error> {
    tally.flush(db, false).await?;
    throttle::sweep(db).await?;
    kept::sweep(db).await?;
    logins::sweep(db, known_for).await?;
    sessions::sweep(db, lifetime.idle).await
}
