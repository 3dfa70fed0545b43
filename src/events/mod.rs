//! Events: every change, with who made it, in the same transaction as the change itself.

mod change;
mod history;
pub mod lines;
pub mod live;
pub mod refused;
pub mod replays;
pub mod retention;
pub mod routes;
pub mod rows;
mod sentence;
pub mod store;
mod thing;
mod views;

pub use change::Change;
pub use history::FieldChange;
pub use sentence::Sentence;
pub use store::Recorded;
pub use thing::{Thing, page_of};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::db::{Mark, Timestamp};
use crate::error::Error;
use crate::named::named;
use crate::users::Role;

/// What an event is about; the second part of its topic `tracker/events/<domain>/<event_type>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// Logins, logouts, denials.
    Auth,
    /// Plugins.
    Plugin,
    /// Projects.
    Project,
    /// The deployment itself.
    System,
    /// Tasks of projects.
    Task,
    /// Accounts.
    User,
}

impl Domain {
    /// All, in the order a person is shown them.
    pub const ALL: [Self; 6] = [
        Self::Project,
        Self::Task,
        Self::Plugin,
        Self::User,
        Self::Auth,
        Self::System,
    ];

    /// As it stands in topics, addresses and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Plugin => "plugin",
            Self::Project => "project",
            Self::System => "system",
            Self::Task => "task",
            Self::User => "user",
        }
    }

    /// Who may see such events: on pages, streams, replay and MQTT accounts alike.
    pub fn visible_to(self, role: Role) -> bool {
        match self {
            Self::Project | Self::Task | Self::Plugin | Self::System => true,
            Self::User | Self::Auth => role == Role::Admin,
        }
    }

    /// Those that `role` may see, in the order a person is shown them.
    pub fn visible(role: Role) -> impl Iterator<Item = Self> {
        let all = Self::ALL.into_iter();
        all.filter(move |domain| domain.visible_to(role))
    }
}

named!(Domain);

/// The domain that an address names; none where it names none.
///
/// # Errors
/// [`Error::BadRequest`] for what is no domain.
fn named_domain(name: &str) -> Result<Option<Domain>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    name.parse().map(Some).map_err(|()| {
        let all = Domain::ALL.map(Domain::as_str).join(", ");
        Error::BadRequest(format!(
            "There are no such events. The kinds of events are {all}."
        ))
    })
}

/// The topic on which an event goes out.
pub fn topic(domain: &str, event_type: &str) -> String {
    format!("tracker/events/{domain}/{event_type}")
}

/// Something that happened, named before its change commits.
#[derive(Clone, Debug)]
pub struct Event {
    pub(crate) domain: Domain,
    pub(crate) event_type: &'static str,
    pub(crate) entity_id: String,
    pub(crate) subject: String,
    pub(crate) details: Map<String, Value>,
}

impl Event {
    /// `event_type` is past tense snake_case; `details` an object, or it is left empty.
    fn new(domain: Domain, entity_id: &str, event_type: &'static str, details: Value) -> Self {
        let details = match details {
            Value::Object(details) => details,
            _ => Map::new(),
        };
        Self {
            domain,
            event_type,
            entity_id: entity_id.to_owned(),
            subject: format!("{domain}/{entity_id}"),
            details,
        }
    }

    /// What it says beyond its kind and its thing.
    pub fn into_details(self) -> Map<String, Value> {
        self.details
    }

    /// Says something more.
    pub fn detail(&mut self, name: &str, value: Value) {
        self.details.insert(name.to_owned(), value);
    }

    /// Of a project.
    pub fn project(id: &str, event_type: &'static str, details: Value) -> Self {
        Self::new(Domain::Project, id, event_type, details)
    }

    /// Of a task; it also stands in the feed of its project.
    pub fn task(id: &str, project_id: &str, event_type: &'static str, details: Value) -> Self {
        let mut event = Self::new(Domain::Task, id, event_type, details);
        event.subject = format!("{}/{project_id}", Domain::Project);
        event
            .details
            .insert("project_id".to_owned(), project_id.into());
        event
    }

