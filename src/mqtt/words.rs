//! What a person is told of a connection that did not come about, or ended, and of a message that was
//! not taken.

use std::io::{Error, ErrorKind};

use rumqttc::v5::ConnectionError;
use rumqttc::v5::StateError;
use rumqttc::v5::mqttbytes;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, PubAck, PubAckReason};

/// The reason code of that name (MQTT 5, 2.4).
const PACKET_TOO_LARGE: u8 = 149;

/// In words that say what to look at; never with a password.
pub(super) fn of(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Io(error) | ConnectionError::MqttState(StateError::Io(error)) => io(error),
        ConnectionError::Timeout(_) => "it does not answer".to_owned(),
        ConnectionError::MqttState(StateError::ConnectionAborted) => {
            "it closed the connection".to_owned()
        }
        // Mosquitto answers so with a code that PUBACK has not (MQTT 5, 3.4.2.1).
        ConnectionError::MqttState(StateError::Deserialization(
            mqttbytes::Error::InvalidConnectReturnCode(PACKET_TOO_LARGE),
        )) => "It is larger than the broker takes (packet too large): with Mosquitto, see \
             message_size_limit."
            .to_owned(),
        ConnectionError::ConnectionRefused(code) => refused(*code),
        error => error.to_string(),
    }
}

fn refused(code: ConnectReturnCode) -> String {
    match code {
        ConnectReturnCode::BadUserNamePassword => {
            "it does not know the user name and password of MQTT_URL".to_owned()
        }
        ConnectReturnCode::NotAuthorized => {
            "it does not let TaylorDash in (not authorized): look at the user name and password of \
             MQTT_URL, and at the broker's rules"
                .to_owned()
        }
        ConnectReturnCode::UnsupportedProtocolVersion => {
            "it does not speak MQTT 5, which TaylorDash needs".to_owned()
        }
        code => format!("it refused the connection: {code:?}"),
    }
}

/// Of an address or a socket.
pub(super) fn io(error: &Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "nothing listens at its address".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "it closed the connection".to_owned()
        }
        ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
        _ => error.to_string(),
    }
}

/// Why a message is not taken, for a person (MQTT 5, 3.4.2.1).
pub(super) fn refusal(ack: &PubAck) -> Option<String> {
    let words = match ack.reason {
        PubAckReason::Success | PubAckReason::NoMatchingSubscribers => return None,
        PubAckReason::NotAuthorized => {
            "The broker's rules do not let TaylorDash publish on this topic (not authorized)."
        }
        PubAckReason::TopicNameInvalid => {
            "The broker does not accept this topic (topic name invalid)."
        }
        PubAckReason::QuotaExceeded => "A quota of the broker is used up (quota exceeded).",
        PubAckReason::PayloadFormatInvalid => {
            "The broker does not accept what is in it (payload format invalid)."
        }
        PubAckReason::PacketIdentifierInUse => "The broker mixed it up (packet identifier in use).",
        PubAckReason::UnspecifiedError => "The broker does not say why (unspecified error).",
        PubAckReason::ImplementationSpecificError => {
            "The broker refuses it for a reason of its own, such as its size: with Mosquitto, see \
             message_size_limit (implementation specific error)."
        }
    };
    let told = ack
        .properties
        .as_ref()
        .and_then(|p| p.reason_string.clone());
    Some(told.map_or_else(
        || words.to_owned(),
        |told| format!("{words} It says: {told}"),
    ))
}
