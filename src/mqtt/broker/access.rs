//! Who may say and hear what on the embedded broker: rules over topics, without a runtime.

/// The first level of every topic that only TaylorDash itself may publish on.
const OURS: &str = "tracker";

/// Client ids that begin so belong to the relay: a stranger with one of them would evict it.
pub(super) const RELAY_CLIENT_ID: &str = "taylordash-relay";

/// Whether a message on this topic may only come from the relay.
pub(super) fn is_ours(topic: &str) -> bool {
    topic.split('/').next() == Some(OURS)
}

/// Whether this topic, or this filter taken literally, is about people: their accounts and their
/// logins, which only admins may see. A filter that merely could match such a topic (`#`,
/// `tracker/events/+/created`) is not; its subscriber gets the rest of what it matches.
pub(super) fn is_confidential(topic: &str) -> bool {
    let mut levels = topic.split('/');
    levels.next() == Some(OURS)
        && levels.next() == Some("events")
        && matches!(levels.next(), Some("user" | "auth"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_below_tracker_is_ours_and_nothing_else() {
        for topic in [
            "tracker",
            "tracker/",
            "tracker/events/project/created",
            "tracker/state/x",
        ] {
            assert!(is_ours(topic), "{topic}");
        }
        for topic in [
            "",
            "/tracker",
            "tracker2/events",
            "home/tracker",
            "Tracker/events",
            "$SYS/x",
        ] {
            assert!(!is_ours(topic), "{topic}");
        }
    }

    #[test]
    fn events_about_people_are_confidential() {
        for topic in [
            "tracker/events/user",
            "tracker/events/user/created",
            "tracker/events/auth/#",
            "tracker/events/auth/+",
        ] {
            assert!(is_confidential(topic), "{topic}");
        }
        for topic in [
            "#",
            "tracker/events/#",
            "tracker/events/+/created",
            "+/events/user/#",
            "tracker/events/project/user",
            "tracker/events/users/created",
            "lab/events/user/created",
        ] {
            assert!(!is_confidential(topic), "{topic}");
        }
    }
}
