//! Statements about many things at once.

use serde::Serialize;

/// A statement about the things of these ids: `ids!("$1")` stands for those of a JSON array in `$1`, and
/// `ids!(bigint "$1")` for whole numbers.
macro_rules! among {
    ($is_postgres:expr, |$ids:ident| $text:expr) => {
        if $is_postgres {
            #[allow(unused_macro_rules, reason = "each statement needs one of them")]
            macro_rules! $ids {
                ($number:literal) => {
                    concat!("(select json_array_elements_text(", $number, "::json))")
                };
                (bigint $number:literal) => {
                    concat!(
                        "(select json_array_elements_text(",
                        $number,
                        "::json)::bigint)"
                    )
                };
            }
            $text
        } else {
            #[allow(unused_macro_rules, reason = "each statement needs one of them")]
            macro_rules! $ids {
                ($number:literal) => {
                    concat!("(select value from json_each(", $number, "))")
                };
                (bigint $number:literal) => {
                    concat!("(select value from json_each(", $number, "))")
                };
            }
            $text
        }
    };
}
pub(crate) use among;

/// The ids as such a statement takes them.
pub(crate) fn list(ids: &(impl Serialize + ?Sized)) -> String {
    serde_json::json!(ids).to_string()
}
