//! The application: built from its configuration, then run. Used by the program and by the tests.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::auth::password::Passwords;
use crate::auth::setup::Setup;
use crate::auth::tally::Tally;
use crate::auth::{self, Lifetime, Sessions};
use crate::config::Config;
use crate::db::{self, Db, NodeLock, Timestamp};
use crate::demo;
use crate::error::Error;
use crate::events::live::Streams;
use crate::events::{self, Actor, Change, Event};
use crate::mqtt::{self, broker::Reader};
use crate::page::{self, Doorstep};
use crate::plugins;
use crate::routes;
use crate::system::{Checks, Installation};
use crate::users::Role;
use crate::vault::{RotationError, Vault};

/// How long a stop waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(8);
/// How long the head of a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// Why the program did not start, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] db::ConnectError),
    /// A query.
    #[error(transparent)]
    Query(#[from] sqlx::Error),
    /// Something of ours.
    #[error(transparent)]
    Ours(#[from] Error),
    /// A file or a socket.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The address is taken or not this machine's.
    #[error(
        "TAYLORDASH_LISTEN={0} cannot be used: {1}; choose an address of this machine and a free port"
    )]
    Listen(SocketAddr, io::Error),
    /// The embedded broker has no place.
    #[error("TAYLORDASH_BROKER_LISTEN={0} cannot be used: {1}")]
    Broker(SocketAddr, mqtt::broker::StartError),
    /// Nothing to serve pages with.
    #[error(
        "TAYLORDASH_STATIC_DIR={0} is not allowed: a folder that holds app.css and vendor/ (cargo build makes it)"
    )]
    NoStatic(String),
    /// Another node excludes this one.
    #[error("{0}")]
    Alone(&'static str),
    /// The operating system has no randomness.
    #[error("no randomness from the operating system: {0}")]
    Random(#[from] getrandom::Error),
    /// The demo found a lab that is not its own.
    #[error("--demo found somebody's own lab here; it keeps to a folder and a database of its own")]
    NotADemo,
    /// The demo's own text cannot be read, which a test would have shown.
    #[error("the demo's lab cannot be read")]
    Demo,
    /// The command line names an account that is not there.
    #[error("there is no user {0}")]
    NoSuchUser(String),
    /// Secrets were not put under another key.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// Events are not as they were digested.
    #[error(
        "batch {0} of the events, positions {1} to {2}, does not fit: rows of it, or of the chain before \
         it, were changed, removed or added behind the application's back"
    )]
    Tampered(i64, i64, i64),
    /// The health check's answer.
    #[error("not ready: {0}")]
    Unready(String),
}

/// All that runs.
pub struct App {
    config: Config,
    db: Db,
    /// For what goes on when the server's workers are gone.
    behind: Db,
    notes: Vec<String>,
    address: SocketAddr,
    server: Server,
    streams: Streams,
    setup_token: Option<String>,
    tally: Tally,
    lifetime: Lifetime,
    guests: Vec<demo::Guest>,
    mqtt: mqtt::Running,
    _node: NodeLock,
}

/// What every request can ask for.
#[derive(Clone)]
struct Shared {
    db: Db,
    vault: Vault,
    key: Key,
    passwords: Passwords,
    setup: Setup,
    status: mqtt::Status,
    streams: Streams,
    installation: Installation,
    checks: Checks,
    static_dir: PathBuf,
    tally: Tally,
    lifetime: Lifetime,
    doorstep: Doorstep,
}

/// Stops the application from elsewhere.
#[derive(Clone, Debug)]
pub struct Handle {
    server: ServerHandle,
    streams: Streams,
}

impl Handle {
    /// Takes no more requests; where `graceful`, lets those under way finish. Live streams, which
    /// never would, are closed.
    pub async fn stop(&self, graceful: bool) {
        self.streams.close();
        self.server.stop(graceful).await;
    }
}

