use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use serde_json::{Map, Value, json};

use super::tally::{Occurrence, Tally};
use crate::db::Db;
use crate::error::Told;
use crate::events::Actor;
use crate::page::{Client, signed_in};

/// The longest path that an event repeats, in characters.
const PATH_MAX: usize = 200;

/// Makes an event of each refusal for want of a role or of the right origin; of many in a row, one a
/// minute.
///
/// # Errors
/// Those of the service behind it.
pub async fn note_denials<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    if response.status() == StatusCode::FORBIDDEN
        && let Some((db, tally, occurrence)) = denial(&response)
        && let Err(error) = tally.note(&db, occurrence).await
    {
        tracing::warn!("a denial was not noted: {error}");
    }
    Ok(response)
}

fn denial(response: &ServiceResponse) -> Option<(Data<Db>, Data<Tally>, Occurrence)> {
    let request = response.request();
    let db = request.app_data::<Data<Db>>()?;
    let tally = request.app_data::<Data<Tally>>()?;
    let client = Client::of(request);
    let user = signed_in(request).ok().flatten();
    let path: String = request.path().chars().take(PATH_MAX).collect();
    let reason = response
        .response()
        .extensions()
        .get::<Told>()
        .map(|told| told.cause.clone());
    let details: [(&str, Value); 4] = [
        ("address", json!(client.address)),
        ("method", json!(request.method().as_str())),
        ("path", json!(path)),
        ("reason", json!(reason)),
    ];
    let occurrence = Occurrence {
        event_type: "denied",
        user_id: user.as_ref().map(|user| user.id.clone()),
        actor: Actor {
            name: user
                .as_ref()
                .map_or_else(|| Actor::anonymous().name, |user| user.username.clone()),
            id: user.map(|user| user.id),
            trace_id: client.trace_id.clone(),
        },
        network: client.network(),
        details: Map::from_iter(details.map(|(name, value)| (name.to_owned(), value))),
    };
    Some((db.clone(), tally.clone(), occurrence))
}
