use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::store::{self, Opening};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Change, Event};
use crate::page::{AWAY, USER};

type State = HashMap<String, String>;

/// The session's entry for which session it is: the SHA-256 of its key.
pub(super) const KEY_HASH: &str = "key_hash";
/// The session's entry that opens it.
const LOGIN: &str = "login";

/// Who logs in, from where: put into the session by the handler, turned into a row and an event by
/// the store when the answer is ready.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The account.
    pub user_id: String,
    /// Its name, for the event.
    pub username: String,
    /// The address of the browser.
    pub address: String,
    /// The browser, as it names itself.
    pub agent: String,
}

impl Login {
    /// Makes the session theirs, under a new key.
    ///
    /// # Errors
    /// When it cannot be serialised, which is a bug.
    pub fn begin(&self, session: &actix_session::Session) -> Result<(), Error> {
        session.clear();
        session.renew();
        session
            .insert(LOGIN, self)
            .map_err(|_| Error::bug("a login that cannot be serialised"))
    }
}

/// Sessions in our own table, so that they can be revoked: of the key only its SHA-256.
///
/// actix-session saves after the handler has run, so this is where a login's session row and its
/// event commit together, and a logout's too.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
}

impl Sessions {
    /// In this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    async fn open(&self, state: &State) -> Result<String, Error> {
        let login = state
            .get(LOGIN)
            .ok_or(Error::bug("a session without a login"))?;
        let login: Login =
            serde_json::from_str(login).map_err(|_| Error::bug("a login that cannot be read"))?;
        let actor = Actor {
            id: Some(login.user_id.clone()),
            name: login.username.clone(),
            ..Actor::system()
        };
        let key = new_key()?;
        let mut change = Change::begin(&self.db, &actor).await?;
        let opening = Opening {
            key_hash: &hash(&key),
            user_id: &login.user_id,
            address: &login.address,
            agent: &login.agent,
        };
        store::open(&mut change, &opening).await?;
        let details = json!({ "address": login.address });
        change
            .commit(Event::auth(Some(&login.user_id), "logged_in", details))
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
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let key_hash = hash(key.as_ref());
        let entry = match store::who(&self.db, &key_hash).await {
            Ok(None) => return Ok(None),
            Ok(Some(user)) => (USER, serde_json::to_string(&user)),
            // A page can say that better than a middleware's bare 500.
            Err(error) => {
                tracing::error!("who is asking is not known: {error}");
                (AWAY, serde_json::to_string("sessions cannot be read"))
            }
        };
        let value = entry
            .1
            .map_err(|error| LoadError::Deserialization(error.into()))?;
        let key_hash = serde_json::to_string(&key_hash)
            .map_err(|error| LoadError::Deserialization(error.into()))?;
        Ok(Some(State::from([
            (entry.0.to_owned(), value),
            (KEY_HASH.to_owned(), key_hash),
        ])))
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
