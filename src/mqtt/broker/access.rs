//! Who may say and hear what on the embedded broker: rules over topics, without a runtime.

use crate::mqtt::commands::ROOT;

/// The first level of every topic that is TaylorDash's own.
const OURS: &str = "tracker";

/// Client ids that begin so belong to the relay: a stranger with one of them would evict it.
pub(super) const RELAY_CLIENT_ID: &str = "taylordash-relay";

/// The longest filter, in bytes.
const LONGEST: usize = 256;

/// A topic filter (MQTT 5, 4.7), with `+` for one level and `#` for all that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(String);

/// What whoever logged in may hear and say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Somebody's own login: they hear all topics, but of events about people only an admin, and say
    /// what they like outside `tracker/`.
    Person {
        /// Whether they hear of accounts and logins.
        is_admin: bool,
    },
    /// The account of a plugin or a device: what its filters say. Events about people it hears only
    /// where a filter names them; below `tracker/` it says nothing but commands.
    Device {
        /// What it may hear.
        reads: Vec<Filter>,
        /// What it may say.
        writes: Vec<Filter>,
    },
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(format!("A topic filter has 1 to {LONGEST} characters."));
        }
        if text.chars().any(char::is_control) || text.starts_with('$') {
            return Err(format!("{text:?} is no topic filter of an account."));
        }
        let mut levels = text.split('/').peekable();
        while let Some(level) = levels.next() {
            let is_wild = level == "+" || (level == "#" && levels.peek().is_none());
            if !is_wild && level.contains(['+', '#']) {
                return Err(format!(
                    "In {text}, + stands for one whole level, and # for all that follow at the end."
                ));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a message on this topic fits.
    pub fn fits(&self, topic: &str) -> bool {
        if topic.starts_with('$') {
            return false;
        }
        let mut levels = topic.split('/');
        for wanted in self.0.split('/') {
            match (wanted, levels.next()) {
                ("#", _) => return true,
                ("+", Some(_)) => {}
                (wanted, Some(level)) if wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }

    /// Whether there is a topic that fits both.
    fn meets(&self, other: &str) -> bool {
        let (mut ours, mut theirs) = (self.0.split('/'), other.split('/'));
        loop {
            match (ours.next(), theirs.next()) {
                (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
                (Some(a), Some(b)) if a == b || a == "+" || b == "+" => {}
                _ => return false,
            }
        }
    }

    /// Whether it leads below `tracker/`, where nobody but TaylorDash says anything but commands.
    pub fn is_ours(&self) -> bool {
        is_ours(&self.0)
    }

    /// Whether all that fits it are commands to TaylorDash.
    pub fn is_of_commands(&self) -> bool {
        is_command(&self.0)
    }
}

impl Rights {
    /// Whether a message on this topic goes out to them.
    pub fn may_hear(&self, topic: &str) -> bool {
        match self {
            Self::Person { is_admin } => *is_admin || !is_confidential(topic),
            Self::Device { reads, .. } => reads
                .iter()
                .any(|filter| filter.fits(topic) && may_name(filter, topic)),
        }
    }

    /// Whether they may subscribe to `filter`: there is something in it for them.
    pub(super) fn may_ask(&self, filter: &str) -> bool {
        match self {
            Self::Person { is_admin } => *is_admin || !is_confidential(filter),
            Self::Device { reads, .. } => reads
                .iter()
                .any(|ours| ours.meets(filter) && may_name(ours, filter)),
        }
    }

    /// Whether a message of theirs on this topic is a command that may be theirs.
    pub(super) fn may_command(&self, topic: &str) -> bool {
        match self {
            Self::Person { .. } => true,
            Self::Device { writes, .. } => writes
                .iter()
                .any(|filter| filter.is_of_commands() && filter.fits(topic)),
        }
    }

    /// Whether a message of theirs on this topic is passed on.
    pub(super) fn may_say(&self, topic: &str) -> bool {
        !is_ours(topic)
            && match self {
                Self::Person { .. } => true,
                Self::Device { writes, .. } => writes.iter().any(|filter| filter.fits(topic)),
            }
    }
}

/// Whether an account with `filter` may hear what is on `topic`, as far as people are concerned.
fn may_name(filter: &Filter, topic: &str) -> bool {
    !is_confidential(topic) || is_confidential(&filter.0)
}

/// Whether a message on this topic is a command.
pub(super) fn is_command(topic: &str) -> bool {
    topic.starts_with(ROOT)
}

/// Whether a message on this topic may only come from the relay.
pub(super) fn is_ours(topic: &str) -> bool {
    topic.split('/').next() == Some(OURS)
}

/// Whether this topic, or this filter taken literally, is about people: their accounts and their
/// logins, which only admins may see. A filter that merely could match such a topic (`#`,
/// `tracker/events/+/created`) is not; its subscriber gets the rest of what it matches.
fn is_confidential(topic: &str) -> bool {
    let mut levels = topic.split('/');
    levels.next() == Some(OURS)
        && levels.next() == Some("events")
        && matches!(levels.next(), Some("user" | "auth"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(texts: &[&str]) -> Vec<Filter> {
        let read = |text: &&str| Filter::parse(text);
        texts.iter().map(read).collect::<Result<_, _>>().unwrap()
    }

    fn device(reads: &[&str], writes: &[&str]) -> Rights {
        Rights::Device {
            reads: filters(reads),
            writes: filters(writes),
        }
    }

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

    #[test]
    fn a_filter_has_its_wild_cards_where_the_protocol_has_them() {
        for good in ["#", "+", "a", "a/", "/", "a/+/b", "a/#", "+/+/#", "a b/ü"] {
            assert!(Filter::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a#",
            "#/a",
            "a/#/b",
            "a+/b",
            "$SYS/#",
            "$share/g/a",
            "a\nb",
            "a\u{0}",
        ] {
            assert!(Filter::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Filter::parse(&"x".repeat(257)).is_err());
    }

    #[test]
    fn a_topic_fits_a_filter_level_by_level() {
        for (filter, topic) in [
            ("#", "a/b/c"),
            ("a/#", "a"),
            ("a/#", "a/b/c"),
            ("+/b", "a/b"),
            ("+", ""),
            ("a/+/c", "a//c"),
        ] {
            assert!(filters(&[filter])[0].fits(topic), "{filter} {topic}");
        }
        for (filter, topic) in [
            ("a", "a/b"),
            ("a/+", "a"),
            ("a/+", "a/b/c"),
            ("+/b", "a/c"),
            ("#", "$SYS/x"),
            ("+/x", "$SYS/x"),
            ("a/#", "ab"),
        ] {
            assert!(!filters(&[filter])[0].fits(topic), "{filter} {topic}");
        }
    }

    #[test]
    fn a_subscription_is_taken_where_a_topic_fits_both() {
        let lamp = device(&["home/+/state", "tracker/events/task/#"], &[]);
        for filter in [
            "#",
            "home/#",
            "home/lamp/+",
            "+/+/state",
            "tracker/#",
            "tracker/events/task/moved",
        ] {
            assert!(lamp.may_ask(filter), "{filter}");
        }
        for filter in [
            "home",
            "home/lamp/set",
            "tracker/events/project/#",
            "lab/#",
            "home/a/b/state",
        ] {
            assert!(!lamp.may_ask(filter), "{filter}");
        }
    }

    #[test]
    fn a_device_hears_of_people_only_where_a_filter_of_its_own_names_them() {
        let logins = "tracker/events/auth/logged_in";
        for rights in [
            device(&["#"], &[]),
            device(&["tracker/#"], &[]),
            device(&["tracker/events/+/+"], &[]),
        ] {
            assert!(!rights.may_hear(logins));
            assert!(!rights.may_ask("tracker/events/auth/#"));
            assert!(rights.may_ask("tracker/#"));
            assert!(rights.may_hear("tracker/events/task/moved"));
        }
        let guard = device(&["tracker/events/auth/#"], &[]);
        assert!(guard.may_hear(logins) && guard.may_ask("tracker/events/auth/+"));
        assert!(!guard.may_hear("tracker/events/user/created"));
    }

    #[test]
    fn nobody_says_anything_below_tracker_and_a_device_only_what_its_filters_say() {
        let all = device(&[], &["#", "tracker/#"]);
        let lamp = device(&["#"], &["home/lamp/#"]);
        for rights in [&all, &lamp, &Rights::Person { is_admin: true }] {
            assert!(!rights.may_say("tracker/events/task/moved"));
            assert!(!rights.may_say("tracker"));
            assert!(rights.may_say("home/lamp/state"));
        }
        assert!(!lamp.may_say("home/door"));
        assert!(!device(&["#"], &[]).may_say("home/lamp/state"));
    }
}
