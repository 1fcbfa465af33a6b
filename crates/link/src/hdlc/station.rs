//! One end of a reliable link: it puts the halves, the setup and the bytes together.

use base::event::{ArqFact, LinkDrop};
use base::{Cx, Instant, Kind, Nic, PacketId};
use wire::PacketBuf;
use wire::hdlc::{Control, Supervisory, Unnumbered};

use super::codec::{Reason, Received, Refused};
use super::config::{Config, Discipline, WindowError};
use super::receiver::{Answer, Receiver, Taken};
use super::seen::{Seen, T1, drop_fact, fact};
use super::sender::{Packet, Sender};
use super::setup::{Effect, Setup, State};
use super::snapshot::{Counters, Snapshot};

/// One end of a reliable link.
pub struct Station {
    config: Config,
    nic: Nic,
    setup: Setup,
    sender: Sender,
    receiver: Receiver,
    counters: Counters,
    /// Frames that this station built itself.
    built: u64,
    /// What `poll_frame` gave last, for `on_transmit`.
    latest: Latest,
    /// What was recorded last.
    seen: Seen,
}

/// A frame whose transmission starts a T1.
#[derive(Clone, Copy)]
enum Latest {
    Nothing,
    Command,
    Probe,
    Information { place: usize },
}

impl Station {
    /// A station that is not connected yet: it connects when the first packet comes, or when the other end asks for it.
    pub fn new(config: Config, nic: Nic) -> Result<Self, WindowError> {
        config.check()?;
        Ok(Station {
            config,
            nic,
            setup: Setup::new(config.framing.set_mode()),
            sender: Sender::new((config.numbers() - 1) as u8, config.window),
            receiver: Receiver::new(&config),
            counters: Counters::default(),
            built: 0,
            latest: Latest::Nothing,
            seen: Seen::NOTHING,
        })
    }

    /// A packet from above: the two bytes of its EtherType, then the packet. Needs [`Station::has_room`].
    pub fn on_packet(&mut self, cx: &mut Cx<'_>, mut packet: PacketBuf) {
        if packet.head().len() < ETHERTYPE_LEN {
            packet.flatten();
        }
        let Some(&protocol) = packet.head().first_chunk::<ETHERTYPE_LEN>() else {
            return self.discard(cx, packet.id, LinkDrop::Malformed);
        };
        packet.pull(ETHERTYPE_LEN);
        if packet.len() > self.config.max_info {
            return self.discard(cx, packet.id, LinkDrop::TooBig);
        }
        if !self.sender.has_room() {
            return self.discard(cx, packet.id, LinkDrop::QueueFull);
        }
        let id = packet.id;
        self.sender.on_packet(Packet { buf: packet, protocol: u16::from_be_bytes(protocol) });
        if self.setup.state == State::Disconnected {
            self.connect();
        }
        self.observe(cx, id);
    }

    /// A frame from the line; its check sequence was right and is gone.
    pub fn on_frame(&mut self, cx: &mut Cx<'_>, mut frame: PacketBuf) {
        let id = frame.id;
        match self.config.framing.pull(&mut frame) {
            Err(Refused::Drop(reason)) => self.discard(cx, id, reason),
            Err(Refused::Control(raw)) => {
                self.discard(cx, id, LinkDrop::Malformed);
                self.reject(raw, Reason::Control, id);
            }
            Ok(received) => self.on_control(cx, received, frame),
        }
        self.observe(cx, id);
    }

    fn on_control(&mut self, cx: &mut Cx<'_>, received: Received, frame: PacketBuf) {
        let Received { control, command, protocol, raw } = received;
        let number = match control {
            Control::U { kind, poll } => {
                let effect = self.setup.on_frame(kind, poll, frame.id);
                return self.apply(cx, effect, frame.id);
            }
            Control::I { nr, .. } | Control::S { nr, .. } => nr,
        };
        if !self.setup.state.is_connected() {
            return self.on_stray(cx, control, command, frame.id);
        }
        let mask = self.config.numbers() - 1;
        match control {
            Control::I { ns, poll, .. } => {
                if u16::from(ns) > mask {
                    return self.reject(raw, Reason::Number, frame.id);
                }
                if poll {
                    self.receiver.on_poll(frame.id);
                }
                if self.on_number(number).is_none() {
                    return self.reject(raw, Reason::Number, frame.id);
                }
                self.on_information(cx, ns, protocol, frame);
            }
            Control::S { kind, poll, .. } => {
                if poll && command {
                    self.receiver.on_poll(frame.id);
                }
                if self.on_supervisory(cx.now, kind, number, poll && !command).is_none() {
                    self.reject(raw, Reason::Number, frame.id);
                }
            }
            Control::U { .. } => {}
        }
    }

