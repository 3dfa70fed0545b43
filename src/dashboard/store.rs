//! What the dashboard reads. Each query is bounded, however much there is: a limit on an index, or
//! one pass over the projects, which keep the counts of their tasks.

use chrono::{NaiveDate, TimeDelta};
use sqlx::FromRow;

use crate::db::{Count, Db, Timestamp};
use crate::error::Error;
use crate::on;

/// The most rows that a panel shows. As it stands in [`urging`].
pub const PANEL: i64 = 8;
/// Where counting stops. As it stands in [`figures`].
const ENOUGH: i64 = 1000;

/// The projects of one status, and their tasks.
#[derive(Clone, Debug, FromRow)]
pub struct Group {
    /// The projects' status.
    pub status: String,
    /// How many projects.
    pub projects: i64,
    /// How many tasks they have.
    pub tasks: i64,
    /// How many of these are done.
    pub done: i64,
}

/// Projects by status.
///
/// # Errors
/// When the database is away.
pub async fn groups(db: &Db) -> Result<Vec<Group>, Error> {
    // sum() of bigint is numeric on PostgreSQL.
    Ok(on!(db, conn => sqlx::query_as::<_, Group>(
        "select status, count(*) as projects, cast(sum(task_count) as bigint) as tasks, \
         cast(sum(done_count) as bigint) as done from live_projects group by status",
    )
    .fetch_all(conn)
    .await)?)
}

/// What is counted at a glance.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Tasks that are blocked.
    pub blocked: Count,
    /// Plugins that need somebody.
    pub unwell: Count,
    /// Plugins of any state.
    pub plugins: Count,
    /// Accounts.
    pub users: Count,
    /// Events since then, of those that everybody may see.
    pub events: Count,
    /// Events that the broker has not acknowledged.
    pub waiting: Count,
    /// Notes of the watch that no admin has seen.
    pub notes: Count,
}

#[derive(FromRow)]
struct Counted {
    blocked: i64,
    unwell: i64,
    plugins: i64,
    users: i64,
    events: i64,
    waiting: i64,
    notes: i64,
}

/// Counts, each up to 1,000; events since `since`, without logins and accounts.
///
/// # Errors
/// When the database is away.
pub async fn figures(db: &Db, since: Timestamp) -> Result<Figures, Error> {
    let counted = on!(db, conn => sqlx::query_as::<_, Counted>(
        "select \
         (select count(*) from (select 1 from live_tasks where status = 'blocked' limit 1000) b) \
         as blocked, \
         (select count(*) from (select 1 from unwell_plugins limit 1000) w) as unwell, \
         (select count(*) from (select 1 from plugins limit 1000) p) as plugins, \
         (select count(*) from (select 1 from users limit 1000) u) as users, \
         (select count(*) from (select 1 from events where created_at > $1 \
         and domain not in ('user', 'auth') limit 1000) e) as events, \
         (select count(*) from (select 1 from outbox limit 1000) q) as waiting, \
         (select count(*) from (select 1 from watch_notes where seen_at is null limit 1000) n) as notes",
    )
    .bind(since)
    .fetch_one(conn)
    .await)?;
    let count = |counted| Count::up_to(ENOUGH, counted);
    Ok(Figures {
        blocked: count(counted.blocked),
        unwell: count(counted.unwell),
        plugins: count(counted.plugins),
        users: count(counted.users),
        events: count(counted.events),
        waiting: count(counted.waiting),
        notes: count(counted.notes),
    })
}

/// A project that is being worked on.
#[derive(Clone, Debug, FromRow)]
pub struct ActiveProject {
    /// Its id.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// How many tasks it has.
    pub task_count: i64,
    /// How many of them are done.
    pub done_count: i64,
}

/// The newest active projects.
///
/// # Errors
/// When the database is away.
pub async fn active_projects(db: &Db) -> Result<Vec<ActiveProject>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, ActiveProject>(
        "select id, name, task_count, done_count from live_projects where status = 'active' \
         order by created_at desc, id desc limit $1",
    )
    .bind(PANEL)
    .fetch_all(conn)
    .await)?)
}

/// How many tasks a project had at the end of a day on which that changed.
#[derive(Clone, Debug, FromRow)]
pub struct Day {
    /// The project's id.
    pub project_id: String,
    /// In UTC.
    pub day: NaiveDate,
    /// All.
    pub task_count: i64,
    /// Those that were done.
    pub done_count: i64,
}

