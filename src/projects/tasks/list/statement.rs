//! The query of a page.
//!
//! It goes one of two ways. Where a condition lets few tasks through, it reads those and sorts them.
//! Where each lets many through, it walks through an index that is in order already, from where the
//! page begins, and checks the rest: the next fifty are near. Either is quick however many tasks there
//! are, but for conditions that each let many through and hardly any together.

use super::sort::{Key, Place, Sort};
use super::terms::{Draft, Term, Value};
use super::wish::Wish;
use crate::projects::tasks::store::columns;

/// What a list asks for, with the names in it looked up.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The conditions.
    pub terms: Vec<Term>,
    /// The order.
    pub wish: Wish,
    /// Where the page begins.
    pub place: Option<Place>,
    /// How many tasks to read.
    pub limit: i64,
    /// Whether with their descriptions.
    pub is_whole: bool,
}

/// A query, and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// With `$1` for values.
    pub text: String,
    /// The first is `$1`.
    pub values: Vec<Value>,
}

/// Which way a query goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Reads what the condition of this number lets through, and sorts it.
    Gather(usize),
    /// Walks through what the condition of this number lets through, which is in order.
    Follow(usize),
    /// Walks through all there is.
    Walk,
}

const WHOLE: &str = columns!("t.description");
const LISTED: &str = columns!("''");

/// Where counting stops: more are many.
pub const MANY: i64 = 30_000;

impl Ask {
    /// The way that needs no counting: of one condition, or of none, an index has the tasks in order.
    pub fn plain_way(&self) -> Option<Way> {
        let is_own = |(_, term): &(usize, &Term)| !matches!(term, Term::Project(_));
        let own: Vec<(usize, &Term)> = self.terms.iter().enumerate().filter(is_own).collect();
        match own[..] {
            [] => Some(Way::Walk),
            [(number, term)] => {
                let is_indexed = self.terms.len() == 1 || has_index_of_project(term);
                (is_indexed && self.is_in_order(term)).then_some(Way::Follow(number))
            }
            _ => None,
        }
    }

    /// Whether an index has what this lets through in the order of the list.
    pub fn is_in_order(&self, term: &Term) -> bool {
        match (term, self.wish.sort()) {
            (Term::Status(ranks) | Term::Priority(ranks), Sort::Made) => ranks.len() == 1,
            (Term::Status(ranks), Sort::Status) | (Term::Priority(ranks), Sort::Priority) => {
                ranks.len() == 1
            }
            (Term::Labels(ids), Sort::Made) => ids.len() == 1,
            (Term::Assignee(who), Sort::Made) => who.is_some(),
            (Term::About(_), Sort::Made) => true,
            (Term::Overdue(_) | Term::Due(_) | Term::Undated, Sort::Due) => true,
            _ => false,
        }
    }

    /// The query that goes this way.
    pub fn statement(&self, way: Way, is_postgres: bool) -> Statement {
        let mut draft = Draft::new(is_postgres);
        let page = self.page(way, &mut draft);
        let order = self.order(&self.keys(None));
        let columns = if self.is_whole { WHOLE } else { LISTED };
        let text = format!(
            "{page} select {columns}, p.name as project_name, t.name_key \
             from page cross join live_tasks t join live_projects p on p.id = t.project_id \
             left join users u on u.id = t.assignee_id left join plugins g on g.id = t.about_id \
             where t.id = page.id order by {order}"
        );
        Statement {
            text,
            values: draft.values,
        }
    }

    /// The ids of the page's tasks, as `page`.
    fn page(&self, way: Way, draft: &mut Draft) -> String {
        let (before, from, lead) = match way {
            Way::Gather(number) => (self.gathered(number, draft), "driven t", None),
            Way::Follow(number) => match &self.terms[number] {
                Term::Labels(ids) => {
                    let id = draft.put(Value::Text(ids.concat()));
                    let lead = format!("t.id = l.task_id and l.label_id = {id}");
                    (
                        "with".to_owned(),
                        "task_labels l cross join live_tasks t",
                        Some(lead),
                    )
                }
                term => ("with".to_owned(), "live_tasks t", Some(term.leading(draft))),
            },
            Way::Walk => ("with".to_owned(), "live_tasks t", None),
        };
        let mut conditions: Vec<String> = lead.into_iter().collect();
        let keys = self.keys(Some(way));
        conditions.extend(self.behind(&keys, draft));
        for (number, term) in self.terms.iter().enumerate() {
            match (way, term) {
                (Way::Gather(used) | Way::Follow(used), _) if used == number => {}
                (Way::Walk, Term::Project(_)) => conditions.push(term.leading(draft)),
                (Way::Follow(used), Term::Project(_))
                    if has_index_of_project(&self.terms[used]) =>
                {
                    conditions.push(term.leading(draft));
                }
                _ => conditions.push(term.following(draft)),
            }
        }
        let only = match conditions.is_empty() {
            true => String::new(),
            false => format!("where {} ", conditions.join(" and ")),
        };
        let (order, limit) = (self.order(&keys), self.limit);
        format!(
            "{before} page as materialized (select t.id from {from} {only}order by {order} limit {limit})"
        )
    }

