//! Schemas that were compiled once, kept for the next form.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::plugins::schema::Compiled;
use crate::plugins::store::Plugin;

/// How many are kept: a lab has a few dozen plugins.
const KEPT: usize = 256;

/// By what the schema says, so that another version of a plugin never meets an old one's rules.
static COMPILED: LazyLock<Mutex<HashMap<[u8; 32], Arc<Compiled>>>> = LazyLock::new(Mutex::default);

/// The schema of a plugin's configuration; `None` where it has none, or none that can be used.
pub fn of(plugin: &Plugin) -> Option<Arc<Compiled>> {
    compiled(plugin.config_schema()?)
}

fn compiled(schema: &Value) -> Option<Arc<Compiled>> {
    let key: [u8; 32] = Sha256::digest(schema.to_string()).into();
    let kept = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept().get(&key) {
        return Some(Arc::clone(known));
    }
    // It was checked when it was installed; compiled without the lock, for it can take a while.
    let fresh = Arc::new(Compiled::new(schema).ok()?);
    let mut kept = kept();
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(key, Arc::clone(&fresh));
    Some(fresh)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::plugins::manifest::Manifest;
    use crate::plugins::schema;

    #[test]
    fn every_plugin_of_the_demo_installs_and_its_configurations_fit() {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo");
        let shelf = std::fs::read_to_string(demo.join("shelf.json")).unwrap();
        let shelf: Vec<Value> = serde_json::from_str(&shelf).unwrap();
        let mut types = std::collections::HashSet::new();
        for plugin in &shelf {
            let id = plugin["id"].as_str().unwrap();
            let text = std::fs::read_to_string(demo.join(format!("plugins/{id}.json"))).unwrap();
            let manifest = Manifest::read(&text).unwrap();
            let compiled = compiled(&manifest.document["config_schema"]).unwrap();
            for saved in plugin["configs"].as_array().unwrap() {
                let problems = schema::problems(&compiled, &saved[2], &Value::Null);
                assert!(problems.is_empty(), "{id}: {problems:?}");
            }
            types.insert(manifest.kind.as_str());
        }
        assert_eq!((shelf.len(), types.len()), (8, 4), "all types are shown");
    }
}
