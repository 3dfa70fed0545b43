//! What holds the doors against attack. `asvs.rs` is the table: which requirement is held by which
//! story, and what change to the program makes that story fail.

mod asvs;
pub mod audit;
mod broker;
mod confirm;
mod factor;
mod log;
mod matrix;
mod nodes;
mod pace;
mod passwords;
mod proxies;
mod sessions;
mod watch;
mod wire;

use crate::harness::{Browser, TestApp};

/// The id of an account.
pub(super) async fn id_of(app: &TestApp, username: &str) -> String {
    let sql = format!("select id from users where username = '{username}'");
    app.rows(&sql).await[0].text("id").to_owned()
}

/// The account's sessions look as if the password had been given an hour ago.
pub(super) async fn grow_stale(app: &TestApp) {
    let sql = "update sessions set confirmed_at = '2020-01-01T00:00:00.000000Z'";
    app.database().execute(sql).await;
}

/// It trusts this machine to say where requests come from, and by which way.
pub(super) async fn behind_a_proxy(app: &TestApp) {
    app.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()])
        .await;
}

/// Whether somebody is signed in there.
pub(super) async fn is_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == 200
}
