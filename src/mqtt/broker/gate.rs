//! The gate: what the broker asks us before it lets a client in, takes a message or hands one out.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rmqtt::acl::AuthInfo;
use rmqtt::codec::v5::{PublishAckReason, SubscribeAckReason};
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::inflight::{MomentStatus, OutInflightMessage};
use rmqtt::session::Session;
use rmqtt::types::{
    AuthResult, ClientId, ConnectInfo, From, Id, LastWill, Message, Publish, PublishAclResult,
    PublishResult, QoS, Reason, Subscribe, SubscribeAclResult,
};
use sha2::{Digest, Sha256};

use super::Credentials;
use super::access::{RELAY_CLIENT_ID, Rights, is_command};
use super::members::{Member, Members, end};
use crate::mqtt::commands::Refusal;

/// Sessions, connected or away, that ordinary clients may hold. The relay is always let in.
const MAX_SESSIONS: isize = 1_000;

/// How long an account may take to be checked. Hashes are made one after the other, so that a
/// burst of logins waits.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Gate {
    context: ServerContext,
    relay_name: String,
    relay_password: [u8; 32],
    members: Arc<Members>,
    /// Those who were too slow, until they are out.
    leaving: Arc<Mutex<HashSet<ClientId>>>,
}

/// Who a client turned out to be.
enum Party {
    Relay,
    Account(Member),
}

impl Gate {
    pub(super) const HOOKS: [Type; 6] = [
        Type::ClientAuthenticate,
        Type::ClientSubscribeCheckAcl,
        Type::MessagePublishCheckAcl,
        Type::MessageExpiryCheck,
        Type::MessageDelivered,
        Type::MessageDropped,
    ];

    pub(super) fn new(context: ServerContext, relay: Credentials, members: Arc<Members>) -> Gate {
        Gate {
            context,
            relay_password: digest(relay.password.as_bytes()),
            relay_name: relay.username,
            members,
            leaving: Arc::default(),
        }
    }

    async fn admit(&self, client: &ConnectInfo) -> AuthResult {
        let Some(party) = self.identify(client).await else {
            tracing::info!(client = %client.client_id(), "MQTT client refused: wrong user name or password");
            return AuthResult::BadUsernameOrPassword;
        };
        let Party::Account(member) = party else {
            return AuthResult::Allow(true, Some(marked(true)));
        };
        if let Some(reason) = self.objection(client, &member).await {
            tracing::info!(client = %client.client_id(), reason, "MQTT client refused");
            return AuthResult::NotAuthorized;
        }
        self.members.note(client.client_id().clone(), member);
        AuthResult::Allow(false, Some(marked(false)))
    }

    async fn identify(&self, client: &ConnectInfo) -> Option<Party> {
        let password = client.password().map(AsRef::as_ref).unwrap_or_default();
        let name = client
            .username()
            .map(AsRef::<str>::as_ref)
            .unwrap_or_default();
        if name.is_empty() {
            return None;
        }
        if name == self.relay_name {
            return (digest(password) == self.relay_password).then_some(Party::Relay);
        }
        let password = String::from_utf8(password.to_vec()).ok()?;
        let from = client.id().remote_addr.map(|address| address.ip());
        let asked = self.members.known(name.to_owned(), password, from);
        let member = tokio::time::timeout(CHECK_TIMEOUT, asked).await.ok()??;
        Some(Party::Account(member))
    }

    /// Why a client that is not the relay may not come in, whoever it is.
    async fn objection(&self, client: &ConnectInfo, member: &Member) -> Option<&'static str> {
        if client.client_id().starts_with(RELAY_CLIENT_ID) {
            return Some("this client id is the relay's");
        }
        if client
            .last_will()
            .is_some_and(|will| !member.rights.may_say(will_topic(&will)))
        {
            return Some("its last will is on a topic that it may not write to");
        }
        let entry = self
            .context
            .extends
            .shared()
            .await
            .entry(client.id().clone());
        let owner = entry
            .session()
            .and_then(|session| session.id.username.clone());
        if owner.is_some() && owner.as_ref() != client.username() {
            return Some("this client id has a session of another account");
        }
        if !entry.exist() && self.context.sessions.count() >= MAX_SESSIONS {
            return Some("there are too many sessions");
        }
        None
    }

    /// Whether a message goes out to this session. Answering no is the one way to withhold it from
    /// one subscriber among many.
    async fn withholds(&self, session: &Session, message: &Publish) -> bool {
        if !self.may(session, |rights| rights.may_hear(&message.topic)) {
            return true;
        }
        // The broker would end the connection of a client that told it a smaller limit.
        let limit = session
            .connect_info()
            .await
            .ok()
            .and_then(|info| info.max_packet_size());
        limit.is_some_and(|limit| packet_size_at_most(message) > limit.get() as usize)
    }

    /// Done before it is acknowledged, and passed on to nobody.
    async fn command(&self, session: &Session, message: &Publish) -> PublishAclResult {
        let client = &session.id.client_id;
        let done = self.members.obey(client, &message.topic, &message.payload);
        let (code, why) = match done.await {
            Some(Ok(())) => (PublishAckReason::NoMatchingSubscribers, None),
            Some(Err(Refusal::Never(why))) => (PublishAckReason::NotAuthorized, Some(why)),
            Some(Err(Refusal::Later)) => {
                let why = "the database is away: send it again".to_owned();
                (PublishAckReason::UnspecifiedError, Some(why))
            }
            None => {
                let why = "no commands are taken from this account".to_owned();
                (PublishAckReason::NotAuthorized, Some(why))
            }
        };
        PublishAclResult(PublishResult::reason_code(code, why.map(Into::into), false))
    }

    /// What the rights of a session's owner say; the relay may all.
    fn may(&self, session: &Session, ask: impl FnOnce(&Rights) -> bool) -> bool {
        is_relay(session) || self.members.allow(&session.id.client_id, ask)
    }

    /// Ends the session of a subscriber for whom too much waits: with a hole in what it gets, it would
    /// take a part for the whole. It finds its gap by `version` when it returns.
    fn put_out(&self, slow: &Id) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        if !leaving.insert(slow.client_id.clone()) {
            return;
        }
        tracing::warn!(client = %slow.client_id, "MQTT subscriber put out: it is too slow");
        let (context, leaving, slow) = (self.context.clone(), self.leaving.clone(), slow.clone());
        tokio::spawn(async move {
            let entry = context.extends.shared().await.entry(slow.clone());
            if let Some(connection) = entry.tx() {
                // One that is gone needs no reason any more.
                let _ = connection.unbounded_send(Message::Closed(Reason::MessageQueueFull));
            }
            if let Err(error) = end(&context, &slow).await {
                tracing::warn!(client = %slow.client_id, "MQTT subscriber not put out: {error}");
            }
            let mut leaving = leaving.lock().unwrap_or_else(PoisonError::into_inner);
            leaving.remove(&slow.client_id);
        });
    }
}

