//! The list of tasks.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, stream};

use super::export::Format;
use super::statement::{Ask, Way};
use super::store::{self, Offer};
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

/// GET `/tasks/export?format=csv` or `json`, with the same filters: all pages, as they are read.
pub async fn export_all(
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
) -> Result<HttpResponse, Error> {
    exported(db, &viewer, None, request.query_string()).await
}

/// GET `/projects/{id}/tasks/export`
pub async fn export_project(
    viewer: Viewer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let project = projects::find(&db, &id).await?;
    exported(db, &viewer, Some(&project.id), request.query_string()).await
}

async fn exported(
    db: Data<Db>,
    viewer: &Viewer,
    project: Option<&str>,
    query: &str,
) -> Result<HttpResponse, Error> {
    let format = Format::asked(query)
        .ok_or_else(|| Error::BadRequest("An export has format=csv or format=json.".to_owned()))?;
    let (wish, offer) = asked(&db, query).await?;
    let ask = Ask::new(&wish, None, project, &looker(viewer), &offer);
    let ask = ask.map_err(Error::BadRequest)?.in_batches();
    let way = store::way(&db, &ask).await?;
    let name = format!("attachment; filename=\"{}\"", format.file_name());
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(batches(db, ask, way, format)))
}

fn batches(
    db: Data<Db>,
    ask: Ask,
    way: Way,
    format: Format,
) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::unfold(Some(ask), move |ask| {
        let db = db.clone();
        async move {
            let ask = ask?;
            match store::rows(&db, &ask, way).await {
                Err(error) => Some((Err(error), None)),
                Ok(rows) => {
                    let next = ask.behind_batch(&rows);
                    let text = format.batch(&rows, ask.place.is_none(), next.is_none());
                    Some((Ok(Bytes::from(text)), next))
                }
            }
        }
    })
}

async fn asked(db: &Db, query: &str) -> Result<(Wish, Offer), Error> {
    let wish = Wish::read(query).map_err(Error::BadRequest)?;
    let offer = store::offer(db, &wish).await?;
    Ok((wish, offer))
}

async fn found(
    db: &Db,
    viewer: &Viewer,
    project: Option<&str>,
    query: &str,
) -> Result<Found, Error> {
    let (wish, offer) = asked(db, query).await?;
    let place = wish.place(query).map_err(Error::BadRequest)?;
    let ask = Ask::new(&wish, place.clone(), project, &looker(viewer), &offer);
    let ask = ask.map_err(Error::BadRequest)?;
    let way = store::way(db, &ask).await?;
    let rows = store::rows(db, &ask, way).await?;
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
