//! How fast passwords may be tried: ever slower, but never not at all.

use chrono::TimeDelta;

use super::session::hash;
use crate::db::dialect::fold;

/// By what failed logins are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By the name that was typed, whether such an account exists or not.
    Account,
    /// By where they come from.
    Address,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Account, Self::Address];

    /// As it stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
        }
    }

    /// How many failures cost nothing: everyone mistypes, and a household shares an address.
    const fn free(self) -> i64 {
        match self {
            Self::Account => 4,
            Self::Address => 9,
        }
    }

    /// The longest wait, in seconds.
    const fn longest(self) -> i64 {
        match self {
            Self::Account => 60,
            Self::Address => 120,
        }
    }
}

/// Who is counted for one try.
#[derive(Clone, Debug)]
pub struct Subjects {
    account: String,
    address: String,
}

impl Subjects {
    /// For a try at `username` from `network`. Of the name only a hash is kept: people type passwords
    /// into the wrong field.
    pub fn new(username: &str, network: &str) -> Self {
        Self {
            account: hash(&fold(username.trim())),
            address: network.to_owned(),
        }
    }

    /// The one that is counted by `kind`.
    pub fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Account => &self.account,
            Kind::Address => &self.address,
        }
    }
}

/// How long to wait after so many failures: 1 s, 2 s, 4 s … up to a minute or two.
pub fn delay(kind: Kind, failures: i64) -> TimeDelta {
    let beyond = failures - kind.free();
    if beyond <= 0 {
        return TimeDelta::zero();
    }
    let seconds = 1_i64 << (beyond - 1).min(30);
    TimeDelta::seconds(seconds.min(kind.longest()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_become_slower_but_never_impossible() {
        let waits = |kind| (1..=40).map(move |failures| delay(kind, failures).num_seconds());
        assert_eq!(
            waits(Kind::Account).take(12).collect::<Vec<_>>(),
            [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
        );
        assert!(waits(Kind::Account).is_sorted() && waits(Kind::Address).is_sorted());
        assert_eq!(delay(Kind::Address, i64::MAX).num_seconds(), 120);
    }

    #[test]
    fn a_name_is_counted_without_its_case_and_not_kept() {
        let subjects = Subjects::new(" Sam ", "192.0.2.7");
        assert_eq!(
            subjects.of(Kind::Account),
            Subjects::new("sam", "x").of(Kind::Account)
        );
        assert!(!subjects.of(Kind::Account).contains("sam"));
    }
}
