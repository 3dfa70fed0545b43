use std::io;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha512;

use crate::hex::hex;

/// Bytes of an XChaCha20 nonce: long enough to be drawn at random for ever.
const NONCE: usize = 24;

/// A master key and what is derived from it, by HKDF with SHA-512 (RFC 5869): one purpose never
/// tells of another, nor of the master.
#[derive(Clone)]
pub(super) struct Key {
    /// 16 hexadecimal digits, derived too: which key a text is sealed under.
    pub(super) id: String,
    /// For session cookies.
    pub(super) cookie: [u8; 64],
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

impl Key {
    /// From a master key, which is random text.
    pub(super) fn of(master: &str) -> io::Result<Self> {
        let source = Hkdf::<Sha512>::new(Some(b"taylordash 1"), master.as_bytes());
        let mut id = [0_u8; 8];
        let mut sealing = [0_u8; 32];
        let mut cookie = [0_u8; 64];
        source
            .expand(b"key id", &mut id)
            .and_then(|()| source.expand(b"sealed secrets", &mut sealing))
            .and_then(|()| source.expand(b"session cookie", &mut cookie))
            .map_err(io::Error::other)?;
        Ok(Self {
            id: hex(&id),
            cookie,
            cipher: XChaCha20Poly1305::new(&sealing.into()),
        })
    }

    /// A fresh nonce and what `plain` became under it; `bound` must be the same to open it.
    pub(super) fn seal(&self, plain: &[u8], bound: &[u8]) -> io::Result<Vec<u8>> {
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let payload = Payload {
            msg: plain,
            aad: bound,
        };
        let body = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| io::Error::other("a secret too long to seal"))?;
        Ok([nonce.as_slice(), &body].concat())
    }

    /// `None` where it was sealed under another key, bound to something else, or tampered with.
    pub(super) fn open(&self, sealed: &[u8], bound: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: body,
            aad: bound,
        };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()
    }
}
