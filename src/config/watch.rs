use std::sync::LazyLock;

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use clap::Args;

use super::values::span;

/// What the watch over the trail takes for unusual. A number of 0, or `off`, turns a rule off.
#[derive(Args, Clone, Debug)]
pub struct Watch {
    /// So many failed logins within TAYLORDASH_WATCH_SPAN are told to admins. 0: never.
    #[arg(long = "watch-failures", env = "TAYLORDASH_WATCH_FAILURES", default_value_t = 20, value_parser = count, global = true)]
    pub failures: u32,

    /// So many refused requests within TAYLORDASH_WATCH_SPAN are told. 0: never.
    #[arg(long = "watch-denials", env = "TAYLORDASH_WATCH_DENIALS", default_value_t = 20, value_parser = count, global = true)]
    pub denials: u32,

    /// So many things that one person deletes within TAYLORDASH_WATCH_SPAN are told. 0: never.
    #[arg(long = "watch-deletions", env = "TAYLORDASH_WATCH_DELETIONS", default_value_t = 50, value_parser = count, global = true)]
    pub deletions: u32,

    /// The time within which these are counted (30s, 10m, 1h).
    #[arg(long = "watch-span", env = "TAYLORDASH_WATCH_SPAN", default_value = "10m", value_parser = span, global = true)]
    pub span: TimeDelta,

    /// A login from an address that its account did not use for this long is told. off: never.
    #[arg(long = "watch-address", env = "TAYLORDASH_WATCH_ADDRESS", default_value = "90d", value_parser = time, global = true)]
    pub address: Time,

    /// The hours of the night, in TAYLORDASH_TIME_ZONE (23:00-05:00): a change then by someone who
    /// never made one then is told. off: never.
    #[arg(long = "watch-night", env = "TAYLORDASH_WATCH_NIGHT", default_value = "00:00-05:00", value_parser = night, global = true)]
    pub night: Night,

    /// Whoever is here for less than this has no habits yet.
    #[arg(long = "watch-night-after", env = "TAYLORDASH_WATCH_NIGHT_AFTER", default_value = "14d", value_parser = span, global = true)]
    pub night_after: TimeDelta,

    /// How often some rows and events are compared with what was kept of them. off: never.
    #[arg(long = "watch-rows", env = "TAYLORDASH_WATCH_ROWS", default_value = "10s", value_parser = time, global = true)]
    pub rows: Time,

    /// The time zone of the night (Europe/Berlin); unset, this machine's.
    #[arg(long = "time-zone", env = "TAYLORDASH_TIME_ZONE", default_value_t = zone_of_the_machine(), value_parser = zone, global = true)]
    pub zone: Tz,
}

/// A time, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Option<TimeDelta>);

/// From when to when it is night, which may go over midnight; or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Night(pub Option<(NaiveTime, NaiveTime)>);

/// Where the machine says that it stands; UTC where it does not say.
pub fn zone_of_the_machine() -> Tz {
    // Asked of the operating system once: every page needs it.
    static ZONE: LazyLock<Tz> = LazyLock::new(|| {
        let name = iana_time_zone::get_timezone().ok();
        name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
    });
    *ZONE
}

fn count(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "a whole number; 0 for never".to_owned())
}

fn time(text: &str) -> Result<Time, String> {
    match text {
        "off" => Ok(Time(None)),
        text => span(text)
            .map(|span| Time(Some(span)))
            .map_err(|allowed| format!("{allowed}, or off")),
    }
}

fn night(text: &str) -> Result<Night, String> {
    if text == "off" {
        return Ok(Night(None));
    }
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
    let hours = text.split_once('-');
    let hours = hours.and_then(|(from, to)| time(from).zip(time(to)));
    match hours {
        Some((from, to)) if from != to => Ok(Night(Some((from, to)))),
        _ => Err("hours such as 23:00-05:00, or off".to_owned()),
    }
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse()
        .map_err(|_| "a time zone such as Europe/Berlin or UTC".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in ["", "5", "25:00-05:00", "05:00-05:00", "night"] {
            assert!(night(wrong).is_err(), "{wrong}");
        }
        assert_eq!(night("off"), Ok(Night(None)));
        assert!(night("23:00-05:00").is_ok());
        assert!(zone("Europe/Berlin").is_ok() && zone("Berlin").is_err());
        assert_eq!(time("off"), Ok(Time(None)));
        assert!(time("soon").is_err() && count("-1").is_err());
    }
}
