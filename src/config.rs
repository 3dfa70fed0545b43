//! Configuration: one struct from flags and environment. `--help` shows it.

mod commands;
mod events;
mod values;
mod watch;

pub use commands::{AuditCommand, Command, SecretsCommand, UserCommand};
pub use events::{Days, Events};
pub use watch::{Night, Time, Watch, zone_of_the_machine};

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::TimeDelta;
use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use ipnet::IpNet;
use url::Url;

use values::{
    address, database_url, folder, log_filter, mqtt_url, network, pool_size, public_url,
    secret_key, span,
};

/// Mission control for a home lab: projects, plugins, users, and an MQTT event for every change.
///
/// Any variable may end in _FILE (DATABASE_URL_FILE=/run/secrets/db): its value is then read from
/// that file.
#[derive(Clone, Debug, Parser)]
#[command(name = "taylordash", version)]
pub struct Cli {
    /// How to run.
    #[command(flatten)]
    pub config: Config,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How to run.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// PostgreSQL to use (postgres://user:password@host:5432/name). Unset: SQLite in the data
    /// folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = database_url, global = true)]
    pub database_url: Option<Url>,

    /// MQTT broker to publish to (mqtt://[user:password@]host:port, or mqtts:// for TLS). Unset: the
    /// embedded broker.
    #[arg(long, env = "MQTT_URL", hide_env_values = true, value_parser = mqtt_url, global = true)]
    pub mqtt_url: Option<Url>,

    /// What the broker is reached with, and how long its events are kept.
    #[command(flatten)]
    pub events: Events,

    /// Address and port of the web pages.
    #[arg(long, env = "TAYLORDASH_LISTEN", default_value = "127.0.0.1:8080", value_parser = address, global = true)]
    pub listen: SocketAddr,

    /// Folder for all that is kept: database, keys, plugins. [demo: ./data/demo]
    #[arg(long, env = "TAYLORDASH_DATA_DIR", default_value = "./data", value_parser = folder, global = true)]
    pub data_dir: PathBuf,

    /// Folder of the static files. Unset: ./static, else the source tree's.
    #[arg(long, env = "TAYLORDASH_STATIC_DIR", value_parser = folder, global = true)]
    pub static_dir: Option<PathBuf>,

    /// Address and port of the embedded broker; where the port is taken, the next free one.
    #[arg(long, env = "TAYLORDASH_BROKER_LISTEN", default_value = "127.0.0.1:1883", value_parser = address, global = true)]
    pub broker_listen: SocketAddr,

    /// Whether commands are taken over MQTT (tracker/commands/…): on or off.
    #[arg(long, env = "TAYLORDASH_COMMANDS", default_value = "off",
          value_parser = PossibleValuesParser::new(["on", "off"]).map(|word| word == "on"),
          action = ArgAction::Set, global = true)]
    pub commands: bool,

    /// Where people reach the pages, where a proxy stands before them (https://dash.example.org).
    /// Unset: what the browser's Host header says.
    #[arg(long, env = "TAYLORDASH_PUBLIC_URL", value_parser = public_url, global = true)]
    pub public_url: Option<Url>,

    /// Whose X-Forwarded-For, -Proto and -Host count: addresses and networks, with commas
    /// (127.0.0.1,10.0.0.0/8). Unset: nobody's.
    #[arg(long, env = "TAYLORDASH_TRUSTED_PROXIES", value_parser = network, value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<IpNet>,

    /// A session nobody used for this long has ended (30m, 12h, 7d).
    #[arg(long, env = "TAYLORDASH_SESSION_IDLE", default_value = "7d", value_parser = span, global = true)]
    pub session_idle: TimeDelta,

    /// A session ends this long after the login, however much it is used (12h, 30d).
    #[arg(long, env = "TAYLORDASH_SESSION_ABSOLUTE", default_value = "30d", value_parser = span, global = true)]
    pub session_absolute: TimeDelta,

    /// Key that seals secrets and signs session cookies, 32 or more random characters. Unset: made
    /// once, in the data folder. Back it up; nodes on one PostgreSQL share one.
    #[arg(long, env = "TAYLORDASH_SECRET_KEY", hide_env_values = true, value_parser = secret_key, global = true)]
    pub secret_key: Option<Secret>,

    /// Key that secrets were sealed under before, to read them until `taylordash secrets rotate` has
    /// put them under the present one.
    #[arg(long, env = "TAYLORDASH_OLD_SECRET_KEY", hide_env_values = true, value_parser = secret_key, global = true)]
    pub old_secret_key: Option<Secret>,

    /// Database connections kept open when idle.
    #[arg(long, env = "TAYLORDASH_POOL_MIN", default_value_t = 1, value_parser = pool_size, global = true)]
    pub pool_min: u32,

    /// The most database connections for requests.
    #[arg(long, env = "TAYLORDASH_POOL_MAX", default_value_t = 8, value_parser = pool_size, global = true)]
    pub pool_max: u32,

    /// What is logged: error, warn, info, debug, trace, or a filter such as info,sqlx=debug.
    #[arg(long, env = "TAYLORDASH_LOG", default_value = "info", value_parser = log_filter, global = true)]
    pub log: String,

    /// How it is logged.
    #[arg(long, env = "TAYLORDASH_LOG_FORMAT", default_value = "text",
          value_parser = PossibleValuesParser::new(["text", "json"]).map(|name| LogFormat::named(&name)), global = true)]
    pub log_format: LogFormat,

    /// What is unusual.
    #[command(flatten)]
    pub watch: Watch,

    /// Start with a furnished lab, in a folder of its own; with DATABASE_URL, in a database of its own.
    #[arg(long)]
    pub demo: bool,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For a person.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    fn named(name: &str) -> Self {
        if name == "json" {
            Self::Json
        } else {
            Self::Text
        }
    }
}

