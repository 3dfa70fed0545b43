//! Hands a session over to the connection that continues it, without loss and in order.
//!
//! rmqtt's own hand-over loses what is published between the end of the old connection and the
//! start of the new one, sends what was not acknowledged in reverse, and puts the backlog behind
//! what is published meanwhile. Here the old session's mail is held from the first moment, and
//! everything is put before the new connection's first message.

use std::time::Duration;

use async_trait::async_trait;
use futures_channel::mpsc::unbounded;
use rmqtt::inflight::{MomentStatus, OutInflightMessage};
use rmqtt::session::{OfflineInfo, Session};
use rmqtt::shared::{DefaultShared, Entry, RetainLoadCallback, Shared};
use rmqtt::types::{
    ForwardedCount, ForwardedRecipients, From, Id, IsAdmin, Message, MsgID, NodeId, OfflineSession,
    Publish, Reason, Rx, SessionStatus, SessionTx, SubRelations, SubRelationsMap, SubsSearchParams,
    SubsSearchResult, Subscribe, SubscribeReturn, To, TopicFilter, Tx, Unsubscribe,
};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long the old connection may take to let go: longer than one write to a client may take.
const LET_GO: Duration = Duration::from_secs(15);

type Result<T, E = rmqtt::Error> = std::result::Result<T, E>;
type Undelivered = Vec<(To, From, Publish, Reason)>;

/// rmqtt's sessions, with our hand-over.
pub(super) struct Sessions(pub(super) DefaultShared);

struct Handover {
    entry: Box<dyn Entry>,
    backlog: Vec<Message>,
    last_packet_id: u16,
}

impl Handover {
    fn of(entry: Box<dyn Entry>) -> Box<dyn Entry> {
        Box::new(Handover {
            entry,
            backlog: Vec::new(),
            last_packet_id: 0,
        })
    }

    /// Ends the old connection. What is published for its session from now on comes out of the
    /// returned end, which takes nothing more once the session is gone from the table.
    async fn let_go(&mut self, clean_start: bool, is_admin: IsAdmin) -> Result<Option<Rx>> {
        let (Some(session), Some(old)) = (self.entry.session(), self.entry.tx()) else {
            return Ok(None);
        };
        let (tx, mut held) = unbounded();
        self.entry.set(session, SessionTx::new(tx)).await?;
        let (gone, let_go) = oneshot::channel();
        let kick = Message::Kick(gone, self.entry.id(), clean_start, is_admin);
        if old.unbounded_send(kick).is_ok() && timeout(LET_GO, let_go).await.is_err() {
            tracing::warn!(client = %self.entry.id().client_id, "MQTT client's old connection does not end");
        }
        held.close();
        Ok(Some(held))
    }

    /// Takes everything out of `old` that the session has yet to send, oldest first.
    fn collect(&mut self, old: &mut OfflineInfo, held: Option<Rx>) {
        let (resend, released): (Vec<_>, Vec<_>) = std::mem::take(&mut old.inflight_messages)
            .into_iter()
            .partition(|sent| sent.status != MomentStatus::UnComplete);
        old.inflight_messages = released;
        self.last_packet_id = resend
            .iter()
            .filter_map(packet_id)
            .max()
            .unwrap_or_default();
        self.backlog = resend.into_iter().map(again).collect();
        let queued = std::mem::take(&mut old.offline_messages);
        self.backlog.extend(
            queued
                .into_iter()
                .map(|(from, message)| Message::Forward(from, message)),
        );
        let mut held = held;
        while let Some(Ok(message)) = held.as_mut().map(|held| held.try_recv()) {
            self.backlog.push(message);
        }
    }
}

fn packet_id(sent: &OutInflightMessage) -> Option<u16> {
    sent.publish.packet_id.map(u16::from)
}

fn again(mut sent: OutInflightMessage) -> Message {
    sent.publish.dup = true;
    Message::Forward(sent.from, sent.publish)
}

#[async_trait]
impl Entry for Handover {
    async fn try_lock(&self) -> Result<Box<dyn Entry>> {
        Ok(Handover::of(self.entry.try_lock().await?))
    }

