//! Two people who edit one configuration.

use serde_json::Value;

use super::summary::{Setting, settings};
use crate::plugins::schema::Compiled;

/// A setting that is different now from what somebody is about to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// Its place, in the words of the schema.
    pub label: String,
    /// As it is now; `None` where it is not set.
    pub now: Option<String>,
    /// As it would be; `None` where it would not be set.
    pub then: Option<String>,
}

/// Where `now` and `then` differ, in words; of secrets only that they do.
pub fn differing(now: &Value, then: &Value, compiled: &Compiled) -> Vec<Differing> {
    let before = settings(now, Some(compiled));
    let after = settings(then, Some(compiled));
    let at = |all: &[Setting], place: &str| {
        let setting = all.iter().find(|setting| setting.pointer == place);
        setting.map(told)
    };
    let added = after
        .iter()
        .filter(|setting| before.iter().all(|known| known.pointer != setting.pointer));
    before
        .iter()
        .chain(added)
        .filter(|setting| now.pointer(&setting.pointer) != then.pointer(&setting.pointer))
        .map(|setting| Differing {
            label: match setting.group.as_str() {
                "" => setting.label.clone(),
                group => format!("{group} › {}", setting.label),
            },
            now: at(&before, &setting.pointer),
            then: at(&after, &setting.pointer),
        })
        .collect()
}

fn told(setting: &Setting) -> String {
    let hidden = || "a secret, never shown".to_owned();
    setting.value.clone().unwrap_or_else(hidden)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_side_by_side_and_secrets_only_differ() {
        let schema = json!({ "properties": { "token": { "writeOnly": true } } });
        let compiled = Compiled::new(&schema).unwrap();
        let now = json!({ "port": 1, "same": true, "gone": "x", "token": "old" });
        let then = json!({ "port": 2, "same": true, "token": "new", "more": ["a"] });
        let told = differing(&now, &then, &compiled);
        let labels: Vec<&str> = told.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["port", "gone", "Token", "more"]);
        assert_eq!(told[0].then.as_deref(), Some("2"));
        assert_eq!(told[1].then, None);
        assert_eq!(told[3].now, None);
        let text = format!("{told:?}");
        assert!(!text.contains("old") && !text.contains("new"));
    }
}
