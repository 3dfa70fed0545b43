//! Where the broker is, and as whom the relay comes to it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rumqttc::v5::MqttOptions;
use rumqttc::{NetworkOptions, Transport};
use url::Url;

use super::broker::Credentials;
use super::connection::IN_FLIGHT;
use super::tls::{Failure, Files, Tls};

/// The ports of MQTT without TLS and with it, registered with IANA.
const PORT: u16 = 1883;
const TLS_PORT: u16 = 8883;
/// So an idle connection that is dead is found out within two of these.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Bytes of a packet from the broker: it sends acknowledgements only.
const MAX_INCOMING: u32 = 64 * 1024;

/// All nodes of a deployment are one client: the broker closes the connection of the one before when
/// the next takes over. The embedded broker keeps ids that begin so for the relay.
fn client_id(deployment: &str) -> String {
    format!("taylordash-relay-{deployment}")
}

/// A broker, and how to come to it.
#[derive(Clone)]
pub(super) struct Target {
    host: String,
    port: u16,
    credentials: Option<Credentials>,
    client_id: String,
    tls: Option<Tls>,
}

/// How to connect once.
pub(super) struct Dial {
    pub(super) options: MqttOptions,
    /// Why TLS ended it, where it did.
    pub(super) failure: Failure,
}

impl Target {
    /// The broker of `MQTT_URL`.
    ///
    /// # Errors
    /// In words, which of the files for TLS cannot be used.
    pub(super) fn given(url: &Url, files: &Files, deployment: &str) -> Result<Self, String> {
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = (!url.username().is_empty()).then(|| Credentials {
            username: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()),
        });
        let host = url.host_str().unwrap_or_default().to_owned();
        let (tls, port) = match url.scheme() {
            "mqtts" => (Some(Tls::new(&host, files)?), TLS_PORT),
            _ => (None, PORT),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            credentials,
            client_id: client_id(deployment),
            tls,
        })
    }

    /// The embedded broker.
    pub(super) fn embedded(addr: SocketAddr, relay: Credentials, deployment: &str) -> Self {
        let ip = match addr.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let host = match ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self {
            host,
            port: addr.port(),
            credentials: Some(relay),
            client_id: client_id(deployment),
            tls: None,
        }
    }

    /// As the relay comes to it, under a client id of its own: one for all nodes too, so that who takes
    /// over closes the connection of the one before.
    pub(super) fn beside(&self, what: &str) -> Self {
        let id = &self.client_id;
        Self {
            client_id: id.replacen("-relay-", &format!("-relay-{what}-"), 1),
            ..self.clone()
        }
    }

    /// What one connection needs; over TLS it stands already.
    ///
    /// # Errors
    /// In words, why the broker cannot be reached.
    pub(super) async fn dial(&self) -> Result<Dial, String> {
        let Some(tls) = &self.tls else {
            return Ok(Dial {
                options: self.options(&self.host, self.port),
                failure: Failure::default(),
            });
        };
        let way = tls.open(&self.host, self.port).await?;
        let mut options = self.options(&way.socket, self.port);
        options.set_transport(Transport::unix());
        Ok(Dial {
            options,
            failure: way.failure,
        })
    }

    fn options(&self, host: &str, port: u16) -> MqttOptions {
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        let mut options = MqttOptions::new(self.client_id.clone(), host, port);
        options
            .set_network_options(network)
            .set_keep_alive(KEEP_ALIVE)
            .set_connection_timeout(5)
            .set_outgoing_inflight_upper_limit(IN_FLIGHT)
            // The outbox is the session. One that the broker kept would have us send what it did not
            // acknowledge under the packet ids of then (MQTT 5, 4.4).
            .set_clean_start(true)
            .set_max_packet_size(Some(MAX_INCOMING));
        if let Some(Credentials { username, password }) = &self.credentials {
            options.set_credentials(username, password);
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_in_the_address_is_read_with_its_escaped_characters() -> Result<(), String> {
        let url = Url::parse("mqtt://lab%20relay:p%40ss%2Fword@broker.lan");
        let url = url.map_err(|error| error.to_string())?;
        let target = Target::given(&url, &Files::default(), "d1")?;
        let options = target.dial().await?.options;
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
