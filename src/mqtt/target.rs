//! Where the broker is, and as whom the relay comes to it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rumqttc::NetworkOptions;
use rumqttc::v5::MqttOptions;
use url::Url;

use super::broker::Credentials;
use super::connection::IN_FLIGHT;

/// The port of MQTT without TLS, registered with IANA.
const PORT: u16 = 1883;
/// So an idle connection that is dead is found out within two of these.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Bytes of a packet from the broker: it sends acknowledgements only.
const MAX_INCOMING: u32 = 64 * 1024;

/// All nodes of a deployment are one client: the broker closes the connection of the one before when
/// the next takes over. The embedded broker keeps ids that begin so for the relay.
fn client_id(deployment: &str) -> String {
    format!("taylordash-relay-{deployment}")
}

/// As `relay` comes to it, under a client id of its own: one for all nodes too, so that who takes over
/// closes the connection of the one before.
pub(super) fn beside(relay: &MqttOptions, what: &str) -> MqttOptions {
    let mut options = relay.clone();
    let id = relay.client_id();
    options.set_client_id(id.replacen("-relay-", &format!("-relay-{what}-"), 1));
    options
}

/// To the broker of `MQTT_URL`.
pub(super) fn given(url: &Url, deployment: &str) -> MqttOptions {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let credentials = (!url.username().is_empty()).then(|| Credentials {
        username: decoded(url.username()),
        password: decoded(url.password().unwrap_or_default()),
    });
    let host = url.host_str().unwrap_or_default();
    options(host, url.port().unwrap_or(PORT), credentials, deployment)
}

/// To the embedded broker.
pub(super) fn embedded(addr: SocketAddr, relay: Credentials, deployment: &str) -> MqttOptions {
    let ip = match addr.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let host = match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    options(&host, addr.port(), Some(relay), deployment)
}

fn options(
    host: &str,
    port: u16,
    credentials: Option<Credentials>,
    deployment: &str,
) -> MqttOptions {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    let mut options = MqttOptions::new(client_id(deployment), host, port);
    options
        .set_network_options(network)
        .set_keep_alive(KEEP_ALIVE)
        .set_connection_timeout(5)
        .set_outgoing_inflight_upper_limit(IN_FLIGHT)
        // The outbox is the session. One that the broker kept would have us send what it did not
        // acknowledge under the packet ids of then (MQTT 5, 4.4).
        .set_clean_start(true)
        .set_max_packet_size(Some(MAX_INCOMING));
    if let Some(Credentials { username, password }) = credentials {
        options.set_credentials(username, password);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_address_is_read_with_its_escaped_characters() -> Result<(), url::ParseError>
    {
        let url = Url::parse("mqtt://lab%20relay:p%40ss%2Fword@broker.lan")?;
        let options = given(&url, "d1");
        let login = options.credentials();
        assert_eq!(
            login.map(|login| (login.username, login.password)),
            Some(("lab relay".to_owned(), "p@ss/word".to_owned()))
        );
        assert_eq!(options.broker_address(), ("broker.lan".to_owned(), PORT));
        assert_eq!(options.client_id(), "taylordash-relay-d1");
        Ok(())
    }
}
