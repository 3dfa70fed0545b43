use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::db::Timestamp;

/// When a task is to be done: by the end of a day, or by a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The moment; of a day, its end where it was chosen.
    pub at: Timestamp,
    /// The day, where no time of it was chosen.
    pub day: Option<NaiveDate>,
}

impl Due {
    /// From what was typed: a day as `2026-12-01`, and a time of it as `18:30` or nothing; `None`
    /// where both are empty.
    ///
    /// # Errors
    /// What to type instead, for the day and for the time.
    pub fn read(day: &str, time: &str, zone: Tz) -> Result<Option<Self>, Wrong> {
        if day.is_empty() && time.is_empty() {
            return Ok(None);
        }
        let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok();
        let date = date.filter(|date| YEARS.contains(&date.year()));
        let date = date.ok_or(Wrong::Day)?;
        if time.is_empty() {
            let at = end_of(date, zone).ok_or(Wrong::Day)?;
            return Ok(Some(Self {
                at,
                day: Some(date),
            }));
        }
        let clock = NaiveTime::parse_from_str(time, "%H:%M").map_err(|_| Wrong::Time)?;
        let at = moment(date.and_time(clock), zone).ok_or(Wrong::Time)?;
        Ok(Some(Self { at, day: None }))
    }

    /// The two fields of a form that show it: the day, and the time or nothing.
    pub fn fields(self, zone: Tz) -> (String, String) {
        match self.day {
            Some(day) => (day.to_string(), String::new()),
            None => {
                let local = self.local(zone);
                (
                    local.format("%Y-%m-%d").to_string(),
                    local.format("%H:%M").to_string(),
                )
            }
        }
    }

    /// As a person in this zone reads it.
    pub fn words(self, zone: Tz) -> String {
        match self.day {
            Some(day) => day.format("%-d %B %Y").to_string(),
            None => self.local(zone).format("%-d %B %Y, %H:%M").to_string(),
        }
    }

    /// As it stands in an event: the day, or the moment (RFC 3339).
    pub fn told(self) -> String {
        match self.day {
            Some(day) => day.to_string(),
            None => self.at.rfc3339(),
        }
    }

    fn local(self, zone: Tz) -> DateTime<Tz> {
        let utc = DateTime::from_timestamp_micros(self.at.micros()).unwrap_or_default();
        utc.with_timezone(&zone)
    }
}

/// The moment at which a day ends in a zone.
pub fn end_of(day: NaiveDate, zone: Tz) -> Option<Timestamp> {
    moment((day + TimeDelta::days(1)).and_time(NaiveTime::MIN), zone)
}

/// Which field cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The day.
    Day,
    /// The time.
    Time,
}

/// Years that somebody may mean.
const YEARS: RangeInclusive<i32> = 1970..=9998;

/// Where clocks are put back, the first of two; where they are put forward over it, the hour behind.
fn moment(local: NaiveDateTime, zone: Tz) -> Option<Timestamp> {
    let earliest = |local: NaiveDateTime| zone.from_local_datetime(&local).earliest();
    let at = earliest(local).or_else(|| earliest(local + TimeDelta::hours(1)))?;
    Timestamp::from_micros(at.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Tz = chrono_tz::Europe::Berlin;

    fn read(day: &str, time: &str) -> Option<Due> {
        Due::read(day, time, HOME).unwrap()
    }

    #[test]
    fn a_day_ends_when_it_ends_at_home() {
        let due = read("2026-12-01", "").unwrap();
        assert_eq!(due.at.rfc3339(), "2026-12-01T23:00:00.000000Z");
        assert_eq!(
            due.fields(chrono_tz::Asia::Tokyo),
            ("2026-12-01".to_owned(), String::new())
        );
    }

    #[test]
    fn a_time_is_shown_in_the_zone_of_who_looks() {
        let due = read("2026-12-01", "18:30").unwrap();
        assert_eq!(
            due.fields(HOME),
            ("2026-12-01".to_owned(), "18:30".to_owned())
        );
        assert_eq!(due.words(chrono_tz::UTC), "1 December 2026, 17:30");
    }

    #[test]
    fn an_hour_that_is_left_out_or_comes_twice_is_still_a_time() {
        assert_eq!(
            read("2026-03-29", "02:30").unwrap().at.rfc3339(),
            "2026-03-29T01:30:00.000000Z"
        );
        assert_eq!(
            read("2026-10-25", "02:30").unwrap().at.rfc3339(),
            "2026-10-25T00:30:00.000000Z"
        );
    }

    #[test]
    fn what_is_no_day_or_time_is_told_apart() {
        assert_eq!(read("", ""), None);
        for day in [
            "",
            "soon",
            "2026-02-30",
            "0001-01-01",
            "9999-12-31",
            "+12026-01-01",
        ] {
            assert_eq!(Due::read(day, "10:00", HOME), Err(Wrong::Day), "{day}");
        }
        assert_eq!(Due::read("2026-01-01", "25:00", HOME), Err(Wrong::Time));
    }
}
