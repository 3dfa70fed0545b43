//! The form as HTML. The only HTML that is not escaped is what these templates made themselves, and
//! a description that was cleaned.

use std::fmt;

use askama::Template;

use super::field::{Choice, Control, Field, Focus, Form, Item, List, Row, Section};
use super::posted::ROOT_NAME;
use crate::page::CleanHtml;

/// HTML that a template of this module made.
#[derive(Clone, Debug, Default)]
pub struct Rendered(String);

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Rendered {}

impl Rendered {
    fn of(template: &impl Template) -> askama::Result<Rendered> {
        template.render().map(Rendered)
    }
}

/// The region of a page that holds the form: everything but the `<form>` element itself (method
/// post, `novalidate`: the server knows the rules better than a browser) and its save button.
/// `post_to` is the address the form posts to.
///
/// # Errors
/// When a template fails.
pub fn region(form: &Form, post_to: &str) -> askama::Result<Rendered> {
    let root = field(&form.root, post_to)?;
    Rendered::of(&Region { form, root })
}

#[derive(Template)]
#[template(path = "plugins/config/form.html")]
struct Region<'a> {
    form: &'a Form,
    root: Rendered,
}

#[derive(Template)]
#[template(path = "plugins/config/field.html")]
struct Place<'a> {
    field: &'a Field,
    branches: Rendered,
    control: Rendered,
    notes: Rendered,
    swap: &'a Rendered,
}

impl Place<'_> {
    /// Whether the label stands above the control; others carry it themselves.
    fn is_labelled(&self) -> bool {
        !matches!(
            self.field.control,
            Control::Section(_)
                | Control::List(_)
                | Control::Switch { .. }
                | Control::Radio(_)
                | Control::Checks { .. }
        )
    }
}

#[derive(Template)]
#[template(path = "plugins/config/branches.html")]
struct Kinds<'a> {
    field: &'a Field,
    /// What a change of the select posts besides, as JSON.
    vals: String,
    swap: &'a Rendered,
}

#[derive(Template)]
#[template(path = "plugins/config/notes.html")]
struct Notes<'a> {
    field: &'a Field,
    help: CleanHtml,
}

impl Notes<'_> {
    /// The default, where nothing else is set and the control does not name it itself.
    fn default(&self) -> Option<&str> {
        let named = match &self.field.control {
            Control::Radio(choices) | Control::Select(choices) => choices
                .iter()
                .any(|choice: &Choice| choice.token.is_empty()),
            Control::Fixed { .. } | Control::Secret { .. } => true,
            _ => false,
        };
        self.field.default.as_deref().filter(|_| !named)
    }
}

#[derive(Template)]
#[template(path = "plugins/config/control.html")]
struct Scalar<'a> {
    field: &'a Field,
    tied: Rendered,
}

impl Scalar<'_> {
    fn invalid(&self) -> &'static str {
        if self.field.errors.is_empty() {
            ""
        } else {
            " is-invalid"
        }
    }

    fn box_name(&self) -> &str {
        if self.field.name.is_empty() {
            ROOT_NAME
        } else {
            &self.field.name
        }
    }

    fn rows(&self, text: &str) -> usize {
        text.lines().count().clamp(3, 16)
    }
}

#[derive(Template)]
#[template(path = "plugins/config/tied.html", escape = "html")]
struct Tied<'a> {
    field: &'a Field,
    described: String,
    focus: bool,
}

impl Tied<'_> {
    /// The text control, where a browser knows limits for it.
    fn text(&self) -> Option<&super::field::TextBox> {
        match &self.field.control {
            Control::Text(text) if ["text", "email", "url"].contains(&text.input) => Some(text),
            Control::LongText(text) => Some(text),
            _ => None,
        }
    }

    fn is_input(&self) -> bool {
        matches!(
            self.field.control,
            Control::Text(_)
                | Control::LongText(_)
                | Control::Number(_)
                | Control::Select(_)
                | Control::Search { .. }
                | Control::Json { .. }
        )
    }
}

#[derive(Template)]
#[template(path = "plugins/config/swap.html")]
struct Swap<'a> {
    post_to: &'a str,
    id: &'a str,
}

#[derive(Template)]
#[template(path = "plugins/config/frame.html")]
struct Frame<'a> {
    field: &'a Field,
    open: bool,
    notes: Rendered,
    inside: Rendered,
    tied: Rendered,
}

