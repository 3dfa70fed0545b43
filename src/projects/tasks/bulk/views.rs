//! The page of a change of many tasks that was refused, or of which it is not said yet what it is.

use askama::Template;

use super::{BulkForm, Picked};
use crate::page::Layout;
use crate::projects::labels::Label;

/// The tasks that were chosen, and what is to be done with them.
#[derive(Template)]
#[template(path = "tasks/bulk.html")]
pub struct BulkPage {
    layout: Layout,
    form: BulkForm,
    picked: Vec<Picked>,
    people: Vec<String>,
    labels: Vec<Label>,
}

impl BulkPage {
    /// With what was chosen.
    pub fn new(
        layout: Layout,
        form: BulkForm,
        picked: Vec<Picked>,
        (people, labels): (Vec<String>, Vec<Label>),
    ) -> Self {
        Self {
            layout,
            form,
            picked,
            people,
            labels,
        }
    }

    fn title(&self) -> String {
        match self.picked.len() {
            0 => "Change tasks".to_owned(),
            1 => "Change one task".to_owned(),
            count => format!("Change {count} tasks"),
        }
    }
}
