//! The page of a list.

use askama::Template;

use super::chips::{Chip, chips};
use super::columns::Column;
use super::sort::{Order, Place, Sort};
use super::store::{Offer, PAGE_SIZE, Row};
use super::wish::{Assignee, DueIn, Wish, sort_name};
use crate::events::new_id;
use crate::page::Layout;
use crate::projects::Project;
use crate::projects::labels::Label;
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
    columns: Vec<Column>,
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
        let preferences = layout.user.as_ref().map(|user| &user.preferences);
        let here = at(&home, &wish.query_from(place.as_ref()));
        Self {
            columns: Column::chosen(preferences),
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

    /// Each column with whether it is shown.
    fn all_columns(&self) -> Vec<(Column, bool)> {
        let all = Column::ALL.into_iter();
        let all = all.filter(|column| self.project.is_none() || *column != Column::Project);
        all.map(|column| (column, self.columns.contains(&column)))
            .collect()
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.as_str() == name)
    }

    /// In the list of one project it would be the same in every row.
    fn has_project(&self) -> bool {
        self.project.is_none() && self.has("project")
    }

    /// Whether something stands below the name.
    fn has_marks(&self, row: &Row) -> bool {
        let task = &row.task;
        self.has("labels") && !task.labels().is_empty()
            || self.has("about") && task.about.is_some()
            || self.has("waits") && task.waits_for > 0
    }

    /// The address of the first page, and of the whole list as a file.
    fn unplaced(&self) -> String {
        at(&self.home, &self.wish.query())
    }

    fn export(&self, format: &str) -> String {
        let query = self.wish.query();
        let and = if query.is_empty() { "" } else { "&" };
        format!("{}/export?{query}{and}format={format}", self.home)
    }

    /// The id that the view will have which is saved here.
    fn once(&self) -> String {
        new_id()
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
        chips(&self.wish, &self.offer, &self.home)
    }

    /// The same order without a filter.
    fn unfiltered(&self) -> String {
        let wish = Wish {
            sorted: self.wish.sorted,
            ..Wish::default()
        };
        at(&self.home, &wish.query())
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

/// The address of a list.
pub(super) fn at(home: &str, query: &str) -> String {
    match query {
        "" => home.to_owned(),
        query => format!("{home}?{query}"),
    }
}
