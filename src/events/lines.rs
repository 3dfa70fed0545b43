//! Events as JSON lines, from a position on: how a consumer fills the gap that it saw in `version`.
//!
//! It is read a page at a time, by position, and each page when the reader has taken the one before:
//! a slow reader holds neither memory nor a database connection.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use actix_web::guard::GuardContext;
use actix_web::http::header::{ACCEPT, AUTHORIZATION};
use actix_web::web::{Bytes, Data};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;

use super::live::Streams;
use super::store::{self, Placed};
use super::{Domain, named_domain};
use crate::auth::Standing;
use crate::db::Db;
use crate::error::Error;
use crate::mqtt::broker::{Accounts, Member, Rights};
use crate::page::Client;
use crate::users::Role;

/// One JSON text a line (<https://github.com/ndjson/ndjson-spec>; not registered with IANA).
pub const MEDIA_TYPE: &str = "application/x-ndjson";

/// Says how far the events go that an answer holds, also where the last of them are not for its reader.
pub const UP_TO: &str = "taylordash-position";

/// Which events.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    domain: String,
}

/// Whether a request wants lines: it says so, or gives a position and is no browser.
pub fn are_wanted(context: &GuardContext<'_>) -> bool {
    let head: &RequestHead = context.head();
    let accept = head.headers().get(ACCEPT);
    let accept = accept
        .and_then(|kinds| kinds.to_str().ok())
        .unwrap_or_default();
    let has = |kind: &str| {
        let named = accept
            .split(',')
            .filter_map(|range| range.split(';').next());
        named
            .map(str::trim)
            .any(|name| name.eq_ignore_ascii_case(kind))
    };
    let query = head.uri.query().unwrap_or_default();
    let is_placed = query.split('&').any(|pair| pair.starts_with("after="));
    has(MEDIA_TYPE) || (is_placed && !has("text/html"))
}

/// Who reads.
enum Reader {
    /// Somebody who signed in to the pages.
    Person(Standing),
    /// Somebody who gave a name and a password, as to the embedded broker: a script of a device, or a
    /// person's.
    Client(Arc<dyn Accounts>, Member),
}

impl Reader {
    /// Who asks; `None` where that is nobody who is known.
    async fn of(request: &HttpRequest) -> Result<Option<Self>, Error> {
        let Some((name, password)) = credentials(request) else {
            return Ok(Standing::of(request)?.map(Self::Person));
        };
        let accounts = request.app_data::<Data<Arc<dyn Accounts>>>();
        let accounts = accounts.ok_or(Error::bug("no accounts"))?.get_ref().clone();
        let from = Client::of(request).address.parse().ok();
        let member = accounts.known(&name, &password, from).await;
        Ok(member.map(|member| Self::Client(accounts, member)))
    }

    /// What they may read now.
    async fn still(&self, db: &Db) -> Result<Sight, Error> {
        let gone = Error::Gone("Who reads may not any more.");
        match self {
            Self::Person(standing) => {
                let user = standing.still(db).await?.ok_or(gone)?;
                Ok(Sight::Role(user.role))
            }
            Self::Client(accounts, member) => match accounts.still(member).await {
                Some(true) => Ok(Sight::Rights(member.rights.clone())),
                Some(false) => Err(gone),
                None => Err(Error::Away("nobody can say who reads".to_owned())),
            },
        }
    }
}

/// What somebody may read.
enum Sight {
    Role(Role),
    Rights(Rights),
}

impl Sight {
    fn shows(&self, event: &Placed) -> bool {
        match self {
            Self::Role(role) => {
                let domain = event.domain.parse::<Domain>();
                domain.is_ok_and(|domain| domain.visible_to(*role))
            }
            Self::Rights(rights) => rights.may_hear(&event.topic()),
        }
    }
}

/// A name and a password (RFC 7617).
fn credentials(request: &HttpRequest) -> Option<(String, String)> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, given) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let given = STANDARD.decode(given.trim()).ok()?;
    let given = String::from_utf8(given).ok()?;
    let (name, password) = given.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// What is still to be read, and by whom.
pub struct Lines {
    db: Data<Db>,
    streams: Data<Streams>,
    reader: Reader,
    domain: Option<Domain>,
    after: i64,
    up_to: i64,
}

impl Lines {
    /// All that is behind the asked position now; `Ok(None)` for nobody who is known.
    ///
    /// # Errors
    /// [`Error::BadRequest`] for what is no position or no domain, [`Error::Forbidden`] for a domain
    /// that they may not see; when the database is away.
    pub async fn asked(
        request: &HttpRequest,
        db: Data<Db>,
        streams: Data<Streams>,
        asked: &Asked,
    ) -> Result<Option<Self>, Error> {
        let Some(reader) = Reader::of(request).await? else {
            return Ok(None);
        };
        let domain = named_domain(&asked.domain)?;
        if let (Reader::Person(standing), Some(domain)) = (&reader, domain)
            && !domain.visible_to(standing.user().role)
        {
            return Err(Error::Forbidden(Role::Admin));
        }
        Ok(Some(Self {
            after: position(&asked.after)?,
            up_to: store::last_position(&db).await?,
            db,
            streams,
            reader,
            domain,
        }))
    }

    /// The position of the last event that is looked at.
    pub fn up_to(&self) -> i64 {
        self.up_to
    }

    /// As the body of an answer. It is cut off, not ended, where its reader may read no more or the
    /// database goes away, so that nobody takes a part for the whole.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> {
        unfold(Some(self), |lines| async move {
            let mut lines = lines?;
            match lines.next().await {
                Ok(Some(text)) => Some((Ok(text), Some(lines))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while self.after < self.up_to {
            if self.streams.are_closed() {
                return Err(Error::Away("the server stops".to_owned()));
            }
            let sight = self.reader.still(&self.db).await?;
            let page = store::placed(&self.db, self.after, self.up_to).await?;
            self.after = page.last().map_or(self.up_to, |event| event.position);
            let wanted = |event: &&Placed| {
                let is_of = |domain: Domain| domain.as_str() == event.domain;
                self.domain.is_none_or(is_of) && sight.shows(event)
            };
            let text: String = page.iter().filter(wanted).map(line).collect();
            if !text.is_empty() {
                return Ok(Some(Bytes::from(text)));
            }
        }
        Ok(None)
    }
}

fn position(typed: &str) -> Result<i64, Error> {
    let position = if typed.is_empty() {
        Ok(0)
    } else {
        typed.parse()
    };
    position
        .ok()
        .filter(|position| *position >= 0)
        .ok_or_else(|| {
            Error::BadRequest(
            "after= is the position of the last event that you have: a whole number, 0 for all."
                .to_owned(),
        )
        })
}

/// The payload stands in it to the byte as it went to the broker.
fn line(event: &Placed) -> String {
    let (position, topic, payload) = (event.position, event.topic(), &event.payload);
    format!("{{\"position\":{position},\"topic\":\"{topic}\",\"payload\":{payload}}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_whole_number_from_nought_on() {
        for (typed, read) in [("", Some(0)), ("0", Some(0)), ("17", Some(17))] {
            assert_eq!(position(typed).ok(), read);
        }
        for typed in ["-1", "1.5", "x", "9223372036854775808", " 1", "1 or 1=1"] {
            assert!(
                matches!(position(typed), Err(Error::BadRequest(_))),
                "{typed}"
            );
        }
    }
}
