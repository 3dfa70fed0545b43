//! What must be there before anything starts: a data folder, the static files, and the database to
//! itself or to nodes that can share it.

use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::StartError;
use crate::config::Config;
use crate::db::{Db, NodeLock};

/// Makes the data folder, for its owner only.
pub(crate) fn prepare_folder(folder: &Path) -> io::Result<()> {
    let named = |error: io::Error| {
        io::Error::new(
            error.kind(),
            format!(
                "TAYLORDASH_DATA_DIR={} cannot be used: {error}; it must be a folder that this user may write",
                folder.display()
            ),
        )
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(named)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(named)
}

/// The given folder, else `./static`, else the source tree's. actix-files would serve the working
/// directory where there is none, so that stops the start.
pub(super) fn find_static(given: Option<&Path>) -> Result<PathBuf, StartError> {
    let is_whole =
        |folder: &Path| folder.join("app.css").is_file() && folder.join("vendor").is_dir();
    if let Some(given) = given {
        return match given.canonicalize() {
            Ok(folder) if is_whole(&folder) => Ok(folder),
            _ => Err(StartError::NoStatic(given.display().to_string())),
        };
    }
    let places = [
        PathBuf::from("./static"),
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static"),
    ];
    let found = places
        .into_iter()
        .filter_map(|place| place.canonicalize().ok())
        .find(|place| is_whole(place));
    found.ok_or_else(|| StartError::NoStatic("(unset)".to_owned()))
}

/// Nodes that share a database work together only with a broker and a key that they share too.
pub(super) async fn lock_node(db: &Db, config: &Config) -> Result<NodeLock, StartError> {
    let can_share = config.mqtt_url.is_some() && (config.secret_key.is_some() || !db.is_postgres());
    db.node_lock(&config.data_dir, can_share).await?.ok_or(StartError::Alone(if db.is_postgres() {
        "another TaylorDash already works on this PostgreSQL database; several can only do so together, \
         each with the same MQTT_URL and the same TAYLORDASH_SECRET_KEY"
    } else {
        "another TaylorDash already works in this data folder; stop it, or choose another \
         TAYLORDASH_DATA_DIR"
    }))
}
