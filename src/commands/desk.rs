use async_trait::async_trait;

use super::{Done, Outcome, store};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Domain, new_id};
use crate::mqtt::commands::{Command, Obey, Refusal, Who};
use crate::plugins;
use crate::projects::{self, tasks};
use crate::users::Role;

/// Where commands are done.
#[derive(Clone, Debug)]
pub struct Desk {
    db: Db,
}

impl Desk {
    /// On this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    async fn run(&self, command: &Command) -> Done {
        let actor = match self.actor(&command.who).await? {
            Ok(actor) => actor,
            Err(refused) => return Ok(Outcome::Refused(refused)),
        };
        let (db, id, status) = (&self.db, command.id.as_str(), command.status.as_str());
        let from = command.from.as_deref();
        match command.domain {
            Domain::Task => {
                tasks::switching::set_status(db, &actor, id, (from, status), &command.note).await
            }
            Domain::Project => {
                projects::switching::set_status(db, &actor, id, (from, status)).await
            }
            Domain::Plugin => plugins::switching::set_status(db, &actor, id, (from, status)).await,
            Domain::User | Domain::Auth | Domain::System => Err(Error::NotFound),
        }
    }

    /// Them, as who makes the change; or why they may not.
    async fn actor(&self, who: &Who) -> Result<Result<Actor, String>, Error> {
        let (id, name) = match who {
            Who::Id(id) => (id.as_str(), ""),
            Who::Name(name) => ("", name.as_str()),
        };
        let Some(user) = store::commander(&self.db, id, name).await? else {
            return Ok(Err("There is no such user.".to_owned()));
        };
        if user.disabled_at.is_some() || user.one_time_password {
            return Ok(Err(format!(
                "The account of {} may not come in.",
                user.username
            )));
        }
        let role: Role = user.role.parse().unwrap_or(Role::Viewer);
        if role < Role::Maintainer {
            let name = user.username;
            return Ok(Err(format!(
                "{name} is a viewer: commands take a maintainer or an admin."
            )));
        }
        Ok(Ok(Actor {
            id: Some(user.id),
            name: user.username,
            trace_id: format!("mqtt-{}", new_id().replace('-', "")),
        }))
    }
}

#[async_trait]
impl Obey for Desk {
    async fn obey(&self, command: Command) -> Result<(), Refusal> {
        match self.run(&command).await {
            Ok(Outcome::Set | Outcome::Unchanged) => Ok(()),
            Ok(Outcome::Refused(why)) => Err(Refusal::Never(why)),
            Err(Error::NotFound) => Err(Refusal::Never(format!(
                "There is no {} of this id.",
                command.domain
            ))),
            Err(error @ Error::Away(_)) => {
                tracing::warn!("an MQTT command was not done: {error}");
                Err(Refusal::Later)
            }
            // Sent again it would fail again, and keep all behind it waiting.
            Err(error) => {
                tracing::error!("an MQTT command was not done: {error}");
                let why = "It could not be done. The log of TaylorDash says why.";
                Err(Refusal::Never(why.to_owned()))
            }
        }
    }
}
