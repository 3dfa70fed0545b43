//! Accounts of plugins and devices on the embedded broker.

mod changes;
mod first;
mod form;
mod known;
pub mod routes;
mod store;
mod views;

pub use first::first_reader;
pub use known::Known;
pub use store::Account;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::auth::{hash, random_password};
use crate::error::Error;
use crate::mqtt::broker::Filter;

/// How many accounts there may be.
const MOST: i64 = 500;
/// The most filters of one account, for each direction.
const FILTERS: usize = 50;

/// What an account is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What it logs in with.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// A filter on each line.
    pub reads: String,
    /// A filter on each line.
    pub writes: String,
    /// Whose commands theirs are; empty: nobody's.
    pub acts_as: String,
    /// Whether it may come in.
    pub is_active: bool,
}

/// Why an account was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Another account, or somebody's own, has the name.
    Taken,
    /// There are as many as there may be.
    Full,
    /// Nobody has that user name.
    Nobody,
}

/// A password that was made just now, and what is kept of it.
#[derive(Clone)]
pub struct Secret {
    /// In plain text, to be shown once.
    pub password: String,
    /// SHA-256: the password is random, so that there is nothing to guess.
    pub hash: String,
}

impl Secret {
    /// Another one.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn new() -> Result<Self, Error> {
        let password = random_password().map_err(|_| Error::bug("no randomness"))?;
        Ok(Self {
            hash: hash(&password),
            password,
        })
    }
}

/// The filters of a text, one on each line.
///
/// # Errors
/// What is wrong with one of them.
fn filters(text: &str) -> Result<Vec<Filter>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let filters: Vec<Filter> = lines.map(Filter::parse).collect::<Result<_, _>>()?;
    if filters.len() > FILTERS {
        return Err(format!("Use at most {FILTERS} filters."));
    }
    Ok(filters)
}

/// The command that listens with an account.
pub fn listening(broker: SocketAddr, name: &str, password: &str, filter: &str) -> String {
    let host = match broker.ip() {
        ip if !ip.is_unspecified() => ip,
        _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let port = broker.port();
    let filter = filter.replace('\'', "'\\''");
    format!("mosquitto_sub -h {host} -p {port} -u {name} -P {password} -t '{filter}' -v")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_stand_one_on_a_line() {
        let read = filters(" tracker/#\r\n\n home/+/state \n").unwrap_or_default();
        let read: Vec<&str> = read.iter().map(Filter::as_str).collect();
        assert_eq!(read, ["tracker/#", "home/+/state"]);
        assert!(filters("tracker/#\na#b").is_err());
        assert!(filters(&"a\n".repeat(51)).is_err());
    }

    #[test]
    fn whoever_listens_on_this_machine_is_told_an_address_of_it()
    -> Result<(), std::net::AddrParseError> {
        let line = listening("0.0.0.0:1884".parse()?, "reader", "abc", "tracker/#");
        assert_eq!(
            line,
            "mosquitto_sub -h 127.0.0.1 -p 1884 -u reader -P abc -t 'tracker/#' -v"
        );
        Ok(())
    }
}
