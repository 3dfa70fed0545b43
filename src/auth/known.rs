use super::password::Passwords;
use super::store;
use crate::db::Db;
use crate::error::Error;
use crate::users::Role;

/// The role of the account of this name and password; `None`, after the same work, where there is no
/// such account, the password is wrong or the account is disabled. For doors other than the pages'.
///
/// # Errors
/// When the database is away, or too many ask at once.
pub async fn known(
    db: &Db,
    passwords: &Passwords,
    username: &str,
    password: &str,
) -> Result<Option<Role>, Error> {
    let account = store::credentials(db, username).await?;
    let may_enter = account.filter(|account| account.disabled_at.is_none());
    let hash = may_enter
        .as_ref()
        .map(|account| account.password_hash.as_str());
    let fits = passwords.verify(password, hash).await?;
    Ok(may_enter
        .filter(|_| fits)
        .and_then(|account| account.role.parse().ok()))
}
