//! Labels in the database.

use std::collections::HashMap;

use sqlx::FromRow;

use super::{Edit, Entry, Label, MOST, Refused};
use crate::db::among::{among, list};
use crate::db::{Db, Timestamp, dialect};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::projects::tasks::blockers::store as blockers;

/// Labels with how many tasks carry them, [`COUNTED`](super::COUNTED) at most: the number stands here, for
/// PostgreSQL plans a limit that it does not know as if it were a tenth of all.
macro_rules! entries {
    ($which:literal) => {
        concat!(
            "select l.id, l.name, l.color, l.updated_at, \
             (select count(*) from (select 1 from task_labels k join live_tasks t on t.id = k.task_id \
             where k.label_id = l.id order by k.task_created_at desc limit 100) few) as tasks from labels l ",
            $which
        )
    };
}

/// All labels, by their names.
///
/// # Errors
/// When the database is away.
pub async fn all(db: &Db) -> Result<Vec<Label>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Label>(
        "select id, name, color from labels order by folded_name",
    )
    .fetch_all(conn)
    .await)?)
}

/// The palette, by the names.
///
/// # Errors
/// When the database is away.
pub async fn entries(db: &Db) -> Result<Vec<Entry>, Error> {
    Ok(
        on!(db, conn => sqlx::query_as::<_, Entry>(entries!("order by l.folded_name"))
        .fetch_all(conn)
        .await)?,
    )
}

/// One label.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(db: &Db, id: &str) -> Result<Entry, Error> {
    Ok(
        on!(db, conn => sqlx::query_as::<_, Entry>(entries!("where l.id = $1"))
        .bind(id)
        .fetch_one(conn)
        .await)?,
    )
}

#[derive(FromRow)]
struct Carried {
    task_id: String,
    id: String,
    name: String,
    color: String,
}

/// The labels of each of these tasks, by their names, in one query. A task without any is not there.
///
/// # Errors
/// When the database is away.
pub async fn of_tasks(db: &Db, ids: &[&str]) -> Result<HashMap<String, Vec<Label>>, Error> {
    let mut labels: HashMap<String, Vec<Label>> = HashMap::new();
    if ids.is_empty() {
        return Ok(labels);
    }
    let statement = among!(db.is_postgres(), |ids| concat!(
        "select k.task_id, l.id, l.name, l.color from task_labels k \
         join labels l on l.id = k.label_id where k.task_id in ",
        ids!("$1"),
        " order by l.folded_name"
    ));
    let rows = on!(db, conn => sqlx::query_as::<_, Carried>(statement)
        .bind(list(&ids))
        .fetch_all(conn)
        .await)?;
    for Carried {
        task_id,
        id,
        name,
        color,
    } in rows
    {
        let of_task = labels.entry(task_id).or_default();
        of_task.push(Label { id, name, color });
    }
    Ok(labels)
}

/// The labels that these name, each by its id or its name without regard to case, in the order of
/// their names.
///
/// # Errors
/// `Ok(Err(…))`: the first that names none; when the database is away.
pub async fn resolve(
    change: &mut Change,
    typed: &[String],
) -> Result<Result<Vec<Label>, String>, Error> {
    if typed.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    // There are few: to read them all is as quick as to look for some.
    let all = on!(change, conn => sqlx::query_as::<_, Label>(
        "select id, name, color from labels order by folded_name",
    )
    .fetch_all(conn)
    .await)?;
    let means = |label: &Label, one: &String| {
        label.id == *one || dialect::fold(&label.name) == dialect::fold(one)
    };
    let unknown = typed
        .iter()
        .find(|one| !all.iter().any(|label| means(label, one)));
    if let Some(unknown) = unknown {
        return Ok(Err(unknown.clone()));
    }
    let named = |label: &Label| typed.iter().any(|one| means(label, one));
    Ok(Ok(all.into_iter().filter(named).collect()))
}

