//! The demo's saved views.

use super::What;
use crate::app::StartError;
use crate::events::{Change, new_id};
use crate::projects::tasks::list::saved::{created, store};
use crate::users::SavedView;

/// Hours ago, by whom, its name, its list, and whether it is shared.
const VIEWS: [(i64, &str, &str, &str, bool); 3] = [
    (90, "sam", "Waits for something", "/tasks?blocked=yes", true),
    (
        62,
        "alex",
        "Hardware to buy and fit",
        "/tasks?q=order&status=pending",
        true,
    ),
    (
        40,
        "alex",
        "Mine, most urgent first",
        "/tasks?assignee=me&sort=priority",
        false,
    ),
];

/// Saves a view.
pub(super) fn steps() -> Vec<super::Step> {
    let step = |(hours_ago, by, name, address, is_shared): (i64, &str, &str, &str, bool)| {
        let view = SavedView {
            id: new_id(),
            name: name.to_owned(),
            address: address.to_owned(),
            is_shared,
            is_own: true,
        };
        super::Step {
            hours_ago,
            by: by.to_owned(),
            what: What::View(view),
        }
    };
    VIEWS.map(step).into_iter().collect()
}

/// Does it.
pub(super) async fn take(mut change: Change, view: &SavedView) -> Result<(), StartError> {
    let user_id = change.actor().id.clone().unwrap_or_default();
    store::insert(&mut change, &user_id, view).await?;
    Ok(change.commit(created(&user_id, view)).await?)
}
