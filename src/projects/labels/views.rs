//! The pages of labels.

use askama::Template;

use super::{Entry, MOST};
use crate::page::Layout;
use crate::page::kept::Form;

/// The palette.
#[derive(Template)]
#[template(path = "labels/list.html", blocks = ["labels"])]
pub struct ListPage {
    layout: Layout,
    rows: Vec<Row>,
    add: Form<Entry>,
}

/// A label and its form.
struct Row {
    entry: Entry,
    form: Form<Entry>,
}

impl ListPage {
    /// With nothing typed.
    pub fn new(layout: Layout, entries: Vec<Entry>) -> Self {
        let zone = layout.zone();
        let rows = entries.into_iter().map(|entry| Row {
            form: Form::of(&entry, zone),
            entry,
        });
        Self {
            rows: rows.collect(),
            add: Form::blank(zone),
            layout,
        }
    }

    /// With the form of a new label as it was typed.
    pub fn with_new(self, form: Form<Entry>) -> Self {
        Self { add: form, ..self }
    }

    /// With the form of one of them as it was typed.
    pub fn with(mut self, form: Form<Entry>) -> Self {
        if let Some(row) = self.rows.iter_mut().find(|row| row.entry.id == form.id()) {
            row.form = form;
        }
        self
    }

    fn is_full(&self) -> bool {
        self.rows.len() as i64 >= MOST
    }
}

/// Asks before a label is deleted.
#[derive(Template)]
#[template(path = "labels/deletion.html")]
pub struct DeletionPage {
    layout: Layout,
    label: Entry,
}

impl DeletionPage {
    /// Of this one.
    pub fn new(layout: Layout, label: Entry) -> Self {
        Self { layout, label }
    }
}
