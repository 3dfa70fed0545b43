//! Passwords: argon2id with the parameters of OWASP's Password Storage Cheat Sheet, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::error::Error;

/// Memory of one hash, in KiB: 19 MiB (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
/// How many wait for their turn before the next is sent away.
const QUEUE: usize = 16;

/// Hashes and checks passwords: about 45 ms of a core each, one at a time per two cores, so that a
/// flood of logins does not take the machine from everyone else.
#[derive(Clone, Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Checked where there is no such account, so that the answer takes as long.
    decoy: Arc<str>,
}

impl Passwords {
    /// For this machine.
    ///
    /// # Errors
    /// When no random salt is to be had.
    pub fn new() -> Result<Self, Error> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let running = (cores / 2).max(1);
        Ok(Self {
            running: Arc::new(Semaphore::new(running)),
            waiting: Arc::new(Semaphore::new(running + QUEUE)),
            decoy: hash_now("no account has this password")?.into(),
        })
    }

    /// The text to keep of `password` (PHC string format).
    ///
    /// # Errors
    /// [`Error::TooMany`] where the queue is full.
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        self.queued(move || hash_now(&password)).await?
    }

    /// Whether `password` is the one of `hash`; `None`, for an account that is not there or may not
    /// come in, takes as long and is always wrong.
    ///
    /// # Errors
    /// [`Error::TooMany`] where the queue is full.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let password = password.to_owned();
        let fits = self.queued(move || verify_now(&password, &hash)).await?;
        Ok(known && fits)
    }

    async fn queued<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || Error::TooMany(Duration::from_secs(2));
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let turn = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            // Moved in: a request that is given up does not free the core it still uses.
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Error::bug("hashing stopped"))
    }
}

fn argon2() -> Argon2<'static> {
    // 2 passes, 1 lane; the parameters are constants that the crate accepts.
    let params = Params::new(MEMORY_KIB, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String, Error> {
    let hash = argon2().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|_| Error::bug("a password could not be hashed"))
}

fn verify_now(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only_and_an_unknown_account_fits_none()
    -> Result<(), Error> {
        let passwords = Passwords::new()?;
        let hash = passwords.hash("correct horse battery").await?;
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            passwords
                .verify("correct horse battery", Some(&hash))
                .await?
        );
        assert!(
            !passwords
                .verify("correct horse batterz", Some(&hash))
                .await?
        );
        assert!(
            !passwords
                .verify("no account has this password", None)
                .await?
        );
        Ok(())
    }

    #[tokio::test]
    async fn a_flood_beyond_the_queue_is_sent_away() -> Result<(), Error> {
        let passwords = Passwords::new()?;
        let flood = (0..200).map(|_| passwords.verify("x", None));
        let answers = futures_util::future::join_all(flood).await;
        assert!(
            answers
                .iter()
                .any(|answer| matches!(answer, Err(Error::TooMany(_))))
        );
        assert!(answers.iter().any(Result::is_ok));
        Ok(())
    }
}
