use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionExt};
use actix_web::cookie::time::Duration;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpMessage, HttpRequest};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::footing::{FOOTING, Footing};
use super::kept::{SEAL, seal_of};
use super::store::logins;
use super::store::sessions::{self as store, Opening};
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::{Actor, Change, Event, new_id};
use crate::hex::hex;
use crate::page::{AWAY, Client, Lasting, USER};
use crate::users::User;

type State = HashMap<String, String>;

/// The session's entry for which session it is: the SHA-256 of its key.
pub(super) const KEY_HASH: &str = "key_hash";
/// The session's entry that opens it.
const LOGIN: &str = "login";

/// Who logs in, from where: put into the session by the handler, turned into a row and an event by
/// the store when the answer is ready.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    user_id: String,
    username: String,
    address: String,
    network: String,
    agent: String,
    trace_id: String,
    remembered: bool,
    /// Set for a session that goes on: its id, when it was opened and when it ends.
    goes_on: Option<(String, i64, i64)>,
}

impl Login {
    /// Of that account, by that request.
    pub fn new(request: &HttpRequest, user_id: &str, username: &str, remembered: bool) -> Self {
        let client = Client::of(request);
        let agent = request.headers().get(USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        Self {
            user_id: user_id.to_owned(),
            username: username.to_owned(),
            network: client.network(),
            address: client.address,
            agent: agent.unwrap_or_default().chars().take(255).collect(),
            trace_id: client.trace_id,
            remembered,
            goes_on: None,
        }
    }

    /// Makes the session theirs, under a new key.
    ///
    /// # Errors
    /// When it cannot be serialised, which is a bug.
    pub fn begin(&self, request: &HttpRequest, keep_for: Lifetime) -> Result<(), Error> {
        let session = request.get_session();
        session.clear();
        self.put(request, &session, keep_for.absolute.num_seconds())
    }

    /// The session of `request`, whose password was given just now, goes on under a new key. The
    /// caller has ended it under the old one, together with what made that necessary.
    ///
    /// # Errors
    /// When it cannot be serialised, which is a bug.
    pub fn renew(request: &HttpRequest, user: &User, footing: &Footing) -> Result<(), Error> {
        let mut login = Self::new(request, &user.id, &user.username, footing.remembered);
        let Footing {
            session_id,
            created_at,
            expires_at,
            ..
        } = footing;
        login.goes_on = Some((session_id.clone(), *created_at, *expires_at));
        let session = request.get_session();
        let now = Timestamp::now().micros();
        let footing = Footing {
            confirmed_at: now,
            ..footing.clone()
        };
        let seconds = (*expires_at - now) / 1_000_000;
        session
            .insert(FOOTING, &footing)
            .map_err(|_| Error::bug("a footing that cannot be serialised"))?;
        login.put(request, &session, seconds)
    }

    fn put(&self, request: &HttpRequest, session: &Session, seconds: i64) -> Result<(), Error> {
        if self.remembered {
            request.extensions_mut().insert(Lasting(seconds));
        }
        session.renew();
        session
            .insert(LOGIN, self)
            .map_err(|_| Error::bug("a login that cannot be serialised"))
    }

    fn actor(&self) -> Actor {
        Actor {
            id: Some(self.user_id.clone()),
            name: self.username.clone(),
            trace_id: self.trace_id.clone(),
        }
    }
}

/// After the sessions of account `id` were ended: where that is the account of `admin`, who did it,
/// their session goes on under a new key. Without that they would be out by their own hand.
///
/// # Errors
/// When there is no session, which is a bug.
pub fn keep_own(request: &HttpRequest, admin: &User, id: &str) -> Result<(), Error> {
    match Footing::of(request) {
        Some(footing) if admin.id == id => Login::renew(request, admin, &footing),
        _ => Ok(()),
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// Without being used.
    pub idle: TimeDelta,
    /// However much they are used.
    pub absolute: TimeDelta,
}

/// Sessions in our own table, so that they can be revoked: of the key only its SHA-256.
///
/// actix-session saves after the handler has run, so this is where a login's session row and its
/// event commit together, and a logout's too.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    lifetime: Lifetime,
}

impl Sessions {
    /// In this database.
    pub fn new(db: Db, lifetime: Lifetime) -> Self {
        Self { db, lifetime }
    }

