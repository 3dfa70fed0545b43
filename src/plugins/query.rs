//! What the address of the list asks for.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::search::{Search, Typed};
use super::store::Wish;
use super::{Kind, Status};
use crate::error::Error;
use crate::page::field::{LINE_MAX, choice};

/// The part of the address behind the question mark, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// A status, or empty for any.
    pub status: String,
    /// A type, or empty for any.
    pub type_: String,
    /// Text to find.
    pub q: String,
    /// What the configuration is to be.
    pub config: Typed,
}

impl Asked {
    /// What it means, but for the configuration.
    ///
    /// # Errors
    /// [`Error::BadRequest`] where a status or type is none.
    pub fn wish(&self, search: Search) -> Result<Wish, Error> {
        Ok(Wish {
            status: one_of("status", &self.status, &Status::ALL)?,
            kind: one_of("type", &self.type_, &Kind::ALL)?,
            // SQLite refuses a pattern of more than 50,000 bytes, and no name is as long as this.
            text: self.q.trim().chars().take(LINE_MAX).collect(),
            search,
        })
    }

    /// Whether it asks for anything.
    pub fn is_empty(&self) -> bool {
        self.status.is_empty()
            && self.type_.is_empty()
            && self.q.trim().is_empty()
            && self.config.is_empty()
    }

    /// The address of the list that is asked for; `before` is a place in it, or empty.
    pub fn address(&self, before: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("q", self.q.as_str()),
            ("status", &self.status),
            ("type", &self.type_),
            ("enabled", &self.config.enabled),
            ("criteria", self.config.criteria.trim()),
        ];
        query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(self.config.has.iter().map(|key| ("has", key)));
        for (pointer, value) in &self.config.places {
            query.append_pair(&format!("config.{pointer}"), value);
        }
        if !before.is_empty() {
            query.append_pair("before", before);
        }
        match query.finish().as_str() {
            "" => "/plugins".to_owned(),
            query => format!("/plugins?{query}"),
        }
    }

    fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match name.as_ref() {
                "status" => asked.status = value,
                "type" => asked.type_ = value,
                "q" => asked.q = value,
                "enabled" => asked.config.enabled = value,
                "criteria" => asked.config.criteria = value,
                // A form sends its empty fields too.
                "has" if !value.is_empty() => asked.config.has.push(value),
                name => {
                    if let Some(pointer) = name.strip_prefix("config.") {
                        asked.config.places.push((pointer.to_owned(), value));
                    }
                }
            }
        }
        asked
    }
}

impl FromRequest for Asked {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::read(request.query_string())))
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
