use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::key::Key;
use super::keyfile::KeyFile;
use super::sealed::{self, Sealed};
use super::sealer::Sealer;
use super::store;
use crate::config::Config;
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;

/// The keys, and what they open and seal. A clone is the same vault.
#[derive(Clone, Debug)]
pub struct Vault {
    pub(super) config: Arc<Source>,
    ring: Arc<RwLock<Ring>>,
    made: Option<PathBuf>,
    cookie: Arc<[u8; 64]>,
}

/// Where keys come from.
#[derive(Debug)]
pub(super) struct Source {
    /// `TAYLORDASH_SECRET_KEY`.
    given: Option<String>,
    /// `TAYLORDASH_OLD_SECRET_KEY`.
    old: Option<String>,
    /// The data folder's.
    pub(super) file: KeyFile,
}

/// The key that seals, and those that still open.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub(super) current: Key,
    pub(super) others: Vec<Key>,
}

/// A document with its secrets in plain: never to be shown, logged or kept.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The document; a secret that cannot be read stands in it as its sealed text.
    pub document: Value,
    /// The secrets that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// A secret that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where in the document.
    pub pointer: String,
    /// Whether the key is one that this process has: then the text was tampered with or moved here
    /// from elsewhere, and no key will help.
    pub is_damaged: bool,
}

impl Source {
    fn ring(&self, current: &str) -> io::Result<Ring> {
        let mut others = Vec::new();
        others.extend(self.old.clone());
        others.extend(self.file.read_next()?);
        if self.given.is_some() {
            others.extend(self.file.read()?);
        }
        let current = Key::of(current)?;
        let mut others = others
            .iter()
            .map(|key| Key::of(key))
            .collect::<io::Result<Vec<_>>>()?;
        others.retain(|key| key.id != current.id);
        Ok(Ring { current, others })
    }
}

impl Ring {
    fn key(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.current)
            .chain(&self.others)
            .find(|key| key.id == id)
    }

    /// The value behind a sealed text; `Err` where it cannot be read.
    pub(super) fn open(&self, text: &str, owner: &str, pointer: &str) -> Result<Value, Unreadable> {
        let unreadable = |is_damaged| Unreadable {
            pointer: pointer.to_owned(),
            is_damaged,
        };
        let sealed = Sealed::parse(text).ok_or_else(|| unreadable(true))?;
        let key = self.key(sealed.key_id).ok_or_else(|| unreadable(false))?;
        sealed
            .open(key, owner, pointer)
            .ok_or_else(|| unreadable(true))
    }
}

impl Vault {
    /// Reads the key, or makes one in the data folder.
    ///
    /// # Errors
    /// When the data folder cannot be used, or its key file holds no key.
    pub fn open(config: &Config) -> io::Result<Self> {
        let source = Source {
            given: config.secret_key.as_ref().map(|key| key.0.clone()),
            old: config.old_secret_key.as_ref().map(|key| key.0.clone()),
            file: KeyFile::of(&config.data_dir),
        };
        let (current, was_made) = match &source.given {
            Some(given) => (given.clone(), false),
            None => source.file.read_or_make()?,
        };
        let ring = source.ring(&current)?;
        Ok(Self {
            made: was_made.then(|| source.file.path()),
            cookie: Arc::new(ring.current.cookie),
            config: Arc::new(source),
            ring: Arc::new(RwLock::new(ring)),
        })
    }

    /// The file of the key, where it was made just now and must be backed up.
    pub fn made_key(&self) -> Option<&std::path::Path> {
        self.made.as_deref()
    }

    /// 64 bytes that sign session cookies, the same for as long as the process runs.
    pub fn cookie_key(&self) -> &[u8; 64] {
        &self.cookie
    }

    /// Where the data folder's key is, or would be.
    pub fn file(&self) -> PathBuf {
        self.config.file.path()
    }

    /// Whether the key comes from the configuration, not from the data folder.
    pub fn is_given(&self) -> bool {
        self.config.given.is_some()
    }

