use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::BODY_LIMIT;
use crate::error::Error;

/// Names that decide over something in one form or another, or in the tables: who sends one to a form
/// that has no such field tries something.
const DECIDING: [&str; 31] = [
    "admin",
    "assignee_id",
    "author_id",
    "created_at",
    "disabled",
    "disabled_at",
    "install_path",
    "installation_id",
    "is_admin",
    "one_time_password",
    "owner",
    "owner_id",
    "password_hash",
    "permissions",
    "plugin_id",
    "project_id",
    "role",
    "roles",
    "security_score",
    "security_violations",
    "session_id",
    "task_count",
    "task_id",
    "totp_secret",
    "totp_since",
    "totp_step",
    "trash_id",
    "trashed_at",
    "updated_at",
    "user",
    "user_id",
];

/// The fields of a form that decide over something, for [`PostedWith`].
pub trait Deciding {
    /// Their names.
    const FIELDS: &'static [&'static str];
}

/// The fields of a posted form, in order, names repeated as they were sent.
#[derive(Clone, Debug, Default)]
pub struct Posted(Vec<(String, String)>);

impl Posted {
    /// The first value of `name`; empty where it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The first value of `name`, where it was sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// Refuses a field that the form does not have, where it could mean something elsewhere; and an
    /// `id` that is not the address's.
    ///
    /// # Errors
    /// [`Error::BadRequest`], which names the field.
    fn meaning_only(self, deciding: &[&str], path_id: Option<&str>) -> Result<Self, Error> {
        for (name, value) in &self.0 {
            let name = name.as_str();
            if name == "id" && Some(value.as_str()) != path_id {
                return Err(Error::BadRequest(
                    "The form's id is another than the address's.".to_owned(),
                ));
            }
            Self::may_hold(name, deciding)?;
        }
        Ok(self)
    }

    /// Refuses a field `name` that could mean something elsewhere, in a form with those `deciding`
    /// fields.
    ///
    /// # Errors
    /// [`Error::BadRequest`], which names the field.
    pub fn may_hold(name: &str, deciding: &[&str]) -> Result<(), Error> {
        if DECIDING.contains(&name) && !deciding.contains(&name) {
            return Err(Error::BadRequest(format!("This form has no field {name}.")));
        }
        Ok(())
    }

    /// All fields, as sent.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let pairs = body
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let mut halves = pair.splitn(2, |byte| *byte == b'=');
                let name = decode(halves.next().unwrap_or_default())?;
                let value = decode(halves.next().unwrap_or_default())?;
                Ok((name, value))
            })
            .collect::<Result<_, Error>>()
            .map(Self)
    }
}

/// `application/x-www-form-urlencoded` (URL Standard, 5.1), but strict: what is not UTF-8 is refused
/// instead of being replaced.
fn decode(text: &[u8]) -> Result<String, Error> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_encoding::percent_decode(&spaced)
        .decode_utf8()
        .map(Into::into)
        .map_err(|_| Error::BadRequest("The form holds text that is not UTF-8.".to_owned()))
}

impl FromRequest for Posted {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read(request, payload, &[])
    }
}

/// The fields of a posted form that has fields which decide over something: those of `F`. Any other
/// such name is refused, as [`Posted`] refuses them all.
#[derive(Clone, Debug)]
pub struct PostedWith<F>(Posted, PhantomData<F>);

impl<F> Deref for PostedWith<F> {
    type Target = Posted;

    fn deref(&self) -> &Posted {
        &self.0
    }
}

impl<F: Deciding + 'static> FromRequest for PostedWith<F> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let posted = read(request, payload, F::FIELDS);
        Box::pin(async move { Ok(Self(posted.await?, PhantomData)) })
    }
}

type Reading = Pin<Box<dyn Future<Output = Result<Posted, Error>>>>;

fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    deciding: &'static [&'static str],
) -> Reading {
    let kind = request.content_type().to_ascii_lowercase();
    let body = web::Bytes::from_request(request, payload);
    let path_id = request.match_info().get("id").map(str::to_owned);
    Box::pin(async move {
        if kind != "application/x-www-form-urlencoded" && !kind.is_empty() {
            return Err(Error::BadRequest(
                "A form must be sent as application/x-www-form-urlencoded.".to_owned(),
            ));
        }
        match body.await {
            Ok(body) => Posted::parse(&body)?.meaning_only(deciding, path_id.as_deref()),
            Err(error) => Err(body_error(&error)),
        }
    })
}

/// Why a body could not be read.
pub(crate) fn body_error(error: &actix_web::Error) -> Error {
    match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge(BODY_LIMIT),
        _ => Error::BadRequest("The form did not arrive whole.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_in_order_with_names_repeated() {
        let posted = Posted::parse(b"name=a+b%26c&task=1&task=2&empty=").unwrap_or_default();
        assert_eq!(posted.text("name"), "a b&c");
        assert_eq!(posted.all("task").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(posted.get("empty"), Some(""));
        assert_eq!(posted.get("absent"), None);
    }

    #[test]
    fn a_field_that_means_something_elsewhere_is_refused() -> Result<(), Error> {
        let posted = Posted::parse(b"username=sam&role=admin&colour=red")?;
        assert!(posted.clone().meaning_only(&[], None).is_err());
        assert!(posted.meaning_only(&["role"], None).is_ok());
        Ok(())
    }

    #[test]
    fn an_id_in_the_form_is_the_one_of_the_address() -> Result<(), Error> {
        let posted = Posted::parse(b"id=1&name=x")?;
        assert!(posted.clone().meaning_only(&[], Some("1")).is_ok());
        assert!(posted.clone().meaning_only(&[], None).is_err());
        assert!(posted.meaning_only(&[], Some("2")).is_err());
        let twice = Posted::parse(b"id=1&id=2")?;
        assert!(twice.meaning_only(&[], Some("1")).is_err());
        Ok(())
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_not_replaced() {
        assert!(Posted::parse(b"name=%ff%fe").is_err());
    }
}
