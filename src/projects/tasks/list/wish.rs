//! Which tasks a list shows and in which order: all of it stands in the address.

use url::form_urlencoded::{Serializer, parse};

use super::sort::{Order, Place, Sort};
use super::words::Word;
use crate::named::named;
use crate::page::field::LINE_MAX;
use crate::projects::tasks::{Priority, Status};

/// The most labels of one list.
const LABELS_MAX: usize = 20;

/// What is looked for. What is empty means anything; of several in one list any will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// How they stand.
    pub statuses: Vec<Status>,
    /// Who is to do them.
    pub assignee: Option<Assignee>,
    /// Ids of labels.
    pub labels: Vec<String>,
    /// How much they matter.
    pub priorities: Vec<Priority>,
    /// By when they are to be done.
    pub due: Option<DueIn>,
    /// The id of the plugin they are about.
    pub about: Option<String>,
    /// Whether they cannot go on: an open task is before them, or somebody says so. What is done is
    /// not blocked.
    pub blocked: Option<bool>,
    /// Words of the name or the description.
    pub text: String,
    /// What they are sorted by and in which direction, where that is not the usual.
    pub sorted: Option<(Sort, Order)>,
}

/// Who is to do a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// Who looks.
    Me,
    /// Nobody yet.
    Nobody,
    /// The one of this user name.
    Person(String),
}

impl Assignee {
    fn read(text: &str) -> Self {
        match text {
            "me" => Self::Me,
            "nobody" => Self::Nobody,
            name => Self::Person(name.strip_prefix('@').unwrap_or(name).to_owned()),
        }
    }
}

/// As it stands in addresses. Somebody called `me` or `nobody` has an @ before the name.
impl std::fmt::Display for Assignee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Me => f.write_str("me"),
            Self::Nobody => f.write_str("nobody"),
            Self::Person(name) if matches!(name.as_str(), "me" | "nobody") => write!(f, "@{name}"),
            Self::Person(name) => f.write_str(name),
        }
    }
}

/// By when a task is to be done, in the time zone of who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueIn {
    /// It should be done already.
    Overdue,
    /// On this day.
    Today,
    /// From Monday to Sunday of this week.
    Week,
    /// No day is set.
    Never,
}

impl DueIn {
    /// All, as a person is shown them.
    pub const ALL: [Self; 4] = [Self::Overdue, Self::Today, Self::Week, Self::Never];

    /// As it stands in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Today => "today",
            Self::Week => "week",
            Self::Never => "none",
        }
    }

    /// As a person reads it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Week => "this week",
            Self::Never => "no day",
            other => other.as_str(),
        }
    }
}

named!(DueIn);

impl Wish {
    /// What stands behind the question mark. Fields of other names are no matter.
    ///
    /// # Errors
    /// In words, what cannot be meant.
    pub fn read(query: &str) -> Result<Self, String> {
        let mut wish = Self::default();
        for (name, value) in parse(query.as_bytes()) {
            let value = value.trim();
            if !value.is_empty() {
                wish.take(&name, value)?;
            }
        }
        if !wish.text.is_empty() && Word::typed(&wish.text).is_empty() {
            return Err("Look for a word: letters or digits.".to_owned());
        }
        Ok(wish)
    }

