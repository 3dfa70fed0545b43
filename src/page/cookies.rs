//! Our cookies by their two names.
//!
//! On https they are `__Host-` ones, which no neighbour on another port or subdomain can set
//! (RFC 6265bis, 4.1.3.2). On plain http browsers refuse such cookies, so they have bare names there.

use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

use super::flash;

/// The session's cookie inside the application, and on plain http.
pub const SESSION: &str = "taylordash_session";
const SECURE_PREFIX: &str = "__Host-";

/// Put into a request's extensions by a login: how long the browser may keep its session, in seconds.
/// Without it the cookie goes with the browser's session.
#[derive(Clone, Copy, Debug)]
pub struct Lasting(pub i64);

/// Gives the cookies of a request the names they have inside; on https a bare one is left out, for
/// anyone on the host may have set it.
pub(super) fn received(headers: &mut HeaderMap, is_https: bool) {
    if !is_https {
        return;
    }
    let kept: Vec<String> = headers
        .get_all(COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .filter(|cookie| !is_ours(cookie))
        .map(|cookie| match cookie.strip_prefix(SECURE_PREFIX) {
            Some(bare) if is_ours(bare) => bare.to_owned(),
            _ => cookie.to_owned(),
        })
        .collect();
    headers.remove(COOKIE);
    if let Ok(value) = HeaderValue::from_str(&kept.join("; "))
        && !kept.is_empty()
    {
        headers.insert(COOKIE, value);
    }
}

/// Gives the cookies of an answer the names and marks they have outside.
pub(super) fn sent(headers: &mut HeaderMap, is_https: bool, lasting: Option<Lasting>) {
    let cookies: Vec<HeaderValue> = headers.get_all(SET_COOKIE).cloned().collect();
    if cookies.is_empty() {
        return;
    }
    headers.remove(SET_COOKIE);
    for cookie in cookies {
        let outside = cookie
            .to_str()
            .ok()
            .map(|text| outside(text, is_https, lasting));
        let value = outside.and_then(|text| HeaderValue::from_str(&text).ok());
        headers.append(SET_COOKIE, value.unwrap_or(cookie));
    }
}

fn outside(cookie: &str, is_https: bool, lasting: Option<Lasting>) -> String {
    let mut text = cookie.to_owned();
    if name_of(cookie) == SESSION
        && let Some(Lasting(seconds)) = lasting
        && !text.contains("Max-Age")
    {
        text.push_str(&format!("; Max-Age={seconds}"));
    }
    if is_https && is_ours(cookie) {
        text.insert_str(0, SECURE_PREFIX);
    }
    if is_https && !text.contains("; Secure") {
        text.push_str("; Secure");
    }
    text
}

fn name_of(cookie: &str) -> &str {
    cookie.split('=').next().unwrap_or_default().trim()
}

fn is_ours(cookie: &str) -> bool {
    matches!(name_of(cookie), SESSION | flash::COOKIE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received_as(cookies: &str, is_https: bool) -> String {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(cookies) {
            headers.insert(COOKIE, value);
        }
        received(&mut headers, is_https);
        let value = headers.get(COOKIE).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    #[test]
    fn on_https_only_the_cookie_that_no_neighbour_can_set_counts() {
        let both = "taylordash_session=forged; a=1; __Host-taylordash_session=ours";
        assert_eq!(received_as(both, true), "a=1; taylordash_session=ours");
        assert_eq!(received_as("taylordash_session=forged", true), "");
        let said = "taylordash_flash=forged; __Host-taylordash_flash=ours";
        assert_eq!(received_as(said, true), "taylordash_flash=ours");
        assert_eq!(
            received_as("taylordash_session=x", false),
            "taylordash_session=x"
        );
    }

    #[test]
    fn a_session_lasts_longer_than_the_browser_only_where_that_was_asked() {
        let cookie = "taylordash_session=x; HttpOnly; SameSite=Lax; Path=/";
        assert_eq!(outside(cookie, false, None), cookie);
        let lasting = outside(cookie, true, Some(Lasting(60)));
        assert_eq!(
            lasting,
            "__Host-taylordash_session=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=60; Secure"
        );
    }
}
