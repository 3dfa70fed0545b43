//! What a board shows, read from the database.

use super::{Card, Scope, Spot};
use crate::db::{Count, Db};
use crate::error::Error;
use crate::on;
use crate::projects::Project;
use crate::projects::tasks::Status;
use crate::projects::tasks::store::columns;

/// How far the cards of a column are counted.
const COUNTED: i64 = 1000;

macro_rules! counted {
    ($before:literal, $status:literal) => {
        concat!(
            $before,
            "(select count(*) from (select 1 from live_tasks where status = '",
            $status,
            "' order by place limit $1) as ",
            $status,
            ")"
        )
    };
}

/// Cards of one status, from the top on.
macro_rules! cards {
    ($scope:literal) => {
        concat!(
            "select ",
            columns!("''"),
            ", coalesce((select p.name from live_projects p where p.id = t.project_id), '') \
             as project_name, t.place from live_tasks t \
             left join users u on u.id = t.assignee_id left join plugins g on g.id = t.about_id \
             where ",
            $scope,
            " and t.status = $2 and (t.place, t.id) > ($3, $4) order by t.place, t.id limit $5"
        )
    };
}

/// How many of all have each status, in the order of [`Status::ALL`]; counting stops at `$1`.
const COUNTS: &str = concat!(
    counted!("select ", "pending"),
    counted!(", ", "in_progress"),
    counted!(", ", "blocked"),
    counted!(", ", "done")
);

/// The cards of a column behind `start`.
///
/// # Errors
/// When the database is away.
pub async fn column(
    db: &Db,
    scope: &Scope,
    status: Status,
    start: &Spot,
    limit: usize,
) -> Result<Vec<Card>, Error> {
    let text = match scope {
        Scope::All => cards!("$1 = ''"),
        Scope::Project(_) => cards!("t.project_id = $1"),
    };
    Ok(on!(db, conn => sqlx::query_as::<_, Card>(text)
        .bind(scope.id())
        .bind(status.as_str())
        .bind(start.place)
        .bind(&start.id)
        .bind(limit as i64)
        .fetch_all(conn)
        .await)?)
}

/// How many cards each column has, in the order of [`Status::ALL`]. Those of a project are kept with it;
/// those of all are counted, and counting stops where the number would tell no more.
///
/// # Errors
/// When the database is away.
pub async fn counts(db: &Db, project: Option<&Project>) -> Result<[Count; 4], Error> {
    if let Some(project) = project {
        return Ok(Status::ALL.map(|status| Count::up_to(i64::MAX, project.count_of(status))));
    }
    let (pending, going, blocked, done) = on!(db, conn => sqlx::query_as::<_, (i64, i64, i64, i64)>(COUNTS)
        .bind(COUNTED)
        .fetch_one(conn)
        .await)?;
    Ok([pending, going, blocked, done].map(|count| Count::up_to(COUNTED, count)))
}
