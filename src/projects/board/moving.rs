//! Cards put elsewhere, in the database.
//!
//! All moves of a deployment happen one after the other, under the lock of what waits for what, behind
//! the project's: so each finds its neighbours as the one before it left them.

use super::room::{self, Slot};
use super::{Refused, Scope, Spot};
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::projects::tasks::blockers::store as blockers;
use crate::projects::tasks::{Status, Task, finishing};
use crate::projects::{changes, store as projects};

/// Where a card is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Where its status puts it: on top, where that is another.
    Any,
    /// One higher.
    Up,
    /// One lower.
    Down,
    /// On top.
    First,
    /// At the bottom.
    Last,
    /// Between these two.
    Between {
        /// The id of the card above it.
        after: Option<String>,
        /// The id of the card below it.
        before: Option<String>,
    },
}

/// What somebody wants of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The column; `None` for the one it is in.
    pub status: Option<Status>,
    /// Where in it.
    pub way: Way,
    /// Why it is done before what it waits for.
    pub note: String,
}

/// Moves a card whose project was locked. `Ok(Ok(false))` where it stood there already.
///
/// # Errors
/// `Ok(Err(…))`: why it stays where it is; when the database is away.
pub async fn take(
    mut change: Change,
    scope: &Scope,
    task: &Task,
    wanted: &Wanted,
) -> Result<Result<bool, Refused>, Error> {
    blockers::lock(&mut change).await?;
    let status = wanted.status.unwrap_or(task.status());
    let mut column = Column {
        change: &mut change,
        scope,
        task,
        status,
    };
    let slot = match column.slot(&wanted.way).await? {
        Ok(Some(slot)) => slot,
        Ok(None) => return Ok(Ok(false)),
        Err(refused) => return Ok(Err(refused)),
    };
    let place = room::between(&mut change, &task.id, status, &slot).await?;
    let freed = match finishing::freed(&mut change, task, status, &wanted.note).await? {
        Ok(freed) => freed,
        Err(refused) => return Ok(Err(Refused::Task(refused))),
    };
    put(&mut change, task, status, place).await?;
    let (after, before) = (slot.0.as_ref(), slot.1.as_ref());
    let beside = (after.map(|spot| &*spot.id), before.map(|spot| &*spot.id));
    let mut events = vec![changes::task_moved(task, status, beside, &wanted.note)];
    events.extend(freed);
    change.commit_all(events).await?;
    Ok(Ok(true))
}

async fn put(change: &mut Change, task: &Task, status: Status, place: i64) -> Result<(), Error> {
    let now = change.now();
    on!(change, conn => sqlx::query(
        "update tasks set place = $2, status = $3, \
         updated_at = case when status = $3 then updated_at else $4 end where id = $1",
    )
    .bind(&task.id)
    .bind(place)
    .bind(status.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(|_| ()))?;
    if status == task.status() {
        return Ok(());
    }
    let came = [(status, 1), (task.status(), -1)];
    projects::count(change, &task.project_id, &came).await
}

/// The column that a card is wanted in, without the card itself.
struct Column<'a> {
    change: &'a mut Change,
    scope: &'a Scope,
    task: &'a Task,
    status: Status,
}

/// A card of a column beside a spot; `$1` is the project, `$2` the status, `$3` and `$4` the spot, `$5`
/// the card that is moved.
macro_rules! beside {
    ($scope:literal, $how:literal) => {
        concat!(
            "select t.place, t.id from live_tasks t where ",
            $scope,
            " and t.status = $2 and t.id <> $5 and ",
            $how,
            " limit 1"
        )
    };
    ($how:literal) => {
        (beside!("$1 = ''", $how), beside!("t.project_id = $1", $how))
    };
}

const ABOVE: (&str, &str) = beside!("(t.place, t.id) < ($3, $4) order by t.place desc, t.id desc");
const BELOW: (&str, &str) = beside!("(t.place, t.id) > ($3, $4) order by t.place, t.id");
const BOTTOM: (&str, &str) = beside!("(t.place, t.id) > ($3, $4) order by t.place desc, t.id desc");