/// A value that no log line shows.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(not shown)")
    }
}

use clap::builder::TypedValueParser;

/// Reads flags and environment.
///
/// # Errors
/// One line that names the variable, its value and what is allowed; or clap's own message (an
/// unknown flag, `--help`).
pub fn read<I: IntoIterator<Item = OsString>>(arguments: I) -> Result<Cli, Wrong> {
    let mut command = Cli::command();
    let mut wrong = None;
    command = command.mut_args(|argument| {
        let name = argument.get_env().and_then(|name| name.to_str());
        let Some(name) = name.map(str::to_owned) else {
            return argument;
        };
        let file = std::env::var_os(format!("{name}_FILE")).filter(|file| !file.is_empty());
        // An empty variable, as compose files make them, is an unset one.
        let argument = match std::env::var_os(&name) {
            Some(value) if value.is_empty() => argument.env(None),
            Some(_) if file.is_some() => {
                wrong.get_or_insert(format!(
                    "{name} and {name}_FILE are both set, which is not allowed: keep one of them"
                ));
                argument
            }
            _ => argument,
        };
        let Some(file) = file else {
            return argument;
        };
        match std::fs::read_to_string(&file) {
            // It may hold a secret, which --help would show.
            Ok(text) => argument
                .default_value(text.trim_end_matches(['\r', '\n']).to_owned())
                .hide_default_value(true),
            Err(error) => {
                wrong.get_or_insert(format!(
                    "{name}_FILE={} cannot be read: {error}; it must name a readable text file",
                    file.to_string_lossy()
                ));
                argument
            }
        }
    });
    if let Some(line) = wrong {
        return Err(Wrong::Line(line));
    }
    let mut cli = command
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(Wrong::from)?;
    cli.config.check()?;
    if cli.config.demo && cli.config.data_dir.as_os_str() == "./data" {
        cli.config.data_dir = PathBuf::from("./data/demo");
    }
    Ok(cli)
}

impl Config {
    fn check(&self) -> Result<(), Wrong> {
        if self.pool_min > self.pool_max {
            return Err(Wrong::Line(format!(
                "TAYLORDASH_POOL_MIN={} is not allowed: at most TAYLORDASH_POOL_MAX, which is {}",
                self.pool_min, self.pool_max
            )));
        }
        self.events
            .check(self.mqtt_url.as_ref())
            .map_err(Wrong::Line)
    }
}

/// Why the configuration was not taken.
#[derive(Debug)]
pub enum Wrong {
    /// One line: variable, value, what is allowed.
    Line(String),
    /// Clap's own: help, version, an unknown flag.
    Clap(clap::Error),
}

impl From<clap::Error> for Wrong {
    fn from(error: clap::Error) -> Self {
        let value = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            _ => None,
        };
        let (Some(argument), Some(given)) = (
            value(ContextKind::InvalidArg),
            value(ContextKind::InvalidValue),
        ) else {
            return Self::Clap(error);
        };
        if !matches!(
            error.kind(),
            ErrorKind::ValueValidation | ErrorKind::InvalidValue
        ) {
            return Self::Clap(error);
        }
        let flag = argument
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .trim_start_matches("--");
        let name = variable(flag).unwrap_or(argument.clone());
        let shown = if holds_secrets(flag) {
            "(value not shown)".to_owned()
        } else {
            given
        };
        let allowed = match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(values)) => format!("one of {}", values.join(", ")),
            _ => std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default(),
        };
        Self::Line(format!("{name}={shown} is not allowed: {allowed}"))
    }
}

fn variable(flag: &str) -> Option<String> {
    let command = Cli::command();
    let argument = command
        .get_arguments()
        .find(|a| a.get_long() == Some(flag))?;
    Some(argument.get_env()?.to_str()?.to_owned())
}

/// Addresses may carry passwords, so none of them is repeated.
fn holds_secrets(flag: &str) -> bool {
    matches!(
        flag,
        "database-url" | "mqtt-url" | "secret-key" | "old-secret-key"
    )
}
