//! Views that people saved: lists with their filters, under names of their own.

pub mod routes;
pub mod store;
mod views;

use serde_json::json;

use super::Wish;
use crate::events::Event;
use crate::page::field::line;
use crate::page::{Posted, Problems};
use crate::projects::tasks::list_at;
use crate::users::SavedView;

/// The most views of one person, and the most of others that the side bar shows.
pub const MOST: i64 = 30;
/// The longest name, in characters: it stands in the side bar.
const NAME_MAX: usize = 60;

/// What a view is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// One line.
    pub name: String,
    /// Whether everybody sees it.
    pub is_shared: bool,
}

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// What was typed.
    pub edit: Edit,
    /// The list that it shows; empty where that is no matter.
    pub address: String,
    /// By field.
    pub problems: Problems,
}

impl Form {
    /// As sent by somebody who may share or not.
    pub fn read(posted: &Posted, may_share: bool) -> Self {
        let mut form = Self {
            edit: Edit {
                name: posted.text("name").trim().to_owned(),
                is_shared: posted.get("shared").is_some(),
            },
            address: posted.text("address").to_owned(),
            problems: Problems::default(),
        };
        form.problems.take("name", line(&form.edit.name));
        if form.edit.name.chars().count() > NAME_MAX {
            let message = format!("Use at most {NAME_MAX} characters: it stands in the side bar.");
            form.problems.add("name", &message);
        }
        if form.edit.is_shared && !may_share {
            let message = "Only maintainers and admins share views. Save it for yourself.";
            form.problems.add("shared", message);
        }
        form
    }

    /// The list that a new view is to show, as we write its address ourselves.
    pub fn checked_address(&mut self) -> Option<String> {
        let address = list_at(&self.address);
        let (path, query) = match &address {
            Some(address) => address.split_once('?').unwrap_or((address, "")),
            None => ("", ""),
        };
        let wish = Wish::read(query).ok().filter(|_| address.is_some());
        let Some(wish) = wish else {
            let message = "This is no list of tasks. Save the view from the list that it shows.";
            self.problems.add("address", message);
            return None;
        };
        Some(match wish.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        })
    }
}

/// What happened to a view. The name of one that nobody else sees is nobody else's business.
fn told(user_id: &str, event_type: &'static str, view: &SavedView) -> Event {
    let details = match view.is_shared {
        true => json!({
            "view_id": view.id, "shared": true, "view_name": view.name, "address": view.address,
        }),
        false => json!({ "view_id": view.id, "shared": false }),
    };
    Event::user(user_id, event_type, details)
}

/// A view was saved.
pub fn created(user_id: &str, view: &SavedView) -> Event {
    told(user_id, "view_saved", view)
}

/// It has another name, or is seen by others or no more.
pub fn changed(user_id: &str, view: &SavedView) -> Event {
    told(user_id, "view_changed", view)
}

/// It is gone.
pub fn deleted(user_id: &str, view: &SavedView) -> Event {
    told(user_id, "view_deleted", view)
}
