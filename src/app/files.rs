//! How many files, and with them connections, this process may have open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A worker's connections where files are no limit: the web server's own default.
const MOST: u64 = 25_600;
/// Files that are not connections to the pages: the database's, static files, MQTT.
const OTHERS: u64 = 512;

/// Takes what the machine allows: many systems begin with 1,024, which a thousand slow connections
/// use up, and then neither a page nor the database can be opened.
pub(super) fn take_all() {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, all) {
        tracing::warn!(
            "the limit of open files stays at {:?}: {error}",
            limit.current
        );
    }
}

/// How many connections each of the workers may hold, so that files are left for what answers them.
pub(super) fn connections_for_each(workers: usize) -> usize {
    share(getrlimit(Resource::Nofile).current, workers)
}

fn share(files: Option<u64>, workers: usize) -> usize {
    let Some(files) = files else {
        return MOST as usize;
    };
    let free = files.saturating_sub(OTHERS.min(files / 2));
    let each = free / u64::try_from(workers).unwrap_or(1).max(1);
    usize::try_from(each.clamp(1, MOST)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_what_answers_them() {
        assert_eq!(share(Some(1024), 2), 256);
        assert_eq!(share(Some(100), 2), 25);
        assert_eq!(share(Some(0), 2), 1);
        assert_eq!(share(Some(1_048_576), 2), 25_600);
        assert_eq!(share(None, 8), 25_600);
    }
}
