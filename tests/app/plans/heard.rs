//! The statements that a request sends, heard in the log.

use std::fmt::Debug;
use std::sync::{Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
static BEGUN: Once = Once::new();

/// Begins to listen, once in a process.
pub fn begin() {
    BEGUN.call_once(|| {
        let all = tracing_subscriber::registry().with(Ear);
        tracing::subscriber::set_global_default(all).unwrap();
    });
}

/// What requests sent since this was asked last.
pub fn take() -> Vec<String> {
    std::mem::take(&mut HEARD.lock().unwrap())
}

struct Ear;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ear {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_span()
            || (metadata.target() == "sqlx::query" && *metadata.level() <= Level::DEBUG)
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut spans = context.event_scope(event).into_iter().flatten();
        if !spans.any(|span| span.name() == "request") {
            return;
        }
        let mut statement = Statement::default();
        event.record(&mut statement);
        let text = match statement.whole.trim() {
            "" => statement.summary.trim().to_owned(),
            whole => whole.to_owned(),
        };
        HEARD.lock().unwrap().push(text);
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    whole: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => self.whole = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