    async fn kick(
        &mut self,
        clean_start: bool,
        clear_subscriptions: bool,
        is_admin: IsAdmin,
    ) -> Result<OfflineSession> {
        let held = self.let_go(clean_start, is_admin).await?;
        let mut old = self
            .entry
            .kick(clean_start, clear_subscriptions, is_admin)
            .await?;
        if let OfflineSession::Exist(Some(info)) = &mut old {
            self.collect(info, held);
        }
        Ok(old)
    }

    async fn set(&mut self, session: Session, tx: Tx) -> Result<()> {
        session
            .out_inflight()
            .read()
            .await
            .advance_next_id(self.last_packet_id);
        for message in self.backlog.drain(..) {
            tx.unbounded_send(message)?;
        }
        self.entry.set(session, tx).await
    }

    fn id(&self) -> Id {
        self.entry.id()
    }
    fn id_same(&self) -> Option<bool> {
        self.entry.id_same()
    }
    async fn remove(&mut self) -> Result<Option<(Session, Tx)>> {
        self.entry.remove().await
    }
    async fn remove_with(&mut self, id: &Id) -> Result<Option<(Session, Tx)>> {
        self.entry.remove_with(id).await
    }
    async fn online(&self) -> bool {
        self.entry.online().await
    }
    async fn is_connected(&self) -> bool {
        self.entry.is_connected().await
    }
    fn session(&self) -> Option<Session> {
        self.entry.session()
    }
    fn exist(&self) -> bool {
        self.entry.exist()
    }
    fn tx(&self) -> Option<Tx> {
        self.entry.tx()
    }
    async fn subscribe(&self, subscribe: &Subscribe) -> Result<SubscribeReturn> {
        self.entry.subscribe(subscribe).await
    }
    async fn unsubscribe(&self, unsubscribe: &Unsubscribe) -> Result<bool> {
        self.entry.unsubscribe(unsubscribe).await
    }
    async fn publish(&self, from: From, message: Publish) -> Result<(), (From, Publish, Reason)> {
        self.entry.publish(from, message).await
    }
    async fn subscriptions(&self) -> Option<Vec<SubsSearchResult>> {
        self.entry.subscriptions().await
    }
}

#[async_trait]
impl Shared for Sessions {
    fn entry(&self, id: Id) -> Box<dyn Entry> {
        Handover::of(self.0.entry(id))
    }

    fn exist(&self, client_id: &str) -> bool {
        self.0.exist(client_id)
    }
    async fn forwards(
        &self,
        id: Option<MsgID>,
        from: From,
        message: Publish,
    ) -> Result<ForwardedCount, (ForwardedCount, Undelivered)> {
        self.0.forwards(id, from, message).await
    }
    async fn forwards_and_get_shareds(
        &self,
        from: From,
        message: Publish,
    ) -> Result<(SubRelationsMap, ForwardedRecipients), (ForwardedRecipients, Undelivered)> {
        self.0.forwards_and_get_shareds(from, message).await
    }
    async fn forwards_to(
        &self,
        from: From,
        message: &Publish,
        relations: SubRelations,
        id: Option<MsgID>,
    ) -> Result<ForwardedRecipients, (ForwardedRecipients, Undelivered)> {
        self.0.forwards_to(from, message, relations, id).await
    }
    fn iter(&self) -> Box<dyn Iterator<Item = Box<dyn Entry>> + Sync + Send + '_> {
        self.0.iter()
    }
    fn random_session(&self) -> Option<Session> {
        self.0.random_session()
    }
    async fn session_status(&self, client_id: &str) -> Option<SessionStatus> {
        self.0.session_status(client_id).await
    }
    async fn client_states_count(&self) -> usize {
        self.0.client_states_count().await
    }
    fn sessions_count(&self) -> usize {
        self.0.sessions_count()
    }
    async fn query_subscriptions(&self, query: &SubsSearchParams) -> Vec<SubsSearchResult> {
        self.0.query_subscriptions(query).await
    }
    async fn subscriptions_count(&self) -> usize {
        self.0.subscriptions_count().await
    }
    async fn retain_load_with(
        &self,
        filter: &TopicFilter,
        callback: std::sync::Arc<dyn RetainLoadCallback>,
    ) -> Result<Vec<(NodeId, MsgID)>> {
        self.0.retain_load_with(filter, callback).await
    }
}
