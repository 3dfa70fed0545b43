//! Statements about many things at once.

use serde::Serialize;

/// A statement about the things of these ids: `$1` is a JSON array of them, and so is each other list.
macro_rules! among {
    ($is_postgres:expr, |$ids:ident| $text:expr) => {
        if $is_postgres {
            macro_rules! $ids {
                ($number:literal) => {
                    concat!("(select json_array_elements_text(", $number, "::json))")
                };
            }
            $text
        } else {
            macro_rules! $ids {
                ($number:literal) => {
                    concat!("(select value from json_each(", $number, "))")
                };
            }
            $text
        }
    };
}
pub(in crate::projects) use among;

/// The ids as such a statement takes them.
pub(in crate::projects) fn list(ids: &impl Serialize) -> String {
    serde_json::json!(ids).to_string()
}
