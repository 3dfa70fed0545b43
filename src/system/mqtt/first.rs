use std::net::SocketAddr;

use super::{Edit, Secret, changes, listening, store};
use crate::db::Db;
use crate::error::Error;
use crate::events::{Actor, Change, new_id};

/// Names for the first account; the first that nobody has.
const NAMES: [&str; 3] = ["reader", "tracker-reader", "mqtt-reader"];

/// Makes the account that reads `tracker/#`, once in the life of a deployment; answers the command that
/// listens with it, which holds its password.
///
/// # Errors
/// When the database is away.
pub async fn first_reader(db: &Db, broker: SocketAddr) -> Result<Option<String>, Error> {
    let mut change = Change::begin(db, &Actor::system()).await?;
    if !store::begin(&mut change).await? {
        change.abandon();
        return Ok(None);
    }
    let (id, secret) = (new_id(), Secret::new()?);
    for name in NAMES {
        let edit = Edit {
            name: name.to_owned(),
            purpose: "Made at the first start, to listen".to_owned(),
            reads: "tracker/#".to_owned(),
            writes: String::new(),
            acts_as: String::new(),
            is_active: true,
        };
        if store::insert(&mut change, &id, &edit, &secret).await? == Ok(true) {
            change.commit(changes::created(&id, &edit)).await?;
            let line = listening(broker, name, &secret.password, "tracker/#");
            return Ok(Some(line));
        }
    }
    change.abandon();
    Ok(None)
}
