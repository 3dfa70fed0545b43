use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::key::Key;
use super::keyfile::KeyFile;
use super::sealed::{self, Sealed};
use super::store;
use crate::config::Config;
use crate::db::{Db, Timestamp};
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

/// Seals within one change, while no rotation can be under way.
#[derive(Debug)]
pub struct Sealer {
    ring: Ring,
    set_at: Timestamp,
    set_by: String,
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

    /// `document` of `owner` with its secrets in plain.
    pub fn unseal(&self, owner: &str, document: &Value) -> Opened {
        let opened = self.ring().unseal(owner, document);
        if opened.unreadable.iter().all(|secret| secret.is_damaged) {
            return opened;
        }
        // Another process may have rotated the keys in the meantime.
        match self.reload() {
            Ok(()) => self.ring().unseal(owner, document),
            Err(error) => {
                tracing::warn!("the key for secrets cannot be read again: {error}");
                opened
            }
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
    fn unseal(&self, owner: &str, document: &Value) -> Opened {
        let mut opened = Opened {
            document: document.clone(),
            unreadable: Vec::new(),
        };
        sealed::for_each_sealed(
            document,
            &mut |pointer, text| match self.open(text, owner, pointer) {
                Ok(value) => {
                    if let Some(place) = opened.document.pointer_mut(pointer) {
                        *place = value;
                    }
                }
                Err(secret) => opened.unreadable.push(secret),
            },
        );
        opened
    }
}

impl Sealer {
    /// As [`Vault::unseal`].
    pub fn unseal(&self, owner: &str, document: &Value) -> Opened {
        self.ring.unseal(owner, document)
    }

    /// `document` of `owner` with the values at `secrets` sealed.
    ///
    /// A secret that `before`, the document as it is kept, holds at the same place stays the sealed
    /// text it is, also where it cannot be read; one that has moved keeps who set it and when.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn seal(
        &self,
        owner: &str,
        document: &Value,
        secrets: &[String],
        before: &Value,
    ) -> Result<Value, Error> {
        let known = self.known(owner, before);
        let mut kept = document.clone();
        for pointer in secrets {
            let Some(value) = document.pointer(pointer) else {
                continue;
            };
            let there = before.pointer(pointer).and_then(Value::as_str);
            let text = match there.filter(|text| is_kept(text, value, &known)) {
                Some(text) => text.to_owned(),
                None => {
                    let (set_at, set_by) = moved_here(value, document, &known)
                        .unwrap_or_else(|| (self.set_at, self.set_by.clone()));
                    let mark = (set_at, set_by.as_str());
                    sealed::seal(&self.ring.current, owner, pointer, value, mark)?
                }
            };
            if let Some(place) = kept.pointer_mut(pointer) {
                *place = text.into();
            }
        }
        Ok(kept)
    }

    fn known(&self, owner: &str, before: &Value) -> Vec<Known> {
        let mut known = Vec::new();
        sealed::for_each_sealed(before, &mut |pointer, text| {
            if let Ok(value) = self.ring.open(text, owner, pointer) {
                known.push(Known {
                    pointer: pointer.to_owned(),
                    text: text.to_owned(),
                    value,
                });
            }
        });
        known
    }
}

/// A secret of the document as it is kept, that can be read.
struct Known {
    pointer: String,
    text: String,
    value: Value,
}

/// Whether the sealed `text`, which is in this place already, is what `value` is to become.
fn is_kept(text: &str, value: &Value, known: &[Known]) -> bool {
    let is_unreadable = sealed::is_sealed_text(text) && value.as_str() == Some(text);
    is_unreadable
        || known
            .iter()
            .any(|secret| secret.text == text && secret.value == *value)
}

/// Who set this value and when, where it stood elsewhere before and does so no more.
fn moved_here(value: &Value, document: &Value, known: &[Known]) -> Option<(Timestamp, String)> {
    let secret = known.iter().find(|secret| {
        secret.value == *value && document.pointer(&secret.pointer) != Some(value)
    })?;
    let sealed = Sealed::parse(&secret.text)?;
    Some((sealed.set_at()?, sealed.set_by()?))
}
