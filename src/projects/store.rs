//! Projects in the database.

use chrono_tz::Tz;

use super::tasks as task;
use super::tasks::store as tasks;
use super::tasks::store::{Named, NewTask};
use super::{Edit, Project, Status};
use crate::db::{Db, dialect};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::page::{Cursor, Paged};

/// A project to be made, with its first tasks.
#[derive(Clone, Debug)]
pub struct NewProject {
    /// UUID version 7.
    pub id: String,
    /// What it is.
    pub edit: Edit,
    /// Its tasks.
    pub tasks: Vec<NewTask>,
}

/// Which projects a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those that stand so.
    pub status: Option<Status>,
    /// Only those whose name or description holds this text, without regard to case.
    pub text: String,
}

/// How much of a description a list needs, in characters.
const EXCERPT: i32 = 400;

/// One page of the projects, newest first; of their descriptions only the beginning.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, filter: &Filter, before: &Cursor) -> Result<Paged<Project>, Error> {
    let rows = on!(db, conn => sqlx::query_as::<_, Project>(
        "select id, name, substr(description, 1, $6) as description, status, task_count, \
         done_count, in_progress_count, blocked_count, created_at, updated_at from live_projects \
         where (created_at, id) < ($1, $2) and ($3 = '' or status = $3) \
         and ($4 = '' or search_text like $4 escape '\\') \
         order by created_at desc, id desc limit $5",
    )
    .bind(before.created_at())
    .bind(before.id())
    .bind(filter.status.map_or("", Status::as_str))
    .bind(match filter.text.as_str() {
        "" => String::new(),
        text => dialect::contains(text),
    })
    .bind(Paged::<Project>::LIMIT)
    .bind(EXCERPT)
    .fetch_all(conn)
    .await)?;
    Ok(Paged::new(rows, |row| {
        Cursor::after(row.created_at, &row.id)
    }))
}

/// One project.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, id: &str) -> Result<Project, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Project>(
        "select id, name, description, status, task_count, done_count, in_progress_count, \
         blocked_count, created_at, updated_at from live_projects where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?)
}

/// Reads a project so that nobody else changes it or its tasks until the commit. An update that
/// changes nothing, because SQLite has no `for update`.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(change: &mut Change, id: &str) -> Result<Project, Error> {
    Ok(on!(change, conn => sqlx::query_as::<_, Project>(
        "update projects set task_count = task_count where id = $1 and trash_id is null \
         returning id, name, description, status, task_count, done_count, in_progress_count, \
         blocked_count, created_at, updated_at",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?)
}

/// Makes a project with its tasks. `false`, and nothing is made, where one of that id is already
/// there.
///
/// # Errors
/// When the database is away.
pub async fn insert(change: &mut Change, new: &NewProject) -> Result<bool, Error> {
    let now = change.now();
    let count = |status| {
        let of_status = new.tasks.iter().filter(|task| task.edit.status == status);
        of_status.count() as i64
    };
    let rows = on!(change, conn => sqlx::query(
        "insert into projects (id, name, description, status, task_count, done_count, \
         search_text, created_at, updated_at, in_progress_count, blocked_count) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10) \
         on conflict (id) do nothing",
    )
    .bind(&new.id)
    .bind(&new.edit.name)
    .bind(&new.edit.description)
    .bind(new.edit.status.as_str())
    .bind(new.tasks.len() as i64)
    .bind(count(task::Status::Done))
    .bind(search_text(&new.edit))
    .bind(now)
    .bind(count(task::Status::InProgress))
    .bind(count(task::Status::Blocked))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    note_day(change, &new.id).await?;
    for task in &new.tasks {
        tasks::write(change, &new.id, task, &Named::default()).await?;
    }
    Ok(true)
}

/// Changes a project that was locked.
///
/// # Errors
/// When the database is away.
pub async fn update(change: &mut Change, id: &str, edit: &Edit) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update projects set name = $2, description = $3, status = $4, search_text = $5, \
         updated_at = $6 where id = $1",
    )
    .bind(id)
    .bind(&edit.name)
    .bind(&edit.description)
    .bind(edit.status.as_str())
    .bind(search_text(edit))
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Counts the tasks of a project that was locked anew: of each status those that came, or as a negative
/// number those that left.
pub(super) async fn count(
    change: &mut Change,
    id: &str,
    came: &[(task::Status, i64)],
) -> Result<(), Error> {
    let now = change.now();
    let of_status = |wanted| {
        let same = came.iter().filter(|(status, _)| *status == wanted);
        same.map(|(_, count)| count).sum::<i64>()
    };
    let all: i64 = came.iter().map(|(_, count)| count).sum();
    let done = of_status(task::Status::Done);
    on!(change, conn => sqlx::query(
        "update projects set task_count = task_count + $2, done_count = done_count + $3, \
         in_progress_count = in_progress_count + $4, blocked_count = blocked_count + $5, \
         updated_at = $6 where id = $1",
    )
    .bind(id)
    .bind(all)
    .bind(done)
    .bind(of_status(task::Status::InProgress))
    .bind(of_status(task::Status::Blocked))
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    match (all, done) {
        (0, 0) => Ok(()),
        _ => note_day(change, id).await,
    }
}

/// Notes how many tasks a project has at the end of this day, as far as it is known.
async fn note_day(change: &mut Change, id: &str) -> Result<(), Error> {
    let day = change.now().day_in(Tz::UTC);
    on!(change, conn => sqlx::query(
        "insert into project_days (project_id, day, task_count, done_count) \
         select id, $2, task_count, done_count from live_projects where id = $1 \
         on conflict (project_id, day) do update set task_count = excluded.task_count, \
         done_count = excluded.done_count",
    )
    .bind(id)
    .bind(day)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The name and the description as they are searched.
fn search_text(edit: &Edit) -> String {
    dialect::fold(&format!("{}\n{}", edit.name, edit.description))
}
