//! The relay's work on one connection: read, send, hear, mark.

mod beside;
mod upkeep;

use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::TryRecvError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::{Connection, Heard};
use super::lane::{Lane, Waiting};
use super::lease::{Term, within};
use super::ledger::Answered;
use super::outbox::BATCH;
use super::relay::{End, Relay, stopped};
use crate::db::Timestamp;
use crate::events::{News, Notice};
use crate::faults::{self, Point};

/// Acknowledgements are marked this long after the first of them: a mark is a commit.
const MARK_AFTER: Duration = Duration::from_millis(50);
/// A broker that leaves an event unanswered for this long has lost it, or is frozen. MQTT forbids
/// sending it again on the same connection (MQTT 5, 4.4), so the connection is given up.
const ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Commits that ring no bell here (another process on SQLite, a missed NOTIFY) are found this soon.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Events are digested this long after they were read: a batch is a commit.
const CHAIN_AFTER: Duration = Duration::from_secs(2);
/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after it did not.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);
/// How long a stop waits for acknowledgements, and then for the database.
const LAST_ACKS: Duration = Duration::from_millis(1500);
const LAST_MARK: Duration = Duration::from_millis(500);

pub(super) struct Drain<'a> {
    relay: &'a mut Relay,
    connection: Connection,
    term: Term,
    bell: Receiver<Notice>,
    /// What else is to be published now. This side of the lane is kept, so that it never ends.
    extras: (Lane, mpsc::Receiver<Waiting>),
    /// Since when the relay works, where that is told.
    present_since: Option<Timestamp>,
    /// What works beside, as long as this connection.
    beside: JoinSet<()>,
    /// Whether the dead letters of the database are known.
    knows_dead: bool,
    /// Whether the last message beside the events was refused.
    is_extra_refused: bool,
    /// Whether there may be something to read.
    is_rung: bool,
    look_at: Instant,
    mark_at: Option<Instant>,
    chain_at: Option<Instant>,
    not_before: Instant,
    is_database_away: bool,
}

impl<'a> Drain<'a> {
    pub(super) fn new(relay: &'a mut Relay, connection: Connection, term: Term) -> Self {
        let now = Instant::now();
        Self {
            bell: relay.db.listen(),
            extras: Lane::new(),
            present_since: None,
            beside: JoinSet::new(),
            knows_dead: false,
            mark_at: relay.ledger.has_delivered().then_some(now),
            relay,
            connection,
            term,
            is_extra_refused: false,
            is_rung: true,
            look_at: now,
            chain_at: Some(now),
            not_before: now,
            is_database_away: false,
        }
    }

    pub(super) async fn run(mut self) -> End {
        let end = match self.arrive() {
            Ok(()) => self.work().await,
            Err(reason) => End::Broken(reason),
        };
        // Whose lease is over says no goodbye: the broker is to publish its will, unless the next
        // holder has come, who says that it is there.
        let says_goodbye = match end {
            End::Stopped => true,
            End::LeaseOver => self.present_since.is_none(),
            _ => false,
        };
        if says_goodbye {
            self.connection.close().await;
        }
        end
    }

    async fn work(&mut self) -> End {
        loop {
            self.tend().await;
            // Nothing waits between here and what is sent.
            match self.relay.lease.current() {
                Some(term) if term.epoch == self.term.epoch => self.term = term,
                _ => return End::LeaseOver,
            }
            if let Some(end) = self.judge().await {
                return end;
            }
            if let Err(reason) = self.send() {
                return End::Broken(reason);
            }
            if let Some(end) = self.wait().await {
                return end;
            }
        }
    }

    /// Events first, and what else there is where they leave room.
    fn send(&mut self) -> Result<(), String> {
        while let Some(event) = self.relay.ledger.next() {
            self.connection.publish(event)?;
        }
        while self.takes_extras()
            && let Ok(extra) = self.extras.1.try_recv()
        {
            self.send_extra(extra)?;
        }
        Ok(())
    }

    fn send_extra(&mut self, extra: Waiting) -> Result<(), String> {
        match self.relay.ledger.carry(extra) {
            Some(message) => self.connection.publish(message),
            None => Ok(()),
        }
    }

    fn takes_extras(&self) -> bool {
        let ledger = &self.relay.ledger;
        !self.relay.caution.events_only
            && ledger.has_room()
            && ledger.refused.everything().is_none()
    }

    /// What the clock or the bell asks for.
    async fn tend(&mut self) {
        let now = Instant::now();
        if self.mark_at.is_some_and(|at| at <= now) {
            self.mark().await;
        }
        if self.not_before <= now {
            self.bury().await;
        }
        if self.relay.ledger.refused.try_again(now) {
            self.relay.ledger.rewind();
            self.is_rung = true;
        }
        if self.next_look().is_some_and(|at| at <= now) {
            self.look().await;
        }
        if self.chain_at.is_some_and(|at| at <= now) {
            self.extend_chain().await;
        }
    }