/// The days from `since` on of the newest active projects, and the last one before, in order.
///
/// # Errors
/// When the database is away.
pub async fn days(db: &Db, since: NaiveDate) -> Result<Vec<Day>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Day>(
        "select d.project_id, d.day, d.task_count, d.done_count from project_days d \
         where d.project_id in (select id from live_projects where status = 'active' \
         order by created_at desc, id desc limit $1) \
         and d.day >= coalesce((select max(e.day) from project_days e \
         where e.project_id = d.project_id and e.day < $2), $2) order by d.project_id, d.day",
    )
    .bind(PANEL)
    .bind(since)
    .fetch_all(conn)
    .await)?)
}

/// A task that needs somebody.
#[derive(Clone, Debug, FromRow)]
pub struct Urging {
    /// `mine`: it is due, and who looks is to do it. `stuck`: it cannot go on.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Its status.
    pub status: String,
    /// Its project's name.
    pub project_name: String,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// The day of that, where a day was chosen.
    pub due_day: Option<NaiveDate>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The first open task that it waits for.
    pub blocker_id: Option<String>,
    /// That one's name.
    pub blocker_name: Option<String>,
    /// How many it waits for.
    pub waits_for: i64,
}

/// A day is over in the last zone so long after the first (UTC+14 to UTC-12).
const ZONES: TimeDelta = TimeDelta::hours(26);

/// So many are looked at for tasks that wait.
const NEWEST_DEPENDENCIES: i64 = 200;

/// What somebody is to do on a day, which ends at `until` where they are, or before: most overdue first;
/// and what cannot go on, changed last first. A task that is blocked and waits, too, stands there twice.
/// Of what waits, only the newest dependencies are looked at.
///
/// # Errors
/// When the database is away.
pub async fn urging(
    db: &Db,
    user_id: &str,
    today: NaiveDate,
    until: Timestamp,
) -> Result<Vec<Urging>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, Urging>(
        "with blocking (task_id, id, name, created_at) as not materialized (select b.task_id, o.id, o.name, o.created_at \
         from task_blockers b join live_tasks o on o.id = b.blocker_id where o.status <> 'done') \
         select u.kind, t.id, t.name, t.status, p.name as project_name, t.due_at, t.due_day, t.updated_at, \
         (select b.id from blocking b where b.task_id = t.id order by b.created_at, b.id limit 1) as blocker_id, \
         (select b.name from blocking b where b.task_id = t.id order by b.created_at, b.id limit 1) as blocker_name, \
         (select count(*) from blocking b where b.task_id = t.id) as waits_for from \
         (select * from (select 'mine' as kind, id from live_tasks where assignee_id = $1 \
         and due_at <= $3 and (due_at <= $2 or due_day <= $4) and status <> 'done' \
         order by due_at, id limit $5) m union all \
         select * from (select 'stuck', id from live_tasks where status = 'blocked' \
         order by updated_at desc, id desc limit $5) s union all \
         select distinct 'stuck', w.task_id from (select task_id, blocker_id from task_blockers \
         order by created_at desc limit $6) w join live_tasks o on o.id = w.blocker_id \
         and o.status <> 'done') u \
         join live_tasks t on t.id = u.id join live_projects p on p.id = t.project_id \
         where t.status <> 'done' \
         order by case u.kind when 'mine' then t.due_at end, t.updated_at desc, t.id",
    )
    .bind(user_id)
    .bind(until)
    .bind(until.plus(ZONES))
    .bind(today)
    .bind(PANEL)
    .bind(NEWEST_DEPENDENCIES)
    .fetch_all(conn)
    .await)?)
}

/// A plugin that needs somebody.
#[derive(Clone, Debug, FromRow)]
pub struct UnwellPlugin {
    /// Its id.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Its status.
    pub status: String,
    /// 0 to 100.
    pub security_score: i64,
    /// Calls that were denied.
    pub security_violations: i64,
}

/// Plugins that failed, are quarantined, did what they may not, or score below 80; worst first.
///
/// # Errors
/// When the database is away.
pub async fn unwell_plugins(db: &Db) -> Result<Vec<UnwellPlugin>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, UnwellPlugin>(
        "select id, name, status, security_score, security_violations from unwell_plugins \
         order by case when status in ('failed', 'quarantined') then 0 else 1 end, \
         security_score, id limit $1",
    )
    .bind(PANEL)
    .fetch_all(conn)
    .await)?)
}