    async fn open(&self, state: &State) -> Result<String, Error> {
        let login = state
            .get(LOGIN)
            .ok_or(Error::bug("a session without a login"))?;
        let login: Login =
            serde_json::from_str(login).map_err(|_| Error::bug("a login that cannot be read"))?;
        let key = new_key()?;
        let mut change = Change::begin(&self.db, &login.actor()).await?;
        let id = new_id();
        let now = change.now();
        let mut opening = Opening {
            key_hash: &hash(&key),
            id: &id,
            user_id: &login.user_id,
            address: &login.address,
            agent: &login.agent,
            remembered: login.remembered,
            created_at: now,
            expires_at: now.plus(self.lifetime.absolute),
        };
        let mut details = json!({ "address": login.address });
        let event = if let Some((id, created_at, expires_at)) = &login.goes_on {
            opening.id = id;
            opening.created_at = Timestamp::from_micros(*created_at).unwrap_or(now);
            opening.expires_at = Timestamp::from_micros(*expires_at).unwrap_or(now);
            "session_renewed"
        } else {
            if logins::note_login(&mut change, &login.user_id, &login.network).await? {
                details["new_address"] = true.into();
            }
            "logged_in"
        };
        store::open(&mut change, &opening).await?;
        details["session_id"] = opening.id.into();
        change
            .commit(Event::auth(Some(&login.user_id), event, details))
            .await?;
        Ok(key)
    }

    async fn close(&self, key: &str) -> Result<(), Error> {
        let key_hash = hash(key);
        let Some((user_id, username)) = store::owner(&self.db, &key_hash).await? else {
            return Ok(());
        };
        let actor = Actor {
            id: Some(user_id.clone()),
            name: username,
            ..Actor::system()
        };
        let mut change = Change::begin(&self.db, &actor).await?;
        if store::close(&mut change, &key_hash).await? {
            change
                .commit(Event::auth(Some(&user_id), "logged_out", json!({})))
                .await?;
        }
        Ok(())
    }

    async fn state(&self, key: &str) -> Result<Option<State>, Error> {
        let who = store::who(&self.db, &hash(key), self.lifetime.idle).await?;
        let Some((user, footing)) = who else {
            return Ok(None);
        };
        let json = |value| serde_json::to_string(&value).unwrap_or_default();
        Ok(Some(State::from([
            (USER.to_owned(), json(json!(user))),
            (FOOTING.to_owned(), json(json!(footing))),
            (SEAL.to_owned(), json(json!(seal_of(key)))),
            (KEY_HASH.to_owned(), json(json!(hash(key)))),
        ])))
    }
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        self.state(key.as_ref()).await.or_else(|error| {
            // A page can say that better than a middleware's bare 500.
            tracing::error!("who is asking is not known: {error}");
            let reason = json!("sessions cannot be read").to_string();
            Ok(Some(State::from([(AWAY.to_owned(), reason)])))
        })
    }

    async fn save(&self, state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        let key = self
            .open(&state)
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(key).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(
        &self,
        key: SessionKey,
        _: State,
        _: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        // Nothing but the login is kept in a session, and that makes a new one.
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        // The server keeps the time: see `store::who`.
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(self.close(key.as_ref()).await?)
    }
}

/// 256 random bits.
fn new_key() -> Result<String, Error> {
    random_hex().map_err(|_| Error::bug("no randomness"))
}

/// 256 bits from the operating system, in hexadecimal.
///
/// # Errors
/// When the operating system has none.
pub fn random_hex() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// A password for somebody to type once: 20 characters, 100 bits, none that look alike.
///
/// # Errors
/// When the operating system has no randomness.
pub fn random_password() -> Result<String, getrandom::Error> {
    // 32 characters, so that five bits of each byte choose one evenly.
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes)?;
    let letters: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect();
    Ok(letters
        .chunks(5)
        .map(String::from_iter)
        .collect::<Vec<_>>()
        .join("-"))
}

/// SHA-256 of a secret that is itself random, in hexadecimal: what is kept of it.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}
