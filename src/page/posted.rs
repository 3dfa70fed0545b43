use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::BODY_LIMIT;
use crate::error::Error;

/// Names that decide over something in one form or another.
const MEANINGFUL: [&str; 6] = [
    "id",
    "project_id",
    "plugin_id",
    "role",
    "disabled",
    "permissions",
];

/// Names that decide over something, and that no form has: whoever sends one tries something.
const NOBODYS: [&str; 9] = [
    "user_id",
    "owner",
    "owner_id",
    "admin",
    "password_hash",
    "totp_secret",
    "created_at",
    "updated_at",
    "security_score",
];

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

    /// Refuses a field that the form does not have, where it could mean something elsewhere: who sends
    /// `role` to a form without one tries something.
    ///
    /// # Errors
    /// [`Error::BadRequest`], which names the field.
    pub fn only(&self, known: &[&str]) -> Result<(), Error> {
        let foreign = self.0.iter().find(|(name, _)| {
            MEANINGFUL.contains(&name.as_str()) && !known.contains(&name.as_str())
        });
        match foreign {
            None => Ok(()),
            Some((name, _)) => Err(Error::BadRequest(format!("This form has no field {name}."))),
        }
    }

    fn without_nobodys(self) -> Result<Self, Error> {
        let is_nobodys = |(name, _): &&(String, String)| NOBODYS.contains(&name.as_str());
        match self.0.iter().find(is_nobodys) {
            None => Ok(self),
            Some((name, _)) => Err(Error::BadRequest(format!("No form has a field {name}."))),
        }
    }

    /// Refuses a form whose `id` is another than the address's.
    fn agrees_with(self, path_id: Option<&str>) -> Result<Self, Error> {
        match (self.get("id"), path_id) {
            (Some(field), Some(path)) if field != path => Err(Error::BadRequest(
                "The form's id is another than the address's.".to_owned(),
            )),
            _ => Ok(self),
        }
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
                Ok(body) => Self::parse(&body)?
                    .without_nobodys()?
                    .agrees_with(path_id.as_deref()),
                Err(error) => Err(body_error(&error)),
            }
        })
    }
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
        assert!(posted.only(&["username"]).is_err());
        assert!(posted.only(&["username", "role"]).is_ok());
        Ok(())
    }

    #[test]
    fn an_id_in_the_form_is_the_one_of_the_address() -> Result<(), Error> {
        let posted = Posted::parse(b"id=1&name=x")?;
        assert!(posted.clone().agrees_with(Some("1")).is_ok());
        assert!(posted.clone().agrees_with(None).is_ok());
        assert!(posted.agrees_with(Some("2")).is_err());
        Ok(())
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_not_replaced() {
        assert!(Posted::parse(b"name=%ff%fe").is_err());
    }
}
