//! Tasks in the database.
//!
//! Every change of a project's tasks first locks the project ([`projects::lock`]): so its counts
//! are always true, and two changes can never wait for each other.

use super::{Edit, Refused, Task, list::words};
use crate::db::{Db, Timestamp, dialect::fold};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::page::{Cursor, Paged};
use crate::projects::labels::{Label, store as labels};
use crate::projects::{Project, store as projects};

/// Tasks on one page of a project.
pub const PAGE_SIZE: usize = 100;

/// A task to be made.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// UUID version 7.
    pub id: String,
    /// What it is.
    pub edit: Edit,
}

/// What is read of a task `t`, with the names that its things have now; `$description` is its
/// description, or nothing where none is shown.
macro_rules! columns {
    ($description:literal) => {
        concat!(
            "t.id, t.project_id, t.name, ",
            $description,
            " as description, t.status, t.priority, t.due_at, \
             t.due_day, u.username as assignee, t.about_id as about, g.name as about_name, \
             (select count(*) from task_blockers b join live_tasks x on x.id = b.blocker_id \
             where b.task_id = t.id and x.status <> 'done') as waits_for, \
             (select coalesce(string_agg(l.id || '\t' || l.color || '\t' || l.name, '\n' \
             order by l.folded_name), '') from task_labels k join labels l on l.id = k.label_id \
             where k.task_id = t.id) as labels, t.created_at, t.updated_at"
        )
    };
}
pub(in crate::projects) use columns;

/// Tasks with the names that their things have now.
macro_rules! tasks {
    ($($which:expr),+) => {
        concat!(
            "select ",
            $crate::projects::tasks::store::columns!("t.description"),
            " from live_tasks t left join users u on u.id = t.assignee_id \
             left join plugins g on g.id = t.about_id where ",
            $($which),+
        )
    };
}
pub(in crate::projects::tasks) use tasks;

/// Between the places of two neighbours in a column: room for 32 others, one always between the last
/// and the same neighbour.
pub const GAP: i64 = 1 << 32;

/// How many names a form suggests; any other can be typed.
const CHOICES: i64 = 200;

const ONE: &str = tasks!("t.id = $1");

