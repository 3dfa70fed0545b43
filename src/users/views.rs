//! The pages of accounts.

use askama::Template;

use super::PASSWORD_HELP;
use super::form::{AccountForm, LAST_ADMIN};
use super::store::{Account, Refused};
use crate::page::{Cursor, Layout, Paged};

/// All accounts.
#[derive(Template)]
#[template(path = "users/list.html")]
pub struct ListPage {
    layout: Layout,
    accounts: Paged<Account>,
    newest: Option<String>,
    older: Option<String>,
}

impl ListPage {
    /// One page of them.
    pub fn new(layout: Layout, accounts: Paged<Account>, before: &Cursor) -> Self {
        let older = accounts
            .older
            .as_ref()
            .map(|older| format!("/users?before={older}"));
        let newest = (!before.is_start()).then(|| "/users".to_owned());
        Self {
            layout,
            accounts,
            newest,
            older,
        }
    }
}

/// The form of a new account.
#[derive(Template)]
#[template(path = "users/new.html")]
pub struct NewPage {
    layout: Layout,
    form: AccountForm,
}

impl NewPage {
    /// With what was typed so far.
    pub fn new(layout: Layout, form: AccountForm) -> Self {
        Self { layout, form }
    }
}

/// One account and its form.
#[derive(Template)]
#[template(path = "users/show.html")]
pub struct AccountPage {
    layout: Layout,
    account: Account,
    form: AccountForm,
}

impl AccountPage {
    /// With what was typed so far.
    pub fn new(layout: Layout, account: Account, form: AccountForm) -> Self {
        Self {
            layout,
            account,
            form,
        }
    }
}

/// Asks before an account is removed.
#[derive(Template)]
#[template(path = "users/deletion.html")]
pub struct DeletionPage {
    layout: Layout,
    account: Account,
    refusal: &'static str,
}

impl DeletionPage {
    /// With why it was not done, if it was tried.
    pub fn new(layout: Layout, account: Account, refused: Option<Refused>) -> Self {
        let refusal = if refused.is_some() { LAST_ADMIN } else { "" };
        Self {
            layout,
            account,
            refusal,
        }
    }
}
