//! Two stations and the line between them, in virtual time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use base::event::{ArqFact, DropReason, LinkDrop, LinkFact};
use base::{Cx, Duration, Event, Fact, FrameSeen, Instant, Kind, Mac, Nic, NicInfo, NodeId, PacketId, Port, Rng, Sink};
use glassnet_link::hdlc::framing::line_bits;
use glassnet_link::hdlc::{Config, Discipline, Framing, Station};
use wire::PacketBuf;
use wire::hdlc::Control;

/// What the line does to a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Pass,
    /// Nothing arrives.
    Lose,
    /// It arrives with a wrong check sequence.
    Damage,
    /// Bits were hit, and this is what a receiver finds in what is left: frames with a right check sequence.
    Hit(Vec<Vec<u8>>),
}

/// A frame that went over the line.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) from: usize,
    pub(crate) id: PacketId,
    pub(crate) text: String,
}

/// Decides by sender, text (`I ns=0 nr=0`), how often that text was sent by it before, and bytes.
pub(crate) type Rule = Box<dyn FnMut(usize, &str, usize, &PacketBuf) -> Fate>;

/// Ends are 0 and 1.
pub(crate) struct Line {
    pub(crate) stations: [Station; 2],
    pub(crate) now: Instant,
    /// What went over the line, in order.
    pub(crate) trace: Vec<Sent>,
    /// What happened at both ends.
    pub(crate) events: Vec<Event>,
    /// Delivered to the layer above of each end.
    pub(crate) got: [Vec<Vec<u8>>; 2],
    ids: [BTreeSet<PacketId>; 2],
    rate_bps: u64,
    delay: Duration,
    rule: Rule,
    free_at: [Instant; 2],
    on_the_way: [VecDeque<(Instant, PacketBuf, Fate)>; 2],
    to_send: [VecDeque<Vec<u8>>; 2],
    /// How often an end has sent a text.
    sent_before: BTreeMap<(usize, String), usize>,
    packets: u64,
    rng: Rng,
}

/// More than any story takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(1000);
pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;

/// AX.25 between two call signs, seen from A or B.
pub(crate) fn ax25(end: usize) -> Framing {
    let calls = ["ALICE".parse().unwrap(), "BOB-1".parse().unwrap()];
    Framing::Ax25 { local: calls[end], remote: calls[1 - end] }
}

/// LLC in 802.3, seen from A or B.
pub(crate) fn llc_8023(end: usize) -> Framing {
    Framing::Llc8023 { local: Mac::local(end as u32 + 1), remote: Mac::local(2 - end as u32) }
}

