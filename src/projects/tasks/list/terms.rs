//! What is looked for, as conditions of a query.
//!
//! A condition stands in a query in one of two ways: as the one that leads, through an index of its
//! own, or behind another, where it is only checked. SQLite, which knows nothing of how many rows a
//! condition lets through, would lead with any that has an index; a plus before its column keeps it
//! from that (<https://sqlite.org/optoverview.html>, section 8).

use chrono::NaiveDate;

use super::words::Word;
use crate::db::Timestamp;

/// A value of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A time.
    Moment(Timestamp),
    /// A day.
    Day(NaiveDate),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// Of this project.
    Project(String),
    /// Ranks of statuses.
    Status(Vec<i32>),
    /// Ranks of priorities.
    Priority(Vec<i32>),
    /// The id of who is to do it, or nobody's.
    Assignee(Option<String>),
    /// With any of these labels.
    Labels(Vec<String>),
    /// About this plugin.
    About(String),
    /// Due up to this moment, and not done.
    Overdue(Timestamp),
    /// Due on one of these days.
    Due(Days),
    /// Without a day.
    Undated,
    /// Cannot go on, or can.
    Blocked(bool),
    /// With all of these words.
    Words(Vec<Word>),
}

/// Days as they are in one time zone, from the first to the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Days {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// When the day before the first ends.
    pub from: Timestamp,
    /// When the last day ends.
    pub to: Timestamp,
}

/// A query under construction: its values, and which engine it is for.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whether it is for PostgreSQL.
    pub is_postgres: bool,
    /// In the order of their numbers.
    pub values: Vec<Value>,
}

const WORDS_ON_POSTGRES: &str =
    "array_to_tsvector(array_remove(string_to_array(t.words, ' '), ''))";
/// Not `exists`, which PostgreSQL would answer by looking at every pair there is.
const BLOCKER: &str = "(select count(*) from task_blockers b join live_tasks x \
     on x.id = b.blocker_id where b.task_id = t.id and x.status <> 'done') > 0";

impl Draft {
    /// Nothing yet.
    pub fn new(is_postgres: bool) -> Self {
        Self {
            is_postgres,
            values: Vec::new(),
        }
    }

    /// The name of a value in the text: `$1`.
    pub fn put(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.put(Value::Text(text.to_owned()))
    }

    fn texts(&mut self, texts: &[String]) -> String {
        let names: Vec<String> = texts.iter().map(|text| self.text(text)).collect();
        names.join(", ")
    }

    fn match_of_sqlite(&mut self, words: &[Word]) -> String {
        let typed: Vec<String> = words.iter().map(Word::for_sqlite).collect();
        self.text(&typed.join(" AND "))
    }

    fn is_match(&mut self, words: &[Word]) -> String {
        if self.is_postgres {
            let typed: Vec<String> = words.iter().map(Word::for_postgres).collect();
            let name = self.text(&typed.join(" & "));
            return format!("{WORDS_ON_POSTGRES} @@ {name}::tsquery");
        }
        let name = self.match_of_sqlite(words);
        format!(
            "t.id in (select n.task_id from task_words join task_numbers n \
             on n.number = task_words.rowid where task_words match {name})"
        )
    }
}

impl Term {
    /// The condition as the one that leads.
    pub fn leading(&self, draft: &mut Draft) -> String {
        match self {
            Self::Words(words) => draft.is_match(words),
            Self::Labels(ids) => {
                let ids = draft.texts(ids);
                format!("t.id in (select task_id from task_labels where label_id in ({ids}))")
            }
            Self::Blocked(true) => {
                let marked = "select task_id from task_blockers union \
                              select id from live_tasks where status_rank = 2";
                format!("t.id in ({marked}) and ({})", self.column("", draft))
            }
            // An equation, where all tasks without a day stand together.
            Self::Undated => "t.due_key = '9999-12-31T00:00:00.000000Z'".to_owned(),
            Self::Due(days) => {
                let from = draft.put(Value::Moment(days.from.plus(-A_DAY)));
                let to = draft.put(Value::Moment(days.to.plus(A_DAY)));
                let exactly = self.column("+", draft);
                format!("t.due_key > {from} and t.due_key <= {to} and {exactly}")
            }
            _ => self.column("", draft),
        }
    }

