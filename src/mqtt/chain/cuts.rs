//! Events that were removed for their age. What their digest was over stays, and an event tells of each
//! removal, with a digest over all that it took: so nobody can take away an event and say that it was
//! old.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::Digested;
use crate::db::Db;
use crate::hex::hex;
use crate::on;

/// What is left of an event.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct Stub {
    /// Its place in the order of all.
    pub position: i64,
    /// Its id.
    pub id: String,
    /// SHA-256 of its payload, in hexadecimal.
    pub payload_digest: String,
    /// As it was.
    pub row_print: Option<String>,
    /// Whose account it was.
    pub actor_id: Option<String>,
    /// On whose page it stood.
    pub subject: String,
}

/// The digest over all that one removal took, in order of position: what its event tells.
pub fn digest(stubs: &[Stub]) -> String {
    let mut all = Sha256::new();
    for stub in stubs {
        let print = stub.row_print.as_deref().unwrap_or("-");
        let who = stub.actor_id.as_deref().unwrap_or_default();
        let line = format!(
            "{} {} {} {print} by {who} of {}\n",
            stub.position, stub.id, stub.payload_digest, stub.subject
        );
        all.update(line);
    }
    hex(&all.finalize())
}

/// Whether an event tells of each removal among these, just as it was.
pub(super) async fn are_told(db: &Db, events: &[Digested]) -> Result<bool, sqlx::Error> {
    let cuts: BTreeSet<&str> = events.iter().filter_map(|e| e.cut_id.as_deref()).collect();
    if cuts.is_empty() {
        return Ok(true);
    }
    let told = told(db).await?;
    for cut in cuts {
        let stubs = of(db, cut).await?;
        if told.get(cut) != Some(&digest(&stubs)) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn told(db: &Db) -> Result<HashMap<String, String>, sqlx::Error> {
    let payloads = on!(db, conn => sqlx::query_scalar::<_, String>(
        "select payload from events where domain = 'system' and event_type = 'events_removed'",
    )
    .fetch_all(conn)
    .await)?;
    let read = |payload: String| {
        let event = serde_json::from_str::<Value>(&payload).ok()?;
        let text = |name: &str| event["details"][name].as_str().map(str::to_owned);
        Some((text("cut")?, text("digest")?))
    };
    Ok(payloads.into_iter().filter_map(read).collect())
}

async fn of(db: &Db, cut: &str) -> Result<Vec<Stub>, sqlx::Error> {
    on!(db, conn => sqlx::query_as::<_, Stub>(
        "select position, id, payload_digest, row_print, actor_id, subject from cut_events \
         where cut_id = $1 order by position",
    )
    .bind(cut)
    .fetch_all(conn)
    .await)
}
