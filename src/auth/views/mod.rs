//! The pages of accounts and their doors.

mod door;

pub use door::{CodePage, ConfirmPage, LoginPage, SetupPage, UnsentPage};

use askama::Template;
use chrono_tz::{TZ_VARIANTS, Tz};

use super::agent::described;
use super::footing::Footing;
use super::store::Credentials;
use super::store::sessions::Listed;
use super::totp::Picture;
use crate::config::zone_of_the_machine;
use crate::db::Timestamp;
use crate::page::{Layout, Problems};
use crate::users::{PASSWORD_HELP, Role, Theme, User};

/// One's own account.
#[derive(Template)]
#[template(path = "auth/account.html")]
pub struct AccountPage {
    layout: Layout,
    username: String,
    role: String,
    role_explained: &'static str,
    theme: Theme,
    chosen_zone: String,
    has_second_factor: bool,
    this_session: String,
    sessions: Vec<Listed>,
    problems: Problems,
}

impl AccountPage {
    /// Of the one who looks at it.
    pub fn new(layout: Layout, user: &User, footing: &Footing, sessions: Vec<Listed>) -> Self {
        Self {
            layout,
            username: user.username.clone(),
            role: user.role.to_string(),
            role_explained: user.role.explained(),
            theme: user.theme(),
            chosen_zone: user.chosen_zone().map_or("", Tz::name).to_owned(),
            has_second_factor: footing.has_second_factor,
            this_session: footing.session_id.clone(),
            sessions,
            problems: Problems::default(),
        }
    }

    fn themes(&self) -> [(&'static str, &'static str); 3] {
        [
            ("auto", "As the device"),
            ("dark", "Dark"),
            ("light", "Light"),
        ]
    }

    fn zones(&self) -> impl Iterator<Item = &'static str> {
        TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// Where times are while nothing is chosen.
    fn usual_zone(&self) -> &'static str {
        zone_of_the_machine().name()
    }
}

impl Listed {
    fn browser(&self) -> String {
        described(&self.agent)
    }
}

/// The form for another password.
#[derive(Template)]
#[template(path = "auth/password.html")]
pub struct PasswordPage {
    layout: Layout,
    is_due: bool,
    problems: Problems,
}

impl PasswordPage {
    /// With what is wrong with what was typed; `is_due` where nothing else may be done before.
    pub fn new(layout: Layout, is_due: bool, problems: Problems) -> Self {
        Self {
            layout,
            is_due,
            problems,
        }
    }
}

/// Somebody's sessions, for an admin.
#[derive(Template)]
#[template(path = "auth/sessions.html")]
pub struct SessionsPage {
    layout: Layout,
    account: Credentials,
    sessions: Vec<Listed>,
}

impl SessionsPage {
    /// Of that account.
    pub fn new(layout: Layout, account: Credentials, sessions: Vec<Listed>) -> Self {
        Self {
            layout,
            account,
            sessions,
        }
    }
}

/// One's own second factor.
#[derive(Template)]
#[template(path = "auth/second_factor.html")]
pub struct FactorPage {
    /// What is around it.
    pub layout: Layout,
    /// Whether one's role takes it.
    pub needs_one: bool,
    /// Since when it is in use, if it is.
    pub since: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// While it is being set up: what the app is to learn.
    pub secret: Option<(String, Picture)>,
    /// What is wrong with the code that was typed.
    pub problems: Problems,
}

impl FactorPage {
    /// The code that was typed does not fit.
    pub fn refused(mut self) -> Self {
        let message =
            "This is not the code of now. Look at the app again, and at the clock of the phone.";
        self.problems.add("code", message);
        self
    }

    /// In groups of four, as a person types it.
    fn grouped(&self, secret: &str) -> String {
        let letters: Vec<char> = secret.chars().collect();
        let groups = letters.chunks(4).map(String::from_iter);
        groups.collect::<Vec<_>>().join(" ")
    }
}

/// Recovery codes, shown once.
#[derive(Template)]
#[template(path = "auth/recovery_codes.html")]
pub struct CodesPage {
    layout: Layout,
    codes: Vec<String>,
}

impl CodesPage {
    /// Those.
    pub fn new(layout: Layout, codes: Vec<String>) -> Self {
        Self { layout, codes }
    }
}

/// Asks before one's second factor is taken off.
#[derive(Template)]
#[template(path = "auth/second_factor_deletion.html")]
pub struct FactorRemovalPage {
    layout: Layout,
}

impl FactorRemovalPage {
    /// Before it is done.
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }
}

/// Which roles take a second factor.
#[derive(Template)]
#[template(path = "auth/second_factor_roles.html")]
pub struct RolesPage {
    layout: Layout,
    roles: Vec<(Role, bool)>,
}

impl RolesPage {
    /// Those that do now.
    pub fn new(layout: Layout, chosen: &[Role]) -> Self {
        let roles = Role::ALL.iter();
        Self {
            layout,
            roles: roles.map(|role| (*role, chosen.contains(role))).collect(),
        }
    }
}