    /// Where in the list the page begins.
    ///
    /// # Errors
    /// In words, where that is no place in a list that is sorted so.
    pub fn place(&self, query: &str) -> Result<Option<Place>, String> {
        let before = parse(query.as_bytes()).find(|(name, _)| name == "before");
        let Some((_, text)) = before.filter(|(_, text)| !text.is_empty()) else {
            return Ok(None);
        };
        let place = Place::parse(&text, self.sort()).ok_or_else(|| {
            "The address says before=… with something that is no place in this list.".to_owned()
        })?;
        Ok(Some(place))
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "status" => add(&mut self.statuses, one_of(value, "status", &Status::ALL)?),
            "priority" => add(
                &mut self.priorities,
                one_of(value, "priority", &Priority::ALL)?,
            ),
            "label" => add(&mut self.labels, id(value, "label")?),
            "assignee" => self.assignee = Some(Assignee::read(&id(value, "account")?)),
            "due" => self.due = Some(one_of(value, "due", &DueIn::ALL)?),
            "about" => self.about = Some(id(value, "plugin")?),
            "blocked" => self.blocked = Some(yes_or_no(value)?),
            "q" => self.text = text(value)?,
            "sort" => self.sorted = Some(sorted(value)?),
            _ => {}
        }
        if self.labels.len() > LABELS_MAX {
            return Err(format!("Choose at most {LABELS_MAX} labels."));
        }
        Ok(())
    }

    /// What it is sorted by.
    pub fn sort(&self) -> Sort {
        self.in_order().0
    }

    /// The direction it is sorted in.
    pub fn direction(&self) -> Order {
        self.in_order().1
    }

    fn in_order(&self) -> (Sort, Order) {
        self.sorted.unwrap_or(self.usual())
    }

    /// What is due on certain days stands in the order of these.
    fn usual(&self) -> (Sort, Order) {
        let sort = match self.due {
            Some(DueIn::Overdue | DueIn::Today | DueIn::Week) => Sort::Due,
            Some(DueIn::Never) | None => Sort::Made,
        };
        (sort, sort.usual())
    }

    /// The user name of who is to do it.
    pub fn person(&self) -> Option<&str> {
        match &self.assignee {
            Some(Assignee::Person(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether it shows less than everything.
    pub fn is_filtered(&self) -> bool {
        let everything = Self {
            sorted: self.sorted,
            ..Self::default()
        };
        *self != everything
    }

    /// What stands behind the question mark; empty where that is nothing.
    pub fn query(&self) -> String {
        self.query_from(None)
    }

    /// As [`query`](Self::query), of the page that begins behind `place`.
    pub fn query_from(&self, place: Option<&Place>) -> String {
        let mut query = Serializer::new(String::new());
        if !self.text.is_empty() {
            query.append_pair("q", &self.text);
        }
        query.extend_pairs(self.statuses.iter().map(|one| ("status", one.as_str())));
        query.extend_pairs(
            self.assignee
                .iter()
                .map(|one| ("assignee", one.to_string())),
        );
        query.extend_pairs(self.labels.iter().map(|id| ("label", id)));
        query.extend_pairs(self.priorities.iter().map(|one| ("priority", one.as_str())));
        query.extend_pairs(self.due.iter().map(|one| ("due", one.as_str())));
        query.extend_pairs(self.about.iter().map(|id| ("about", id)));
        let blocked = self.blocked.map(|is| if is { "yes" } else { "no" });
        query.extend_pairs(blocked.iter().map(|word| ("blocked", word)));
        if self.in_order() != self.usual() {
            query.append_pair("sort", &sort_name(self.sort(), self.direction()));
        }
        if let Some(place) = place {
            query.append_pair("before", &place.to_string());
        }
        query.finish()
    }
}

fn add<T: PartialEq>(chosen: &mut Vec<T>, one: T) {
    if !chosen.contains(&one) {
        chosen.push(one);
    }
}

fn one_of<T: Copy + std::fmt::Display>(value: &str, field: &str, all: &[T]) -> Result<T, String> {
    let found = all.iter().find(|one| one.to_string() == value);
    found.copied().ok_or_else(|| {
        let names: Vec<String> = all.iter().map(T::to_string).collect();
        format!(
            "The address says {field}=… with none of: {}.",
            names.join(", ")
        )
    })
}

/// `due` in its usual direction, `due-desc` in the other.
pub(super) fn sort_name(sort: Sort, order: Order) -> String {
    match order == sort.usual() {
        true => sort.to_string(),
        false => format!("{sort}-{order}"),
    }
}

fn sorted(value: &str) -> Result<(Sort, Order), String> {
    let (name, order) = value.split_once('-').unwrap_or((value, ""));
    let sort = one_of(name, "sort", &Sort::ALL)?;
    match order {
        "" => Ok((sort, sort.usual())),
        order => Ok((sort, one_of(order, "sort", &Order::ALL)?)),
    }
}

fn yes_or_no(value: &str) -> Result<bool, String> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("The address says blocked=… with neither yes nor no.".to_owned()),
    }
}

fn id(value: &str, what: &str) -> Result<String, String> {
    match value.len() <= 255 {
        true => Ok(value.to_owned()),
        false => Err(format!("No {what} has such a long name.")),
    }
}

fn text(value: &str) -> Result<String, String> {
    match value.chars().count() <= LINE_MAX {
        true => Ok(value.to_owned()),
        false => Err(format!("A search may have at most {LINE_MAX} characters.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_all_that_is_looked_for() {
        for query in [
            "",
            "q=rail+%C3%BC",
            "status=pending&status=blocked&assignee=me&label=a&label=b&priority=urgent&due=week\
             &about=ups-monitor&blocked=no&sort=made-asc",
            "assignee=sam&sort=name",
            "assignee=%40nobody",
        ] {
            assert_eq!(
                Wish::read(query).map(|wish| wish.query()).as_deref(),
                Ok(query)
            );
        }
    }

    #[test]
    fn what_is_usual_or_empty_is_left_out() {
        let query = "status=&q=+&sort=made-desc&assignee=&colour=red&status=done&status=done";
        let wish = Wish::read(query).unwrap_or_default();
        assert_eq!(wish.query(), "status=done");
        assert!(wish.is_filtered());
        assert!(!Wish::read("sort=due").unwrap_or_default().is_filtered());
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        let long = format!("q={}", "x".repeat(201));
        let many: String = (0..21).map(|n| format!("&label={n}")).collect();
        for query in [
            "status=open",
            "priority=1",
            "due=soon",
            "blocked=maybe",
            "sort=colour",
            "sort=due-up",
            "q=!!!",
            &long,
            &many,
        ] {
            assert!(Wish::read(query).is_err(), "{query}");
        }
    }
}
