use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Account, filters, store};
use crate::auth::hash;
use crate::db::Db;
use crate::error::Error;
use crate::mqtt::broker::{Accounts, Member, Rights};
use crate::mqtt::commands::Obey;

/// Who may log in to the embedded broker: the accounts of plugins and devices, and people.
pub struct Known<P> {
    db: Db,
    people: P,
    desk: Option<Arc<dyn Obey>>,
}

impl<P> Known<P> {
    /// The accounts of `db`, and `people`; `desk` does what they command, if anything does.
    pub fn new(db: Db, people: P, desk: Option<Arc<dyn Obey>>) -> Self {
        Self { db, people, desk }
    }
}

#[async_trait]
impl<P: Accounts> Accounts for Known<P> {
    async fn known(&self, username: &str, password: &str, from: Option<IpAddr>) -> Option<Member> {
        match store::named(&self.db, username).await {
            Ok(Some(account)) if account.secret_hash == hash(password) => member(&account),
            // Asked as anybody else is, who gives a wrong password is slowed down as anybody else is.
            Ok(_) => self.people.known(username, password, from).await,
            Err(error) => {
                tracing::warn!("an MQTT client was not let in: {error}");
                None
            }
        }
    }

    fn desk(&self) -> Option<Arc<dyn Obey>> {
        self.desk.clone()
    }

    async fn still(&self, then: &Member) -> Option<bool> {
        if matches!(then.rights, Rights::Person { .. }) {
            return self.people.still(then).await;
        }
        match store::find(&self.db, &then.account).await {
            Ok(account) => Some(member(&account).as_ref() == Some(then)),
            Err(Error::NotFound) => Some(false),
            Err(error) => {
                tracing::warn!("nobody can say which devices must go: {error}");
                None
            }
        }
    }
}

/// `None` while it may not come in.
fn member(account: &Account) -> Option<Member> {
    let read = |text: &str| filters(text).unwrap_or_default();
    account.is_active().then(|| Member {
        account: account.id.clone(),
        stamp: account.secret_hash.clone(),
        user: account.user_id.clone(),
        rights: Rights::Device {
            reads: read(&account.reads),
            writes: read(&account.writes),
        },
    })
}
