//! The page of a list.

use askama::Template;

use super::sort::{Order, Place, Sort};
use super::store::{Label, Offer, PAGE_SIZE, Row};
use super::wish::{Assignee, DueIn, Wish, sort_name};
use crate::page::Layout;
use crate::projects::Project;
use crate::projects::tasks::bulk::BulkForm;
use crate::projects::tasks::views::Facts;
use crate::projects::tasks::{Priority, Status};

/// What a list shows.
#[derive(Clone, Debug)]
pub struct Found {
    /// What was looked for.
    pub wish: Wish,
    /// Where the page begins.
    pub place: Option<Place>,
    /// What the filter offers.
    pub offer: Offer,
    /// The tasks, and one more where another page follows.
    pub rows: Vec<Row>,
}

/// The list of a project's tasks, or of all.
#[derive(Template)]
#[template(path = "tasks/list.html", blocks = ["rows"])]
pub struct ListPage {
    layout: Layout,
    project: Option<Project>,
    /// The address without the question mark.
    home: String,
    wish: Wish,
    offer: Offer,
    tasks: Vec<(Row, Facts)>,
    bulk: BulkForm,
    here: String,
    first: Option<String>,
    next: Option<String>,
}

/// One thing to choose: what is sent, what is read, and whether it is chosen.
struct Choice {
    value: String,
    word: String,
    is_chosen: bool,
}

/// A filter that is on, and the address without it.
struct Chip {
    text: String,
    href: String,
}

impl ListPage {
    /// Of what was found.
    pub fn new(layout: Layout, project: Option<Project>, found: Found) -> Self {
        let Found {
            wish,
            place,
            offer,
            mut rows,
        } = found;
        let home = match &project {
            Some(project) => format!("/projects/{}/tasks", project.id),
            None => "/tasks".to_owned(),
        };
        let has_more = rows.len() > PAGE_SIZE as usize;
        rows.truncate(PAGE_SIZE as usize);
        let last = rows.last().filter(|_| has_more);
        let last = last.map(|row| row.place(wish.sort()));
        let zone = layout.zone();
        let here = at(&home, &wish.query_from(place.as_ref()));
        Self {
            bulk: BulkForm::blank(&here),
            here,
            first: place.as_ref().map(|_| at(&home, &wish.query())),
            next: last.map(|place| at(&home, &wish.query_from(Some(&place)))),
            tasks: rows
                .into_iter()
                .map(|row| {
                    let facts = Facts::of(&row.task, zone);
                    (row, facts)
                })
                .collect(),
            layout,
            project,
            home,
            wish,
            offer,
        }
    }

    /// Whom tasks can be given to.
    fn usernames(&self) -> Vec<String> {
        let names = self.offer.people.iter().map(|(_, name)| name.clone());
        names.collect()
    }

    fn project_home(&self) -> String {
        let project = self.project.as_ref();
        project.map_or_else(String::new, |project| format!("/projects/{}", project.id))
    }

    /// What the list shows, so that it changes when that does.
    fn live(&self) -> String {
        match &self.project {
            Some(project) => format!("project:{}", project.id),
            None => "task".to_owned(),
        }
    }

    fn statuses(&self) -> Vec<Choice> {
        let is_chosen = |one: &Status| self.wish.statuses.contains(one);
        let choice = |one: Status| Choice::new(one.as_str(), one.word(), is_chosen(&one));
        Status::ALL.into_iter().map(choice).collect()
    }

    fn priorities(&self) -> Vec<Choice> {
        let is_chosen = |one: &Priority| self.wish.priorities.contains(one);
        let choice = |one: Priority| Choice::new(one.as_str(), one.as_str(), is_chosen(&one));
        Priority::ALL.into_iter().rev().map(choice).collect()
    }

    fn labels(&self) -> Vec<(&Label, bool)> {
        let is_chosen = |label: &Label| self.wish.labels.contains(&label.id);
        let labels = self.offer.labels.iter();
        labels.map(|label| (label, is_chosen(label))).collect()
    }

    fn people(&self) -> Vec<Choice> {
        let own = [(Assignee::Me, "me"), (Assignee::Nobody, "nobody")];
        let own = own.map(|(one, word)| (one, word.to_owned()));
        let named = self.offer.people.iter();
        let named = named.map(|(_, name)| (Assignee::Person(name.clone()), name.clone()));
        let all = own.into_iter().chain(named);
        all.map(|(one, word)| {
            Choice::new(
                &one.to_string(),
                &word,
                self.wish.assignee.as_ref() == Some(&one),
            )
        })
        .collect()
    }

    fn dues(&self) -> Vec<Choice> {
        let choice = |one: DueIn| Choice::new(one.as_str(), one.word(), self.wish.due == Some(one));
        DueIn::ALL.map(choice).into_iter().collect()
    }

