//! The form of a label.

use chrono_tz::Tz;

use super::{Color, Edit, Entry, Refused};
use crate::db::Timestamp;
use crate::page::Problems;
use crate::page::field::{choice, line};
use crate::page::kept::{Form, Kept};

/// The longest name, in characters: it stands on one line beside others.
const NAME_MAX: usize = 40;

impl Kept for Entry {
    type Edit = Edit;
    const FIELDS: &'static [&'static str] = &["name", "color"];

    fn blank() -> Vec<String> {
        vec![String::new(), Color::default().to_string()]
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn values(&self, _: Tz) -> Vec<String> {
        vec![self.name.clone(), self.color.clone()]
    }

    fn read(form: &Form<Self>, problems: &mut Problems) -> Option<Edit> {
        let name = problems.take("name", name(form.value("name")));
        let color = problems.take("color", choice(form.value("color"), &Color::ALL));
        Some(Edit {
            name: name?,
            color: color?,
        })
    }
}

fn name(typed: &str) -> Result<String, String> {
    let name = line(typed)?;
    let length = name.chars().count();
    if length > NAME_MAX {
        return Err(format!(
            "This has {length} characters; use at most {NAME_MAX}."
        ));
    }
    Ok(name)
}

impl Form<Entry> {
    /// With what is refused at its field.
    pub fn without(mut self, refused: Refused) -> Self {
        self.problems.add("name", refused.told());
        self
    }

    /// The colours to choose from.
    pub fn colors(&self) -> [Color; 9] {
        Color::ALL
    }
}
