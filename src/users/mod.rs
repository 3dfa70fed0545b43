//! People with an account, and what each role may do.

mod changes;
mod form;
pub mod routes;
mod secret;
pub mod store;
mod views;

pub use secret::{PASSWORD_HELP, new_password};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::zone_of_the_machine;
use crate::named::named;

/// What a person may do. Each role may do all that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks at projects, plugins and their events.
    Viewer,
    /// Also works on projects, tasks, plugin configuration and status.
    Maintainer,
    /// Also installs and removes plugins, manages users, and sees logins.
    Admin,
}

impl Role {
    /// All, from the most to the least.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Maintainer, Self::Viewer];

    /// As it stands in the database and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Maintainer => "maintainer",
            Self::Admin => "admin",
        }
    }

    /// One sentence for the person who chooses.
    pub const fn explained(self) -> &'static str {
        match self {
            Self::Viewer => "looks at projects, plugins and events, and changes nothing",
            Self::Maintainer => "works on projects, tasks, plugin configuration and status",
            Self::Admin => {
                "does everything: installs and removes plugins too, and manages accounts"
            }
        }
    }
}

named!(Role);

/// How pages look to a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the device is set.
    #[default]
    Auto,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Theme {
    /// All, as a person is shown them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Dark, Self::Light];

    /// As it stands in preferences and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

named!(Theme);

/// Who is asking: what the session's query brings for every page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// UUID version 7.
    pub id: String,
    /// Unique without regard to case.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// Theme, columns, time zone: an object of what they chose.
    pub preferences: Value,
    /// The lists of tasks that they saved, and those that others share.
    #[serde(default)]
    pub views: Vec<SavedView>,
}

/// A list of tasks under a name, for the side bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    /// A local path with its query.
    pub address: String,
    /// Whether everybody sees it.
    pub is_shared: bool,
    /// Whether it is of who looks.
    pub is_own: bool,
}

impl SavedView {
    /// From the row of who is asking: one on a line, with tabs between its parts, which no name holds.
    pub fn listed(text: &str) -> Vec<Self> {
        let views = text.lines().filter_map(|line| {
            let mut parts = line.splitn(4, '\t');
            let (id, kind) = (parts.next()?, parts.next()?);
            Some(Self {
                id: id.to_owned(),
                is_shared: kind != "private",
                is_own: kind != "other",
                address: parts.next()?.to_owned(),
                name: parts.next()?.to_owned(),
            })
        });
        let mut views: Vec<Self> = views.collect();
        views.sort_by_key(|view| (!view.is_own, view.name.to_lowercase()));
        views
    }
}

impl User {
    /// The theme they chose, or the device's.
    pub fn theme(&self) -> Theme {
        let chosen = self.preferences.get("theme").and_then(Value::as_str);
        chosen
            .and_then(|name| name.parse().ok())
            .unwrap_or_default()
    }

    /// Whether single letters are keys to press; for whoever speaks to a machine, each word is many.
    pub fn has_keys(&self) -> bool {
        self.preferences.get("keys").and_then(Value::as_str) != Some("off")
    }

    /// The time zone they chose, or this machine's.
    pub fn zone(&self) -> Tz {
        self.chosen_zone().unwrap_or_else(zone_of_the_machine)
    }

    /// The time zone they chose.
    pub fn chosen_zone(&self) -> Option<Tz> {
        let chosen = self.preferences.get("time_zone").and_then(Value::as_str);
        chosen.and_then(|name| name.parse().ok())
    }
}

/// The longest user name, in characters.
pub const USERNAME_MAX: usize = 100;
/// Names that the product itself signs events with.
const RESERVED: [&str; 4] = ["system", "command line", "unknown", "anonymous"];

/// A user name that may be taken: letters, digits, dot, underscore and dash, so that it reads the
/// same everywhere and nobody can look like somebody else.
///
/// # Errors
/// What to type instead.
pub fn username(typed: &str) -> Result<String, String> {
    let name = typed.trim();
    if name.is_empty() {
        return Err("Choose a user name.".to_owned());
    }
    if name.len() > USERNAME_MAX {
        return Err(format!("Use at most {USERNAME_MAX} characters."));
    }
    let fits = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !fits || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(
            "Use letters a to z, digits, dot, underscore and dash, starting with a letter or digit."
                .to_owned(),
        );
    }
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err("This name is taken by TaylorDash itself. Choose another.".to_owned());
    }
    Ok(name.to_owned())
}

/// An e-mail address, or none.
///
/// # Errors
/// What to type instead.
pub fn email(typed: &str) -> Result<Option<String>, String> {
    let address = typed.trim();
    if address.is_empty() {
        return Ok(None);
    }
    let plausible = address.len() <= 254
        && !address.chars().any(|c| c.is_whitespace() || c.is_control())
        && address.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && local.len() <= 64 && !host.is_empty() && !host.contains('@')
        });
    if plausible {
        Ok(Some(address.to_owned()))
    } else {
        Err(
            "This is no e-mail address. Use one like sam@example.org, or leave it empty."
                .to_owned(),
        )
    }
}
