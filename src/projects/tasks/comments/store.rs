//! Comments in the database. Every change first locks the task, as any other change of it.

use std::collections::BTreeSet;

use super::Comment;
use crate::db::among::{among, list};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::page::{Cursor, Paged};
use crate::projects::tasks::Task;

/// Comments on one page of a task.
pub const PAGE_SIZE: usize = 50;

macro_rules! comments {
    ($which:literal) => {
        concat!(
            "select c.id, c.author_id, coalesce(u.username, c.author) as author, c.text, \
             c.created_at, c.updated_at from task_comments c left join users u on u.id = c.author_id \
             where ",
            $which
        )
    };
}

/// One page of what was said about a task, in the order in which it was said.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, task_id: &str, before: &Cursor) -> Result<Paged<Comment>, Error> {
    let first = Timestamp::from_micros(0).filter(|_| before.is_start());
    let rows = on!(db, conn => sqlx::query_as::<_, Comment>(comments!(
        "c.task_id = $1 and (c.created_at, c.id) > ($2, $3) order by c.created_at, c.id limit $4"
    ))
    .bind(task_id)
    .bind(first.unwrap_or(before.created_at()))
    .bind(before.id())
    .bind(PAGE_SIZE as i64 + 1)
    .fetch_all(conn)
    .await)?;
    Ok(Paged::of_size(PAGE_SIZE, rows, |row| {
        Cursor::after(row.created_at, &row.id)
    }))
}

/// Where the page begins that ends with the last comment of a task.
///
/// # Errors
/// When the database is away.
pub async fn last_page(change: &mut Change, task_id: &str) -> Result<Cursor, Error> {
    let before = on!(change, conn => sqlx::query_as::<_, (Timestamp, String)>(
        "select created_at, id from task_comments where task_id = $1 \
         order by created_at desc, id desc limit 1 offset $2",
    )
    .bind(task_id)
    .bind(PAGE_SIZE as i64)
    .fetch_optional(conn)
    .await)?;
    Ok(match before {
        Some((created_at, id)) => Cursor::after(created_at, &id),
        None => Cursor::start(),
    })
}

/// Those of these names that somebody has.
///
/// # Errors
/// When the database is away.
pub async fn names(db: &Db, candidates: &BTreeSet<String>) -> Result<Vec<String>, Error> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let statement = among!(db.is_postgres(), |ids| concat!(
        "select username from users where username in ",
        ids!("$1"),
        " order by username"
    ));
    Ok(on!(db, conn => sqlx::query_scalar::<_, String>(statement)
        .bind(list(candidates))
        .fetch_all(conn)
        .await)?)
}

/// A comment of a task that was locked.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(change: &mut Change, task: &Task, id: &str) -> Result<Comment, Error> {
    Ok(
        on!(change, conn => sqlx::query_as::<_, Comment>(comments!("c.task_id = $1 and c.id = $2"))
        .bind(&task.id)
        .bind(id)
        .fetch_one(conn)
        .await)?,
    )
}

/// Says something about a task that was locked. `false` where a comment of that id is already there.
///
/// # Errors
/// When the database is away.
pub async fn insert(change: &mut Change, task: &Task, id: &str, text: &str) -> Result<bool, Error> {
    let (now, author) = (change.now(), change.actor().clone());
    let rows = on!(change, conn => sqlx::query(
        "insert into task_comments (id, task_id, author_id, author, text, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $6) on conflict (id) do nothing",
    )
    .bind(id)
    .bind(&task.id)
    .bind(&author.id)
    .bind(&author.name)
    .bind(text)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Puts other words into a comment of a task that was locked.
///
/// # Errors
/// When the database is away.
pub async fn update(change: &mut Change, comment: &Comment, text: &str) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update task_comments set text = $2, updated_at = $3 where id = $1",
    )
    .bind(&comment.id)
    .bind(text)
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Removes a comment of a task that was locked.
///
/// # Errors
/// When the database is away.
pub async fn delete(change: &mut Change, comment: &Comment) -> Result<(), Error> {
    on!(change, conn => sqlx::query("delete from task_comments where id = $1")
        .bind(&comment.id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
