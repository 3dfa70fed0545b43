//! The relay: brings what was committed to the broker, at least once and in order, for as long as
//! this node holds the lease.

use std::time::Duration;

use rumqttc::v5::MqttOptions;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::Status;
use super::connection::Connection;
use super::drain::Drain;
use super::lease::{Lease, Term};
use super::ledger::Ledger;
use crate::db::{self, Db};

/// The pause before the first try to connect again, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// A connection that ended sooner counts as a try that failed.
const YOUNG: Duration = Duration::from_secs(5);

/// Why the relay's work on one connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The program stops.
    Stopped,
    /// The right to publish is gone, or cannot be made sure of.
    LeaseOver,
    /// The broker cannot be reached; in words.
    Unreachable(String),
    /// The broker, or the way to it, ended the connection; in words.
    Broken(String),
    /// The broker does not acknowledge.
    Unanswered,
    /// The broker takes no event.
    RefusesAll,
}

/// All that outlives a connection.
pub(super) struct Relay {
    pub(super) db: Db,
    pub(super) options: MqttOptions,
    pub(super) lease: Lease,
    pub(super) status: Status,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) ledger: Ledger,
    pause: Duration,
    is_away: bool,
}

impl Relay {
    pub(super) fn new(
        db: Db,
        options: MqttOptions,
        lease: Lease,
        status: Status,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            db,
            options,
            lease,
            status,
            stop,
            ledger: Ledger::new(),
            pause: PAUSE.0,
            is_away: false,
        }
    }

    /// Works until it is told to stop; then gives the lease back.
    pub(super) async fn run(mut self) {
        let mut stop = self.stop.clone();
        loop {
            let term = tokio::select! {
                term = self.lease.held() => term,
                () = stopped(&mut stop) => break,
            };
            let end = tokio::select! {
                end = self.connect(&term) => end,
                () = stopped(&mut stop) => break,
            };
            let end = match end {
                Ok(connection) => self.drain(connection, term).await,
                Err(end) => end,
            };
            let pause = match end {
                End::Stopped => break,
                End::LeaseOver => PAUSE.0,
                End::Unreachable(reason) => self.note_away(&reason),
                End::Broken(reason) => self.note_trouble(&reason),
                End::Unanswered => self.note_away("it does not acknowledge"),
                End::RefusesAll => self.note_away("it refuses every event").max(PAUSE.1),
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = stopped(&mut stop) => break,
            }
        }
        self.lease.release().await;
    }

    async fn connect(&self, term: &Term) -> Result<Connection, End> {
        match self.lease.confirm(term).await {
            Ok(true) => {}
            Ok(false) => return Err(End::LeaseOver),
            Err(error) => {
                tracing::debug!("the lease cannot be confirmed: {}", db::class(&error));
                sleep(Duration::from_secs(1)).await;
                return Err(End::LeaseOver);
            }
        }
        Connection::open(self.options.clone())
            .await
            .map_err(End::Unreachable)
    }

    async fn drain(&mut self, connection: Connection, term: Term) -> End {
        let opened = Instant::now();
        self.ledger.begin(connection.limits());
        let end = Drain::new(self, connection, term).run().await;
        if opened.elapsed() > YOUNG {
            self.pause = PAUSE.0;
        }
        end
    }

    /// One lost connection is nothing, one after the other is a broker that is away. Answers how
    /// long to wait before the next.
    fn note_trouble(&mut self, reason: &str) -> Duration {
        if self.pause > Duration::from_secs(1) {
            return self.note_away(reason);
        }
        tracing::debug!("the MQTT connection ended: {reason}");
        self.next_pause()
    }

    fn note_away(&mut self, reason: &str) -> Duration {
        if !self.is_away {
            tracing::warn!("the MQTT broker is away, events wait: {reason}");
        }
        self.is_away = true;
        self.status.set_away(true);
        self.next_pause()
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE.1);
        pause
    }

    /// The broker takes events, or there are none to take.
    pub(super) fn note_well(&mut self) {
        if self.is_away {
            tracing::info!("the MQTT broker is back");
        }
        self.is_away = false;
        self.status.set_away(false);
    }
}

/// Returns when it is time to stop.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that nobody is left who could tell.
    let _ = stop.wait_for(|stop| *stop).await;
}
