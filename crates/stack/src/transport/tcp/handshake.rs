//! Opening a connection: SYN-SENT and SYN-RECEIVED, and what the two sides agree on (RFC 9293 section 3.5, RFC 7323,
//! RFC 2018).

use std::net::SocketAddr;

use base::event::TransportDrop;
use base::{Duration, Instant, SeqNum};
use wire::tcp::{Flags, MAX_WINDOW_SCALE, Options};

use super::connection::{Arrived, Connection, Phase, Synchronized};
use super::cx::TcpCx;
use super::segment::{Outgoing, Segment};
use super::sender::SendTerms;
use crate::config::{Buffer, Ecn};
use crate::socket::TcpError;

/// A connection that is not yet synchronized.
#[derive(Debug)]
pub(crate) struct Handshake {
    iss: SeqNum,
    /// What the peer's SYN said, once it came: SYN-RECEIVED. Before: SYN-SENT.
    peer: Option<PeerSyn>,
    /// Who opened: an active opener that fails tells its program.
    pub(crate) active: bool,
    /// Largest segment we can receive, and what is known to get through.
    mss: u16,
    pub(crate) path_mss: u16,
    receive_buffer: Buffer,
    ts_offset: u32,
    due: bool,
    first_sent: Option<Instant>,
    timer: Option<Instant>,
    sent: u32,
    /// How often nobody answered in time.
    timeouts: u32,
    /// Acknowledgements out of turn that may still be sent.
    challenges: u8,
}

/// The peer's SYN.
#[derive(Clone, Copy, Debug)]
struct PeerSyn {
    irs: SeqNum,
    window: u16,
    options: Options,
    /// It asks for, or agrees to, congestion notification.
    ecn: bool,
    at: Instant,
}

/// What both sides agreed on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agreed {
    pub(crate) send: SendTerms,
    pub(crate) irs: SeqNum,
    /// The window that our SYN offered.
    pub(crate) offered: u32,
    /// Our own window scale, in use.
    pub(crate) scale: u8,
    /// Where our timestamp clock starts, when timestamps are in use, and the peer's first one.
    pub(crate) timestamps: Option<(u32, u32)>,
    pub(crate) receive_mss: u32,
}

impl Handshake {
    /// An active open: a SYN is due. Its number may still be changed by [`Handshake::begin`].
    pub(crate) fn connect(iss: SeqNum, mss: u16, ts_offset: u32, receive_buffer: Buffer) -> Self {
        let (peer, due) = (None, true);
        Handshake {
            iss,
            peer,
            active: true,
            mss,
            path_mss: mss,
            receive_buffer,
            ts_offset,
            due,
            first_sent: None,
            timer: None,
            sent: 0,
            timeouts: 0,
            challenges: MAX_CHALLENGES,
        }
    }

    /// A passive open, caused by the peer's SYN: a SYN and ACK is due.
    pub(crate) fn accept(
        iss: SeqNum,
        mss: u16,
        ts_offset: u32,
        receive_buffer: Buffer,
        syn: &Segment,
        now: Instant,
    ) -> Self {
        let mut handshake = Self::connect(iss, mss, ts_offset, receive_buffer);
        handshake.active = false;
        handshake.on_syn(syn, now);
        handshake
    }

    /// The peer's SYN came (for an active opener: both opened at the same time, or the answer).
    pub(crate) fn on_syn(&mut self, syn: &Segment, now: Instant) {
        let both = syn.has(Flags::ECE) && syn.has(Flags::CWR);
        let ecn = if syn.has(Flags::ACK) { syn.has(Flags::ECE) && !syn.has(Flags::CWR) } else { both };
        self.peer = Some(PeerSyn { irs: syn.seq, window: syn.window, options: syn.options, ecn, at: now });
        self.due = true;
    }

    pub(crate) fn is_received(&self) -> bool {
        self.peer.is_some()
    }

    pub(crate) fn irs(&self) -> Option<SeqNum> {
        self.peer.map(|peer| peer.irs)
    }

