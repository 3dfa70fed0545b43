use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest};

use super::footing::Footing;
use crate::error::Error;
use crate::events::Actor;
use crate::page::{Client, signed_in};
use crate::users::{Role, User};

macro_rules! signed_in_as {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            user: User,
            trace_id: String,
        }

        impl $name {
            /// Them, as the one who makes a change.
            pub fn actor(&self) -> Actor {
                Actor {
                    id: Some(self.user.id.clone()),
                    name: self.user.username.clone(),
                    trace_id: self.trace_id.clone(),
                }
            }
        }

        impl Deref for $name {
            type Target = User;

            fn deref(&self) -> &User {
                &self.user
            }
        }

        impl FromRequest for $name {
            type Error = Error;
            type Future = Ready<Result<Self, Error>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let user = $check(request);
                ready(user.map(|user| Self {
                    user,
                    trace_id: Client::of(request).trace_id,
                }))
            }
        }
    };
}

signed_in_as!(
    /// Anyone who is signed in.
    Viewer,
    |request| at_least(Role::Viewer, request)
);
signed_in_as!(
    /// A maintainer or an admin.
    Maintainer,
    |request| at_least(Role::Maintainer, request)
);
signed_in_as!(
    /// An admin.
    Admin,
    |request| at_least(Role::Admin, request)
);

signed_in_as!(
    /// Anyone who is signed in, also who must do something first: for the pages where that is done.
    Entered,
    entered
);

fn entered(request: &HttpRequest) -> Result<User, Error> {
    signed_in(request)?.ok_or_else(|| Error::SignIn {
        next: way_back(request),
    })
}

fn at_least(role: Role, request: &HttpRequest) -> Result<User, Error> {
    let user = entered(request)?;
    if let Some(due) = Footing::of(request).and_then(|footing| footing.due()) {
        return Err(Error::First(due.page()));
    }
    if user.role < role {
        return Err(Error::Forbidden(role));
    }
    Ok(user)
}

/// Where to go on after signing in: a form's POST cannot be repeated by a redirect, so that leads
/// to the page the form was on.
pub(super) fn way_back(request: &HttpRequest) -> String {
    if *request.method() == Method::GET && !request.path().ends_with("/stream") {
        return request.uri().to_string();
    }
    let page = request
        .headers()
        .get("Referer")
        .and_then(|page| page.to_str().ok());
    let page = page.and_then(|page| url::Url::parse(page).ok());
    page.map_or_else(|| "/".to_owned(), |page| page.path().to_owned())
}
