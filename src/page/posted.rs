use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::BODY_LIMIT;
use crate::error::Error;

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
        Box::pin(async move {
            if kind != "application/x-www-form-urlencoded" && !kind.is_empty() {
                return Err(Error::BadRequest(
                    "A form must be sent as application/x-www-form-urlencoded.".to_owned(),
                ));
            }
            match body.await {
                Ok(body) => Self::parse(&body),
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
    fn bytes_that_are_no_text_are_refused_not_replaced() {
        assert!(Posted::parse(b"name=%ff%fe").is_err());
    }
}
