use actix_web::HttpRequest;
use actix_web::web::Data;
use serde_json::{Map, json};

use super::password::{Fit, Passwords};
use super::store::{self, Credentials, logins, throttle};
use super::tally::{Occurrence, Tally};
use super::throttle::Subjects;
use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Change, Event};
use crate::page::Client;

/// What trying a password takes.
#[derive(Debug)]
pub struct Attempts<'a> {
    db: &'a Db,
    passwords: &'a Passwords,
    tally: &'a Tally,
    client: Client,
    door: Door,
}

/// Where a password is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// On the pages.
    Pages,
    /// At the embedded broker.
    Mqtt,
}

impl<'a> Attempts<'a> {
    /// By that request.
    pub fn by(
        request: &HttpRequest,
        db: &'a Data<Db>,
        passwords: &'a Data<Passwords>,
        tally: &'a Data<Tally>,
    ) -> Self {
        Self {
            db,
            passwords,
            tally,
            client: Client::of(request),
            door: Door::Pages,
        }
    }

    /// By an MQTT client. What it does wrong is counted apart from the pages, so that a device with
    /// an old password keeps nobody of its address out of them.
    pub fn by_mqtt(db: &'a Db, passwords: &'a Passwords, tally: &'a Tally, client: Client) -> Self {
        Self {
            db,
            passwords,
            tally,
            client,
            door: Door::Mqtt,
        }
    }

    /// The account of that name, where the password is its own and it may come in. For an unknown
    /// name, a wrong password and a disabled account the same is done, and it takes as long.
    ///
    /// The try counts as failed until [`forgive`](Self::forgive) is called.
    ///
    /// # Errors
    /// [`Error::Slowly`] after too many failures; [`Error::TooMany`] when too many try at once.
    pub async fn password(
        &self,
        username: &str,
        password: &str,
    ) -> Result<Option<Credentials>, Error> {
        let account = store::credentials(self.db, username.trim()).await?;
        let user_id = account.as_ref().map(|account| account.id.clone());
        self.may_try(username, user_id.as_deref()).await?;
        let place = self.passwords.place(&self.counted())?;
        throttle::count(self.db, &self.subjects(username)).await?;
        let account = account.filter(|account| account.disabled_at.is_none());
        let hash = account
            .as_ref()
            .map(|account| account.password_hash.as_str());
        match self.passwords.verify(place, password, hash).await? {
            Fit::Right => Ok(account),
            Fit::Stale => {
                self.hash_again(account.as_ref(), password).await?;
                Ok(account)
            }
            Fit::Wrong => {
                self.note_failure(user_id).await?;
                Ok(None)
            }
        }
    }

    /// Whether there may be a try now.
    ///
    /// # Errors
    /// [`Error::Slowly`] after too many failures.
    pub async fn may_try(&self, username: &str, user_id: Option<&str>) -> Result<(), Error> {
        let network = self.client.network();
        let user_id = user_id.unwrap_or_default();
        let is_known = logins::knows_address(self.db, user_id, &network).await?;
        let wait = throttle::wait(self.db, &self.subjects(username), is_known).await?;
        match wait.and_then(|wait| wait.to_std().ok()) {
            Some(wait) => Err(Error::Slowly(wait)),
            None => Ok(()),
        }
    }

    /// Counts a try at something else than the password.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count(&self, username: &str) -> Result<(), Error> {
        throttle::count(self.db, &self.subjects(username)).await
    }

    /// The last try was right after all.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forgive(&self, username: &str) -> Result<(), Error> {
        throttle::forgive(self.db, &self.subjects(username)).await
    }

    /// One event for the first failure from an address, and one a minute for those that follow.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_failure(&self, user_id: Option<String>) -> Result<(), Error> {
        let mut details = Map::from_iter([("address".to_owned(), json!(self.client.address))]);
        if self.door == Door::Mqtt {
            details.insert("by".to_owned(), json!("mqtt"));
        }
        let occurrence = Occurrence {
            event_type: "login_failed",
            user_id,
            actor: Actor {
                trace_id: self.client.trace_id.clone(),
                ..Actor::anonymous()
            },
            network: self.counted(),
            details,
        };
        self.tally.note(self.db, occurrence).await
    }

    async fn hash_again(&self, account: Option<&Credentials>, password: &str) -> Result<(), Error> {
        let Some(account) = account else {
            return Ok(());
        };
        let hash = self.passwords.hash(password).await?;
        let mut change = Change::begin(self.db, &Actor::system()).await?;
        if store::rehash(&mut change, &account.id, &account.password_hash, &hash).await? {
            let event = Event::user(&account.id, "password_rehashed", json!({}));
            change.commit(event).await?;
        }
        Ok(())
    }

    fn subjects(&self, username: &str) -> Subjects {
        Subjects::new(username, &self.counted())
    }

    /// What stands for everybody who comes from there by this door.
    fn counted(&self) -> String {
        let network = self.client.network();
        match self.door {
            Door::Pages => network,
            Door::Mqtt => format!("mqtt {network}"),
        }
    }
}
