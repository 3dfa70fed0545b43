//! Many tasks in the database.

use super::Picked;
use crate::db::Db;
use crate::db::among::{among, list};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::projects::store as projects;
use crate::projects::tasks::Task;
use crate::projects::tasks::blockers::store as blockers;
use crate::projects::tasks::store::tasks;

/// The tasks of these ids, as a page names them; those that are not there are left out.
///
/// # Errors
/// When the database is away.
pub async fn picked(db: &Db, ids: &[&str]) -> Result<Vec<Picked>, Error> {
    let text = among!(db.is_postgres(), |ids| concat!(
        "select t.id, t.name, t.status, p.name as project_name from live_tasks t \
         join live_projects p on p.id = t.project_id where t.id in ",
        ids!("$1"),
        " order by t.created_at desc, t.id desc"
    ));
    Ok(on!(db, conn => sqlx::query_as::<_, Picked>(text)
        .bind(list(&ids))
        .fetch_all(conn)
        .await)?)
}

/// Locks the projects of these tasks in the order of their ids, then what waits for what, then reads the
/// tasks: nobody else changes them until the commit. Those that are not there are left out.
///
/// The second lock is taken whatever is to be changed: whoever changes rows of several tasks has it, so that
/// no two of them can wait for each other's rows.
///
/// # Errors
/// When the database is away.
pub async fn lock(change: &mut Change, ids: &[&str]) -> Result<Vec<Task>, Error> {
    let text = among!(change.is_postgres(), |ids| concat!(
        "select distinct project_id from live_tasks where id in ",
        ids!("$1"),
        " order by project_id"
    ));
    let found = on!(change, conn => sqlx::query_scalar::<_, String>(text)
        .bind(list(&ids))
        .fetch_all(conn)
        .await)?;
    for project in found {
        match projects::lock(change, &project).await {
            // It was deleted at this moment, and its tasks with it.
            Err(Error::NotFound) => {}
            locked => {
                locked?;
            }
        }
    }
    blockers::lock(change).await?;
    let text = among!(change.is_postgres(), |ids| tasks!(
        "t.id in ",
        ids!("$1"),
        " order by t.id"
    ));
    Ok(on!(change, conn => sqlx::query_as::<_, Task>(text)
        .bind(list(&ids))
        .fetch_all(conn)
        .await)?)
}
