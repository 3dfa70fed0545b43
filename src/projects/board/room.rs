//! Room for a card between two others.

use super::Spot;
use crate::error::Error;
use crate::events::Change;
use crate::on;
use crate::projects::tasks::Status;
use crate::projects::tasks::store::GAP;

/// How many cards are moved apart at first where there is no room between two.
const WINDOW: i64 = 64;

/// The least room between two cards that were moved apart.
const LEAST: i64 = 256;

/// The cards above and below, where there are any.
pub type Slot = (Option<Spot>, Option<Spot>);

/// A place for the card `id` in a column of all projects, between two others; these are moved apart
/// where there is none.
///
/// # Errors
/// When the database is away.
pub async fn between(
    change: &mut Change,
    id: &str,
    status: Status,
    slot: &Slot,
) -> Result<i64, Error> {
    match slot {
        (Some(above), Some(below)) => match middle(above.place, below.place) {
            Some(place) => Ok(place),
            None => spread(change, id, status, above).await,
        },
        (Some(above), None) => Ok(above.place.saturating_add(GAP)),
        (None, Some(below)) => Ok(below.place.saturating_sub(GAP)),
        (None, None) => on_top(change, status).await,
    }
}

async fn on_top(change: &mut Change, status: Status) -> Result<i64, Error> {
    Ok(on!(change, conn => sqlx::query_scalar::<_, i64>(
        "select coalesce(min(place), 0) - $2 from live_tasks where status = $1",
    )
    .bind(status.as_str())
    .bind(GAP)
    .fetch_one(conn)
    .await)?)
}

/// Moves the cards below `above` apart, of all projects: [`WINDOW`] of them, or as many more as leave
/// room. Answers the place that is free now.
async fn spread(change: &mut Change, id: &str, status: Status, above: &Spot) -> Result<i64, Error> {
    let mut count = WINDOW;
    loop {
        let end = on!(change, conn => sqlx::query_scalar::<_, i64>(
            "select place from live_tasks where status = $1 and (place, id) > ($2, $3) \
             and id <> $4 order by place, id limit 1 offset $5",
        )
        .bind(status.as_str())
        .bind(above.place)
        .bind(&above.id)
        .bind(id)
        .bind(count)
        .fetch_optional(conn)
        .await)?;
        let step = end.map_or(GAP, |end| (end - above.place) / (count + 2));
        if step >= LEAST {
            on!(change, conn => sqlx::query(
                "update tasks set place = $2 + (ordered.number + 1) * $6 from \
                 (select id, row_number() over (order by place, id) as number from live_tasks \
                 where status = $1 and (place, id) > ($2, $3) and id <> $4 \
                 order by place, id limit $5) as ordered where tasks.id = ordered.id and tasks.status = $1",
            )
            .bind(status.as_str())
            .bind(above.place)
            .bind(&above.id)
            .bind(id)
            .bind(count)
            .bind(step)
            .execute(conn)
            .await
            .map(|_| ()))?;
            return Ok(above.place + step);
        }
        count *= 2;
    }
}

/// A place between two; `None` where none is left.
fn middle(above: i64, below: i64) -> Option<i64> {
    let room = below.checked_sub(above)?;
    (room >= 2).then(|| above + room / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_between_two_until_they_touch() {
        assert_eq!(middle(0, 2), Some(1));
        assert_eq!(middle(-5, 0), Some(-3));
        assert_eq!(middle(1, 2), None);
        assert_eq!(middle(7, 7), None);
        let mut room = GAP;
        let mut moves = 0;
        while let Some(place) = middle(0, room) {
            (room, moves) = (place, moves + 1);
        }
        assert_eq!(moves, 32);
    }
}
