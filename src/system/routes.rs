//! The system page, for admins.

use std::time::Duration;

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::store;
use super::views::{LastCheck, Seen, SystemPage};
use super::{Check, Checks, Installation};
use crate::auth::Admin;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::mqtt::Status;
use crate::page::{self, Client, Layout, Posted, Wanted};

/// Which statement to explain.
#[derive(Debug, Deserialize)]
pub struct ShowQuery {
    #[serde(default)]
    explain: String,
}

/// GET `/system`
pub async fn show(
    _: Admin,
    db: Data<Db>,
    broker: Data<Status>,
    installation: Data<Installation>,
    checks: Data<Checks>,
    query: Query<ShowQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let seen = Seen {
        installation: Installation::clone(&installation),
        pool: db.pool(),
        broker_away: broker.is_away(),
        broker_reason: broker.reason(),
        waiting: store::waiting(&db).await?,
        refused: store::refused(&db).await?,
        report: store::report(&db).await?,
        explained: match queryid(&query.explain)? {
            Some(queryid) => Some(store::explain(&db, queryid).await?),
            None => None,
        },
        last_check: LastCheck::of(&checks),
        advice: Client::of(&request).advice(),
    };
    let view = SystemPage::new(Layout::of(&request), seen);
    page::page_or_part(Wanted::by(&request), &view, &view.as_broker())
}

fn queryid(typed: &str) -> Result<Option<i64>, Error> {
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| {
        Error::BadRequest(
            "The address says explain=… with something that is no statement.".to_owned(),
        )
    })
}

/// POST `/system/integrity`
pub async fn check(
    _: Admin,
    db: Data<Db>,
    checks: Data<Checks>,
    _: Posted,
) -> Result<HttpResponse, Error> {
    let Ok(mut last) = checks.0.try_lock() else {
        return Err(Error::TooMany(Duration::from_secs(5)));
    };
    let problems = store::integrity(&db).await?;
    for problem in &problems {
        tracing::error!("integrity check: {problem}");
    }
    *last = Some(Check {
        at: Timestamp::now(),
        problems,
    });
    Ok(page::see("/system#integrity"))
}
