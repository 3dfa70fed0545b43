//! Shared subscriptions (`$share/group/filter`): each message goes to one member of the group.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use rmqtt::context::ServerContext;
use rmqtt::subscribe::SharedSubscription;
use rmqtt::types::{
    ClientId, Id, IsOnline, NodeId, SharedGroup, SubscriptionIdentifier, SubscriptionOptions,
    TopicName,
};

use super::access::is_confidential;
use super::gate::reads_everything;

type Member = (
    NodeId,
    ClientId,
    SubscriptionOptions,
    Option<Vec<SubscriptionIdentifier>>,
    Option<IsOnline>,
);

/// Members take turns; one that is away gets messages only where nobody is there.
#[derive(Default)]
pub(super) struct InTurn(AtomicUsize);

#[async_trait]
impl SharedSubscription for InTurn {
    fn is_supported(&self) -> bool {
        true
    }

    async fn choice(
        &self,
        context: &ServerContext,
        _group: &SharedGroup,
        _publisher: &Id,
        topic: &TopicName,
        members: &[Member],
    ) -> Option<(usize, IsOnline)> {
        let mut allowed = Vec::with_capacity(members.len());
        for (index, (node, client, _, _, online)) in members.iter().enumerate() {
            // A member who may not read it would swallow the message for the whole group.
            if !is_confidential(topic) || may_read(context, *node, client).await {
                allowed.push((index, online.unwrap_or_default()));
            }
        }
        if allowed.iter().any(|(_, online)| *online) {
            allowed.retain(|(_, online)| *online);
        }
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        allowed.get(turn % allowed.len().max(1)).copied()
    }
}

async fn may_read(context: &ServerContext, node: NodeId, client: &ClientId) -> bool {
    let entry = context
        .extends
        .shared()
        .await
        .entry(Id::from(node, client.clone()));
    entry
        .session()
        .is_some_and(|session| reads_everything(&session))
}
