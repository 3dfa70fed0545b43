//! The list of tasks.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::statement::Ask;
use super::store;
use super::views::{Found, ListPage};
use super::{Looker, Wish};
use crate::auth::Viewer;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::page::{self, Layout, Wanted};
use crate::projects::store as projects;

/// GET `/tasks`
pub async fn of_all(
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let found = found(&db, &viewer, None, request.query_string()).await?;
    let view = ListPage::new(layout, None, found);
    page::page_or_part(wanted, &view, &view.as_rows())
}

/// GET `/projects/{id}/tasks`
pub async fn of_project(
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let project = projects::find(&db, &id).await?;
    let found = found(&db, &viewer, Some(&id), request.query_string()).await?;
    let view = ListPage::new(layout, Some(project), found);
    page::page_or_part(wanted, &view, &view.as_rows())
}

async fn found(
    db: &Db,
    viewer: &Viewer,
    project: Option<&str>,
    query: &str,
) -> Result<Found, Error> {
    let wish = Wish::read(query).map_err(Error::BadRequest)?;
    let place = wish.place(query).map_err(Error::BadRequest)?;
    let offer = store::offer(db, &wish).await?;
    let looker = looker(viewer);
    let ask = Ask::new(&wish, place.clone(), project, &looker, &offer);
    let rows = store::rows(db, &ask.map_err(Error::BadRequest)?).await?;
    Ok(Found {
        wish,
        place,
        offer,
        rows,
    })
}

fn looker(viewer: &Viewer) -> Looker {
    Looker {
        id: viewer.id.clone(),
        zone: viewer.zone(),
        now: Timestamp::now(),
    }
}
