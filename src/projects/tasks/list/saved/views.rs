//! The page of saved views.

use askama::Template;

use super::store::Kept;
use super::{Edit, Form};
use crate::events::new_id;
use crate::page::Layout;
use crate::users::SavedView;

/// Somebody's views, and what others share.
#[derive(Template)]
#[template(path = "tasks/views.html")]
pub struct ViewsPage {
    layout: Layout,
    rows: Vec<Row>,
    /// A new one that was refused.
    new: Option<Form>,
}

struct Row {
    view: SavedView,
    owner: String,
    may_change: bool,
    form: Form,
}

impl ViewsPage {
    /// With nothing typed.
    pub fn new(layout: Layout, user_id: &str, views: &[Kept]) -> Self {
        let row = |kept: &Kept| {
            let view = kept.seen_by(user_id);
            Row {
                owner: kept.owner.clone(),
                may_change: view.is_own || layout.may_admin(),
                form: Form {
                    edit: Edit {
                        name: view.name.clone(),
                        is_shared: view.is_shared,
                    },
                    ..Form::default()
                },
                view,
            }
        };
        Self {
            rows: views.iter().map(row).collect(),
            new: None,
            layout,
        }
    }

    /// With a form that was refused, as it was typed: of the view of this id, or of a new one.
    pub fn with(mut self, id: &str, form: Form) -> Self {
        match self.rows.iter_mut().find(|row| row.view.id == id) {
            Some(row) => row.form = form,
            None => self.new = Some(form),
        }
        self
    }

    fn once(&self) -> String {
        new_id()
    }
}
