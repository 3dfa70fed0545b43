//! The demo's projects, read from `lab.json`.

use chrono::TimeDelta;
use serde::Deserialize;

use super::{PEOPLE, What};
use crate::app::StartError;
use crate::config::zone_of_the_machine;
use crate::db::Timestamp;
use crate::events::{Change, Event, new_id};
use crate::page::mentioned;
use crate::projects::Edit;
use crate::projects::store::{self, NewProject};
use crate::projects::tasks::Due;
use crate::projects::tasks::blockers::store as blockers;
use crate::projects::tasks::comments;
use crate::projects::tasks::store::{self as tasks, NewTask};
use crate::projects::{Status, changes, labels, tasks as task, trash};

const LAB: &str = include_str!("lab.json");

#[derive(Deserialize)]
struct Lab {
    /// Hours ago, by whom, its name and its colour.
    labels: Vec<(i64, String, String, String)>,
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
    #[serde(default)]
    plans: Vec<(i64, String, Plan)>,
    #[serde(default)]
    waits: Option<(i64, String, Vec<String>)>,
    #[serde(default)]
    labels: Option<(i64, String, Vec<String>)>,
    #[serde(default)]
    comments: Vec<(i64, String, String)>,
    #[serde(default)]
    deleted: Option<(i64, String)>,
}

/// What somebody planned of a task: who, how much it matters, in how many days, about which plugin.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Plan {
    assignee: Option<String>,
    priority: String,
    due_in: Option<i64>,
    about: Option<String>,
}

/// What somebody did to a project, a task or the palette of labels.
pub(super) enum Step {
    Label(labels::Edit),
    Create(NewProject),
    MoveProject(String, Status),
    MoveTask(String, task::Status),
    PlanTask(String, Plan),
    Wait(String, String),
    LabelTask(String, Vec<String>),
    Say(String, String),
    Throw(String),
}

/// All that happens to projects.
pub(super) fn steps() -> Result<Vec<super::Step>, StartError> {
    let lab: Lab = serde_json::from_str(LAB).map_err(|_| StartError::Demo)?;
    let mut steps = Vec::new();
    for (hours_ago, by, name, color) in lab.labels {
        let color = color.parse().map_err(|()| StartError::Demo)?;
        let label = Step::Label(labels::Edit { name, color });
        steps.push(step(hours_ago, by, label));
    }
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
        let edit = task::Edit {
            name: task.name,
            description: task.description,
            ..task::Edit::default()
        };
        let new = NewTask { id: new_id(), edit };
        for (hours_ago, by, status) in task.moves {
            let status = status.parse().map_err(|()| StartError::Demo)?;
            later.push(step(hours_ago, by, Step::MoveTask(new.id.clone(), status)));
        }
        for (hours_ago, by, plan) in task.plans {
            later.push(step(hours_ago, by, Step::PlanTask(new.id.clone(), plan)));
        }
        if let Some((hours_ago, by, others)) = task.waits {
            later.extend(others.into_iter().map(|other| {
                let wait = Step::Wait(new.id.clone(), other);
                step(hours_ago, by.clone(), wait)
            }));
        }
        if let Some((hours_ago, by, names)) = task.labels {
            let label = Step::LabelTask(new.id.clone(), names);
            later.push(step(hours_ago, by, label));
        }
        for (hours_ago, by, text) in task.comments {
            later.push(step(hours_ago, by, Step::Say(new.id.clone(), text)));
        }
        if let Some((hours_ago, by)) = task.deleted {
            later.push(step(hours_ago, by, Step::Throw(new.id.clone())));
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

fn edit(name: String, description: String, status: Status) -> Edit {
    Edit {
        name,
        description,
        status,
    }
}

/// Does it.
pub(super) async fn take(
    mut change: Change,
    deployment: &str,
    step: &Step,
) -> Result<(), StartError> {
    let events = match step {
        Step::Label(label) => {
            let id = new_id();
            let made = labels::store::insert(&mut change, &id, label).await?;
            made.map_err(|_| StartError::Demo)?;
            vec![labels::created(deployment, &id, label)]
        }
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
            let status = *status;
            change_task(&mut change, id, |edit| task::Edit { status, ..edit }).await?
        }
        Step::LabelTask(id, names) => {
            let labels = names.clone();
            change_task(&mut change, id, |edit| task::Edit { labels, ..edit }).await?
        }
        Step::Say(id, text) => {
            let (_, task) = tasks::lock(&mut change, id).await?;
            let comment = new_id();
            comments::store::insert(&mut change, &task, &comment, text).await?;
            let names: Vec<String> = mentioned(text)
                .into_iter()
                .filter(|name| PEOPLE.iter().any(|(known, ..)| known == name))
                .collect();
            vec![comments::commented(&task, &comment, text, &names)]
        }
        Step::PlanTask(id, plan) => change_task(&mut change, id, |edit| plan.applied(edit)).await?,
        Step::Wait(id, other) => {
            let (_, task) = tasks::lock(&mut change, id).await?;
            blockers::lock(&mut change).await?;
            let other = blockers::find(&mut change, &task, other).await?;
            let other = other.map_err(|_| StartError::Demo)?;
            let added = blockers::add(&mut change, &task, &other).await?;
            added.map_err(|_| StartError::Demo)?;
            vec![changes::blocker_added(&task, &other)]
        }
        Step::Throw(id) => {
            let (_, task) = tasks::lock(&mut change, id).await?;
            let thrown = trash::store::throw_task(&mut change, &task).await?;
            vec![trash::task_deleted(&task, &thrown)]
        }
    };
    Ok(change.commit_all(events).await?)
}

async fn change_task(
    change: &mut Change,
    id: &str,
    edit: impl FnOnce(task::Edit) -> task::Edit,
) -> Result<Vec<Event>, StartError> {
    let (_, before) = tasks::lock(change, id).await?;
    let after = edit(task::Edit::from(&before));
    let named = tasks::name(change, &after, Some(&before)).await?;
    let named = named.map_err(|_| StartError::Demo)?;
    tasks::update(change, &before, &after, &named).await?;
    Ok(changes::task_updated(&before, &after, named.labels(), ""))
}

impl Plan {
    fn applied(&self, edit: task::Edit) -> task::Edit {
        let zone = zone_of_the_machine();
        let day = |days| Timestamp::now().plus(TimeDelta::days(days)).day_in(zone);
        let due = self.due_in.map(|days| day(days).to_string());
        task::Edit {
            assignee: self.assignee.clone(),
            about: self.about.clone(),
            priority: self.priority.parse().unwrap_or_default(),
            due: due.and_then(|day| Due::read(&day, "", zone).ok().flatten()),
            ..edit
        }
    }
}
