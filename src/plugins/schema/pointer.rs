//! JSON Pointers (RFC 6901), as they stand in documents and as they name form fields.

/// `pointer` with one more `key`, escaped as RFC 6901 says.
pub(super) fn push(pointer: &str, key: &str) -> String {
    let mut longer = String::with_capacity(pointer.len() + key.len() + 1);
    longer.push_str(pointer);
    longer.push('/');
    for c in key.chars() {
        match c {
            '~' => longer.push_str("~0"),
            '/' => longer.push_str("~1"),
            c => longer.push(c),
        }
    }
    longer
}

/// The keys of `pointer`, unescaped; `None` when it is not empty and does not start with a slash.
pub(super) fn keys(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let path = pointer.strip_prefix('/')?;
    Some(path.split('/').map(unescape).collect())
}

fn unescape(key: &str) -> String {
    if key.contains('~') {
        key.replace("~r", "\r")
            .replace("~n", "\n")
            .replace("~1", "/")
            .replace("~0", "~")
    } else {
        key.to_owned()
    }
}

/// `pointer` as the name of a form field: browsers rewrite line breaks in names, so these are
/// spelled `~n` and `~r`, which RFC 6901 leaves free.
pub(super) fn name(pointer: &str) -> String {
    if pointer.contains(['\n', '\r']) {
        pointer.replace('\n', "~n").replace('\r', "~r")
    } else {
        pointer.to_owned()
    }
}

/// The pointer behind a [`name`]; `None` when it is none.
pub(super) fn unnamed(name: &str) -> Option<String> {
    let keys = keys(name)?;
    Some(
        keys.iter()
            .fold(String::new(), |pointer, key| push(&pointer, key)),
    )
}

/// `pointer` as an element id: letters, digits, `-` and `_` only, so that it can stand in a
/// selector and in a link without escaping, and different pointers never share one, nor one with what
/// hangs on another place.
pub(super) fn element_id(pointer: &str) -> String {
    let mut id = String::with_capacity(pointer.len() + 4);
    id.push_str("cf");
    for key in pointer.split('/').skip(1) {
        id.push('-');
        for c in key.chars() {
            match c {
                c if c.is_ascii_alphanumeric() => id.push(c),
                c => id.push_str(&format!("_{:x}_", u32::from(c))),
            }
        }
        if hangs(key) {
            id.push('_');
        }
    }
    id
}

/// Whether `key` is what ids of other elements end with, behind that of their place.
fn hangs(key: &str) -> bool {
    let branch = key.strip_prefix("branch");
    let numbered = |number: &str| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
    HANGING.contains(&key) || branch.is_some_and(numbered)
}

/// Behind the id of a place, and behind that of the document also the form.
const HANGING: [&str; 13] = [
    "field",
    "error",
    "default",
    "deprecated",
    "help",
    "hint",
    "json",
    "secret",
    "utc",
    "key",
    "choices",
    "names",
    "form",
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_slash_tilde_and_line_break_comes_back_from_its_field_name() {
        let pointer = push("/a", "x/y~z\nw~n");
        assert_eq!(pointer, "/a/x~1y~0z\nw~0n");
        assert_eq!(name(&pointer), "/a/x~1y~0z~nw~0n");
        assert_eq!(keys(&name(&pointer)).unwrap(), ["a", "x/y~z\nw~n"]);
    }

    #[test]
    fn different_pointers_never_share_an_element_id() {
        let ids = ["/a-b", "/a/b", "/a_b", "/a_2d_b", "/é"].map(element_id);
        for (i, id) in ids.iter().enumerate() {
            assert!(!ids[i + 1..].contains(id), "{id}");
        }
        for (part, pointer) in [
            ("-field", "/a/field"),
            ("-key", "/a/key"),
            ("-branch0", "/a/branch0"),
        ] {
            assert_ne!(element_id("/a") + part, element_id(pointer));
            assert!(element_id(&format!("{pointer}/b")).ends_with("_-b"));
        }
        assert_ne!(element_id("/form"), "cf-form");
    }
}
