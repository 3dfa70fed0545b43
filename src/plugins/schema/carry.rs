//! What HTML's controls can carry unchanged. A browser strips line breaks from a text input,
//! rewrites colours to lower case and times to their shortest form, and blanks what it cannot read;
//! a value its control cannot carry is given another control.

use serde_json::Number;

/// Whether a text control of this `type` posts back exactly `text`.
pub(super) fn input(kind: &str, text: &str) -> bool {
    let one_line = !text.contains(['\n', '\r']);
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r', '\x0c']) == text;
    match kind {
        "email" | "url" => one_line && trimmed && text.is_ascii(),
        "color" => color(text),
        "date" => text.is_empty() || date(text),
        "datetime-local" => text.is_empty() || moment(text),
        "time" => text.is_empty() || text.strip_suffix('Z').is_some_and(time),
        _ => one_line,
    }
}

/// Whether a textarea posts back exactly `text`: it turns every kind of line break into one kind.
pub(super) fn textarea(text: &str) -> bool {
    !text.contains('\r')
}

/// The `maxlength` that lets through every text of at most `characters`: a browser counts UTF-16 code
/// units, of which a character has up to two. `None` for more than a browser counts (HTML, “rules for
/// parsing non-negative integers”: 31 bits are safe).
pub(super) fn units(characters: u64) -> Option<u64> {
    characters
        .checked_mul(2)
        .filter(|units| i32::try_from(*units).is_ok())
}

/// Whether a browser's number control keeps `number`, digit for digit and through its arrows.
pub(super) fn number(number: &Number) -> bool {
    let text = number.to_string();
    let digits = text
        .split(['e', 'E'])
        .next()
        .unwrap_or_default()
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    digits <= 15 && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| {
        hex.len() == 6
            && hex
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn date(text: &str) -> bool {
    text.len() == 10
        && !text.starts_with("0000")
        && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .is_ok_and(|day| day.to_string() == text)
}

/// A UTC date and time in the form a `datetime-local` control posts with `Z` behind it.
fn moment(text: &str) -> bool {
    let Some((day, time)) = text.strip_suffix('Z').and_then(|text| text.split_once('T')) else {
        return false;
    };
    date(day) && self::time(time)
}

/// `HH:MM:SS`, with up to three decimals that do not end in zero.
fn time(text: &str) -> bool {
    let (clock, decimals) = text.split_once('.').unwrap_or((text, "1"));
    let decimals_fit = (1..=3).contains(&decimals.len())
        && decimals.bytes().all(|byte| byte.is_ascii_digit())
        && !decimals.ends_with('0');
    decimals_fit
        && clock.len() == 8
        && chrono::NaiveTime::parse_from_str(clock, "%H:%M:%S").is_ok_and(|time| {
            time.format("%H:%M:%S").to_string() == clock && !clock.ends_with("60")
        })
}

/// What a `datetime-local` or `time` control posted, as a date and time or a time in UTC.
pub(super) fn utc(posted: &str) -> String {
    let clock = posted.split_once('T').map_or(posted, |(_, clock)| clock);
    let is_clock = clock.as_bytes().get(2) == Some(&b':')
        && clock
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    match clock.len() {
        5 if is_clock => format!("{posted}:00Z"),
        _ if is_clock => format!("{posted}Z"),
        _ => posted.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn num(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_a_browser_would_change_is_not_given_to_its_control() {
        assert!(input("text", " a "));
        assert!(!input("text", "a\nb"));
        assert!(!input("url", " http://a"));
        assert!(
            input("color", "#00ff7a")
                && !input("color", "#00FF7A")
                && !input("color", "")
                && !input("color", "red")
        );
        assert!(
            input("date", "2024-02-29")
                && !input("date", "2023-02-29")
                && !input("date", "0000-01-01")
        );
        assert!(
            input("datetime-local", "2024-02-29T10:00:05Z")
                && input("datetime-local", "2024-02-29T10:00:05.25Z")
        );
        for text in [
            "2024-02-29T10:00:05",
            "2024-02-29T10:00:05.250Z",
            "2024-02-29t10:00:05Z",
            "2024-02-29T23:59:60Z",
            "2024-02-29T10:00:05+01:00",
        ] {
            assert!(!input("datetime-local", text), "{text}");
        }
        assert!(input("time", "08:30:00Z") && input("time", "08:30:00.5Z"));
        for text in [
            "08:30:00",
            "08:30Z",
            "08:30:00+02:00",
            "23:59:60Z",
            "08:30:00z",
        ] {
            assert!(!input("time", text), "{text}");
        }
        assert!(!textarea("a\r\nb") && textarea("\n\na"));
    }

    #[test]
    fn a_number_with_more_digits_than_a_double_holds_is_text() {
        assert!(number(&num("1.50")) && number(&num("-1e300")));
        assert!(!number(&num("1e400")) && !number(&num("1234567890123456789")));
    }

    #[test]
    fn a_posted_moment_gets_its_seconds_and_zone_back() {
        assert_eq!(utc("2024-02-29T10:00"), "2024-02-29T10:00:00Z");
        assert_eq!(utc("2024-02-29T10:00:05.25"), "2024-02-29T10:00:05.25Z");
        assert_eq!(utc("08:30"), "08:30:00Z");
        assert_eq!(utc("08:30:00.5"), "08:30:00.5Z");
        for text in ["tomorrow", "Tuesday", "08:30:00+02:00"] {
            assert_eq!(utc(text), text);
        }
    }
}
