use zxcvbn::{Score, zxcvbn};

/// The shortest password, in characters (OWASP ASVS 5.0, 6.2.1 asks for 8 and advises 15).
const PASSWORD_MIN: usize = 12;
/// The longest password, in characters (OWASP ASVS 5.0, 6.2.9 asks for 64 at least).
const PASSWORD_MAX: usize = 128;

/// What is said beside every field for a new password.
pub const PASSWORD_HELP: &str = "At least 12 characters, and nothing that is easy to guess. A few unusual words are easy to remember.";

/// A new password, typed twice, for the account of that name: any characters, as they were typed, but
/// nothing that a guesser tries early.
///
/// # Errors
/// The field's name and what to type instead.
pub fn new_password(
    typed: &str,
    again: &str,
    username: &str,
) -> Result<String, (&'static str, String)> {
    let length = typed.chars().count();
    if length < PASSWORD_MIN {
        return Err((
            "password",
            format!("Use at least {PASSWORD_MIN} characters; a few words are easy to remember."),
        ));
    }
    if length > PASSWORD_MAX {
        return Err((
            "password",
            format!("Use at most {PASSWORD_MAX} characters."),
        ));
    }
    if let Some(advice) = advice(typed, username) {
        return Err(("password", advice));
    }
    if typed != again {
        return Err((
            "password_again",
            "The two passwords are not the same. Type it again.".to_owned(),
        ));
    }
    Ok(typed.to_owned())
}

/// Whether little is left of a password without the names that everyone can see.
fn is_only_names(password: &str, username: &str) -> bool {
    const LEAST: usize = 6;
    let names = [username.to_lowercase(), "taylordash".to_owned()];
    let mut rest = password.to_lowercase();
    for name in names.iter().filter(|name| name.chars().count() > 2) {
        rest = rest.replace(name.as_str(), "");
    }
    let is_named = rest != password.to_lowercase();
    is_named && rest.chars().filter(|c| c.is_alphanumeric()).count() < LEAST
}

/// Why a password is too easy to guess, and what would help; `None` where it is not.
fn advice(password: &str, username: &str) -> Option<String> {
    if is_only_names(password, username) {
        return Some(
            "This is too easy to guess. It is little more than a name that everyone can see. Add \
             a few unusual words."
                .to_owned(),
        );
    }
    let known = [username, "taylordash", "taylor", "dash", "homelab"];
    let known: Vec<&str> = known.into_iter().filter(|word| !word.is_empty()).collect();
    let guess = zxcvbn(password, &known);
    if guess.score() >= Score::Three {
        return None;
    }
    let mut words = vec!["This is too easy to guess.".to_owned()];
    if let Some(feedback) = guess.feedback() {
        words.extend(feedback.warning().map(|warning| warning.to_string()));
        words.extend(feedback.suggestions().iter().map(ToString::to_string));
    }
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_by_how_hard_it_is_to_guess_not_by_its_characters() {
        for password in [
            "correct horse battery",
            "ruhig blüht der kaktus nachts",
            "пароль из четырёх случайных слов",
            "   leading and trailing spaces   ",
            "🐙🌵🔩📡🧲🪛🧯🛰🔭🧪🪐🎛",
            &"yj4!kQz9".repeat(16),
        ] {
            assert_eq!(
                new_password(password, password, "sam").as_deref(),
                Ok(password)
            );
        }
        for password in [
            "elevenchars",
            "aaaaaaaaaaaaaaaaaaaa",
            "passwordpassword",
            "qwertyuiop123456",
            "taylordash2026",
            "samantha.l-samantha.l",
            "123456789012",
            &"yj4!kQz9".repeat(17),
        ] {
            let refused = new_password(password, password, "samantha.l");
            assert!(
                matches!(&refused, Err((field, _)) if *field == "password"),
                "{password}: {refused:?}"
            );
        }
    }

    #[test]
    fn the_advice_says_what_is_wrong_in_plain_words() {
        let refused = new_password("qwertyuiop123456", "", "sam");
        let words = refused.err().map(|(_, words)| words).unwrap_or_default();
        assert!(words.starts_with("This is too easy to guess. "), "{words}");
        assert!(words.len() > 50, "{words}");
    }
}
