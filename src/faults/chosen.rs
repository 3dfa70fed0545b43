//! What was chosen: `TAYLORDASH_FAULT` names mistakes and one point to die at, with commas between
//! (`publish_before_commit,kill:before_commit:20` dies at the twentieth passage).

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Point;

static CHOSEN: LazyLock<Vec<String>> = LazyLock::new(|| {
    let chosen = std::env::var("TAYLORDASH_FAULT").unwrap_or_default();
    chosen.split(',').map(str::to_owned).collect()
});

static PASSED: AtomicU64 = AtomicU64::new(0);

/// Whether that mistake is to be made.
pub(super) fn is(mistake: &str) -> bool {
    CHOSEN.iter().any(|chosen| chosen == mistake)
}

/// Dies as from `kill -9`, at the passage that was chosen.
pub(super) fn pass(point: Point) {
    let name = match point {
        Point::BeforeCommit => "before_commit",
        Point::AfterCommit => "after_commit",
        Point::AfterPublish => "after_publish",
        Point::BeforeMark => "before_mark",
    };
    let passage = CHOSEN.iter().find_map(|chosen| {
        let (at, passage) = chosen.strip_prefix("kill:")?.split_once(':')?;
        (at == name).then(|| passage.parse::<u64>().ok()).flatten()
    });
    if passage.is_some_and(|passage| PASSED.fetch_add(1, Ordering::SeqCst) + 1 >= passage) {
        std::process::abort();
    }
}
