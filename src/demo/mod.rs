//! A furnished lab, for somebody who wants to see one before running their own: a week of work on
//! projects and plugins by three people, made by the same verbs as a request.

mod plugins;
mod projects;
mod views;

use std::fs;
use std::io;
use std::path::Path;

use chrono::TimeDelta;
use serde_json::json;

use crate::app::StartError;
use crate::auth::password::Passwords;
use crate::auth::{self, random_password};
use crate::db::{Db, Timestamp};
use crate::events::{Actor, Change, Event, new_id};
use crate::users::store::{self as users, NewAccount};
use crate::users::{Role, SavedView};
use crate::vault::Vault;

/// Who works in the lab: name, role, and when they came.
const PEOPLE: [(&str, Role, i64); 3] = [
    ("alex", Role::Admin, 168),
    ("sam", Role::Maintainer, 167),
    ("hall", Role::Viewer, 107),
];

/// An account of the demo, with the password that it has until the next start.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub username: &'static str,
    pub role: Role,
    pub password: String,
}

/// Furnishes the lab where it is empty, and gives its three accounts new passwords, to be shown on
/// the terminal. `folder` is the data folder, `deployment` the deployment's id.
///
/// # Errors
/// [`StartError::NotADemo`] where somebody's own lab is there; or when the database is away.
pub(crate) async fn furnish(
    db: &Db,
    passwords: &Passwords,
    vault: &Vault,
    folder: &Path,
    deployment: &str,
) -> Result<Vec<Guest>, StartError> {
    let is_new = !auth::store::is_set_up(db).await?;
    if is_new {
        fs::write(folder.join(MARK), deployment)?;
    } else if !is_ours(folder, deployment)? {
        return Err(StartError::NotADemo);
    }
    let mut guests = Vec::new();
    for (username, role, hours_ago) in PEOPLE {
        let password = random_password()?;
        let hash = passwords.hash(&password).await?;
        if is_new {
            join(db, username, role, hash, hours_ago).await?;
        } else {
            renew(db, username, &hash).await?;
        }
        guests.push(Guest {
            username,
            role,
            password,
        });
    }
    if is_new {
        play(db, vault, deployment).await?;
    }
    Ok(guests)
}

/// The file in the data folder that says which deployment is a demo.
const MARK: &str = "demo";

fn is_ours(folder: &Path, deployment: &str) -> io::Result<bool> {
    match fs::read_to_string(folder.join(MARK)) {
        Ok(marked) => Ok(marked == deployment),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

async fn join(
    db: &Db,
    username: &str,
    role: Role,
    password_hash: String,
    hours_ago: i64,
) -> Result<(), StartError> {
    let account = NewAccount {
        id: new_id(),
        username: username.to_owned(),
        email: None,
        role,
        password_hash,
        one_time_password: false,
        disabled: false,
    };
    let mut change = Change::begin_at(db, &Actor::command_line(), ago(hours_ago, 0)).await?;
    if users::insert(&mut change, &account).await?.is_ok() {
        let details = json!({ "username": username, "role": role, "disabled": false });
        change
            .commit(Event::user(&account.id, "created", details))
            .await?;
    }
    Ok(())
}

async fn renew(db: &Db, username: &str, hash: &str) -> Result<(), StartError> {
    let Some(account) = auth::store::credentials(db, username).await? else {
        return Ok(());
    };
    let mut change = Change::begin(db, &Actor::command_line()).await?;
    auth::store::set_password(&mut change, &account.id, hash, false).await?;
    change
        .commit(Event::user(
            &account.id,
            "password_changed",
            json!({ "demo": true }),
        ))
        .await?;
    Ok(())
}

/// Something that somebody did at some hour of the week.
struct Step {
    hours_ago: i64,
    by: String,
    what: What,
}

enum What {
    Project(projects::Step),
    Plugin(plugins::Step),
    View(SavedView),
}

/// Plays the week in the order in which it happened.
async fn play(db: &Db, vault: &Vault, deployment: &str) -> Result<(), StartError> {
    let mut steps = projects::steps()?;
    steps.extend(plugins::steps()?);
    steps.extend(views::steps());
    // Stable: what happened within one hour keeps the order in which it is told.
    steps.sort_by_key(|step| -step.hours_ago);
    for (minute, step) in steps.iter().enumerate() {
        let actor = actor(db, &step.by).await?;
        let at = ago(step.hours_ago, minute);
        let change = Change::begin_at(db, &actor, at).await?;
        match &step.what {
            What::Project(what) => projects::take(change, deployment, what).await?,
            What::Plugin(what) => plugins::take(change, vault, what).await?,
            What::View(view) => views::take(change, view).await?,
        }
    }
    Ok(())
}

async fn actor(db: &Db, username: &str) -> Result<Actor, StartError> {
    let account = auth::store::credentials(db, username).await?;
    Ok(Actor {
        id: account.map(|account| account.id),
        name: username.to_owned(),
        ..Actor::command_line()
    })
}

/// So many hours ago, and some minutes on, so that not everything happens at the full hour.
fn ago(hours: i64, minute: usize) -> Timestamp {
    let minute = i64::try_from(minute).unwrap_or_default() * 17 % 50;
    Timestamp::now().plus(TimeDelta::minutes(minute - hours * 60))
}
