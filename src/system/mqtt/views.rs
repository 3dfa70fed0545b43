//! The pages of accounts.

use std::net::SocketAddr;

use askama::Template;

use super::{Account, Secret, listening};
use crate::page::Layout;
use crate::page::kept::Form;
use crate::system::Installation;

/// All of them.
#[derive(Template)]
#[template(path = "system/mqtt/list.html", blocks = ["accounts"])]
pub struct ListPage {
    layout: Layout,
    /// Where the embedded broker is, if it runs.
    embedded: Option<SocketAddr>,
    accounts: Vec<Account>,
}

impl ListPage {
    /// As they are.
    pub fn new(layout: Layout, installation: &Installation, accounts: Vec<Account>) -> Self {
        Self {
            layout,
            embedded: installation.embedded,
            accounts,
        }
    }

    /// What it means that there is none.
    fn without(&self) -> &'static str {
        match self.embedded {
            Some(_) => {
                "There is no account, so nobody but people can listen. Make one for each plugin or device."
            }
            None => {
                "There is no account, so nobody but people reads events. Make one for each script."
            }
        }
    }
}

/// The form of a new account.
#[derive(Template)]
#[template(path = "system/mqtt/new.html")]
pub struct NewPage {
    layout: Layout,
    form: Form<Account>,
}

impl NewPage {
    /// With what was typed so far.
    pub fn new(layout: Layout, form: Form<Account>) -> Self {
        Self { layout, form }
    }
}

/// One account and its form.
#[derive(Template)]
#[template(path = "system/mqtt/show.html")]
pub struct AccountPage {
    layout: Layout,
    account: Account,
    form: Form<Account>,
}

impl AccountPage {
    /// With what was typed so far.
    pub fn new(layout: Layout, account: Account, form: Form<Account>) -> Self {
        Self {
            layout,
            account,
            form,
        }
    }
}

/// A password that was just made.
#[derive(Template)]
#[template(path = "system/mqtt/password.html")]
pub struct PasswordPage {
    layout: Layout,
    account: Account,
    secret: Secret,
    /// The command that listens with it.
    line: Option<String>,
}

impl PasswordPage {
    /// Of this account.
    pub fn new(
        layout: Layout,
        installation: &Installation,
        account: Account,
        secret: Secret,
    ) -> Self {
        let filter = account.reads.lines().next();
        let line = installation
            .embedded
            .zip(filter)
            .map(|(broker, filter)| listening(broker, &account.name, &secret.password, filter));
        Self {
            layout,
            account,
            secret,
            line,
        }
    }
}

/// Asks before an account is removed.
#[derive(Template)]
#[template(path = "system/mqtt/deletion.html")]
pub struct DeletionPage {
    layout: Layout,
    account: Account,
}

impl DeletionPage {
    /// Of this one.
    pub fn new(layout: Layout, account: Account) -> Self {
        Self { layout, account }
    }
}