    fn next_look(&self) -> Option<Instant> {
        let due = if self.is_rung {
            self.not_before
        } else {
            self.look_at.max(self.not_before)
        };
        self.relay.ledger.wants_more().then_some(due)
    }

    async fn look(&mut self) {
        while !matches!(
            self.bell.try_recv(),
            Err(TryRecvError::Empty | TryRecvError::Closed)
        ) {}
        match within(PATIENCE, self.read()).await {
            Ok(events) => {
                self.is_rung = events.len() == BATCH;
                self.look_at = Instant::now() + LOOK_EVERY;
                if events.is_empty() && self.relay.ledger.oldest().is_none() {
                    self.relay.note_well();
                }
                if !events.is_empty() && self.chain_at.is_none() {
                    self.chain_at = Some(Instant::now() + CHAIN_AFTER);
                }
                self.relay.ledger.read(events);
                self.is_database_away = false;
            }
            Err(error) => {
                self.is_rung = true;
                self.note_database(&error);
            }
        }
    }

    /// Until something happens, or is due.
    async fn wait(&mut self) -> Option<End> {
        let due = self.due();
        tokio::select! {
            heard = self.connection.hear() => return self.hear(heard).err(),
            Some(extra) = self.extras.1.recv(), if self.takes_extras() => {
                return self.send_extra(extra).err().map(End::Broken);
            }
            heard = self.bell.recv() => {
                // What this relay says itself is no news to it.
                let is_own = heard.is_ok_and(|notice| notice.news == News::Delivery);
                self.is_rung |= !is_own;
            }
            () = self.relay.lease.changed() => {}
            () = stopped(&mut self.relay.stop) => {}
            () = sleep_until(due) => {}
        }
        if *self.relay.stop.borrow() {
            self.finish().await;
            return Some(End::Stopped);
        }
        let oldest = self.relay.ledger.oldest();
        oldest
            .is_some_and(|since| since.elapsed() >= ACK_TIMEOUT)
            .then_some(End::Unanswered)
    }

    fn due(&self) -> Instant {
        let unanswered = self.relay.ledger.oldest().map(|since| since + ACK_TIMEOUT);
        let moments = [
            self.next_look(),
            self.mark_at,
            self.chain_at,
            unanswered,
            self.relay.ledger.refused.again_at(),
            // They could not be kept.
            (!self.relay.ledger.refused.letters().is_empty()).then_some(self.not_before),
        ];
        let until = self.term.until();
        moments.into_iter().flatten().fold(until, Instant::min)
    }

    /// Takes in what was heard, and all that came with it.
    fn hear(&mut self, first: Heard) -> Result<(), End> {
        let mut next = Some(first);
        while let Some(heard) = next {
            match heard {
                Heard::Written(packet_id) => {
                    faults::point(Point::AfterPublish);
                    self.relay.ledger.written(packet_id);
                }
                Heard::Answered(packet_id, refusal) => {
                    let read_to = self.relay.ledger.read_to();
                    match self.relay.ledger.answered(packet_id, refusal) {
                        Answered::Event { is_taken } => self.relay.note_answer(is_taken),
                        Answered::Extra { is_taken } => self.is_extra_refused = !is_taken,
                        Answered::Nothing => {}
                    }
                    // What was left out in doubt is to be read.
                    self.is_rung |= self.relay.ledger.read_to() < read_to;
                    self.relax();
                }
                Heard::Denied => self.tell_presence().map_err(End::Broken)?,
                Heard::Lost(loss) => {
                    if loss.is_about_a_message {
                        self.relay.blame(&loss.reason);
                    } else if self.is_extra_refused {
                        // Some hang up behind a refusal, and would again.
                        self.relay.caution.events_only = true;
                    }
                    return Err(End::Broken(loss.reason));
                }
            }
            next = self.connection.hear_now();
        }
        if self.mark_at.is_none() && self.relay.ledger.has_delivered() {
            self.mark_at = Some(Instant::now() + MARK_AFTER);
        }
        Ok(())
    }

    /// One message at a time is enough for a while only.
    fn relax(&mut self) {
        let left = &mut self.relay.caution.one_by_one;
        if *left > 0 {
            *left -= 1;
            if *left == 0 {
                self.relay.ledger.widen(self.connection.limits().in_flight);
            }
        }
    }

    /// Between two events: sends no more, but hears and marks what is on its way.
    async fn finish(&mut self) {
        self.tell_absence();
        let acknowledged = async {
            while self.relay.ledger.oldest().is_some() {
                let heard = self.connection.hear().await;
                if self.hear(heard).is_err() {
                    return;
                }
            }
        };
        // What stays unanswered is sent again by the next holder of the lease.
        let _ = timeout(LAST_ACKS, acknowledged).await;
        if self.relay.ledger.has_delivered() {
            let _ = timeout(LAST_MARK, self.mark()).await;
        }
    }
}
