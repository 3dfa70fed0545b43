//! Passwords: argon2id with the parameters of OWASP's Password Storage Cheat Sheet, a few at a time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::hashing::Hashing;
use crate::error::Error;

/// Memory of one hash, in KiB: 19 MiB (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory (same source).
const PASSES: u32 = 2;
/// How many wait for their turn before the next is sent away.
const QUEUE: usize = 16;
/// What who is sent away is told to wait.
const WAIT: Duration = Duration::from_secs(2);

/// Hashes and checks passwords: about 45 ms of a core each, one at a time per two cores, so that a
/// flood of logins does not take the machine from everyone else.
#[derive(Clone, Debug)]
pub struct Passwords {
    threads: Hashing,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The networks with somebody in the queue: one each, so that a flood from one does not keep the
    /// others out.
    queued: Arc<Mutex<HashSet<String>>>,
    /// Checked where there is no such account, so that the answer takes as long.
    decoy: Arc<str>,
}

/// A place in the queue, of one network.
#[derive(Debug)]
pub struct Place {
    waiting: OwnedSemaphorePermit,
    spot: Spot,
}

#[derive(Debug)]
struct Spot {
    queued: Arc<Mutex<HashSet<String>>>,
    network: String,
}

impl Drop for Spot {
    fn drop(&mut self) {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        queued.remove(&self.network);
    }
}

/// Whether a password is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is not, or nobody may come in with it.
    Wrong,
    /// It is.
    Right,
    /// It is, but what is kept of it was made with less work than today's: hash it again.
    Stale,
}

impl Passwords {
    /// For this machine.
    ///
    /// # Errors
    /// When no random salt or no thread is to be had.
    pub fn new() -> Result<Self, Error> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let running = (cores / 2).max(1);
        Ok(Self {
            threads: Hashing::with(running).map_err(|_| Error::bug("no thread to hash in"))?,
            running: Arc::new(Semaphore::new(running)),
            waiting: Arc::new(Semaphore::new(running + QUEUE)),
            queued: Arc::default(),
            decoy: hash_now("no account has this password")?.into(),
        })
    }

    /// The text to keep of `password` (PHC string format). For who may be trusted with the machine's
    /// time: signed in, or holding the setup link.
    ///
    /// # Errors
    /// [`Error::TooMany`] where the queue is full.
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        let waiting = self.wait()?;
        self.in_turn(waiting, None, move || hash_now(&password))
            .await?
    }

    /// A place in the queue for somebody from that network.
    ///
    /// # Errors
    /// [`Error::TooMany`] where the queue is full, or somebody from there waits already.
    pub fn place(&self, network: &str) -> Result<Place, Error> {
        let waiting = self.wait()?;
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        if !queued.insert(network.to_owned()) {
            return Err(Error::TooMany(WAIT));
        }
        let spot = Spot {
            queued: Arc::clone(&self.queued),
            network: network.to_owned(),
        };
        Ok(Place { waiting, spot })
    }

    /// Whether `password` is the one of `hash`; `None`, for an account that is not there or may not
    /// come in, takes as long and is always wrong.
    ///
    /// # Errors
    /// When the program stops meanwhile.
    pub async fn verify(
        &self,
        place: Place,
        password: &str,
        hash: Option<&str>,
    ) -> Result<Fit, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let password = password.to_owned();
        let Place { waiting, spot } = place;
        let verify = move || verify_now(&password, &hash);
        let fit = self.in_turn(waiting, Some(spot), verify).await?;
        Ok(if known { fit } else { Fit::Wrong })
    }

    fn wait(&self) -> Result<OwnedSemaphorePermit, Error> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned();
        waiting.map_err(|_| Error::TooMany(WAIT))
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        waiting: OwnedSemaphorePermit,
        spot: Option<Spot>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| Error::TooMany(WAIT))?;
        drop(spot);
        let work = move || {
            // Moved in: a request that is given up does not free the core it still uses.
            let _held = (turn, waiting);
            work()
        };
        self.threads.done(work).await
    }
}

fn argon2() -> Argon2<'static> {
    // 1 lane; the parameters are constants that the crate accepts.
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String, Error> {
    let hash = argon2().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|_| Error::bug("a password could not be hashed"))
}

/// With the parameters that stand in the hash.
fn verify_now(password: &str, hash: &str) -> Fit {
    let Ok(hash) = PasswordHash::new(hash) else {
        return Fit::Wrong;
    };
    if argon2()
        .verify_password(password.as_bytes(), &hash)
        .is_err()
    {
        return Fit::Wrong;
    }
    let is_strong = Params::try_from(&hash)
        .is_ok_and(|params| params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES);
    if is_strong && hash.algorithm.as_str() == "argon2id" {
        Fit::Right
    } else {
        Fit::Stale
    }
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
        for (password, hash, fit) in [
            ("correct horse battery", Some(&*hash), Fit::Right),
            ("correct horse batterz", Some(&*hash), Fit::Wrong),
            ("no account has this password", None, Fit::Wrong),
        ] {
            let place = passwords.place("a")?;
            assert_eq!(passwords.verify(place, password, hash).await?, fit);
        }
        Ok(())
    }

    #[test]
    fn a_hash_of_less_work_is_to_be_made_again() {
        let weak = Params::new(8 * 1024, 1, 1, None).unwrap_or_default();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak);
        let hash = weak.hash_password(b"correct horse battery");
        let hash = hash.map(|hash| hash.to_string()).unwrap_or_default();
        assert_eq!(verify_now("correct horse battery", &hash), Fit::Stale);
        assert_eq!(verify_now("correct horse batterz", &hash), Fit::Wrong);
    }

    #[tokio::test]
    async fn a_flood_beyond_the_queue_is_sent_away() -> Result<(), Error> {
        let passwords = Passwords::new()?;
        let places: Vec<_> = (0..200).map(|n| passwords.place(&n.to_string())).collect();
        let kept = places.iter().filter(|place| place.is_ok()).count();
        assert!((QUEUE..200).contains(&kept), "{kept}");
        Ok(())
    }

    #[tokio::test]
    async fn a_flood_from_one_network_leaves_places_for_others() -> Result<(), Error> {
        let passwords = Passwords::new()?;
        let flood: Vec<_> = (0..200).map(|_| passwords.place("flood")).collect();
        assert_eq!(flood.iter().filter(|place| place.is_ok()).count(), 1);
        let place = passwords.place("admin")?;
        let fit = passwords.verify(place, "x", None).await?;
        assert_eq!(fit, Fit::Wrong);
        drop(flood);
        assert!(passwords.place("flood").is_ok());
        Ok(())
    }
}
