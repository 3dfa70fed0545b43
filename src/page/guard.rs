use actix_web::ResponseError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::ORIGIN;
use actix_web::middleware::Next;
use url::Url;

use super::{Client, signed_in};
use crate::error::Error;

/// Lets no request in that another site made in somebody's name, nor one whose address holds NUL
/// (which PostgreSQL cannot hold, and nobody types).
///
/// # Errors
/// Those of the service behind it; its own refusals are answers.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // What stands around this one asks again, when the session is empty already.
    let _ = signed_in(request.request());
    match refusal(&request) {
        Some(error) => Ok(request.into_response(error.error_response())),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn refusal(request: &ServiceRequest) -> Option<Error> {
    if request.uri().to_string().contains("%00") {
        return Some(Error::BadRequest(
            "The address holds the character NUL.".to_owned(),
        ));
    }
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    (!is_safe && !same_origin(request)).then_some(Error::CrossSite)
}

/// By `Sec-Fetch-Site` where the browser sends it (it does only to trustworthy origins: not to a
/// plain-http address in the LAN), else by `Origin`. Neither: refused. Cookies ignore ports, so a
/// neighbour on another port of the same host is another origin.
fn same_origin(request: &ServiceRequest) -> bool {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if let Some(site) = header("Sec-Fetch-Site") {
        return matches!(site, "same-origin" | "none");
    }
    let origin = header(ORIGIN.as_str()).and_then(|origin| Url::parse(origin).ok());
    origin.is_some_and(|origin| Client::of(request.request()).is_ours(&origin.origin()))
}
