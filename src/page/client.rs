use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{HOST, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::{Stream, StreamExt, stream};
use ipnet::IpNet;
use tracing::Instrument;
use url::{Origin, Url};

use super::cookies;
use super::patience::Waiting;
use crate::error::Error;
use crate::events::new_id;

/// How long a request's body may take to arrive: a form of a megabyte over a bad line does.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What is known of where the pages are, and who may speak for others.
#[derive(Clone, Debug, Default)]
pub struct Doorstep {
    /// Whose `X-Forwarded-…` headers count.
    pub trusted_proxies: Vec<IpNet>,
    /// Where people reach the pages, if that is said.
    pub public_url: Option<Url>,
}

/// Who sends a request, by which way.
#[derive(Clone, Debug)]
pub struct Client {
    /// The address of the browser: the peer's, or what a trusted proxy says.
    pub address: String,
    /// Whether the browser speaks https.
    pub is_https: bool,
    /// Of the request, 32 hexadecimal digits: in its log lines, its events, its error page.
    pub trace_id: String,
    /// Scheme, host and port of our pages, as the browser sees them; `None` where its `Host` header
    /// is no host.
    origin: Option<Origin>,
}

impl Client {
    /// Of that request.
    pub fn of(request: &HttpRequest) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(Self::unknown)
    }

    /// Whether pages of `origin` are our own.
    pub fn is_ours(&self, origin: &Origin) -> bool {
        origin.is_tuple() && self.origin.as_ref() == Some(origin)
    }

    /// What an admin should know of the way this request came, if anything.
    pub fn advice(&self) -> Option<&'static str> {
        let is_here = self
            .address
            .parse()
            .is_ok_and(|ip: IpAddr| ip.is_loopback());
        (!self.is_https && !is_here).then_some(
            "These pages come over plain http, so anyone in the same network can read along. Put a proxy \
             that speaks https before them, and set TAYLORDASH_PUBLIC_URL and TAYLORDASH_TRUSTED_PROXIES.",
        )
    }

    /// What stands for everyone who can hardly have another address: all of an IPv6 network of 64
    /// bits, of which one household gets many.
    pub fn network(&self) -> String {
        match self.address.parse() {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
            _ => self.address.clone(),
        }
    }

    /// Somebody at that address who comes by another way than a request.
    pub fn at(address: Option<IpAddr>) -> Self {
        Self {
            address: address
                .map(|address| address.to_canonical().to_string())
                .unwrap_or_default(),
            ..Self::unknown()
        }
    }

    fn unknown() -> Self {
        Self {
            address: String::new(),
            is_https: false,
            trace_id: new_id().replace('-', ""),
            origin: None,
        }
    }

    fn read(peer: Option<IpAddr>, headers: &HeaderMap, doorstep: &Doorstep) -> Self {
        let trusts = |address: &IpAddr| {
            let networks = &doorstep.trusted_proxies;
            networks.iter().any(|network| network.contains(address))
        };
        let peer = peer.map(|peer| peer.to_canonical());
        let is_proxied = peer.as_ref().is_some_and(trusts);
        let said = |name: &str| is_proxied.then(|| last(headers, name)).flatten();
        let address = if is_proxied {
            forwarded_for(headers, trusts).or(peer)
        } else {
            peer
        };
        let scheme = match &doorstep.public_url {
            Some(url) => url.scheme().to_owned(),
            None => match said("X-Forwarded-Proto") {
                Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https".to_owned(),
                _ => "http".to_owned(),
            },
        };
        let host = said("X-Forwarded-Host").or_else(|| last(headers, HOST.as_str()));
        let origin = match &doorstep.public_url {
            Some(url) => Some(url.origin()),
            None => host
                .and_then(|host| Url::parse(&format!("{scheme}://{host}")).ok())
                .map(|url| url.origin()),
        };
        Self {
            address: address
                .map(|address| address.to_string())
                .unwrap_or_default(),
            is_https: scheme == "https",
            origin,
            ..Self::unknown()
        }
    }
}

impl FromRequest for Client {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// The last word of a header that several proxies may have added to.
fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok());
    let word = values.last()?.rsplit(',').next()?.trim();
    (!word.is_empty()).then(|| word.to_owned())
}

/// The nearest address that no trusted proxy has: what stands before it, anyone may have written.
fn forwarded_for(headers: &HeaderMap, trusts: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let values = headers.get_all("X-Forwarded-For");
    let hops: Vec<&str> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut furthest = None;
    for hop in hops.into_iter().rev() {
        let Some(address) = hop_address(hop.trim()) else {
            break;
        };
        furthest = Some(address);
        if !trusts(&address) {
            break;
        }
    }
    furthest
}

/// An address, with or without a port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse();
    bare.or_else(|_| text.parse().map(|hop: std::net::SocketAddr| hop.ip()))
        .map(|address: IpAddr| address.to_canonical())
        .ok()
}

