//! Commands over MQTT: what a message asks for, and where it goes that is not done.
//!
//! On the embedded broker a command is done before it is acknowledged, and nobody else hears it; on
//! another broker the holder of the lease listens, see `inbound`.

mod letters;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use tokio::sync::mpsc;

pub(super) use self::letters::Letter;
use self::letters::Letters;
use crate::events::Domain;

/// What every topic of a command begins with.
pub(super) const ROOT: &str = "tracker/commands/";
/// The most bytes of a command.
const MOST: usize = 4 * 1024;

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The user with this id: the embedded broker knows.
    Id(String),
    /// The user of this name: the topic says, and the other broker's rules see to it.
    Name(String),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who wants it.
    pub who: Who,
    /// A project, a task or a plugin.
    pub domain: Domain,
    /// Its id.
    pub id: String,
    /// What its status is to be.
    pub status: String,
    /// What its status must be now, where that is said.
    pub from: Option<String>,
    /// Why, where that has to be said.
    pub note: String,
}

/// Why a command was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It never will be, in words for who sent it.
    Never(String),
    /// The database is away: it can be sent again.
    Later,
}

/// Does what commands ask for.
#[async_trait]
pub trait Obey: Send + Sync + 'static {
    /// Does it, once; what is so already stays so.
    async fn obey(&self, command: Command) -> Result<(), Refusal>;
}

#[derive(Deserialize)]
struct Body {
    status: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    note: String,
}

/// What hears commands: reads them, has them done, and writes dead letters.
#[derive(Clone)]
pub struct Inbox {
    desk: Arc<dyn Obey>,
    letters: Letters,
}

impl Inbox {
    /// Dead letters come out of the returned end.
    pub(super) fn new(desk: Arc<dyn Obey>) -> (Self, mpsc::Receiver<Letter>) {
        let (letters, end) = Letters::new();
        (Self { desk, letters }, end)
    }

    /// Takes a message on `tracker/commands/…`. `user` is the id of who said it, where the broker knows;
    /// else the topic names them.
    pub(super) async fn take(
        &self,
        user: Option<String>,
        topic: &str,
        payload: &[u8],
    ) -> Result<(), Refusal> {
        let done = match Command::read(user, topic, payload) {
            Ok(command) => self.desk.obey(command).await,
            Err(reason) => Err(Refusal::Never(reason)),
        };
        if let Err(Refusal::Never(reason)) = &done {
            self.letters.write(topic, payload, reason);
        }
        done
    }

    /// Refuses a message.
    pub(super) fn refuse(&self, topic: &str, payload: &[u8], reason: &str) {
        self.letters.write(topic, payload, reason);
    }
}

impl Command {
    fn read(user: Option<String>, topic: &str, payload: &[u8]) -> Result<Self, String> {
        let (who, domain, id) = address(user, topic).ok_or_else(|| {
            "No command has this topic: it ends in task/<id>/status, project/<id>/status or \
             plugin/<id>/status."
                .to_owned()
        })?;
        if payload.len() > MOST {
            return Err(format!("A command has at most {MOST} bytes."));
        }
        let body: Body = serde_json::from_slice(payload)
            .map_err(|_| "A command is a JSON object such as {\"status\":\"done\"}.".to_owned())?;
        let texts = [Some(&body.status), body.from.as_ref(), Some(&body.note)];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Err("A command holds the character NUL.".to_owned());
        }
        Ok(Self {
            who,
            domain,
            id: id.to_owned(),
            status: body.status,
            from: body.from,
            note: body.note.trim().to_owned(),
        })
    }
}

fn address(user: Option<String>, topic: &str) -> Option<(Who, Domain, &str)> {
    let mut levels = topic.strip_prefix(ROOT)?.split('/');
    let who = match user {
        Some(id) => Who::Id(id),
        None => Who::Name(levels.next().filter(|name| !name.is_empty())?.to_owned()),
    };
    let domain = match levels.next()? {
        "task" => Domain::Task,
        "project" => Domain::Project,
        "plugin" => Domain::Plugin,
        _ => return None,
    };
    let id = levels
        .next()
        .filter(|id| !id.is_empty() && id.len() <= 255)?;
    let is_whole = levels.next() == Some("status") && levels.next().is_none();
    (is_whole && !id.contains('\0')).then_some((who, domain, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(user: Option<&str>, topic: &str, payload: &str) -> Result<Command, String> {
        Command::read(user.map(str::to_owned), topic, payload.as_bytes())
    }

    #[test]
    fn a_command_is_read_from_its_topic_and_its_body() {
        let command = Command {
            who: Who::Id("u1".to_owned()),
            domain: Domain::Task,
            id: "t1".to_owned(),
            status: "done".to_owned(),
            from: None,
            note: String::new(),
        };
        let topic = "tracker/commands/task/t1/status";
        assert_eq!(
            read(Some("u1"), topic, r#"{"status":"done","x":1}"#),
            Ok(command.clone())
        );
        let named = Command {
            who: Who::Name("sam".to_owned()),
            from: Some("pending".to_owned()),
            note: "why".to_owned(),
            ..command
        };
        let body = r#"{"status":"done","from":"pending","note":" why "}"#;
        assert_eq!(
            read(None, "tracker/commands/sam/task/t1/status", body),
            Ok(named)
        );
    }

    #[test]
    fn what_is_no_command_is_refused_with_its_reason() {
        let body = r#"{"status":"done"}"#;
        for topic in [
            "tracker/commands/",
            "tracker/commands/task",
            "tracker/commands/task/t1",
            "tracker/commands/task//status",
            "tracker/commands/task/t1/name",
            "tracker/commands/task/t1/status/x",
            "tracker/commands/user/u1/status",
            "tracker/commands/sam/task/t1/status",
        ] {
            assert!(read(Some("u1"), topic, body).is_err(), "{topic}");
        }
        assert!(read(None, "tracker/commands/task/t1/status", body).is_err());
        let topic = "tracker/commands/task/t1/status";
        let long = format!(r#"{{"status":"{}"}}"#, "x".repeat(5_000));
        let nul = "{\"status\":\"do\\u0000ne\"}";
        for body in [
            "",
            "done",
            "[]",
            "{}",
            r#"{"status":1}"#,
            "\u{7f}",
            &long,
            nul,
        ] {
            assert!(read(Some("u1"), topic, body).is_err(), "{body}");
        }
    }
}
