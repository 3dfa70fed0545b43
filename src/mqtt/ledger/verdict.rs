//! What the ledger makes of what the broker does.

/// What the broker's answer was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mqtt) enum Answered {
    /// An event, which it took or refused.
    Event { is_taken: bool },
    /// A message that is no event.
    Extra { is_taken: bool },
    /// Nothing that is on its way.
    Nothing,
}

/// Whose fault it is that the broker ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mqtt) enum Blame {
    /// One of several messages'.
    Several,
    /// An event's: it counts as refused.
    Event,
    /// A message's that is no event.
    Extra,
    /// Nothing was on its way.
    Nobody,
}