/// Finds out who sends a request before anything else is done with it, gives its cookies the names
/// that fit the way it came, and lets no body take for ever.
///
/// # Errors
/// Those of the service behind it.
pub async fn arrive<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let doorstep = request.app_data::<web::Data<Doorstep>>().cloned();
    let peer = request.peer_addr().map(|peer| peer.ip());
    let client = match doorstep {
        Some(doorstep) => Client::read(peer, request.headers(), &doorstep),
        None => Client::read(peer, request.headers(), &Doorstep::default()),
    };
    let is_https = client.is_https;
    cookies::received(request.headers_mut(), is_https);
    let payload = request.take_payload();
    let waiting = Waiting::since_now();
    request.set_payload(in_time(payload, BODY_TIME, waiting.clone()));
    request.extensions_mut().insert(waiting);
    // So that what a library logs meanwhile can be told to be of this request.
    let span = tracing::debug_span!("request", id = client.trace_id);
    request.extensions_mut().insert(client);
    let response = next.call(request).instrument(span).await?;
    let mut response = response.map_into_boxed_body();
    let lasting = response
        .request()
        .extensions()
        .get::<cookies::Lasting>()
        .copied();
    cookies::sent(response.headers_mut(), is_https, lasting);
    Ok(response)
}

fn in_time(payload: Payload, time: Duration, waiting: Waiting) -> Payload {
    if matches!(payload, Payload::None) {
        return payload;
    }
    let deadline = tokio::time::Instant::now() + time;
    let stream = stream::unfold(payload, move |mut payload| {
        let waiting = waiting.clone();
        async move {
            waiting.set_arriving(true);
            let chunk = tokio::time::timeout_at(deadline, payload.next()).await;
            waiting.set_arriving(false);
            let chunk = match chunk {
                Ok(chunk) => chunk?,
                Err(_) => Err(PayloadError::Io(std::io::ErrorKind::TimedOut.into())),
            };
            Some((chunk, payload))
        }
    });
    // Some readers ask once more behind the end.
    let stream: Pin<Box<dyn Stream<Item = Result<web::Bytes, PayloadError>>>> =
        Box::pin(stream.fuse());
    Payload::Stream { payload: stream }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn client(peer: &str, headers: &[(&'static str, &'static str)], doorstep: &Doorstep) -> Client {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Client::read(peer.parse().ok(), &map, doorstep)
    }

    fn behind(proxies: &[&str]) -> Doorstep {
        Doorstep {
            trusted_proxies: proxies.iter().filter_map(|net| net.parse().ok()).collect(),
            public_url: None,
        }
    }

    const FORWARDED: [(&str, &str); 4] = [
        ("host", "10.0.0.5:8080"),
        ("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.0.0.2"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "dash.example.org"),
    ];

    #[test]
    fn what_a_proxy_says_counts_only_where_it_is_trusted() {
        let trusted = client("10.0.0.1", &FORWARDED, &behind(&["10.0.0.0/8"]));
        assert_eq!(trusted.address, "203.0.113.9");
        assert!(trusted.is_https);
        let ours = Url::parse("https://dash.example.org").map(|url| url.origin());
        assert!(ours.is_ok_and(|ours| trusted.is_ours(&ours)));

        let stranger = client("192.0.2.7", &FORWARDED, &behind(&["10.0.0.0/8"]));
        assert_eq!(stranger.address, "192.0.2.7");
        assert!(!stranger.is_https);
        let ours = Url::parse("http://10.0.0.5:8080").map(|url| url.origin());
        assert!(ours.is_ok_and(|ours| stranger.is_ours(&ours)));
    }

    #[test]
    fn a_chain_that_cannot_be_read_ends_at_what_could() {
        let doorstep = behind(&["10.0.0.0/8", "::1"]);
        for (chain, address) in [
            ("unknown, 10.0.0.2", "10.0.0.2"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("", "10.0.0.1"),
            ("203.0.113.9, <script>", "10.0.0.1"),
        ] {
            let headers = [("x-forwarded-for", chain)];
            let found = client("::ffff:10.0.0.1", &headers, &doorstep).address;
            assert_eq!(found, address, "{chain}");
        }
    }

    #[test]
    fn a_public_url_is_the_origin_whatever_headers_say() {
        let doorstep = Doorstep {
            public_url: Url::parse("https://dash.example.org/").ok(),
            ..Doorstep::default()
        };
        let client = client("192.0.2.7", &[("host", "evil.example")], &doorstep);
        let origin = |text: &str| Url::parse(text).map(|url| url.origin());
        assert!(client.is_https);
        assert!(origin("https://dash.example.org").is_ok_and(|origin| client.is_ours(&origin)));
        for other in [
            "http://dash.example.org",
            "https://evil.example",
            "https://dash.example.org:8443",
        ] {
            assert!(
                origin(other).is_ok_and(|origin| !client.is_ours(&origin)),
                "{other}"
            );
        }
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let endless: Pin<Box<dyn Stream<Item = Result<web::Bytes, PayloadError>>>> =
            Box::pin(stream::pending());
        let endless = Payload::Stream { payload: endless };
        let chunk = in_time(endless, Duration::from_millis(20), Waiting::since_now())
            .next()
            .await;
        assert!(matches!(chunk, Some(Err(PayloadError::Io(_)))));
    }

    #[test]
    fn one_household_is_one_network() {
        let client = |peer| client(peer, &[], &Doorstep::default()).network();
        assert_eq!(
            client("2001:db8:1:2:3:4:5:6"),
            client("2001:db8:1:2:ffff::1")
        );
        assert_ne!(client("192.0.2.7"), client("192.0.2.8"));
    }
}
