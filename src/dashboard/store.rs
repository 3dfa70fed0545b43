//! What the dashboard reads. Each query is bounded, however much there is: a limit on an index, or
//! one pass over the projects, which keep the counts of their tasks.

use sqlx::FromRow;

use crate::db::{Count, Db, Timestamp};
use crate::error::Error;
use crate::on;

/// The most rows that a panel shows.
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
         (select count(*) from (select 1 from plugins where status in ('failed', 'quarantined') \
         or security_score < 80 or security_violations > 0 limit 1000) w) as unwell, \
         (select count(*) from (select 1 from plugins limit 1000) p) as plugins, \
         (select count(*) from (select 1 from users limit 1000) u) as users, \
         (select count(*) from (select 1 from events where created_at > $1 \
         and domain not in ('user', 'auth') limit 1000) e) as events, \
         (select count(*) from (select 1 from events where published_at is null limit 1000) q) \
         as waiting, \
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

/// A task that somebody waits for.
#[derive(Clone, Debug, FromRow)]
pub struct BlockedTask {
    /// Its id.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Its project's id.
    pub project_id: String,
    /// Its project's name.
    pub project_name: String,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The tasks that were blocked last.
///
/// # Errors
/// When the database is away.
pub async fn blocked_tasks(db: &Db) -> Result<Vec<BlockedTask>, Error> {
    Ok(on!(db, conn => sqlx::query_as::<_, BlockedTask>(
        "select t.id, t.name, t.project_id, p.name as project_name, t.updated_at \
         from (select id, name, project_id, updated_at from live_tasks where status = 'blocked' \
         order by updated_at desc, id desc limit $1) t \
         join live_projects p on p.id = t.project_id order by t.updated_at desc, t.id desc",
    )
    .bind(PANEL)
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
        "select id, name, status, security_score, security_violations from plugins \
         where status in ('failed', 'quarantined') or security_score < 80 \
         or security_violations > 0 \
         order by case when status in ('failed', 'quarantined') then 0 else 1 end, \
         security_score, id limit $1",
    )
    .bind(PANEL)
    .fetch_all(conn)
    .await)?)
}
