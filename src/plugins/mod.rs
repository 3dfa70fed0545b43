//! Plugins: what extends the lab. Each has a manifest, permissions, a configuration, a status, a
//! score and the violations behind it.

pub mod changes;
pub(crate) mod config;
mod form;
pub mod manifest;
mod permission;
mod query;
pub(crate) mod routes;
pub mod schema;
pub mod sealing;
mod search;
mod storable;
pub mod store;
pub mod switching;
mod upload;
pub(crate) mod versions;
mod views;

use crate::named::named;
use crate::page::field::choice;

/// What a plugin does for the lab: `type` in a manifest, `kind` in one for TaylorDash v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shows something.
    Ui,
    /// Collects or keeps something.
    Data,
    /// Talks to something else.
    Integration,
    /// Looks after the machines.
    System,
}

impl Kind {
    /// All, in the order a person is shown them.
    pub const ALL: [Self; 4] = [Self::Ui, Self::Data, Self::Integration, Self::System];

    /// As it stands in manifests, addresses and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::Data => "data",
            Self::Integration => "integration",
            Self::System => "system",
        }
    }
}

named!(Kind);

/// Where a plugin stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Known, and nothing done yet.
    Pending,
    /// Being put in place.
    Installing,
    /// Switched on.
    Active,
    /// Switched off.
    Disabled,
    /// It could not be put in place, or broke.
    Failed,
    /// Another version is being put in place.
    Updating,
    /// Being removed.
    Uninstalling,
    /// Stopped because of what it tried.
    Quarantined,
}

impl Status {
    /// All, in the order a person is shown them.
    pub const ALL: [Self; 8] = [
        Self::Active,
        Self::Disabled,
        Self::Quarantined,
        Self::Failed,
        Self::Pending,
        Self::Installing,
        Self::Updating,
        Self::Uninstalling,
    ];

    /// As it stands in addresses, events and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Installing => "installing",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Failed => "failed",
            Self::Updating => "updating",
            Self::Uninstalling => "uninstalling",
            Self::Quarantined => "quarantined",
        }
    }

    /// Where it stands after a person asked for `to`: people only switch on and off.
    ///
    /// # Errors
    /// Why not, and what to do instead.
    pub fn switched(self, to: &str) -> Result<Self, String> {
        self.may_be_switched()?;
        choice(to, &[Self::Active, Self::Disabled])
    }

    /// Whether a person may switch it on or off from here.
    ///
    /// # Errors
    /// Why not, and what to do instead.
    pub fn may_be_switched(self) -> Result<(), &'static str> {
        match self {
            Self::Active | Self::Disabled => Ok(()),
            Self::Quarantined => Err(
                "This plugin is in quarantine because of what it tried. Look at its violations. If you trust it, remove it and install it again.",
            ),
            Self::Failed => Err("This plugin failed. Install a version that works, or remove it."),
            Self::Pending | Self::Installing | Self::Updating | Self::Uninstalling => {
                Err("This plugin is being changed right now. Wait until that is done.")
            }
        }
    }
}

named!(Status);

/// How a security score is shown: `good`, `wait` or `bad`.
pub fn tone_of(score: i64) -> &'static str {
    match score {
        80.. => "good",
        50..=79 => "wait",
        _ => "bad",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_switches_a_plugin_on_and_off_and_nothing_else() {
        assert_eq!(Status::Disabled.switched("active"), Ok(Status::Active));
        assert_eq!(Status::Active.switched("active"), Ok(Status::Active));
        for to in ["quarantined", "failed", "", "ACTIVE", "active\0"] {
            assert!(Status::Active.switched(to).is_err(), "{to:?}");
        }
        for from in Status::ALL {
            let may = matches!(from, Status::Active | Status::Disabled);
            assert_eq!(from.switched("disabled").is_ok(), may, "{from}");
        }
    }
}
