//! Codes of an authenticator app: time-based one-time passwords (RFC 6238) of six digits, 30 seconds,
//! HMAC-SHA-1, which every such app knows; and recovery codes.

use hmac::{Hmac, KeyInit, Mac};
use qrcode::{Color, EcLevel, QrCode};
use sha1::Sha1;

use super::session::hash;
use crate::error::Error;

/// Seconds that a code lasts (RFC 6238, 5.2).
const STEP: i64 = 30;
/// How many steps the two clocks may be apart.
const DRIFT: i64 = 1;
/// Bytes of a secret: 160 bits (RFC 4226, 4).
const SECRET: usize = 20;
/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;
/// RFC 4648, 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret, in base 32, as apps take it.
///
/// # Errors
/// When the operating system has no randomness.
pub fn new_secret() -> Result<String, Error> {
    let mut bytes = [0_u8; SECRET];
    getrandom::fill(&mut bytes).map_err(|_| Error::bug("no randomness"))?;
    Ok(base32(&bytes))
}

/// The time step whose code this is, if it is one of now.
pub fn step_of(secret: &str, code: &str, seconds: i64) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = seconds.div_euclid(STEP);
    let bytes = from_base32(secret)?;
    (now - DRIFT..=now + DRIFT).find(|step| digits(&bytes, *step).as_deref() == Some(&*code))
}

/// The code of a time step (RFC 4226, 5.3).
fn digits(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let bytes: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    bits.chunks(5)
        .map(|five| five.iter().fold(0, |number, bit| number << 1 | bit) << (5 - five.len()))
        .map(|number: u8| char::from(BASE32[usize::from(number & 31)]))
        .collect()
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::with_capacity(text.len() * 5);
    for letter in text.bytes() {
        let number = BASE32.iter().position(|known| *known == letter)?;
        bits.extend((0..5).rev().map(|bit| (number >> bit & 1) == 1));
    }
    let bytes = bits.chunks_exact(8);
    Some(
        bytes
            .map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
            .collect(),
    )
}

/// A secret as an app reads it: a picture of its address
/// (`otpauth://totp/…`, Key Uri Format of Google Authenticator).
#[derive(Clone, Debug)]
pub struct Picture {
    /// Modules on a side, with the quiet zone.
    pub size: usize,
    /// The dark modules, as the data of an SVG path.
    pub path: String,
}

impl Picture {
    /// Of the secret of that account.
    ///
    /// # Errors
    /// When it does not fit, which is a bug.
    pub fn of(secret: &str, username: &str) -> Result<Self, Error> {
        const QUIET: usize = 4;
        let address =
            format!("otpauth://totp/TaylorDash:{username}?secret={secret}&issuer=TaylorDash");
        let code = QrCode::with_error_correction_level(address, EcLevel::M)
            .map_err(|_| Error::bug("an address too long for a picture"))?;
        let width = code.width();
        let dark = code.to_colors().into_iter().enumerate();
        let path = dark
            .filter(|(_, color)| *color == Color::Dark)
            .map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET))
            .collect();
        Ok(Self {
            size: width + 2 * QUIET,
            path,
        })
    }
}

/// Ten codes for when the phone is lost, each good once: 120 bits, so that a plain hash keeps them
/// safe (OWASP ASVS 5.0, 6.5.2), in letters that do not look alike.
///
/// # Errors
/// When the operating system has no randomness.
pub fn new_recovery_codes() -> Result<Vec<String>, Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let code = |_| {
        let mut bytes = [0_u8; 24];
        getrandom::fill(&mut bytes).map_err(|_| Error::bug("no randomness"))?;
        let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
        let groups: Vec<String> = letters.chunks(6).map(String::from_iter).collect();
        Ok(groups.join("-"))
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// What is kept of a recovery code; however it was typed.
pub fn recovery_hash(user_id: &str, code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    hash(&format!("recovery code of {user_id}: {letters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six digits of each.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = base32(b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(
                step_of(&secret, code, seconds),
                Some(seconds / STEP),
                "{code}"
            );
        }
        assert_eq!(step_of(&secret, "287 082", 59 + STEP), Some(1));
        assert_eq!(step_of(&secret, "287082", 59 + 2 * STEP), None);
        assert_eq!(step_of(&secret, "", 59), None);
    }

    #[test]
    fn base_32_reads_what_it_wrote() -> Result<(), Error> {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(from_base32("MZXW6YTBOI").as_deref(), Some(&b"foobar"[..]));
        assert_eq!(
            from_base32(&new_secret()?).map(|bytes| bytes.len()),
            Some(SECRET)
        );
        assert_eq!(from_base32("not base 32"), None);
        Ok(())
    }

    #[test]
    fn recovery_codes_are_ten_and_may_be_typed_as_one_likes() -> Result<(), Error> {
        let codes = new_recovery_codes()?;
        assert_eq!(codes.len(), RECOVERY_CODES);
        for code in &codes {
            // Five bits each.
            let letters = code.chars().filter(char::is_ascii_alphanumeric);
            assert_eq!(letters.count() * 5, 120, "{code}");
            assert_eq!(codes.iter().filter(|other| *other == code).count(), 1);
        }
        assert_eq!(
            recovery_hash("u", "ABCDE fghij"),
            recovery_hash("u", "abcde-fghij")
        );
        assert_ne!(recovery_hash("u", &codes[0]), recovery_hash("u", &codes[1]));
        assert_ne!(recovery_hash("u", &codes[0]), recovery_hash("v", &codes[0]));
        Ok(())
    }

    #[test]
    fn the_picture_holds_nothing_but_numbers_and_moves() -> Result<(), Error> {
        let picture = Picture::of(&new_secret()?, &"x".repeat(100))?;
        assert!(picture.size > 30);
        assert!(
            picture
                .path
                .chars()
                .all(|c| c.is_ascii_digit() || "Mhvz -".contains(c))
        );
        Ok(())
    }
}
