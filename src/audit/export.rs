//! The trail as a file: a spreadsheet's, or one JSON object a line.

use serde_json::Value;

use super::address_in;
use crate::events::store::Recorded;
use crate::page::csv::line;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// One payload a line.
    JsonLines,
}

impl Format {
    /// By its name in the query.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// Its media type (RFC 7111; `application/jsonl` is in use, and not registered).
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/jsonl",
        }
    }

    /// Its name on the disk.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "taylordash-audit.csv",
            Self::JsonLines => "taylordash-audit.jsonl",
        }
    }

    /// What stands before the first line.
    pub const fn head(self) -> &'static str {
        match self {
            Self::Csv => "time,action,who,whom,address,times,details,id,trace_id\r\n",
            Self::JsonLines => "",
        }
    }

    /// An event as a line.
    pub fn line(self, event: &Recorded) -> String {
        match self {
            Self::JsonLines => format!("{}\n", event.payload),
            Self::Csv => csv(event),
        }
    }
}

fn csv(event: &Recorded) -> String {
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
    let details = &payload["details"];
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let whom = event.name.as_ref().unwrap_or(&event.entity_id);
    let cells = [
        event.created_at.rfc3339(),
        format!("{}.{}", event.domain, event.event_type),
        event.actor.clone(),
        whom.clone(),
        address_in(details).to_owned(),
        text(&details["times"]),
        details.to_string(),
        event.id.clone(),
        text(&payload["trace_id"]),
    ];
    line(cells.iter().map(String::as_str))
}