/// One page of a project's tasks, in the order in which they were added.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, project_id: &str, before: &Cursor) -> Result<Paged<Task>, Error> {
    let first = Timestamp::from_micros(0).filter(|_| before.is_start());
    let rows = on!(db, conn => sqlx::query_as::<_, Task>(tasks!(
        "t.project_id = $1 and (t.created_at, t.id) > ($2, $3) order by t.created_at, t.id limit $4"
    ))
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
    Ok(on!(db, conn => sqlx::query_as::<_, Task>(ONE)
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
        "select project_id from live_tasks where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await)?;
    let project = projects::lock(change, &project_id).await?;
    let task = on!(change, conn => sqlx::query_as::<_, Task>(ONE)
        .bind(id)
        .fetch_one(conn)
        .await)?;
    Ok((project, task))
}

/// What the database calls what a form names.
#[derive(Clone, Debug, Default)]
pub struct Named {
    assignee_id: Option<String>,
    about_id: Option<String>,
    labels: Vec<Label>,
}

impl Named {
    /// Its labels, by their names.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }
}

/// Finds what an edit names. What `before` names already stays, whatever became of it.
///
/// # Errors
/// `Ok(Err(…))`: what nothing has that name; when the database is away.
pub async fn name(
    change: &mut Change,
    edit: &Edit,
    before: Option<&Task>,
) -> Result<Result<Named, Vec<Refused>>, Error> {
    let is_kept = before.is_some_and(|task| task.assignee == edit.assignee);
    let (assignee_id, about_id) = on!(change, conn => sqlx::query_as::<_, (Option<String>, Option<String>)>(
        "select (select id from users where username = $1 and ($3 or disabled_at is null)), \
         (select id from plugins where id = $2)",
    )
    .bind(&edit.assignee)
    .bind(&edit.about)
    .bind(is_kept)
    .fetch_one(conn)
    .await)?;
    let mut unknown = Vec::new();
    if edit.assignee.is_some() && assignee_id.is_none() {
        unknown.push(Refused::Assignee);
    }
    if edit.about.is_some() && about_id.is_none() {
        unknown.push(Refused::About);
    }
    let labels = labels::resolve(change, &edit.labels).await?;
    let labels = labels.unwrap_or_else(|typed| {
        unknown.push(Refused::Label(typed));
        Vec::new()
    });
    let named = Named {
        assignee_id,
        about_id,
        labels,
    };
    Ok(if unknown.is_empty() {
        Ok(named)
    } else {
        Err(unknown)
    })
}

/// Makes a task in a project that was locked. `false` where one of that id is already there.
///
/// # Errors
/// When the database is away.
pub async fn insert(
    change: &mut Change,
    project: &Project,
    new: &NewTask,
    named: &Named,
) -> Result<bool, Error> {
    let made = write(change, &project.id, new, named).await?;
    if made {
        let now = change.now();
        labels::put(change, &new.id, now, &named.labels).await?;
        projects::count(change, &project.id, &[(new.edit.status, 1)]).await?;
    }
    Ok(made)
}

/// Writes the row alone, last in the column of its status: for a project that is made together with
/// its tasks.
pub(in crate::projects) async fn write(
    change: &mut Change,
    project_id: &str,
    new: &NewTask,
    named: &Named,
) -> Result<bool, Error> {
    let now = change.now();
    let due = new.edit.due;
    let rows = on!(change, conn => sqlx::query(
        "insert into tasks (id, project_id, name, description, status, priority, due_at, due_day, \
         assignee_id, about_id, created_at, updated_at, place, name_key, words) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, \
         (select coalesce(max(place), 0) + $12 from live_tasks where status = $5), $13, $14) \
         on conflict (id) do nothing",
    )
    .bind(&new.id)
    .bind(project_id)
    .bind(&new.edit.name)
    .bind(&new.edit.description)
    .bind(new.edit.status.as_str())
    .bind(new.edit.priority.rank())
    .bind(due.map(|due| due.at))
    .bind(due.and_then(|due| due.day))
    .bind(&named.assignee_id)
    .bind(&named.about_id)
    .bind(now)
    .bind(GAP)
    .bind(fold(&new.edit.name))
    .bind(words(&new.edit.name, &new.edit.description))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Changes a task whose project was locked. One whose status is another now stands first in its new
/// column.
///
/// # Errors
/// When the database is away.
pub async fn update(
    change: &mut Change,
    before: &Task,
    edit: &Edit,
    named: &Named,
) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update tasks set name = $2, description = $3, status = $4, priority = $5, due_at = $6, \
         due_day = $7, assignee_id = $8, about_id = $9, updated_at = $10, \
         place = case when status = $4 then place else \
         (select coalesce(min(place), 0) - $11 from live_tasks where status = $4) end, \
         name_key = $12, words = $13 where id = $1",
    )
    .bind(&before.id)
    .bind(&edit.name)
    .bind(&edit.description)
    .bind(edit.status.as_str())
    .bind(edit.priority.rank())
    .bind(edit.due.map(|due| due.at))
    .bind(edit.due.and_then(|due| due.day))
    .bind(&named.assignee_id)
    .bind(&named.about_id)
    .bind(now)
    .bind(GAP)
    .bind(fold(&edit.name))
    .bind(words(&edit.name, &edit.description))
    .execute(conn)
    .await
    .map(|_| ()))?;
    if before.labels() != named.labels {
        labels::put(change, &before.id, before.created_at, &named.labels).await?;
    }
    let came = [(edit.status, 1), (before.status(), -1)];
    projects::count(change, &before.project_id, &came).await
}

/// What the fields of a task's form suggest; anything else can be typed.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// User names of who may come in.
    pub people: Vec<String>,
    /// Plugins: id and name.
    pub plugins: Vec<(String, String)>,
    /// Names of open tasks of the same project.
    pub tasks: Vec<String>,
    /// All labels.
    pub labels: Vec<Label>,
}

/// User names of who may come in, as many as a form suggests.
///
/// # Errors
/// When the database is away.
pub async fn people(db: &Db) -> Result<Vec<String>, Error> {
    Ok(on!(db, conn => sqlx::query_scalar::<_, String>(
        "select username from users where disabled_at is null order by username limit $1",
    )
    .bind(CHOICES)
    .fetch_all(conn)
    .await)?)
}

/// What the fields of this task's form suggest, in one query.
///
/// # Errors
/// When the database is away.
pub async fn choices(db: &Db, task: &Task) -> Result<Choices, Error> {
    let rows = on!(db, conn => sqlx::query_as::<_, (String, String, String, String)>(
        "select * from (select 'person' as kind, id, username as name, '' as color from users \
         where disabled_at is null order by username limit $3) a union all \
         select * from (select 'plugin', id, name, '' from plugins order by id limit $3) b union all \
         select * from (select 'label', id, name, color from labels order by folded_name) d union all \
         select * from (select 'task', id, name, '' from live_tasks where project_id = $1 and id <> $2 \
         and status <> 'done' order by priority desc, created_at, id limit $3) c",
    )
    .bind(&task.project_id)
    .bind(&task.id)
    .bind(CHOICES)
    .fetch_all(conn)
    .await)?;
    let mut choices = Choices::default();
    for (kind, id, name, color) in rows {
        match kind.as_str() {
            "label" => choices.labels.push(Label { id, name, color }),
            "person" => choices.people.push(name),
            "plugin" => choices.plugins.push((id, name)),
            _ => choices.tasks.push(name),
        }
    }
    Ok(choices)
}