impl App {
    /// Opens everything, up to the listening socket; nothing is answered before [`run`](Self::run).
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let static_dir = find_static(config.static_dir.as_deref())?;
        prepare_folder(&config.data_dir)?;
        let vault = Vault::open(&config)?;
        let db = db::connect(&config).await?;
        let node = lock_node(&db, &config).await?;
        let deployment = deployment(&db).await?;
        let passwords = Passwords::new()?;
        let guests = match config.demo {
            true => demo::furnish(&db, &passwords, &vault, &config.data_dir, &deployment).await?,
            false => Vec::new(),
        };
        let notes = about_secrets(&db, &vault).await?;
        let (setup, setup_token) = match auth::store::is_set_up(&db).await? {
            true => (Setup::done(), None),
            false => Setup::open().map(|(setup, token)| (setup, Some(token)))?,
        };
        let listener = TcpListener::bind(config.listen)
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener.local_addr()?;
        let behind = db.apart();
        let mqtt = start_mqtt(&db, &behind, &config, &deployment, &passwords).await?;
        let tally = Tally::default();
        let lifetime = Lifetime {
            idle: config.session_idle,
            absolute: config.session_absolute,
        };
        let shared = Shared {
            key: Key::from(vault.cookie_key()),
            vault: vault.clone(),
            db: db.clone(),
            passwords,
            setup,
            status: mqtt.status(),
            streams: Streams::default(),
            installation: Installation {
                deployment,
                data_dir: config.data_dir.clone(),
                broker: crate::banner::broker(&config, mqtt.broker()),
                started_at: Timestamp::now(),
            },
            checks: Checks::default(),
            static_dir,
            tally: tally.clone(),
            lifetime,
            doorstep: Doorstep {
                trusted_proxies: config.trusted_proxies.clone(),
                public_url: config.public_url.clone(),
            },
        };
        let streams = shared.streams.clone();
        let server = server(listener, shared)?;
        Ok(Self {
            config,
            db,
            behind,
            notes,
            address,
            server,
            streams,
            setup_token,
            tally,
            lifetime,
            guests,
            mqtt,
            _node: node,
        })
    }

    /// Where the pages are.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the embedded broker is, if it runs.
    pub fn broker(&self) -> Option<SocketAddr> {
        self.mqtt.broker()
    }

    /// The token of the setup link, while there is no account.
    pub fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_deref()
    }

    /// What a person at the terminal needs to know.
    pub fn banner(&self) -> String {
        crate::banner::banner(
            &self.config,
            self.address,
            self.mqtt.broker(),
            self.setup_token(),
            &self.notes,
            &self.guests,
        )
    }

    /// Stops it from elsewhere.
    pub fn handle(&self) -> Handle {
        Handle {
            server: self.server.handle(),
            streams: self.streams.clone(),
        }
    }

    /// Answers requests until SIGTERM, Ctrl-C or the handle's stop; then requests finish, live
    /// streams are closed, and the relay stops between two events.
    ///
    /// # Errors
    /// When the server itself fails.
    pub async fn run(self) -> Result<(), StartError> {
        let announcements = tokio::spawn(db::dialect::relay_announcements(self.db.clone()));
        let sweeping = auth::keep_sweeping(self.db.clone(), self.tally.clone(), self.lifetime);
        let sweeping = tokio::spawn(sweeping);
        let served = self.server.await;
        sweeping.abort();
        if let Err(error) = self.tally.flush(&self.behind, true).await {
            tracing::warn!("what was counted last was not told: {error}");
        }
        announcements.abort();
        self.mqtt.stop().await;
        self.behind.close().await;
        self.db.close().await;
        Ok(served?)
    }
}

/// The relay and its broker; to the embedded one, accounts are those of the pages.
async fn start_mqtt(
    db: &Db,
    behind: &Db,
    config: &Config,
    deployment: &str,
    passwords: &Passwords,
) -> Result<mqtt::Running, StartError> {
    let (accounts, passwords) = (db.clone(), passwords.clone());
    let who = move |name: String, password: String| {
        let (accounts, passwords) = (accounts.clone(), passwords.clone());
        async move {
            match auth::known(&accounts, &passwords, &name, &password).await {
                Ok(role) => role.map(|role| match role {
                    Role::Admin => Reader::Admin,
                    Role::Maintainer | Role::Viewer => Reader::Member,
                }),
                Err(error) => {
                    tracing::warn!("an MQTT client was not let in: {error}");
                    None
                }
            }
        }
    };
    mqtt::start(behind, config, deployment, who)
        .await
        .map_err(|error| StartError::Broker(config.broker_listen, error))
}

fn server(listener: TcpListener, shared: Shared) -> io::Result<Server> {
    let workers = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, 8);
    let streams = shared.streams.clone();
    let server = HttpServer::new(move || {
        let shared = shared.clone();
        actix_web::App::new()
            .app_data(web::Data::new(shared.db.clone()))
            .app_data(web::Data::new(shared.vault))
            .app_data(web::Data::new(shared.passwords))
            .app_data(web::Data::new(shared.setup))
            .app_data(web::Data::new(shared.status))
            .app_data(web::Data::new(shared.streams))
            .app_data(web::Data::new(shared.installation))
            .app_data(web::Data::new(shared.checks))
            .app_data(web::PayloadConfig::new(page::BODY_LIMIT))
            .app_data(web::QueryConfig::default().error_handler(|_, _| unreadable_query()))
            .app_data(web::Data::new(shared.tally))
            .app_data(web::Data::new(shared.lifetime))
            .app_data(web::Data::new(shared.doorstep))
            .configure(routes::all(shared.static_dir))
            // The last one is the first to see a request.
            .wrap(from_fn(auth::go_on))
            .wrap(from_fn(page::guard))
            .wrap(from_fn(auth::note_denials))
            .wrap(sessions(shared.db, shared.key, shared.lifetime))
            .wrap(from_fn(page::finish))
            .wrap(from_fn(page::arrive))
    });
    Ok(server
        .workers(workers)
        .client_request_timeout(HEAD_TIME)
        .client_disconnect_timeout(Duration::from_secs(2))
        .shutdown_timeout(GRACE.as_secs())
        .shutdown_signal(told_to_stop(streams))
        .listen(listener)?
        .run())
}

