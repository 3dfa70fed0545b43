//! What is published beside the outbox: states, and whatever else a task of ours wants told. It goes
//! where the events leave room, and whoever sends it hears what became of it.

use tokio::sync::{mpsc, oneshot};

use super::outbox::Unsent;

/// Messages that wait for their turn, at most: whoever sends more waits.
const ROOM: usize = 64;

/// A message as it goes out, with QoS 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) topic: String,
    /// An empty one takes a retained message away.
    pub(super) payload: String,
    pub(super) retain: bool,
    /// Seconds, after which the broker forgets it.
    pub(super) expiry: Option<u32>,
}

impl Message {
    /// To be kept by the broker for whoever comes later.
    pub(super) fn retained(topic: impl Into<String>, payload: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            retain: true,
            expiry: None,
        }
    }

    /// To be heard by whoever listens now.
    pub(super) fn passing(topic: impl Into<String>, payload: impl Into<String>) -> Self {
        Self {
            retain: false,
            ..Self::retained(topic, payload)
        }
    }

    /// An upper bound of its PUBLISH packet's size in bytes (MQTT 5, 3.3): header 5, topic's length 2,
    /// packet id 2, properties 25 (their length 1, content type 3 and 16, expiry 5), topic and payload.
    pub(super) fn size_at_most(&self) -> usize {
        34 + self.topic.len() + self.payload.len()
    }
}

impl From<Unsent> for Message {
    fn from(event: Unsent) -> Self {
        Self::passing(event.topic(), event.payload)
    }
}

/// What the broker said: it has it, or why it does not take it.
pub(super) type Answer = Result<(), String>;

/// A message that waits, and who wants to hear of it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) message: Message,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Where to put messages for the connection of now. It ends with that connection.
#[derive(Clone, Debug)]
pub(super) struct Lane(mpsc::Sender<Waiting>);

impl Lane {
    /// A lane, and its end.
    pub(super) fn new() -> (Self, mpsc::Receiver<Waiting>) {
        let (sender, end) = mpsc::channel(ROOM);
        (Self(sender), end)
    }

    /// Waits for a place in the lane. What is returned tells the broker's answer, or ends without one
    /// where the connection does. `None`: it has ended already.
    pub(super) async fn publish(&self, message: Message) -> Option<oneshot::Receiver<Answer>> {
        let (answer, answered) = oneshot::channel();
        let sent = self.0.send(Waiting { message, answer }).await;
        sent.ok().map(|()| answered)
    }

    /// Publishes them all, then waits for every answer; `None` where the connection ended meanwhile.
    pub(super) async fn publish_all(&self, messages: Vec<Message>) -> Option<Vec<Answer>> {
        let mut pending = Vec::with_capacity(messages.len());
        for message in messages {
            pending.push(self.publish(message).await?);
        }
        let mut answers = Vec::with_capacity(pending.len());
        for answered in pending {
            answers.push(answered.await.ok()?);
        }
        Some(answers)
    }
}