    /// Whether `ack` acknowledges our SYN.
    pub(crate) fn is_acked_by(&self, ack: SeqNum) -> bool {
        self.sent > 0 && ack == self.iss + 1
    }

    /// The window that SYN-RECEIVED accepts segments in.
    pub(crate) fn window(&self) -> u32 {
        self.receive_buffer.start.min(0xffff) as u32
    }

    /// A repeated SYN of the peer: our answer got lost.
    pub(crate) fn repeat(&mut self) {
        self.due = true;
    }

    /// The next timeout, when this one was due. `Err` when nobody answered for too long.
    pub(crate) fn on_timer(&mut self, cx: &TcpCx<'_>) -> Result<Option<Duration>, ()> {
        if self.timer.is_none_or(|at| at > cx.now) {
            return Ok(None);
        }
        self.timer = None;
        self.due = true;
        self.timeouts += 1;
        let limit = if self.active { cx.config.max_syn_retries } else { cx.config.max_syn_ack_retries };
        if self.timeouts > limit { Err(()) } else { Ok(Some(self.timeout())) }
    }

    //= rfc6298#5
    // The SYN's timeout starts at a second and doubles.
    fn timeout(&self) -> Duration {
        FIRST_TIMEOUT * (1 << self.timeouts.min(16))
    }

    /// Whether nothing was sent yet.
    pub(crate) fn is_new(&self) -> bool {
        self.sent == 0
    }

    /// Its answer left already, with a cookie for a number.
    pub(crate) fn was_answered(&mut self, now: Instant) {
        (self.due, self.sent, self.first_sent) = (false, 2, Some(now));
    }

    /// The program wants smaller segments: heeded while no SYN has left.
    pub(crate) fn limit_mss(&mut self, mss: u16) {
        if self.sent == 0 {
            self.mss = self.mss.min(mss.max(MIN_MSS));
        }
    }

    /// The first SYN leaves with this number.
    pub(crate) fn begin(&mut self, iss: SeqNum) {
        self.iss = iss;
    }

    /// An acknowledgement out of turn, in SYN-RECEIVED: it makes a peer that lost its way answer with a reset.
    //= rfc5961#7
    fn acknowledge(&mut self, cx: &TcpCx<'_>) -> Option<Outgoing> {
        let peer = self.peer?;
        self.challenges = self.challenges.checked_sub(1)?;
        let timestamps = peer.options.timestamps.filter(|_| cx.config.timestamps);
        let timestamps = timestamps.map(|(value, _)| (cx.timestamp(self.ts_offset), value));
        Some(Outgoing {
            window: self.window() as u16,
            options: Options { timestamps, ..Options::default() },
            ..Outgoing::control(self.iss + 1, peer.irs + 1, Flags::ACK)
        })
    }

    pub(crate) fn poll_segment(&mut self, cx: &TcpCx<'_>) -> Option<Outgoing> {
        if !self.due {
            return None;
        }
        self.due = false;
        // An answer to a repeated SYN leaves a running timer alone.
        self.timer.get_or_insert(cx.now + self.timeout());
        self.sent += 1;
        self.first_sent.get_or_insert(cx.now);
        let answer = self.peer.map(|peer| peer.options);
        let timestamps = cx.config.timestamps && answer.is_none_or(|options| options.timestamps.is_some());
        let options = Options {
            mss: Some(self.mss),
            sack_permitted: cx.config.sack && answer.is_none_or(|options| options.sack_permitted),
            timestamps: timestamps.then(|| (cx.timestamp(self.ts_offset), self.echo())),
            //= rfc7323#2.2
            // The option in a SYN,ACK only when the SYN had it.
            window_scale: (cx.config.window_scaling && answer.is_none_or(|options| options.window_scale.is_some()))
                .then(|| self.scale()),
            ..Options::default()
        };
        //= rfc3168#6.1.1
        // A SYN asks with both flags, its answer agrees with one.
        let (ack, flags) = match self.peer {
            Some(peer) if peer.ecn && cx.config.ecn != Ecn::Off => (peer.irs + 1, Flags::SYN | Flags::ACK | Flags::ECE),
            Some(peer) => (peer.irs + 1, Flags::SYN | Flags::ACK),
            // Who does not answer may choke on the flags: the second try goes without.
            None if cx.config.ecn == Ecn::Offer && self.timeouts == 0 => {
                (SeqNum(0), Flags::SYN | Flags::ECE | Flags::CWR)
            }
            None => (SeqNum(0), Flags::SYN),
        };
        Some(Outgoing { window: self.window() as u16, options, ..Outgoing::control(self.iss, ack, flags) })
    }