    /// Finishes a rotation that was interrupted, or that another process has made: what it retired
    /// is not the current key any more. Answers whether the current key is fit to seal.
    ///
    /// # Errors
    /// When the database is away, or the data folder cannot be used.
    pub async fn settle(&self, db: &Db) -> Result<bool, Error> {
        let retired = store::retired(db).await?;
        Ok(self.settle_with(&retired)?)
    }

    fn settle_with(&self, retired: &[String]) -> io::Result<bool> {
        let is_retired = |ring: &Ring| retired.contains(&ring.current.id);
        if !is_retired(&self.ring()) {
            return Ok(true);
        }
        self.reload()?;
        let has_next = self.config.file.read_next()?.is_some();
        if is_retired(&self.ring()) && self.config.given.is_none() && has_next {
            self.config.file.promote()?;
            self.reload()?;
        }
        Ok(!is_retired(&self.ring()))
    }

    /// Waits for a rotation that is under way, keeps the next one waiting until the change is done,
    /// and makes sure of the current key. To be called before a document that may hold secrets is
    /// read for a change.
    ///
    /// # Errors
    /// [`Error::KeyRetired`] where this process was left behind by a rotation; when the database is
    /// away.
    pub async fn lock(&self, change: &mut Change) -> Result<Sealer, Error> {
        let retired = store::lock(change).await?;
        if !self.settle_with(&retired)? {
            return Err(Error::KeyRetired);
        }
        Ok(Sealer {
            ring: self.ring(),
            set_at: change.now(),
            set_by: change.actor().name.clone(),
        })
    }

    /// `document` of `owner` with the secrets at `places` in plain; one that stands elsewhere stays
    /// sealed, so that a schema that forgets about a secret does not uncover it.
    pub fn unseal(&self, owner: &str, document: &Value, places: &[String]) -> Opened {
        let opened = self.ring().unseal(owner, document, places);
        if opened.unreadable.iter().all(|secret| secret.is_damaged) {
            return opened;
        }
        // Another process may have rotated the keys in the meantime.
        match self.reload() {
            Ok(()) => self.ring().unseal(owner, document, places),
            Err(error) => {
                tracing::warn!("the key for secrets cannot be read again: {error}");
                opened
            }
        }
    }

    /// The secrets of `document` of `owner` that cannot be read.
    pub fn unreadable(&self, owner: &str, document: &Value) -> Vec<Unreadable> {
        self.unseal(owner, document, &[String::new()]).unreadable
    }

    /// Whether two values are the same secret of `owner`, where at least one is sealed; two that
    /// cannot be read are if they are the same text.
    pub fn is_same(
        &self,
        owner: &str,
        (left, at): (&Value, &str),
        (right, there): (&Value, &str),
    ) -> bool {
        let ring = self.ring();
        let open = |value: &Value, pointer: &str| match value.as_str() {
            Some(text) if sealed::is_sealed_text(text) => ring.open(text, owner, pointer).ok(),
            _ => Some(value.clone()),
        };
        match (open(left, at), open(right, there)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        }
    }

    pub(super) fn ring(&self) -> Ring {
        self.ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn reload(&self) -> io::Result<()> {
        let source = &self.config;
        // A key file that is gone is not made anew while secrets are sealed under what it held.
        let Some(current) = source
            .given
            .clone()
            .map_or_else(|| source.file.read(), |given| Ok(Some(given)))?
        else {
            return Ok(());
        };
        let ring = source.ring(&current)?;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }
}

impl Ring {
    pub(super) fn unseal(&self, owner: &str, document: &Value, places: &[String]) -> Opened {
        let mut opened = Opened {
            document: document.clone(),
            unreadable: Vec::new(),
        };
        let is_asked = |pointer: &str| places.iter().any(|place| sealed::is_within(pointer, place));
        sealed::for_each_sealed(document, &mut |pointer, text| {
            if !is_asked(pointer) {
                return;
            }
            match self.open(text, owner, pointer) {
                Ok(value) => {
                    if let Some(place) = opened.document.pointer_mut(pointer) {
                        *place = value;
                    }
                }
                Err(secret) => opened.unreadable.push(secret),
            }
        });
        opened
    }
}
