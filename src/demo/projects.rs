//! The demo's projects, read from `lab.json`.

use serde::Deserialize;

use super::What;
use crate::app::StartError;
use crate::events::{Change, new_id};
use crate::projects::Edit;
use crate::projects::store::{self, NewProject};
use crate::projects::tasks::store::{self as tasks, NewTask};
use crate::projects::{Status, changes, tasks as task};

const LAB: &str = include_str!("lab.json");

#[derive(Deserialize)]
struct Lab {
    projects: Vec<Project>,
}

/// Hours ago, by whom, to which status.
type Move = (i64, String, String);

#[derive(Deserialize)]
struct Project {
    name: String,
    description: String,
    hours_ago: i64,
    by: String,
    status: String,
    #[serde(default)]
    moves: Vec<Move>,
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Task {
    name: String,
    #[serde(default)]
    description: String,
    moves: Vec<Move>,
}

/// What somebody did to a project or a task.
pub(super) enum Step {
    Create(NewProject),
    MoveProject(String, Status),
    MoveTask(String, task::Status),
}

/// All that happens to projects.
pub(super) fn steps() -> Result<Vec<super::Step>, StartError> {
    let lab: Lab = serde_json::from_str(LAB).map_err(|_| StartError::Demo)?;
    let mut steps = Vec::new();
    for project in lab.projects {
        add(project, &mut steps)?;
    }
    Ok(steps)
}

fn add(project: Project, steps: &mut Vec<super::Step>) -> Result<(), StartError> {
    let id = new_id();
    let mut new_tasks = Vec::new();
    let mut later = Vec::new();
    for (hours_ago, by, status) in project.moves {
        let status = status.parse().map_err(|()| StartError::Demo)?;
        later.push(step(hours_ago, by, Step::MoveProject(id.clone(), status)));
    }
    for task in project.tasks {
        let edit = edit(task.name, task.description, task::Status::Pending);
        let new = NewTask { id: new_id(), edit };
        for (hours_ago, by, status) in task.moves {
            let status = status.parse().map_err(|()| StartError::Demo)?;
            later.push(step(hours_ago, by, Step::MoveTask(new.id.clone(), status)));
        }
        new_tasks.push(new);
    }
    let status = project.status.parse().map_err(|()| StartError::Demo)?;
    let edit = edit(project.name, project.description, status);
    let new = NewProject {
        id,
        edit,
        tasks: new_tasks,
    };
    steps.push(step(project.hours_ago, project.by, Step::Create(new)));
    steps.append(&mut later);
    Ok(())
}

fn step(hours_ago: i64, by: String, what: Step) -> super::Step {
    super::Step {
        hours_ago,
        by,
        what: What::Project(what),
    }
}

fn edit<S>(name: String, description: String, status: S) -> Edit<S> {
    Edit {
        name,
        description,
        status,
    }
}

/// Does it.
pub(super) async fn take(mut change: Change, step: &Step) -> Result<(), StartError> {
    let events = match step {
        Step::Create(new) => {
            store::insert(&mut change, new).await?;
            changes::created(new)
        }
        Step::MoveProject(id, status) => {
            let before = store::lock(&mut change, id).await?;
            let after = edit(before.name.clone(), before.description.clone(), *status);
            store::update(&mut change, id, &after).await?;
            changes::updated(&before, &after)
        }
        Step::MoveTask(id, status) => {
            let (_, before) = tasks::lock(&mut change, id).await?;
            let after = edit(before.name.clone(), before.description.clone(), *status);
            tasks::update(&mut change, &before, &after).await?;
            changes::task_updated(&before, &after)
        }
    };
    Ok(change.commit_all(events).await?)
}
