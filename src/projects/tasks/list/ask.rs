//! From what stands in an address to what the database is asked.

use chrono::{Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::sort::Place;
use super::statement::Ask;
use super::store::Offer;
use super::terms::{Days, Term};
use super::wish::{Assignee, DueIn, Wish};
use super::words::Word;
use crate::db::Timestamp;
use crate::projects::tasks::{Status, end_of};

/// Who looks, and when.
#[derive(Clone, Debug)]
pub struct Looker {
    /// The id of their account.
    pub id: String,
    /// Where their days begin.
    pub zone: Tz,
    /// The present moment.
    pub now: Timestamp,
}

impl Ask {
    /// What `wish` means to who looks, of a project's tasks or of all.
    ///
    /// # Errors
    /// In words, what is named and not there.
    pub fn new(
        wish: &Wish,
        place: Option<Place>,
        project: Option<&str>,
        looker: &Looker,
        offer: &Offer,
    ) -> Result<Self, String> {
        let mut terms: Vec<Term> = project
            .map(|id| Term::Project(id.to_owned()))
            .into_iter()
            .collect();
        let statuses = wish.statuses.iter().map(|status| rank(*status)).collect();
        terms.extend(some(statuses).map(Term::Status));
        let priorities = wish
            .priorities
            .iter()
            .map(|priority| priority.rank())
            .collect();
        terms.extend(some(priorities).map(Term::Priority));
        terms.extend(assignee(wish, looker, offer)?.map(Term::Assignee));
        terms.extend(labels(wish, offer)?.map(Term::Labels));
        terms.extend(about(wish, offer)?.map(Term::About));
        terms.extend(due(wish, looker)?);
        terms.extend(wish.blocked.map(Term::Blocked));
        terms.extend(some(Word::typed(&wish.text)).map(Term::Words));
        Ok(Self {
            terms,
            wish: wish.clone(),
            place,
            limit: super::store::PAGE_SIZE + 1,
            is_whole: false,
        })
    }
}

/// As the column `status_rank` has it.
pub(super) fn rank(status: Status) -> i32 {
    match status {
        Status::Pending => 0,
        Status::InProgress => 1,
        Status::Blocked => 2,
        Status::Done => 3,
    }
}

fn some<T>(several: Vec<T>) -> Option<Vec<T>> {
    (!several.is_empty()).then_some(several)
}

fn assignee(wish: &Wish, looker: &Looker, offer: &Offer) -> Result<Option<Option<String>>, String> {
    match &wish.assignee {
        None => Ok(None),
        Some(Assignee::Nobody) => Ok(Some(None)),
        Some(Assignee::Me) => Ok(Some(Some(looker.id.clone()))),
        Some(Assignee::Person(name)) => {
            let found = offer.people.iter().find(|(_, username)| username == name);
            let (id, _) = found.ok_or("Nobody here has the user name of this filter.")?;
            Ok(Some(Some(id.clone())))
        }
    }
}

fn labels(wish: &Wish, offer: &Offer) -> Result<Option<Vec<String>>, String> {
    let is_there = |id: &String| offer.labels.iter().any(|label| label.id == *id);
    match wish.labels.iter().all(is_there) {
        true => Ok(some(wish.labels.clone())),
        false => Err("A label of this filter is not there, or no longer.".to_owned()),
    }
}

fn about(wish: &Wish, offer: &Offer) -> Result<Option<String>, String> {
    let is_there = |id: &String| offer.plugins.iter().any(|(plugin, _)| plugin == id);
    match wish.about.iter().all(is_there) {
        true => Ok(wish.about.clone()),
        false => Err("The plugin of this filter is not installed, or no longer.".to_owned()),
    }
}

fn due(wish: &Wish, looker: &Looker) -> Result<Option<Term>, String> {
    let today = looker.now.day_in(looker.zone);
    let term = match wish.due {
        None => None,
        Some(DueIn::Overdue) => Some(Term::Overdue(looker.now)),
        Some(DueIn::Never) => Some(Term::Undated),
        Some(DueIn::Today) => days(today, 1, looker.zone).map(Term::Due),
        Some(DueIn::Week) => {
            let since_monday = i64::from(today.weekday().num_days_from_monday());
            days(today - TimeDelta::days(since_monday), 7, looker.zone).map(Term::Due)
        }
    };
    match (wish.due, &term) {
        (Some(_), None) => Err("These days cannot be counted in your time zone.".to_owned()),
        _ => Ok(term),
    }
}

fn days(first: NaiveDate, count: i64, zone: Tz) -> Option<Days> {
    let last = first + TimeDelta::days(count - 1);
    Some(Days {
        first,
        last,
        from: end_of(first - TimeDelta::days(1), zone)?,
        to: end_of(last, zone)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_goes_from_monday_to_sunday_where_it_is_looked_at() {
        let monday = NaiveDate::from_ymd_opt(2026, 3, 23).unwrap_or_default();
        let week = days(monday, 7, chrono_tz::Europe::Berlin);
        let week = week.map(|week| {
            (
                week.last.to_string(),
                week.from.rfc3339(),
                week.to.rfc3339(),
            )
        });
        // Clocks are put forward on that Sunday.
        let expected = (
            "2026-03-29",
            "2026-03-22T23:00:00.000000Z",
            "2026-03-29T22:00:00.000000Z",
        );
        let expected = (
            expected.0.to_owned(),
            expected.1.to_owned(),
            expected.2.to_owned(),
        );
        assert_eq!(week, Some(expected));
    }
}
