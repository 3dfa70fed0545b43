//! Where one goes on in a form that was shown again.

use super::field::{Control, Field, Item};

/// Where in a field the focus goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// Elsewhere.
    #[default]
    No,
    /// To its control.
    Here,
    /// To the choice of its kind, or to its control where there is none.
    Kind,
    /// To the name of its row.
    Key,
    /// To the button that moves it up.
    Up,
    /// To the button that moves it down.
    Down,
}

/// Of which field, and where in it.
#[derive(Debug, Clone)]
pub(super) struct Aim {
    pub name: String,
    pub focus: Focus,
}

impl Field {
    /// The id of the element where one begins to fill it in: the summary links to it.
    #[must_use]
    pub fn target(&self) -> &str {
        match (&self.control, self.choices.first()) {
            (Control::Missing, Some(kind)) => &kind.id,
            _ => &self.id,
        }
    }

    /// Whether the focus goes to the choice of its kind.
    #[must_use]
    pub fn is_kind_focused(&self) -> bool {
        let first = matches!(self.control, Control::Missing);
        let wanted = self.focus == Focus::Kind || (first && self.focus == Focus::Here);
        wanted && !self.choices.is_empty()
    }

    /// Whether the focus goes to its control.
    #[must_use]
    pub fn is_control_focused(&self) -> bool {
        matches!(self.focus, Focus::Here | Focus::Kind) && !self.is_kind_focused()
    }

    /// Whether a fold around it has to be open: for the focus to find its way in, or to show what is
    /// wrong.
    #[must_use]
    pub fn is_unfolded(&self) -> bool {
        matches!(self.focus, Focus::Here | Focus::Kind) || !self.errors.is_empty()
    }
}

impl Item {
    /// Whether the focus goes to the button that moves it up: whoever pressed it may press it again,
    /// and at either end the other one is left.
    #[must_use]
    pub fn is_up_focused(&self) -> bool {
        let wanted = match self.field.focus {
            Focus::Up => true,
            Focus::Down => !self.can_sink,
            _ => false,
        };
        wanted && self.can_rise
    }

    /// Whether the focus goes to the button that moves it down.
    #[must_use]
    pub fn is_down_focused(&self) -> bool {
        let wanted = match self.field.focus {
            Focus::Down => true,
            Focus::Up => !self.can_rise,
            _ => false,
        };
        wanted && self.can_sink
    }
}
