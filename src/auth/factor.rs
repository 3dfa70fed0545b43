//! The second factor of an account: a code of its app, or a recovery code.

use serde_json::{Value, json};

use super::store::{Credentials, factor};
use super::totp;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::{Actor, Change, Event};
use crate::vault::{Resealed, Rotation, Sealer, Vault};

/// Where the secret stands in the document that the vault seals.
const POINTER: &str = "/totp";

/// What is kept of the secret of that account.
///
/// # Errors
/// When the operating system has no randomness.
pub fn seal(sealer: &Sealer, user_id: &str, secret: &str) -> Result<String, Error> {
    let places = [POINTER.to_owned()];
    let document = json!({ "totp": secret });
    let sealed = sealer.seal(&owner(user_id), &document, &places, &[])?;
    let text = sealed.pointer(POINTER).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or(Error::bug("a secret that was not sealed"))
}

/// The secret of that account; `None` where the key that sealed it is lost.
pub fn open(vault: &Vault, user_id: &str, sealed: &str) -> Option<String> {
    let opened = vault.unseal(
        &owner(user_id),
        &json!({ "totp": sealed }),
        &[POINTER.to_owned()],
    );
    if !opened.unreadable.is_empty() {
        tracing::error!("the second factor of user {user_id} cannot be read: its key is lost");
        return None;
    }
    let secret = opened.document.pointer(POINTER).and_then(Value::as_str);
    secret.map(str::to_owned)
}

/// By what name the vault knows the account's secrets.
fn owner(user_id: &str) -> String {
    format!("user/{user_id}")
}

/// Puts the secrets of all accounts under the rotation's new key.
///
/// # Errors
/// When the database is away.
pub async fn reseal(change: &mut Change, rotation: &Rotation) -> Result<Resealed, Error> {
    let mut done = Resealed::default();
    for (user_id, sealed) in factor::sealed(change).await? {
        let mut document = json!({ "totp": sealed });
        done += rotation.reseal(&owner(&user_id), &mut document)?;
        if let Some(sealed) = document.pointer(POINTER).and_then(Value::as_str) {
            factor::reseal(change, &user_id, sealed).await?;
        }
    }
    Ok(done)
}

/// Whether this is the code of now, or a recovery code; it is spent by that.
///
/// # Errors
/// When the database is away.
pub async fn fits(
    db: &Db,
    vault: &Vault,
    account: &Credentials,
    code: &str,
) -> Result<bool, Error> {
    let sealed = account.totp_secret.as_deref().unwrap_or_default();
    let seconds = Timestamp::now().micros() / 1_000_000;
    let secret = open(vault, &account.id, sealed);
    let step = secret.and_then(|secret| totp::step_of(&secret, code, seconds));
    match step {
        Some(step) => factor::spend_step(db, &account.id, step).await,
        None => spend_recovery_code(db, account, code).await,
    }
}

async fn spend_recovery_code(db: &Db, account: &Credentials, code: &str) -> Result<bool, Error> {
    let actor = Actor {
        id: Some(account.id.clone()),
        name: account.username.clone(),
        ..Actor::anonymous()
    };
    let mut change = Change::begin(db, &actor).await?;
    let code_hash = totp::recovery_hash(&account.id, code);
    if !factor::spend_code(&mut change, &account.id, &code_hash).await? {
        change.abandon();
        return Ok(false);
    }
    let event = Event::user(&account.id, "recovery_code_used", json!({}));
    change.commit(event).await.map(|()| true)
}
