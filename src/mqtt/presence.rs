//! `tracker/status`: whether the relay is there. The broker itself says that it is not, by its last
//! will, where the relay could not.

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::LastWill;
use serde_json::{Value, json};

use super::lane::Message;
use crate::db::Timestamp;

/// Retained.
pub(super) const TOPIC: &str = "tracker/status";

const OFFLINE: &str = r#"{"state":"offline"}"#;

/// What the broker says where the connection ends without a goodbye.
pub(super) fn will() -> LastWill {
    LastWill::new(TOPIC, OFFLINE, QoS::AtLeastOnce, true, None)
}

/// The relay works, since then.
pub(super) fn online(since: Timestamp) -> Message {
    let payload = json!({
        "state": "online",
        "version": env!("CARGO_PKG_VERSION"),
        "since": since.rfc3339(),
    });
    Message::retained(TOPIC, payload.to_string())
}

/// It was stopped.
pub(super) fn offline() -> Message {
    Message::retained(TOPIC, OFFLINE)
}

/// Whether this says that the relay is not there: the will of a connection that this one took over,
/// which a broker may publish at any time behind that.
pub(super) fn denies(payload: &[u8]) -> bool {
    let said = serde_json::from_slice::<Value>(payload).unwrap_or_default();
    said["state"] != "online"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_say_online_denies_it() {
        assert!(!denies(online(Timestamp::now()).payload.as_bytes()));
        for other in [OFFLINE.as_bytes(), b"", b"{}", b"\xff"] {
            assert!(denies(other));
        }
    }
}
