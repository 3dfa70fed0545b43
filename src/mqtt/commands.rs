//! Commands over MQTT: what a message asks for, and where it goes that is not done.
//!
//! On the embedded broker a command is done before it is acknowledged, and nobody else hears it; on
//! another broker the holder of the lease listens, see `inbound`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::db::Timestamp;
use crate::events::Domain;
use crate::hex::hex;

/// What every topic of a command begins with.
pub(super) const ROOT: &str = "tracker/commands/";
/// The most bytes of a command.
const MOST: usize = 4 * 1024;
/// Dead letters in a second, at most; the rest is counted.
const PER_SECOND: u32 = 20;
/// Dead letters that wait to be published.
const QUEUE: usize = 64;
/// The log says at most so often that commands were refused.
const LOG_EVERY: Duration = Duration::from_secs(60);

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

/// A message that is no command, or may not be done.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) domain: &'static str,
    pub(super) payload: String,
}

/// Where dead letters go, as many as others can read.
#[derive(Clone)]
pub(super) struct Letters {
    queue: mpsc::Sender<Letter>,
    spent: Arc<std::sync::Mutex<Spent>>,
}

struct Spent {
    second: Instant,
    count: u32,
    /// Left out since the last one.
    omitted: u64,
    refused: u64,
    logged: Option<Instant>,
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
        let (queue, letters) = mpsc::channel(QUEUE);
        let spent = Spent {
            second: Instant::now(),
            count: 0,
            omitted: 0,
            refused: 0,
            logged: None,
        };
        let letters_in = Letters {
            queue,
            spent: Arc::new(std::sync::Mutex::new(spent)),
        };
        let inbox = Self {
            desk,
            letters: letters_in,
        };
        (inbox, letters)
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

impl Letters {
    /// Writes one, with what tells its sender which it was, but not what it said: people put
    /// passwords where they do not belong.
    fn write(&self, topic: &str, payload: &[u8], reason: &str) {
        let Some(omitted) = self.spend() else {
            return;
        };
        let letter = Letter {
            domain: domain_in(topic),
            payload: json!({
                "topic": topic.chars().take(256).collect::<String>(),
                "reason": reason,
                "bytes": payload.len(),
                "sha256": hex(&Sha256::digest(payload)),
                "omitted": omitted,
                "timestamp": Timestamp::now().rfc3339(),
            })
            .to_string(),
        };
        // Who publishes them is slower: this one is left out too.
        let _ = self.queue.try_send(letter);
    }

    /// How many were left out before this one; `None` where it is one of them.
    fn spend(&self) -> Option<u64> {
        let mut spent = self
            .spent
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        spent.refused += 1;
        if spent.logged.is_none_or(|at| now - at >= LOG_EVERY) {
            spent.logged = Some(now);
            let refused = std::mem::take(&mut spent.refused);
            tracing::info!(refused, "MQTT commands were refused: see tracker/dlq/#");
        }
        if now - spent.second >= Duration::from_secs(1) {
            (spent.second, spent.count) = (now, 0);
        }
        spent.count += 1;
        if spent.count > PER_SECOND {
            spent.omitted += 1;
            return None;
        }
        Some(std::mem::take(&mut spent.omitted))
    }
}

fn domain_in(topic: &str) -> &'static str {
    let mut levels = topic.split('/');
    let known = ["task", "project", "plugin"];
    let found = levels.find_map(|level| known.into_iter().find(|domain| *domain == level));
    found.unwrap_or("system")
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

    #[tokio::test]
    async fn a_flood_of_refusals_writes_a_few_letters_and_says_how_many_it_left_out() {
        struct Nothing;
        #[async_trait]
        impl Obey for Nothing {
            async fn obey(&self, _: Command) -> Result<(), Refusal> {
                Ok(())
            }
        }
        let (inbox, mut letters) = Inbox::new(Arc::new(Nothing));
        for n in 0..10_000_u32 {
            let noise = n.to_be_bytes();
            let taken = inbox.take(None, "tracker/commands/x", &noise);
            assert!(taken.await.is_err());
        }
        let mut written = 0;
        while let Ok(letter) = letters.try_recv() {
            assert_eq!(letter.domain, "system");
            assert!(letter.payload.len() < 512, "{}", letter.payload);
            written += 1;
        }
        assert!((1..=QUEUE).contains(&written), "{written}");
    }
}
