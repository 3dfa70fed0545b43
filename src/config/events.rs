use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;
use url::Url;

use super::values::folder;

/// How events leave the house, and how long they are kept.
#[derive(Args, Clone, Debug)]
pub struct Events {
    /// For mqtts://: certificates (PEM) of the authorities that may sign the broker's. Unset: those that
    /// this machine trusts.
    #[arg(long = "mqtt-ca", env = "TAYLORDASH_MQTT_CA", value_parser = folder, global = true)]
    pub ca: Option<PathBuf>,

    /// For mqtts://: a certificate (PEM) to show to a broker that asks for one.
    #[arg(long = "mqtt-cert", env = "TAYLORDASH_MQTT_CERT", value_parser = folder, global = true)]
    pub certificate: Option<PathBuf>,

    /// For mqtts://: the private key (PEM) of that certificate.
    #[arg(long = "mqtt-key", env = "TAYLORDASH_MQTT_KEY", value_parser = folder, global = true)]
    pub key: Option<PathBuf>,

    /// Days that delivered events are kept: those of logins and of the system, and those of what is gone
    /// for good. What is still there keeps its history. 0: for ever.
    #[arg(long = "event-retention", env = "TAYLORDASH_EVENT_RETENTION", default_value = "90", value_parser = days, global = true)]
    pub retention: Days,
}

/// So many days, or for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(pub Option<TimeDelta>);

impl Events {
    pub(super) fn check(&self, broker: Option<&Url>) -> Result<(), String> {
        let is_encrypted = broker.is_some_and(|url| url.scheme() == "mqtts");
        let files = [
            ("TAYLORDASH_MQTT_CA", &self.ca),
            ("TAYLORDASH_MQTT_CERT", &self.certificate),
            ("TAYLORDASH_MQTT_KEY", &self.key),
        ];
        let given = files.iter().find(|(_, file)| file.is_some());
        match given {
            Some((name, Some(file))) if !is_encrypted => Err(format!(
                "{name}={} is not allowed: only with an MQTT_URL that begins with mqtts://",
                file.display()
            )),
            _ if self.certificate.is_some() != self.key.is_some() => Err(
                "TAYLORDASH_MQTT_CERT and TAYLORDASH_MQTT_KEY are allowed only together: a certificate \
                 and its private key"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }
}

/// The longest that events may be kept, but for ever: a hundred years.
const MOST: i64 = 36_500;

fn days(text: &str) -> Result<Days, String> {
    match text.parse() {
        Ok(0) => Ok(Days(None)),
        Ok(days @ 1..=MOST) => Ok(Days(Some(TimeDelta::days(days)))),
        _ => Err("a whole number of days, at most 36500; 0 for ever".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert_eq!(days("0"), Ok(Days(None)));
        assert_eq!(days("90"), Ok(Days(Some(TimeDelta::days(90)))));
        for wrong in ["", "-1", "90d", "forever", "36501"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
