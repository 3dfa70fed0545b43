//! The form of a comment.

use chrono_tz::Tz;

use super::Comment;
use crate::db::Timestamp;
use crate::page::Problems;
use crate::page::field::{is_blank, prose};
use crate::page::kept::{Form, Kept};

impl Kept for Comment {
    type Edit = String;
    const FIELDS: &'static [&'static str] = &["text"];
    const PROSE: &'static [&'static str] = Self::FIELDS;

    fn blank() -> Vec<String> {
        vec![String::new()]
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn values(&self, _: Tz) -> Vec<String> {
        vec![self.text.clone()]
    }

    fn read(form: &Form<Self>, problems: &mut Problems) -> Option<String> {
        problems.take("text", said(form.value("text")))
    }
}

fn said(typed: &str) -> Result<String, String> {
    let text = prose(typed)?;
    match is_blank(&text) {
        true => Err("Write something first.".to_owned()),
        false => Ok(text.trim_end().to_owned()),
    }
}
