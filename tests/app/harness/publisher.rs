use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;

use super::subscriber::options;

/// An ordinary MQTT 5 client that says something.
pub struct Publisher {
    client: AsyncClient,
    answers: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Connects with the name and password of the address.
    pub async fn new(url: &Url) -> Self {
        let (client, mut events) = AsyncClient::new(options(url), 256);
        let first = events.poll().await;
        assert!(
            matches!(first, Ok(Event::Incoming(Packet::ConnAck(_)))),
            "{first:?}"
        );
        let (tell, answers) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(Packet::PubAck(ack)) = event {
                    let _ = tell.send(format!("{:?}", ack.reason));
                }
            }
        });
        Self {
            client,
            answers,
            task,
        }
    }

    /// Says it; answers what the broker answers, `Success` for instance.
    pub async fn say(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> String {
        self.begin(topic, payload).await;
        self.answer().await
    }

    /// Says it, and does not wait for an answer.
    pub async fn begin(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        let (topic, payload) = (topic.to_owned(), payload.into());
        let sent = self.client.publish(topic, QoS::AtLeastOnce, false, payload);
        sent.await.unwrap();
    }

    /// The next answer.
    pub async fn answer(&mut self) -> String {
        let answer = tokio::time::timeout(Duration::from_secs(30), self.answers.recv()).await;
        answer
            .expect("the broker answers")
            .expect("the connection lasts")
    }

    /// Says it so that the broker keeps it for whoever comes later.
    pub async fn retain(&mut self, topic: &str, payload: &str) -> String {
        let sent = self
            .client
            .publish(topic, QoS::AtLeastOnce, true, payload.to_owned());
        sent.await.unwrap();
        self.answer().await
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}
