//! The web server: what stands between a socket and a room.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use tokio::signal::unix::{SignalKind, signal};

use super::files;
use crate::auth::password::Passwords;
use crate::auth::setup::Setup;
use crate::auth::tally::Tally;
use crate::auth::{self, Lifetime, Sessions};
use crate::db::Db;
use crate::error::Error;
use crate::events::live::Streams;
use crate::mqtt;
use crate::mqtt::broker::Accounts;
use crate::page::{self, Doorstep};
use crate::routes;
use crate::system::{Checks, Installation};
use crate::vault::Vault;

/// How long a stop waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(8);
/// How long the head of a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// What every request can ask for.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) key: Key,
    pub(super) passwords: Passwords,
    pub(super) accounts: Arc<dyn Accounts>,
    pub(super) setup: Setup,
    pub(super) status: mqtt::Status,
    pub(super) streams: Streams,
    pub(super) installation: Installation,
    pub(super) checks: Checks,
    pub(super) static_dir: PathBuf,
    pub(super) tally: Tally,
    pub(super) lifetime: Lifetime,
    pub(super) doorstep: Doorstep,
}

/// The server on a listening socket; nothing is answered before it is awaited.
pub(super) fn server(listener: TcpListener, shared: Shared) -> io::Result<Server> {
    let workers = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, 8);
    files::take_all();
    let streams = shared.streams.clone();
    let server = HttpServer::new(move || {
        let shared = shared.clone();
        actix_web::App::new()
            .app_data(web::Data::new(shared.db.clone()))
            .app_data(web::Data::new(shared.vault))
            .app_data(web::Data::new(shared.passwords))
            .app_data(web::Data::new(shared.accounts))
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
            .wrap(from_fn(auth::keep_unsent))
            .wrap(from_fn(auth::go_on))
            .wrap(from_fn(page::guard))
            .wrap(from_fn(auth::note_denials))
            .wrap(sessions(shared.db, shared.key, shared.lifetime))
            .wrap(from_fn(page::finish))
            .wrap(from_fn(page::arrive))
    });
    Ok(server
        .workers(workers)
        .max_connections(files::connections_for_each(workers))
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
