//! One of those who write: what they have, and what they do next.

use std::time::Duration;

use reqwest::header::{LOCATION, SET_COOKIE};
use uuid::Uuid;

use crate::chance::Chance;
use crate::harness::Browser;
use crate::journal::{Answer, Effect, Journal};

const PROJECT_STATUSES: [&str; 5] = ["planning", "active", "on_hold", "completed", "archived"];
const TASK_STATUSES: [&str; 4] = ["pending", "in_progress", "blocked", "done"];

/// A thing that nobody else touches. After an answer that leaves its state open, it is let go.
struct Project {
    id: String,
    status: &'static str,
    tasks: Vec<Task>,
}

struct Task {
    id: String,
    status: &'static str,
}

pub struct Writer {
    number: usize,
    /// Names never come twice.
    made: usize,
    pub browser: Browser,
    journal: Journal,
    chance: Chance,
    /// Projects that several writers rename.
    shared: Vec<String>,
    own: Vec<Project>,
    last_create: Option<(String, String)>,
    is_plugin_on: Option<bool>,
}

type Fields<'a> = &'a [(&'a str, &'a str)];

/// The plugin that a writer configures.
pub fn plugin_of(writer: usize) -> String {
    format!("lamp-{writer}")
}

impl Writer {
    pub fn new(number: usize, browser: Browser, journal: Journal, shared: Vec<String>) -> Self {
        let seed = Chance::seed() ^ (number as u64 + 1).wrapping_mul(0x2545_f491_4f6c_dd1d);
        Self {
            number,
            made: 0,
            browser,
            journal,
            chance: Chance::new(seed),
            shared,
            own: Vec::new(),
            last_create: None,
            is_plugin_on: Some(true),
        }
    }

    /// Does the next thing.
    pub async fn step(&mut self) -> Answer {
        match self.chance.below(100) {
            0..20 => self.create_project().await,
            20..32 => self.rename_project().await,
            32..44 => self.change_project().await,
            44..60 => self.add_task().await,
            60..76 => self.change_task().await,
            76..82 => self.configure_plugin().await,
            82..85 => self.switch_plugin().await,
            85..90 => self.rename_shared().await,
            90..93 => self.delete_task().await,
            93..95 => self.delete_project().await,
            95..98 => self.send_nonsense().await,
            _ => self.send_again().await,
        }
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("w{:02}-{:05}", self.number, self.made)
    }

    /// Where one of one's own things stands; `None` while there is none.
    fn some_project(&mut self) -> Option<usize> {
        (!self.own.is_empty()).then(|| self.chance.below(self.own.len()))
    }

    fn some_task(&mut self) -> Option<(usize, usize)> {
        let with: Vec<usize> = (0..self.own.len())
            .filter(|&at| !self.own[at].tasks.is_empty())
            .collect();
        let project = *with.get(self.chance.below(with.len().max(1)))?;
        Some((project, self.chance.below(self.own[project].tasks.len())))
    }

