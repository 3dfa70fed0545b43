//! The form of an account.

use super::store::{Account, Edit, NewAccount, Refused};
use super::{Role, email, new_password, username};
use crate::events::new_id;
use crate::page::field::choice;
use crate::page::{Posted, Problems};

/// Whether a password must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Password {
    /// For a new account.
    Needed,
    /// An empty field leaves it as it is.
    Optional,
}

/// What was typed, what is wrong with it, and what it means where nothing is.
#[derive(Clone, Debug)]
pub struct AccountForm {
    id: String,
    /// As typed.
    pub username: String,
    /// As typed.
    pub email: String,
    /// As chosen.
    pub role: String,
    /// As chosen: `true` or `false`.
    pub disabled: String,
    password: String,
    /// As chosen; empty where it was left out.
    one_time: String,
    need: Password,
    /// What is wrong, by field.
    pub problems: Problems,
}

/// An account as it is to be.
#[derive(Clone, Debug)]
pub struct Checked {
    /// May be taken.
    pub username: String,
    /// If any.
    pub email: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Whether it may not come in.
    pub disabled: bool,
    /// Another password, if one was typed.
    pub password: Option<String>,
    /// Whether that password is for one login, where its owner chooses another.
    pub one_time: bool,
}

impl Checked {
    /// A new account, under that id; the password is hashed by the caller.
    pub fn account(&self, id: &str, password_hash: String) -> NewAccount {
        NewAccount {
            id: id.to_owned(),
            username: self.username.clone(),
            email: self.email.clone(),
            role: self.role,
            password_hash,
            one_time_password: self.one_time,
            disabled: self.disabled,
        }
    }

    /// What to write; the password is hashed by the caller.
    pub fn edit(&self) -> Edit {
        Edit {
            username: self.username.clone(),
            email: self.email.clone(),
            role: self.role,
            disabled: self.disabled,
            password_hash: None,
            one_time_password: self.one_time,
        }
    }
}

impl AccountForm {
    /// For a new account. It carries the id that the account will have, so that the same form sent
    /// twice makes one account.
    pub fn blank() -> Self {
        Self {
            id: new_id(),
            username: String::new(),
            email: String::new(),
            role: Role::Viewer.to_string(),
            disabled: "false".to_owned(),
            password: String::new(),
            one_time: String::new(),
            need: Password::Needed,
            problems: Problems::default(),
        }
    }

    /// Of an account as it is.
    pub fn of(account: &Account) -> Self {
        Self {
            id: account.id.clone(),
            username: account.username.clone(),
            email: account.email.clone().unwrap_or_default(),
            role: account.role.clone(),
            disabled: account.is_disabled().to_string(),
            password: String::new(),
            one_time: String::new(),
            need: Password::Optional,
            problems: Problems::default(),
        }
    }

    /// For a new account, as sent.
    pub fn read(posted: &Posted, need: Password) -> Self {
        let mut form = Self {
            need,
            ..Self::blank()
        };
        if let Some(id) = posted
            .get("once")
            .filter(|id| uuid::Uuid::parse_str(id).is_ok())
        {
            form.id = id.to_owned();
        }
        form.changed_by(posted)
    }

    /// With the fields that were sent; the others stay.
    pub fn changed_by(mut self, posted: &Posted) -> Self {
        let set = |field: &mut String, name: &str| {
            if let Some(value) = posted.get(name) {
                *field = value.to_owned();
            }
        };
        set(&mut self.username, "username");
        set(&mut self.email, "email");
        set(&mut self.role, "role");
        set(&mut self.disabled, "disabled");
        set(&mut self.password, "password");
        set(&mut self.one_time, "one_time");
        self.problems = self.check().err().unwrap_or_default();
        self
    }

    /// What the account is to be, where nothing is wrong.
    pub fn checked(&self) -> Option<Checked> {
        self.check().ok()
    }

    /// The id that the account has or will have.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The roles to choose from, each with what it may do.
    pub fn roles(&self) -> Vec<(&'static str, String)> {
        Role::ALL
            .iter()
            .map(|role| (role.as_str(), format!("{role}: {}", role.explained())))
            .collect()
    }

    /// Says why the database would not have it.
    pub fn with_refusal(mut self, refused: Refused) -> Self {
        match refused {
            Refused::Taken => self.problems.add(
                "username",
                "Another account has this user name or this e-mail address. Choose another.",
            ),
            Refused::LastAdmin => self.problems.add("role", LAST_ADMIN),
        }
        self
    }

    fn check(&self) -> Result<Checked, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("username", username(&self.username));
        let email = problems.take("email", email(&self.email));
        let role = problems.take("role", choice(&self.role, &Role::ALL));
        let disabled = problems.take("disabled", choice(&self.disabled, &[false, true]));
        let password = self.check_password(&mut problems);
        let one_time = self.check_one_time(&mut problems);
        match (name, email, role, disabled) {
            (Some(username), Some(email), Some(role), Some(disabled)) if problems.is_empty() => {
                Ok(Checked {
                    username,
                    email,
                    role,
                    disabled,
                    password,
                    one_time: one_time.unwrap_or(true),
                })
            }
            _ => Err(problems),
        }
    }

    /// A script that makes an account and says nothing of this means its password to stay; another
    /// password for an account that is there is for one login.
    fn check_one_time(&self, problems: &mut Problems) -> Option<bool> {
        if self.one_time.is_empty() {
            return Some(self.need == Password::Optional);
        }
        problems.take("one_time", choice(&self.one_time, &[false, true]))
    }

    fn check_password(&self, problems: &mut Problems) -> Option<String> {
        if self.password.is_empty() && self.need == Password::Optional {
            return None;
        }
        let checked = new_password(&self.password, &self.password, &self.username);
        problems.take("password", checked.map_err(|(_, message)| message))
    }
}

/// What is said where nobody could manage accounts any more.
pub(super) const LAST_ADMIN: &str = "This is the last admin. Make someone else an admin first.";
