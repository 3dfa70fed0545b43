use serde_json::json;

use super::note::{Alarm, Kind};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::rows::{self, Misfit, Place};
use crate::mqtt::chain::{self, Batch};

/// Rows that one step looks at.
const ROWS: i64 = 200;

/// Round after round over all rows and all events, a little at each step.
#[derive(Debug, Default)]
pub struct Walk {
    rows: Option<Place>,
    batch: Option<Batch>,
}

/// What a step found.
#[derive(Debug, Default)]
pub struct Found {
    /// Rows that do not fit.
    pub misfits: Vec<Misfit>,
    /// A batch of events that does not.
    pub broken: Option<Alarm>,
}

impl Walk {
    /// Looks at some more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn step(&mut self, db: &Db) -> Result<Found, Error> {
        let mut found = Found::default();
        let mut left = ROWS;
        let mut place = Some(self.rows.take().unwrap_or_else(Place::start));
        while let Some(at) = place.take_if(|_| left > 0) {
            let looked = rows::look(db, at, left).await?;
            left -= i64::try_from(looked.rows).unwrap_or(left);
            found.misfits.extend(looked.misfits);
            place = looked.next;
        }
        self.rows = place;
        match chain::check(db, self.batch.as_ref()).await? {
            Some((batch, fits)) => {
                found.broken = (!fits).then(|| broken(&batch));
                self.batch = Some(batch);
            }
            None => self.batch = None,
        }
        Ok(found)
    }
}

fn broken(batch: &Batch) -> Alarm {
    Alarm {
        kind: Kind::Events,
        subject: batch.number.to_string(),
        mark: batch.digest.clone(),
        at: Timestamp::now(),
        details: json!({
            "batch": batch.number,
            "first": batch.first_position,
            "last": batch.last_position,
        }),
    }
}
