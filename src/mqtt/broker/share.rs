//! Shared subscriptions (`$share/group/filter`): each message goes to one member of the group.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use rmqtt::context::ServerContext;
use rmqtt::subscribe::SharedSubscription;
use rmqtt::types::{
    ClientId, Id, IsOnline, NodeId, SharedGroup, SubscriptionIdentifier, SubscriptionOptions,
    TopicName,
};

use super::members::Members;

type Member = (
    NodeId,
    ClientId,
    SubscriptionOptions,
    Option<Vec<SubscriptionIdentifier>>,
    Option<IsOnline>,
);

/// Members take turns; one that is away gets messages only where nobody is there.
pub(super) struct InTurn {
    members: Arc<Members>,
    turn: AtomicUsize,
}

impl InTurn {
    pub(super) fn new(members: Arc<Members>) -> Self {
        Self {
            members,
            turn: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl SharedSubscription for InTurn {
    fn is_supported(&self) -> bool {
        true
    }

    async fn choice(
        &self,
        _context: &ServerContext,
        _group: &SharedGroup,
        _publisher: &Id,
        topic: &TopicName,
        members: &[Member],
    ) -> Option<(usize, IsOnline)> {
        let mut allowed = Vec::with_capacity(members.len());
        for (index, (_, client, _, _, online)) in members.iter().enumerate() {
            // A member who may not hear it would swallow the message for the whole group.
            if self.members.allow(client, |rights| rights.may_hear(topic)) {
                allowed.push((index, online.unwrap_or_default()));
            }
        }
        if allowed.iter().any(|(_, online)| *online) {
            allowed.retain(|(_, online)| *online);
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        allowed.get(turn % allowed.len().max(1)).copied()
    }
}
