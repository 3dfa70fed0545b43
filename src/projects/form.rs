//! The form of a project.

use chrono_tz::Tz;

use super::{Edit, Project, Status};
use crate::db::Timestamp;
use crate::page::Problems;
use crate::page::field::{choice, line, prose};
use crate::page::kept::{Form, Kept};

impl Kept for Project {
    type Edit = Edit;
    const FIELDS: &'static [&'static str] = &["name", "description", "status"];
    const PROSE: &'static [&'static str] = &["description"];

    fn blank() -> Vec<String> {
        let status = Status::default().to_string();
        vec![String::new(), String::new(), status]
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn values(&self, _: Tz) -> Vec<String> {
        vec![
            self.name.clone(),
            self.description.clone(),
            self.status.clone(),
        ]
    }

    fn read(form: &Form<Self>, problems: &mut Problems) -> Option<Edit> {
        let name = problems.take("name", line(form.value("name")));
        let description = problems.take("description", prose(form.value("description")));
        let status = problems.take("status", choice(form.value("status"), &Status::ALL));
        Some(Edit {
            name: name?,
            description: description?,
            status: status?,
        })
    }
}

impl Form<Project> {
    /// The statuses to choose from, each with its word.
    pub fn statuses(&self) -> Vec<(&'static str, &'static str)> {
        let pair = |status: Status| (status.as_str(), status.word());
        Status::ALL.map(pair).to_vec()
    }
}