    /// N(R) of any frame. Nothing if it cannot be; else how many frames it acknowledged.
    fn on_number(&mut self, number: u8) -> Option<usize> {
        let count = self.sender.on_acknowledgement(number).ok()?;
        self.counters.acknowledged += count as u64;
        if count > 0 {
            self.setup.on_answer();
        }
        Some(count)
    }

    fn on_supervisory(&mut self, now: Instant, kind: Supervisory, number: u8, last: bool) -> Option<()> {
        if kind == Supervisory::Srej {
            if last {
                self.on_number(number)?;
            }
            self.sender.resend(number, kind.name());
            return Some(());
        }
        let count = self.on_number(number)?;
        if last {
            self.setup.on_answer();
        }
        match kind {
            Supervisory::Rnr => self.sender.on_peer_busy(now),
            Supervisory::Rej => {
                self.sender.on_peer_ready();
                self.sender.go_back(kind.name());
            }
            Supervisory::Rr | Supervisory::Srej => {
                self.sender.on_peer_ready();
                let repeated = count == 0 && !last && self.config.discipline == Discipline::GoBackN;
                if repeated && self.sender.on_repeat(self.config.early_resend) {
                    self.sender.go_back("repeated acknowledgement");
                }
            }
        }
        Some(())
    }

    fn on_information(&mut self, cx: &mut Cx<'_>, number: u8, protocol: u16, mut frame: PacketBuf) {
        let (id, port, delivered) = (frame.id, self.nic.port, &mut self.counters.delivered);
        frame.push_array(protocol.to_be_bytes());
        let taken = self.receiver.on_frame(cx.now, number, frame, |number, frame| {
            *delivered += 1;
            let len = frame.len() - ETHERTYPE_LEN;
            cx.record(Kind::Network, frame.id, || fact(port, ArqFact::Deliver { number, len }));
        });
        if let Taken::Discarded(reason) = taken {
            self.discard(cx, id, reason);
        }
    }

    /// A frame with numbers while there is no link: a command hears that there is none.
    fn on_stray(&mut self, cx: &mut Cx<'_>, control: Control, command: bool, id: PacketId) {
        self.discard(cx, id, LinkDrop::NotConnected);
        let asks = matches!(control, Control::I { .. }) || (command && control.poll());
        if asks && self.setup.state == State::Disconnected {
            self.setup.reply(Unnumbered::Dm, control.poll(), Vec::new(), id);
        }
    }

    /// Something came from the line whose check sequence is wrong. In stop-and-wait with `reject` it is answered by a
    /// NAK.
    pub fn on_damaged(&mut self, cx: &mut Cx<'_>) {
        if self.setup.state.is_connected() {
            self.receiver.on_damaged();
        }
        self.observe(cx, PacketId::NONE);
    }

