//! All that a task's page shows, and where its lists begin.

use std::collections::BTreeSet;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use url::form_urlencoded::Serializer;

use super::blockers::store as blockers;
use super::comments::store as comments;
use super::store::{self, Choices};
use super::views::Desk;
use super::{Task, task_page};
use crate::db::Db;
use crate::error::Error;
use crate::events::Domain;
use crate::events::store::of_entity;
use crate::page::{Cursor, Layout, mentioned};
use crate::projects::store as projects;

/// Where the lists of a task's page begin.
#[derive(Clone, Debug)]
pub struct Turned {
    /// Of its events, newest first: `before=…` in the address.
    pub history: Cursor,
    /// Of its comments, oldest first: `comments=…`.
    pub comments: Cursor,
}

impl Turned {
    /// Both at their beginning.
    pub fn start() -> Self {
        Self {
            history: Cursor::start(),
            comments: Cursor::start(),
        }
    }

    /// The address of the page of a task with this element of it in sight.
    pub fn address(&self, task_id: &str, element: &str) -> String {
        let page = format!("{}{}", task_page(task_id), self.query());
        match element {
            "" => page,
            element => format!("{page}#{element}"),
        }
    }

    /// `?…` for an address; nothing where both are at their beginning.
    pub fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        for (name, cursor) in [("before", &self.history), ("comments", &self.comments)] {
            if !cursor.is_start() {
                query.append_pair(name, &cursor.to_string());
            }
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => format!("?{query}"),
        }
    }
}

impl FromRequest for Turned {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            Ok(Self {
                history: Cursor::named(request, "before")?,
                comments: Cursor::named(request, "comments")?,
            })
        };
        ready(read())
    }
}

/// All that a task's page shows.
pub(super) async fn desk(
    db: &Db,
    task: Task,
    turned: Turned,
    layout: &Layout,
) -> Result<Desk, Error> {
    let (blockers, waiting) = blockers::around(db, &task.id).await?;
    let comments = comments::page(db, &task.id, &turned.comments).await?;
    let candidates: BTreeSet<String> = comments
        .rows
        .iter()
        .flat_map(|comment| mentioned(&comment.text))
        .collect();
    Ok(Desk {
        project: projects::find(db, &task.project_id).await?,
        history: of_entity(db, Domain::Task, &task.id, &turned.history).await?,
        // Who only looks has no form to fill in.
        choices: match layout.may_work() {
            true => store::choices(db, &task).await?,
            false => Choices::default(),
        },
        names: comments::names(db, &candidates).await?,
        comments,
        blockers,
        waiting,
        turned,
        task,
    })
}
