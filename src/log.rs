//! The log on standard error, in which no line is anyone's but ours.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Config, LogFormat};
use crate::mqtt;

/// Begins it.
pub fn start(config: &Config) {
    // No news: that a schema is there already, and how many threads the server has.
    let quiet = "sqlx::postgres::notice=warn,actix_server=warn,actix_session=warn";
    let filter = EnvFilter::new(format!("{quiet},{},{}", mqtt::LOG_FILTER, config.log));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // One line has no colours either: their codes are control characters.
        .with_ansi(false)
        .with_writer(OneLine(config.log_format));
    match config.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// Writes each entry as one line: what somebody typed cannot begin another, nor command the terminal.
struct OneLine(LogFormat);

impl MakeWriter<'_> for OneLine {
    type Writer = Entry;

    fn make_writer(&self) -> Entry {
        Entry(Vec::new(), self.0)
    }
}

/// One entry: it may be written in pieces.
struct Entry(Vec<u8>, LogFormat);

impl Write for Entry {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // There is nobody to tell that standard error is closed.
        let line = one_line(&String::from_utf8_lossy(&self.0), self.1);
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

fn one_line(entry: &str, format: LogFormat) -> String {
    let mut line = String::with_capacity(entry.len() + 1);
    for character in entry.trim_end_matches('\n').chars() {
        match character {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => {
                escape(&mut line, character, format);
            }
            _ if character.is_control() => escape(&mut line, character, format),
            _ => line.push(character),
        }
    }
    line.push('\n');
    line
}

/// JSON knows one way only, and all that is escaped has four digits at most.
fn escape(line: &mut String, character: char, format: LogFormat) {
    match format {
        LogFormat::Text => line.extend(character.escape_default()),
        LogFormat::Json => line.push_str(&format!("\\u{:04x}", u32::from(character))),
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;
    use crate::config::LogFormat::{Json, Text};

    #[test]
    fn an_entry_is_one_line_whatever_is_in_it() {
        assert_eq!(
            one_line(
                "path /a\r\n2026 ERROR forged\u{1b}[2J\u{202e}\u{85}\n",
                Text
            ),
            "path /a\\r\\n2026 ERROR forged\\u{1b}[2J\\u{202e}\\u{85}\n"
        );
        assert_eq!(one_line("Küche 🏠\n", Text), "Küche 🏠\n");
        let json = one_line("{\"a\":\"\u{202e}\u{85}\u{7f}\"}\n", Json);
        assert_eq!(json, "{\"a\":\"\\u202e\\u0085\\u007f\"}\n");
    }
}
