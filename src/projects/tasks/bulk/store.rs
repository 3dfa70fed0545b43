//! Many tasks in the database.

use super::Picked;
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::projects::store as projects;
use crate::projects::tasks::Task;
use crate::projects::tasks::blockers::Other;
use crate::projects::tasks::store::tasks;

/// How many pairs of what waits for what a message names.
const NAMED: i64 = 20;

/// A statement about the things of these ids: `$1` is a JSON array of them, and so is each other list.
macro_rules! among {
    ($is_postgres:expr, |$ids:ident| $text:expr) => {
        if $is_postgres {
            macro_rules! $ids {
                ($number:literal) => {
                    concat!("(select json_array_elements_text(", $number, "::json))")
                };
            }
            $text
        } else {
            macro_rules! $ids {
                ($number:literal) => {
                    concat!("(select value from json_each(", $number, "))")
                };
            }
            $text
        }
    };
}

fn list(ids: &[&str]) -> String {
    serde_json::json!(ids).to_string()
}

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
        .bind(list(ids))
        .fetch_all(conn)
        .await)?)
}

/// Locks the projects of these tasks in the order of their ids, then reads the tasks: nobody else
/// changes them until the commit. Those that are not there are left out.
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
        .bind(list(ids))
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
    let text = among!(change.is_postgres(), |ids| tasks!(
        "t.id in ",
        ids!("$1"),
        " order by t.id"
    ));
    Ok(on!(change, conn => sqlx::query_as::<_, Task>(text)
        .bind(list(ids))
        .fetch_all(conn)
        .await)?)
}

/// Which of these tasks wait for an open one that is not among them: the names of both.
///
/// # Errors
/// When the database is away.
pub async fn waiting(change: &mut Change, ids: &[&str]) -> Result<Vec<(String, String)>, Error> {
    let text = among!(change.is_postgres(), |ids| concat!(
        "select t.name, o.name from task_blockers b join live_tasks t on t.id = b.task_id \
         join live_tasks o on o.id = b.blocker_id where o.status <> 'done' and b.task_id in ",
        ids!("$1"),
        " and b.blocker_id not in ",
        ids!("$1"),
        " order by t.created_at, t.id, o.created_at, o.id limit $2"
    ));
    Ok(
        on!(change, conn => sqlx::query_as::<_, (String, String)>(text)
        .bind(list(ids))
        .bind(NAMED)
        .fetch_all(conn)
        .await)?,
    )
}

/// The other open tasks that wait for nothing but these: they can go on when these are done or gone.
///
/// # Errors
/// When the database is away.
pub async fn freed_by(change: &mut Change, ids: &[&str]) -> Result<Vec<Other>, Error> {
    let text = among!(change.is_postgres(), |ids| concat!(
        "select o.id, o.name, o.status, o.project_id, p.name as project_name from live_tasks o \
         join live_projects p on p.id = o.project_id where o.status <> 'done' and o.id in \
         (select task_id from task_blockers where blocker_id in ",
        ids!("$1"),
        ") and o.id not in ",
        ids!("$1"),
        " and not exists (select 1 from task_blockers c join live_tasks x on x.id = c.blocker_id \
         where c.task_id = o.id and x.status <> 'done' and c.blocker_id not in ",
        ids!("$1"),
        ") order by o.created_at, o.id"
    ));
    Ok(on!(change, conn => sqlx::query_as::<_, Other>(text)
        .bind(list(ids))
        .fetch_all(conn)
        .await)?)
}
