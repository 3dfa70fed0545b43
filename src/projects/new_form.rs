//! The form of a new project, with its first tasks.

use chrono_tz::Tz;

use super::Project;
use super::store::NewProject;
use super::tasks;
use super::tasks::store::NewTask;
use crate::events::new_id;
use crate::page::Posted;
use crate::page::field::line;
use crate::page::kept::Form;

/// How many fields for tasks an empty form has.
const BLANK_TASKS: usize = 5;
/// The most tasks that one form may make: each is a row and an event of one transaction, and others
/// wait for it.
const TASKS_AT_ONCE: usize = 500;

/// A form for a new project with its first tasks.
#[derive(Clone, Debug)]
pub struct NewForm {
    /// The project.
    pub form: Form<Project>,
    /// The names of its tasks, as typed.
    pub tasks: Vec<String>,
}

impl NewForm {
    /// With nothing typed.
    pub fn blank(zone: Tz) -> Self {
        Self {
            form: Form::blank(zone),
            tasks: Vec::new(),
        }
    }

    /// As sent. Fields for tasks that were left blank are none.
    pub fn read(posted: &Posted, zone: Tz) -> Self {
        let mut form = Form::read(posted, zone);
        let tasks: Vec<String> = posted
            .all("task")
            .filter(|name| !name.trim().is_empty())
            .map(str::to_owned)
            .collect();
        for (index, name) in tasks.iter().enumerate() {
            let _ = form.problems.take(&task_field(index), line(name));
        }
        if tasks.len() > TASKS_AT_ONCE {
            let message = format!(
                "These are {} tasks; give at most {TASKS_AT_ONCE} here and add the rest on the project's page.",
                tasks.len()
            );
            form.problems.add(&task_field(0), message);
        }
        Self { form, tasks }
    }

    /// The project to be made, where nothing is wrong.
    pub fn checked(&self) -> Option<NewProject> {
        let edit = self.form.checked()?;
        let tasks = self.tasks.iter().map(|name| NewTask::named(name));
        Some(NewProject {
            id: self.form.id().to_owned(),
            edit,
            tasks: tasks.collect(),
        })
    }

    /// The fields for tasks: each with its id, what is in it, and what is wrong with that.
    pub fn task_fields(&self) -> Vec<(String, &str, &str)> {
        let typed = self.tasks.iter().map(String::as_str);
        let blank = BLANK_TASKS.saturating_sub(self.tasks.len()).max(2);
        typed
            .chain(std::iter::repeat_n("", blank))
            .enumerate()
            .map(|(index, name)| {
                let field = task_field(index);
                let problem = self.form.problems.of(&field);
                (field, name, problem)
            })
            .collect()
    }
}

impl NewTask {
    /// With nothing but a name.
    pub fn named(name: &str) -> Self {
        Self {
            id: new_id(),
            edit: tasks::Edit {
                name: name.trim().to_owned(),
                ..tasks::Edit::default()
            },
        }
    }
}

fn task_field(index: usize) -> String {
    format!("task-{}", index + 1)
}
