//! GET `/`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::TimeDelta;

use super::store;
use super::views::{DashboardPage, Seen};
use crate::auth::Viewer;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events;
use crate::mqtt::Status;
use crate::page::{self, Cursor, Layout, Wanted};
use crate::users::Role;

/// The dashboard hangs on walls: nobody sees more there than a viewer.
const FOR: Role = Role::Viewer;

/// GET `/`
pub async fn show(
    _: Viewer,
    db: Data<Db>,
    broker: Data<Status>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let a_day_ago = Timestamp::now().plus(-TimeDelta::days(1));
    let start = Cursor::start();
    let seen = Seen {
        groups: store::groups(&db).await?,
        figures: store::figures(&db, a_day_ago).await?,
        active: store::active_projects(&db).await?,
        blocked: store::blocked_tasks(&db).await?,
        unwell: store::unwell_plugins(&db).await?,
        events: events::store::newest(&db, FOR, None, &start, store::PANEL).await?,
        broker_away: broker.is_away(),
    };
    let view = DashboardPage::new(layout, seen);
    page::page_or_part(wanted, &view, &view.as_glance())
}
