//! What a plugin asks for, in words.

/// Verbs and nouns that manifests use, either one first (`projects:read`, `read:projects`).
const KNOWN: &[(&str, &str, &str)] = &[
    ("projects", "read", "Look at projects and their tasks"),
    (
        "projects",
        "write",
        "Make, change and delete projects and their tasks",
    ),
    ("tasks", "read", "Look at tasks"),
    ("tasks", "write", "Make, change and delete tasks"),
    ("events", "read", "Read events"),
    ("events", "subscribe", "Hear of events as they happen"),
    ("events", "publish", "Send events of its own"),
    ("events", "write", "Send events of its own"),
    ("plugins", "read", "Look at other plugins"),
    ("users", "read", "Look at accounts"),
    ("config", "read", "Read its own configuration"),
    ("config", "write", "Change its own configuration"),
    ("storage", "read", "Read the files it keeps"),
    ("storage", "write", "Keep files of its own"),
    ("system", "read", "Look at the state of the machine"),
    ("system", "write", "Change settings of the machine"),
    ("notifications", "send", "Send messages to people"),
];

/// Names that say what may be reached, with the target behind the colon.
const REACHES: &[(&str, &str)] = &[
    ("network", "Reach"),
    ("http", "Reach"),
    ("mqtt", "Use the MQTT topic"),
    ("device", "Use the device"),
    ("files", "Read and write the files in"),
];

/// One permission in a sentence; `None` for a name that is not known here.
pub fn in_words(permission: &str) -> Option<String> {
    let (first, rest) = permission.split_once(':')?;
    let sentence = KNOWN.iter().find(|(noun, verb, _)| {
        (*noun == first && *verb == rest) || (*noun == rest && *verb == first)
    });
    if let Some((_, _, sentence)) = sentence {
        return Some((*sentence).to_owned());
    }
    let (_, reach) = REACHES.iter().find(|(name, _)| *name == first)?;
    Some(match rest {
        "*" => format!("{reach} anything"),
        target => format!("{reach} {target}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_a_sentence_whichever_word_comes_first() {
        assert_eq!(in_words("projects:read"), in_words("read:projects"));
        assert_eq!(
            in_words("network:pbs.lab:8007").as_deref(),
            Some("Reach pbs.lab:8007")
        );
        assert_eq!(in_words("warp-drive"), None);
        assert_eq!(in_words("projects:juggle"), None);
    }
}
