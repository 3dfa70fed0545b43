use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Browser, Database, Engine, PASSWORD, Process};

/// Longer than anything takes that ends at all.
pub const SOON: Duration = Duration::from_secs(30);

/// A folder and a database for the programs of one test.
pub struct Place {
    folder: tempfile::TempDir,
    pub database: Database,
}

impl Place {
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match engine {
            Engine::Sqlite => Database::sqlite(&folder.path().join("data")),
            Engine::Postgres => Database::fresh_postgres().await,
        };
        Self { folder, database }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a program here, with more variables.
    pub fn start(&self, more: &[(&str, &str)]) -> Process {
        self.start_as(&[], more)
    }

    fn start_as(&self, arguments: &[&str], more: &[(&str, &str)]) -> Process {
        let url = self.database.url().map(String::from);
        let mut variables = more.to_vec();
        if let Some(url) = &url {
            variables.push(("DATABASE_URL", url));
        }
        Process::start_as(self.folder(), arguments, &variables)
    }

    /// Runs a program that ends by itself: its exit code, what it printed, what it logged.
    pub async fn run(
        &self,
        arguments: &[&str],
        more: &[(&str, &str)],
    ) -> (Option<i32>, String, String) {
        let mut process = self.start_as(arguments, more);
        let status = process.end(SOON).await;
        (status.code(), process.printed(), process.logged())
    }

    /// Makes the first account, `sam`, an admin; answers their browser.
    pub async fn set_up(&self, process: &mut Process) -> Browser {
        let browser = Browser::new(&process.origin().await);
        let token = process.setup_token().expect("there is no account yet");
        browser.set_up(&token).await;
        browser
    }
}

/// Runs a test of programs on one engine.
pub fn on<F: Future<Output = ()>>(engine: Engine, test: impl FnOnce(Arc<Place>) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let place = Arc::new(Place::new(engine).await);
        test(Arc::clone(&place)).await;
        place.database.drop_it().await;
    });
}
