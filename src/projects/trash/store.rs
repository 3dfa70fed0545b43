//! The trash in the database.
//!
//! Each deletion is a row, and what it took along names that row. A restoration and the removal for
//! good first lock the row, so that only one of them happens.

use sqlx::FromRow;

use super::{KEPT, Refused, Thrown};
use crate::db::among::{among, list};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::{Change, new_id};
use crate::on;
use crate::page::{Cursor, Paged};
use crate::projects::tasks::blockers::store as blockers;
use crate::projects::tasks::{Status, Task};
use crate::projects::{Project, store as projects};

/// Tasks that one transaction removes for good.
const BATCH: i64 = 500;

macro_rules! thrown {
    ($($text:literal),+) => {
        concat!($($text),+, "id, kind, entity_id, project_id, name, task_count, actor, created_at")
    };
}

/// A task that was removed for good.
#[derive(Clone, Debug, FromRow)]
pub struct Gone {
    /// Its id.
    pub id: String,
    /// The id of its project.
    pub project_id: String,
    /// As it was called.
    pub name: String,
}

/// One page of what can be restored, the last that was deleted first.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, before: &Cursor) -> Result<Paged<Thrown>, Error> {
    let rows = on!(db, conn => sqlx::query_as::<_, Thrown>(concat!(
        thrown!("select "),
        " from trash where (created_at, id) < ($1, $2) and created_at > $3 \
         order by created_at desc, id desc limit $4"
    ))
    .bind(before.created_at())
    .bind(before.id())
    .bind(oldest())
    .bind(Paged::<Thrown>::LIMIT)
    .fetch_all(conn)
    .await)?;
    Ok(Paged::new(rows, |row| {
        Cursor::after(row.created_at, &row.id)
    }))
}

