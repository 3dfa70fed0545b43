//! How a page or a fragment answers: what every slice's routes and views stand on.

pub mod assets;
mod caching;
mod client;
mod cookies;
pub mod csv;
mod cursor;
mod errors;
pub mod field;
mod flash;
mod guard;
pub mod kept;
mod layout;
mod markdown;
mod mentions;
mod patience;
mod posted;
mod seen;

pub use caching::cache_for_ever;
pub use client::{Client, Doorstep, arrive};
pub use cookies::{Lasting, SESSION as SESSION_COOKIE};
pub use cursor::{Cursor, Paged};
pub use errors::finish;
pub use field::Problems;
pub use flash::Flash;
pub use guard::guard;
pub use layout::{AWAY, Layout, USER, signed_in};
pub use markdown::{CleanHtml, mentioned, ticked};
pub(crate) use posted::body_error;
pub use posted::{Deciding, Posted, PostedWith};
pub use seen::{MEANWHILE, Seen, Verdict};

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION, VARY};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use askama::Template;

use crate::error::Error;

/// The largest body of a request, in bytes: 1 MiB.
pub const BODY_LIMIT: usize = 1 << 20;

/// What htmx asks for, by its `HX-Request-Type` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A whole page: an ordinary request, or a boosted one.
    Page,
    /// The part of a page that is to be replaced.
    Part,
}

impl Wanted {
    /// Reads the header.
    pub fn by(request: &HttpRequest) -> Self {
        match request.headers().get("HX-Request-Type") {
            Some(value) if value == "partial" => Self::Part,
            _ => Self::Page,
        }
    }
}

impl FromRequest for Wanted {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::by(request)))
    }
}

/// A page.
///
/// # Errors
/// When the template fails.
pub fn page(view: &impl Template) -> Result<HttpResponse, Error> {
    html(StatusCode::OK, view)
}

/// A form that was refused, shown again with what was typed: 422.
///
/// # Errors
/// When the template fails.
pub fn refused(view: &impl Template) -> Result<HttpResponse, Error> {
    html(StatusCode::UNPROCESSABLE_ENTITY, view)
}

/// The page, or only the named part of it where htmx asked for that.
///
/// # Errors
/// When the template fails.
pub fn page_or_part(
    wanted: Wanted,
    view: &impl Template,
    part: &impl Template,
) -> Result<HttpResponse, Error> {
    match wanted {
        Wanted::Page => page(view),
        Wanted::Part => page(part),
    }
}

fn html(status: StatusCode, view: &impl Template) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::build(status)
        .content_type(ContentType::html())
        .insert_header((VARY, "HX-Request-Type"))
        .body(view.render()?))
}

/// 303 to the thing that was made or changed.
pub fn see(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .finish()
}

/// [`see`], with a word on what was done.
pub fn see_with(address: &str, flash: Flash) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .cookie(flash.cookie())
        .finish()
}