    fn other(&mut self, all: &[&'static str], now: &str) -> &'static str {
        let others: Vec<&'static str> = all.iter().copied().filter(|one| *one != now).collect();
        others[self.chance.below(others.len())]
    }

    async fn create_project(&mut self) -> Answer {
        let (id, name) = (Uuid::now_v7().to_string(), self.name());
        let tasks = [format!("{name}-a"), format!("{name}-b")];
        let fields = [
            ("once", &*id),
            ("name", &name),
            ("task", &tasks[0]),
            ("task", &tasks[1]),
        ];
        let mut effects = vec![Effect::new("project", &id, "created", &name)];
        effects.extend(
            tasks
                .iter()
                .map(|task| Effect::new("task", "", "created", task)),
        );
        let answer = self.send("/projects", &fields, effects).await;
        self.last_create = Some((id.clone(), name));
        if answer == Answer::Done {
            self.own.push(Project {
                id,
                status: "active",
                tasks: Vec::new(),
            });
        }
        answer
    }

    async fn rename_project(&mut self) -> Answer {
        let Some(at) = self.some_project() else {
            return self.create_project().await;
        };
        let (id, name) = (self.own[at].id.clone(), self.name());
        let effect = Effect::new("project", &id, "updated", &name);
        self.send(&format!("/projects/{id}"), &[("name", &name)], vec![effect])
            .await
    }

    async fn rename_shared(&mut self) -> Answer {
        let id = self.shared[self.chance.below(self.shared.len())].clone();
        let name = self.name();
        let effect = Effect::new("project", &id, "updated", &name);
        self.send(&format!("/projects/{id}"), &[("name", &name)], vec![effect])
            .await
    }

    async fn change_project(&mut self) -> Answer {
        let Some(at) = self.some_project() else {
            return self.create_project().await;
        };
        let status = self.other(&PROJECT_STATUSES, self.own[at].status);
        let id = self.own[at].id.clone();
        let effect = Effect::new("project", &id, "status_changed", status);
        let address = format!("/projects/{id}");
        let fields = [("status", status)];
        let answer = self.send(&address, &fields, vec![effect]).await;
        match answer {
            Answer::Done => self.own[at].status = status,
            _ => drop(self.own.swap_remove(at)),
        }
        answer
    }

    async fn add_task(&mut self) -> Answer {
        let Some(at) = self.some_project() else {
            return self.create_project().await;
        };
        let (id, name) = (Uuid::now_v7().to_string(), self.name());
        let address = format!("/projects/{}/tasks", self.own[at].id);
        let effect = Effect::new("task", "", "created", &name);
        let answer = self
            .send(&address, &[("once", &id), ("name", &name)], vec![effect])
            .await;
        if answer == Answer::Done {
            let status = "pending";
            self.own[at].tasks.push(Task { id, status });
        }
        answer
    }

    async fn change_task(&mut self) -> Answer {
        let Some((project, at)) = self.some_task() else {
            return self.add_task().await;
        };
        let status = self.other(&TASK_STATUSES, self.own[project].tasks[at].status);
        let name = self.name();
        let id = self.own[project].tasks[at].id.clone();
        // Two events of one request: both are there, or neither is.
        let effects = vec![
            Effect::new("task", &id, "updated", &name),
            Effect::new("task", &id, "status_changed", status),
        ];
        let fields = [("name", &*name), ("status", status)];
        let answer = self.send(&format!("/tasks/{id}"), &fields, effects).await;
        match answer {
            Answer::Done => self.own[project].tasks[at].status = status,
            _ => drop(self.own[project].tasks.swap_remove(at)),
        }
        answer
    }

    async fn delete_task(&mut self) -> Answer {
        let Some((project, at)) = self.some_task() else {
            return self.add_task().await;
        };
        let id = self.own[project].tasks.swap_remove(at).id;
        let effect = Effect::new("task", &id, "deleted", "");
        self.send(&format!("/tasks/{id}/deletion"), &[], vec![effect])
            .await
    }

    async fn delete_project(&mut self) -> Answer {
        let Some(at) = self.some_project() else {
            return self.create_project().await;
        };
        let id = self.own.swap_remove(at).id;
        let effect = Effect::new("project", &id, "deleted", "");
        self.send(&format!("/projects/{id}/deletion"), &[], vec![effect])
            .await
    }

    async fn configure_plugin(&mut self) -> Answer {
        let (id, host) = (plugin_of(self.number), self.name());
        let effect = Effect::new("plugin", &id, "config_changed", "");
        self.send(
            &format!("/plugins/{id}/config"),
            &[("/host", &host)],
            vec![effect],
        )
        .await
    }

    async fn switch_plugin(&mut self) -> Answer {
        let Some(is_on) = self.is_plugin_on else {
            return self.configure_plugin().await;
        };
        let id = plugin_of(self.number);
        let status = if is_on { "disabled" } else { "active" };
        let effect = Effect::new("plugin", &id, "status_changed", status);
        let address = format!("/plugins/{id}/status");
        let answer = self
            .send(&address, &[("status", status)], vec![effect])
            .await;
        self.is_plugin_on = (answer == Answer::Done).then_some(!is_on);
        answer
    }

    /// A form that is refused, and leaves nothing.
    async fn send_nonsense(&mut self) -> Answer {
        let id = Uuid::now_v7().to_string();
        let effect = Effect::new("project", &id, "created", "");
        self.send("/projects", &[("once", &id), ("name", " ")], vec![effect])
            .await
    }

    /// The form of the last project once more, as somebody does who saw no answer. It may do what the
    /// first did not, so it is asked for anew.
    async fn send_again(&mut self) -> Answer {
        let Some((id, name)) = self.last_create.clone() else {
            return self.create_project().await;
        };
        let fields = [("once", &*id), ("name", &name)];
        let effect = Effect::new("project", &id, "created", &name);
        self.send("/projects", &fields, vec![effect]).await
    }

    async fn send(&mut self, path: &str, fields: Fields<'_>, effects: Vec<Effect>) -> Answer {
        let what = format!("POST {path} {fields:?}");
        let number = self.journal.begin(self.number, what, effects);
        let request = self.browser.posting(path).form(fields).send();
        let answer = match request.await {
            Ok(response) => {
                let head = heading(&response);
                // An answer that ends in the middle is none.
                match response.bytes().await {
                    Ok(_) => head,
                    Err(_) => Answer::Silence,
                }
            }
            Err(_) => Answer::Silence,
        };
        self.journal.end(number, answer);
        answer
    }
}

fn heading(response: &reqwest::Response) -> Answer {
    let header = |name| {
        let value = response.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    };
    match response.status().as_u16() {
        303 if header(LOCATION).starts_with("/login") => Answer::SignedOut,
        // The password is asked for again: nothing was done.
        303 if header(LOCATION).starts_with("/confirm") => Answer::Refused(303),
        303 if header(SET_COOKIE).contains("flash=unchanged") => Answer::Unchanged,
        303 => Answer::Done,
        503 => Answer::Away,
        status @ 400..500 => Answer::Refused(status),
        status => Answer::Broken(status),
    }
}
