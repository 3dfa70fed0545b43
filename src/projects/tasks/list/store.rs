//! The list of tasks in the database.

use sqlx::FromRow;

use super::sort::{Key, Place, Sort};
use super::statement::{Ask, Statement, Way, cheapest, counting};
use super::terms::Value;
use super::wish::Wish;
use crate::db::Db;
use crate::db::dialect::assembled;
use crate::error::Error;
use crate::on;
use crate::projects::labels::Label;
use crate::projects::tasks::{Status, Task};

/// Tasks on one page.
pub const PAGE_SIZE: i64 = 50;
/// How many names of a kind a filter offers; any other can be in the address.
const OFFERED: i64 = 200;

/// A task in a list, and in an export. In a list its description is left out.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    /// The task.
    #[sqlx(flatten)]
    pub task: Task,
    /// Its project's name.
    pub project_name: String,
    name_key: String,
}

/// Runs a statement that was put together, and binds its values.
macro_rules! fetch {
    ($db:expr, $row:ty, $statement:expr) => {
        on!($db, conn => {
            let Statement { text, values } = $statement.clone();
            // Each is planned for its own values: how many rows they let through decides.
            let mut query = sqlx::query_as::<_, $row>(assembled(text)).persistent(false);
            for value in values {
                query = match value {
                    Value::Text(text) => query.bind(text),
                    Value::Moment(at) => query.bind(at),
                    Value::Day(day) => query.bind(day),
                };
            }
            query.fetch_all(conn).await
        })
    };
}

/// The cheapest way to what is asked for: one query, where it has to be counted.
///
/// # Errors
/// When the database is away.
pub async fn way(db: &Db, ask: &Ask) -> Result<Way, Error> {
    if let Some(way) = ask.plain_way() {
        return Ok(way);
    }
    let counts = fetch!(db, (i64, i64), counting(ask, db.is_postgres()))?;
    Ok(cheapest(ask, &counts))
}

/// Up to `ask.limit` tasks, in order.
///
/// # Errors
/// When the database is away.
pub async fn rows(db: &Db, ask: &Ask, way: Way) -> Result<Vec<Row>, Error> {
    Ok(fetch!(db, Row, ask.statement(way, db.is_postgres()))?)
}

impl Row {
    /// Whether it is done.
    pub fn is_done(&self) -> bool {
        self.task.status() == Status::Done
    }

    /// The statuses it can be set to, each with its word.
    pub fn statuses(&self) -> [(&'static str, &'static str); 4] {
        Status::ALL.map(|status| (status.as_str(), status.word()))
    }

    /// Where it stands in a list that is sorted so.
    pub fn place(&self, sort: Sort) -> Place {
        let task = &self.task;
        let rank = Status::ALL.iter().position(|one| *one == task.status());
        let key = match sort {
            Sort::Made => Key::Moment(task.created_at),
            Sort::Changed => Key::Moment(task.updated_at),
            Sort::Due => Key::Moment(task.due_at.unwrap_or(super::sort::undated())),
            Sort::Priority => Key::Rank(task.priority, task.created_at),
            Sort::Name => Key::Name(self.name_key.clone()),
            Sort::Status => Key::Rank(rank.unwrap_or_default() as i32, task.created_at),
        };
        Place {
            key,
            id: task.id.clone(),
        }
    }
}

/// What a filter offers, and the names of what was chosen.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// People: their ids and user names.
    pub people: Vec<(String, String)>,
    /// The labels.
    pub labels: Vec<Label>,
    /// Plugins: their ids and names.
    pub plugins: Vec<(String, String)>,
}

/// What a filter offers, and what was chosen even where that is not offered, in one query.
///
/// # Errors
/// When the database is away.
pub async fn offer(db: &Db, wish: &Wish) -> Result<Offer, Error> {
    let mut values = vec![
        Value::Text(wish.person().unwrap_or_default().to_owned()),
        Value::Text(wish.about.clone().unwrap_or_default()),
    ];
    values.extend(wish.labels.iter().cloned().map(Value::Text));
    let labels: Vec<String> = (3..=values.len())
        .map(|number| format!("${number}"))
        .collect();
    let is_chosen = match labels.is_empty() {
        true => "id = ''".to_owned(),
        false => format!("id in ({})", labels.join(", ")),
    };
    let text = format!(
        "select * from (select 'person' as kind, id, username as name, '' as color from users \
         where disabled_at is null or username = $1 \
         order by case username when $1 then 0 else 1 end, username limit {OFFERED}) a union all \
         select * from (select 'plugin', id, name, '' from plugins \
         order by case id when $2 then 0 else 1 end, name, id limit {OFFERED}) b union all \
         select * from (select 'label', id, name, color from labels \
         order by case when {is_chosen} then 0 else 1 end, folded_name limit {OFFERED}) c"
    );
    let found = fetch!(
        db,
        (String, String, String, String),
        Statement { text, values }
    )?;
    let mut offer = Offer::default();
    for (kind, id, name, color) in found {
        match kind.as_str() {
            "person" => offer.people.push((id, name)),
            "plugin" => offer.plugins.push((id, name)),
            _ => offer.labels.push(Label { id, name, color }),
        }
    }
    Ok(offer)
}
