use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest};

use crate::error::Error;
use crate::events::{Actor, new_id};
use crate::page::signed_in;
use crate::users::{Role, User};

macro_rules! signed_in_as {
    ($(#[$doc:meta])* $name:ident, $role:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(User);

        impl $name {
            /// Them, as the one who makes a change.
            pub fn actor(&self) -> Actor {
                actor(&self.0)
            }
        }

        impl Deref for $name {
            type Target = User;

            fn deref(&self) -> &User {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = Error;
            type Future = Ready<Result<Self, Error>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(at_least($role, request).map(Self))
            }
        }
    };
}

signed_in_as!(
    /// Anyone who is signed in.
    Viewer,
    Role::Viewer
);
signed_in_as!(
    /// A maintainer or an admin.
    Maintainer,
    Role::Maintainer
);
signed_in_as!(
    /// An admin.
    Admin,
    Role::Admin
);

fn at_least(role: Role, request: &HttpRequest) -> Result<User, Error> {
    match signed_in(request)? {
        None => Err(Error::SignIn {
            next: way_back(request),
        }),
        Some(user) if user.role < role => Err(Error::Forbidden(role)),
        Some(user) => Ok(user),
    }
}

/// Where to go on after signing in: a form's POST cannot be repeated by a redirect, so that leads
/// to the page the form was on.
fn way_back(request: &HttpRequest) -> String {
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

fn actor(user: &User) -> Actor {
    Actor {
        id: Some(user.id.clone()),
        name: user.username.clone(),
        trace_id: new_id().replace('-', ""),
    }
}
