use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::db::Timestamp;
use crate::error::Error;

/// Rows on one page of a list.
const PAGE_SIZE: usize = 50;

/// Where a page of a list that is newest first begins: behind this `(created_at, id)`.
///
/// In an address `before=1795415580123456.0190…`: microseconds since 1970, a dot, the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    created_at: Timestamp,
    id: String,
}

impl Cursor {
    /// Behind the row with these.
    pub fn after(created_at: Timestamp, id: &str) -> Self {
        Self {
            created_at,
            id: id.to_owned(),
        }
    }

    /// The first page.
    pub fn start() -> Self {
        Self {
            created_at: Timestamp::last(),
            id: String::new(),
        }
    }

    /// Whether this is the first page.
    pub fn is_start(&self) -> bool {
        self.id.is_empty()
    }

    /// The time of the last row seen.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The id of the last row seen.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `?before=…` for an address; nothing for the first page.
    pub fn query(&self) -> String {
        match self.is_start() {
            true => String::new(),
            false => format!(
                "?before={}",
                url::form_urlencoded::byte_serialize(self.to_string().as_bytes())
                    .collect::<String>()
            ),
        }
    }

    /// That of one list among several on a page, by its name in the address.
    ///
    /// # Errors
    /// [`Error::BadRequest`].
    pub fn named(request: &HttpRequest, name: &str) -> Result<Self, Error> {
        let query = request.query_string().as_bytes();
        let given = url::form_urlencoded::parse(query).find(|(given, _)| given == name);
        match given {
            Some((_, text)) if !text.is_empty() => Self::parse(&text),
            _ => Ok(Self::start()),
        }
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || {
            Error::BadRequest(
                "The address names something as a place in a list that is none.".to_owned(),
            )
        };
        let (micros, id) = text.split_once('.').ok_or_else(wrong)?;
        let created_at = micros
            .parse()
            .ok()
            .and_then(Timestamp::from_micros)
            .ok_or_else(wrong)?;
        if id.is_empty() || id.len() > 255 || id.contains('\0') {
            return Err(wrong());
        }
        Ok(Self {
            created_at,
            id: id.to_owned(),
        })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.created_at.micros(), self.id)
    }
}

impl FromRequest for Cursor {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::named(request, "before"))
    }
}

/// One page of a list, and where the next begins.
#[derive(Clone, Debug)]
pub struct Paged<T> {
    /// At most 50 rows, unless the list has pages of another size.
    pub rows: Vec<T>,
    /// The next page's `before=`, where there is one.
    pub older: Option<Cursor>,
}

impl<T> Paged<T> {
    /// How many rows to ask the database for: one more than a page, to know whether more follow
    /// without counting them.
    pub const LIMIT: i64 = PAGE_SIZE as i64 + 1;

    /// From up to [`LIMIT`](Self::LIMIT) rows; `place` says where a row stands.
    pub fn new(rows: Vec<T>, place: impl Fn(&T) -> Cursor) -> Self {
        Self::of_size(PAGE_SIZE, rows, place)
    }

    /// As [`new`](Self::new), for a list with pages of another size; from up to `size + 1` rows.
    pub fn of_size(size: usize, mut rows: Vec<T>, place: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > size;
        rows.truncate(size);
        let older = if more { rows.last().map(place) } else { None };
        Self { rows, older }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_wrote() {
        let cursor = Cursor::after(Timestamp::now(), "proxmox-backup");
        assert_eq!(Cursor::parse(&cursor.to_string()).ok(), Some(cursor));
    }

    #[test]
    fn what_is_no_place_in_a_list_is_refused() {
        for text in [
            "-1",
            "x.y",
            "99999999999999999999.a",
            "9223372036854775807.a",
            "1.",
            "1",
        ] {
            assert!(Cursor::parse(text).is_err(), "{text}");
        }
    }
}
