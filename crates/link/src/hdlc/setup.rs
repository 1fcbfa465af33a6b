//! Setting a link up and taking it down: SABM or SABME, UA, DISC, DM, FRMR (AX.25 v2.2 section 6.3, IEEE 802.2 section
//! 7.4).
//!
//! ```text
//!   disconnected ──packet: SABM──> connecting ──UA──> connected ──T1──> recovering
//!        ^  ^ <──SABM: UA─────────────────────────────>  │  ^<──acknowledged──┘
//!        │  └──N2 times T1, DM──────┴────────────────────┤  └── FRMR, or a frame that cannot be: SABM again
//!        └──UA, DM── disconnecting <──disconnect: DISC───┘
//! ```

use base::{Duration, Instant, PacketId};
use wire::hdlc::Unnumbered;

/// Where a link is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Nothing was sent yet, or the other end is gone.
    Disconnected,
    /// SABM was sent.
    Connecting,
    /// Information may go both ways.
    Connected,
    /// The same, after T1 ran out and before anything new was acknowledged.
    Recovering,
    /// DISC was sent.
    Disconnecting,
}

impl State {
    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            State::Disconnected => "disconnected",
            State::Connecting => "connecting",
            State::Connected => "connected",
            State::Recovering => "recovering",
            State::Disconnecting => "disconnecting",
        }
    }

    /// Whether information goes both ways.
    pub const fn is_connected(self) -> bool {
        matches!(self, State::Connected | State::Recovering)
    }
}

/// The part of a station that has no numbers.
pub(super) struct Setup {
    pub(super) state: State,
    /// How often in a row T1 has run out.
    attempts: u32,
    /// The command that sets up a link: SABM or SABME.
    mode: Unnumbered,
    /// That command, or DISC, is to be sent.
    command_due: bool,
    /// The end of its last transmission.
    sent: Instant,
    reply: Option<Reply>,
}

/// A response without numbers.
pub(super) struct Reply {
    pub(super) kind: Unnumbered,
    /// F.
    pub(super) last: bool,
    pub(super) info: Vec<u8>,
    pub(super) cause: PacketId,
}

/// What the other half of the station is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// Numbers start at 0.
    Reset,
    /// The link is gone, and with it what was to be sent.
    Down,
    /// No frame of a link.
    Unknown,
}

impl Setup {
    pub(super) fn new(mode: Unnumbered) -> Self {
        Setup { state: State::Disconnected, attempts: 0, mode, command_due: false, sent: Instant::ZERO, reply: None }
    }

    /// Asks the other end for a link, or for a fresh start of the one there is.
    pub(super) fn connect(&mut self) {
        (self.state, self.attempts, self.command_due) = (State::Connecting, 0, true);
    }

    /// Ends the link.
    pub(super) fn disconnect(&mut self) {
        (self.state, self.attempts, self.command_due) = (State::Disconnecting, 0, true);
    }

    /// An unnumbered frame.
    pub(super) fn on_frame(&mut self, kind: Unnumbered, poll: bool, cause: PacketId) -> Effect {
        match kind {
            Unnumbered::Sabm | Unnumbered::Sabme => self.on_set_mode(kind, poll, cause),
            Unnumbered::Ua => self.on_accepted(poll),
            Unnumbered::Disc => match self.state {
                State::Disconnected | State::Connecting => self.respond(Unnumbered::Dm, poll, cause),
                State::Connected | State::Recovering | State::Disconnecting => {
                    self.respond(Unnumbered::Ua, poll, cause);
                    self.close()
                }
            },
            Unnumbered::Dm => match self.state {
                State::Disconnected => Effect::Nothing,
                State::Connecting if !poll => Effect::Nothing, // it answers something else
                _ => self.close(),
            },
            Unnumbered::Frmr if self.state.is_connected() => {
                self.connect();
                Effect::Reset
            }
            Unnumbered::Frmr => Effect::Nothing,
            Unnumbered::Ui | Unnumbered::Xid | Unnumbered::Test => Effect::Unknown,
        }
    }

    fn on_set_mode(&mut self, kind: Unnumbered, poll: bool, cause: PacketId) -> Effect {
        if kind != self.mode || self.state == State::Disconnecting {
            return self.respond(Unnumbered::Dm, poll, cause);
        }
        self.respond(Unnumbered::Ua, poll, cause);
        if self.state == State::Connecting {
            // Both ends asked at once: each answers, and is connected when the other's answer comes.
            return Effect::Nothing;
        }
        (self.state, self.attempts) = (State::Connected, 0);
        Effect::Reset
    }

    fn on_accepted(&mut self, last: bool) -> Effect {
        match self.state {
            State::Connecting if last => {
                (self.state, self.attempts, self.command_due) = (State::Connected, 0, false);
                Effect::Nothing
            }
            State::Disconnecting if last => self.close(),
            // The answer to a SABM that was sent twice because the first answer was late. The other end has done
            // nothing else in between: frames do not overtake each other on a line.
            _ => Effect::Nothing,
        }
    }

    fn respond(&mut self, kind: Unnumbered, last: bool, cause: PacketId) -> Effect {
        self.reply(kind, last, Vec::new(), cause);
        Effect::Nothing
    }

    /// A response to be sent.
    pub(super) fn reply(&mut self, kind: Unnumbered, last: bool, info: Vec<u8>, cause: PacketId) {
        self.reply = Some(Reply { kind, last, info, cause });
    }

    fn close(&mut self) -> Effect {
        (self.state, self.command_due) = (State::Disconnected, false);
        Effect::Down
    }

    /// T1 has run out. Answers whether that was once too often; the link is gone then.
    pub(super) fn on_timeout(&mut self, retries: u32) -> bool {
        self.attempts += 1;
        if self.attempts > retries {
            if self.state.is_connected() {
                self.reply(Unnumbered::Dm, false, Vec::new(), PacketId::NONE);
            }
            self.close();
            return true;
        }
        match self.state.is_connected() {
            true => self.state = State::Recovering,
            false => self.command_due = true,
        }
        false
    }

    /// The other end is there and has acknowledged, or answered a question.
    pub(super) fn on_answer(&mut self) {
        self.attempts = 0;
        if self.state == State::Recovering {
            self.state = State::Connected;
        }
    }

    /// The next response.
    pub(super) fn next_reply(&mut self) -> Option<Reply> {
        self.reply.take()
    }

    /// The command that is to be sent, at `now`.
    pub(super) fn next_command(&mut self, now: Instant) -> Option<Unnumbered> {
        if !std::mem::take(&mut self.command_due) {
            return None;
        }
        self.sent = now;
        Some(if self.state == State::Disconnecting { Unnumbered::Disc } else { self.mode })
    }

    pub(super) fn has_frame(&self) -> bool {
        self.reply.is_some() || self.command_due
    }

    /// The command's transmission ends at `until`.
    pub(super) fn on_transmit(&mut self, until: Instant) {
        self.sent = until;
    }

    /// Whether a command waits for its answer, or to be sent.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Connecting | State::Disconnecting)
    }

    /// When T1 runs out for the command.
    pub(super) fn deadline(&self, timer: Duration) -> Option<Instant> {
        (self.is_waiting() && !self.command_due).then(|| self.sent + timer)
    }
}