/// A message that is being sent counts as in flight before it is written, not after: where the
/// connection breaks in the write, it is sent again when the client returns.
async fn count_as_in_flight(session: &Session, from: &From, message: &Publish) {
    let status = match message.qos {
        QoS::AtMostOnce => return,
        QoS::AtLeastOnce => MomentStatus::UnAck,
        QoS::ExactlyOnce => MomentStatus::UnReceived,
    };
    let message = OutInflightMessage::new(status, from.clone(), message.clone());
    session.out_inflight().write().await.push_back(message);
}

fn is_relay(session: &Session) -> bool {
    session
        .auth_info
        .as_ref()
        .is_some_and(|info| info.superuser)
}

/// What a session carries about its owner; `superuser` here only says that it is the relay.
fn marked(is_relay: bool) -> AuthInfo {
    AuthInfo {
        superuser: is_relay,
        expire_at: None,
        rules: Vec::new(),
    }
}

fn will_topic<'a>(will: &LastWill<'a>) -> &'a str {
    match *will {
        LastWill::V3(will) => &will.topic,
        LastWill::V5(will) => &will.topic,
    }
}

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// An upper bound of a PUBLISH packet's size in bytes (MQTT 5, 3.3): header and packet id, topic,
/// properties with at most five bytes of frame each, payload.
fn packet_size_at_most(message: &Publish) -> usize {
    let properties = message.properties.as_ref().map_or(1, |p| {
        let texts = p
            .content_type
            .iter()
            .chain(&p.response_topic)
            .map(|text| text.len() + 5);
        let user = p
            .user_properties
            .iter()
            .map(|(key, value)| key.len() + value.len() + 5);
        let data = p.correlation_data.iter().map(|data| data.len() + 5);
        14 + 5 * p.subscription_ids.len() + texts.chain(user).chain(data).sum::<usize>()
    });
    9 + message.topic.len() + properties + message.payload.len()
}

fn refusal(subscribe: &Subscribe) -> SubscribeAclResult {
    tracing::info!(filter = %subscribe.topic_filter, "MQTT subscription refused");
    SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized)
}

/// The handler for one hook; the broker wants one of its own for each.
pub(super) struct Hook(pub(super) Arc<Gate>);

#[async_trait]
impl Handler for Hook {
    async fn hook(&self, asked: &Parameter, so_far: Option<HookResult>) -> ReturnType {
        let answer = match asked {
            Parameter::ClientAuthenticate(client) => {
                HookResult::AuthResult(self.0.admit(client).await)
            }
            Parameter::ClientSubscribeCheckAcl(session, subscribe)
                if !self
                    .0
                    .may(session, |rights| rights.may_ask(&subscribe.topic_filter)) =>
            {
                HookResult::SubscribeAclResult(refusal(subscribe))
            }
            Parameter::MessagePublishCheckAcl(session, message) if is_command(&message.topic) => {
                HookResult::PublishAclResult(self.0.command(session, message).await)
            }
            Parameter::MessagePublishCheckAcl(session, message)
                if !self.0.may(session, |rights| rights.may_say(&message.topic)) =>
            {
                let reason = "this account may not write to this topic".into();
                HookResult::PublishAclResult(PublishAclResult::rejected(false, Some(reason)))
            }
            Parameter::MessageExpiryCheck(session, _, message)
                if self.0.withholds(session, message).await =>
            {
                HookResult::MessageExpiry
            }
            Parameter::MessageDelivered(session, from, message) => {
                count_as_in_flight(session, from, message).await;
                return (true, so_far);
            }
            Parameter::MessageDropped(Some(to), _, _, Reason::MessageQueueFull) => {
                self.0.put_out(to);
                return (true, so_far);
            }
            _ => return (true, so_far),
        };
        (false, Some(answer))
    }
}
