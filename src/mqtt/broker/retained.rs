//! Retained messages, in memory. rmqtt's storage has all that is needed, but its trait answers
//! "not supported".

use std::time::Duration;

use async_trait::async_trait;
use rmqtt::Result;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{Retain, TopicFilter, TopicName};

/// Topics with a retained message. Further topics are delivered, and not retained.
const MAX_TOPICS: isize = 10_000;

pub(super) struct Retained(DefaultRetainStorage);

impl Retained {
    pub(super) fn new() -> Retained {
        Retained(DefaultRetainStorage::new())
    }

    async fn is_full(&self) -> bool {
        if self.0.count().await < MAX_TOPICS {
            return false;
        }
        self.0.remove_expired_messages().await;
        self.0.count().await >= MAX_TOPICS
    }
}

#[async_trait]
impl RetainStorage for Retained {
    fn enable(&self) -> bool {
        true
    }

    async fn set(
        &self,
        topic: &TopicName,
        message: Retain,
        expiry: Option<Duration>,
    ) -> Result<()> {
        if !message.publish.payload.is_empty()
            && self.is_full().await
            && self.0.get_message(topic).await?.is_empty()
        {
            tracing::warn!(%topic, "MQTT message not retained: there are too many retained topics");
            return Ok(());
        }
        let expiry = expiry.filter(|expiry| !expiry.is_zero());
        self.0.set_with_timeout(topic, message, expiry).await
    }

    async fn get(&self, filter: &TopicFilter) -> Result<Vec<(TopicName, Retain)>> {
        self.0.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.0.count().await
    }

    async fn max(&self) -> isize {
        self.0.max().await
    }
}
