//! The topics on which the broker may hold a state.

use super::rows::Kind;
use crate::db::Db;
use crate::db::among::{among, list};
use crate::mqtt::lease::{Term, is_ours};
use crate::on;

/// The summary of all.
pub(super) const SUMMARY: &str = "tracker/state/summary";

impl Kind {
    /// The topic of one; `None` for an id that cannot stand in a topic (MQTT 5, 4.7).
    pub(super) fn topic(self, id: &str) -> Option<String> {
        let is_plain = !id.is_empty() && !id.contains(['+', '#', '/', '\0']);
        is_plain.then(|| format!("{}{id}", self.prefix()))
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Project => "tracker/state/project/",
            Self::Plugin => "tracker/state/plugin/",
        }
    }
}

/// Notes them before they are published; does nothing where the lease is another node's.
pub(super) async fn keep(db: &Db, term: &Term, topics: &[&str]) -> Result<(), sqlx::Error> {
    let text = among!(db.is_postgres(), |these| concat!(
        "select topic from retained_topics where topic in ",
        these!("$1")
    ));
    let known = on!(db, conn => sqlx::query_scalar::<_, String>(text)
        .bind(list(topics))
        .fetch_all(conn)
        .await)?;
    let unknown = topics
        .iter()
        .filter(|topic| !known.iter().any(|k| k == *topic));
    let unknown: Vec<&str> = unknown.copied().collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let text = among!(db.is_postgres(), |these| concat!(
        "insert into retained_topics (topic) select * from ",
        these!("$3"),
        " as unknown where ",
        is_ours!(),
        " on conflict do nothing"
    ));
    on!(db.writer(), conn => sqlx::query(text)
        .bind(&*term.holder)
        .bind(term.epoch)
        .bind(list(&unknown))
        .execute(conn)
        .await
        .map(|_| ()))
}

/// Some topics of projects, or plugins, that are gone.
macro_rules! gone {
    (project, $($which:expr),+) => {
        concat!(
            "select topic from retained_topics r where not exists \
             (select 1 from live_projects p where p.id = substr(r.topic, 23)) and ",
            $($which),+
        )
    };
    (plugin, $($which:expr),+) => {
        concat!(
            "select topic from retained_topics r where not exists \
             (select 1 from plugins p where p.id = substr(r.topic, 22)) and ",
            $($which),+
        )
    };
}

/// Those of these things that are gone.
pub(super) async fn gone(db: &Db, kind: Kind, ids: &[String]) -> Result<Vec<String>, sqlx::Error> {
    let text = among!(db.is_postgres(), |these| match kind {
        Kind::Project => gone!(project, "topic in ", these!("$1")),
        Kind::Plugin => gone!(plugin, "topic in ", these!("$1")),
    });
    let topics: Vec<String> = ids.iter().filter_map(|id| kind.topic(id)).collect();
    on!(db, conn => sqlx::query_scalar::<_, String>(text)
        .bind(list(&topics))
        .fetch_all(conn)
        .await)
}

/// Some of those whose things are gone.
pub(super) async fn all_gone(
    db: &Db,
    kind: Kind,
    limit: usize,
) -> Result<Vec<String>, sqlx::Error> {
    let text = match kind {
        Kind::Project => gone!(
            project,
            "topic >= 'tracker/state/project/' and topic < 'tracker/state/project0' \
             order by topic limit $1"
        ),
        Kind::Plugin => gone!(
            plugin,
            "topic >= 'tracker/state/plugin/' and topic < 'tracker/state/plugin0' \
             order by topic limit $1"
        ),
    };
    on!(db, conn => sqlx::query_scalar::<_, String>(text)
        .bind(limit as i64)
        .fetch_all(conn)
        .await)
}

/// The broker holds nothing on them any more; does nothing where the lease is another node's.
pub(super) async fn forget(db: &Db, term: &Term, topics: &[String]) -> Result<(), sqlx::Error> {
    if topics.is_empty() {
        return Ok(());
    }
    let text = among!(db.is_postgres(), |these| concat!(
        "delete from retained_topics where topic in ",
        these!("$3"),
        " and ",
        is_ours!()
    ));
    on!(db.writer(), conn => sqlx::query(text)
        .bind(&*term.holder)
        .bind(term.epoch)
        .bind(list(topics))
        .execute(conn)
        .await
        .map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stands_where_the_statements_look_for_it() {
        for (kind, place) in [(Kind::Project, 23), (Kind::Plugin, 22)] {
            let topic = kind.topic("x1").unwrap_or_default();
            assert_eq!(&topic[place - 1..], "x1");
        }
    }

    #[test]
    fn an_id_that_would_be_a_wildcard_or_a_level_has_no_topic() {
        for id in ["", "a/b", "+", "a#", "\0"] {
            assert_eq!(Kind::Plugin.topic(id), None, "{id:?}");
        }
    }
}
