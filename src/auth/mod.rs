//! Who may come in: roles as extractors, sessions, passwords, the doors themselves.

mod agent;
mod attempt;
mod confirm;
mod denials;
pub mod factor;
mod footing;
mod hashing;
mod kept;
mod known;
pub mod password;
pub mod routes;
mod session;
pub mod setup;
mod signed;
mod standing;
pub mod store;
mod sweep;
pub mod tally;
mod throttle;
mod totp;
mod unsent;
mod views;

pub use confirm::{Confirmed, go_on};
pub use denials::note_denials;
pub use known::Accounts;
pub use session::{Lifetime, Sessions, hash, keep_own, random_password};
pub use signed::{Admin, Entered, Maintainer, Viewer};
pub use standing::Standing;
pub use sweep::keep_sweeping;
pub use unsent::keep_unsent;

/// Where to go after signing in: a path of ours, or the dashboard.
///
/// Browsers read `//host`, `/\host` and a tab in between as another site's address.
pub fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(|c| c.is_control() || c.is_whitespace());
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn next_leads_to_a_page_of_ours_or_to_the_dashboard() {
        assert_eq!(
            local_path("/projects?status=active"),
            "/projects?status=active"
        );
        for elsewhere in [
            "",
            "//x",
            "/\\x",
            "/\t/x",
            "https:x",
            "https://x",
            "x",
            "@x",
            "\\\\x",
            "/\n/x",
            " /x",
        ] {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
