//! What both databases can keep as JSON.

use serde_json::{Number, Value};

/// The longest number, in digits and zeros behind it: a quarter of what PostgreSQL's numeric holds
/// behind the point.
const DIGITS_MAX: u64 = 4_000;
/// What is said of a longer one.
pub const TOO_LONG: &str = "This number has more digits than can be kept.";

/// The JSON Pointers of the numbers that cannot be kept.
pub fn long_numbers(document: &Value) -> Vec<String> {
    let mut places = Vec::new();
    look(document, String::new(), &mut places);
    places
}

/// Why a document cannot be kept; `None` where it can.
pub fn refusal(document: &Value) -> Option<String> {
    let place = long_numbers(document).into_iter().next()?;
    Some(format!("{place}: {TOO_LONG}"))
}

fn look(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Number(number) if !is_kept(number) => places.push(place),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look(item, format!("{place}/{index}"), places);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                look(member, format!("{place}/{key}"), places);
            }
        }
        _ => {}
    }
}

fn is_kept(number: &Number) -> bool {
    let text = number.to_string();
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let exponent = exponent
        .trim_start_matches('+')
        .parse::<i64>()
        .map(i64::unsigned_abs);
    exponent.is_ok_and(|zeros| zeros.saturating_add(digits.len() as u64) <= DIGITS_MAX)
}