    /// Of a plugin.
    pub fn plugin(id: &str, event_type: &'static str, details: Value) -> Self {
        Self::new(Domain::Plugin, id, event_type, details)
    }

    /// Of an account.
    pub fn user(id: &str, event_type: &'static str, details: Value) -> Self {
        Self::new(Domain::User, id, event_type, details)
    }

    /// Of a login; `user_id` is `None` where no such account exists: what was typed there is not
    /// repeated, people type passwords into the wrong field.
    pub fn auth(user_id: Option<&str>, event_type: &'static str, details: Value) -> Self {
        Self::new(
            Domain::Auth,
            user_id.unwrap_or("unknown"),
            event_type,
            details,
        )
    }

    /// Of the deployment.
    pub fn system(deployment_id: &str, event_type: &'static str, details: Value) -> Self {
        Self::new(Domain::System, deployment_id, event_type, details)
    }
}

/// Who does something.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user's id; `None` for the machine itself or someone not signed in.
    pub id: Option<String>,
    /// The user name, as the event's `actor` shows it.
    pub name: String,
    /// One per request, so that a log line and its events can be found from each other.
    pub trace_id: String,
}

impl Actor {
    /// The application itself.
    pub fn system() -> Self {
        Self::unnamed("system")
    }

    /// Someone at the command line of the machine.
    pub fn command_line() -> Self {
        Self::unnamed("command line")
    }

    /// Someone who is not signed in.
    pub fn anonymous() -> Self {
        Self::unnamed("anonymous")
    }

    fn unnamed(name: &str) -> Self {
        Self {
            id: None,
            name: name.to_owned(),
            trace_id: new_id().replace('-', ""),
        }
    }
}

/// What is told to listeners: enough to know what to look at again, never the change itself, so that each
/// look is checked for who may see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// What happened.
    pub news: News,
    /// Which notice of this process it is, given when it rings; see [`Db::mark`](crate::db::Db::mark).
    #[serde(skip)]
    pub mark: Mark,
}

/// What listeners are told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// A change has committed.
    Change {
        /// What it is about.
        domain: Domain,
        /// The event's type.
        event_type: String,
        /// The entity's id.
        id: String,
        /// The page it belongs to: `project/<id>`, `plugin/<id>`, …
        subject: String,
    },
    /// What waits for the broker is not what it was: it took some of it, or refused some.
    Delivery,
    /// Notices may have been missed: anything may have changed.
    Anything,
}

impl Notice {
    /// Says that notices may have been missed.
    pub fn anything() -> Self {
        News::Anything.into()
    }

    pub(crate) fn delivery() -> Self {
        News::Delivery.into()
    }

    pub(crate) fn of(event: &Event) -> Self {
        let news = News::Change {
            domain: event.domain,
            event_type: event.event_type.to_owned(),
            id: event.entity_id.clone(),
            subject: event.subject.clone(),
        };
        news.into()
    }
}

impl From<News> for Notice {
    fn from(news: News) -> Self {
        Self {
            news,
            mark: Mark::default(),
        }
    }
}

/// The one JSON object that an event is on the wire.
///
/// Serialised once, when the change commits, and kept as text: a second delivery is byte-identical.
pub(crate) fn payload(
    event: &Event,
    id: &str,
    version: i64,
    at: Timestamp,
    actor: &Actor,
) -> String {
    let mut object = Map::new();
    object.insert("id".into(), id.into());
    object.insert("event_type".into(), event.event_type.into());
    object.insert(
        format!("{}_id", event.domain),
        event.entity_id.clone().into(),
    );
    object.insert("version".into(), version.into());
    object.insert("timestamp".into(), at.rfc3339().into());
    object.insert("actor".into(), actor.name.clone().into());
    object.insert("trace_id".into(), actor.trace_id.clone().into());
    object.insert("details".into(), Value::Object(event.details.clone()));
    Value::Object(object).to_string()
}

/// A new id: UUID version 7 (RFC 9562), so that ids made later sort later.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
