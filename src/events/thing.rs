//! The things that events name, and where their pages are.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use super::Domain;
use super::store::Recorded;

/// What a path segment may not hold (RFC 3986, 3.3).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A name, and its page where it still has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// As people call it.
    pub name: String,
    /// A local path.
    pub href: Option<String>,
}

impl Recorded {
    pub(super) fn thing(&self, details: &Map<String, Value>) -> Option<Thing> {
        let is_named = match self.domain.as_str() {
            "system" => false,
            "auth" => {
                let of_another = ["login_failed", "session_ended", "sessions_ended"];
                of_another.contains(&self.event_type.as_str()) && self.is_known_login()
            }
            _ => true,
        };
        is_named.then(|| match &self.name {
            Some(name) => Thing {
                name: name.clone(),
                href: self.page(),
            },
            None => Thing {
                name: self.former_name(details),
                href: None,
            },
        })
    }

    /// What is gone is called as its last event calls it; a plugin's id can be read anyway.
    fn former_name(&self, details: &Map<String, Value>) -> String {
        let told = text(details, "name").or_else(|| text(details, "username"));
        match (told, self.domain.as_str()) {
            (Some(name), _) => name.to_owned(),
            (None, "plugin") => self.entity_id.clone(),
            (None, _) => "that is gone now".to_owned(),
        }
    }

    fn page(&self) -> Option<String> {
        page_of(self.domain.parse().ok()?, &self.entity_id)
    }

    pub(super) fn place(&self) -> Option<Thing> {
        self.project_name.clone().map(|name| Thing {
            name,
            href: self.project_page(),
        })
    }

    fn project_page(&self) -> Option<String> {
        let id = self.subject.strip_prefix("project/")?;
        Some(format!("/projects/{}", segment(id)))
    }
}

/// The page of such a thing.
pub fn page_of(domain: Domain, id: &str) -> Option<String> {
    let id = segment(id);
    match domain {
        Domain::Project => Some(format!("/projects/{id}")),
        Domain::Task => Some(format!("/tasks/{id}")),
        Domain::Plugin => Some(format!("/plugins/{id}")),
        Domain::User | Domain::Auth => Some(format!("/users/{id}")),
        Domain::System => None,
    }
}

/// The text under that name.
pub(super) fn text<'a>(details: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    details.get(name).and_then(Value::as_str)
}

fn segment(id: &str) -> String {
    utf8_percent_encode(id, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn an_id_cannot_lead_out_of_its_page() {
        assert_eq!(segment("../users?a=b#c"), "..%2Fusers%3Fa=b%23c");
    }
}
