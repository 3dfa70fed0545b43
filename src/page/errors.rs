use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use futures_util::FutureExt;

use super::layout::Known;
use super::patience::{Waiting, is_there};
use super::{Client, Flash, Layout, Wanted, flash};
use crate::db::Db;
use crate::error::{Error, Told};

/// What a person sees instead of the page.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    status: u16,
    title: String,
    message: String,
    what_next: String,
    /// Empty where the log has no line of it.
    trace_id: String,
}

/// What is put in the region for messages, instead of the fragment that was asked for.
#[derive(Template)]
#[template(path = "_alert.html")]
struct Alert {
    title: String,
    message: String,
    what_next: String,
    /// Empty where the log has no line of it.
    trace_id: String,
}

/// Puts a page around every error, takes a flash that was shown off the browser, and sets the
/// headers that every answer has.
///
/// # Errors
/// Where a middleware inside this one failed, so that the request is gone: a page without the
/// navigation.
pub async fn finish<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let known = Known::now(&request);
    request.extensions_mut().insert(known);
    let client = Client::of(request.request());
    let waiting = request.extensions().get::<Waiting>().cloned();
    let waiting = waiting.unwrap_or_else(Waiting::since_now);
    let asked = format!("{} {:?}", request.method(), request.path());
    // A panic takes its own request with it and no other: the people behind it see a page, too.
    let is_reading = request.method().is_safe();
    let db = request.app_data::<Data<Db>>().cloned();
    let work = AssertUnwindSafe(next.call(request)).catch_unwind();
    let response = match waiting.answered(work, || is_there(db.as_ref())).await {
        Some(Ok(Ok(response))) => Ok(response.map_into_boxed_body()),
        Some(Ok(Err(error))) => Err(of_middleware(&error)),
        Some(Err(_)) => Err(Error::bug("a panic").told()),
        None => Err(unanswered(is_reading).told()),
    };
    let response = match response {
        Ok(response) => response,
        Err(told) => {
            log(&told, &client, &asked);
            return Err(Standalone { told, client }.into());
        }
    };
    let (request, response) = response.into_parts();
    let mut response = match told(&response) {
        Some(told) => {
            log(&told, &client, &asked);
            explained(&request, response, told, &client)
        }
        None => response,
    };
    if shows_flash(&request, &response) {
        // An empty cookie of the same name and path, long expired.
        let _ = response.add_removal_cookie(&Flash::Saved.cookie());
    }
    let private = Layout::of(&request).user.is_some();
    set_headers(response.headers_mut(), private, client.is_https);
    Ok(ServiceResponse::new(request, response))
}

/// What to say of an answer that is an error: our own words, or those for its status where a
/// library made it.
fn told(response: &HttpResponse) -> Option<Told> {
    if let Some(told) = response.extensions().get::<Told>() {
        return Some(told.clone());
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_bare =
        response.error().is_some() || !response.headers().contains_key(header::CONTENT_TYPE);
    (is_error && is_bare).then(|| Told::of_status(status))
}

/// The line that the number on the page leads to. What is refused every day, a stranger's address or a
/// missing page, is only there for who looks closely.
fn log(told: &Told, client: &Client, asked: &str) {
    let Told { status, cause, .. } = told;
    let (id, address) = (&client.trace_id, &client.address);
    match (status.is_server_error(), is_numbered(*status)) {
        (true, _) => tracing::error!(id, address, status = status.as_u16(), "{asked}: {cause}"),
        (false, true) => tracing::info!(id, address, status = status.as_u16(), "{asked}: {cause}"),
        (false, false) => {
            tracing::debug!(id, address, status = status.as_u16(), "{asked}: {cause}")
        }
    }
}

/// Whether the page shows the number of its log line.
fn is_numbered(status: StatusCode) -> bool {
    let is_common = matches!(
        status,
        StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS
    );
    !status.is_redirection() && !is_common
}

fn explained(
    request: &HttpRequest,
    bare: HttpResponse,
    told: Told,
    client: &Client,
) -> HttpResponse {
    let wanted = Wanted::by(request);
    let mut answer = HttpResponse::build(told.status);
    for (name, value) in bare.headers() {
        answer.append_header((name.clone(), value.clone()));
    }
    if told.status == StatusCode::SEE_OTHER {
        return match wanted {
            Wanted::Page => bare,
            Wanted::Part => sign_in_again(&bare),
        };
    }
    answer.content_type(header::ContentType::html());
    let trace_id = match is_numbered(told.status) {
        true => client.trace_id.clone(),
        false => String::new(),
    };
    let body = match wanted {
        Wanted::Page => ErrorPage {
            layout: Layout::of(request),
            status: told.status.as_u16(),
            title: told.title,
            message: told.message,
            what_next: told.what_next,
            trace_id,
        }
        .render(),
        Wanted::Part => {
            answer.insert_header(("HX-Retarget", "#messages"));
            answer.insert_header(("HX-Reswap", "innerHTML"));
            Alert {
                title: told.title,
                message: told.message,
                what_next: told.what_next,
                trace_id,
            }
            .render()
        }
    };
    answer.body(body.unwrap_or_else(|_| told.status.to_string()))
}

/// A fragment cannot be a login page: htmx is told to go there.
fn sign_in_again(redirect: &HttpResponse) -> HttpResponse {
    let mut answer = HttpResponse::Unauthorized();
    if let Some(location) = redirect.headers().get(header::LOCATION) {
        answer.insert_header(("HX-Redirect", location.clone()));
    }
    answer.finish()
}

fn shows_flash(request: &HttpRequest, response: &HttpResponse) -> bool {
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| {
            kind.to_str()
                .is_ok_and(|kind| kind.starts_with("text/html"))
        });
    let sets_another = response
        .cookies()
        .any(|cookie| cookie.name() == flash::COOKIE);
    is_page && !sets_another && Wanted::by(request) == Wanted::Page && Flash::of(request).is_some()
}