impl Frame<'_> {
    fn folds(&self) -> bool {
        self.field.depth >= 3
    }
}

#[derive(Template)]
#[template(path = "plugins/config/section.html")]
struct Group<'a> {
    field: &'a Field,
    section: &'a Section,
    children: Vec<Rendered>,
    rows: Vec<(&'a Row, Rendered)>,
    /// What is posted besides when something has changed on which others depend, as JSON.
    vals: String,
    post_to: &'a str,
    swap: &'a Rendered,
}

#[derive(Template)]
#[template(path = "plugins/config/list.html")]
struct Listing<'a> {
    field: &'a Field,
    items: Vec<(&'a Item, Rendered)>,
    can_add: bool,
    swap: &'a Rendered,
}

fn field(field: &Field, post_to: &str) -> askama::Result<Rendered> {
    let swap = Rendered::of(&Swap {
        post_to,
        id: &field.id,
    })?;
    let help = field
        .help
        .as_deref()
        .map(CleanHtml::from_markdown)
        .unwrap_or_default();
    let has_help = !help.is_empty();
    let notes = Notes { field, help };
    let tied = Rendered::of(&Tied {
        field,
        described: described(field, &notes, has_help),
        focus: field.is_control_focused(),
    })?;
    let notes = Rendered::of(&notes)?;
    let branches = if field.choices.is_empty() {
        Rendered::default()
    } else {
        Rendered::of(&Kinds {
            field,
            vals: action("choose", field),
            swap: &swap,
        })?
    };
    let (branches, control, notes) = match &field.control {
        Control::Section(section) => {
            let inside = group(field, section, branches, &swap, post_to)?;
            (
                Rendered::default(),
                Rendered::of(&Frame {
                    field,
                    open: section.open || field.is_unfolded(),
                    notes,
                    inside,
                    tied,
                })?,
                Rendered::default(),
            )
        }
        Control::List(list) => {
            let inside = listing(field, list, &swap, post_to)?;
            (
                branches,
                Rendered::of(&Frame {
                    field,
                    open: list.open || field.is_unfolded(),
                    notes,
                    inside,
                    tied,
                })?,
                Rendered::default(),
            )
        }
        _ => (branches, Rendered::of(&Scalar { field, tied })?, notes),
    };
    Rendered::of(&Place {
        field,
        branches,
        control,
        notes,
        swap: &swap,
    })
}

fn action(verb: &str, field: &Field) -> String {
    serde_json::json!({ "action": format!("{verb} {}", field.name) }).to_string()
}

fn group(
    parent: &Field,
    section: &Section,
    branches: Rendered,
    swap: &Rendered,
    post_to: &str,
) -> askama::Result<Rendered> {
    let mut children = vec![branches];
    for child in &section.fields {
        children.push(field(child, post_to)?);
    }
    let mut rows = Vec::with_capacity(section.rows.len());
    for row in &section.rows {
        rows.push((row, field(&row.field, post_to)?));
    }
    Rendered::of(&Group {
        field: parent,
        section,
        children,
        rows,
        vals: action("apply", parent),
        post_to,
        swap,
    })
}

fn listing(
    parent: &Field,
    list: &List,
    swap: &Rendered,
    post_to: &str,
) -> askama::Result<Rendered> {
    let mut items = Vec::with_capacity(list.items.len());
    for item in &list.items {
        items.push((item, field(&item.field, post_to)?));
    }
    Rendered::of(&Listing {
        field: parent,
        items,
        can_add: list.can_add,
        swap,
    })
}

/// The ids of everything that is said about a field.
fn described(field: &Field, notes: &Notes<'_>, has_help: bool) -> String {
    let parts = [
        ("error", !field.errors.is_empty()),
        ("default", notes.default().is_some()),
        ("deprecated", field.deprecated.is_some()),
        ("help", has_help),
        ("hint", field.hint.is_some()),
        (
            "utc",
            matches!(&field.control, Control::Text(input) if input.is_utc()),
        ),
        ("json", matches!(field.control, Control::Json { .. })),
        ("secret", matches!(field.control, Control::Secret { .. })),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(_, there)| *there)
        .map(|(part, _)| format!("{}-{part}", field.id))
        .collect();
    said.join(" ")
}
