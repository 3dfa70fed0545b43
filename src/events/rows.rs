//! Whether the rows of things are as their last events left them.
//!
//! Each event keeps a digest of its thing's row, made in its own transaction, and the chain over all
//! events holds those digests too. A row that somebody changed, put in or took out by hand does not
//! fit; neither does one that is left of a backup.

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::{Change, Domain, Event};
use crate::db::Db;
use crate::error::Error;
use crate::hex::hex;
use crate::{on, vault};

/// The things that have rows.
pub const KINDS: [Domain; 4] = [Domain::Project, Domain::Task, Domain::Plugin, Domain::User];

/// Stands between two columns: a character that forms do not send.
const BETWEEN: &str = "\u{1f}";

/// The columns that no one but an event changes, as one text; `$1` stands between them. Secrets are
/// sealed anew without an event of their thing, so of the second factor's it says whether there is
/// one, and those of a configuration are masked in [`digest`].
macro_rules! rows {
    (project, $which:literal) => {
        concat!(
            "select id, name || $1 || description || $1 || status as text, null as config \
             from projects ",
            $which
        )
    };
    (task, $which:literal) => {
        concat!(
            "select id, project_id || $1 || name || $1 || description || $1 || status || $1 \
             || cast(priority as text) as text, null as config from tasks ",
            $which
        )
    };
    (plugin, $which:literal) => {
        concat!(
            "select id, name || $1 || version || $1 || status || $1 || installation_id || $1 \
             || manifest_text || $1 || cast(permissions as text) as text, \
             cast(config as text) as config from plugins ",
            $which
        )
    };
    (user, $which:literal) => {
        concat!(
            "select id, username || $1 || coalesce(email, '') || $1 || role || $1 || password_hash \
             || $1 || case when disabled_at is null then '' else 'disabled' end || $1 \
             || case when totp_since is null or totp_secret is null then '' else 'two' end as text, \
             null as config from users ",
            $which
        )
    };
}

/// The last events of some things behind `$2`, with what they left and what is there.
macro_rules! compared {
    ($kind:ident, $name:literal) => {
        concat!(
            "select v.entity_id as id, e.id as event_id, e.row_print, r.text, r.config from \
             (select entity_id, version from entity_versions \
             where domain = '",
            $name,
            "' and entity_id > $2 order by entity_id limit $3) v \
             left join (",
            rows!($kind, ""),
            ") r on r.id = v.entity_id \
             left join events e on e.domain = '",
            $name,
            "' and e.entity_id = v.entity_id and e.version = v.version order by 1"
        )
    };
}

/// Some rows behind `$1`, and whether they ever had an event.
macro_rules! unheard {
    ($table:literal, $called:literal, $name:literal) => {
        concat!(
            "select r.id, r.name, v.version from (select id, ",
            $called,
            " as name from ",
            $table,
            " where id > $1 order by id limit $2) r left join entity_versions v \
             on v.domain = '",
            $name,
            "' and v.entity_id = r.id order by 1"
        )
    };
}

#[derive(FromRow)]
struct Row {
    text: String,
    config: Option<String>,
}

#[derive(FromRow)]
struct Compared {
    id: String,
    event_id: Option<String>,
    row_print: Option<String>,
    text: Option<String>,
    config: Option<String>,
}

/// A row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What it is of.
    pub kind: Domain,
    /// Its thing's id.
    pub id: String,
    /// What it is called there now; `None` where there is no row.
    pub name: Option<String>,
    /// Its digest; empty where there is no row.
    pub found: String,
}

/// Which rows are looked at next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    kind: usize,
    is_unheard: bool,
    after: String,
}

/// What a look at some rows found.
#[derive(Debug)]
pub struct Looked {
    /// How many were looked at.
    pub rows: usize,
    /// Those that do not fit.
    pub misfits: Vec<Misfit>,
    /// Where to go on; `None` at the end.
    pub next: Option<Place>,
}

impl Place {
    /// Before the first row.
    pub fn start() -> Self {
        Self {
            kind: 0,
            is_unheard: false,
            after: String::new(),
        }
    }

    /// Whether it is a place among things that had events, which most have.
    pub fn is_of_events(&self) -> bool {
        !self.is_unheard
    }

    fn behind(self, last: Option<String>) -> Option<Self> {
        match last {
            Some(after) => Some(Self { after, ..self }),
            None if !self.is_unheard => Some(Self {
                is_unheard: true,
                after: String::new(),
                ..self
            }),
            None => (self.kind + 1 < KINDS.len()).then(|| Self {
                kind: self.kind + 1,
                ..Self::start()
            }),
        }
    }
}

/// What `event` leaves of its thing's row; `None` where such things have none.
///
/// # Errors
/// When the database is away.
pub(super) async fn print(change: &mut Change, event: &Event) -> Result<Option<String>, Error> {
    let text = match event.domain {
        Domain::Project => rows!(project, "where id = $2"),
        Domain::Task => rows!(task, "where id = $2"),
        Domain::Plugin => rows!(plugin, "where id = $2"),
        Domain::User => rows!(user, "where id = $2"),
        Domain::Auth | Domain::System => return Ok(None),
    };
    let row = on!(change, conn => sqlx::query_as::<_, Row>(text)
        .bind(BETWEEN)
        .bind(&event.entity_id)
        .fetch_optional(conn)
        .await)?;
    let print = row.map(|row| digest(&row.text, row.config.as_deref()));
    Ok(Some(print.unwrap_or_default()))
}

