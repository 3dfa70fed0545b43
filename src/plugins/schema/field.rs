//! The form as data: what a template needs to show it, and nothing else.

pub use super::focus::Focus;

/// A form, ready to be shown.
#[derive(Debug, Clone)]
pub struct Form {
    /// The whole document as one field, usually a section.
    pub root: Field,
    /// What is wrong, in the order of the form; empty when nothing is known to be.
    pub summary: Vec<Summary>,
}

/// One line of the error summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The element to link to.
    pub id: String,
    /// The field's label, with those of its parents.
    pub label: String,
    /// What is wrong.
    pub message: String,
}

/// A place of the document as a person sees it.
#[derive(Debug, Clone)]
pub struct Field {
    /// The JSON Pointer of the place in the document.
    pub pointer: String,
    /// The name of its control: the pointer, with line breaks spelled out. While a form is open, a
    /// new or renamed row keeps the name it was given first.
    pub name: String,
    /// The id of the control's element; help, default and error hang on it as `-help`, `-default`, `-error`.
    pub id: String,
    /// `title`, or the key made readable.
    pub label: String,
    /// `description`: Markdown, not cleaned.
    pub help: Option<String>,
    /// `ui:help`: plain text.
    pub hint: Option<String>,
    /// What applies while nothing is set, as text.
    pub default: Option<String>,
    /// Whether it is absent, null or set.
    pub state: State,
    /// Whether it has to be there.
    pub required: bool,
    /// Set when it is on its way out; the text may be empty.
    pub deprecated: Option<String>,
    /// What is wrong with it.
    pub errors: Vec<String>,
    /// Whether the page should put the focus here, and on what.
    pub focus: Focus,
    /// How deep it lies; 0 is the document, 1 its properties.
    pub depth: usize,
    /// Where the list item came from (see the `from:` mark).
    pub from: Option<String>,
    /// The `is:` mark: how the server will read what the control posts.
    pub mark: String,
    /// The `oneOf`/`anyOf` choices to be made here, above the control.
    pub choices: Vec<Branches>,
    /// A box that says “not set” (`null`), beside text and number controls: whether it is ticked.
    pub null_box: Option<bool>,
    /// The id of the section around it, where other settings of that section depend on this one.
    pub decides: Option<String>,
    /// The control.
    pub control: Control,
    /// The buttons that belong to it.
    pub actions: Vec<Action>,
}

impl Field {
    /// The fields inside this one.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Field> + '_> {
        match &self.control {
            Control::Section(section) => Box::new(
                section
                    .fields
                    .iter()
                    .chain(section.rows.iter().map(|row| &row.field)),
            ),
            Control::List(list) => Box::new(list.items.iter().map(|item| &item.field)),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The fields inside this one, to change.
    pub(super) fn children_mut(&mut self) -> Box<dyn Iterator<Item = &mut Field> + '_> {
        match &mut self.control {
            Control::Section(section) => Box::new(
                section
                    .fields
                    .iter_mut()
                    .chain(section.rows.iter_mut().map(|row| &mut row.field)),
            ),
            Control::List(list) => Box::new(list.items.iter_mut().map(|item| &mut item.field)),
            _ => Box::new(std::iter::empty()),
        }
    }
}

impl Form {
    /// Writes beside each secret that is stored what `said` knows of its place.
    pub fn tell_secrets(&mut self, said: &dyn Fn(&str) -> Option<String>) {
        tell(&mut self.root, said);
    }
}

fn tell(field: &mut Field, said: &dyn Fn(&str) -> Option<String>) {
    if matches!(field.control, Control::Secret { stored: true, .. })
        && let Some(told) = said(&field.pointer)
    {
        let hint = field.hint.take();
        field.hint = Some(hint.map_or(told.clone(), |hint| format!("{hint} {told}")));
    }
    field.children_mut().for_each(|child| tell(child, said));
}

/// Absent, `null` and set are three different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The document has no such key; the default applies.
    Absent,
    /// `null`.
    Null,
    /// Anything else, `""`, `[]` and `{}` included.
    Set,
}

