//! How a project came along in the last days, as a small drawing.

use chrono::{NaiveDate, TimeDelta};

use super::store::Day;

/// How many days it shows.
pub const DAYS: i64 = 30;

/// The size of the drawing, in its own units; a line keeps off its edges by one.
const WIDTH: i64 = 120;
const HEIGHT: i64 = 28;

/// All tasks and those that are done, as lines over the last 30 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burnup {
    /// The points of the line of all tasks (SVG 2, 9.6).
    pub all: String,
    /// Those of the line of what is done.
    pub done: String,
    /// The same in words.
    pub words: String,
}

impl Burnup {
    /// From the days on which a project's counts changed, in order; `None` where it had no tasks.
    pub fn of(days: &[Day], today: NaiveDate) -> Option<Self> {
        let counts: Vec<(i64, i64)> = (0..DAYS)
            .map(|index| counts_at(days, today - TimeDelta::days(DAYS - 1 - index)))
            .collect();
        let most = counts
            .iter()
            .map(|(all, _)| *all)
            .max()
            .filter(|most| *most > 0)?;
        let (first, last) = (counts.first()?, counts.last()?);
        let line = |of: fn(&(i64, i64)) -> i64| {
            let points: Vec<String> = counts
                .iter()
                .zip(0..)
                .map(|(count, index)| point(index, of(count), most))
                .collect();
            points.join(" ")
        };
        Some(Self {
            all: line(|(all, _)| *all),
            done: line(|(_, done)| *done),
            words: match first.0 {
                0 => format!(
                    "Begun in the last {DAYS} days, now {} of {} done",
                    last.1, last.0
                ),
                all => format!(
                    "{DAYS} days ago {} of {all} done, now {} of {}",
                    first.1, last.1, last.0
                ),
            },
        })
    }
}

/// At the end of a day: as the last day left it that is not behind it.
fn counts_at(days: &[Day], day: NaiveDate) -> (i64, i64) {
    let last = days.iter().rev().find(|noted| noted.day <= day);
    last.map_or((0, 0), |noted| (noted.task_count, noted.done_count))
}

fn point(index: i64, count: i64, most: i64) -> String {
    let x = 1 + index * (WIDTH - 2) / (DAYS - 1);
    let y = HEIGHT - 1 - count.clamp(0, most) * (HEIGHT - 2) / most;
    format!("{x},{y}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(ago: i64, task_count: i64, done_count: i64) -> Day {
        Day {
            project_id: "p".to_owned(),
            day: today() - TimeDelta::days(ago),
            task_count,
            done_count,
        }
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
    }

    #[test]
    fn it_begins_where_the_days_before_ended_and_keeps_what_did_not_change() {
        let drawn = Burnup::of(&[day(40, 4, 1), day(10, 5, 2), day(0, 5, 5)], today()).unwrap();
        assert_eq!(drawn.words, "30 days ago 1 of 4 done, now 5 of 5");
        let done: Vec<&str> = drawn.done.split(' ').collect();
        assert_eq!((done.len(), done[0], done[29]), (30, "1,22", "119,1"));
        assert_eq!(drawn.all.split(' ').next(), Some("1,7"));
    }

    #[test]
    fn a_project_without_tasks_has_no_lines() {
        assert_eq!(Burnup::of(&[], today()), None);
        assert_eq!(Burnup::of(&[day(3, 0, 0)], today()), None);
        assert!(Burnup::of(&[day(3, 2, 1), day(1, 0, 0)], today()).is_some());
    }
}
