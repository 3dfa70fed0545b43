//! What each text in a manifest must be.

use semver::{Version, VersionReq};
use url::Url;

use crate::plugins::Kind;

/// The longest address, version or path, in characters.
const TEXT_MAX: usize = 2_000;
/// The longest version, in characters: the column's width.
const VERSION_MAX: usize = 100;
/// The longest permission, in characters.
const PERMISSION_MAX: usize = 200;

/// `^[a-z0-9-]{3,50}$`, and no word that an address of ours uses.
pub fn id(text: &str) -> Result<String, String> {
    let fits = text
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !fits || !(3..=50).contains(&text.len()) {
        return Err(
            "Use 3 to 50 small letters a to z, digits and dashes, like power-meter.".to_owned(),
        );
    }
    if text == "new" {
        return Err(
            "TaylorDash itself uses this word in its addresses. Choose another.".to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// A version by Semantic Versioning 2.0.
pub fn version(text: &str) -> Result<Version, String> {
    if text.len() > VERSION_MAX {
        return Err(format!("Use at most {VERSION_MAX} characters."));
    }
    Version::parse(text)
        .map_err(|_| "Use three numbers with dots, like 1.4.0 or 2.0.0-beta.1.".to_owned())
}

/// Which versions will do: `^1.2`, `>=1.2, <3`; npm's way of writing a space for the comma too.
pub fn requirement(text: &str) -> Result<VersionReq, String> {
    let with_commas = || text.split_whitespace().collect::<Vec<_>>().join(", ");
    VersionReq::parse(text)
        .or_else(|_| VersionReq::parse(&with_commas()))
        .map_err(|_| "Say which versions will do, like ^1.2 or >=1.2, <3.".to_owned())
}

/// One of the four types.
pub fn kind(text: &str) -> Result<Kind, String> {
    text.parse()
        .map_err(|()| "Say ui, data, integration or system.".to_owned())
}

/// An https address.
pub fn https(text: &str) -> Result<String, String> {
    match address(text) {
        Some(url) if url.scheme() == "https" => Ok(text.to_owned()),
        _ => Err("Use an address that begins with https://.".to_owned()),
    }
}

/// An http or https address.
pub fn web(text: &str) -> Result<String, String> {
    match address(text) {
        Some(url) if matches!(url.scheme(), "http" | "https") => Ok(text.to_owned()),
        _ => Err("Use an address that begins with https:// or http://.".to_owned()),
    }
}

fn address(text: &str) -> Option<Url> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if text.len() > TEXT_MAX || text.contains(odd) {
        return None;
    }
    Url::parse(text)
        .ok()
        .filter(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
}

/// A path to a file inside the plugin's folder, which nothing can lead out of.
pub fn entry_point(text: &str) -> Result<String, String> {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let wanders = text.split('/').any(|part| part == "..");
    if text.trim().is_empty()
        || text.len() > TEXT_MAX
        || text.starts_with('/')
        || wanders
        || text.contains(odd)
    {
        return Err(
            "Use a path inside the plugin's own folder, like dist/main.js: without .., a leading slash, backslashes or colons."
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// The name of a permission.
pub fn permission(text: &str) -> Result<String, String> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if text.is_empty() || text.chars().count() > PERMISSION_MAX || text.contains(odd) {
        return Err(format!(
            "Use a word of up to {PERMISSION_MAX} characters without spaces, like projects:read."
        ));
    }
    Ok(text.to_owned())
}
