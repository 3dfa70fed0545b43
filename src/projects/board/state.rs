//! What a board's address says.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use url::form_urlencoded::{self, Serializer};

use super::{Scope, Spot};
use crate::error::Error;
use crate::page::Posted;
use crate::projects::tasks::Status;

/// Cards of a column that are shown before somebody scrolls.
pub const PAGE_SIZE: usize = 50;

/// The most cards of a column that are put in place anew at once.
const SHOWN_MAX: usize = 1000;

/// Where each column begins, how far it was scrolled, and what was just moved.
///
/// `pending=4294967296.0190…` begins the column behind that card; `shown=pending.100` says that so many
/// of it are on the page; `column=pending&behind=4294967296.0190…` asks for those behind that card alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    starts: [Option<Spot>; 4],
    shown: [usize; 4],
    /// The one column of which more is wanted.
    pub column: Option<Status>,
    /// Behind which card of it.
    pub behind: Option<Spot>,
    /// The id of the card that was just moved.
    pub moved: Option<String>,
    /// Whether it is of the board of all projects; a form says so.
    pub is_of_all: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            starts: Default::default(),
            shown: [PAGE_SIZE; 4],
            column: None,
            behind: None,
            moved: None,
            is_of_all: false,
        }
    }
}

impl State {
    /// Behind which card a column begins.
    pub fn start(&self, status: Status) -> Option<&Spot> {
        self.starts[status as usize].as_ref()
    }

    /// How many of its cards are shown.
    pub fn shown(&self, status: Status) -> usize {
        self.shown[status as usize]
    }

    /// With a column that begins elsewhere.
    pub fn starting(&self, status: Status, start: Option<Spot>) -> Self {
        let mut state = self.clone();
        state.starts[status as usize] = start;
        state.shown[status as usize] = PAGE_SIZE;
        state
    }

    /// For the request of the cards of a column behind one, when `shown` are on the page.
    pub fn of_more(&self, status: Status, behind: Spot, shown: usize) -> Self {
        let mut state = self.unscrolled();
        state.shown[status as usize] = shown;
        state.column = Some(status);
        state.behind = Some(behind);
        state
    }

    /// Where each column begins, and nothing else.
    pub fn unscrolled(&self) -> Self {
        Self {
            starts: self.starts.clone(),
            ..Self::default()
        }
    }

    /// With the card that was just moved.
    pub fn with_moved(self, id: &str) -> Self {
        Self {
            moved: Some(id.to_owned()),
            ..self
        }
    }

    /// Without it.
    pub fn unmoved(self) -> Self {
        Self {
            moved: None,
            ..self
        }
    }

    /// With what a form on the page says of how far it was scrolled.
    ///
    /// # Errors
    /// [`Error::BadRequest`].
    pub fn scrolled(mut self, posted: &Posted) -> Result<Self, Error> {
        for said in posted.all("shown") {
            self.set("shown", said)?;
        }
        Ok(self)
    }

    /// `?…` of the board; nothing where all of it is as at first.
    pub fn query(&self, scope: Option<&Scope>) -> String {
        let mut query = Serializer::new(String::new());
        if scope == Some(&Scope::All) {
            query.append_pair("on", "all");
        }
        for status in Status::ALL {
            if let Some(start) = self.start(status) {
                query.append_pair(status.as_str(), &start.to_string());
            }
            if self.shown(status) > PAGE_SIZE {
                query.append_pair("shown", &format!("{status}.{}", self.shown(status)));
            }
        }
        if let Some(column) = self.column {
            query.append_pair("column", column.as_str());
        }
        if let Some(behind) = &self.behind {
            query.append_pair("behind", &behind.to_string());
        }
        if let Some(moved) = &self.moved {
            query.append_pair("moved", moved);
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => format!("?{query}"),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "on" => self.is_of_all = value == "all",
            "column" => self.column = Some(status(value)?),
            "behind" => self.behind = Some(value.parse().map_err(|()| wrong())?),
            "moved" => self.moved = Some(value.to_owned()),
            "shown" => {
                let (column, count) = value.split_once('.').ok_or_else(wrong)?;
                let count: usize = count.parse().map_err(|_| wrong())?;
                let shown = &mut self.shown[status(column)? as usize];
                *shown = (*shown).max(count.min(SHOWN_MAX));
            }
            name => {
                if let Ok(column) = name.parse::<Status>() {
                    self.starts[column as usize] = Some(value.parse().map_err(|()| wrong())?);
                }
            }
        }
        Ok(())
    }
}

fn status(name: &str) -> Result<Status, Error> {
    name.parse().map_err(|()| wrong())
}

fn wrong() -> Error {
    Error::BadRequest(
        "The address names a column, or a place in one, that no board has. Go back to the board and follow its links."
            .to_owned(),
    )
}

impl FromRequest for State {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut state = Self::default();
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let mut pairs = pairs.filter(|(_, value)| !value.is_empty());
        let read = pairs.try_for_each(|(name, value)| state.set(&name, &value));
        ready(read.map(|()| state))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(query: &str) -> Result<State, Error> {
        let request = TestRequest::with_uri(&format!("/board{query}")).to_http_request();
        State::from_request(&request, &mut Payload::None).into_inner()
    }

    #[test]
    fn an_address_reads_what_it_wrote() -> Result<(), Error> {
        let spot = Spot {
            place: 7,
            id: "a b&c".to_owned(),
        };
        let state = State::default()
            .starting(Status::Pending, Some(spot.clone()))
            .of_more(Status::Done, spot, 150)
            .with_moved("x");
        assert_eq!(read(&state.query(None))?, state);
        assert_eq!(State::default().query(None), "");
        assert!(read(&state.query(Some(&Scope::All)))?.is_of_all);
        Ok(())
    }

    #[test]
    fn what_no_board_has_is_refused_and_too_much_is_cut() -> Result<(), Error> {
        for query in [
            "?pending=x",
            "?shown=pending",
            "?shown=later.5",
            "?column=later",
            "?shown=done.-1",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
        assert_eq!(
            read("?shown=done.999999999")?.shown(Status::Done),
            SHOWN_MAX
        );
        assert_eq!(
            read("?shown=done.1&other=x")?.shown(Status::Done),
            PAGE_SIZE
        );
        Ok(())
    }
}
