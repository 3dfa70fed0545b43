//! The pages at the doors.

use askama::Template;

use crate::page::{Layout, Posted, Problems};
use crate::users::{Theme, User};

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
    pub fn blank(layout: Layout, token: &str) -> Self {
        Self::refused(layout, token, &Posted::default(), Problems::default())
    }

    /// What was typed, with what is wrong. Passwords are never sent back.
    pub fn refused(layout: Layout, token: &str, posted: &Posted, problems: Problems) -> Self {
        Self {
            layout,
            token: token.to_owned(),
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
            problems: Problems::default(),
        }
    }

    /// One message for every reason: who asks learns nothing of which accounts there are.
    pub fn refused(layout: Layout, next: &str, username: &str) -> Self {
        let mut problems = Problems::default();
        problems.add(
            "username",
            "User name and password do not fit together. Try again.",
        );
        Self {
            layout,
            next: next.to_owned(),
            username: username.to_owned(),
            is_set_up: true,
            problems,
        }
    }
}

/// One's own account.
#[derive(Template)]
#[template(path = "auth/account.html")]
pub struct AccountPage {
    layout: Layout,
    username: String,
    role: String,
    role_explained: &'static str,
    theme: Theme,
    problems: Problems,
}

impl AccountPage {
    /// Of the one who looks at it.
    pub fn new(layout: Layout, user: &User, problems: Problems) -> Self {
        Self {
            layout,
            username: user.username.clone(),
            role: user.role.to_string(),
            role_explained: user.role.explained(),
            theme: user.theme(),
            problems,
        }
    }

    fn themes(&self) -> [(&'static str, &'static str); 3] {
        [
            ("auto", "As the device"),
            ("dark", "Dark"),
            ("light", "Light"),
        ]
    }
}
