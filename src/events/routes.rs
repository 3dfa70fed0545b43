//! What happened, and the stream that tells pages of it.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, ContentEncoding, ContentType, HeaderName,
};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Deserialize;

use super::lines::{self, Asked, Lines};
use super::live::{Listener, Streams};
use super::named_domain;
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
    let domain = named_domain(&query.domain)?;
    let limit = Paged::<Recorded>::LIMIT;
    let rows = store::newest(&db, viewer.role, domain, &before, limit).await?;
    let events = Paged::new(rows, |row| Cursor::after(row.created_at, &row.id));
    let view = ListPage::new(layout, viewer.role, domain, events, &before);
    page::page_or_part(wanted, &view, &view.as_feed())
}

/// GET `/events?after=17`, asked for as JSON lines: all events behind that position, in order.
pub async fn lines(
    request: HttpRequest,
    db: Data<Db>,
    streams: Data<Streams>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Error> {
    let lines = match Lines::asked(&request, db, streams, &asked).await {
        Ok(Some(lines)) => lines,
        Ok(None) => return Ok(sign_in_first()),
        Err(Error::BadRequest(why)) => return Ok(plain(HttpResponse::BadRequest(), why)),
        Err(error) => return Err(error),
    };
    Ok(HttpResponse::Ok()
        .content_type(lines::MEDIA_TYPE)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((lines::UP_TO, lines.up_to().to_string()))
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(lines.into_stream()))
}

/// A script is not led to the page where people sign in.
fn sign_in_first() -> HttpResponse {
    plain(HttpResponse::Unauthorized(), "Sign in first.".to_owned())
}

fn plain(mut answer: HttpResponseBuilder, text: String) -> HttpResponse {
    answer.content_type(ContentType::plaintext()).body(text)
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
        return Ok(sign_in_first());
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
