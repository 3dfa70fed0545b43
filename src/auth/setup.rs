//! The first account.

use super::session::{hash, random_hex};

/// The token of the one-time setup link: made at a start with no account yet, kept only in memory.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    token_hash: Option<String>,
}

impl Setup {
    /// Nothing to set up.
    pub fn done() -> Self {
        Self::default()
    }

    /// With a new token, which is answered once.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn open() -> Result<(Self, String), getrandom::Error> {
        let token = random_hex()?;
        Ok((
            Self {
                token_hash: Some(hash(&token)),
            },
            token,
        ))
    }

    /// Whether this is the token. Hashes are compared, so how long it takes says nothing of it.
    pub fn fits(&self, token: &str) -> bool {
        self.token_hash.as_deref() == Some(hash(token).as_str())
    }
}
