//! The form of an account.

use chrono_tz::Tz;

use super::{Account, Edit, Refused, filters};
use crate::db::Timestamp;
use crate::mqtt::broker::Filter;
use crate::page::Problems;
use crate::page::field::line;
use crate::page::kept::{Form, Kept};
use crate::users::username;

/// The longest purpose, in characters.
const PURPOSE_MAX: usize = 200;

impl Kept for Account {
    type Edit = Edit;
    const FIELDS: &'static [&'static str] =
        &["name", "purpose", "reads", "writes", "acts_as", "state"];
    const PROSE: &'static [&'static str] = &["reads", "writes"];

    fn blank() -> Vec<String> {
        ["", "", "tracker/#", "", "", "active"]
            .map(str::to_owned)
            .to_vec()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn values(&self, _: Tz) -> Vec<String> {
        let edit = Edit::of(self);
        let state = edit.state().to_owned();
        vec![
            edit.name,
            edit.purpose,
            edit.reads,
            edit.writes,
            edit.acts_as,
            state,
        ]
    }

    fn read(form: &Form<Self>, problems: &mut Problems) -> Option<Edit> {
        let name = problems.take("name", username(form.value("name")));
        let purpose = problems.take("purpose", purpose(form.value("purpose")));
        let reads = problems.take("reads", filters(form.value("reads")));
        let writes = problems.take("writes", writes(form.value("writes")));
        let acts_as = form.value("acts_as").to_owned();
        let commands = writes.iter().flatten().any(Filter::is_of_commands);
        if commands && acts_as.is_empty() {
            problems.add("acts_as", "Say whose commands these are.");
        }
        let is_active = problems.take("state", state(form.value("state")));
        if !problems.is_empty() {
            return None;
        }
        Some(Edit {
            name: name?,
            purpose: purpose?,
            reads: lines(&reads?),
            writes: lines(&writes?),
            acts_as,
            is_active: is_active?,
        })
    }
}

impl Edit {
    /// An account as it is.
    pub fn of(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            purpose: account.purpose.clone(),
            reads: account.reads.clone(),
            writes: account.writes.clone(),
            acts_as: account.acts_as.clone(),
            is_active: account.is_active(),
        }
    }

    fn state(&self) -> &'static str {
        match self.is_active {
            true => "active",
            false => "disabled",
        }
    }
}

fn purpose(typed: &str) -> Result<String, String> {
    if typed.is_empty() {
        return Ok(String::new());
    }
    let purpose = line(typed)?;
    match purpose.chars().count() {
        length if length > PURPOSE_MAX => Err(format!(
            "This has {length} characters; use at most {PURPOSE_MAX}."
        )),
        _ => Ok(purpose),
    }
}

fn writes(typed: &str) -> Result<Vec<Filter>, String> {
    let filters = filters(typed)?;
    match filters.iter().find(|f| f.is_ours() && !f.is_of_commands()) {
        Some(ours) => Err(format!(
            "{}: below tracker/ only TaylorDash writes; an account may write to tracker/commands/… there.",
            ours.as_str()
        )),
        None => Ok(filters),
    }
}

fn state(typed: &str) -> Result<bool, String> {
    match typed {
        "active" => Ok(true),
        "disabled" => Ok(false),
        _ => Err("Choose one of: active, disabled.".to_owned()),
    }
}

fn lines(filters: &[Filter]) -> String {
    let lines: Vec<&str> = filters.iter().map(Filter::as_str).collect();
    lines.join("\n")
}

impl Form<Account> {
    /// With what is refused at its field.
    pub fn without(mut self, refused: Refused) -> Self {
        match refused {
            Refused::Taken => self
                .problems
                .add("name", "Another account has this name. Choose another."),
            Refused::Full => self.problems.add(
                "name",
                "There are as many accounts as there may be. Remove one first.",
            ),
            Refused::Nobody => self.problems.add("acts_as", "Nobody has this user name."),
        }
        self
    }

    /// Whether it may come in.
    pub fn states(&self) -> [(&'static str, &'static str); 2] {
        [
            ("active", "Yes"),
            (
                "disabled",
                "No: the account is disabled, and its connections end at once",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_tracker_an_account_may_write_commands_only() {
        assert!(writes("home/#\ntracker/commands/task/+/status\n").is_ok());
        assert!(
            writes("#").is_ok(),
            "the broker keeps it out of tracker/ anyway"
        );
        for ours in [
            "tracker/#",
            "tracker",
            "tracker/events/#",
            "tracker/commandsx",
            "tracker/+/x",
        ] {
            assert!(writes(ours).is_err(), "{ours}");
        }
    }
}
