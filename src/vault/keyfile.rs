use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::hex::hex;

/// The files of a master key that nobody gave: made in the data folder, mode 0600.
#[derive(Clone, Debug)]
pub(super) struct KeyFile {
    folder: PathBuf,
}

impl KeyFile {
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Where the key is.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join("secret.key")
    }

    /// Where a rotation keeps the key that is to be the next, from before the first secret is sealed
    /// under it until it has become the key.
    fn next_path(&self) -> PathBuf {
        self.folder.join("secret.key.next")
    }

    /// The key, and whether it was made just now.
    pub(super) fn read_or_make(&self) -> io::Result<(String, bool)> {
        match read(&self.path())? {
            Some(key) => Ok((key, false)),
            None => Ok((make(&self.path())?, true)),
        }
    }

    /// The key, if there is one.
    pub(super) fn read(&self) -> io::Result<Option<String>> {
        read(&self.path())
    }

    /// The key of a rotation that did not come to its end.
    pub(super) fn read_next(&self) -> io::Result<Option<String>> {
        read(&self.next_path())
    }

    /// The key to rotate to; the one of a rotation that was interrupted, where there is one.
    pub(super) fn make_next(&self) -> io::Result<String> {
        match self.read_next()? {
            Some(key) => Ok(key),
            None => make(&self.next_path()),
        }
    }

    /// The next key becomes the key.
    pub(super) fn promote(&self) -> io::Result<()> {
        match fs::rename(self.next_path(), self.path()) {
            // Another process of this data folder was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done.and_then(|()| sync(&self.folder)),
        }
    }

    /// Held by the one rotation that is under way.
    pub(super) fn lock(&self) -> io::Result<Option<File>> {
        let file = File::create(self.folder.join("rotate.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

fn read(file: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(key) if key.trim().len() >= 32 => Ok(Some(key.trim().to_owned())),
        Ok(_) => Err(io::Error::other(format!(
            "{} holds no key: put the key back from your backup, or remove the file to have a new one made \
             (secrets that were set before can then not be read)",
            file.display()
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn make(file: &Path) -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let key = hex(&bytes);
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let fresh = PathBuf::from(name);
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    out.write_all(key.as_bytes())?;
    out.sync_all()?;
    // Of two that start at once, the first one's key stands.
    let linked = fs::hard_link(&fresh, file);
    fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => sync(file.parent().unwrap_or(Path::new(".")))?,
    }
    read(file)?.ok_or_else(|| io::Error::other(format!("{} is gone", file.display())))
}

/// A name in a folder is only on disk when the folder is.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
