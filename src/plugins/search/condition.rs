use serde_json::{Map, Value};

use super::contained::contains;
use super::{Filter, Search, is_index};

/// A condition on the column `config`: SQL that holds nothing of what was typed, and the texts for
/// its parameters.
#[derive(Debug)]
pub struct Condition {
    /// The SQL.
    pub text: String,
    /// The parameters, in order.
    pub values: Vec<String>,
    first: usize,
}

impl Condition {
    /// For PostgreSQL, with parameters from `$first` on.
    ///
    /// Each filter has a part that the GIN index of `config` answers, by `@>` or `?`.
    pub fn on_postgres(search: &Search, first: usize) -> Self {
        Self::new(search, first, Self::filter_on_postgres)
    }

    /// For SQLite, with parameters from `$first` on.
    pub fn on_sqlite(search: &Search, first: usize) -> Self {
        Self::new(search, first, Self::filter_on_sqlite)
    }

    fn new(search: &Search, first: usize, filter: fn(&mut Self, &Filter) -> String) -> Self {
        let mut condition = Self {
            text: String::new(),
            values: Vec::new(),
            first,
        };
        let filters: Vec<String> = search
            .filters
            .iter()
            .map(|one| filter(&mut condition, one))
            .collect();
        condition.text = all(&filters);
        condition
    }

    /// The name of a new parameter.
    pub(super) fn bind(&mut self, value: impl Into<String>) -> String {
        self.values.push(value.into());
        format!("${}", self.first + self.values.len() - 1)
    }

    fn filter_on_postgres(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::Contains(criteria) => self.at_least(criteria),
            Filter::Has(key) => format!("config ? {}", self.bind(key)),
            Filter::Enabled(true) => {
                let choices = [Value::from(true), Value::from("true")];
                any(&choices.map(|value| self.at_least(&nested(&[("enabled", false)], &value))))
            }
            Filter::Enabled(false) => {
                "coalesce(config -> 'enabled' not in ('true', '\"true\"'), true)".to_owned()
            }
            Filter::At(parts, scalars) => self.at_on_postgres(parts, scalars),
        }
    }

    fn at_least(&mut self, criteria: &Value) -> String {
        format!("config @> {}::jsonb", self.bind(criteria.to_string()))
    }

    /// Where a part can be an index, containment finds too much (any item), and `#>` says which.
    fn at_on_postgres(&mut self, parts: &[String], scalars: &[Value]) -> String {
        let readings = readings(parts);
        let mut choices = Vec::new();
        for scalar in scalars {
            let found: Vec<String> = readings
                .iter()
                .map(|reading| self.at_least(&nested(reading, scalar)))
                .collect();
            choices.push(match readings.len() {
                1 => any(&found),
                _ => {
                    let keys: Vec<String> = parts.iter().map(|part| self.bind(part)).collect();
                    let value = self.bind(scalar.to_string());
                    let path = keys.join(", ");
                    format!(
                        "({} and config #> array[{path}]::text[] = {value}::jsonb)",
                        any(&found)
                    )
                }
            });
        }
        any(&choices)
    }

    fn filter_on_sqlite(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::Contains(criteria) => contains(self, criteria),
            Filter::Has(key) => {
                let path = self.bind(path(&[(key, false)]));
                let key = self.bind(key);
                format!(
                    "(json_type(config, {path}) is not null or (json_type(config) <> 'object' and exists \
                     (select 1 from json_each(config) as e where e.type = 'text' and e.value = {key})))"
                )
            }
            Filter::Enabled(wanted) => {
                let enabled = "coalesce(json_type(config, '$.enabled') = 'true' \
                     or (json_type(config, '$.enabled') = 'text' and config ->> '$.enabled' = 'true'), 0)";
                format!("{enabled} = {}", u8::from(*wanted))
            }
            Filter::At(parts, scalars) => {
                let mut choices = Vec::new();
                for reading in readings(parts) {
                    let path = self.bind(path(&reading));
                    for scalar in scalars {
                        choices.push(super::contained::equals(self, "config", &path, scalar));
                    }
                }
                any(&choices)
            }
        }
    }
}

/// Each way to read a pointer: every part that can be an index is one, or is a key.
fn readings(parts: &[String]) -> Vec<Vec<(&str, bool)>> {
    let mut readings = vec![Vec::new()];
    for part in parts {
        let kinds: &[bool] = if is_index(part) {
            &[true, false]
        } else {
            &[false]
        };
        readings = readings
            .iter()
            .flat_map(|reading| {
                kinds.iter().map(move |kind| {
                    let mut longer: Vec<(&str, bool)> = reading.clone();
                    longer.push((part, *kind));
                    longer
                })
            })
            .collect();
    }
    readings
}

/// The smallest document that has `scalar` there; an index becomes any item.
fn nested(reading: &[(&str, bool)], scalar: &Value) -> Value {
    reading
        .iter()
        .rev()
        .fold(scalar.clone(), |inner, (part, is_index)| match is_index {
            true => Value::Array(vec![inner]),
            false => Value::Object(Map::from_iter([((*part).to_owned(), inner)])),
        })
}

/// The path as SQLite's JSON functions read it.
pub(super) fn path(reading: &[(&str, bool)]) -> String {
    let mut path = "$".to_owned();
    for (part, is_index) in reading {
        path.push_str(&match is_index {
            true => format!("[{part}]"),
            false => key_step(part),
        });
    }
    path
}

/// One step of such a path, to the member with this key.
pub(super) fn key_step(key: &str) -> String {
    format!(".{}", Value::from(key))
}

pub(super) fn all(conditions: &[String]) -> String {
    joined(conditions, " and ", "true")
}

pub(super) fn any(conditions: &[String]) -> String {
    joined(conditions, " or ", "false")
}

fn joined(conditions: &[String], word: &str, none: &str) -> String {
    match conditions {
        [] => none.to_owned(),
        [one] => one.clone(),
        // In halves: a parser nests a chain as deep as it is long.
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            let (left, right) = (joined(left, word, none), joined(right, word, none));
            format!("({left}{word}{right})")
        }
    }
}