/// The usual configuration of a discipline over AX.25, with T1 of 100 ms.
pub(crate) fn config(discipline: Discipline) -> Config {
    Config { timer: ms(100), ..Config::new(discipline, ax25(A)) }
}

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl Line {
    /// A line of 1 Mbit/s and 10 ms. The framing is turned around for B.
    pub(crate) fn new(config: Config) -> Self {
        let other = match config.framing {
            Framing::Ax25 { local, remote } => Framing::Ax25 { local: remote, remote: local },
            Framing::Llc => Framing::Llc,
            Framing::Llc8023 { local, remote } => Framing::Llc8023 { local: remote, remote: local },
        };
        let nic = |node| Nic { node: NodeId(node), port: Port(0) };
        let station = |config, node| Station::new(config, nic(node)).expect("the windows are safe");
        Line {
            stations: [station(config, 0), station(Config { framing: other, ..config }, 1)],
            now: Instant::ZERO,
            trace: Vec::new(),
            events: Vec::new(),
            got: Default::default(),
            ids: Default::default(),
            rate_bps: 1_000_000,
            delay: ms(10),
            rule: Box::new(|_, _, _, _| Fate::Pass),
            free_at: [Instant::ZERO; 2],
            on_the_way: Default::default(),
            to_send: Default::default(),
            sent_before: BTreeMap::new(),
            packets: 0,
            rng: Rng::root(0),
        }
    }

    /// Changes the time that a bit takes from end to end.
    pub(crate) fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Decides what happens to each frame.
    pub(crate) fn rule(mut self, rule: impl FnMut(usize, &str, usize, &PacketBuf) -> Fate + 'static) -> Self {
        self.rule = Box::new(rule);
        self
    }

    /// The first frame with this text from `from` is lost.
    pub(crate) fn lose(self, from: usize, text: &'static str) -> Self {
        self.rule(
            move |by, sent, before, _| if (by, sent, before) == (from, text, 0) { Fate::Lose } else { Fate::Pass },
        )
    }

    /// Gives `end` messages to send.
    pub(crate) fn send(&mut self, end: usize, messages: impl IntoIterator<Item = Vec<u8>>) {
        self.to_send[end].extend(messages);
    }

    /// Until nothing more happens, or for `limit` of virtual time. Answers whether nothing more happens.
    pub(crate) fn run(&mut self, limit: Duration) -> bool {
        let end = self.now + limit;
        loop {
            self.settle();
            let next = self.next_time();
            if next > end {
                self.now = if next == Instant::FAR { self.now } else { end };
                return next == Instant::FAR;
            }
            self.now = next.max(self.now);
        }
    }

    fn next_time(&self) -> Instant {
        let mut next = Instant::FAR;
        for end in [A, B] {
            next = next.min(self.stations[end].due());
            if self.stations[end].has_frame() {
                next = next.min(self.free_at[end]);
            }
            if let Some((at, ..)) = self.on_the_way[end].front() {
                next = next.min(*at);
            }
        }
        next
    }

    /// All that happens now.
    fn settle(&mut self) {
        for end in [A, B] {
            while let Some((_, frame, fate)) = self.on_the_way[end].pop_front_if(|(at, ..)| *at <= self.now) {
                match fate {
                    Fate::Damage => self.call(end, |station, cx| station.on_damaged(cx)),
                    Fate::Hit(found) if found.is_empty() => self.call(end, |station, cx| station.on_damaged(cx)),
                    Fate::Hit(found) => found.into_iter().for_each(|bytes| {
                        let frame = PacketBuf::from_vec(frame.id, bytes);
                        self.call(end, |station, cx| station.on_frame(cx, frame));
                    }),
                    Fate::Pass | Fate::Lose => self.call(end, |station, cx| station.on_frame(cx, frame)),
                }
                self.take(end);
            }
            if self.stations[end].due() <= self.now {
                self.call(end, |station, cx| station.on_timer(cx));
            }
            self.feed(end);
            if self.free_at[end] <= self.now {
                self.transmit(end);
            }
            self.check_bounds(end);
        }
    }

    /// Whatever happens: no more frames are kept than the windows allow.
    fn check_bounds(&self, end: usize) {
        let (config, now) = (self.stations[end].config(), self.stations[end].snapshot());
        let window = usize::from(config.window);
        assert!(now.outstanding <= window && now.outstanding + now.waiting <= window + 1, "{now:?}");
        assert!(now.held < usize::from(config.receive_window), "{now:?}");
    }

    fn call<T>(&mut self, end: usize, run: impl FnOnce(&mut Station, &mut Cx<'_>) -> T) -> T {
        let mut sink = Keep(&mut self.events);
        let mut cx = Cx { now: self.now, node: NodeId(end as u32), rng: &mut self.rng, sink: &mut sink };
        run(&mut self.stations[end], &mut cx)
    }

    fn feed(&mut self, end: usize) {
        while self.stations[end].has_room() {
            let Some(message) = self.to_send[end].pop_front() else { return };
            self.packets += 1;
            let id = PacketId::new(NodeId(end as u32), self.packets);
            self.ids[end].insert(id);
            let packet = PacketBuf::from_vec(id, [&[0x08, 0x00], &message[..]].concat());
            self.call(end, |station, cx| station.on_packet(cx, packet));
        }
    }

    fn take(&mut self, end: usize) {
        while let Some(packet) = self.stations[end].poll_packet() {
            assert!(self.ids[1 - end].contains(&packet.id), "a packet keeps its id");
            let bytes = packet.contiguous();
            assert_eq!(bytes[..2], [0x08, 0x00]);
            self.got[end].push(bytes[2..].to_vec());
        }
    }

    fn transmit(&mut self, end: usize) {
        let promised = self.stations[end].has_frame();
        let frame = self.call(end, |station, cx| station.poll_frame(cx));
        assert_eq!(promised, frame.is_some(), "has_frame tells what poll_frame does");
        let Some(frame) = frame else { return };
        let until = self.now + Duration::transmission(1, self.rate_bps) * line_bits(frame.parts()) / 8;
        self.stations[end].on_transmit(until);
        self.free_at[end] = until;
        let text = self.text(&frame);
        let before = *self.sent_before.entry((end, text.clone())).and_modify(|count| *count += 1).or_insert(0);
        let fate = (self.rule)(end, &text, before, &frame);
        self.trace.push(Sent { at: self.now, from: end, id: frame.id, text });
        if fate != Fate::Lose {
            self.on_the_way[1 - end].push_back((until + self.delay, frame, fate));
        }
    }

    fn text(&self, frame: &PacketBuf) -> String {
        self.control(&frame.contiguous()).to_string()
    }

    fn control(&self, frame: &[u8]) -> Control {
        match self.stations[A].config().framing {
            Framing::Ax25 { .. } => wire::ax25::Header::parse(frame).unwrap().0.control,
            Framing::Llc => wire::llc::Header::parse(frame).unwrap().0.control,
            Framing::Llc8023 { .. } => wire::llc::Header::parse(&frame[14..]).unwrap().0.control,
        }
    }

    /// The texts of what an end has sent, in order.
    pub(crate) fn sent(&self, from: usize) -> Vec<&str> {
        self.trace.iter().filter(|sent| sent.from == from).map(|sent| sent.text.as_str()).collect()
    }

    /// How many frames an end sent whose text begins so.
    pub(crate) fn count(&self, from: usize, prefix: &str) -> usize {
        self.sent(from).iter().filter(|text| text.starts_with(prefix)).count()
    }

    /// When an end sent frames with this text.
    pub(crate) fn times(&self, from: usize, text: &str) -> Vec<Instant> {
        self.trace.iter().filter(|sent| sent.from == from && sent.text == text).map(|sent| sent.at).collect()
    }

    /// The first packet that an end sent again.
    pub(crate) fn resent(&self, end: usize) -> Option<PacketId> {
        let is = |event: &&Event| {
            let resend = matches!(event.fact, Fact::Link(LinkFact::Arq { fact: ArqFact::Resend { .. }, .. }));
            resend && event.node == NodeId(end as u32)
        };
        self.events.iter().find(is).map(|event| event.cause)
    }

    /// Reasons why an end dropped frames, in order.
    pub(crate) fn drops(&self, end: usize) -> Vec<LinkDrop> {
        let of = |event: &Event| match event.fact {
            Fact::Drop(DropReason::Link(reason)) if event.node == NodeId(end as u32) => Some(reason),
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }

    /// What an end told about its link, in order.
    pub(crate) fn facts(&self, end: usize) -> Vec<ArqFact> {
        let of = |event: &Event| match event.fact {
            Fact::Link(LinkFact::Arq { fact, .. }) if event.node == NodeId(end as u32) => Some(fact),
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }

    /// The line's two ends exchange these calls by hand.
    pub(crate) fn with<T>(&mut self, end: usize, run: impl FnOnce(&mut Station, &mut Cx<'_>) -> T) -> T {
        self.call(end, run)
    }
}

/// Keeps events.
struct Keep<'a>(&'a mut Vec<Event>);

impl Sink for Keep<'_> {
    fn wants(&self, _: Kind) -> bool {
        true
    }
    fn nic(&mut self, _: Nic, _: NicInfo) {}
    fn frame(&mut self, _: FrameSeen<'_>) {}
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
    fn secret(&mut self, _: Instant, _: &str) {}
}

/// `count` different messages of `len` bytes.
pub(crate) fn messages(count: usize, len: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| (0..len).map(|at| (n * 31 + at) as u8).collect()).collect()
}
