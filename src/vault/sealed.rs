use std::io;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::key::Key;
use crate::db::Timestamp;

/// How every sealed text begins, and nothing else may that is not a secret itself.
const PREFIX: &str = "$sealed$v1$";
/// The key of the object that stands for a secret wherever a person sees the document.
const KEPT: &str = "$secret";
/// A value is filled up with blanks to a multiple of this many bytes, so that the length of the
/// sealed text does not tell the length of the secret.
const PADDING: usize = 64;

/// The parts of `$sealed$v1$<key id>$<set at, microseconds since 1970>$<set by>$<nonce and body>`,
/// the last two in base64 (RFC 4648, section 5, without padding).
pub(super) struct Sealed<'a> {
    pub(super) key_id: &'a str,
    header: &'a str,
    set_at: &'a str,
    set_by: &'a str,
    body: &'a str,
}

/// What a sealed text says of itself to whoever may see that there is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Where in the document.
    pub pointer: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// Who set it, by the name they had then.
    pub set_by: String,
}

impl<'a> Sealed<'a> {
    /// The parts of a text that is sealed; `None` for any other.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (header, body) = rest.rsplit_once('$')?;
        let mut parts = header.split('$');
        let (key_id, set_at, set_by) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(Self {
            key_id,
            header,
            set_at,
            set_by,
            body,
        })
    }

    pub(super) fn set_at(&self) -> Option<Timestamp> {
        self.set_at.parse().ok().and_then(Timestamp::from_micros)
    }

    pub(super) fn set_by(&self) -> Option<String> {
        String::from_utf8(BASE64.decode(self.set_by).ok()?).ok()
    }

    /// The value, if `key` is the one it was sealed under, for this owner and place.
    pub(super) fn open(&self, key: &Key, owner: &str, pointer: &str) -> Option<Value> {
        let body = BASE64.decode(self.body).ok()?;
        let plain = key.open(&body, &bound(owner, pointer, self.header))?;
        serde_json::from_slice(&plain).ok()
    }
}

/// `value` as a sealed text that opens only for this owner at this place.
pub(super) fn seal(
    key: &Key,
    owner: &str,
    pointer: &str,
    value: &Value,
    (set_at, set_by): (Timestamp, &str),
) -> io::Result<String> {
    let header = format!("{}${}${}", key.id, set_at.micros(), BASE64.encode(set_by));
    let mut plain = value.to_string();
    let length = plain.len().next_multiple_of(PADDING);
    plain.extend(std::iter::repeat_n(' ', length - plain.len()));
    let body = key.seal(plain.as_bytes(), &bound(owner, pointer, &header))?;
    Ok(format!("{PREFIX}{header}${}", BASE64.encode(body)))
}

/// What is authenticated beside the value; each part with its length, so that no two lists of parts
/// are the same bytes.
fn bound(owner: &str, pointer: &str, header: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [PREFIX, owner, pointer, header] {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes
}

/// Whether `value` is a sealed text, readable or not.
pub fn is_sealed(value: &Value) -> bool {
    value.as_str().is_some_and(is_sealed_text)
}

/// [`is_sealed`], of a text.
pub fn is_sealed_text(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// `document` with `{"$secret": "<its pointer>"}` in the place of each sealed text: the only form in
/// which it may be shown.
pub fn mask(document: &Value) -> Value {
    let mut shown = document.clone();
    for_each_sealed(document, &mut |pointer, _| {
        if let Some(place) = shown.pointer_mut(pointer) {
            *place = json!({ KEPT: pointer });
        }
    });
    shown
}

/// Which secrets `document` holds, and who set them when.
pub fn marks(document: &Value) -> Vec<Marked> {
    let mut found = Vec::new();
    for_each_sealed(document, &mut |pointer, text| {
        let Some(sealed) = Sealed::parse(text) else {
            return;
        };
        if let (Some(set_at), Some(set_by)) = (sealed.set_at(), sealed.set_by()) {
            found.push(Marked {
                pointer: pointer.to_owned(),
                set_at,
                set_by,
            });
        }
    });
    found
}

/// Where plain data begins as a sealed text does, outside the places in `secrets`: to be refused,
/// or the next reader would take it for a secret.
pub fn pretenders(document: &Value, secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for_each_sealed(document, &mut |pointer, _| {
        if !secrets.iter().any(|at| is_within(pointer, at)) {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn is_within(pointer: &str, place: &str) -> bool {
    pointer
        .strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Every sealed text in `document`, with its pointer.
pub(super) fn for_each_sealed(document: &Value, found: &mut impl FnMut(&str, &str)) {
    walk(document, &mut String::new(), found);
}

fn walk(value: &Value, pointer: &mut String, found: &mut impl FnMut(&str, &str)) {
    let length = pointer.len();
    match value {
        Value::String(text) if is_sealed_text(text) => found(pointer, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                walk(item, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                walk(member, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}
