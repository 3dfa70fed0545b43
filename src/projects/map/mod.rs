//! The map: open tasks and what they wait for, as a drawing.

mod card;
mod chain;
mod drawing;
mod letters;
mod lines;
pub mod routes;
mod store;
mod views;

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::FromRow;

use super::tasks::{Due, Priority, Status};
use crate::db::Timestamp;

/// The most tasks that one map shows.
pub const MOST: usize = 300;

/// An open task on a map.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Node {
    /// UUID version 7.
    pub id: String,
    /// One line.
    pub name: String,
    status: String,
    priority: i32,
    due_at: Option<Timestamp>,
    due_day: Option<NaiveDate>,
    /// The user name of who is to do it.
    pub assignee: Option<String>,
    /// The project it belongs to.
    pub project_id: String,
    /// That project's name.
    pub project_name: String,
    /// How many of those it waited for are done.
    pub done_before: i64,
}

impl Node {
    /// How it stands.
    pub fn status(&self) -> Status {
        // The table's check lets nothing else in.
        self.status.parse().unwrap_or_default()
    }

    /// How much it matters.
    pub fn priority(&self) -> Priority {
        Priority::ranked(self.priority)
    }

    /// By when it is to be done.
    pub fn due(&self) -> Option<Due> {
        let day = self.due_day;
        self.due_at.map(|at| Due { at, day })
    }
}

/// Open tasks, and which of them waits for which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The tasks.
    pub nodes: Vec<Node>,
    /// Pairs of places in `nodes`: what is waited for, and what waits.
    pub edges: Vec<(usize, usize)>,
    /// Whether there are more tasks than it holds.
    pub is_cut: bool,
}

impl Graph {
    /// The ids of its tasks.
    pub fn ids(&self) -> Vec<&str> {
        self.nodes.iter().map(|node| node.id.as_str()).collect()
    }

    /// Of the first of these tasks, and pairs of ids: what waits, and what it waits for.
    pub fn of(mut nodes: Vec<Node>, pairs: &[(String, String)]) -> Self {
        let is_cut = nodes.len() > MOST;
        nodes.truncate(MOST);
        let places: HashMap<&str, usize> = nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id.as_str(), place))
            .collect();
        let place = |id: &str| places.get(id).copied();
        let edges = pairs
            .iter()
            .filter_map(|(task, blocker)| Some((place(blocker)?, place(task)?)));
        Self {
            edges: edges.collect(),
            nodes,
            is_cut,
        }
    }
}

#[cfg(test)]
impl Node {
    fn numbered(number: usize) -> Self {
        Self {
            id: number.to_string(),
            name: format!("Task {number}"),
            status: "pending".to_owned(),
            priority: 1,
            due_at: None,
            due_day: None,
            assignee: None,
            project_id: String::new(),
            project_name: String::new(),
            done_before: 0,
        }
    }
}
