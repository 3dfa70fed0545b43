//! Which task waits for which, in the database.
//!
//! Whatever may close a circle, or end the last thing that another task waits for, first takes the one
//! lock of [`lock`], behind the project's: so two people cannot do half of it each. Whatever changes rows of
//! several tasks takes it too: so none of them waits for a row of the other that waits for it.

use sqlx::FromRow;

use super::{Other, Refused, id_in};
use crate::db::Db;
use crate::db::among::{among, list};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::projects::tasks::Task;
use crate::projects::trash::store as trash;

/// How many others a page names on each side.
const SHOWN: i64 = 100;

/// How many pairs of what waits for what a message names.
const NAMED: i64 = 20;

macro_rules! others {
    ($($from:expr),+) => {
        concat!(
            "select o.id, o.name, o.status, o.project_id, p.name as project_name from ",
            $($from),+
        )
    };
}

/// A task beside another, and on which side.
#[derive(FromRow)]
struct Beside {
    side: String,
    #[sqlx(flatten)]
    other: Other,
}

/// What a task waits for, the open ones first, and the open tasks that wait for it.
///
/// # Errors
/// When the database is away.
pub async fn around(db: &Db, id: &str) -> Result<(Vec<Other>, Vec<Other>), Error> {
    let rows = on!(db, conn => sqlx::query_as::<_, Beside>(
        "select * from (select 'before' as side, o.id, o.name, o.status, o.project_id, \
         p.name as project_name from task_blockers b join live_tasks o on o.id = b.blocker_id \
         join live_projects p on p.id = o.project_id where b.task_id = $1 \
         order by case o.status when 'done' then 1 else 0 end, o.created_at, o.id limit $2) x \
         union all select * from (select 'behind', o.id, o.name, o.status, o.project_id, p.name \
         from task_blockers b join live_tasks o on o.id = b.task_id \
         join live_projects p on p.id = o.project_id where b.blocker_id = $1 \
         and o.status <> 'done' order by o.created_at, o.id limit $2) y",
    )
    .bind(id)
    .bind(SHOWN)
    .fetch_all(conn)
    .await)?;
    let (before, behind): (Vec<Beside>, Vec<Beside>) =
        rows.into_iter().partition(|row| row.side == "before");
    let others = |rows: Vec<Beside>| rows.into_iter().map(|row| row.other).collect();
    Ok((others(before), others(behind)))
}

/// Nobody else changes what waits for what until the commit.
///
/// # Errors
/// When the database is away.
pub async fn lock(change: &mut Change) -> Result<(), Error> {
    change.lock_deployment().await
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
        .bind(list(&ids))
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
    let text = among!(change.is_postgres(), |ids| others!(
        "live_tasks o join live_projects p on p.id = o.project_id where o.status <> 'done' and o.id in \
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
        .bind(list(&ids))
        .fetch_all(conn)
        .await)?)
}

/// The open tasks of other projects that wait for nothing but tasks of this one.
///
/// # Errors
/// When the database is away.
pub async fn freed_by_project(change: &mut Change, id: &str) -> Result<Vec<Other>, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, Other>(others!(
        "live_tasks o join live_projects p on p.id = o.project_id where o.id in \
         (select b.task_id from live_tasks x join task_blockers b on b.blocker_id = x.id \
         where x.project_id = $1 and x.status <> 'done') \
         and o.project_id <> $1 and o.status <> 'done' and not exists \
         (select 1 from task_blockers c join live_tasks y on y.id = c.blocker_id \
         where c.task_id = o.id and y.project_id <> $1 and y.status <> 'done') \
         order by o.created_at, o.id"
    ))
    .bind(id)
    .fetch_all(conn)
    .await)?)
}

