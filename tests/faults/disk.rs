//! The data folder full, and freed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::harness::{Database, Engine, Place};
use crate::invariants::{BROKEN, Violation};
use crate::journal::{Answer, Effect};
use crate::lab::{Kind, Lab, PATIENCE, tell};
use crate::postgres::{is_root, succeeds};
use crate::rounds::{Results, hang, rounds};
use crate::watch::{Look, Watch, hung};
use crate::workload::{AtSilence, WRITERS};

/// Room in memory, mounted for this test.
struct Room(PathBuf);

impl Room {
    /// `None` where this machine does not let us.
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]);
        let is_mounted = is_root() && mount.arg(&at).status().is_ok_and(|status| status.success());
        is_mounted.then_some(Self(at))
    }

    /// Leaves no room at all.
    fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join("ballast")).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            let piece = vec![0_u8; size];
            while file.write_all(&piece).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// What pages for reading answered, where that is not the page.
fn unread(looks: &[Look]) -> Vec<Violation> {
    let odd = looks.iter().filter(|look| look.status != 200);
    let mut violations = hung(looks, hang());
    violations.extend(odd.map(|look| Violation {
        law: BROKEN,
        told: format!("with a full disk a page answered {}", look.status),
    }));
    violations
}

/// What somebody is told who writes while the disk is full.
async fn refusal(lab: &Lab) -> Option<Violation> {
    let began = Instant::now();
    let mut told = String::new();
    // What is left of the log may hold a little more.
    while began.elapsed() < PATIENCE {
        let long = "x".repeat(8_000);
        let id = Uuid::now_v7().to_string();
        let fields = [
            ("once", &*id),
            ("name", "too much"),
            ("description", &*long),
        ];
        let effect = Effect::new("project", &id, "created", "too much");
        let number = lab
            .journal
            .begin(WRITERS, "POST /projects, long".to_owned(), vec![effect]);
        let answer = lab.sam.post("/projects", &fields).await;
        let is_done = answer.status == 303;
        lab.journal
            .end(number, if is_done { Answer::Done } else { Answer::Away });
        if answer.status == 503 && answer.text.contains("disk full") {
            return None;
        }
        told = format!(
            "a write was answered {}: {:?}",
            answer.status,
            answer.select("main")
        );
        if !is_done {
            break;
        }
    }
    Some(Violation { law: BROKEN, told })
}

#[test]
fn the_data_folder_full_and_freed() {
    tell(async {
        let mut place = Place::new(Engine::Sqlite).await;
        let folder = place.folder().join("room");
        let Some(room) = Room::mount(folder.clone(), "48m") else {
            return println!("SKIPPED: a data folder of bounded size needs root and mount");
        };
        place.database = Database::sqlite(&folder);
        let mut results = Results::of("data folder full, SQLite");
        let mut lab = Lab::prepare_in(place, Kind::Mosquitto).await;
        lab.set("TAYLORDASH_DATA_DIR", &folder.display().to_string());
        lab.begin().await;
        for _ in 0..rounds(2, 10) {
            let writers = lab.work(AtSilence::GoesOn, Duration::from_millis(50));
            lab.done(40, PATIENCE).await;
            room.fill();
            let watch = Watch::start(&lab.sam, "/projects", Duration::from_millis(250));
            tokio::time::sleep(Duration::from_secs(2)).await;
            lab.writers = writers.stop().await;
            let refusal = refusal(&lab).await;
            let looks = watch.take();
            drop(watch);
            let writers = lab.work(AtSilence::GoesOn, Duration::from_millis(50));
            room.free();
            let freed = Instant::now();
            lab.done(1, PATIENCE).await;
            results.took("writes again", Duration::from_secs(5), freed.elapsed());
            lab.done(20, PATIENCE).await;
            lab.writers = writers.stop().await;
            let mut violations = unread(&looks);
            violations.extend(refusal);
            lab.check_with(&mut results, violations).await;
        }
        lab.end(results).await;
        drop(room);
    });
}
