//! What happened, and the stream that tells pages of it.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, ContentEncoding, ContentType, HeaderName,
};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::Domain;
use super::live::{Listener, Streams};
use super::store::{self, Recorded};
use super::views::ListPage;
use crate::auth::{Standing, Viewer};
use crate::db::Db;
use crate::error::Error;
use crate::mqtt::Status;
use crate::page::{self, Cursor, Layout, Paged, Wanted};

/// Which events.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    domain: String,
}

/// What a page knows already.
#[derive(Debug, Deserialize)]
pub struct StreamQuery {
    #[serde(default)]
    since: String,
}

/// GET `/events`
pub async fn list(
    viewer: Viewer,
    db: Data<Db>,
    query: Query<ListQuery>,
    before: Cursor,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let domain = domain(&query.domain)?;
    let limit = Paged::<Recorded>::LIMIT;
    let rows = store::newest(&db, viewer.role, domain, &before, limit).await?;
    let events = Paged::new(rows, |row| Cursor::after(row.created_at, &row.id));
    let view = ListPage::new(layout, viewer.role, domain, events, &before);
    page::page_or_part(wanted, &view, &view.as_feed())
}

/// None where nothing is chosen.
fn domain(name: &str) -> Result<Option<Domain>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let known = name.parse().map(Some);
    known.map_err(|()| {
        let all = Domain::ALL.map(Domain::as_str).join(", ");
        Error::BadRequest(format!(
            "There are no such events. The kinds of events are {all}."
        ))
    })
}

/// GET `/events/stream`: server-sent events.
pub async fn stream(
    request: HttpRequest,
    db: Data<Db>,
    broker: Data<Status>,
    streams: Data<Streams>,
    query: Query<StreamQuery>,
) -> Result<HttpResponse, Error> {
    let Some(standing) = Standing::of(&request)? else {
        return Ok(HttpResponse::Unauthorized()
            .content_type(ContentType::plaintext())
            .body("Sign in first."));
    };
    let last_heard = request.headers().get("Last-Event-ID");
    let since = last_heard.map_or(Some(query.since.as_str()), |mark| mark.to_str().ok());
    // What is no mark of ours differs from ours: such a page looks at everything again.
    let since = since
        .filter(|mark| !mark.is_empty())
        .map(|mark| mark.parse().unwrap_or_default());
    let broker = Status::clone(&broker);
    let listener = Listener::new(Db::clone(&db), broker, &streams, standing, since);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        // Compressed, it would wait for more to compress.
        .insert_header((CONTENT_ENCODING, ContentEncoding::Identity))
        .streaming(listener.into_stream()))
}
