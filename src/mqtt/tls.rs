//! TLS to the broker, over the rustls that the database's driver uses too. rumqttc's own way to TLS
//! brings a second, old verifier of certificates with open advisories; so it speaks plainly into a
//! socket of this process, whose other end is the encrypted connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{io, process};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, RootCertStore};
use tokio::io::{AsyncWriteExt, copy, split};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::words;
use crate::events::new_id;

/// How long the broker may take to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long the last bytes may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// Whom to trust, and what to show.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Certificates of the authorities that may sign the broker's; else those of the machine.
    pub ca: Option<PathBuf>,
    /// Our own certificate, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// How to come to one broker.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

/// The way into one encrypted connection.
#[derive(Debug)]
pub(super) struct Way {
    /// The address of a socket of this process, which takes one connection.
    pub(super) socket: String,
    /// Why the encrypted connection ended, where that was TLS's doing.
    pub(super) failure: Failure,
}

/// In words, once it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    pub(super) fn told(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, error: &io::Error) {
        let Some(told) = of_tls(error) else {
            return;
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }
}

impl Tls {
    /// For the broker at `host`.
    ///
    /// # Errors
    /// In words, which file cannot be used, and why.
    pub(super) fn new(host: &str, files: &Files) -> Result<Self, String> {
        let bare = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(bare)
            .map_err(|_| format!("{host} in MQTT_URL is no name that a certificate can have"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots(files.ca.as_deref())?);
        let config = match &files.identity {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates("TAYLORDASH_MQTT_CERT", certificate)?;
                let private = PrivateKeyDer::from_pem_file(key).map_err(|error| {
                    let key = key.display();
                    format!("TAYLORDASH_MQTT_KEY={key} is no readable private key (PEM): {error}")
                })?;
                config.with_client_auth_cert(chain, private).map_err(|error| {
                    format!("TAYLORDASH_MQTT_CERT and TAYLORDASH_MQTT_KEY do not fit together: {error}")
                })?
            }
        };
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self { connector, name })
    }

    /// Connects, and opens the way in.
    ///
    /// # Errors
    /// In words for a person.
    pub(super) async fn open(&self, host: &str, port: u16) -> Result<Way, String> {
        let connected = timeout(HANDSHAKE, self.connect(host, port)).await;
        let stream = match connected {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(of_tls(&error).unwrap_or_else(|| words::io(&error))),
            Err(_) => return Err("it does not answer, or speaks no TLS on this port".to_owned()),
        };
        // An abstract name of Linux: it is in no folder, and gone with the process.
        let socket = format!("\0taylordash-mqtt-{}", new_id());
        let listener = UnixListener::bind(&socket)
            .map_err(|error| format!("no way from here to TLS (it needs Linux): {error}"))?;
        let failure = Failure::default();
        tokio::spawn(carry(listener, stream, failure.clone()));
        Ok(Way { socket, failure })
    }

    async fn connect(&self, host: &str, port: u16) -> io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        tcp.set_nodelay(true)?;
        self.connector.connect(self.name.clone(), tcp).await
    }
}

/// From one side to the other, until either ends.
async fn carry(listener: UnixListener, broker: TlsStream<TcpStream>, failure: Failure) {
    let Ok(Some(inside)) = timeout(HANDSHAKE, accept(listener)).await else {
        return;
    };
    let (mut from_us, mut to_us) = inside.into_split();
    let (mut from_broker, mut to_broker) = split(broker);
    tokio::select! {
        sent = copy(&mut from_us, &mut to_broker) => {
            if let Err(error) = sent {
                failure.note(&error);
            }
            let _ = timeout(GOODBYE, to_broker.shutdown()).await;
        }
        heard = copy(&mut from_broker, &mut to_us) => {
            if let Err(error) = heard {
                failure.note(&error);
            }
        }
    }
}

/// Our own connection: anybody of this machine may find the socket.
async fn accept(listener: UnixListener) -> Option<UnixStream> {
    loop {
        let (stream, _) = listener.accept().await.ok()?;
        let peer = stream.peer_cred().ok().and_then(|peer| peer.pid());
        if peer.and_then(|pid| u32::try_from(pid).ok()) == Some(process::id()) {
            return Some(stream);
        }
    }
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = match ca {
        Some(file) => certificates("TAYLORDASH_MQTT_CA", file)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(found);
    if roots.is_empty() {
        return Err(
            "mqtts:// needs certificates to trust, and this machine has none: install them \
             (ca-certificates), or name your own with TAYLORDASH_MQTT_CA"
                .to_owned(),
        );
    }
    Ok(roots)
}

fn certificates(variable: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: String| {
        let file = file.display();
        format!("{variable}={file} is no readable file of certificates (PEM): {why}")
    };
    let read = CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
    let found: Result<Vec<_>, _> = read.collect();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() {
        return Err(wrong("there is none in it".to_owned()));
    }
    Ok(found)
}

/// What TLS says, for a person; `None` where it is not TLS that says it.
fn of_tls(error: &io::Error) -> Option<String> {
    let told = error.get_ref()?.downcast_ref::<Error>()?;
    let words = match told {
        Error::InvalidCertificate(wrong) => match wrong {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "its certificate is signed by nobody whom this machine trusts: name the authority's \
                 certificate with TAYLORDASH_MQTT_CA"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet: look at the clock of this machine"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name than the one in MQTT_URL"
            }
            other => return Some(format!("its certificate is not good: {other}")),
        },
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::HandshakeFailure
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        ) => {
            "it wants a certificate of TaylorDash's own that it trusts: TAYLORDASH_MQTT_CERT and \
             TAYLORDASH_MQTT_KEY"
        }
        Error::InvalidMessage(_) => "it speaks no TLS on this port",
        other => return Some(format!("TLS failed: {other}")),
    };
    Some(words.to_owned())
}
