//! The board of a project, and of all; and cards that are moved on it.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::moving::{self, Wanted as Move, Way};
use super::state::{PAGE_SIZE, State};
use super::views::{BoardPage, Column, More, Shown};
use super::{Refused, Scope, Spot, store};
use crate::auth::{Maintainer, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::events::Change;
use crate::page::{self, Layout, Posted, Wanted};
use crate::projects::store as projects;
use crate::projects::tasks::{Status, note, store as tasks};

/// GET `/projects/{id}/board`
pub async fn of_project(
    _: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    state: State,
) -> Result<HttpResponse, Error> {
    show(&request, &db, Scope::Project(id.into_inner()), state).await
}

/// GET `/board`
pub async fn of_all(
    _: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    state: State,
) -> Result<HttpResponse, Error> {
    show(&request, &db, Scope::All, state).await
}

/// The board; where a part is asked for, that, or more cards of one column.
async fn show(
    request: &HttpRequest,
    db: &Db,
    scope: Scope,
    state: State,
) -> Result<HttpResponse, Error> {
    let wanted = Wanted::by(request);
    let layout = Layout::of(request);
    if let (Wanted::Part, Some(status)) = (wanted, state.column) {
        let start = state.behind.as_ref().or(state.start(status));
        let column = column(db, &scope, status, start, PAGE_SIZE).await?;
        return page::page(&More::new(layout, scope, state, column));
    }
    let view = BoardPage::new(layout, shown(db, scope, state).await?);
    page::page_or_part(wanted, &view, &view.as_board())
}

async fn shown(db: &Db, scope: Scope, state: State) -> Result<Shown, Error> {
    let project = match &scope {
        Scope::All => None,
        Scope::Project(id) => Some(projects::find(db, id).await?),
    };
    let counts = store::counts(db, project.as_ref()).await?;
    let mut columns = Vec::new();
    for (status, count) in Status::ALL.into_iter().zip(counts) {
        let (start, most) = (state.start(status), state.shown(status));
        columns.push((column(db, &scope, status, start, most).await?, count));
    }
    Ok(Shown {
        scope,
        state,
        project,
        columns,
    })
}

async fn column(
    db: &Db,
    scope: &Scope,
    status: Status,
    start: Option<&Spot>,
    most: usize,
) -> Result<Column, Error> {
    let cards = match start {
        Some(start) => store::column(db, scope, status, start, most + 1).await?,
        None => store::column(db, scope, status, &Spot::top(), most + 1).await?,
    };
    Ok(Column::new(status, cards, most))
}

/// POST `/tasks/{id}/place`: `status` is the column, the one it is in where it is not sent; `after` and
/// `before` the ids of the cards above and below, or `to` is up, down, first or last.
pub async fn move_card(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    state: State,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let (project, task) = tasks::lock(&mut change, &id).await?;
    let scope = if state.is_of_all {
        Scope::All
    } else {
        Scope::Project(project.id)
    };
    let state = state.scrolled(&posted)?.with_moved(&id);
    let moved = match wish(&posted) {
        Ok(wish) => moving::take(change, &scope, &task, &wish).await?,
        Err(refused) => {
            change.abandon();
            Err(refused)
        }
    };
    answer(&request, &db, scope, state, moved).await
}

async fn answer(
    request: &HttpRequest,
    db: &Db,
    scope: Scope,
    state: State,
    moved: Result<bool, Refused>,
) -> Result<HttpResponse, Error> {
    let Err(refused) = moved else {
        let card = state.moved.clone().unwrap_or_default();
        let address = format!("{}{}#card-{card}", scope.home(), state.query(None));
        return Ok(page::see(&address));
    };
    let shown = shown(db, scope, state).await?;
    let view = BoardPage::new(Layout::of(request), shown).refusing(&refused);
    match Wanted::by(request) {
        Wanted::Page => page::refused(&view),
        Wanted::Part => page::refused(&view.as_board()),
    }
}

fn wish(posted: &Posted) -> Result<Move, Refused> {
    let sent = |name| posted.get(name).filter(|value| !value.is_empty());
    let status = sent("status").map(str::parse).transpose();
    let (after, before) = (sent("after"), sent("before"));
    let way = match sent("to") {
        None if after.is_none() && before.is_none() => Way::Any,
        None => Way::Between {
            after: after.map(str::to_owned),
            before: before.map(str::to_owned),
        },
        Some("up") => Way::Up,
        Some("down") => Way::Down,
        Some("first") => Way::First,
        Some("last") => Way::Last,
        Some(_) => return Err(Refused::Way),
    };
    Ok(Move {
        status: status.map_err(|()| Refused::Status)?,
        way,
        note: note(posted.text("note")).map_err(Refused::Note)?,
    })
}
