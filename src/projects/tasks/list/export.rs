//! A list as a file: a spreadsheet's, or one JSON document.

use serde_json::json;

use super::statement::Ask;
use super::store::Row;
use crate::page::csv;
use crate::projects::tasks::Due;

/// Tasks that are read at once.
const BATCH: i64 = 500;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// An array of objects.
    Json,
}

const HEAD: [&str; 14] = [
    "id",
    "project_id",
    "project",
    "name",
    "description",
    "status",
    "priority",
    "due",
    "assignee",
    "labels",
    "about",
    "waits_for",
    "created_at",
    "updated_at",
];

impl Format {
    /// By its name in the address.
    pub fn asked(query: &str) -> Option<Self> {
        let mut fields = url::form_urlencoded::parse(query.as_bytes());
        let (_, name) = fields.find(|(field, _)| field == "format")?;
        match &*name {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Its media type (RFC 7111, RFC 8259).
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }

    /// Its name on the disk.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "taylordash-tasks.csv",
            Self::Json => "taylordash-tasks.json",
        }
    }

    /// Some rows, with what stands before the first and behind the last of all. A JSON document that
    /// broke off is none.
    pub fn batch(self, rows: &[Row], is_first: bool, is_last: bool) -> String {
        match self {
            Self::Csv => {
                let head = match is_first {
                    true => csv::line(HEAD),
                    false => String::new(),
                };
                rows.iter().fold(head, |text, row| text + &csv_line(row))
            }
            Self::Json => {
                let before = if is_first { "[\n" } else { ",\n" };
                let before = if rows.is_empty() && !is_first {
                    ""
                } else {
                    before
                };
                let behind = if is_last { "\n]\n" } else { "" };
                let rows: Vec<String> = rows.iter().map(json_object).collect();
                format!("{before}{}{behind}", rows.join(",\n"))
            }
        }
    }
}

fn csv_line(row: &Row) -> String {
    let task = &row.task;
    let labels: Vec<String> = task.labels().into_iter().map(|label| label.name).collect();
    let cells = [
        &task.id,
        &task.project_id,
        &row.project_name,
        &task.name,
        &task.description,
        &task.status,
        task.priority().as_str(),
        &task.due().map(Due::told).unwrap_or_default(),
        task.assignee.as_deref().unwrap_or_default(),
        &labels.join(", "),
        task.about.as_deref().unwrap_or_default(),
        &task.waits_for.to_string(),
        &task.created_at.rfc3339(),
        &task.updated_at.rfc3339(),
    ];
    csv::line(cells)
}

fn json_object(row: &Row) -> String {
    let task = &row.task;
    let labels: Vec<String> = task.labels().into_iter().map(|label| label.name).collect();
    let object = json!({
        "id": task.id,
        "project_id": task.project_id,
        "project": row.project_name,
        "name": task.name,
        "description": task.description,
        "status": task.status,
        "priority": task.priority().as_str(),
        "due": task.due().map(Due::told),
        "assignee": task.assignee,
        "labels": labels,
        "about": task.about,
        "waits_for": task.waits_for,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
    });
    object.to_string()
}

impl Ask {
    /// For an export: whole, many at once.
    pub fn in_batches(self) -> Self {
        Self {
            limit: BATCH,
            is_whole: true,
            ..self
        }
    }

    /// The next batch; `None` where these were the last.
    pub fn behind_batch(&self, rows: &[Row]) -> Option<Self> {
        let is_full = i64::try_from(rows.len()) == Ok(self.limit);
        let last = rows.last().filter(|_| is_full)?;
        Some(Self {
            place: Some(last.place(self.wish.sort())),
            ..self.clone()
        })
    }
}
