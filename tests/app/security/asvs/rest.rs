//! The requirements of levels 1 and 2 without a story of their own, and why.

/// Why a requirement has no story.
pub enum Why {
    /// What it is about is not here.
    Absent,
    /// The language, a library or a rule of the house sees to it.
    Built,
    /// It asks for words: they stand in the README, in `--help` or beside the field.
    Written,
    /// Who installs it decides.
    Theirs,
    /// It does not hold, and this is what does instead.
    Open,
}

/// What a row of the table holds only in part: what is missing, and why.
pub const PARTLY: &[(&str, &str)] = &[(
    "3.4.1",
    "HSTS goes without includeSubDomains. At home a dozen applications live on names below this one, some of \
     them on plain http: a browser that met this one could never open them again. Who has the name to themselves \
     can let the proxy say it.",
)];

use Why::{Absent, Built, Open, Theirs, Written};

/// Requirement, section or chapter; why; in more words.
pub const REST: &[(&str, Why, &str)] = &[
    (
        "1.1.1",
        Built,
        "Paths, queries and forms are decoded once, by the library, before anything looks at them.",
    ),
    (
        "1.2.3",
        Built,
        "No script is put together: scripts are files, and the policy lets no others run.",
    ),
    ("1.2.5", Built, "The program starts no other program."),
    ("1.2.6", Absent, "LDAP."),
    ("1.2.7", Absent, "XPath."),
    ("1.2.8", Absent, "LaTeX."),
    (
        "1.2.9",
        Absent,
        "No expression is made of what somebody searches for. Those of a manifest's schema are an admin's.",
    ),
    ("1.3.4", Absent, "No SVG is taken from anybody."),
    (
        "1.3.6",
        Built,
        "It calls nobody but the database and the broker of its configuration. A repository's address is only shown.",
    ),
    ("1.3.7", Built, "Templates are compiled into the program."),
    ("1.3.8", Absent, "JNDI."),
    ("1.3.9", Absent, "memcache."),
    (
        "1.3.10",
        Built,
        "Format strings are compiled into the program.",
    ),
    ("1.3.11", Absent, "It sends no mail."),
    (
        "1.4",
        Built,
        "unsafe_code = \"forbid\"; sizes are checked types; what is owned is released.",
    ),
    ("1.5.1", Absent, "XML."),
    (
        "1.5.2",
        Built,
        "JSON and forms become types that are known beforehand; nothing else is read.",
    ),
    (
        "2.1.1",
        Written,
        "Beside each field, and in the message where it was not met.",
    ),
    ("2.1.2", Written, "In the message where it was not met."),
    ("2.1.3", Written, "README, \"Doors\" and \"Configuration\"."),
    (
        "3.5.2",
        Absent,
        "It does not lean on CORS preflight: Sec-Fetch-Site or Origin is looked at, see 3.5.1.",
    ),
    (
        "3.5.4",
        Theirs,
        "At home a dozen applications share one host name. That is why ports and schemes are other origins here (security/proxies).",
    ),
    ("3.5.5", Absent, "No script listens to postMessage."),
    ("3.7.1", Built, "HTML, CSS and JavaScript modules."),
    (
        "4.1.2",
        Absent,
        "It redirects nobody from http to https: the proxy may.",
    ),
    ("4.3", Absent, "GraphQL."),
    (
        "4.4",
        Absent,
        "WebSocket: live pages use server-sent events, with the session's cookie.",
    ),
    (
        "5.1.1",
        Written,
        "On the page that takes a manifest: JSON, at most 1 MiB. No other file is taken.",
    ),
    (
        "5.2.3",
        Absent,
        "No archives. A packed body: security/wire::what_is_packed_is_not_unpacked_beyond_the_limit.",
    ),
    (
        "5.3.1",
        Absent,
        "What is uploaded is read and kept in the database; nothing of it is served or run.",
    ),
    (
        "5.4.1",
        Built,
        "Exports have names of their own, whatever was asked.",
    ),
    (
        "5.4.2",
        Built,
        "Exports have names of their own, whatever was asked.",
    ),
    ("5.4.3", Absent, "No file of one person goes to another."),
    ("6.1.1", Written, "README, \"Doors\"."),
    (
        "6.1.2",
        Written,
        "README, \"Doors\": the user's name, and taylordash, taylor, dash, homelab.",
    ),
    (
        "6.1.3",
        Written,
        "README, \"Doors\": pages, and the embedded broker.",
    ),
    ("6.2.10", Built, "Nothing looks at how old a password is."),
    ("6.4.2", Absent, "Hints and secret questions."),
    (
        "6.5.3",
        Built,
        "getrandom, which asks the operating system.",
    ),
    ("6.6", Absent, "Codes by telephone, mail or push."),
    ("6.8", Absent, "Identity providers."),
    (
        "7.1.1",
        Written,
        "README, TAYLORDASH_SESSION_IDLE and _ABSOLUTE; longer than NIST 800-63B's 30 minutes, since what matters asks for the password again after 10.",
    ),
    (
        "7.1.2",
        Written,
        "README, \"Doors\": any number, shown and ended on /account.",
    ),
    ("7.1.3", Absent, "Federated sessions."),
    ("7.6", Absent, "Federated sessions."),
    ("8.1.1", Written, "README, \"Roles\"."),
    ("8.1.2", Written, "README, \"Roles\" and \"Events\"."),
    ("8.4.1", Absent, "One installation is one household."),
    (
        "9",
        Absent,
        "Self-contained tokens: the cookie is a key that the database knows.",
    ),
    ("10", Absent, "OAuth."),
    ("11.1.1", Written, "README, \"Secrets\"."),
    (
        "11.1.2",
        Written,
        "README, \"Doors\": what is kept under which algorithm.",
    ),
    ("11.2.1", Built, "RustCrypto, rustls with ring."),
    (
        "11.2.3",
        Built,
        "Keys and digests of 256 bits; HMAC-SHA-1 of 160 for authenticator apps (RFC 6238).",
    ),
    (
        "11.3.1",
        Built,
        "XChaCha20-Poly1305, without blocks or padding.",
    ),
    (
        "11.3.2",
        Built,
        "XChaCha20-Poly1305 is not on the standard's own list, which has ChaCha20-Poly1305 and AES-GCM; the longer nonce lets it be random.",
    ),
    (
        "11.4.1",
        Built,
        "SHA-256; SHA-1 in HMAC alone, as authenticator apps want it.",
    ),
    ("11.4.3", Built, "SHA-256."),
    ("11.6.1", Absent, "Signatures with public keys."),
    (
        "12.1",
        Theirs,
        "The proxy before it ends TLS (README, \"Behind a proxy\").",
    ),
    (
        "12.2",
        Theirs,
        "The proxy before it ends TLS (README, \"Behind a proxy\"); on plain http the page System says what that means.",
    ),
    (
        "12.3.1",
        Open,
        "PostgreSQL by sslmode. MQTT goes without TLS: a broker elsewhere needs a tunnel, or stands on the same machine.",
    ),
    (
        "12.3.2",
        Theirs,
        "sslmode=verify-full in DATABASE_URL; the roots of the system.",
    ),
    ("12.3.3", Absent, "It is one program."),
    ("12.3.4", Absent, "It is one program."),
    (
        "13.1.1",
        Written,
        "README, \"Configuration\": DATABASE_URL and MQTT_URL, and nothing else.",
    ),
    (
        "13.2.1",
        Theirs,
        "A role of its own on PostgreSQL and an account of its own on Mosquitto, with passwords; certificates by the database's own settings.",
    ),
    (
        "13.2.2",
        Written,
        "README, \"On PostgreSQL\": the role needs no more than its own schema.",
    ),
    (
        "13.2.3",
        Built,
        "No credential stands in the program. The demo's are made when it first starts.",
    ),
    (
        "13.2.4",
        Built,
        "It calls nobody but the database and the broker of its configuration.",
    ),
    (
        "13.2.5",
        Built,
        "It calls nobody but the database and the broker of its configuration.",
    ),
    (
        "13.4.2",
        Built,
        "There is no debug mode; an error page says a number, also in a build for development.",
    ),
    (
        "14.1.1",
        Written,
        "README, \"Secrets\" and \"Doors\": secrets, passwords, codes, sessions; the rest is for who may sign in.",
    ),
    ("14.1.2", Written, "README, \"Secrets\" and \"Doors\"."),
    (
        "15.1.2",
        Built,
        "Cargo.lock and package-lock.json, with digests.",
    ),
    (
        "15.1.3",
        Written,
        "README, \"Doors\": hashing and its queue; lists come in pages; 500 tasks at once.",
    ),
    (
        "15.2.1",
        Written,
        "SECURITY.md says by which time, and how to see what is open. Whether the promise was kept only time tells: on 2026-11-23 `cargo audit` knew of no vulnerability in Cargo.lock.",
    ),
    (
        "15.2.3",
        Built,
        "Tests are not in the program. The demo takes a flag, and a folder of its own.",
    ),
    ("15.3.2", Absent, "It calls no address of others."),
    ("15.3.5", Built, "Rust."),
    (
        "15.3.6",
        Built,
        "No script of ours puts names that it was sent on an object.",
    ),
    (
        "16.1.1",
        Written,
        "README, \"Events\" and TAYLORDASH_LOG: events in the database and on MQTT, the rest on standard error.",
    ),
    ("16.2.3", Written, "README, \"Events\" and TAYLORDASH_LOG."),
    ("17", Absent, "WebRTC."),
];
