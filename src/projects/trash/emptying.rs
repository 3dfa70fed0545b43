use std::time::Duration;

use super::{changes, store};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Change, Event};

/// How often what is due is looked for.
const EVERY: Duration = Duration::from_secs(600);

/// Between two batches, so that whoever works meanwhile gets a turn.
const PAUSE: Duration = Duration::from_millis(200);

/// Removes for good what was deleted 30 days ago, until the task is dropped.
pub async fn keep_emptying(db: Db) {
    loop {
        if let Err(error) = empty(&db).await {
            tracing::warn!("the trash was not emptied: {error}");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn empty(db: &Db) -> Result<(), Error> {
    while let Some(id) = store::due(db).await? {
        let mut change = Change::begin(db, &Actor::system()).await?;
        match store::purge(&mut change, &id).await? {
            None => change.abandon(),
            Some((gone, thrown)) => {
                let mut events: Vec<Event> = gone.iter().map(changes::task_purged).collect();
                let project = thrown.filter(|thrown| thrown.is_project());
                events.extend(project.as_ref().map(changes::project_purged));
                change.commit_all(events).await?;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
