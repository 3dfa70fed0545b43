use serde_json::Value;

use super::ring::{Opened, Ring};
use super::sealed::{self, Sealed};
use crate::db::Timestamp;
use crate::error::Error;

/// Seals within one change, while no rotation can be under way.
#[derive(Debug)]
pub struct Sealer {
    pub(super) ring: Ring,
    pub(super) set_at: Timestamp,
    pub(super) set_by: String,
}

impl Sealer {
    /// As [`Vault::unseal`].
    pub fn unseal(&self, owner: &str, document: &Value, places: &[String]) -> Opened {
        self.ring.unseal(owner, document, places)
    }

    /// `document` of `owner` with the values at `secrets` sealed.
    ///
    /// A secret that one of `origins`, documents as they are kept, holds at the same place stays the
    /// sealed text it is, also where it cannot be read; one that has moved keeps who set it and when.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn seal(
        &self,
        owner: &str,
        document: &Value,
        secrets: &[String],
        origins: &[&Value],
    ) -> Result<Value, Error> {
        let known = self.known(owner, origins);
        let mut kept = document.clone();
        for pointer in secrets {
            let Some(value) = document.pointer(pointer) else {
                continue;
            };
            let there = texts_at(origins, pointer).find(|text| is_kept(text, value, &known));
            let text = match there {
                Some(text) => text.to_owned(),
                None => {
                    let (set_at, set_by) = moved_here(value, document, &known)
                        .unwrap_or_else(|| (self.set_at, self.set_by.clone()));
                    let mark = (set_at, set_by.as_str());
                    sealed::seal(&self.ring.current, owner, pointer, value, mark)?
                }
            };
            if let Some(place) = kept.pointer_mut(pointer) {
                *place = text.into();
            }
        }
        Ok(kept)
    }

    /// Where `document` has a secret that cannot be read in another place than `origins` have it: it
    /// cannot be sealed anew for that place.
    pub fn stranded(
        &self,
        owner: &str,
        document: &Value,
        secrets: &[String],
        origins: &[&Value],
    ) -> Vec<String> {
        let mut unreadable = Vec::new();
        for origin in origins {
            sealed::for_each_sealed(origin, &mut |pointer, text| {
                if self.ring.open(text, owner, pointer).is_err() {
                    unreadable.push(text.to_owned());
                }
            });
        }
        let is_stranded = |pointer: &&String| {
            let value = document.pointer(pointer).and_then(Value::as_str);
            value.is_some_and(|text| {
                unreadable.iter().any(|known| known == text)
                    && texts_at(origins, pointer).all(|there| there != text)
            })
        };
        secrets.iter().filter(is_stranded).cloned().collect()
    }

    fn known(&self, owner: &str, origins: &[&Value]) -> Vec<Known> {
        let mut known = Vec::new();
        for origin in origins {
            sealed::for_each_sealed(origin, &mut |pointer, text| {
                if let Ok(value) = self.ring.open(text, owner, pointer) {
                    known.push(Known {
                        pointer: pointer.to_owned(),
                        text: text.to_owned(),
                        value,
                    });
                }
            });
        }
        known
    }
}

fn texts_at<'a>(origins: &'a [&Value], pointer: &'a str) -> impl Iterator<Item = &'a str> {
    origins
        .iter()
        .filter_map(move |origin| origin.pointer(pointer)?.as_str())
}

/// A secret of the document as it is kept, that can be read.
struct Known {
    pointer: String,
    text: String,
    value: Value,
}

/// Whether the sealed `text`, which is in this place already, is what `value` is to become.
fn is_kept(text: &str, value: &Value, known: &[Known]) -> bool {
    let is_unreadable = sealed::is_sealed_text(text) && value.as_str() == Some(text);
    is_unreadable
        || known
            .iter()
            .any(|secret| secret.text == text && secret.value == *value)
}

/// Who set this value and when, where it stood elsewhere before and does so no more.
fn moved_here(value: &Value, document: &Value, known: &[Known]) -> Option<(Timestamp, String)> {
    let secret = known.iter().find(|secret| {
        secret.value == *value && document.pointer(&secret.pointer) != Some(value)
    })?;
    let sealed = Sealed::parse(&secret.text)?;
    Some((sealed.set_at()?, sealed.set_by()?))
}
