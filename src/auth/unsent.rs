//! A form that was sent when the session had ended: it travels with the login page, and its owner sends
//! it again after signing in. Nothing of it is kept by the server.

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, ResponseError};
use url::form_urlencoded;

use super::signed::way_back;
use super::views::LoginPage;
use super::{local_path, store};
use crate::db::Db;
use crate::error::Error;
use crate::page::{self, Layout, Posted, Wanted, signed_in};

/// The rooms whose forms may hold passwords and other secrets: these go into no page.
const SECRETIVE: [&str; 7] = [
    "account", "confirm", "login", "logout", "plugins", "setup", "users",
];

/// The longest that travels, in bytes: twice encoded it still fits into the login's form.
const MOST: usize = 256 << 10;

/// What was to be sent, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    address: String,
    fields: Vec<(String, String)>,
}

impl Unsent {
    /// What a login page brought along; `None` where that is nothing, or makes no sense.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, fields) = text.split_once(' ')?;
        let is_keepable = local_path(address) == address && is_keepable(address);
        let fields = form_urlencoded::parse(fields.as_bytes()).into_owned();
        is_keepable.then(|| Self {
            address: address.to_owned(),
            fields: fields.collect(),
        })
    }

    /// As a login page brings it along.
    pub fn text(&self) -> String {
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish();
        format!("{} {fields}", self.address)
    }

    /// Where it goes.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What is sent.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// What somebody typed or chose of it: without the marks that forms carry along.
    pub fn typed(&self) -> Vec<&(String, String)> {
        let marks = ["seen", "once", "page", "back"];
        let fields = self.fields.iter();
        fields
            .filter(|(name, value)| !marks.contains(&name.as_str()) && !value.is_empty())
            .collect()
    }
}

fn is_keepable(address: &str) -> bool {
    let room = address.split(['/', '?']).nth(1).unwrap_or_default();
    !SECRETIVE.contains(&room)
}

/// Answers a form of somebody who is not signed in with the login page that brings it along.
///
/// # Errors
/// Those of the service behind it.
pub async fn keep_unsent<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if !is_form_of_nobody(&request) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let posted = request.extract::<Posted>().await;
    let answer = match posted {
        Ok(posted) => login_page(request.request(), posted).await,
        Err(error) => Err(error),
    };
    let answer = answer.unwrap_or_else(|error| error.error_response());
    Ok(request.into_response(answer))
}

fn is_form_of_nobody(request: &ServiceRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    });
    request.method() == Method::POST
        && is_form
        && is_keepable(request.path())
        && request.match_pattern().is_some()
        && Wanted::by(request.request()) == Wanted::Page
        && matches!(signed_in(request.request()), Ok(None))
}

async fn login_page(request: &HttpRequest, posted: Posted) -> Result<HttpResponse, Error> {
    let next = way_back(request);
    let unsent = Unsent {
        address: request.uri().to_string(),
        fields: posted.pairs().to_vec(),
    };
    if unsent.text().len() > MOST {
        return Err(Error::SignIn { next });
    }
    let db = request
        .app_data::<actix_web::web::Data<Db>>()
        .ok_or(Error::bug("no database"))?;
    let is_set_up = store::is_set_up(db).await?;
    let view = LoginPage::blank(Layout::of(request), &next, is_set_up).bringing(&unsent);
    let mut answer = page::page(&view)?;
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    Ok(not_stored(answer))
}

/// A page with what somebody typed stays in no cache.
pub fn not_stored(mut answer: HttpResponse) -> HttpResponse {
    let no_store = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(CACHE_CONTROL, no_store);
    answer
}

#[cfg(test)]
mod tests {
    use super::Unsent;

    #[test]
    fn what_travels_arrives_as_it_was_sent() {
        let unsent = Unsent {
            address: "/tasks/1?before=2.x".to_owned(),
            fields: vec![
                ("name".to_owned(), "Fünf & mehr = %20+\r\nzwei".to_owned()),
                ("seen".to_owned(), "1.a".to_owned()),
                ("label".to_owned(), "x".to_owned()),
                ("label".to_owned(), "y".to_owned()),
            ],
        };
        assert_eq!(Unsent::parse(&unsent.text()).as_ref(), Some(&unsent));
        assert_eq!(unsent.typed().len(), 3);
    }

    #[test]
    fn only_forms_of_ours_that_hold_no_secrets_travel() {
        for address in [
            "//evil.example/tasks",
            "https://evil.example/",
            "/\\evil",
            "/users/1",
            "/plugins/x/config",
            "/account/password",
            "/login",
            "",
        ] {
            assert_eq!(Unsent::parse(&format!("{address} a=b")), None, "{address}");
        }
        assert_eq!(Unsent::parse("/tasks/1"), None);
    }
}
