//! What people decide on events that were refused, as events of the deployment.

use serde_json::json;

use crate::events::{Domain, Event};
use crate::users::Role;

/// It is sent again.
pub(super) fn sent_again(deployment: &str, letter: &Letter) -> Event {
    of(deployment, "delivery_retried", letter)
}

/// It is not sent, and the next ones of its thing go.
pub(super) fn given_up(deployment: &str, letter: &Letter) -> Event {
    of(deployment, "delivery_given_up", letter)
}

/// Which event somebody decided on.
pub(super) struct Letter {
    pub(super) event_id: String,
    pub(super) domain: Domain,
}

/// Everybody sees these, so that they say no more than everybody may know.
fn of(deployment: &str, event_type: &'static str, letter: &Letter) -> Event {
    let domain = letter
        .domain
        .visible_to(Role::Viewer)
        .then_some(letter.domain);
    let details = json!({ "event_id": letter.event_id, "domain": domain });
    Event::system(deployment, event_type, details)
}
