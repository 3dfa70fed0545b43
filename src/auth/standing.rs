use actix_session::SessionExt;
use actix_web::HttpRequest;
use actix_web::web::Data;
use chrono::TimeDelta;

use super::footing::Footing;
use super::session::{KEY_HASH, Lifetime};
use super::store::sessions;
use crate::db::Db;
use crate::error::Error;
use crate::page::signed_in;
use crate::users::User;

/// Someone signed in, for what stays open longer than a request: it can be asked again.
#[derive(Clone, Debug)]
pub struct Standing {
    key_hash: String,
    idle: TimeDelta,
    user: User,
}

impl Standing {
    /// Who asks; `None` where nobody is signed in, or must do something else first.
    ///
    /// # Errors
    /// When the database is away, so that nobody knows.
    pub fn of(request: &HttpRequest) -> Result<Option<Self>, Error> {
        let Some(user) = signed_in(request)? else {
            return Ok(None);
        };
        if Footing::of(request).is_some_and(|footing| footing.due().is_some()) {
            return Ok(None);
        }
        let key_hash = request
            .get_session()
            .get::<String>(KEY_HASH)
            .map_err(|_| Error::bug("a session that cannot be read"))?
            .ok_or(Error::bug("a session without a key"))?;
        let lifetime = request.app_data::<Data<Lifetime>>();
        let lifetime = lifetime.ok_or(Error::bug("no lifetime of sessions"))?;
        Ok(Some(Self {
            key_hash,
            idle: lifetime.idle,
            user,
        }))
    }

    /// As they were when they asked.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// As they are now; `None` where their session has ended, or they may no longer come in.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn still(&self, db: &Db) -> Result<Option<User>, Error> {
        sessions::who_still(db, &self.key_hash, self.idle).await
    }
}
