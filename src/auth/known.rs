use std::net::IpAddr;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::attempt::Attempts;
use super::password::Passwords;
use super::store::{self, Credentials};
use super::tally::Tally;
use crate::db::Db;
use crate::error::Error;
use crate::hex::hex;
use crate::mqtt::broker::{self, Member, Rights};
use crate::page::Client;
use crate::users::Role;

/// The accounts as the embedded broker asks for them. It asks for nothing but name and password: an
/// account that has a second factor or whose role takes one, or with a password for one login, does
/// not come in there.
#[derive(Clone, Debug)]
pub struct Accounts {
    db: Db,
    passwords: Passwords,
    tally: Tally,
}

impl Accounts {
    /// Those of `db`.
    pub fn new(db: Db, passwords: Passwords, tally: Tally) -> Self {
        Self {
            db,
            passwords,
            tally,
        }
    }

    /// The account of this name and password; `None`, after the same work, where there is no such
    /// account, the password is wrong or the account may not come in.
    async fn find(
        &self,
        username: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<Option<Member>, Error> {
        let client = Client::at(from);
        let attempts = Attempts::by_mqtt(&self.db, &self.passwords, &self.tally, client);
        let Some(account) = attempts.password(username, password).await? else {
            return Ok(None);
        };
        if !may_enter(&account) {
            attempts.note_failure(Some(account.id)).await?;
            return Ok(None);
        }
        attempts.forgive(username).await?;
        Ok(Some(member(&account)))
    }
}

#[async_trait]
impl broker::Accounts for Accounts {
    async fn known(&self, username: &str, password: &str, from: Option<IpAddr>) -> Option<Member> {
        match self.find(username, password, from).await {
            Ok(member) => member,
            Err(error) => {
                tracing::warn!("an MQTT client was not let in: {error}");
                None
            }
        }
    }

    async fn still(&self, then: &Member) -> Option<bool> {
        match store::credentials_of(&self.db, &then.account).await {
            Ok(account) => {
                let account = account.filter(may_enter);
                Some(account.is_some_and(|account| member(&account) == *then))
            }
            Err(error) => {
                tracing::warn!("nobody can say who of MQTT's clients must go: {error}");
                None
            }
        }
    }
}

fn may_enter(account: &Credentials) -> bool {
    let takes_more = account.totp_secret.is_some() || account.needs_second_factor;
    account.disabled_at.is_none() && !takes_more && !account.one_time_password
}

fn member(account: &Credentials) -> Member {
    let role: Role = account.role.parse().unwrap_or(Role::Viewer);
    let stamp = Sha256::digest(format!("{role} {}", account.password_hash));
    Member {
        account: account.id.clone(),
        stamp: hex(&stamp),
        user: Some(account.id.clone()),
        rights: Rights::Person {
            is_admin: role == Role::Admin,
        },
    }
}
