//! The pages at the doors.

use askama::Template;

use crate::auth::unsent::Unsent;
use crate::page::{Layout, Posted, Problems};
use crate::users::PASSWORD_HELP;

/// The first account.
#[derive(Template)]
#[template(path = "auth/setup.html")]
pub struct SetupPage {
    layout: Layout,
    token: String,
    username: String,
    problems: Problems,
}

impl SetupPage {
    /// Nothing typed yet.
    pub fn blank(layout: Layout) -> Self {
        Self::refused(layout, &Posted::default(), Problems::default())
    }

    /// What was typed, with what is wrong. Passwords are never sent back.
    pub fn refused(layout: Layout, posted: &Posted, problems: Problems) -> Self {
        Self {
            layout,
            token: posted.text("token").to_owned(),
            username: posted.text("username").to_owned(),
            problems,
        }
    }
}

/// Signing in.
#[derive(Template)]
#[template(path = "auth/login.html")]
pub struct LoginPage {
    layout: Layout,
    next: String,
    username: String,
    is_set_up: bool,
    unsent: Option<String>,
    problems: Problems,
}

impl LoginPage {
    /// Nothing typed yet.
    pub fn blank(layout: Layout, next: &str, is_set_up: bool) -> Self {
        Self {
            layout,
            next: next.to_owned(),
            username: String::new(),
            is_set_up,
            unsent: None,
            problems: Problems::default(),
        }
    }

    /// With a form that was sent when nobody was signed in.
    pub fn bringing(self, unsent: &Unsent) -> Self {
        Self {
            unsent: Some(unsent.text()),
            ..self
        }
    }

    /// One message for every reason: who asks learns nothing of which accounts there are.
    pub fn refused(layout: Layout, next: &str, username: &str) -> Self {
        let message = "User name and password do not fit together. Try again.";
        Self::with_problem(layout, next, username, message)
    }

    /// The code came too late, or too many were wrong.
    pub fn too_late(layout: Layout, next: &str) -> Self {
        let message =
            "The code came too late, or too many were wrong. Start again with your password.";
        Self::with_problem(layout, next, "", message)
    }

    fn with_problem(layout: Layout, next: &str, username: &str, message: &str) -> Self {
        let mut problems = Problems::default();
        problems.add("username", message);
        Self {
            layout,
            next: next.to_owned(),
            username: username.to_owned(),
            is_set_up: true,
            unsent: None,
            problems,
        }
    }
}

/// The code of the second factor.
#[derive(Template)]
#[template(path = "auth/code.html")]
pub struct CodePage {
    layout: Layout,
    next: String,
    ticket: String,
    unsent: Option<String>,
    problems: Problems,
}

impl CodePage {
    /// For the login of that ticket.
    pub fn new(layout: Layout, next: &str, ticket: &str, was_wrong: bool) -> Self {
        let mut problems = Problems::default();
        if was_wrong {
            let message = "This is not the code of now, or it was used already. Type the next one.";
            problems.add("code", message);
        }
        Self {
            layout,
            next: next.to_owned(),
            ticket: ticket.to_owned(),
            unsent: None,
            problems,
        }
    }

    /// With a form that was sent when nobody was signed in.
    pub fn bringing(self, unsent: &Unsent) -> Self {
        Self {
            unsent: Some(unsent.text()),
            ..self
        }
    }
}

/// Signed in again: a form that was sent before goes on by its owner's hand.
#[derive(Template)]
#[template(path = "auth/unsent.html")]
pub struct UnsentPage {
    layout: Layout,
    next: String,
    unsent: Unsent,
}

impl UnsentPage {
    /// Of this form; `next` leads back to the page that it was on.
    pub fn new(layout: Layout, next: &str, unsent: Unsent) -> Self {
        Self {
            layout,
            next: next.to_owned(),
            unsent,
        }
    }
}

/// The password once more.
#[derive(Template)]
#[template(path = "auth/confirm.html")]
pub struct ConfirmPage {
    layout: Layout,
    problems: Problems,
}

impl ConfirmPage {
    /// Before what is kept goes on.
    pub fn new(layout: Layout, was_wrong: bool) -> Self {
        let mut problems = Problems::default();
        if was_wrong {
            problems.add("password", "This is not your password. Type it again.");
        }
        Self { layout, problems }
    }
}