    fn plugins(&self) -> Vec<Choice> {
        let is_chosen = |id: &String| self.wish.about.as_ref() == Some(id);
        let plugins = self.offer.plugins.iter();
        plugins
            .map(|(id, name)| Choice::new(id, name, is_chosen(id)))
            .collect()
    }

    fn blocked(&self) -> Vec<Choice> {
        let choice = |value, word, is| Choice::new(value, word, self.wish.blocked == Some(is));
        vec![
            choice("yes", "blocked", true),
            choice("no", "not blocked", false),
        ]
    }

    fn sorts(&self) -> Vec<Choice> {
        let all = Sort::ALL.into_iter().flat_map(|sort| {
            let usual = sort.usual();
            [(sort, usual), (sort, usual.turned())]
        });
        let chosen = (self.wish.sort(), self.wish.direction());
        all.map(|(sort, order)| {
            Choice::new(
                &sort_name(sort, order),
                sort.words(order),
                chosen == (sort, order),
            )
        })
        .collect()
    }

    /// Whether something is chosen that only the larger part of the filter shows.
    fn has_more_chosen(&self) -> bool {
        let wish = &self.wish;
        let is_more = !wish.statuses.is_empty() || !wish.priorities.is_empty();
        is_more || !wish.labels.is_empty() || wish.about.is_some() || wish.blocked.is_some()
    }

    /// The head of a column that the list can be sorted by: the address that does so, and how it is
    /// sorted now.
    fn sorted_by(&self, name: &str) -> (String, &'static str) {
        let sort: Sort = name.parse().unwrap_or_default();
        let is_now = self.wish.sort() == sort;
        let order = match is_now {
            true => self.wish.direction().turned(),
            false => sort.usual(),
        };
        let wish = Wish {
            sorted: Some((sort, order)),
            ..self.wish.clone()
        };
        let now = match self.wish.direction() {
            _ if !is_now => "",
            Order::Up => "ascending",
            Order::Down => "descending",
        };
        (at(&self.home, &wish.query()), now)
    }

    fn chips(&self) -> Vec<Chip> {
        let mut chips = Vec::new();
        let mut chip = |text: String, less: &dyn Fn(&mut Wish)| {
            let mut wish = self.wish.clone();
            less(&mut wish);
            let href = at(&self.home, &wish.query());
            chips.push(Chip { text, href });
        };
        let wish = &self.wish;
        if !wish.text.is_empty() {
            chip(format!("“{}”", wish.text), &|wish| wish.text.clear());
        }
        for one in &wish.statuses {
            chip(one.word().to_owned(), &|wish| {
                wish.statuses.retain(|kept| kept != one)
            });
        }
        if let Some(one) = &wish.assignee {
            chip(format!("for {}", self.person(one)), &|wish| {
                wish.assignee = None
            });
        }
        for id in &wish.labels {
            chip(self.label(id), &|wish| {
                wish.labels.retain(|kept| kept != id)
            });
        }
        for one in &wish.priorities {
            chip(format!("priority {one}"), &|wish| {
                wish.priorities.retain(|kept| kept != one)
            });
        }
        if let Some(one) = wish.due {
            let word = if one == DueIn::Today {
                "due today"
            } else {
                one.word()
            };
            chip(word.to_owned(), &|wish| wish.due = None);
        }
        if let Some(id) = &wish.about {
            chip(format!("about {}", self.plugin(id)), &|wish| {
                wish.about = None
            });
        }
        if let Some(is_blocked) = wish.blocked {
            let word = if is_blocked { "blocked" } else { "not blocked" };
            chip(word.to_owned(), &|wish| wish.blocked = None);
        }
        chips
    }

    /// The same order without a filter.
    fn unfiltered(&self) -> String {
        let wish = Wish {
            sorted: self.wish.sorted,
            ..Wish::default()
        };
        at(&self.home, &wish.query())
    }

    fn person(&self, one: &Assignee) -> String {
        match one {
            Assignee::Me => "me".to_owned(),
            Assignee::Nobody => "nobody".to_owned(),
            Assignee::Person(name) => name.clone(),
        }
    }

    fn label(&self, id: &str) -> String {
        let found = self.offer.labels.iter().find(|label| label.id == id);
        found.map_or_else(String::new, |label| label.name.clone())
    }

    fn plugin(&self, id: &str) -> String {
        let found = self.offer.plugins.iter().find(|(plugin, _)| plugin == id);
        found.map_or_else(String::new, |(_, name)| name.clone())
    }
}

impl Choice {
    fn new(value: &str, word: &str, is_chosen: bool) -> Self {
        Self {
            value: value.to_owned(),
            word: word.to_owned(),
            is_chosen,
        }
    }
}

fn at(home: &str, query: &str) -> String {
    match query {
        "" => home.to_owned(),
        query => format!("{home}?{query}"),
    }
}
