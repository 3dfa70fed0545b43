//! Tasks in the database.
//!
//! Every change of a project's tasks first locks the project ([`projects::lock`]): so its counts
//! are always true, and two changes can never wait for each other.

use super::{Status, Task};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::page::{Cursor, Paged};
use crate::projects::{Edit, Project, store as projects};

/// Tasks on one page of a project.
pub const PAGE_SIZE: usize = 100;

/// A task to be made.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// UUID version 7.
    pub id: String,
    /// What it is.
    pub edit: Edit<Status>,
}

/// One page of a project's tasks, in the order in which they were added.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, project_id: &str, before: &Cursor) -> Result<Paged<Task>, Error> {
    let first = Timestamp::from_micros(0).filter(|_| before.is_start());
    let rows = on!(db, conn => sqlx::query_as::<_, Task>(
        "select id, project_id, name, description, status, created_at, updated_at from tasks \
         where project_id = $1 and (created_at, id) > ($2, $3) order by created_at, id limit $4",
    )
    .bind(project_id)
    .bind(first.unwrap_or(before.created_at()))
    .bind(before.id())
    .bind(PAGE_SIZE as i64 + 1)
    .fetch_all(conn)
    .await)?;
    Ok(Paged::of_size(PAGE_SIZE, rows, |row| {
        Cursor::after(row.created_at, &row.id)
    }))
}

/// One task.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, id: &str) -> Result<Task, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Task>(
        "select id, project_id, name, description, status, created_at, updated_at from tasks \
         where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?)
}

/// Locks the task's project, then reads the task: nobody else changes either until the commit.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(change: &mut Change, id: &str) -> Result<(Project, Task), Error> {
    let project_id = on!(change, conn => sqlx::query_scalar::<_, String>(
        "select project_id from tasks where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?;
    let project = projects::lock(change, &project_id).await?;
    let task = on!(change, conn => sqlx::query_as::<_, Task>(
        "select id, project_id, name, description, status, created_at, updated_at from tasks \
         where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?;
    Ok((project, task))
}

/// All tasks of a project that was locked.
///
/// # Errors
/// When the database is away.
pub async fn all_of(change: &mut Change, project: &Project) -> Result<Vec<Task>, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, Task>(
        "select id, project_id, name, description, status, created_at, updated_at from tasks \
         where project_id = $1 order by created_at, id",
    )
    .bind(&project.id)
    .fetch_all(conn)
    .await)?)
}

/// Makes a task in a project that was locked. `false` where one of that id is already there.
///
/// # Errors
/// When the database is away.
pub async fn insert(change: &mut Change, project: &Project, new: &NewTask) -> Result<bool, Error> {
    let made = write(change, &project.id, new).await?;
    if made {
        let done = i64::from(new.edit.status == Status::Done);
        projects::count(change, &project.id, 1, done).await?;
    }
    Ok(made)
}

/// Writes the row alone: for a project that is made together with its tasks.
pub(in crate::projects) async fn write(
    change: &mut Change,
    project_id: &str,
    new: &NewTask,
) -> Result<bool, Error> {
    let now = change.now();
    let rows = on!(change, conn => sqlx::query(
        "insert into tasks (id, project_id, name, description, status, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $6) on conflict (id) do nothing",
    )
    .bind(&new.id)
    .bind(project_id)
    .bind(&new.edit.name)
    .bind(&new.edit.description)
    .bind(new.edit.status.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Changes a task whose project was locked.
///
/// # Errors
/// When the database is away.
pub async fn update(change: &mut Change, before: &Task, edit: &Edit<Status>) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update tasks set name = $2, description = $3, status = $4, updated_at = $5 where id = $1",
    )
    .bind(&before.id)
    .bind(&edit.name)
    .bind(&edit.description)
    .bind(edit.status.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    let done = i64::from(edit.status == Status::Done) - i64::from(before.status() == Status::Done);
    projects::count(change, &before.project_id, 0, done).await
}

/// Removes a task whose project was locked.
///
/// # Errors
/// When the database is away.
pub async fn delete(change: &mut Change, task: &Task) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from tasks where id = $1")
        .bind(&task.id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    let done = i64::from(task.status() == Status::Done);
    projects::count(change, &task.project_id, -1, -done).await
}
