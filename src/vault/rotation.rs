use std::fs::File;
use std::io;

use serde_json::Value;

use super::key::Key;
use super::ring::{Ring, Vault};
use super::sealed::{self, Sealed};
use super::store;
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;

/// Why there is no rotation.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Another process is at it.
    #[error("another rotation is under way in this data folder; wait for it to end")]
    UnderWay,
    /// The key is given, and no other that could be rotated away.
    #[error(
        "the key is given by TAYLORDASH_SECRET_KEY, so the new one must be given too: set TAYLORDASH_SECRET_KEY \
         to the new key and TAYLORDASH_OLD_SECRET_KEY to the present one, restart every node with both, \
         and rotate then"
    )]
    NoOldKey,
    /// The data folder cannot be used.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The database is away.
    #[error(transparent)]
    Ours(#[from] Error),
}

/// All secrets go under another key, in one change. Killed at any moment, nothing is lost: the next
/// key is on disk before anything is sealed under it, the change commits as a whole, and whoever
/// finds its own key retired takes the next one.
#[derive(Debug)]
pub struct Rotation {
    vault: Vault,
    from: Ring,
    to: Key,
    is_made_here: bool,
    _lock: File,
}

/// What a rotation did to a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets that are under the new key now.
    pub secrets: u64,
    /// Secrets that could not be read, and were left as they are.
    pub unreadable: u64,
}

impl std::ops::AddAssign for Resealed {
    fn add_assign(&mut self, other: Self) {
        self.secrets += other.secrets;
        self.unreadable += other.unreadable;
    }
}

impl Rotation {
    /// Makes the next key, or takes the given one. `None` where a rotation had only been interrupted
    /// at its end, and is finished now.
    ///
    /// # Errors
    /// See [`RotationError`].
    pub async fn prepare(vault: &Vault, db: &Db) -> Result<Option<Self>, RotationError> {
        let file = &vault.config.file;
        let Some(lock) = file.lock()? else {
            return Err(RotationError::UnderWay);
        };
        let before = vault.ring().current.id;
        vault.settle(db).await?;
        let from = vault.ring();
        if from.current.id != before {
            return Ok(None);
        }
        let is_made_here = !vault.is_given();
        let to = match is_made_here {
            true => Key::of(&file.make_next()?)?,
            false if from.others.is_empty() => return Err(RotationError::NoOldKey),
            false => from.current.clone(),
        };
        Ok(Some(Self {
            vault: vault.clone(),
            from,
            to,
            is_made_here,
            _lock: lock,
        }))
    }

    /// Waits for changes that are under way, keeps others waiting, and retires the old keys.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn begin(&self, change: &mut Change) -> Result<(), Error> {
        store::lock(change).await?;
        for key in std::iter::once(&self.from.current).chain(&self.from.others) {
            store::retire(change, &key.id).await?;
        }
        store::recall(change, &self.to.id).await
    }

    /// Puts the secrets of `document` under the new key; who set them and when stays.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn reseal(&self, owner: &str, document: &mut Value) -> Result<Resealed, Error> {
        let mut done = Resealed::default();
        let mut fresh = Vec::new();
        let mut failed = None;
        sealed::for_each_sealed(document, &mut |pointer, text| match self
            .resealed(owner, pointer, text)
        {
            None => done.unreadable += 1,
            Some(Ok(text)) => fresh.push((pointer.to_owned(), text)),
            Some(Err(error)) => failed = Some(error),
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        for (pointer, text) in fresh {
            if let Some(place) = document.pointer_mut(&pointer) {
                *place = text.into();
                done.secrets += 1;
            }
        }
        Ok(done)
    }

    fn resealed(&self, owner: &str, pointer: &str, text: &str) -> Option<io::Result<String>> {
        let value = self.from.open(text, owner, pointer).ok()?;
        let sealed = Sealed::parse(text)?;
        let (set_at, set_by) = (sealed.set_at()?, sealed.set_by()?);
        Some(sealed::seal(
            &self.to,
            owner,
            pointer,
            &value,
            (set_at, &set_by),
        ))
    }

    /// After the change has committed: the next key becomes the key.
    ///
    /// # Errors
    /// When the data folder cannot be used; the next start or rotation finishes it then.
    pub fn finish(self) -> io::Result<()> {
        if self.is_made_here {
            self.vault.config.file.promote()?;
        }
        Ok(())
    }

    /// Whether the new key was made in the data folder, and must be backed up.
    pub fn is_made_here(&self) -> bool {
        self.is_made_here
    }
}
