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

/// How many have each status, in the order of [`Status::ALL`]; counting stops at `$2`.
macro_rules! counts {
    ($scope:literal) => {
        concat!(
            counts!(one "select ", $scope, "pending"),
            counts!(one ", ", $scope, "in_progress"),
            counts!(one ", ", $scope, "blocked"),
            counts!(one ", ", $scope, "done")
        )
    };
    (one $before:literal, $scope:literal, $status:literal) => {
        concat!(
            $before, "(select count(*) from (select 1 from live_tasks t where ", $scope,
            " and t.status = '", $status, "' order by t.place limit $2) as ", $status, ")"
        )
    };
}

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

/// How many cards each column has, in the order of [`Status::ALL`].
///
/// # Errors
/// When the database is away.
pub async fn counts(db: &Db, project: Option<&Project>) -> Result<[Count; 4], Error> {
    let text = match project {
        None => counts!("$1 = ''"),
        Some(_) => counts!("t.project_id = $1"),
    };
    let (pending, going, blocked, done) = on!(db, conn => sqlx::query_as::<_, (i64, i64, i64, i64)>(text)
        .bind(project.map_or("", |project| project.id.as_str()))
        .bind(COUNTED)
        .fetch_one(conn)
        .await)?;
    let mut counts = [pending, going, blocked, done];
    let mut limits = [COUNTED; 4];
    if let Some(project) = project {
        (counts[3], limits[3]) = (project.done_count, i64::MAX);
        true_count(&mut counts, &mut limits, project.task_count);
    }
    Ok(std::array::from_fn(|at| {
        Count::up_to(limits[at], counts[at])
    }))
}

/// Where counting stopped in one column alone, it has what the others leave of all.
fn true_count(counts: &mut [i64; 4], limits: &mut [i64; 4], all: i64) {
    let stopped: Vec<usize> = (0..4).filter(|at| counts[*at] >= limits[*at]).collect();
    if let [at] = stopped[..] {
        counts[at] += all - counts.iter().sum::<i64>();
        limits[at] = i64::MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_long_column_has_what_the_others_leave() {
        let mut counts = [COUNTED, 3, 4, 5];
        let mut limits = [COUNTED, COUNTED, COUNTED, i64::MAX];
        true_count(&mut counts, &mut limits, 99_012);
        assert_eq!((counts, limits[0]), ([99_000, 3, 4, 5], i64::MAX));
        let mut counts = [COUNTED, COUNTED, 4, 5];
        let mut limits = [COUNTED, COUNTED, COUNTED, i64::MAX];
        true_count(&mut counts, &mut limits, 99_012);
        assert_eq!((counts, limits[0]), ([COUNTED, COUNTED, 4, 5], COUNTED));
    }
}
