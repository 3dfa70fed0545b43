//! The form of an account.

use super::store::{Account, Edit, NewAccount, Refused};
use super::{Role, email, new_password, username};
use crate::events::new_id;
use crate::page::field::choice;
use crate::page::{Deciding, MEANWHILE, Posted, Problems, Seen, Verdict};

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
    /// What the form has seen of the account it changes; empty for a new one.
    pub seen: String,
    password_hash: String,
    /// What somebody else saved meanwhile, by field, where this form would overwrite it.
    theirs: Vec<(&'static str, String)>,
    /// What is wrong, by field.
    pub problems: Problems,
}

impl Deciding for AccountForm {
    const FIELDS: &'static [&'static str] = &["role", "disabled"];
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

    /// What to write; `password_hash` is that of the password, if one was typed.
    pub fn edit(&self, password_hash: Option<String>) -> Edit {
        Edit {
            username: self.username.clone(),
            email: self.email.clone(),
            role: self.role,
            disabled: self.disabled,
            password_hash,
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
            seen: String::new(),
            password_hash: String::new(),
            theirs: Vec::new(),
            problems: Problems::default(),
        }
    }

    /// Of an account as it is.
    pub fn of(account: &Account) -> Self {
        let mut form = Self {
            id: account.id.clone(),
            username: account.username.clone(),
            email: account.email.clone().unwrap_or_default(),
            role: account.role.clone(),
            disabled: account.is_disabled().to_string(),
            need: Password::Optional,
            password_hash: account.password_hash.clone(),
            ..Self::blank()
        };
        let shown = [&form.username, &form.email, &form.role, &form.disabled];
        let shown = shown.into_iter().chain([&form.password_hash]);
        let shown: Vec<&str> = shown.map(String::as_str).collect();
        form.seen = Seen::of(account.updated_at, &shown).to_string();
        form
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

    /// With the fields that were sent; the others stay. Where somebody else changed the account since
    /// the form was opened, what only they changed stays too, and what both changed is a problem until
    /// `keep-<field>` says `mine` or `theirs`.
    pub fn changed_by(mut self, posted: &Posted) -> Self {
        let now = Seen::parse(&self.seen);
        let seen = posted.get("seen").map_or_else(|| now.clone(), Seen::parse);
        let fields = [
            ("username", &mut self.username),
            ("email", &mut self.email),
            ("role", &mut self.role),
            ("disabled", &mut self.disabled),
        ];
        for (index, (name, value)) in fields.into_iter().enumerate() {
            // Shown both, they chose what the other saved.
            if posted.text(&format!("keep-{name}")) == "theirs" {
                continue;
            }
            let Some(typed) = posted.get(name).map(str::trim) else {
                continue;
            };
            match seen.judge(&now, index, typed, value) {
                Verdict::Theirs => {}
                Verdict::Mine => *value = typed.to_owned(),
                Verdict::Conflict => {
                    self.theirs
                        .push((name, std::mem::replace(value, typed.to_owned())));
                    self.problems.add(name, MEANWHILE);
                }
            }
        }
        self.password = posted.text("password").to_owned();
        self.one_time = posted.text("one_time").to_owned();
        let verdict = seen.judge(&now, PASSWORD, &self.password, &self.password_hash);
        if !self.password.is_empty() && verdict == Verdict::Conflict {
            self.problems.add("password", ANOTHER_PASSWORD);
        }
        for (field, message) in self.check().err().unwrap_or_default().list() {
            self.problems.add(field, message);
        }
        self
    }

    /// Whether somebody else saved something at `field` that this form would overwrite.
    pub fn conflicts(&self, field: &str) -> bool {
        self.theirs.iter().any(|(name, _)| *name == field)
    }

    /// What somebody else saved at `field` meanwhile; empty where that is no matter.
    pub fn theirs(&self, field: &str) -> &str {
        let found = self.theirs.iter().find(|(name, _)| *name == field);
        match (field, found.map_or("", |(_, value)| value)) {
            ("disabled", "true") => "No",
            ("disabled", "false") => "Yes",
            (_, value) => value,
        }
    }

    /// What the account is to be, where nothing is wrong.
    pub fn checked(&self) -> Option<Checked> {
        self.check().ok().filter(|_| self.problems.is_empty())
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

/// The password's place in what the form has seen.
const PASSWORD: usize = 4;

const ANOTHER_PASSWORD: &str = "Somebody else gave this account another password while you were typing. Type yours again to replace theirs.";

/// What is said where nobody could manage accounts any more.
pub(super) const LAST_ADMIN: &str = "This is the last admin. Make someone else an admin first.";
