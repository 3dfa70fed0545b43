use super::password::{Fit, Passwords};
use super::store::{self, throttle};
use super::throttle::Subjects;
use crate::db::Db;
use crate::error::Error;
use crate::users::Role;

/// The role of the account of this name and password; `None`, after the same work, where there is no
/// such account, the password is wrong or the account is disabled. For doors other than the pages',
/// which ask for nothing more: an account with a second factor, or with a password for one login, does
/// not come in there.
///
/// # Errors
/// When the database is away, when too many ask at once, or after too many failures.
pub async fn known(
    db: &Db,
    passwords: &Passwords,
    username: &str,
    password: &str,
) -> Result<Option<Role>, Error> {
    // Where it comes from is not known here, so each name has a place of its own.
    let place = format!("mqtt {}", Subjects::new(username, "").of_account());
    let subjects = Subjects::new(username, &place);
    if let Some(wait) = throttle::wait(db, &subjects, false).await? {
        return Err(Error::Slowly(wait.to_std().unwrap_or_default()));
    }
    let account = store::credentials(db, username).await?;
    let may_enter = account.filter(|account| {
        account.disabled_at.is_none() && account.totp_secret.is_none() && !account.one_time_password
    });
    let hash = may_enter
        .as_ref()
        .map(|account| account.password_hash.as_str());
    let turn = passwords.place(&place)?;
    throttle::count(db, &subjects).await?;
    if passwords.verify(turn, password, hash).await? == Fit::Wrong {
        return Ok(None);
    }
    throttle::forgive(db, &subjects).await?;
    Ok(may_enter.and_then(|account| account.role.parse().ok()))
}
