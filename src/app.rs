//! The application: built from its configuration, then run. Used by the program and by the tests.

mod error;
mod files;
mod ground;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::cookie::Key;
use actix_web::dev::{Server, ServerHandle};
use serde_json::json;

pub use self::error::StartError;
pub(crate) use self::ground::prepare_folder;
use self::ground::{find_static, lock_node};
use self::server::{Shared, server};
use crate::audit;
use crate::auth::password::Passwords;
use crate::auth::setup::Setup;
use crate::auth::tally::Tally;
use crate::auth::{self, Lifetime};
use crate::commands;
use crate::config::Config;
use crate::db::{self, Db, NodeLock, Timestamp};
use crate::demo;
use crate::events::live::Streams;
use crate::events::{self, Actor, Change, Event};
use crate::mqtt;
use crate::mqtt::broker::Accounts;
use crate::mqtt::commands::Obey;
use crate::page::Doorstep;
use crate::plugins;
use crate::projects;
use crate::system::{self, Checks, Installation};
use crate::vault::Vault;

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
    reader: Option<String>,
    tally: Tally,
    lifetime: Lifetime,
    guests: Vec<demo::Guest>,
    mqtt: mqtt::Running,
    _node: NodeLock,
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
        let tally = Tally::default();
        let people = auth::Accounts::new(db.clone(), passwords.clone(), tally.clone());
        let accounts = accounts(&db, &config, people);
        let mqtt = mqtt::start(&behind, &config, &deployment, accounts.clone())
            .await
            .map_err(|error| StartError::of_events(config.broker_listen, error))?;
        let reader = match mqtt.broker() {
            Some(broker) => system::mqtt::first_reader(&db, broker).await?,
            None => None,
        };
        let lifetime = Lifetime {
            idle: config.session_idle,
            absolute: config.session_absolute,
        };
        let shared = Shared {
            key: Key::from(vault.cookie_key()),
            vault: vault.clone(),
            db: db.clone(),
            passwords,
            accounts,
            setup,
            status: mqtt.status(),
            streams: Streams::default(),
            installation: Installation {
                deployment,
                data_dir: config.data_dir.clone(),
                broker: crate::banner::broker(&config, mqtt.broker()),
                embedded: mqtt.broker(),
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
            reader,
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

    /// The command that listens to the embedded broker, with the password of the account that was made
    /// for it at this start.
    pub fn reader(&self) -> Option<&str> {
        self.reader.as_deref()
    }

    /// What a person at the terminal needs to know.
    pub fn banner(&self) -> String {
        crate::banner::banner(
            &self.config,
            self.address,
            self.mqtt.broker(),
            self.setup_token(),
            self.reader(),
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
        let known_for = self.config.watch.address.0;
        let sweeping = auth::keep_sweeping(
            self.db.clone(),
            self.tally.clone(),
            self.lifetime,
            known_for,
        );
        let sweeping = tokio::spawn(sweeping);
        let watching = audit::watch::keep_watching(self.behind.clone(), self.config.watch.clone());
        let watching = tokio::spawn(watching);
        let emptying = tokio::spawn(projects::trash::keep_emptying(self.behind.clone()));
        let removing =
            events::retention::keep_removing(self.behind.clone(), self.config.events.retention.0);
        let removing = tokio::spawn(removing);
        let served = self.server.await;
        sweeping.abort();
        watching.abort();
        emptying.abort();
        removing.abort();
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

/// Who comes to the embedded broker: devices, and people as to the pages.
fn accounts(db: &Db, config: &Config, people: auth::Accounts) -> Arc<dyn Accounts> {
    let desk = config
        .commands
        .then(|| Arc::new(commands::Desk::new(db.clone())) as Arc<dyn Obey>);
    Arc::new(system::mqtt::Known::new(db.clone(), people, desk))
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
