//! One port in the tree: what it has heard, what it is, how far it trusts the other end.

use base::{Duration, Instant};
use wire::stp::{self, Flags, Message};

use super::vector::{Times, Vector};
use crate::switch::config::RstpPort;

/// What a port is in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Disabled,
    Root,
    Designated,
    Alternate,
    Backup,
}

impl Role {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Role::Disabled => "disabled",
            Role::Root => "root",
            Role::Designated => "designated",
            Role::Alternate => "alternate",
            Role::Backup => "backup",
        }
    }

    /// Whether the tree goes through it.
    pub(super) const fn is_active(self) -> bool {
        matches!(self, Role::Root | Role::Designated)
    }

    const fn on_wire(self) -> stp::Role {
        match self {
            Role::Root => stp::Role::Root,
            Role::Designated => stp::Role::Designated,
            Role::Alternate | Role::Backup => stp::Role::AlternateOrBackup,
            Role::Disabled => stp::Role::Unknown,
        }
    }
}

/// What a port does with frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Discarding,
    Learning,
    Forwarding,
}

impl State {
    pub(super) const fn text(self) -> &'static str {
        match self {
            State::Discarding => "discarding",
            State::Learning => "learning",
            State::Forwarding => "forwarding",
        }
    }
}

/// The last designated port that was heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) vector: Vector,
    pub(super) times: Times,
    pub(super) expires: Instant,
}

/// The state of a port. The names in brackets are the standard's (17.19).
#[derive(Clone, Debug)]
pub(super) struct TreePort {
    pub(super) number: u16,
    pub(super) config: RstpPort,
    pub(super) up: bool,
    pub(super) role: Role,
    pub(super) state: State,
    /// A better offer than ours, if there is one.
    pub(super) heard: Option<Heard>,
    /// What this bridge offers here.
    pub(super) offered: Vector,
    pub(super) offered_times: Times,
    /// No bridge is behind it (operEdge).
    pub(super) edge: bool,
    /// The other end accepts our offer: nothing behind it can close a loop.
    pub(super) agreed: bool,
    /// We asked for that.
    pub(super) proposing: bool,
    /// The other end asked for that (proposed).
    pub(super) proposed: bool,
    /// We have accepted the offer that was heard (agree).
    pub(super) agree: bool,
    /// The other end does not believe that it is behind us (disputed).
    pub(super) disputed: bool,
    /// Its part in the tree was made known by a topology change.
    pub(super) announced: bool,
    /// A BPDU is to be sent (newInfo).
    pub(super) send: bool,
    pub(super) hello_at: Instant,
    /// The next state without agreement (fdWhile).
    pub(super) forward_at: Instant,
    /// It is taken for an edge when nothing is heard until then (edgeDelayWhile).
    pub(super) edge_at: Instant,
    /// It tells of a topology change until then (tcWhile).
    pub(super) change_until: Instant,
    /// It was the root port lately: others still may lead to the root through it (rrWhile).
    pub(super) root_until: Instant,
    /// It was a backup port lately (rbWhile).
    pub(super) backup_until: Instant,
    /// When the limit of its rate has forgotten all that was sent.
    quota_full_at: Instant,
}

impl TreePort {
    pub(super) fn new(index: u16, config: RstpPort, times: Times) -> Self {
        TreePort {
            number: u16::from(config.priority & 0xf0) << 8 | index.wrapping_add(1) & 0xfff,
            config,
            up: false,
            role: Role::Disabled,
            state: State::Discarding,
            heard: None,
            offered: Vector::default(),
            offered_times: times,
            edge: false,
            agreed: false,
            proposing: false,
            proposed: false,
            agree: false,
            disputed: false,
            announced: false,
            send: false,
            hello_at: Instant::ZERO,
            forward_at: Instant::ZERO,
            edge_at: Instant::ZERO,
            change_until: Instant::ZERO,
            root_until: Instant::ZERO,
            backup_until: Instant::ZERO,
            quota_full_at: Instant::ZERO,
        }
    }

    /// Remembers what a designated port says (17.21.8). Whoever offers less than we do is told of our offer.
    pub(super) fn on_offer(&mut self, now: Instant, body: &Message) {
        let (vector, times) = (Vector::of(body), Times::of(body));
        let proposal = body.flags.proposal;
        let expires = if times.too_old() { now } else { now + times.hello + times.hello + times.hello };
        let current = self.heard.map_or(self.offered, |heard| heard.vector);
        match &mut self.heard {
            Some(heard) if (heard.vector, heard.times) == (vector, times) => {
                heard.expires = expires;
                self.proposed |= proposal;
            }
            // Whom we listen to is believed even when its news are worse: nobody else knows better.
            heard if vector < current || heard.is_some_and(|heard| heard.vector.sender() == vector.sender()) => {
                self.agree &= heard.is_some() && vector <= current;
                *heard = Some(Heard { vector, times, expires });
                (self.agreed, self.proposing, self.proposed) = (false, false, proposal);
            }
            _ => {
                if body.flags.learning {
                    (self.disputed, self.agreed) = (true, false);
                }
                self.send |= self.role == Role::Designated;
            }
        }
    }

