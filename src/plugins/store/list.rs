//! The list of plugins: which it shows, and what it takes out of their JSON.

use sqlx::FromRow;

use crate::db::dialect::contains;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::on;
use crate::page::{Cursor, Paged};
use crate::plugins::{Kind, Status, tone_of};

/// A plugin in a list.
#[derive(Clone, Debug, FromRow)]
pub struct Listed {
    /// The manifest's id.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it does; may be empty.
    pub description: String,
    /// ui, data, integration or system.
    #[sqlx(rename = "type")]
    pub type_: String,
    /// See [`Status`].
    pub status: String,
    /// Semantic Versioning 2.0.
    pub version: String,
    /// Whether its configuration says `"enabled": true`, or the text `"true"`.
    pub enabled: bool,
    /// `settings.theme` of its configuration, where that is a text.
    pub theme: Option<String>,
    /// How many permissions it asks for.
    pub permission_count: i64,
    /// 0 to 100.
    pub security_score: i64,
    /// How often it was denied something.
    pub security_violations: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When anything of it was last changed.
    pub updated_at: Timestamp,
}

impl Listed {
    /// How its score is shown.
    pub fn tone(&self) -> &'static str {
        tone_of(self.security_score)
    }

    /// What it does, in one line.
    pub fn summary(&self) -> String {
        const LENGTH: usize = 120;
        let line = self.description.lines().next().unwrap_or_default();
        match line.char_indices().nth(LENGTH) {
            Some((end, _)) => format!("{}…", line[..end].trim_end()),
            None => line.to_owned(),
        }
    }
}

/// Which plugins a list shows: those that fit everything that is asked.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Only these.
    pub status: Option<Status>,
    /// Only of this type.
    pub kind: Option<Kind>,
    /// Only with this in id, name, description or author, without regard to case.
    pub text: String,
}

/// The list's query, but for the two places where the engines ask a JSON document differently.
macro_rules! listed {
    (enabled: $enabled:literal, theme: $theme:literal, permissions: $permissions:literal) => {
        concat!(
            "select id, name, substr(description, 1, 200) as description, type, status, version, ",
            $enabled,
            " as enabled, ",
            $theme,
            " as theme, ",
            $permissions,
            " as permission_count, security_score, security_violations, created_at, updated_at \
             from plugins where (created_at, id) < ($1, $2) and ($3 = '' or status = $3) \
             and ($4 = '' or type = $4) and ($5 = '' or search_text like $5 escape '\\') \
             order by created_at desc, id desc limit $6"
        )
    };
}

const LISTED_ON_POSTGRES: &str = listed!(
    enabled: "coalesce(config -> 'enabled' in ('true', '\"true\"'), false)",
    theme: "case when jsonb_typeof(config #> '{settings,theme}') = 'string' \
            then config #>> '{settings,theme}' end",
    permissions: "case when jsonb_typeof(permissions) = 'array' \
                  then jsonb_array_length(permissions) else 0 end::bigint"
);

const LISTED_ON_SQLITE: &str = listed!(
    enabled: "coalesce(json_type(config, '$.enabled') = 'true' \
              or (json_type(config, '$.enabled') = 'text' and config ->> '$.enabled' = 'true'), false)",
    theme: "case when json_type(config, '$.settings.theme') = 'text' \
            then config ->> '$.settings.theme' end",
    permissions: "json_array_length(permissions)"
);

/// One page of the plugins that fit, newest first.
///
/// # Errors
/// When the database is away.
pub async fn page(db: &Db, wish: &Wish, before: &Cursor) -> Result<Paged<Listed>, Error> {
    let query = match db.is_postgres() {
        true => LISTED_ON_POSTGRES,
        false => LISTED_ON_SQLITE,
    };
    let pattern = match wish.text.as_str() {
        "" => String::new(),
        text => contains(text),
    };
    let rows = on!(db, conn => sqlx::query_as::<_, Listed>(query)
        .bind(before.created_at())
        .bind(before.id())
        .bind(wish.status.map_or("", Status::as_str))
        .bind(wish.kind.map_or("", Kind::as_str))
        .bind(pattern)
        .bind(Paged::<Listed>::LIMIT)
        .fetch_all(conn)
        .await)?;
    Ok(Paged::new(rows, |row| {
        Cursor::after(row.created_at, &row.id)
    }))
}
