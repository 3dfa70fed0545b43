//! What the watch noticed, for admins.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::store;
use super::views::{NotesPage, NotesPart};
use crate::auth::Admin;
use crate::db::Db;
use crate::error::Error;
use crate::events::{Change, Event, store::deployment};
use crate::page::{self, Flash, Layout, Posted, Wanted};

/// How many notes the page shows, of those to be seen and of those seen.
const SHOWN: i64 = 50;

/// GET `/audit/notes`
pub async fn list(
    _: Admin,
    db: Data<Db>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let unseen = store::notes(&db, false, SHOWN).await?;
    let seen = store::notes(&db, true, SHOWN).await?;
    match wanted {
        Wanted::Page => page::page(&NotesPage::new(layout, unseen, seen)),
        Wanted::Part => page::page(&NotesPart::new(layout, unseen, seen)),
    }
}

/// POST `/audit/notes/sighting`: an admin has seen those notes, each a field `note`.
pub async fn see(admin: Admin, db: Data<Db>, posted: Posted) -> Result<HttpResponse, Error> {
    let deployment = deployment(&db).await?;
    let mut change = Change::begin(&db, &admin.actor()).await?;
    let mut events = Vec::new();
    for id in posted.all("note").filter(|id| !id.contains('\0')) {
        if let Some(kind) = store::see(&mut change, id).await? {
            let details = store::told(id, &kind);
            events.push(Event::system(&deployment, "note_seen", details));
        }
    }
    if events.is_empty() {
        change.abandon();
        return Ok(page::see_with("/audit/notes", Flash::Unchanged));
    }
    change.commit_all(events).await?;
    Ok(page::see_with("/audit/notes", Flash::Saved))
}
