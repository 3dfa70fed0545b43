//! The demo's plugins: their manifests, and what `shelf.json` says happened to them.

use serde::Deserialize;
use serde_json::Value;

use super::What;
use crate::app::StartError;
use crate::events::{Change, new_id};
use crate::plugins::config::keeping::{Kept, Wanted, keep};
use crate::plugins::config::schemas;
use crate::plugins::manifest::Manifest;
use crate::plugins::{Status, changes, store};
use crate::vault::Vault;

const SHELF: &str = include_str!("shelf.json");
const MANIFESTS: [&str; 8] = [
    include_str!("plugins/dns-blocker.json"),
    include_str!("plugins/media-index.json"),
    include_str!("plugins/power-meter.json"),
    include_str!("plugins/proxmox-backup.json"),
    include_str!("plugins/ups-monitor.json"),
    include_str!("plugins/uptime-probe.json"),
    include_str!("plugins/wall-display.json"),
    include_str!("plugins/zigbee-bridge.json"),
];

#[derive(Deserialize)]
struct Plugin {
    id: String,
    hours_ago: i64,
    configs: Vec<(i64, String, Value)>,
    moves: Vec<(i64, String, String)>,
}

/// What somebody did to a plugin.
pub(super) enum Step {
    Install(Box<Manifest>),
    Configure(String, Value),
    Move(String, Status),
}

/// All that happens to plugins. Only an admin installs.
pub(super) fn steps() -> Result<Vec<super::Step>, StartError> {
    let shelf: Vec<Plugin> = serde_json::from_str(SHELF).map_err(|_| StartError::Demo)?;
    let mut steps = Vec::new();
    for plugin in shelf {
        let manifest = manifest(&plugin.id)?;
        let install = Step::Install(Box::new(manifest));
        steps.push(step(plugin.hours_ago, "alex".to_owned(), install));
        for (hours_ago, by, config) in plugin.configs {
            let configure = Step::Configure(plugin.id.clone(), config);
            steps.push(step(hours_ago, by, configure));
        }
        for (hours_ago, by, status) in plugin.moves {
            let status = status.parse().map_err(|()| StartError::Demo)?;
            steps.push(step(hours_ago, by, Step::Move(plugin.id.clone(), status)));
        }
    }
    Ok(steps)
}

fn manifest(id: &str) -> Result<Manifest, StartError> {
    let mut all = MANIFESTS
        .iter()
        .filter_map(|text| Manifest::read(text).ok());
    all.find(|manifest| manifest.id == id)
        .ok_or(StartError::Demo)
}

fn step(hours_ago: i64, by: String, what: Step) -> super::Step {
    super::Step {
        hours_ago,
        by,
        what: What::Plugin(what),
    }
}

/// Does it; a step that changes nothing is none.
pub(super) async fn take(mut change: Change, vault: &Vault, step: &Step) -> Result<(), StartError> {
    let event = match step {
        Step::Install(manifest) => {
            let status = manifest.first_status();
            store::install(&mut change, manifest, &new_id(), status).await?;
            changes::installed(manifest, status)
        }
        Step::Configure(id, config) => {
            let sealer = vault.lock(&mut change).await?;
            let plugin = store::find_to_change(&mut change, id).await?;
            let compiled = schemas::of(&plugin).ok_or(StartError::Demo)?;
            let wanted = Wanted {
                value: config,
                note: "",
                origins: Vec::new(),
            };
            match keep(&mut change, &sealer, &plugin, &compiled, &wanted).await? {
                Kept::Version(event) => event,
                Kept::Already => return Ok(()),
                Kept::Refused(_) => return Err(StartError::Demo),
            }
        }
        Step::Move(id, status) => {
            let plugin = store::find_to_change(&mut change, id).await?;
            if plugin.status() == *status {
                return Ok(());
            }
            store::set_status(&mut change, id, *status).await?;
            changes::status_changed(&plugin, *status)
        }
    };
    Ok(change.commit(event).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::schema::{self, Compiled};

    #[test]
    fn every_configuration_of_the_demo_is_valid_under_its_plugin_s_schema() {
        for step in steps().unwrap() {
            let What::Plugin(Step::Configure(id, config)) = step.what else {
                continue;
            };
            let manifest = manifest(&id).unwrap();
            let compiled = Compiled::new(&manifest.document["config_schema"]).unwrap();
            let problems = schema::problems(&compiled, &config, &Value::Null);
            assert!(problems.is_empty(), "{id}: {problems:?}");
        }
    }
}