fn digest(text: &str, config: Option<&str>) -> String {
    let config = config.map(|config| {
        let config = serde_json::from_str::<Value>(config).unwrap_or_default();
        vault::mask(&config).to_string()
    });
    let digest = Sha256::new()
        .chain_update(text)
        .chain_update(BETWEEN)
        .chain_update(config.unwrap_or_default())
        .finalize();
    hex(&digest)
}

/// Looks at up to `limit` rows. Each row and its last event are read in one statement, so that a
/// change which commits meanwhile is seen whole or not at all.
///
/// # Errors
/// When the database is away.
pub async fn look(db: &Db, place: Place, limit: i64) -> Result<Looked, Error> {
    let kind = KINDS[place.kind];
    let (ids, misfits) = match place.is_unheard {
        false => compare(db, kind, &place.after, limit).await?,
        true => unheard(db, kind, &place.after, limit).await?,
    };
    let is_full = ids.len() as i64 == limit;
    Ok(Looked {
        rows: ids.len(),
        misfits,
        next: place.behind(ids.into_iter().last().filter(|_| is_full)),
    })
}

async fn compare(
    db: &Db,
    kind: Domain,
    after: &str,
    limit: i64,
) -> Result<(Vec<String>, Vec<Misfit>), Error> {
    let text = match kind {
        Domain::Project => compared!(project, "project"),
        Domain::Task => compared!(task, "task"),
        Domain::Plugin => compared!(plugin, "plugin"),
        _ => compared!(user, "user"),
    };
    let rows = on!(db, conn => sqlx::query_as::<_, Compared>(text)
        .bind(BETWEEN)
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await)?;
    let misfits = rows.iter().filter_map(|row| row.misfit(kind)).collect();
    Ok((rows.into_iter().map(|row| row.id).collect(), misfits))
}

impl Compared {
    fn misfit(&self, kind: Domain) -> Option<Misfit> {
        let text = self.text.as_deref();
        let found = text.map(|text| digest(text, self.config.as_deref()));
        let found = found.unwrap_or_default();
        let fits = match (&self.event_id, &self.row_print) {
            (Some(_), Some(print)) => *print == found,
            // Of before there were prints.
            (Some(_), None) => true,
            (None, _) => false,
        };
        (!fits).then(|| Misfit {
            kind,
            id: self.id.clone(),
            name: text.and_then(|text| name_in(kind, text)),
            found,
        })
    }
}

/// The name in the text of a row.
fn name_in(kind: Domain, text: &str) -> Option<String> {
    let at = usize::from(kind == Domain::Task);
    text.split(BETWEEN).nth(at).map(str::to_owned)
}

async fn unheard(
    db: &Db,
    kind: Domain,
    after: &str,
    limit: i64,
) -> Result<(Vec<String>, Vec<Misfit>), Error> {
    let text = match kind {
        Domain::Project => unheard!("projects", "name", "project"),
        Domain::Task => unheard!("tasks", "name", "task"),
        Domain::Plugin => unheard!("plugins", "name", "plugin"),
        _ => unheard!("users", "username", "user"),
    };
    let rows = on!(db, conn => sqlx::query_as::<_, (String, String, Option<i64>)>(text)
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await)?;
    let unheard = rows.iter().filter(|(_, _, version)| version.is_none());
    let misfits = unheard.map(|(id, name, _)| Misfit {
        kind,
        id: id.clone(),
        name: Some(name.clone()),
        found: "without an event".to_owned(),
    });
    let misfits = misfits.collect();
    Ok((rows.into_iter().map(|(id, ..)| id).collect(), misfits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_sealed_anew_is_the_same_row_and_another_setting_is_another() {
        let sealed = |text: &str| format!(r#"{{"token":"$sealed$v1${text}","port":1}}"#);
        let first = digest("weather", Some(&sealed("a")));
        assert_eq!(first, digest("weather", Some(&sealed("b"))));
        assert_ne!(
            first,
            digest("weather", Some(r#"{"token":"plain","port":1}"#))
        );
        let other = sealed("a").replace("\"port\":1", "\"port\":2");
        assert_ne!(first, digest("weather", Some(&other)));
        assert_ne!(first, digest("wether", Some(&sealed("a"))));
    }

    #[test]
    fn a_row_that_does_not_fit_is_called_as_it_is_called_there() {
        let text = ["Rack", "For the cellar", "active"].join(BETWEEN);
        assert_eq!(name_in(Domain::Project, &text).as_deref(), Some("Rack"));
        let text = ["project-id", "Screws", "", "pending", "2"].join(BETWEEN);
        assert_eq!(name_in(Domain::Task, &text).as_deref(), Some("Screws"));
    }

    #[test]
    fn every_kind_is_looked_at_twice_and_then_it_ends() {
        let mut place = Some(Place::start());
        let mut seen = Vec::new();
        while let Some(at) = place {
            seen.push((at.kind, at.is_unheard));
            place = at.behind(None);
        }
        assert_eq!(seen.len(), 2 * KINDS.len());
        let full = Place::start().behind(Some("x".to_owned()));
        assert_eq!(full.map(|place| place.after), Some("x".to_owned()));
    }
}