    /// All that the leading condition lets through, as `driven`: with what the others look at.
    fn gathered(&self, number: usize, draft: &mut Draft) -> String {
        let lead = self.terms[number].leading(draft);
        let has_words = self.terms.iter().any(|term| matches!(term, Term::Words(_)));
        let words = if has_words { ", t.words" } else { "" };
        format!(
            "with driven as materialized (select t.id, t.project_id, t.status, t.status_rank, \
             t.priority, t.due_at, t.due_day, t.due_key, t.assignee_id, t.about_id, t.created_at, \
             t.updated_at, t.name_key{words} from live_tasks t where {lead}),"
        )
    }

    /// The columns that the list is sorted by, as the index has them that is walked through.
    fn keys(&self, way: Option<Way>) -> Vec<&'static str> {
        let led = match way {
            Some(Way::Follow(number)) => Some(&self.terms[number]),
            _ => None,
        };
        match (self.wish.sort(), led) {
            (Sort::Made, Some(Term::Labels(_))) => vec!["l.task_created_at", "l.task_id"],
            (Sort::Made, _) => vec!["t.created_at", "t.id"],
            (Sort::Changed, _) => vec!["t.updated_at", "t.id"],
            (Sort::Due, Some(Term::Overdue(_))) => vec!["t.due_at", "t.id"],
            (Sort::Due, _) => vec!["t.due_key", "t.id"],
            (Sort::Priority, _) => vec!["t.priority", "t.created_at", "t.id"],
            (Sort::Name, _) => vec!["t.name_key", "t.id"],
            (Sort::Status, _) => vec!["t.status_rank", "t.created_at", "t.id"],
        }
    }

    fn order(&self, keys: &[&str]) -> String {
        let direction = self.wish.direction().as_str();
        let keys: Vec<String> = keys
            .iter()
            .map(|key| format!("{key} {direction}"))
            .collect();
        keys.join(", ")
    }

    /// What stands behind the page before.
    fn behind(&self, keys: &[&str], draft: &mut Draft) -> Option<String> {
        let Place { key, id } = self.place.clone()?;
        let mut values = match key {
            Key::Moment(at) => vec![draft.put(Value::Moment(at))],
            // A number among our own, not typed text.
            Key::Rank(rank, at) => vec![rank.to_string(), draft.put(Value::Moment(at))],
            Key::Name(name) => vec![draft.put(Value::Text(name))],
        };
        values.push(draft.put(Value::Text(id)));
        let (keys, sign) = (keys.join(", "), self.wish.direction().sign());
        Some(format!("({keys}) {sign} ({})", values.join(", ")))
    }
}

/// Whether the index that has these in order has them by project too.
fn has_index_of_project(term: &Term) -> bool {
    matches!(
        term,
        Term::Status(_) | Term::Priority(_) | Term::Overdue(_) | Term::Due(_) | Term::Undated
    )
}

/// How many tasks there are, and how many each condition lets through, up to [`MANY`]: rows of the
/// condition's number, or -1 for all, and the count. `None` where no condition can lead.
pub fn counting(ask: &Ask, is_postgres: bool) -> Statement {
    let mut draft = Draft::new(is_postgres);
    let all = match is_postgres {
        true => {
            "select cast(-1 as bigint) as term, cast(reltuples as bigint) as rows from pg_class where oid = 'tasks'::regclass"
        }
        false => "select -1 as term, coalesce(max(number), 0) as rows from task_numbers",
    };
    let mut parts = vec![all.to_owned()];
    for (number, term) in ask.terms.iter().enumerate() {
        if let Some(counted) = term.counted(&mut draft) {
            parts.push(format!(
                "select {number}, count(*) from (select * from ({counted}) r{number} limit {MANY}) c{number}"
            ));
        }
    }
    Statement {
        text: parts.join(" union all "),
        values: draft.values,
    }
}

/// The cheapest way, by how many tasks each condition lets through.
pub fn cheapest(ask: &Ask, counts: &[(i64, i64)]) -> Way {
    let rows = |number: usize| {
        let found = counts
            .iter()
            .find(|(one, _)| usize::try_from(*one) == Ok(number));
        found.map(|(_, rows)| *rows)
    };
    let all = counts
        .iter()
        .map(|(_, rows)| *rows)
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let share = |number: usize| rows(number).map_or(1.0, |rows| rows.max(1) as f64 / all);
    // Rows that are looked at until the page is full, as if the conditions had nothing to do with each
    // other.
    let looked_at = |led: Option<usize>| {
        let is_of_index = |number: usize| match (&ask.terms[number], led) {
            (Term::Project(_), Some(led)) => has_index_of_project(&ask.terms[led]),
            (Term::Project(_), None) => true,
            _ => led == Some(number),
        };
        let (of_index, checked): (Vec<usize>, Vec<usize>) =
            (0..ask.terms.len()).partition(|number| is_of_index(*number));
        let found = checked.into_iter().map(share).product::<f64>();
        let most = of_index.into_iter().map(share).product::<f64>() * all;
        (ask.limit as f64 / found.max(1e-9)).min(most)
    };
    let mut ways = vec![(looked_at(None), Way::Walk)];
    for (number, term) in ask.terms.iter().enumerate() {
        if ask.is_in_order(term) {
            ways.push((looked_at(Some(number)), Way::Follow(number)));
        }
        if let Some(rows) = rows(number).filter(|rows| *rows < MANY) {
            ways.push((rows as f64, Way::Gather(number)));
        }
    }
    let best = ways.into_iter().min_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map_or(Way::Walk, |(_, way)| way)
}
