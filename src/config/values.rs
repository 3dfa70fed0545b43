//! How each value is read, and what is said of one that is not allowed.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use chrono::TimeDelta;
use ipnet::IpNet;
use url::Url;

use super::Secret;

pub(super) fn database_url(text: &str) -> Result<Url, String> {
    let expected =
        "an address such as postgres://user:password@host:5432/name, or unset for SQLite";
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(url),
        _ => Err(expected.to_owned()),
    }
}

pub(super) fn mqtt_url(text: &str) -> Result<Url, String> {
    let expected = "an address such as mqtt://user:password@host:1883 or, over TLS, mqtts://user:password@host:8883, \
         or unset for the embedded broker";
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "mqtt" | "mqtts") && url.has_host() => Ok(url),
        _ => Err(expected.to_owned()),
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.replace("localhost:", "127.0.0.1:");
    text.parse()
        .map_err(|_| "an address and port such as 127.0.0.1:8080 or 0.0.0.0:8080".to_owned())
}

pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("the path of a folder".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn pool_size(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(size @ 1..=1000) => Ok(size),
        _ => Err("a whole number from 1 to 1000".to_owned()),
    }
}

pub(super) fn public_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/" =>
        {
            Ok(url)
        }
        _ => Err("an address without a path, such as https://dash.example.org".to_owned()),
    }
}

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse::<IpNet>();
    network
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "addresses and networks such as 127.0.0.1,10.0.0.0/8,::1".to_owned())
}

/// The longest a session may be kept: ten years.
const SPAN_MAX: i64 = 3650 * 24 * 60 * 60;

pub(super) fn span(text: &str) -> Result<TimeDelta, String> {
    let wrong = || "a time such as 30m, 12h or 7d, from one second to ten years".to_owned();
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let seconds = number
        .parse()
        .ok()
        .and_then(|number: i64| number.checked_mul(seconds));
    match seconds {
        Some(seconds @ 1..=SPAN_MAX) => Ok(TimeDelta::seconds(seconds)),
        _ => Err(wrong()),
    }
}

pub(super) fn secret_key(text: &str) -> Result<Secret, String> {
    if text.chars().count() < 32 {
        return Err("at least 32 random characters".to_owned());
    }
    Ok(Secret(text.to_owned()))
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    // To the library a word that is no level is the name of a module: it would silence the log.
    let says_level = |part: &str| {
        let level = part.rsplit('=').next().unwrap_or_default().trim();
        LEVELS.contains(&level.to_ascii_lowercase().as_str())
    };
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) if text.split(',').all(says_level) => Ok(text.to_owned()),
        _ => Err("error, warn, info, debug, trace, or a filter such as info,sqlx=debug".to_owned()),
    }
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
