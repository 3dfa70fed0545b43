use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use askama::Template;

use super::layout::Mark;
use super::{Flash, Layout, Wanted, flash};
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
}

/// What is put in the region for messages, instead of the fragment that was asked for.
#[derive(Template)]
#[template(path = "_alert.html")]
struct Alert {
    title: String,
    message: String,
    what_next: String,
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
    let mark = Mark::now(&request);
    request.extensions_mut().insert(mark);
    let response = next
        .call(request)
        .await
        .map_err(standalone)?
        .map_into_boxed_body();
    let (request, response) = response.into_parts();
    let mut response = match told(&response) {
        Some(told) => explained(&request, response, told),
        None => response,
    };
    if shows_flash(&request, &response) {
        // An empty cookie of the same name and path, long expired.
        let _ = response.add_removal_cookie(&Flash::Saved.cookie());
    }
    let private = Layout::of(&request).user.is_some();
    set_headers(response.headers_mut(), private);
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

fn explained(request: &HttpRequest, bare: HttpResponse, told: Told) -> HttpResponse {
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
    let body = match wanted {
        Wanted::Page => ErrorPage {
            layout: Layout::of(request),
            status: told.status.as_u16(),
            title: told.title,
            message: told.message,
            what_next: told.what_next,
        }
        .render(),
        Wanted::Part => {
            answer.insert_header(("HX-Retarget", "#messages"));
            answer.insert_header(("HX-Reswap", "innerHTML"));
            Alert {
                title: told.title,
                message: told.message,
                what_next: told.what_next,
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

fn set_headers(headers: &mut HeaderMap, private: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    // data: images are Tabler's, inside its style sheet.
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // no-referrer would make forms send `Origin: null`.
    set(header::REFERRER_POLICY, "same-origin");
    set(
        header::PERMISSIONS_POLICY,
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if private {
        set(header::CACHE_CONTROL, "no-store");
    }
}

/// An error page for when nobody knows any more who asked.
#[derive(Debug)]
struct Standalone(Told);

fn standalone(error: actix_web::Error) -> actix_web::Error {
    tracing::error!("{error}");
    // The session middleware fails only where its table cannot be reached.
    Standalone(Error::Away("sessions cannot be kept".to_owned()).told()).into()
}

impl std::fmt::Display for Standalone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.title)
    }
}

impl ResponseError for Standalone {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let told = self.0.clone();
        let page = ErrorPage {
            layout: Layout::anonymous(),
            status: told.status.as_u16(),
            title: told.title,
            message: told.message,
            what_next: told.what_next,
        };
        let mut response = HttpResponse::build(told.status)
            .content_type(header::ContentType::html())
            .body(page.render().unwrap_or_default());
        set_headers(response.headers_mut(), true);
        response
    }
}