    /// Hears what a root, alternate or backup port says: whether it agrees to our offer, or a better one (17.21.9).
    pub(super) fn on_answer(&mut self, body: &Message) {
        let current = self.heard.map_or(self.offered, |heard| heard.vector);
        if Vector::of(body) >= current {
            self.agreed = body.flags.agreement;
            self.proposing &= !self.agreed;
        }
    }

    /// Takes a role and, with it, the offer that this bridge makes here.
    pub(super) fn assume(&mut self, now: Instant, role: Role, offer: Vector, times: Times) {
        let changed = (self.offered, self.offered_times) != (offer, times);
        match (self.role, role) {
            (Role::Designated, Role::Designated) if changed => {
                // Who agreed to an offer agrees to a better one.
                self.agreed &= offer <= self.offered;
                (self.proposing, self.send) = (false, true);
            }
            (Role::Designated, Role::Designated) => {}
            (_, Role::Designated) => {
                (self.agreed, self.agree, self.proposing, self.proposed) = (false, false, false, false);
                self.send = true;
                if self.state == State::Discarding {
                    self.forward_at = now + times.forward_delay;
                }
            }
            _ => {}
        }
        if self.role == Role::Root && role != Role::Root {
            self.root_until = now + times.forward_delay;
        }
        if self.role == Role::Backup && role != Role::Backup {
            self.backup_until = now + times.hello + times.hello;
        }
        (self.role, self.offered, self.offered_times) = (role, offer, times);
    }

    /// Whether frames may circle through it if another port is opened.
    pub(super) fn is_risky(&self) -> bool {
        self.role == Role::Designated && self.state != State::Discarding && !self.edge && !self.agreed
    }

    /// Lets no frame through until it is agreed, or time has passed.
    pub(super) fn discard(&mut self, now: Instant) {
        self.state = State::Discarding;
        self.proposing = false;
        self.forward_at = now + self.offered_times.forward_delay;
    }

    /// Tells of a topology change for a while (17.21.7).
    pub(super) fn announce_change(&mut self, now: Instant) {
        if now >= self.change_until {
            self.change_until = now + self.offered_times.hello + CHANGE_EXTRA;
            self.send = true;
        }
    }

    /// The steps of a designated port towards forwarding (17.29.3).
    pub(super) fn advance_designated(&mut self, now: Instant) {
        if self.proposing && now >= self.edge_at {
            self.edge = true;
        }
        if self.agreed || self.edge {
            self.state = State::Forwarding;
        }
        if self.state != State::Forwarding && now >= self.forward_at {
            self.forward_at = now + self.offered_times.forward_delay;
            self.state = match self.state {
                State::Discarding => State::Learning,
                State::Learning | State::Forwarding => State::Forwarding,
            };
        }
        if self.state == State::Forwarding {
            self.proposing = false;
        } else if !self.proposing {
            (self.proposing, self.send) = (true, true);
            self.edge_at = now + MIGRATE_TIME;
        }
    }

    /// What it says now.
    pub(super) fn body(&self, now: Instant) -> Message {
        let flags = Flags {
            topology_change: now < self.change_until,
            proposal: self.proposing,
            role: self.role.on_wire(),
            learning: self.state != State::Discarding,
            forwarding: self.state == State::Forwarding,
            agreement: self.agree,
            topology_change_ack: false,
        };
        let Vector { root, cost, bridge, port } = self.offered;
        let Times { message_age, max_age, hello, forward_delay } = self.offered_times;
        let (root_path_cost, hello_time) = (cost, hello);
        Message { flags, root, root_path_cost, bridge, port, message_age, max_age, hello_time, forward_delay }
    }

    /// When it may send: six BPDUs at once, then one a second (txHoldCount).
    pub(super) fn may_send_at(&self) -> Instant {
        Instant::from_nanos(self.quota_full_at.nanos().saturating_sub(QUOTA.nanos()))
    }

    /// It sends.
    pub(super) fn sent(&mut self, now: Instant) {
        self.send = false;
        self.quota_full_at = self.quota_full_at.max(now) + QUOTA_STEP;
    }

    /// When it has something to do without being told.
    pub(super) fn due(&self) -> Instant {
        if !self.up {
            return Instant::FAR;
        }
        let heard = self.heard.map_or(Instant::FAR, |heard| heard.expires);
        let sends = if self.send { self.may_send_at() } else { Instant::FAR };
        let opens = match self.role {
            _ if self.state == State::Forwarding => Instant::FAR,
            Role::Designated => self.forward_at.min(if self.proposing { self.edge_at } else { Instant::FAR }),
            Role::Root => self.backup_until,
            _ => Instant::FAR,
        };
        self.hello_at.min(heard).min(sends).min(opens)
    }
}

/// A topology change is told for the hello time and this.
const CHANGE_EXTRA: Duration = Duration::from_secs(1);
/// How long a bridge has to make itself heard (17.13.9).
pub(super) const MIGRATE_TIME: Duration = Duration::from_secs(3);
/// Five steps: with the one that is being sent, six BPDUs.
const QUOTA: Duration = Duration::from_secs(5);
const QUOTA_STEP: Duration = Duration::from_secs(1);
