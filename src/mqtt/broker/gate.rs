//! The gate: what the broker asks us before it lets a client in, takes a message or hands one out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rmqtt::acl::AuthInfo;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::inflight::{MomentStatus, OutInflightMessage};
use rmqtt::session::Session;
use rmqtt::types::{
    AuthResult, ConnectInfo, From, Id, LastWill, Publish, PublishAclResult, QoS, Reason, Subscribe,
    SubscribeAclResult,
};
use sha2::{Digest, Sha256};

use super::access::{RELAY_CLIENT_ID, is_confidential, is_ours};
use super::members::{Member, Members};
use super::{Credentials, Reader};

/// Sessions, connected or away, that ordinary clients may hold. The relay is always let in.
const MAX_SESSIONS: isize = 1_000;

/// How long an account may take to be checked. Hashes are made one after the other, so that a
/// burst of logins waits.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// A full queue is logged at most this often.
const LOG_EVERY: Duration = Duration::from_secs(10);

pub(super) struct Gate {
    context: ServerContext,
    relay_name: String,
    relay_password: [u8; 32],
    members: Arc<Members>,
    dropped: AtomicU64,
    last_logged: Mutex<Option<Instant>>,
}

/// Who a client turned out to be.
enum Party {
    Relay,
    Anonymous,
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
            dropped: AtomicU64::new(0),
            last_logged: Mutex::new(None),
        }
    }

    async fn admit(&self, client: &ConnectInfo) -> AuthResult {
        let Some(party) = self.identify(client).await else {
            tracing::info!(client = %client.client_id(), "MQTT client refused: wrong user name or password");
            return AuthResult::BadUsernameOrPassword;
        };
        if let Party::Relay = party {
            return AuthResult::Allow(true, Some(insight(true)));
        }
        if let Some(reason) = self.objection(client).await {
            tracing::info!(client = %client.client_id(), reason, "MQTT client refused");
            return AuthResult::NotAuthorized;
        }
        let member = match party {
            Party::Account(member) => Some(member),
            Party::Relay | Party::Anonymous => None,
        };
        let everything = member
            .as_ref()
            .is_some_and(|member| member.reader == Reader::Admin);
        self.members.note(client.client_id().clone(), member);
        AuthResult::Allow(false, Some(insight(everything)))
    }

    async fn identify(&self, client: &ConnectInfo) -> Option<Party> {
        let password = client.password().map(AsRef::as_ref).unwrap_or_default();
        let name = client
            .username()
            .map(AsRef::<str>::as_ref)
            .unwrap_or_default();
        if name.is_empty() {
            return password.is_empty().then_some(Party::Anonymous);
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
    async fn objection(&self, client: &ConnectInfo) -> Option<&'static str> {
        if client.client_id().starts_with(RELAY_CLIENT_ID) {
            return Some("this client id is the relay's");
        }
        if client
            .last_will()
            .is_some_and(|will| is_ours(will_topic(&will)))
        {
            return Some("its last will would be published under tracker/");
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
        if is_confidential(&message.topic) && !reads_everything(session) {
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

    fn note_full_queue(&self, to: &Id) {
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        let Ok(mut last) = self.last_logged.lock() else {
            return;
        };
        if last.is_none_or(|at| at.elapsed() > LOG_EVERY) {
            *last = Some(Instant::now());
            tracing::warn!(client = %to.client_id, dropped, "MQTT subscriber too slow: its oldest messages are dropped");
        }
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

pub(super) fn reads_everything(session: &Session) -> bool {
    session
        .auth_info
        .as_ref()
        .is_some_and(|info| info.superuser)
}

/// What a session carries about its owner; `superuser` here only says that it reads everything.
fn insight(everything: bool) -> AuthInfo {
    AuthInfo {
        superuser: everything,
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
                if is_confidential(&subscribe.topic_filter) && !reads_everything(session) =>
            {
                HookResult::SubscribeAclResult(refusal(subscribe))
            }
            Parameter::MessagePublishCheckAcl(_, message) if is_ours(&message.topic) => {
                let reason = "only TaylorDash publishes under tracker/".into();
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
                self.0.note_full_queue(to);
                return (true, so_far);
            }
            _ => return (true, so_far),
        };
        (false, Some(answer))
    }
}
