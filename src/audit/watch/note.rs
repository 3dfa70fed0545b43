use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use crate::db::Timestamp;
use crate::events::{Thing, page_of};
use crate::named::named;

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Many logins failed.
    FailedLogins,
    /// Many requests were refused.
    Denials,
    /// A login from where its account never came from.
    NewAddress,
    /// One person deleted much.
    Deletions,
    /// A change at night by someone who never works then.
    Night,
    /// Rows that are not as their last events left them.
    Rows,
    /// Events that are not as they were digested.
    Events,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::FailedLogins,
        Self::Denials,
        Self::NewAddress,
        Self::Deletions,
        Self::Night,
        Self::Rows,
        Self::Events,
    ];

    /// As it stands in the database and in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailedLogins => "failed_logins",
            Self::Denials => "denials",
            Self::NewAddress => "new_address",
            Self::Deletions => "deletions",
            Self::Night => "night",
            Self::Rows => "rows",
            Self::Events => "events",
        }
    }
}

named!(Kind);

/// Something to be told to admins.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// What it is.
    pub kind: Kind,
    /// Whom or what it is about, where there may be several at once.
    pub subject: String,
    /// What it was noticed by.
    pub mark: String,
    /// When it happened.
    pub at: Timestamp,
    /// What to tell.
    pub details: Value,
}

/// A note, as it is kept.
#[derive(Clone, Debug, FromRow)]
pub struct Note {
    /// UUID version 7.
    pub id: String,
    /// One of [`Kind`].
    pub kind: String,
    /// Whom or what it is about.
    pub subject: String,
    /// What to tell.
    pub details: Json<Value>,
    /// When it happened.
    pub happened_at: Timestamp,
    /// When an admin said that they saw it.
    pub seen_at: Option<Timestamp>,
    /// Who that was.
    pub seen_by: Option<String>,
}

impl Note {
    fn text(&self, name: &str) -> &str {
        self.details[name].as_str().unwrap_or_default()
    }

    fn number(&self, name: &str) -> i64 {
        self.details[name].as_i64().unwrap_or_default()
    }

    /// What happened, in one line.
    pub fn title(&self) -> String {
        let span = self.text("span");
        match self.kind.parse() {
            Ok(Kind::FailedLogins) => {
                format!("{} logins failed within {span}", self.number("count"))
            }
            Ok(Kind::Denials) => {
                format!(
                    "{} requests were refused within {span}",
                    self.number("count")
                )
            }
            Ok(Kind::NewAddress) => format!("{} signed in from a new address", self.text("who")),
            Ok(Kind::Deletions) => format!(
                "{} deleted {} things within {span}",
                self.text("who"),
                self.number("count")
            ),
            Ok(Kind::Night) => format!(
                "{} changed something at {}, and never works then",
                self.text("who"),
                self.text("time")
            ),
            Ok(Kind::Rows) => match self.number("count") {
                1 => "A row is not as TaylorDash left it".to_owned(),
                count => format!("{count} rows are not as TaylorDash left them"),
            },
            Ok(Kind::Events) => {
                format!("Batch {} of the events does not fit", self.number("batch"))
            }
            Err(()) => self.kind.clone(),
        }
    }

    /// What to make of it.
    pub fn advice(&self) -> String {
        match self.kind.parse() {
            Ok(Kind::FailedLogins | Kind::Denials) => match self.text("address") {
                "" => "The trail has each of them.".to_owned(),
                address => format!("The last came from {address}. The trail has each of them."),
            },
            Ok(Kind::NewAddress) => format!(
                "From {}. If that was somebody else, end their sessions and give them another password.",
                self.text("address")
            ),
            Ok(Kind::Deletions) => "If that was not meant, the events say what it was.".to_owned(),
            Ok(Kind::Night) => "If that was not them, end their sessions.".to_owned(),
            Ok(Kind::Rows) => {
                "Somebody changed the database by hand, or put a copy back:".to_owned()
            }
            Ok(Kind::Events) => format!(
                "Positions {} to {} were changed, removed or added by hand. Compare the head of the \
                 chain with the one on MQTT.",
                self.number("first"),
                self.number("last")
            ),
            Err(()) => String::new(),
        }
    }

    /// The first of the rows that it is about, each by what it is called.
    pub fn rows(&self) -> Vec<Thing> {
        let rows = self.details["rows"].as_array();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let thing = |row: &Value| {
            let (domain, id) = (text(row, "domain"), text(row, "id"));
            let page = domain.parse().ok().and_then(|domain| page_of(domain, &id));
            match row["name"].as_str() {
                Some(name) => Thing {
                    name: format!("{domain} “{name}”"),
                    href: page,
                },
                None => Thing {
                    name: format!("{domain} {id}, which is gone"),
                    href: None,
                },
            }
        };
        rows.map(|rows| rows.iter().map(thing).collect())
            .unwrap_or_default()
    }

    /// How many rows there are besides.
    pub fn more_rows(&self) -> i64 {
        let named = self.details["rows"].as_array().map_or(0, Vec::len);
        self.number("count") - i64::try_from(named).unwrap_or_default()
    }

    /// Where to look.
    pub fn href(&self) -> String {
        match self.kind.parse() {
            Ok(Kind::FailedLogins) => "/audit?action=login_failed".to_owned(),
            Ok(Kind::Denials) => "/audit?action=denied".to_owned(),
            Ok(Kind::NewAddress | Kind::Night) => format!("/users/{}/sessions", self.subject),
            Ok(Kind::Deletions | Kind::Rows | Kind::Events) | Err(()) => "/events".to_owned(),
        }
    }
}
