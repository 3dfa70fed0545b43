//! The trail of accounts and logins, for admins.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data, Query};
use futures_util::{Stream, stream};

use super::export::Format;
use super::views::{AuditPage, AuditPart};
use super::{Asked, Wish, store};
use crate::auth::Admin;
use crate::db::Db;
use crate::error::Error;
use crate::events::store::Recorded;
use crate::page::{self, Cursor, Layout, Paged, Wanted};

/// Events that an export reads at once.
const BATCH: i64 = 500;

/// GET `/audit`
pub async fn list(
    _: Admin,
    db: Data<Db>,
    asked: Query<Asked>,
    before: Cursor,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let wish = asked.wish().map_err(Error::BadRequest)?;
    let rows = store::newest(&db, &wish, &before, Paged::<Recorded>::LIMIT).await?;
    let events = Paged::new(rows, |row| Cursor::after(row.created_at, &row.id));
    match wanted {
        Wanted::Page => page::page(&AuditPage::new(layout, &asked, events, &before)),
        Wanted::Part => page::page(&AuditPart::new(layout, &asked, events, &before)),
    }
}

/// GET `/audit/export?format=csv` or `jsonl`, with the same filters: all of it, as it is read.
pub async fn export(_: Admin, db: Data<Db>, asked: Query<Asked>) -> Result<HttpResponse, Error> {
    let wish = asked.wish().map_err(Error::BadRequest)?;
    let format = Format::named(&asked.format)
        .ok_or_else(|| Error::BadRequest("An export has format=csv or format=jsonl.".to_owned()))?;
    let name = format!("attachment; filename=\"{}\"", format.file_name());
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(lines(db, wish, format)))
}

fn lines(db: Data<Db>, wish: Wish, format: Format) -> impl Stream<Item = Result<Bytes, Error>> {
    let head = Bytes::from_static(format.head().as_bytes());
    let begin = (Some(Cursor::start()), Some(head));
    stream::unfold(begin, move |(place, head)| {
        let (db, wish) = (db.clone(), wish.clone());
        async move {
            if let Some(head) = head {
                return Some((Ok(head), (place, None)));
            }
            let place = place?;
            match store::newest(&db, &wish, &place, BATCH).await {
                Err(error) => Some((Err(error), (None, None))),
                Ok(events) if events.is_empty() => None,
                Ok(events) => {
                    let last = events.last();
                    let next = last.map(|event| Cursor::after(event.created_at, &event.id));
                    let lines: String = events.iter().map(|event| format.line(event)).collect();
                    Some((Ok(Bytes::from(lines)), (next, None)))
                }
            }
        }
    })
}
