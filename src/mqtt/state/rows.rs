//! What states are made of: what everybody may see, and never a configuration.

use serde_json::{Map, Value, json};
use sqlx::FromRow;

use crate::db::among::{among, list};
use crate::db::{Db, Timestamp};
use crate::on;

/// The things that have a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Project,
    Plugin,
}

/// Some projects, or plugins.
macro_rules! things {
    (project, $($which:expr),+) => {
        concat!(
            "select id, name, status, task_count as first, done_count as second, \
             blocked_count as third, '' as version, '' as type, updated_at from live_projects where ",
            $($which),+
        )
    };
    (plugin, $($which:expr),+) => {
        concat!(
            "select id, name, status, security_score as first, security_violations as second, \
             cast(0 as bigint) as third, version, type, updated_at from plugins where ",
            $($which),+
        )
    };
}

#[derive(FromRow)]
struct Thing {
    id: String,
    name: String,
    status: String,
    first: i64,
    second: i64,
    third: i64,
    version: String,
    r#type: String,
    updated_at: Timestamp,
}

impl Thing {
    fn state(self, kind: Kind) -> (String, Value) {
        let state = match kind {
            Kind::Project => json!({
                "id": self.id,
                "name": self.name,
                "status": self.status,
                "tasks": self.first,
                "done": self.second,
                "blocked": self.third,
                "updated_at": self.updated_at.rfc3339(),
            }),
            Kind::Plugin => json!({
                "id": self.id,
                "name": self.name,
                "version": self.version,
                "type": self.r#type,
                "status": self.status,
                "security_score": self.first,
                "security_violations": self.second,
                "updated_at": self.updated_at.rfc3339(),
            }),
        };
        (self.id, state)
    }
}

/// Those of these ids that are there, with their states.
pub(super) async fn these(
    db: &Db,
    kind: Kind,
    ids: &[String],
) -> Result<Vec<(String, Value)>, sqlx::Error> {
    let text = among!(db.is_postgres(), |these| match kind {
        Kind::Project => things!(project, "id in ", these!("$1")),
        Kind::Plugin => things!(plugin, "id in ", these!("$1")),
    });
    let found = on!(db, conn => sqlx::query_as::<_, Thing>(text)
        .bind(list(ids))
        .fetch_all(conn)
        .await)?;
    Ok(found.into_iter().map(|thing| thing.state(kind)).collect())
}

/// The next ones behind that id.
pub(super) async fn behind(
    db: &Db,
    kind: Kind,
    after: &str,
    limit: usize,
) -> Result<Vec<(String, Value)>, sqlx::Error> {
    let text = match kind {
        Kind::Project => things!(project, "id > $1 order by id limit $2"),
        Kind::Plugin => things!(plugin, "id > $1 order by id limit $2"),
    };
    let found = on!(db, conn => sqlx::query_as::<_, Thing>(text)
        .bind(after)
        .bind(limit as i64)
        .fetch_all(conn)
        .await)?;
    Ok(found.into_iter().map(|thing| thing.state(kind)).collect())
}

/// Counts by status; tasks that are blocked or overdue; plugins that need somebody.
pub(super) async fn summary(db: &Db, now: Timestamp) -> Result<Value, sqlx::Error> {
    let counted = on!(db, conn => sqlx::query_as::<_, (String, String, i64)>(
        "select 'projects' as kind, status, count(*) as n from live_projects group by status \
         union all select 'tasks', status, count(*) from live_tasks group by status \
         union all select 'plugins', status, count(*) from plugins group by status \
         union all select 'overdue', '', count(*) from live_tasks \
         where due_at is not null and status <> 'done' and due_at <= $1 \
         union all select 'unhealthy', '', count(*) from unwell_plugins",
    )
    .bind(now)
    .fetch_all(conn)
    .await)?;
    let by_status = |kind: &str, all: &[&str]| {
        let mut counts: Map<String, Value> = all
            .iter()
            .map(|status| ((*status).to_owned(), 0.into()))
            .collect();
        for (_, status, n) in counted.iter().filter(|(of, ..)| of == kind) {
            counts.insert(status.clone(), (*n).into());
        }
        Value::Object(counts)
    };
    let one = |kind: &str| {
        counted
            .iter()
            .find(|(of, ..)| of == kind)
            .map_or(0, |(.., n)| *n)
    };
    let tasks = by_status("tasks", &["pending", "in_progress", "blocked", "done"]);
    Ok(json!({
        "projects": by_status(
            "projects",
            &["planning", "active", "on_hold", "completed", "archived"],
        ),
        "blocked_tasks": tasks["blocked"],
        "tasks": tasks,
        "overdue_tasks": one("overdue"),
        "plugins": by_status("plugins", &[]),
        "unhealthy_plugins": one("unhealthy"),
    }))
}
