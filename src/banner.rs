//! The first lines on the terminal.

use std::fmt::Write;
use std::net::SocketAddr;

use url::Url;

use crate::config::Config;
use crate::demo::Guest;

/// Where everything is, and on the very first run the link to begin with.
pub(crate) fn banner(
    config: &Config,
    address: SocketAddr,
    broker: Option<SocketAddr>,
    setup_token: Option<&str>,
    reader: Option<&str>,
    notes: &[String],
    guests: &[Guest],
) -> String {
    let web = format!("http://{address}");
    let mut text = format!("\n  TaylorDash {}\n\n", env!("CARGO_PKG_VERSION"));
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<9}{value}");
    };
    line("web", &web);
    line("database", &database(config));
    line("broker", &self::broker(config, broker));
    if let Some(reader) = reader {
        line("listen", reader);
        line(
            "",
            "(this password is shown once; /system/mqtt makes another)",
        );
    }
    for (index, note) in notes.iter().enumerate() {
        line(if index == 0 { "secrets" } else { "" }, note);
    }
    for (number, guest) in guests.iter().enumerate() {
        let name = if number == 0 { "sign in" } else { "" };
        line(
            name,
            &format!("{:<6}{}  ({})", guest.username, guest.password, guest.role),
        );
    }
    if let Some(token) = setup_token {
        line("", "");
        line("start", "create your admin account (this link works once):");
        // Forms are taken from the public address alone, where there is one.
        let public = config.public_url.as_ref().map(Url::as_str);
        let base = public.unwrap_or(&web).trim_end_matches('/');
        // Behind the mark, where no browser sends it to anybody: no log on the way, no history holds it.
        line("", &format!("{base}/setup#{token}"));
    }
    text
}

fn database(config: &Config) -> String {
    match &config.database_url {
        Some(url) => without_password(url),
        None => format!(
            "SQLite, {}",
            config.data_dir.join("taylordash.db").display()
        ),
    }
}

/// The broker's address, without a password.
pub(crate) fn broker(config: &Config, embedded_at: Option<SocketAddr>) -> String {
    match (embedded_at, &config.mqtt_url) {
        (Some(address), _) => embedded(address, config.broker_listen),
        (None, Some(url)) => without_password(url),
        (None, None) => "none".to_owned(),
    }
}

fn embedded(broker: SocketAddr, wanted: SocketAddr) -> String {
    if broker.port() == wanted.port() || wanted.port() == 0 {
        format!("mqtt://{broker}")
    } else {
        format!("mqtt://{broker} (port {} was taken)", wanted.port())
    }
}

fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    // Both only fail for an address that has no host, and ours have one.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.set_query(None);
    url.to_string()
}
