//! The relay: brings what was committed to the broker, at least once and in order, for as long as
//! this node holds the lease.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::Status;
use super::connection::Connection;
use super::drain::Drain;
use super::lease::{Lease, Term};
use super::ledger::{Blame, Ledger};
use super::presence;
use super::target::Target;
use super::wire::NotOpen;
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
    /// The broker takes no event; in words.
    RefusesAll(String),
}

/// What the relay has learnt of a broker that ends connections over what it is sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caution {
    /// One message at a time, for so many more, to find the one that it does not bear.
    pub(super) one_by_one: u32,
    /// Nothing but events: no presence, no states.
    pub(super) events_only: bool,
}

/// Messages that are sent one by one after the broker hung up on several.
const ONE_BY_ONE: u32 = 200;

/// All that outlives a connection.
pub(super) struct Relay {
    pub(super) db: Db,
    pub(super) target: Target,
    pub(super) lease: Lease,
    pub(super) status: Status,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) ledger: Ledger,
    pub(super) caution: Caution,
    pause: Duration,
    is_away: bool,
}

impl Relay {
    pub(super) fn new(
        db: Db,
        target: Target,
        lease: Lease,
        status: Status,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            db,
            target,
            lease,
            status,
            stop,
            ledger: Ledger::new(),
            caution: Caution::default(),
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
                End::RefusesAll(reason) => {
                    let reason = format!("it refuses every event that waits. {reason}");
                    self.note_away(&reason).max(PAUSE.1)
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = stopped(&mut stop) => break,
            }
        }
        self.lease.release().await;
    }

    async fn connect(&mut self, term: &Term) -> Result<Connection, End> {
        match self.lease.confirm(term).await {
            Ok(true) => {}
            Ok(false) => return Err(End::LeaseOver),
            Err(error) => {
                tracing::debug!("the lease cannot be confirmed: {}", db::class(&error));
                sleep(Duration::from_secs(1)).await;
                return Err(End::LeaseOver);
            }
        }
        let mut dial = self.target.dial().await.map_err(End::Unreachable)?;
        if !self.caution.events_only {
            dial.options.set_last_will(presence::will());
        }
        match Connection::open(dial).await {
            Ok(connection) => Ok(connection),
            Err(why @ NotOpen::WithoutRetain) => {
                self.caution.events_only = true;
                Err(End::Broken(why.into()))
            }
            Err(NotOpen::Other(reason)) => Err(End::Unreachable(reason)),
        }
    }

    async fn drain(&mut self, connection: Connection, term: Term) -> End {
        let opened = Instant::now();
        let mut limits = connection.limits();
        if self.caution.one_by_one > 0 {
            limits.in_flight = 1;
        }
        limits.retains &= !self.caution.events_only;
        self.ledger.begin(limits);
        let end = Drain::new(self, connection, term).run().await;
        if opened.elapsed() > YOUNG {
            self.pause = PAUSE.0;
        }
        end
    }

    /// The broker ended the connection over something that it was sent: a thing of its own to say no,
    /// where others answer with a reason.
    pub(super) fn blame(&mut self, reason: &str) {
        match self.ledger.blame(reason) {
            Blame::Several => self.caution.one_by_one = ONE_BY_ONE,
            Blame::Event => self.pause = PAUSE.0,
            Blame::Extra => self.caution.events_only = true,
            Blame::Nobody => {}
        }
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
        self.status.set_reason(reason);
        self.status.set_away(true);
        self.next_pause()
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE.1);
        pause
    }

    /// The broker has answered to an event: there is a way on, also where it hangs up behind a refusal.
    pub(super) fn note_answer(&mut self, is_taken: bool) {
        self.pause = PAUSE.0;
        if is_taken {
            self.note_well();
        }
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
