//! Who came in with an account, and who of them must go again.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rmqtt::context::ServerContext;
use rmqtt::types::{ClientId, Id};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::access::Rights;
use crate::mqtt::commands::{Inbox, Obey, Refusal};

/// How often everybody is asked after, for changes that nobody told of: another process's.
const EVERY: Duration = Duration::from_secs(20);

/// How long after its password a client may take until its session is there.
const ENTERING: Duration = Duration::from_secs(60);

/// Someone who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account's id.
    pub account: String,
    /// Another one when the account has another password or may do something else.
    pub stamp: String,
    /// The user in whose name their commands are.
    pub user: Option<String>,
    /// What they may hear and say.
    pub rights: Rights,
}

/// The accounts that clients log in with.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Who has this name and this password. `from`: the client's address, where it is known.
    async fn known(&self, username: &str, password: &str, from: Option<IpAddr>) -> Option<Member>;

    /// Whether a login of before is still good; `None` where nobody can say now.
    async fn still(&self, member: &Member) -> Option<bool>;

    /// Who does what they command; `None` where no commands are taken.
    fn desk(&self) -> Option<Arc<dyn Obey>> {
        None
    }
}

#[async_trait]
impl Accounts for Arc<dyn Accounts> {
    async fn known(&self, username: &str, password: &str, from: Option<IpAddr>) -> Option<Member> {
        (**self).known(username, password, from).await
    }

    async fn still(&self, member: &Member) -> Option<bool> {
        (**self).still(member).await
    }

    fn desk(&self) -> Option<Arc<dyn Obey>> {
        (**self).desk()
    }
}

/// Those who are in, or away with a session that waits for them, by client id.
pub(super) struct Members {
    /// A pool of database connections belongs to the runtime that opened them.
    callers: Handle,
    accounts: Arc<dyn Accounts>,
    /// Where commands go, if any are taken.
    inbox: Option<Inbox>,
    inside: Mutex<HashMap<ClientId, (Member, Instant)>>,
}

impl Members {
    /// `accounts` is asked on the runtime of `callers`.
    pub fn new(callers: Handle, accounts: Arc<dyn Accounts>, inbox: Option<Inbox>) -> Self {
        Self {
            callers,
            accounts,
            inbox,
            inside: Mutex::default(),
        }
    }

    /// Who has this name and this password.
    pub async fn known(
        &self,
        username: String,
        password: String,
        from: Option<IpAddr>,
    ) -> Option<Member> {
        let accounts = self.accounts.clone();
        let asked = async move { accounts.known(&username, &password, from).await };
        self.callers.spawn(asked).await.ok().flatten()
    }

    /// From now on this client id is theirs.
    pub fn note(&self, client: ClientId, member: Member) {
        self.inside().insert(client, (member, Instant::now()));
    }

    /// What the rights of whoever has this client id say; no, where nobody has it.
    pub fn allow(&self, client: &ClientId, ask: impl FnOnce(&Rights) -> bool) -> bool {
        let inside = self.inside();
        inside
            .get(client)
            .is_some_and(|(member, _)| ask(&member.rights))
    }

    /// Has a command done that came from this client; `None` where no commands are taken, or not of
    /// theirs on this topic.
    pub async fn obey(
        &self,
        client: &ClientId,
        topic: &str,
        payload: &[u8],
    ) -> Option<Result<(), Refusal>> {
        let inbox = self.inbox.clone()?;
        let user = {
            let inside = self.inside();
            let (member, _) = inside.get(client)?;
            member
                .rights
                .may_command(topic)
                .then(|| member.user.clone())?
        };
        let (topic, payload) = (topic.to_owned(), payload.to_vec());
        let done = async move {
            match user {
                Some(user) => inbox.take(Some(user), &topic, &payload).await,
                None => {
                    let reason = "This account acts for nobody.";
                    inbox.refuse(&topic, &payload, reason);
                    Err(Refusal::Never(reason.to_owned()))
                }
            }
        };
        Some(
            self.callers
                .spawn(done)
                .await
                .unwrap_or(Err(Refusal::Later)),
        )
    }

    /// Ends the session of whoever may not be in any more: at once where `told` names their account
    /// or, with `None`, all; and within 20 s whatever is told.
    pub async fn keep_order(
        &self,
        context: &ServerContext,
        mut told: UnboundedReceiver<Option<String>>,
    ) {
        let mut beat = interval(EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let about = tokio::select! {
                about = told.recv() => match about {
                    Some(about) => about,
                    None => return,
                },
                _ = beat.tick() => {
                    self.forget_who_left(context).await;
                    None
                }
            };
            for member in self.asked_after(about.as_deref()) {
                if self.still(&member).await == Some(false) {
                    self.dismiss(context, &member).await;
                }
            }
        }
    }

    /// Each login once, however many clients it has.
    fn asked_after(&self, account: Option<&str>) -> Vec<Member> {
        let mut asked: Vec<Member> = Vec::new();
        for (member, _) in self.inside().values() {
            let is_meant = account.is_none_or(|account| account == member.account);
            if is_meant && !asked.contains(member) {
                asked.push(member.clone());
            }
        }
        asked
    }

    async fn still(&self, member: &Member) -> Option<bool> {
        let (accounts, member) = (self.accounts.clone(), member.clone());
        let asked = async move { accounts.still(&member).await };
        self.callers.spawn(asked).await.ok().flatten()
    }

    /// Closes the connections of `member` and drops what waited for them. One that is just being
    /// made is found at the next beat.
    async fn dismiss(&self, context: &ServerContext, member: &Member) {
        for id in sessions(context).await {
            let is_theirs = self
                .inside()
                .get(&id.client_id)
                .is_some_and(|(inside, _)| inside == member);
            if !is_theirs {
                continue;
            }
            match end(context, &id).await {
                Ok(()) => {
                    let mut inside = self.inside();
                    // They may be in again already, with other rights.
                    if inside
                        .get(&id.client_id)
                        .is_some_and(|(now, _)| now == member)
                    {
                        inside.remove(&id.client_id);
                    }
                    drop(inside);
                    tracing::info!(client = %id.client_id, "MQTT client put out: its login is no longer good");
                }
                Err(error) => {
                    tracing::warn!(client = %id.client_id, "MQTT client not put out yet: {error}");
                }
            }
        }
    }

    async fn forget_who_left(&self, context: &ServerContext) {
        let there: Vec<ClientId> = sessions(context)
            .await
            .iter()
            .map(|id| id.client_id.clone())
            .collect();
        self.inside()
            .retain(|client, (_, since)| there.contains(client) || since.elapsed() < ENTERING);
    }

    /// What a panic elsewhere left is as good as ever: each entry stands alone.
    fn inside(&self) -> MutexGuard<'_, HashMap<ClientId, (Member, Instant)>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes a connection and forgets its session: what waited for it, and what it subscribed to.
pub(super) async fn end(context: &ServerContext, id: &Id) -> rmqtt::Result<()> {
    let entry = context.extends.shared().await.entry(id.clone());
    let mut entry = entry.try_lock().await?;
    entry.kick(true, true, true).await.map(|_| ())
}

async fn sessions(context: &ServerContext) -> Vec<Id> {
    let shared = context.extends.shared().await;
    shared.iter().map(|entry| entry.id()).collect()
}