/// Puts a task whose project was locked into the trash.
///
/// # Errors
/// When the database is away.
pub async fn throw_task(change: &mut Change, task: &Task) -> Result<Thrown, Error> {
    let thrown = Thrown {
        kind: "task".to_owned(),
        entity_id: task.id.clone(),
        project_id: task.project_id.clone(),
        name: task.name.clone(),
        task_count: 1,
        ..blank(change)
    };
    insert(change, &thrown).await?;
    on!(change, conn => sqlx::query("update tasks set trash_id = $2 where id = $1")
        .bind(&task.id)
        .bind(&thrown.id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    projects::count(change, &task.project_id, &[(task.status(), -1)]).await?;
    Ok(thrown)
}

/// Puts a project that was locked into the trash, with the tasks that are not there yet.
///
/// # Errors
/// When the database is away.
pub async fn throw_project(change: &mut Change, project: &Project) -> Result<Thrown, Error> {
    let thrown = Thrown {
        kind: "project".to_owned(),
        entity_id: project.id.clone(),
        project_id: project.id.clone(),
        name: project.name.clone(),
        task_count: project.task_count,
        ..blank(change)
    };
    insert(change, &thrown).await?;
    for text in [
        "update tasks set trash_id = $2 where project_id = $1 and trash_id is null",
        "update projects set trash_id = $2 where id = $1",
    ] {
        on!(change, conn => sqlx::query(text)
            .bind(&project.id)
            .bind(&thrown.id)
            .execute(conn)
            .await
            .map(|_| ()))?;
    }
    Ok(thrown)
}

fn blank(change: &Change) -> Thrown {
    Thrown {
        id: new_id(),
        kind: String::new(),
        entity_id: String::new(),
        project_id: String::new(),
        name: String::new(),
        task_count: 0,
        actor: change.actor().name.clone(),
        created_at: change.now(),
    }
}

async fn insert(change: &mut Change, thrown: &Thrown) -> Result<(), Error> {
    let actor_id = change.actor().id.clone();
    on!(change, conn => sqlx::query(
        "insert into trash (id, kind, entity_id, project_id, name, task_count, actor_id, actor, \
         created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&thrown.id)
    .bind(&thrown.kind)
    .bind(&thrown.entity_id)
    .bind(&thrown.project_id)
    .bind(&thrown.name)
    .bind(thrown.task_count)
    .bind(&actor_id)
    .bind(&thrown.actor)
    .bind(thrown.created_at)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Takes out of the trash what one deletion put there.
///
/// # Errors
/// `Ok(Err(…))` where that cannot be; [`Error::NotFound`]; when the database is away.
pub async fn restore(change: &mut Change, id: &str) -> Result<Result<Thrown, Refused>, Error> {
    let thrown = lock(change, id).await?.ok_or(Error::NotFound)?;
    if thrown.created_at <= oldest() {
        return Ok(Err(Refused::TooLate));
    }
    if thrown.is_project() {
        clear(
            change,
            "update projects set trash_id = null where trash_id = $1",
            id,
        )
        .await?;
    }
    match projects::lock(change, &thrown.project_id).await {
        Err(Error::NotFound) => return Ok(Err(Refused::WithoutProject)),
        project => project?,
    };
    blockers::lock(change).await?;
    let back = on!(change, conn => sqlx::query_scalar::<_, String>(
        "update tasks set trash_id = null where trash_id = $1 returning status",
    )
    .bind(id)
    .fetch_all(conn)
    .await)?;
    if !thrown.is_project() {
        let came = back
            .iter()
            .map(|status| (status.parse().unwrap_or_default(), 1));
        let came: Vec<(Status, i64)> = came.collect();
        projects::count(change, &thrown.project_id, &came).await?;
    }
    clear(change, "delete from trash where id = $1", id).await?;
    Ok(Ok(thrown))
}

/// The name of a task, with where it is when that is the trash.
///
/// # Errors
/// When the database is away.
pub async fn name_of(change: &mut Change, task_id: &str) -> Result<String, Error> {
    Ok(on!(change, conn => sqlx::query_scalar::<_, String>(
        "select name || case when trash_id is null then '' else ' (in the trash)' end \
         from tasks where id = $1",
    )
    .bind(task_id)
    .fetch_one(conn)
    .await)?)
}

/// Whether these tasks are all in the trash.
///
/// # Errors
/// When the database is away.
pub async fn holds(change: &mut Change, task_ids: &[&str]) -> Result<bool, Error> {
    let text = among!(change.is_postgres(), |ids| concat!(
        "select count(*) from tasks where trash_id is not null and id in ",
        ids!("$1")
    ));
    let count = on!(change, conn => sqlx::query_scalar::<_, i64>(text)
        .bind(list(&task_ids))
        .fetch_one(conn)
        .await)?;
    Ok(count == task_ids.len() as i64)
}

/// The deletion whose time was over first.
///
/// # Errors
/// When the database is away.
pub async fn due(db: &Db) -> Result<Option<String>, Error> {
    Ok(on!(db, conn => sqlx::query_scalar::<_, String>(
        "select id from trash where created_at <= $1 order by created_at, id limit 1",
    )
    .bind(oldest())
    .fetch_optional(conn)
    .await)?)
}

/// Removes some of what one deletion took along for good: what was removed, and the deletion itself
/// where nothing is left of it. `None` where somebody else was faster.
///
/// # Errors
/// When the database is away.
pub async fn purge(
    change: &mut Change,
    id: &str,
) -> Result<Option<(Vec<Gone>, Option<Thrown>)>, Error> {
    let Some(thrown) = lock(change, id).await? else {
        return Ok(None);
    };
    blockers::lock(change).await?;
    let gone = on!(change, conn => sqlx::query_as::<_, Gone>(
        "delete from tasks where id in (select id from tasks where trash_id = $1 limit $2) \
         returning id, project_id, name",
    )
    .bind(id)
    .bind(BATCH)
    .fetch_all(conn)
    .await)?;
    if gone.len() as i64 == BATCH {
        return Ok(Some((gone, None)));
    }
    clear(change, "delete from projects where trash_id = $1", id).await?;
    clear(change, "delete from trash where id = $1", id).await?;
    Ok(Some((gone, Some(thrown))))
}

async fn lock(change: &mut Change, id: &str) -> Result<Option<Thrown>, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, Thrown>(
        thrown!("update trash set name = name where id = $1 returning ")
    )
    .bind(id)
    .fetch_optional(conn)
    .await)?)
}

async fn clear(change: &mut Change, text: &'static str, id: &str) -> Result<(), Error> {
    on!(change, conn => sqlx::query(text)
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// What was deleted before this is gone for good.
fn oldest() -> Timestamp {
    Timestamp::now().plus(-KEPT)
}
