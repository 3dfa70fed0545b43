//! What a map shows, read from the database.

use super::{MOST, Node};
use crate::db::Db;
use crate::db::among::{among, list};
use crate::error::Error;
use crate::on;

/// The most pairs that are looked at.
const PAIRS: i64 = 2000;

macro_rules! nodes {
    ($($which:expr),+) => {
        concat!(
            "select t.id, t.name, t.status, t.priority, t.due_at, t.due_day, \
             u.username as assignee, t.project_id, p.name as project_name, (select count(*) \
             from task_blockers b join live_tasks x on x.id = b.blocker_id where b.task_id = t.id and x.status = 'done') as done_before \
             from live_tasks t join live_projects p on p.id = t.project_id \
             left join users u on u.id = t.assignee_id where ",
            $($which),+
        )
    };
}

macro_rules! pairs {
    ($from:literal) => {
        concat!(
            "select b.task_id, b.blocker_id from ",
            $from,
            " b join live_tasks t on t.id = b.task_id join live_tasks o on o.id = b.blocker_id \
             where t.status <> 'done' and o.status <> 'done' \
             order by t.priority desc, b.created_at, b.task_id, b.blocker_id limit $1"
        )
    };
}

/// Which open task waits for which, of a project's tasks or of all: the one that waits, and the other.
///
/// # Errors
/// When the database is away.
pub async fn pairs(db: &Db, project: Option<&str>) -> Result<Vec<(String, String)>, Error> {
    let Some(project) = project else {
        return Ok(
            on!(db, conn => sqlx::query_as::<_, (String, String)>(pairs!("task_blockers"))
            .bind(PAIRS)
            .fetch_all(conn)
            .await)?,
        );
    };
    Ok(
        on!(db, conn => sqlx::query_as::<_, (String, String)>(pairs!(
        "(select * from task_blockers where task_id in (select id from live_tasks where project_id = $2) \
         union select * from task_blockers where blocker_id in (select id from live_tasks where project_id = $2))"
    ))
    .bind(PAIRS)
    .bind(project)
    .fetch_all(conn)
    .await)?,
    )
}

/// The tasks of these ids.
///
/// # Errors
/// When the database is away.
pub async fn tied(db: &Db, pairs: &[(String, String)]) -> Result<Vec<Node>, Error> {
    let ids: Vec<&String> = pairs
        .iter()
        .flat_map(|(task, blocker)| [task, blocker])
        .collect();
    let statement = among!(db.is_postgres(), |ids| nodes!("t.id in ", ids!("$1")));
    Ok(on!(db, conn => sqlx::query_as::<_, Node>(statement)
        .bind(list(&ids))
        .fetch_all(conn)
        .await)?)
}

/// The open tasks of a project that matter most, one more than a map shows.
///
/// # Errors
/// When the database is away.
pub async fn open(db: &Db, project: &str) -> Result<Vec<Node>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Node>(nodes!(
        "t.project_id = $1 and t.status <> 'done' order by t.priority desc, t.created_at, t.id limit $2"
    ))
    .bind(project)
    .bind(MOST as i64 + 1)
    .fetch_all(conn)
    .await)?)
}