    fn echo(&self) -> u32 {
        self.peer.and_then(|peer| peer.options.timestamps).map_or(0, |(value, _)| value)
    }

    /// The smallest scale with which the whole buffer can be offered.
    fn scale(&self) -> u8 {
        self.receive_buffer.scale()
    }

    /// Our SYN is acknowledged and the peer's known: the terms of the connection. `window` is the acknowledging segment's,
    /// scaled already unless it was a SYN.
    fn agree(&self, by: &Segment, remote: SocketAddr, cx: &TcpCx<'_>) -> Option<Agreed> {
        let peer = self.peer?;
        let scaling = peer.options.window_scale.filter(|_| cx.config.window_scaling);
        //= rfc7323#2.3
        // A shift above 14 is taken for 14; without the option on both sides there is no scaling.
        let peer_scale = scaling.map_or(0, |scale| scale.min(MAX_WINDOW_SCALE));
        let timestamps = match peer.options.timestamps {
            Some((value, _)) if cx.config.timestamps => Some((self.ts_offset, value)),
            _ => None,
        };
        let overhead = if timestamps.is_some() { TIMESTAMP_BYTES } else { 0 };
        //= rfc9293#3.7.1
        // Without the option the peer takes 536 bytes, by IPv6 1220.
        let default = if remote.is_ipv4() { DEFAULT_MSS } else { DEFAULT_MSS_V6 };
        let peer_mss = peer.options.mss.unwrap_or(default).max(MIN_MSS).min(self.mss).min(self.path_mss);
        let is_syn = by.has(Flags::SYN);
        let once = self.sent == 1;
        let send = SendTerms {
            iss: self.iss,
            mss: u32::from(peer_mss) - overhead,
            overhead,
            window: if is_syn { u32::from(peer.window) } else { u32::from(by.window) << peer_scale },
            scale: peer_scale,
            scaling: scaling.is_some(),
            sack: cx.config.sack && peer.options.sack_permitted,
            ecn: peer.ecn && if self.active { cx.config.ecn == Ecn::Offer } else { cx.config.ecn != Ecn::Off },
            rtt: self.first_sent.filter(|_| once).map(|sent| cx.now.since(sent.max(self.answered_at(peer)))),
            syn_lost: self.timeouts > 0,
            irs: by.seq,
        };
        Some(Agreed {
            send,
            irs: peer.irs,
            offered: self.window(),
            scale: if scaling.is_some() { self.scale() } else { 0 },
            timestamps,
            receive_mss: u32::from(self.mss) - overhead,
        })
    }

    /// A passive opener's round trip starts with its answer, not with the peer's SYN.
    fn answered_at(&self, peer: PeerSyn) -> Instant {
        if self.active { Instant::ZERO } else { peer.at }
    }

    pub(crate) fn iss(&self) -> SeqNum {
        self.iss
    }

    pub(crate) fn poll_at(&self) -> Option<Instant> {
        self.timer
    }
}

/// The steps of a segment's arrival before both sides agree.
impl Connection {
    //= rfc9293#3.10.7.3
    pub(super) fn on_segment_syn_sent(&mut self, segment: Segment, cx: &mut TcpCx<'_>) -> Arrived {
        let Phase::Handshake(handshake) = &mut self.phase else { return Arrived::Done };
        let acked = segment.has(Flags::ACK);
        if acked && !handshake.is_acked_by(segment.ack) {
            if !segment.has(Flags::RST) {
                self.urgent = Some(Box::new(Outgoing::reset_for(&segment)));
            }
            return Arrived::Dropped(TransportDrop::BadAck);
        }
        if segment.has(Flags::RST) {
            if acked {
                self.fail(TcpError::Refused, cx);
            }
            return Arrived::Done;
        }
        if !segment.has(Flags::SYN) {
            return Arrived::Dropped(TransportDrop::NoConnection);
        }
        handshake.on_syn(&segment, cx.now);
        if !acked {
            // Both sides opened at once: SYN-RECEIVED, and our SYN goes out again with an ACK.
            return Arrived::Done;
        }
        self.establish(segment, cx)
    }