/// Ends at SIGTERM or Ctrl-C, with the live streams closed: requests are waited for, streams would
/// go on.
async fn told_to_stop(streams: Streams) {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(error) => {
            tracing::warn!("not listening for SIGTERM: {error}");
            // Where Ctrl-C cannot be heard either, the process ends the hard way.
            let _ = tokio::signal::ctrl_c().await;
        }
    }
    tracing::info!("stopping");
    streams.close();
}

fn sessions(db: Db, key: Key, lifetime: Lifetime) -> SessionMiddleware<Sessions> {
    SessionMiddleware::builder(Sessions::new(db, lifetime), key)
        .cookie_name(page::SESSION_COOKIE.to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        // `page::arrive` gives it the marks and the name that fit https or not.
        .cookie_secure(false)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .session_lifecycle(BrowserSession::default())
        .build()
}

fn unreadable_query() -> actix_web::Error {
    Error::BadRequest(
        "The part of the address behind the question mark says one thing twice.".to_owned(),
    )
    .into()
}

/// Makes the data folder, for its owner only.
pub(crate) fn prepare_folder(folder: &Path) -> io::Result<()> {
    let named = |error: io::Error| {
        io::Error::new(
            error.kind(),
            format!(
                "TAYLORDASH_DATA_DIR={} cannot be used: {error}; it must be a folder that this user may write",
                folder.display()
            ),
        )
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(named)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(named)
}

/// The given folder, else `./static`, else the source tree's. actix-files would serve the working
/// directory where there is none, so that stops the start.
fn find_static(given: Option<&Path>) -> Result<PathBuf, StartError> {
    let is_whole =
        |folder: &Path| folder.join("app.css").is_file() && folder.join("vendor").is_dir();
    if let Some(given) = given {
        return match given.canonicalize() {
            Ok(folder) if is_whole(&folder) => Ok(folder),
            _ => Err(StartError::NoStatic(given.display().to_string())),
        };
    }
    let places = [
        PathBuf::from("./static"),
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static"),
    ];
    let found = places
        .into_iter()
        .filter_map(|place| place.canonicalize().ok())
        .find(|place| is_whole(place));
    found.ok_or_else(|| StartError::NoStatic("(unset)".to_owned()))
}

/// Nodes that share a database work together only with a broker and a key that they share too.
async fn lock_node(db: &Db, config: &Config) -> Result<NodeLock, StartError> {
    let can_share = config.mqtt_url.is_some() && (config.secret_key.is_some() || !db.is_postgres());
    db.node_lock(&config.data_dir, can_share).await?.ok_or(StartError::Alone(if db.is_postgres() {
        "another TaylorDash already works on this PostgreSQL database; several can only do so together, \
         each with the same MQTT_URL and the same TAYLORDASH_SECRET_KEY"
    } else {
        "another TaylorDash already works in this data folder; stop it, or choose another \
         TAYLORDASH_DATA_DIR"
    }))
}

/// The deployment's id, made with its database; and the event that it started.
async fn deployment(db: &Db) -> Result<String, StartError> {
    let id = events::store::deployment(db).await?;
    let change = Change::begin(db, &Actor::system()).await?;
    let details = json!({ "app_version": env!("CARGO_PKG_VERSION") });
    change
        .commit(Event::system(&id, "started", details))
        .await?;
    Ok(id)
}

/// What whoever starts it must know about the key and what it opens.
async fn about_secrets(db: &Db, vault: &Vault) -> Result<Vec<String>, StartError> {
    let mut notes = Vec::new();
    if let Some(file) = vault.made_key() {
        notes.push(format!(
            "{} was made: back it up. Without it, the secrets of configurations cannot be read.",
            file.display()
        ));
    }
    if !vault.settle(db).await? {
        notes.push(
            "The key for secrets was rotated away, so no secret can be set: start with the new key."
                .to_owned(),
        );
    }
    for (plugin, secrets) in plugins::sealing::unreadable(db, vault).await? {
        let places: Vec<&str> = secrets
            .iter()
            .map(|secret| secret.pointer.as_str())
            .collect();
        notes.push(format!(
            "Secrets of plugin {plugin} cannot be read with this key and are kept as they are: {}",
            places.join(", ")
        ));
    }
    // That a key was made is for the terminal alone: nothing is wrong.
    for note in notes.iter().skip(usize::from(vault.made_key().is_some())) {
        tracing::warn!("{note}");
    }
    Ok(notes)
}