impl Column<'_> {
    /// Between which cards; `None` where it stands there already.
    async fn slot(&mut self, way: &Way) -> Result<Result<Option<Slot>, Refused>, Error> {
        let is_here = self.status == self.task.status();
        let here = self.spot(&self.task.id.clone()).await?;
        let slot = match way {
            Way::Any if is_here => None,
            Way::Any | Way::First => Some((None, self.below(&Spot::top()).await?)),
            Way::Last => Some((self.beside(BOTTOM, &Spot::top()).await?, None)),
            Way::Up | Way::Down if !is_here => Some((None, self.below(&Spot::top()).await?)),
            Way::Up => match self.above(&here).await? {
                Some(other) => Some((self.above(&other).await?, Some(other))),
                None => None,
            },
            Way::Down => match self.below(&here).await? {
                Some(other) => {
                    let below = self.below(&other).await?;
                    Some((Some(other), below))
                }
                None => None,
            },
            Way::Between { after, before } => {
                match self.between(after.as_deref(), before.as_deref()).await? {
                    Ok(slot) => slot,
                    Err(refused) => return Ok(Err(refused)),
                }
            }
        };
        Ok(Ok(slot.filter(|(above, below)| {
            let is_behind = above.as_ref().is_none_or(|above| *above < here);
            !(is_here && is_behind && below.as_ref().is_none_or(|below| here < *below))
        })))
    }

    /// Between two that somebody saw beside each other. Where they are so no more, beside the one above;
    /// where that is gone, beside the one below.
    async fn between(
        &mut self,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<Result<Option<Slot>, Refused>, Error> {
        let mut found = [None, None];
        for (found, id) in found.iter_mut().zip([after, before]) {
            match self.found(id).await? {
                Ok(spot) => *found = spot,
                Err(refused) => return Ok(Err(refused)),
            }
        }
        let slot = match found {
            [Some(above), Some(below)] if above < below => (Some(above), Some(below)),
            [Some(above), _] => {
                let below = self.below(&above).await?;
                (Some(above), below)
            }
            [None, Some(below)] => (self.above(&below).await?, Some(below)),
            [None, None] if after.is_some() && before.is_some() => {
                let is_here = self.status == self.task.status();
                return Ok(Ok(match is_here {
                    true => None,
                    false => Some((None, self.below(&Spot::top()).await?)),
                }));
            }
            [None, None] if after.is_some() => (self.beside(BOTTOM, &Spot::top()).await?, None),
            [None, None] => (None, self.below(&Spot::top()).await?),
        };
        Ok(Ok(Some(slot)))
    }

    /// The spot of a card in this column; `None` where it is not there any more.
    async fn found(&mut self, id: Option<&str>) -> Result<Result<Option<Spot>, Refused>, Error> {
        let Some(id) = id.filter(|id| *id != self.task.id) else {
            return Ok(Ok(None));
        };
        let found = on!(self.change, conn => sqlx::query_as::<_, (Option<i64>, Option<String>, Option<String>)>(
            "select t.place, t.project_id, t.status from entity_versions v \
             left join live_tasks t on t.id = v.entity_id where v.domain = 'task' and v.entity_id = $1",
        )
        .bind(id)
        .fetch_optional(conn)
        .await)?;
        let Some((place, project, status)) = found else {
            return Ok(Err(Refused::Unknown));
        };
        let is_elsewhere = *self.scope != Scope::All
            && self.scope.id() != project.as_deref().unwrap_or(self.scope.id());
        if is_elsewhere {
            return Ok(Err(Refused::Elsewhere));
        }
        let place = place.filter(|_| status.as_deref() == Some(self.status.as_str()));
        Ok(Ok(place.map(|place| Spot {
            place,
            id: id.to_owned(),
        })))
    }

    async fn spot(&mut self, id: &str) -> Result<Spot, Error> {
        Ok(on!(self.change, conn => sqlx::query_as::<_, Spot>(
            "select place, id from live_tasks where id = $1",
        )
        .bind(id)
        .fetch_one(conn)
        .await)?)
    }

    async fn above(&mut self, spot: &Spot) -> Result<Option<Spot>, Error> {
        self.beside(ABOVE, spot).await
    }

    async fn below(&mut self, spot: &Spot) -> Result<Option<Spot>, Error> {
        self.beside(BELOW, spot).await
    }

    async fn beside(
        &mut self,
        (of_all, of_project): (&'static str, &'static str),
        spot: &Spot,
    ) -> Result<Option<Spot>, Error> {
        let text = match self.scope {
            Scope::All => of_all,
            Scope::Project(_) => of_project,
        };
        Ok(on!(self.change, conn => sqlx::query_as::<_, Spot>(text)
            .bind(self.scope.id())
            .bind(self.status.as_str())
            .bind(spot.place)
            .bind(&spot.id)
            .bind(&self.task.id)
            .fetch_optional(conn)
            .await)?)
    }
}
