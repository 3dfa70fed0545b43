//! What a map shows, read from the database.

use std::collections::HashSet;

use super::{MOST, Node};
use crate::db::Db;
use crate::db::among::{among, list};
use crate::error::Error;
use crate::on;

/// The most pairs that are looked at.
const PAIRS: i64 = 2000;

macro_rules! open_pairs {
    ($which:literal) => {
        concat!(
            "select b.task_id, b.blocker_id, b.created_at, t.priority from task_blockers b \
             join live_tasks t on t.id = b.task_id join live_tasks o on o.id = b.blocker_id \
             where t.status <> 'done' and o.status <> 'done' and ",
            $which
        )
    };
}

macro_rules! pairs {
    ($($part:expr),+) => {
        concat!(
            "select task_id, blocker_id from (",
            $($part),+,
            ") p order by priority desc, created_at, task_id, blocker_id limit $2"
        )
    };
}

/// Which open task waits for which, of a project's tasks or of all: the one that waits, and the other.
///
/// # Errors
/// When the database is away.
pub async fn pairs(db: &Db, project: Option<&str>) -> Result<Vec<(String, String)>, Error> {
    let text = match project {
        None => pairs!(open_pairs!("$1 = ''")),
        Some(_) => pairs!(
            open_pairs!("t.project_id = $1"),
            " union ",
            open_pairs!("o.project_id = $1")
        ),
    };
    Ok(on!(db, conn => sqlx::query_as::<_, (String, String)>(text)
            .bind(project.unwrap_or_default())
            .bind(PAIRS)
            .fetch_all(conn)
            .await)?)
}

/// The open tasks of these pairs, and of a project those that are in none of them: what matters most
/// first, and one more than a map shows.
///
/// # Errors
/// When the database is away.
pub async fn nodes(
    db: &Db,
    project: Option<&str>,
    pairs: &[(String, String)],
) -> Result<Vec<Node>, Error> {
    let tied: HashSet<&str> = pairs
        .iter()
        .flat_map(|(task, blocker)| [task.as_str(), blocker.as_str()])
        .collect();
    let statement = among!(db.is_postgres(), |ids| concat!(
        "with chosen as materialized (select * from \
         (select id, 0 as place, priority, created_at from live_tasks where id in ",
        ids!("$1"),
        " union all select * from (select id, 1, priority, created_at from live_tasks \
         where project_id = $2 and status <> 'done' and id not in ",
        ids!("$1"),
        " order by priority desc, created_at, id limit $3) o) n \
         order by place, priority desc, created_at, id limit $3), \
         done (task_id, count) as materialized (select b.task_id, count(*) from task_blockers b \
         join live_tasks x on x.id = b.blocker_id where x.status = 'done' \
         and b.task_id in (select id from chosen) group by b.task_id) \
         select t.id, t.name, t.status, t.priority, t.due_at, t.due_day, u.username as assignee, \
         t.project_id, p.name as project_name, coalesce(d.count, 0) as done_before \
         from chosen c join live_tasks t on t.id = c.id join live_projects p on p.id = t.project_id \
         left join users u on u.id = t.assignee_id left join done d on d.task_id = c.id \
         order by c.place, c.priority desc, c.created_at, c.id"
    ));
    Ok(on!(db, conn => sqlx::query_as::<_, Node>(statement)
        .bind(list(&tied))
        .bind(project.unwrap_or_default())
        .bind(MOST as i64 + 1)
        .fetch_all(conn)
        .await)?)
}