    /// The time of [`Station::poll_at`] has come.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>) {
        self.receiver.on_timer(cx.now);
        if self.t1().is_some_and(|at| at <= cx.now) {
            self.counters.timeouts += 1;
            let port = self.nic.port;
            cx.record(Kind::Network, PacketId::NONE, || fact(port, ArqFact::Timer { name: T1, what: "expired" }));
            let given_up = self.setup.on_timeout(self.config.retries);
            if given_up {
                self.abandon(cx, LinkDrop::RetryLimit);
            } else if self.setup.state.is_connected() {
                self.sender.on_timeout(self.config.discipline != Discipline::SelectiveRepeat);
            }
        }
        self.observe(cx, PacketId::NONE);
    }

    /// The layer above takes nothing more for now, or does again: the other end is told by RNR, or RR.
    pub fn set_busy(&mut self, busy: bool) {
        self.receiver.set_busy(busy);
    }

    /// Ends the link; what was not acknowledged is thrown away. A packet that comes later sets it up again.
    pub fn disconnect(&mut self, cx: &mut Cx<'_>) {
        if self.setup.state != State::Disconnected {
            self.setup.disconnect();
            self.abandon(cx, LinkDrop::NotConnected);
        }
        self.observe(cx, PacketId::NONE);
    }

    /// The next frame for the line, sent at once. Ask when the line is free.
    pub fn poll_frame(&mut self, cx: &mut Cx<'_>) -> Option<PacketBuf> {
        self.latest = Latest::Nothing;
        let frame = self.next_unnumbered(cx.now).or_else(|| {
            if !self.setup.state.is_connected() {
                return None;
            }
            self.next_urgent(cx.now).or_else(|| self.next_information(cx)).or_else(|| {
                let answer = self.receiver.next_acknowledgement()?;
                Some(self.answer(answer))
            })
        })?;
        self.observe(cx, frame.id);
        Some(frame)
    }

    fn next_unnumbered(&mut self, now: Instant) -> Option<PacketBuf> {
        if let Some(reply) = self.setup.next_reply() {
            let mut frame = self.build(reply.cause);
            frame.push(reply.info.len()).copy_from_slice(&reply.info);
            self.push(&mut frame, Control::U { kind: reply.kind, poll: reply.last }, false);
            return Some(frame);
        }
        let kind = self.setup.next_command(now)?;
        self.latest = Latest::Command;
        let mut frame = self.build(PacketId::NONE);
        self.push(&mut frame, Control::U { kind, poll: true }, true);
        Some(frame)
    }

    /// What goes before information frames: a question to a busy peer, and answers that are asked for.
    fn next_urgent(&mut self, now: Instant) -> Option<PacketBuf> {
        if self.sender.take_probe(now) {
            self.latest = Latest::Probe;
            self.counters.supervisory += 1;
            let mut frame = self.build(PacketId::NONE);
            let control = Control::S { kind: self.receiver.status(), nr: self.receiver.take_number(), poll: true };
            self.push(&mut frame, control, true);
            return Some(frame);
        }
        let answer = self.receiver.next_urgent()?;
        Some(self.answer(answer))
    }

    fn next_information(&mut self, cx: &mut Cx<'_>) -> Option<PacketBuf> {
        let next = self.sender.next(cx.now)?;
        let (number, mut frame) = (next.number, next.buf);
        self.latest = Latest::Information { place: next.place };
        match next.again {
            None => self.counters.sent += 1,
            Some(why) => {
                self.counters.resent += 1;
                let port = self.nic.port;
                cx.record(Kind::Network, frame.id, || fact(port, ArqFact::Resend { number, why }));
            }
        }
        let control = Control::I { ns: number, nr: self.receiver.take_number(), poll: next.poll };
        self.config.framing.push(&mut frame, control, true, next.protocol);
        Some(frame)
    }

    fn answer(&mut self, answer: Answer) -> PacketBuf {
        match answer.kind {
            Supervisory::Rej => self.counters.rejects += 1,
            Supervisory::Srej => self.counters.selective_rejects += 1,
            Supervisory::Rr | Supervisory::Rnr => self.counters.supervisory += 1,
        }
        let mut frame = self.build(answer.cause);
        let control = Control::S { kind: answer.kind, nr: answer.number, poll: answer.last };
        self.push(&mut frame, control, false);
        frame
    }

    /// Whether [`Station::poll_frame`] has a frame now.
    pub fn has_frame(&self) -> bool {
        let numbered = || self.receiver.has_urgent() || self.sender.has_probe() || self.sender.has_next();
        let connected = || self.setup.state.is_connected() && (numbered() || self.receiver.has_acknowledgement());
        self.setup.has_frame() || connected()
    }

    /// The transmission of the frame that `poll_frame` gave last ends at `until`: T1 counts from there.
    pub fn on_transmit(&mut self, until: Instant) {
        match self.latest {
            Latest::Nothing => {}
            Latest::Command => self.setup.on_transmit(until),
            Latest::Probe => self.sender.on_probe_transmit(until),
            Latest::Information { place } => self.sender.on_transmit(place, until),
        }
    }

    /// The next packet for above, its EtherType in front.
    pub fn poll_packet(&mut self) -> Option<PacketBuf> {
        self.receiver.poll_packet()
    }

    /// When [`Station::on_timer`] is to be called.
    pub fn poll_at(&self) -> Option<Instant> {
        [self.t1(), self.receiver.deadline()].into_iter().flatten().min()
    }

    /// The same as a moment: [`Instant::FAR`] for never.
    pub fn due(&self) -> Instant {
        self.poll_at().unwrap_or(Instant::FAR)
    }

    /// Which timer is the next: "T1" (an acknowledgement is missing), "T2" (one is owed), or nothing.
    pub fn why(&self) -> &'static str {
        match (self.t1(), self.receiver.deadline()) {
            (Some(t1), t2) if t2.is_none_or(|t2| t1 <= t2) => T1,
            (_, Some(_)) => T2,
            _ => "",
        }
    }

    /// Whether [`Station::on_packet`] takes a packet: the window is open for it, or nothing waits in front of it.
    pub fn has_room(&self) -> bool {
        self.sender.has_room()
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How it is now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            state: self.setup.state,
            oldest: self.sender.oldest(),
            next: self.sender.next_number(),
            expected: self.receiver.expected(),
            outstanding: self.sender.outstanding(),
            waiting: self.sender.waiting(),
            held: self.receiver.held(),
            counters: self.counters,
        }
    }

    fn t1(&self) -> Option<Instant> {
        match self.setup.state.is_connected() {
            true => self.sender.deadline(self.config.timer),
            false => self.setup.deadline(self.config.timer),
        }
    }

    fn apply(&mut self, cx: &mut Cx<'_>, effect: Effect, id: PacketId) {
        match effect {
            Effect::Nothing => {}
            Effect::Reset => self.reset(),
            Effect::Down => self.abandon(cx, LinkDrop::NotConnected),
            Effect::Unknown => self.discard(cx, id, LinkDrop::UnknownProtocol),
        }
    }

    fn connect(&mut self) {
        self.setup.connect();
        self.reset();
    }

    /// Numbers start at 0 again. What was not acknowledged is sent again; if only its acknowledgement was lost, it
    /// arrives twice, which a reset does not exclude (AX.25 v2.2 section 6.5).
    fn reset(&mut self) {
        self.sender.reset();
        self.receiver.reset();
    }

    /// A frame that cannot be: says so by FRMR, and starts again.
    fn reject(&mut self, raw: [u8; 2], reason: Reason, cause: PacketId) {
        if !self.setup.state.is_connected() {
            return;
        }
        self.counters.frame_rejects += 1;
        let (next, expected) = (self.sender.next_number(), self.receiver.expected());
        let info = self.config.framing.reject_info(raw, next, expected, reason);
        self.setup.reply(Unnumbered::Frmr, false, info, cause);
        self.connect();
    }

    /// The link is gone. `why` is the fate of what was sent.
    fn abandon(&mut self, cx: &mut Cx<'_>, why: LinkDrop) {
        let (sent, unsent) = self.sender.clear();
        sent.into_iter().for_each(|id| drop_fact(cx, id, why));
        unsent.into_iter().for_each(|id| drop_fact(cx, id, LinkDrop::NotConnected));
        self.receiver.reset();
    }

    fn discard(&mut self, cx: &mut Cx<'_>, id: PacketId, why: LinkDrop) {
        self.counters.discarded += 1;
        drop_fact(cx, id, why);
    }

    /// Records what has changed. Ends every call that changes anything.
    fn observe(&mut self, cx: &mut Cx<'_>, cause: PacketId) {
        let guarded = match self.setup.state.is_connected() {
            true => self.sender.is_guarded(),
            false => self.setup.is_waiting(),
        };
        let now = Seen {
            state: self.setup.state,
            oldest: self.sender.oldest(),
            next: self.sender.next_number(),
            expected: self.receiver.expected(),
            held: self.receiver.held() as u8,
            guarded,
        };
        self.seen.observe(cx, self.nic.port, cause, now);
    }

    /// A frame of this station's own, still empty.
    fn build(&mut self, cause: PacketId) -> PacketBuf {
        self.built += 1;
        let mut frame = PacketBuf::new(PacketId::of_card(self.nic, self.built), Default::default());
        frame.cause = cause;
        frame
    }

    fn push(&self, frame: &mut PacketBuf, control: Control, command: bool) {
        self.config.framing.push(frame, control, command, 0);
    }
}

/// In front of what comes from above and goes up.
const ETHERTYPE_LEN: usize = 2;
/// The timer that lets an acknowledgement wait.
const T2: &str = "T2";