/// Gives a task whose project was locked these labels and no others.
///
/// # Errors
/// [`Error::BadRequest`] where one of them was deleted at this moment; when the database is away.
pub async fn put(
    change: &mut Change,
    task_id: &str,
    task_created_at: Timestamp,
    labels: &[Label],
) -> Result<(), Error> {
    let ids: Vec<&str> = labels.iter().map(|label| label.id.as_str()).collect();
    let ids = ids.join(" ");
    on!(change, conn => sqlx::query(
        "delete from task_labels where task_id = $1 and $2 not like '%' || label_id || '%'",
    )
    .bind(task_id)
    .bind(&ids)
    .execute(conn)
    .await
    .map(|_| ()))?;
    let put = on!(change, conn => sqlx::query(
        "insert into task_labels (task_id, label_id, task_created_at) \
         select $1, id, $3 from labels where $2 like '%' || id || '%' \
         on conflict (task_id, label_id) do nothing",
    )
    .bind(task_id)
    .bind(&ids)
    .bind(task_created_at)
    .execute(conn)
    .await
    .map(|_| ()));
    match put {
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Err(
            Error::BadRequest("One of these labels was deleted at this moment.".to_owned()),
        ),
        put => Ok(put?),
    }
}

/// Makes a label. `Ok(Ok(false))` where one of that id is already there.
///
/// # Errors
/// `Ok(Err(…))` where it may not be; when the database is away.
pub async fn insert(
    change: &mut Change,
    id: &str,
    edit: &Edit,
) -> Result<Result<bool, Refused>, Error> {
    let now = change.now();
    let rows = on!(change, conn => sqlx::query(
        "insert into labels (id, name, folded_name, color, created_at, updated_at) \
         select $1, $2, $3, $4, $5, $5 from deployment where (select count(*) from labels) < $6 \
         on conflict do nothing",
    )
    .bind(id)
    .bind(&edit.name)
    .bind(dialect::fold(&edit.name))
    .bind(edit.color.as_str())
    .bind(now)
    .bind(MOST)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if rows == 1 {
        return Ok(Ok(true));
    }
    let in_the_way = on!(change, conn => sqlx::query_scalar::<_, String>(
        "select id from labels where id = $1 or folded_name = $2",
    )
    .bind(id)
    .bind(dialect::fold(&edit.name))
    .fetch_all(conn)
    .await)?;
    Ok(match in_the_way {
        all if all.iter().any(|other| other == id) => Ok(false),
        all if all.is_empty() => Err(Refused::Full),
        _ => Err(Refused::Taken),
    })
}

/// Reads a label so that nobody else changes it until the commit.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(change: &mut Change, id: &str) -> Result<Entry, Error> {
    on!(change, conn => sqlx::query("update labels set color = color where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(
        on!(change, conn => sqlx::query_as::<_, Entry>(entries!("where l.id = $1"))
        .bind(id)
        .fetch_one(conn)
        .await)?,
    )
}

/// Changes a label that was locked.
///
/// # Errors
/// `Ok(Err(…))` where it may not be so; when the database is away.
pub async fn update(
    change: &mut Change,
    id: &str,
    edit: &Edit,
) -> Result<Result<(), Refused>, Error> {
    let now = change.now();
    let done = on!(change, conn => sqlx::query(
        "update labels set name = $2, folded_name = $3, color = $4, updated_at = $5 where id = $1",
    )
    .bind(id)
    .bind(&edit.name)
    .bind(dialect::fold(&edit.name))
    .bind(edit.color.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()));
    match done {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Err(Refused::Taken)),
        done => Ok(Ok(done?)),
    }
}

/// Removes a label, from its tasks too.
///
/// # Errors
/// When the database is away.
pub async fn delete(change: &mut Change, id: &str) -> Result<(), Error> {
    // Its rows belong to many tasks.
    blockers::lock(change).await?;
    on!(change, conn => sqlx::query("delete from labels where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(|_| ()))?;
    Ok(())
}
