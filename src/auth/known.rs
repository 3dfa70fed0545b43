use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::password::{Fit, Passwords};
use super::store::{self, Credentials, throttle};
use super::throttle::Subjects;
use crate::db::Db;
use crate::error::Error;
use crate::hex::hex;
use crate::mqtt::broker::{self, Member, Rights};
use crate::users::Role;

/// The accounts as the embedded broker asks for them. It asks for nothing but name and password: an
/// account with a second factor, or with a password for one login, does not come in there.
#[derive(Clone, Debug)]
pub struct Accounts {
    db: Db,
    passwords: Passwords,
}

impl Accounts {
    /// Those of `db`.
    pub fn new(db: Db, passwords: Passwords) -> Self {
        Self { db, passwords }
    }

    /// The account of this name and password; `None`, after the same work, where there is no such
    /// account, the password is wrong or the account may not come in.
    async fn find(&self, username: &str, password: &str) -> Result<Option<Member>, Error> {
        let (db, passwords) = (&self.db, &self.passwords);
        // Where it comes from is not known here, so each name has a place of its own.
        let place = format!("mqtt {}", Subjects::new(username, "").of_account());
        let subjects = Subjects::new(username, &place);
        if let Some(wait) = throttle::wait(db, &subjects, false).await? {
            return Err(Error::Slowly(wait.to_std().unwrap_or_default()));
        }
        let account = store::credentials(db, username).await?;
        let may_enter = account.filter(may_enter);
        let hash = may_enter
            .as_ref()
            .map(|account| account.password_hash.as_str());
        let turn = passwords.place(&place)?;
        throttle::count(db, &subjects).await?;
        if passwords.verify(turn, password, hash).await? == Fit::Wrong {
            return Ok(None);
        }
        throttle::forgive(db, &subjects).await?;
        Ok(may_enter.map(|account| member(&account)))
    }
}

#[async_trait]
impl broker::Accounts for Accounts {
    async fn known(&self, username: &str, password: &str) -> Option<Member> {
        match self.find(username, password).await {
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
    account.disabled_at.is_none() && account.totp_secret.is_none() && !account.one_time_password
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
