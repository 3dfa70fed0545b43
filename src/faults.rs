//! Faults on demand, for the fault suite: points where the program dies, and mistakes that it makes so
//! that the suite can be seen to find them. A release has none of them: without the cargo feature
//! `faults` every function here is empty.

#[cfg(feature = "faults")]
mod chosen;
#[cfg(feature = "faults")]
mod early;

use crate::events::Event;

/// Where the program may be told to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A change and its events are written, and not committed.
    BeforeCommit,
    /// They are committed, and nobody was told.
    AfterCommit,
    /// An event went out to the broker, which has not answered.
    AfterPublish,
    /// The broker has answered, and that is not noted yet.
    BeforeMark,
}

/// Dies here, where that is what was chosen.
#[inline]
pub fn point(point: Point) {
    #[cfg(feature = "faults")]
    chosen::pass(point);
    #[cfg(not(feature = "faults"))]
    let _ = point;
}

/// The mistake of publishing an event when it is written, before its change is committed.
#[inline]
pub fn written(event: &Event, payload: &str) {
    #[cfg(feature = "faults")]
    if chosen::is("publish_before_commit") {
        early::publish(event, payload);
    }
    #[cfg(not(feature = "faults"))]
    let _ = (event, payload);
}

/// The mistake of marking an event as delivered when it is sent; answers its position then.
#[inline]
pub fn delivered_early(position: i64) -> Option<i64> {
    #[cfg(feature = "faults")]
    if chosen::is("mark_before_ack") {
        return Some(position);
    }
    let _ = position;
    None
}

/// The mistake of reading the outbox on from the last row that was read, in the order in which rows were
/// written rather than committed; answers the statement to read by.
#[inline]
pub fn cursor(right: &'static str) -> &'static str {
    #[cfg(feature = "faults")]
    if chosen::is("cursor_by_id") {
        return "select position, id, domain, event_type, entity_id, payload from events \
                where seq > coalesce((select seq from events where position = $1), 0) \
                and position is not null and published_at is null order by seq limit $2";
    }
    right
}
