//! The page of a board.

use askama::Template;

use super::state::State;
use super::{Card, Refused, Scope, Spot};
use crate::db::Count;
use crate::events::new_id;
use crate::page::Layout;
use crate::projects::Project;
use crate::projects::labels::Label;
use crate::projects::tasks::Status;
use crate::projects::tasks::views::Facts;

/// The cards of a column that are shown.
#[derive(Clone, Debug)]
pub struct Column {
    status: Status,
    cards: Vec<Card>,
    /// The last that is shown, where there are more.
    last: Option<Spot>,
}

impl Column {
    /// From up to `most + 1` cards.
    pub fn new(status: Status, mut cards: Vec<Card>, most: usize) -> Self {
        let has_more = cards.len() > most;
        cards.truncate(most);
        Self {
            status,
            last: cards.last().filter(|_| has_more).map(Card::spot),
            cards,
        }
    }
}

/// What a board shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which cards.
    pub scope: Scope,
    /// What its address says.
    pub state: State,
    /// The project, where it is of one.
    pub project: Option<Project>,
    /// The columns, and how many cards each has.
    pub columns: Vec<(Column, Count)>,
}

/// A board.
#[derive(Template)]
#[template(path = "board/show.html", blocks = ["board"])]
pub struct BoardPage {
    layout: Layout,
    project: Option<Project>,
    scope: Scope,
    here: String,
    lanes: Vec<Lane>,
    said: String,
    is_refused: bool,
    /// The id of the task that its form makes.
    once: String,
}

/// A column with its head.
struct Lane {
    status: Status,
    count: Count,
    cards: Cards,
    /// The board with this column from its top, where it begins further down.
    top: Option<String>,
}

/// Cards that follow each other, and the way to the next.
struct Cards {
    cards: Vec<CardView>,
    /// The addresses of the board that begins with the next, and of those alone.
    more: Option<(String, String)>,
    /// `pending.100`: how many of the column are on the page when these are.
    shown: String,
    /// What the address of a form ends with, so that it leads back to this board.
    query: String,
    /// The list of the same tasks, where labels lead.
    list: String,
    may_work: bool,
}

struct CardView {
    id: String,
    name: String,
    status: Status,
    facts: Facts,
    labels: Vec<Label>,
    /// The project, on the board of all.
    place: Option<(String, String)>,
}

impl BoardPage {
    /// Of this.
    pub fn new(layout: Layout, shown: Shown) -> Self {
        let Shown { scope, state, .. } = shown;
        let said = state
            .moved
            .as_deref()
            .map(|id| told(id, &shown.columns, &state));
        let state = state.unmoved();
        let columns = shown.columns.into_iter();
        Self {
            lanes: columns
                .map(|(column, count)| Lane::of(&layout, &scope, &state, column, count))
                .collect(),
            here: format!("{}{}", scope.home(), state.query(None)),
            said: said.unwrap_or_default(),
            is_refused: false,
            once: new_id(),
            project: shown.project,
            layout,
            scope,
        }
    }

    /// With why a card stays where it is.
    pub fn refusing(self, refused: &Refused) -> Self {
        Self {
            said: refused.told(),
            is_refused: true,
            ..self
        }
    }

    /// What the page shows, so that it changes when that does.
    fn live(&self) -> String {
        match &self.scope {
            Scope::All => "task project".to_owned(),
            Scope::Project(id) => format!("project:{id}"),
        }
    }
}

/// Where the card that was moved stands now, in a sentence.
fn told(id: &str, columns: &[(Column, Count)], state: &State) -> String {
    let found = columns.iter().find_map(|(column, _)| {
        let at = column.cards.iter().position(|card| card.task.id == id)?;
        Some((column.status, at, &column.cards[at].task.name))
    });
    match found {
        Some((status, at, name)) if state.start(status).is_none() => {
            format!("“{name}” is number {} in {} now.", at + 1, status.word())
        }
        Some((status, _, name)) => format!("“{name}” is in {} now.", status.word()),
        None => "The card is further up or down in its column than what is shown here.".to_owned(),
    }
}

impl Lane {
    fn of(layout: &Layout, scope: &Scope, state: &State, column: Column, count: Count) -> Self {
        let status = column.status;
        let home = scope.home();
        let top = state.start(status).map(|_| {
            let query = state.starting(status, None).query(None);
            format!("{home}{query}#column-{status}")
        });
        Self {
            status,
            count,
            top,
            cards: Cards::of(layout, scope, state, column, 0),
        }
    }
}

impl Cards {
    /// Those of a column, behind `before` others of it on the page.
    fn of(layout: &Layout, scope: &Scope, state: &State, column: Column, before: usize) -> Self {
        let (status, home) = (column.status, scope.home());
        let shown = before + column.cards.len();
        let base = state.unscrolled();
        let more = column.last.map(|last| {
            let page = base.starting(status, Some(last.clone())).query(None);
            let part = base.of_more(status, last, shown).query(None);
            (
                format!("{home}{page}#column-{status}"),
                format!("{home}{part}"),
            )
        });
        let cards = column.cards.into_iter();
        Self {
            cards: cards
                .map(|card| CardView::of(card, layout, scope))
                .collect(),
            more,
            shown: format!("{status}.{shown}"),
            query: base.query(Some(scope)),
            list: scope.list(),
            may_work: layout.may_work(),
        }
    }
}

impl CardView {
    fn of(card: Card, layout: &Layout, scope: &Scope) -> Self {
        let home = format!("/projects/{}", card.task.project_id);
        Self {
            facts: Facts::of(&card.task, layout.zone()),
            labels: card.task.labels(),
            status: card.task.status(),
            id: card.task.id,
            name: card.task.name,
            place: (*scope == Scope::All).then_some((home, card.project_name)),
        }
    }

    /// The other columns.
    fn others(&self) -> Vec<Status> {
        let others = Status::ALL.into_iter();
        others.filter(|status| *status != self.status).collect()
    }
}

/// More cards of a column, to be put behind those on the page.
#[derive(Template)]
#[template(path = "board/more.html")]
pub struct More {
    cards: Cards,
}

impl More {
    /// As the address asks for them.
    pub fn new(layout: Layout, scope: Scope, state: State, column: Column) -> Self {
        let before = state.shown(column.status);
        Self {
            cards: Cards::of(&layout, &scope, &state, column, before),
        }
    }
}