/// The task that somebody typed, as a blocker of `task`.
///
/// # Errors
/// `Ok(Err(…))` where that cannot be; when the database is away.
pub async fn find(
    change: &mut Change,
    task: &Task,
    typed: &str,
) -> Result<Result<Other, Refused>, Error> {
    let mut found = on!(change, conn => sqlx::query_as::<_, Other>(others!(
        "live_tasks o join live_projects p on p.id = o.project_id where o.id = $1 \
         or ($1 = '' and o.project_id = $2 and o.name = $3 and o.status <> 'done') limit $4"
    ))
    .bind(id_in(typed).unwrap_or_default())
    .bind(&task.project_id)
    .bind(typed)
    .bind(SHOWN)
    .fetch_all(conn)
    .await)?;
    let count = found.len();
    Ok(match (found.pop(), count) {
        (None, _) => Err(Refused::Unknown),
        (Some(other), _) if other.id == task.id => Err(Refused::Itself),
        (Some(other), 1) => Ok(other),
        (Some(_), several) => Err(Refused::Ambiguous(several)),
    })
}

/// Lets a task wait for another; the lock is held. `Ok(Ok(false))` where it did already.
///
/// # Errors
/// `Ok(Err(…))` where the other waits for this one; when the database is away.
pub async fn add(
    change: &mut Change,
    task: &Task,
    other: &Other,
) -> Result<Result<bool, Refused>, Error> {
    let path = path(change, &other.id, &task.id).await?;
    if !path.is_empty() {
        return Ok(Err(Refused::Cycle(path)));
    }
    let now = change.now();
    let rows = on!(change, conn => sqlx::query(
        "insert into task_blockers (task_id, blocker_id, created_at) values ($1, $2, $3) \
         on conflict (task_id, blocker_id) do nothing",
    )
    .bind(&task.id)
    .bind(&other.id)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(Ok(rows == 1))
}

/// A task waits for another no more; `None` where it did not.
///
/// # Errors
/// When the database is away.
pub async fn remove(
    change: &mut Change,
    task: &Task,
    blocker: &str,
) -> Result<Option<Other>, Error> {
    let other = on!(change, conn => sqlx::query_as::<_, Other>(others!(
        "task_blockers b join live_tasks o on o.id = b.blocker_id join live_projects p on p.id = o.project_id \
         where b.task_id = $1 and b.blocker_id = $2"
    ))
    .bind(&task.id)
    .bind(blocker)
    .fetch_optional(conn)
    .await)?;
    on!(change, conn => sqlx::query(
        "delete from task_blockers where task_id = $1 and blocker_id = $2",
    )
    .bind(&task.id)
    .bind(blocker)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(other)
}

/// The names on a way from one task to another along what waits for what; empty where there is none.
/// What is in the trash may come back, and stands on the way too.
async fn path(change: &mut Change, from: &str, to: &str) -> Result<Vec<String>, Error> {
    let edges = on!(change, conn => sqlx::query_as::<_, (String, String)>(
        "with recursive reached (id) as (select cast($1 as varchar(255)) union \
         select b.blocker_id from task_blockers b join reached r on r.id = b.task_id) \
         select b.task_id, b.blocker_id from task_blockers b join reached r on r.id = b.task_id",
    )
    .bind(from)
    .fetch_all(conn)
    .await)?;
    let mut names = Vec::new();
    for id in way(&edges, from, to) {
        names.push(trash::name_of(change, id).await?);
    }
    Ok(names)
}

/// The shortest way along edges, both ends with it.
fn way<'a>(edges: &'a [(String, String)], from: &'a str, to: &'a str) -> Vec<&'a str> {
    let mut ways = std::collections::VecDeque::from([vec![from]]);
    let mut seen = std::collections::HashSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let Some(end) = way.last().copied() else {
            continue;
        };
        if end == to {
            return way;
        }
        let next = edges.iter().filter(|(task, _)| task == end);
        for (_, blocker) in next {
            if seen.insert(blocker) {
                ways.push_back([&way[..], &[blocker]].concat());
            }
        }
    }
    Vec::new()
}
