//! GET `/`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::TimeDelta;
use chrono_tz::Tz;

use super::burnup::DAYS;
use super::store;
use super::views::{DashboardPage, Seen};
use crate::auth::Viewer;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events;
use crate::mqtt::Status;
use crate::page::{self, Cursor, Layout, Wanted};
use crate::projects::tasks::end_of;
use crate::users::Role;

/// The dashboard hangs on walls: nobody sees more there than a viewer.
const FOR: Role = Role::Viewer;

/// GET `/`
pub async fn show(
    viewer: Viewer,
    db: Data<Db>,
    broker: Data<Status>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let now = Timestamp::now();
    let a_day_ago = now.plus(-TimeDelta::days(1));
    let today = now.day_in(viewer.zone());
    let tonight = end_of(today, viewer.zone()).unwrap_or(now);
    let first_day = now.day_in(Tz::UTC) - TimeDelta::days(DAYS);
    let start = Cursor::start();
    let seen = Seen {
        groups: store::groups(&db).await?,
        figures: store::figures(&db, a_day_ago).await?,
        active: store::active_projects(&db).await?,
        days: store::days(&db, first_day).await?,
        urging: store::urging(&db, &viewer.id, today, tonight).await?,
        unwell: store::unwell_plugins(&db).await?,
        events: events::store::newest(&db, FOR, None, &start, store::PANEL).await?,
        broker_away: broker.is_away(),
    };
    let view = DashboardPage::new(layout, seen);
    page::page_or_part(wanted, &view, &view.as_glance())
}
