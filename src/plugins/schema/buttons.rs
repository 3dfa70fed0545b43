//! The buttons of a single place: what a control alone cannot say (absent, empty, nothing).

use super::apply::Applied;
use super::controls;
use super::field::{Action, Control};
use super::node::{Held, Node};
use super::pointer;
use super::shape::Place;

/// The buttons of a place.
pub(super) fn of(
    place: &Place,
    applied: &Applied<'_>,
    node: &Node,
    control: &Control,
    nullable: bool,
) -> Vec<Action> {
    let name = pointer::name(&place.name);
    let act = |verb: &str, label: &str| Action {
        value: format!("{verb} {name}"),
        label: label.to_owned(),
    };
    if controls::is_read_only(applied) {
        return Vec::new();
    }
    let optional = !place.required && !place.member && place.depth > 0;
    let default = applied.own(|sub| sub.notes.default.as_ref()).is_some();
    let null = matches!(node.held, Held::Null);
    let choose = !applied.choices.is_empty();
    let mut buttons = Vec::new();
    if let Some(label) = set_label(control, default).filter(|_| node.is_absent() && optional) {
        // Where a kind has to be chosen first, choosing it is the way in.
        if !matches!(control, Control::Missing) || !choose {
            buttons.push(act("set", label));
        }
    }
    if null
        && !choose
        && matches!(control, Control::Fixed { .. })
        && controls::constant(applied).is_none()
    {
        buttons.push(act("set", "Fill in"));
    }
    let boxed = matches!(
        control,
        Control::Text(_) | Control::LongText(_) | Control::Number(_)
    );
    if !null && nullable && (is_container(control) || (choose && !boxed)) {
        buttons.push(act("null", "Set to nothing"));
    }
    if optional && !node.is_absent() && can_unset(node, control) {
        buttons.push(act(
            "unset",
            if default { "Use the default" } else { "Unset" },
        ));
    }
    buttons
}

/// What the button is called that makes an absent place be there.
fn set_label(control: &Control, default: bool) -> Option<&'static str> {
    Some(match control {
        Control::Switch { .. } => "Set",
        control if default && is_container(control) => "Start from the default",
        Control::Missing | Control::Fixed { .. } => "Add",
        control if is_container(control) => "Set empty",
        _ => return None,
    })
}

/// Whether the control itself cannot be emptied into absence.
fn can_unset(node: &Node, control: &Control) -> bool {
    let empty_text = matches!(&node.held, Held::Text(text) if text.is_empty());
    match control {
        Control::Switch { .. } | Control::Fixed { .. } => true,
        Control::Text(_) | Control::LongText(_) => empty_text,
        control => is_container(control),
    }
}

fn is_container(control: &Control) -> bool {
    matches!(
        control,
        Control::Section(_) | Control::List(_) | Control::Checks { .. } | Control::Missing
    )
}
