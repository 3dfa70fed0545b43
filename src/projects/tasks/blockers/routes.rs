//! What a task waits for, changed on its page.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::{Other, Refused, store};
use crate::auth::Maintainer;
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::{self, Flash, Layout, Posted};
use crate::projects::changes;
use crate::projects::tasks::desk::{Turned, desk};
use crate::projects::tasks::store as tasks;
use crate::projects::tasks::views::TaskPage;
use crate::projects::tasks::{Task, task_page};

/// POST `/tasks/{id}/blockers`: `blocker` is the name of an open task of the same project, or the
/// address or id of any task.
pub async fn add(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (_, task) = tasks::lock(&mut change, &id).await?;
    store::lock(&mut change).await?;
    let typed = posted.text("blocker").trim();
    match found(&mut change, &task, typed).await? {
        Ok(Some(other)) => {
            change.commit(changes::blocker_added(&task, &other)).await?;
            Ok(page::see_with(&task_page(&id), Flash::Saved))
        }
        Ok(None) => Ok(page::see_with(&task_page(&id), Flash::Unchanged)),
        Err(refused) => {
            change.abandon();
            let layout = Layout::of(&request);
            let desk = desk(&db, task, Turned::start(), &layout).await?;
            let view = TaskPage::new(layout, desk);
            page::refused(&view.with_blocker(typed, refused.told()))
        }
    }
}

/// The task that is waited for from now on; `Ok(Ok(None))` where it was already.
async fn found(
    change: &mut Change,
    task: &Task,
    typed: &str,
) -> Result<Result<Option<Other>, Refused>, Error> {
    let other = match store::find(change, task, typed).await? {
        Ok(other) => other,
        Err(refused) => return Ok(Err(refused)),
    };
    let added = store::add(change, task, &other).await?;
    Ok(added.map(|is_new| is_new.then_some(other)))
}

/// POST `/tasks/{id}/blockers/{blocker}/deletion`
pub async fn remove(
    maintainer: Maintainer,
    db: Data<Db>,
    path: Path<(String, String)>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let (id, blocker) = path.into_inner();
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (_, task) = tasks::lock(&mut change, &id).await?;
    store::lock(&mut change).await?;
    let Some(other) = store::remove(&mut change, &task, &blocker).await? else {
        change.abandon();
        return Ok(page::see_with(&task_page(&id), Flash::Unchanged));
    };
    change
        .commit(changes::blocker_removed(&task, &other))
        .await?;
    Ok(page::see_with(&task_page(&id), Flash::Saved))
}
