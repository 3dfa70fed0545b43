//! An event on its way past the relay: one MQTT 3.1.1 connection for one message, by hand, because no
//! client library belongs where changes are written.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use url::Url;

use crate::events::{Event, topic};

/// Publishes to the broker of `MQTT_URL` and waits until it has the message.
pub(super) fn publish(event: &Event, payload: &str) {
    let topic = topic(event.domain.as_str(), event.event_type);
    if let Err(error) = send(&topic, payload) {
        tracing::warn!("an event was not published early: {error}");
    }
}

fn send(topic: &str, payload: &str) -> io::Result<()> {
    let url = std::env::var("MQTT_URL").map_err(io::Error::other)?;
    let url: Url = url.parse().map_err(io::Error::other)?;
    let mut broker = TcpStream::connect(&*url.socket_addrs(|| Some(1883))?)?;
    // CONNECT (3.1): protocol level 4, clean session, no keep-alive, no client id.
    let mut connect = text("MQTT");
    connect.extend([4, 2, 0, 0, 0, 0]);
    broker.write_all(&packet(0x10, &connect))?;
    broker.read_exact(&mut [0; 4])?;
    // PUBLISH (3.3): QoS 1, packet id 1.
    let mut publish = text(topic);
    publish.extend([0, 1]);
    publish.extend(payload.as_bytes());
    broker.write_all(&packet(0x32, &publish))?;
    broker.read_exact(&mut [0; 4])
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// With its length, seven bits a byte (MQTT 3.1.1, 2.2.3).
fn packet(head: u8, content: &[u8]) -> Vec<u8> {
    let mut packet = vec![head];
    let mut left = content.len();
    loop {
        let byte = (left % 128) as u8;
        left /= 128;
        packet.push(if left > 0 { byte | 0x80 } else { byte });
        if left == 0 {
            break;
        }
    }
    packet.extend(content);
    packet
}