    //= rfc9293#3.10.7.4
    pub(super) fn on_segment_syn_received(&mut self, segment: Segment, cx: &mut TcpCx<'_>) -> Arrived {
        let Phase::Handshake(handshake) = &mut self.phase else { return Arrived::Done };
        let Some(irs) = handshake.irs() else { return Arrived::Done };
        if segment.has(Flags::SYN) && segment.seq == irs && !segment.has(Flags::RST) {
            if segment.has(Flags::ACK) && handshake.is_acked_by(segment.ack) {
                // The other half of a simultaneous open.
                return self.establish(segment, cx);
            }
            handshake.repeat();
            return Arrived::Done;
        }
        if !segment.seq.within(irs + 1, handshake.window().max(1)) {
            if !segment.has(Flags::RST) {
                self.urgent = handshake.acknowledge(cx).map(Box::new);
            }
            return Arrived::Dropped(TransportDrop::OutOfWindow);
        }
        if segment.has(Flags::RST) {
            //= rfc5961#3.2
            // Only a reset at exactly RCV.NXT is believed.
            if segment.seq != irs + 1 {
                self.urgent = handshake.acknowledge(cx).map(Box::new);
                return Arrived::Dropped(TransportDrop::ChallengeAck);
            }
            let error = if handshake.active { TcpError::Refused } else { TcpError::Reset };
            self.fail(error, cx);
            return Arrived::Done;
        }
        if segment.has(Flags::SYN) {
            self.urgent = handshake.acknowledge(cx).map(Box::new);
            return Arrived::Dropped(TransportDrop::ChallengeAck);
        }
        if !segment.has(Flags::ACK) {
            return Arrived::Dropped(TransportDrop::NoAckFlag);
        }
        if !handshake.is_acked_by(segment.ack) {
            self.urgent = Some(Box::new(Outgoing::reset_for(&segment)));
            return Arrived::Dropped(TransportDrop::BadAck);
        }
        self.establish(segment, cx)
    }

    /// Our SYN is acknowledged and the peer's is here: both halves begin, with whatever else the segment brings.
    fn establish(&mut self, mut segment: Segment, cx: &mut TcpCx<'_>) -> Arrived {
        let Phase::Handshake(handshake) = &self.phase else { return Arrived::Done };
        let Some(agreed) = handshake.agree(&segment, self.flow.remote, cx) else { return Arrived::Done };
        let mut open = Box::new(Synchronized::new(agreed, &self.settings, cx));
        let by_syn = segment.has(Flags::SYN);
        if by_syn {
            open.acks.at_once();
            segment.trim_front(segment.seq + 1);
        }
        self.phase = Phase::Synchronized(open);
        cx.wake(&mut self.program.reader);
        cx.wake(&mut self.program.writer);
        if segment.len() > 0 || !by_syn {
            self.on_segment_synchronized(segment, cx);
        }
        Arrived::Established
    }
}

/// Challenges in one handshake, at most.
const MAX_CHALLENGES: u8 = 10;
const FIRST_TIMEOUT: Duration = Duration::from_secs(1);
/// RFC 9293, section 3.7.1.
const DEFAULT_MSS: u16 = 536;
const DEFAULT_MSS_V6: u16 = 1220;
/// Smaller offers would make every segment a header: what IPv4's smallest MTU of 68 leaves.
const MIN_MSS: u16 = 28;
/// Timestamps, padded to a multiple of four (RFC 7323, appendix A).
pub(crate) const TIMESTAMP_BYTES: u32 = 12;
