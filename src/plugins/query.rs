//! What the address of the list asks for.

use serde::Deserialize;

use super::store::Wish;
use super::{Kind, Status};
use crate::error::Error;
use crate::page::field::{LINE_MAX, choice};

/// The part of the address behind the question mark, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// A status, or empty for any.
    pub status: String,
    /// A type, or empty for any.
    #[serde(rename = "type")]
    pub type_: String,
    /// Text to find.
    pub q: String,
}

impl Asked {
    /// What it means.
    ///
    /// # Errors
    /// [`Error::BadRequest`] where a status or type is none.
    pub fn wish(&self) -> Result<Wish, Error> {
        Ok(Wish {
            status: one_of("status", &self.status, &Status::ALL)?,
            kind: one_of("type", &self.type_, &Kind::ALL)?,
            // SQLite refuses a pattern of more than 50,000 bytes, and no name is as long as this.
            text: self.q.trim().chars().take(LINE_MAX).collect(),
        })
    }

    /// Whether it asks for anything.
    pub fn is_empty(&self) -> bool {
        self.status.is_empty() && self.type_.is_empty() && self.q.trim().is_empty()
    }

    /// The address of the list that is asked for; `before` is a place in it, or empty.
    pub fn address(&self, before: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("q", self.q.as_str()),
            ("status", &self.status),
            ("type", &self.type_),
            ("before", before),
        ];
        query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
        match query.finish().as_str() {
            "" => "/plugins".to_owned(),
            query => format!("/plugins?{query}"),
        }
    }
}

fn one_of<T: Clone + std::fmt::Display>(
    name: &str,
    asked: &str,
    all: &[T],
) -> Result<Option<T>, Error> {
    if asked.is_empty() {
        return Ok(None);
    }
    choice(asked, all).map(Some).map_err(|message| {
        Error::BadRequest(format!(
            "The address says {name}=… with something else. {message}"
        ))
    })
}