    /// The condition behind another that leads.
    pub fn following(&self, draft: &mut Draft) -> String {
        let plus = if draft.is_postgres { "" } else { "+" };
        self.column(plus, draft)
    }

    fn column(&self, plus: &str, draft: &mut Draft) -> String {
        let plus = if draft.is_postgres { "" } else { plus };
        match self {
            Self::Project(id) => format!("{plus}t.project_id = {}", draft.text(id)),
            Self::Status(ranks) => among(&format!("{plus}t.status_rank"), ranks),
            Self::Priority(ranks) => among(&format!("{plus}t.priority"), ranks),
            Self::Assignee(Some(id)) => format!("{plus}t.assignee_id = {}", draft.text(id)),
            Self::Assignee(None) => format!("{plus}t.assignee_id is null"),
            Self::About(id) => format!("{plus}t.about_id = {}", draft.text(id)),
            Self::Labels(ids) => format!(
                "exists (select 1 from task_labels l where l.task_id = t.id and l.label_id in ({}))",
                draft.texts(ids)
            ),
            Self::Overdue(now) => format!(
                "t.due_at is not null and {plus}t.due_at <= {} and t.status <> 'done'",
                draft.put(Value::Moment(*now))
            ),
            Self::Due(days) => exactly(days, plus, draft),
            Self::Undated => format!("{plus}t.due_at is null"),
            Self::Blocked(true) => {
                format!("{plus}t.status_rank <> 3 and ({plus}t.status_rank = 2 or {BLOCKER})")
            }
            Self::Blocked(false) => {
                format!("({plus}t.status_rank = 3 or {plus}t.status_rank <> 2 and not ({BLOCKER}))")
            }
            Self::Words(words) => {
                let patterns = words.iter().map(|word| draft.text(&word.pattern()));
                let all: Vec<String> = patterns
                    .map(|name| format!("t.words like {name}"))
                    .collect();
                all.join(" and ")
            }
        }
    }

    /// A query of a row for each task that it lets through, or a few more: from an index alone, as far
    /// as that is possible. `None` where it has no index through which it can lead.
    pub fn counted(&self, draft: &mut Draft) -> Option<String> {
        Some(match self {
            Self::Blocked(false) => return None,
            Self::Blocked(true) => "select 1 from task_blockers union all \
                                    select 1 from live_tasks where status_rank = 2"
                .to_owned(),
            Self::Labels(ids) => {
                let ids = draft.texts(ids);
                format!("select 1 from task_labels where label_id in ({ids})")
            }
            Self::Words(words) if !draft.is_postgres => {
                let name = draft.match_of_sqlite(words);
                format!("select 1 from task_words where task_words match {name}")
            }
            // In an order that its index has: SQLite would read a whole table for a value that it takes
            // for a frequent one.
            _ => format!(
                "select 1 from live_tasks t where {} order by {}",
                self.leading(draft),
                self.order()
            ),
        })
    }

    fn order(&self) -> &'static str {
        match self {
            Self::Overdue(_) => "t.due_at",
            Self::Due(_) | Self::Undated => "t.due_key",
            _ => "t.created_at",
        }
    }
}

/// No zone is further from another than that.
const A_DAY: chrono::TimeDelta = chrono::TimeDelta::hours(26);

/// A day that was chosen as such is that day everywhere.
fn exactly(days: &Days, plus: &str, draft: &mut Draft) -> String {
    let mut put = |value| draft.put(value);
    let (first, last) = (put(Value::Day(days.first)), put(Value::Day(days.last)));
    let (from, to) = (put(Value::Moment(days.from)), put(Value::Moment(days.to)));
    format!(
        "(t.due_day is null and {plus}t.due_at > {from} and {plus}t.due_at <= {to} \
         or t.due_day >= {first} and t.due_day <= {last})"
    )
}

fn among(column: &str, ranks: &[i32]) -> String {
    match ranks {
        [only] => format!("{column} = {only}"),
        several => {
            let texts: Vec<String> = several.iter().map(i32::to_string).collect();
            format!("{column} in ({})", texts.join(", "))
        }
    }
}
