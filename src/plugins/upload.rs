//! What the form of an installation sends: a file, or its text.

use std::future::Future;
use std::pin::Pin;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::{StreamExt, TryStreamExt};

use crate::error::Error;
use crate::page::{BODY_LIMIT, Posted};

/// An installation as it was sent: multipart with a file, or an ordinary form with the text.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// The installation's own id, where the form had one.
    pub once: Option<String>,
    /// The manifest; a file goes before typed text. Bytes that are no UTF-8 are replaced.
    pub text: String,
    /// Whether bytes had to be replaced.
    pub is_garbled: bool,
}

impl Upload {
    fn of(posted: &Posted) -> Self {
        Self {
            once: posted.get("once").map(str::to_owned),
            text: typed(posted.text("manifest_text")),
            is_garbled: false,
        }
    }

    async fn read(mut parts: Multipart) -> Result<Self, Error> {
        let mut upload = Self::default();
        let (mut size, mut file, mut text) = (0, Vec::new(), Vec::new());
        while let Some(mut part) = parts.try_next().await.map_err(|_| broken())? {
            let name = part.name().unwrap_or_default().to_owned();
            let mut bytes = Vec::new();
            while let Some(chunk) = part.next().await {
                let chunk = chunk.map_err(|_| broken())?;
                size += chunk.len();
                if size > BODY_LIMIT {
                    return Err(Error::TooLarge(BODY_LIMIT));
                }
                bytes.extend_from_slice(&chunk);
            }
            Posted::may_hold(&name, &[])?;
            match name.as_str() {
                "manifest" => file = bytes,
                "manifest_text" => text = bytes,
                "once" => upload.once = String::from_utf8(bytes).ok(),
                _ => {}
            }
        }
        let chosen = if file.is_empty() { text } else { file };
        upload.is_garbled = std::str::from_utf8(&chosen).is_err();
        upload.text = typed(&String::from_utf8_lossy(&chosen));
        Ok(upload)
    }
}

/// Browsers send the lines of a text field with CR LF.
fn typed(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn broken() -> Error {
    Error::BadRequest("The form did not arrive whole.".to_owned())
}

impl FromRequest for Upload {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request
            .content_type()
            .eq_ignore_ascii_case("multipart/form-data")
        {
            let posted = Posted::from_request(request, payload);
            return Box::pin(async move { Ok(Self::of(&posted.await?)) });
        }
        let announced = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let parts = Multipart::from_request(request, payload);
        Box::pin(async move {
            if announced.is_some_and(|length| length > BODY_LIMIT) {
                return Err(Error::TooLarge(BODY_LIMIT));
            }
            let parts = parts.await.map_err(|_: actix_web::Error| broken())?;
            Self::read(parts).await
        })
    }
}
