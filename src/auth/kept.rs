//! A request that is kept until its password is given: sealed with a key that is made of the session's
//! own, which only the browser has, so that the database cannot tell what it holds.

use actix_session::Session;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::store::kept::{self, Row};
use crate::db::Db;
use crate::error::Error;

/// The session's entry for the key. It is never written anywhere.
pub(super) const SEAL: &str = "seal";
/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;

/// A request that was being sent.
#[derive(Clone)]
pub struct Kept {
    /// Path and query.
    pub address: String,
    /// Of the body.
    pub content_type: String,
    /// As it was sent.
    pub body: Vec<u8>,
}

/// The key of the session with that session key.
pub(super) fn seal_of(session_key: &str) -> [u8; 32] {
    let digest = Sha256::new()
        .chain_update(b"taylordash kept request 1:")
        .chain_update(session_key);
    digest.finalize().into()
}

/// Keeps a request for the session of that id.
///
/// # Errors
/// When the database is away.
pub async fn keep(db: &Db, session: &Session, id: &str, kept: &Kept) -> Result<(), Error> {
    let mut nonce = [0_u8; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| Error::bug("no randomness"))?;
    let payload = Payload {
        msg: &kept.body,
        aad: id.as_bytes(),
    };
    let body = cipher(session)?
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::bug("a request that cannot be sealed"))?;
    let row = Row {
        address: kept.address.clone(),
        content_type: kept.content_type.clone(),
        sealed: [nonce.as_slice(), &body].concat(),
    };
    kept::keep(db, id, &row).await
}

/// Takes it out; `None` where there is none, or it was kept for too long.
///
/// # Errors
/// When the database is away.
pub async fn take(db: &Db, session: &Session, id: &str) -> Result<Option<Kept>, Error> {
    let Some(row) = kept::find(db, id).await? else {
        return Ok(None);
    };
    kept::forget(db, id).await?;
    let Some((nonce, body)) = row.sealed.split_first_chunk::<NONCE>() else {
        return Ok(None);
    };
    let payload = Payload {
        msg: body,
        aad: id.as_bytes(),
    };
    let body = cipher(session)?.decrypt(&XNonce::from(*nonce), payload);
    Ok(body.ok().map(|body| Kept {
        address: row.address,
        content_type: row.content_type,
        body,
    }))
}

fn cipher(session: &Session) -> Result<XChaCha20Poly1305, Error> {
    let seal: Option<[u8; 32]> = session.get(SEAL).ok().flatten();
    let seal = seal.ok_or(Error::bug("a session without a seal"))?;
    Ok(XChaCha20Poly1305::new(&seal.into()))
}
