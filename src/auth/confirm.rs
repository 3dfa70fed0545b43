//! The password once more, before what only its owner should do. What was being sent is kept, and goes
//! on after it.

use std::future::{Future, Ready, ready};
use std::ops::Deref;
use std::pin::Pin;

use actix_session::SessionExt;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use futures_util::{Stream, stream};
use serde_json::json;

use super::Entered;
use super::attempt::Attempts;
use super::footing::Footing;
use super::kept::{self, Kept};
use super::password::Passwords;
use super::session::Login;
use super::store::sessions;
use super::tally::Tally;
use super::views::ConfirmPage;
use crate::db::{Db, Timestamp};
use crate::error::Error;
use crate::events::{Change, Event};
use crate::page::{self, Layout, Posted, body_error};
use crate::users::User;

type BoxedPayload = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// The page that asks for the password.
pub const PAGE: &str = "/confirm";

/// One of the roles, whose password was given within the last ten minutes. Where it was not, the
/// request is kept, and the answer leads to the page that asks for it.
#[derive(Clone, Debug)]
pub struct Confirmed<R>(R);

impl<R> Deref for Confirmed<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

impl<R> FromRequest for Confirmed<R>
where
    R: FromRequest<Error = Error, Future = Ready<Result<R, Error>>> + 'static,
{
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    // The payload is taken here and now, before another extractor of the handler can have it.
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let role = R::from_request(request, payload).into_inner();
        let footing = Footing::of(request);
        let is_fresh = footing
            .as_ref()
            .is_some_and(|footing| footing.is_fresh(Timestamp::now()));
        match (role, footing) {
            (Ok(role), _) if is_fresh => Box::pin(async { Ok(Self(role)) }),
            (Ok(_), Some(footing)) => {
                // An extractor that finds nothing where the body was would refuse the request at once.
                let nothing_yet: BoxedPayload = Box::pin(stream::pending());
                let nothing_yet = Payload::Stream {
                    payload: nothing_yet,
                };
                let mut payload = std::mem::replace(payload, nothing_yet);
                let body = Bytes::from_request(request, &mut payload);
                let request = request.clone();
                Box::pin(async move {
                    let body = body.await.map_err(|error| body_error(&error))?;
                    keep(&request, &footing, &body).await?;
                    Err(Error::PasswordAgain)
                })
            }
            (Ok(_), None) => Box::pin(async { Err(Error::bug("signed in without a session")) }),
            (Err(error), _) => Box::pin(async { Err(error) }),
        }
    }
}

async fn keep(request: &HttpRequest, footing: &Footing, body: &[u8]) -> Result<(), Error> {
    let db = request
        .app_data::<Data<Db>>()
        .ok_or(Error::bug("no database"))?;
    let content_type = request.headers().get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kept = Kept {
        address: request.uri().to_string(),
        content_type: content_type.chars().take(255).collect(),
        body: body.to_vec(),
    };
    kept::keep(db, &request.get_session(), &footing.session_id, &kept).await
}

/// GET `/confirm`
pub async fn ask(_: Entered, layout: Layout) -> Result<HttpResponse, Error> {
    page::page(&ConfirmPage::new(layout, false))
}

/// Answers POST `/confirm`: with the right password the session goes on under a new key, and so does
/// the request that was kept, as if it had been sent just now.
///
/// # Errors
/// Those of the service behind it.
pub async fn go_on<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.method() == Method::POST && request.path() == PAGE {
        match confirm(&mut request).await {
            Ok(None) => {}
            Ok(Some(answer)) => return Ok(request.into_response(answer)),
            Err(error) => return Ok(request.into_response(error.error_response())),
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// An answer, or nothing where `request` has become the one that was kept.
async fn confirm(request: &mut ServiceRequest) -> Result<Option<HttpResponse>, Error> {
    let posted = request.extract::<Posted>().await?;
    let http = request.request().clone();
    let user = Entered::from_request(&http, &mut Payload::None).into_inner()?;
    let footing = Footing::of(&http).ok_or(Error::bug("signed in without a session"))?;
    let db = http
        .app_data::<Data<Db>>()
        .ok_or(Error::bug("no database"))?
        .clone();
    if !is_theirs(&http, &db, &user, &posted).await? {
        return page::refused(&ConfirmPage::new(Layout::of(&http), true)).map(Some);
    }
    let kept = kept::take(&db, &http.get_session(), &footing.session_id).await?;
    let mut change = Change::begin(&db, &user.actor()).await?;
    sessions::close_one(&mut change, &user.id, &footing.session_id).await?;
    let details = json!({ "session_id": footing.session_id });
    change
        .commit(Event::auth(Some(&user.id), "password_confirmed", details))
        .await?;
    Login::renew(&http, &user, &footing)?;
    // The request may only be changed while nobody else holds it.
    drop(http);
    match kept {
        Some(kept) => send(request, kept).map(|()| None),
        None => Ok(Some(page::see("/account"))),
    }
}

async fn is_theirs(
    http: &HttpRequest,
    db: &Data<Db>,
    user: &User,
    posted: &Posted,
) -> Result<bool, Error> {
    let passwords = http.app_data::<Data<Passwords>>();
    let tally = http.app_data::<Data<Tally>>();
    let (Some(passwords), Some(tally)) = (passwords, tally) else {
        return Err(Error::bug("no passwords"));
    };
    let attempts = Attempts::by(http, db, passwords, tally);
    let account = attempts
        .password(&user.username, posted.text("password"))
        .await?;
    let fits = account.is_some_and(|account| account.id == user.id);
    if fits {
        attempts.forgive(&user.username).await?;
    }
    Ok(fits)
}

/// Makes `request` the one that was kept.
fn send(request: &mut ServiceRequest, kept: Kept) -> Result<(), Error> {
    let uri: Uri = kept
        .address
        .parse()
        .map_err(|_| Error::bug("a kept address that is none"))?;
    let content_type = HeaderValue::from_str(&kept.content_type)
        .map_err(|_| Error::bug("a kept content type that is none"))?;
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(kept.body.len()));
    let body = stream::once(ready(Ok(Bytes::from(kept.body))));
    request.set_payload(Payload::Stream {
        payload: Box::pin(body),
    });
    Ok(())
}
