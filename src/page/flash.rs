use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};

/// The cookie that carries a word from one page to the next.
pub(super) const COOKIE: &str = "taylordash_flash";

/// What was just done, said once on the next page.
///
/// The cookie holds only which of these it is: a neighbour on the same host that sets it cannot put
/// words in our mouth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// Something new is there.
    Created,
    /// A change is kept.
    Saved,
    /// Something is gone.
    Deleted,
    /// Something is in the trash.
    Trashed,
    /// Something is out of the trash.
    Restored,
    /// There was nothing to change.
    Unchanged,
    /// Somebody else was faster, and nothing was done.
    Outdated,
    /// A plugin is in place.
    Installed,
    /// The password is another now.
    PasswordChanged,
    /// The session has ended.
    SignedOut,
    /// Other sessions have ended.
    SessionsEnded,
    /// An event goes to the broker once more.
    SentAgain,
    /// An event is not sent, and the next ones go.
    GivenUp,
}

impl Flash {
    const ALL: [Self; 13] = [
        Self::Created,
        Self::Saved,
        Self::Deleted,
        Self::Trashed,
        Self::Restored,
        Self::Unchanged,
        Self::Outdated,
        Self::Installed,
        Self::PasswordChanged,
        Self::SignedOut,
        Self::SessionsEnded,
        Self::SentAgain,
        Self::GivenUp,
    ];

    const fn code(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Saved => "saved",
            Self::Deleted => "deleted",
            Self::Trashed => "trashed",
            Self::Restored => "restored",
            Self::Unchanged => "unchanged",
            Self::Outdated => "outdated",
            Self::Installed => "installed",
            Self::PasswordChanged => "password-changed",
            Self::SignedOut => "signed-out",
            Self::SessionsEnded => "sessions-ended",
            Self::SentAgain => "sent-again",
            Self::GivenUp => "given-up",
        }
    }

    /// What a person reads.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Created => "Created.",
            Self::Saved => "Saved.",
            Self::Deleted => "Deleted.",
            Self::Trashed => "Deleted. For 30 days it can be restored from the",
            Self::Restored => "Restored, with all that hangs on it.",
            Self::Unchanged => "Nothing was changed: it is as it was.",
            Self::Outdated => {
                "Somebody else changed this meanwhile, so nothing was done. Here it is as it stands now."
            }
            Self::Installed => "Installed.",
            Self::PasswordChanged => "Password changed. Your other sessions have ended.",
            Self::SignedOut => "You are signed out.",
            Self::SessionsEnded => "Done: whoever used it is signed out.",
            Self::SentAgain => {
                "It is sent again. If the broker still refuses it, it will stand here again in a moment."
            }
            Self::GivenUp => "The next ones go out without it.",
        }
    }

    /// Where it leads: an address, and its name behind the text.
    pub const fn way(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Trashed => Some(("/trash", "trash")),
            _ => None,
        }
    }

    /// How it looks: `success`, `info` or `danger`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Unchanged | Self::SignedOut => "info",
            _ => "success",
        }
    }

    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let cookie = request.cookie(COOKIE)?;
        Self::ALL
            .into_iter()
            .find(|flash| flash.code() == cookie.value())
    }

    pub(super) fn cookie(self) -> Cookie<'static> {
        Cookie::build(COOKIE, self.code())
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::minutes(1))
            .finish()
    }
}