/// A control with what it shows.
#[derive(Debug, Clone)]
pub enum Control {
    /// One line of text.
    Text(TextBox),
    /// Several lines of text.
    LongText(TextBox),
    /// A number.
    Number(NumberBox),
    /// On or off.
    Switch {
        /// What it shows: the value, or the default where there is none.
        on: bool,
    },
    /// Up to four choices, all in view.
    Radio(Vec<Choice>),
    /// More choices.
    Select(Vec<Choice>),
    /// So many choices that one types to find one.
    Search {
        /// What is in the box.
        value: String,
        /// What it offers.
        choices: Vec<Choice>,
        /// What an empty box shows.
        placeholder: String,
    },
    /// Any of several choices.
    Checks {
        /// The boxes.
        choices: Vec<Choice>,
        /// The stored order, where it is not that of the boxes.
        order: Vec<String>,
    },
    /// A group of settings.
    Section(Section),
    /// A list.
    List(List),
    /// Any JSON, as text.
    Json {
        /// What is in the box.
        text: String,
    },
    /// A secret. Its value is never here.
    Secret {
        /// One is stored.
        stored: bool,
        /// It may have several lines.
        long: bool,
        /// It is marked to be removed.
        removed: bool,
        /// A new one was typed, which this page does not repeat.
        typed: bool,
    },
    /// Shown, not editable.
    Fixed {
        /// What it shows.
        text: String,
    },
    /// Not there, and only added on demand (a part of a kind that is around it already).
    Missing,
}

/// A text control.
#[derive(Debug, Clone, Default)]
pub struct TextBox {
    /// The `type` attribute of the input.
    pub input: &'static str,
    /// The `inputmode` attribute, or empty.
    pub mode: &'static str,
    /// What it holds.
    pub value: String,
    /// What an empty control shows.
    pub placeholder: String,
    /// The `minlength` attribute, in UTF-16 code units: never more than a valid value has.
    pub min_units: Option<u64>,
    /// The `maxlength` attribute, in UTF-16 code units: never less than a valid value can have.
    pub max_units: Option<u64>,
    /// Code rather than prose (patterns, addresses of machines): shown in a fixed-width font.
    pub code: bool,
}

impl TextBox {
    /// Whether its control knows no time zone, and is read as UTC.
    #[must_use]
    pub fn is_utc(&self) -> bool {
        matches!(self.input, "datetime-local" | "time")
    }
}

/// A number control.
#[derive(Debug, Clone, Default)]
pub struct NumberBox {
    /// `number`, or `text` where a browser's number control could not hold the value exactly.
    pub input: &'static str,
    /// What it holds, every digit as stored or typed.
    pub value: String,
    /// What an empty control shows.
    pub placeholder: String,
    /// Smallest allowed.
    pub min: Option<String>,
    /// Largest allowed.
    pub max: Option<String>,
    /// `multipleOf`, 1 for integers, else `any`.
    pub step: String,
}

/// One of several values.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is posted; empty for “not set”.
    pub token: String,
    /// What is shown.
    pub label: String,
    /// Whether it is the one, or one of them.
    pub chosen: bool,
}

/// A choice among branches.
#[derive(Debug, Clone)]
pub struct Branches {
    /// The element's id.
    pub id: String,
    /// The branches; the token is the branch's place in the schema.
    pub options: Vec<Choice>,
}

/// A group of settings.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// The settings the schema names, in its order.
    pub fields: Vec<Field>,
    /// The rows of a map, where the schema allows names of one's own.
    pub rows: Vec<Row>,
    /// Whether a row can be added.
    pub can_add: bool,
    /// Names that suggest themselves for a row.
    pub names: Vec<String>,
    /// What is carried along while the form is open, though nothing shows it now: name and value.
    pub aside: Vec<(String, String)>,
    /// Whether it is shown unfolded.
    pub open: bool,
    /// Which settings apply depends on others among them.
    pub depends: bool,
}

/// A row of a map.
#[derive(Debug, Clone)]
pub struct Row {
    /// What the row's field name ends with, escaped as it stands there.
    pub name: String,
    /// The key, as stored or typed.
    pub key: String,
    /// What is wrong with the key.
    pub key_errors: Vec<String>,
    /// The value.
    pub field: Field,
}

impl Row {
    /// The id of the box that holds its name.
    #[must_use]
    pub fn key_id(&self) -> String {
        format!("{}-key", self.field.id)
    }
}

/// A list.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// The items; their names end with their index.
    pub items: Vec<Item>,
    /// Whether an item can be added.
    pub can_add: bool,
    /// Whether it is shown unfolded.
    pub open: bool,
}

/// An item of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// The value.
    pub field: Field,
    /// A slot the schema gives this index (`prefixItems`): it is neither moved nor duplicated.
    pub fixed: bool,
    /// There is an item it can change places with above it.
    pub can_rise: bool,
    /// There is one below it.
    pub can_sink: bool,
}

/// A button that changes the form and saves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The value the `action` field posts: a verb, a space, a field name.
    pub value: String,
    /// What stands on it.
    pub label: String,
}