fn set_headers(headers: &mut HeaderMap, private: bool, is_https: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    // data: images are Tabler's, inside its style sheet.
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    );
    // What frame-ancestors says, for who does not read it.
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // no-referrer would make forms send `Origin: null`.
    set(header::REFERRER_POLICY, "same-origin");
    set(
        header::PERMISSIONS_POLICY,
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    if is_https {
        // Not for subdomains: other applications may live there.
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if private {
        set(header::CACHE_CONTROL, "no-store");
    }
}

/// An error page for when nobody knows any more who asked.
#[derive(Debug)]
struct Standalone {
    told: Told,
    client: Client,
}

fn unanswered(is_reading: bool) -> Error {
    let cause = "no answer in time".to_owned();
    match is_reading {
        true => Error::Away(cause),
        false => Error::Unsure(cause),
    }
}

fn of_middleware(error: &actix_web::Error) -> Told {
    // The session middleware fails only where its table cannot be reached.
    Told {
        cause: error.to_string(),
        ..Error::Away("sessions cannot be kept".to_owned()).told()
    }
}

impl std::fmt::Display for Standalone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told.title)
    }
}

impl ResponseError for Standalone {
    fn status_code(&self) -> StatusCode {
        self.told.status
    }

    fn error_response(&self) -> HttpResponse {
        let told = self.told.clone();
        let page = ErrorPage {
            layout: Layout::anonymous(),
            status: told.status.as_u16(),
            title: told.title,
            message: told.message,
            what_next: told.what_next,
            trace_id: self.client.trace_id.clone(),
        };
        let mut response = HttpResponse::build(told.status)
            .content_type(header::ContentType::html())
            .body(page.render().unwrap_or_default());
        set_headers(response.headers_mut(), true, self.client.is_https);
        response
    }
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, test, web};

    use super::*;

    #[actix_web::test]
    async fn a_panic_is_a_page_for_one_request_and_nothing_for_the_next() {
        #[allow(clippy::panic)]
        async fn broken() -> &'static str {
            panic!("as it should")
        }
        let app = App::new()
            .route("/broken", web::get().to(broken))
            .route("/whole", web::get().to(async || "whole"))
            .wrap(from_fn(finish));
        let app = test::init_service(app).await;
        for _ in 0..3 {
            let request = test::TestRequest::get().uri("/broken").to_request();
            let Err(error) = test::try_call_service(&app, request).await else {
                unreachable!("it panics");
            };
            let answer = error.as_response_error().error_response();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(
                answer
                    .headers()
                    .contains_key(header::CONTENT_SECURITY_POLICY)
            );
            let request = test::TestRequest::get().uri("/whole").to_request();
            assert_eq!(test::call_and_read_body(&app, request).await, "whole");
        }
    }
}
