//! Signs of life, for monitors and containers.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use serde_json::{Value, json};

use crate::db::{Db, Health};
use crate::mqtt::Status;

/// GET `/health/live`: the process answers.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// GET `/health/ready`: it can do its work. A broker that is away is said, but no reason to be taken
/// out of service: events wait in the outbox.
pub async fn ready(db: Data<Db>, broker: Data<Status>) -> HttpResponse {
    let broker = if broker.is_away() {
        "away"
    } else {
        "connected"
    };
    match db.health().await {
        Health::Healthy { .. } => {
            HttpResponse::Ok().json(json!({ "status": "ready", "broker": broker }))
        }
        Health::Unhealthy { error } => HttpResponse::ServiceUnavailable()
            .json(json!({ "status": "not ready", "error": error, "broker": broker })),
    }
}

/// GET `/health/database`
pub async fn database(db: Data<Db>) -> HttpResponse {
    match db.health().await {
        healthy @ Health::Healthy { .. } => HttpResponse::Ok().json(healthy),
        unhealthy @ Health::Unhealthy { .. } => HttpResponse::ServiceUnavailable().json(unhealthy),
    }
}
