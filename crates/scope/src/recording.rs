//! A run, as it was seen: interfaces, frames, events and TLS keys, with the questions one asks of them.
//!
//! Every picture of this crate is computed from a [`Recording`] and from nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use base::event::{AppFact, Event, Fact};
use base::{Direction, Flaw, FrameSeen, Instant, LinkType, Nic, NicInfo, NodeId, PacketId};

/// Everything that was seen of a run, in order of time.
#[derive(Clone, Default, Debug)]
pub struct Recording {
    limits: Limits,
    nics: BTreeMap<Nic, NicInfo>,
    frames: Vec<FrameRecord>,
    /// The bytes of all frames, one behind the other.
    arena: Vec<u8>,
    events: Vec<Event>,
    secrets: Vec<(Instant, String)>,
    known_secrets: BTreeSet<String>,
    addresses: BTreeMap<IpAddr, String>,
    truncated: Option<Truncated>,
}

/// How much a recording may hold. What comes later is counted and left out: the beginning of a run explains its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of frames.
    pub frame_bytes: usize,
    /// Frames.
    pub frames: usize,
    /// Events.
    pub events: usize,
    /// Lines of the TLS key log.
    pub secrets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { frame_bytes: 128 << 20, frames: 2_000_000, events: 1_000_000, secrets: 10_000 }
    }
}

/// What did not fit into a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Truncated {
    /// When the first thing was left out.
    pub at: Instant,
    /// Frames left out.
    pub frames: u64,
    /// Events left out.
    pub events: u64,
    /// Keys left out.
    pub secrets: u64,
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the recording is full: from {} on, {} frames, {} events and {} TLS keys are missing",
            self.at, self.frames, self.events, self.secrets
        )
    }
}

#[derive(Clone, Copy, Debug)]
struct FrameRecord {
    at: Instant,
    packet: PacketId,
    start: usize,
    len: u32,
    nic: Nic,
    direction: Direction,
    flaw: Option<Flaw>,
}

/// One frame at one interface.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its place in the recording, counted from 0.
    pub index: usize,
    /// When: for `Out` the start of its transmission, for `In` the end of its reception.
    pub at: Instant,
    /// Where.
    pub nic: Nic,
    /// Which way.
    pub direction: Direction,
    /// Which packet: the same on every hop.
    pub packet: PacketId,
    /// What the first byte is.
    pub link_type: LinkType,
    /// All bytes.
    pub bytes: &'a [u8],
    /// What its bits suffered on the medium, if anything. Such a frame was received by nobody.
    pub flaw: Option<Flaw>,
}

impl<'a> Frame<'a> {
    /// The frame as a sink sees it.
    pub const fn seen(&self) -> FrameSeen<'a> {
        let Frame { at, nic, direction, packet, bytes, flaw, .. } = *self;
        FrameSeen { at, nic, direction, packet, bytes: [bytes, &[]], flaw }
    }
}

// What goes in.
impl Recording {
    /// An empty recording that holds at most `limits`.
    pub fn with_limits(limits: Limits) -> Self {
        Recording { limits, ..Recording::default() }
    }

    /// Introduces an interface.
    pub fn add_nic(&mut self, nic: Nic, info: NicInfo) {
        self.nics.insert(nic, info);
    }

    /// Keeps a frame.
    pub fn add_frame(&mut self, seen: FrameSeen<'_>) {
        let [head, rest] = seen.bytes;
        let len = head.len() + rest.len();
        let full = self.arena.len() + len > self.limits.frame_bytes || self.frames.len() >= self.limits.frames;
        let Some(len) = u32::try_from(len).ok().filter(|_| !full) else {
            self.truncate(seen.at).frames += 1;
            return;
        };
        let FrameSeen { at, nic, direction, packet, flaw, .. } = seen;
        self.frames.push(FrameRecord { at, packet, start: self.arena.len(), len, nic, direction, flaw });
        self.arena.extend_from_slice(head);
        self.arena.extend_from_slice(rest);
    }

    /// Keeps an event.
    pub fn add_event(&mut self, event: Event) {
        if self.events.len() < self.limits.events {
            self.events.push(event);
        } else {
            self.truncate(event.at).events += 1;
        }
    }

    /// Keeps a line of the key log; both ends of a connection give the same line, which is kept once.
    pub fn add_secret(&mut self, at: Instant, line: &str) {
        let line = line.trim_end();
        if self.known_secrets.contains(line) {
            return;
        }
        if self.secrets.len() < self.limits.secrets {
            self.known_secrets.insert(line.into());
            self.secrets.push((at, line.into()));
        } else {
            self.truncate(at).secrets += 1;
        }
    }

    /// Says whose an address is, where the frames alone do not show it (a host that never sent anything).
    pub fn name_address(&mut self, address: IpAddr, name: &str) {
        self.addresses.insert(address, name.into());
    }

    /// Sorts by time; things of one moment stay in the order in which they came.
    pub(crate) fn put_in_order(&mut self) {
        self.frames.sort_by_key(|frame| frame.at);
        self.events.sort_by_key(|event| event.at);
    }

    /// An empty recording with the same limits, interfaces and names.
    pub(crate) fn emptied(&self) -> Recording {
        let (nics, addresses) = (self.nics.clone(), self.addresses.clone());
        Recording { nics, addresses, ..Recording::with_limits(self.limits) }
    }

    fn truncate(&mut self, at: Instant) -> &mut Truncated {
        self.truncated.get_or_insert(Truncated { at, frames: 0, events: 0, secrets: 0 })
    }
}

// What can be asked.
impl Recording {
    /// All interfaces, by node and port.
    pub fn nics(&self) -> impl ExactSizeIterator<Item = (Nic, &NicInfo)> {
        self.nics.iter().map(|(nic, info)| (*nic, info))
    }

    /// The names of an interface.
    pub fn nic_info(&self, nic: Nic) -> Option<&NicInfo> {
        self.nics.get(&nic)
    }

    /// The interfaces of a node, by port.
    pub fn nics_of(&self, node: NodeId) -> impl Iterator<Item = (Nic, &NicInfo)> {
        self.nics().filter(move |(nic, _)| nic.node == node)
    }

    /// The first interface of the node called `name`, or the interface called `node.interface`.
    pub fn nic_named(&self, name: &str) -> Option<Nic> {
        let full = |info: &NicInfo| info.node == name || format!("{}.{}", info.node, info.name) == name;
        self.nics().find(|(_, info)| full(info)).map(|(nic, _)| nic)
    }

    /// The node called `name`.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nics().find(|(_, info)| info.node == name).map(|(nic, _)| nic.node)
    }

    /// What a node is called; `node 7` when no interface of it was introduced.
    pub fn node_name(&self, node: NodeId) -> String {
        self.nics_of(node).next().map_or_else(|| format!("node {}", node.0), |(_, info)| info.node.clone())
    }

    /// `node.interface`; `node.port7` when the interface was not introduced.
    pub fn nic_name(&self, nic: Nic) -> String {
        match self.nic_info(nic) {
            Some(info) => format!("{}.{}", info.node, info.name),
            None => format!("{}.port{}", self.node_name(nic.node), nic.port.0),
        }
    }

    /// All frames, in order of time: those too that something happened to on the medium.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'_>> + DoubleEndedIterator {
        (0..self.frames.len()).map(|index| self.frame(index))
    }

    /// The frames that nothing happened to on the medium: what was sent and received. A frame that collided is sent again
    /// later as the same packet; one that was damaged is thrown away by whoever hears it.
    pub fn intact_frames(&self) -> impl DoubleEndedIterator<Item = Frame<'_>> {
        self.frames().filter(|frame| frame.flaw.is_none())
    }

    /// The frame at place `index`, which must be less than the number of frames.
    pub fn frame(&self, index: usize) -> Frame<'_> {
        let FrameRecord { at, packet, start, len, nic, direction, flaw } = self.frames[index];
        let link_type = self.nics.get(&nic).map_or(LinkType::Ethernet, |info| info.link_type);
        let bytes = &self.arena[start..start + len as usize];
        Frame { index, at, nic, direction, packet, link_type, bytes, flaw }
    }

    /// The frames at one interface: a capture.
    pub fn frames_of(&self, nic: Nic) -> impl Iterator<Item = Frame<'_>> {
        let here = self.frames.iter().enumerate().filter(move |(_, frame)| frame.nic == nic);
        here.map(|(index, _)| self.frame(index))
    }

    /// Every place at which one packet was seen, in order of time.
    pub fn copies(&self, packet: PacketId) -> impl Iterator<Item = Frame<'_>> {
        let same = self.frames.iter().enumerate().filter(move |(_, frame)| frame.packet == packet);
        same.map(|(index, _)| self.frame(index))
    }

    /// All events, in order of time.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The events at one node.
    pub fn events_of(&self, node: NodeId) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.node == node)
    }

    /// What programs recorded, with when and where.
    pub fn app_facts(&self) -> impl Iterator<Item = (Instant, NodeId, &AppFact)> {
        self.events.iter().filter_map(|event| match &event.fact {
            Fact::App(fact) => Some((event.at, event.node, fact)),
            _ => None,
        })
    }

    /// The lines of the TLS key log, each with the moment at which it became known.
    pub fn secrets(&self) -> &[(Instant, String)] {
        &self.secrets
    }

    /// The names given to addresses by [`Recording::name_address`].
    pub fn named_addresses(&self) -> &BTreeMap<IpAddr, String> {
        &self.addresses
    }

    /// What is missing because the recording was full.
    pub fn truncated(&self) -> Option<&Truncated> {
        self.truncated.as_ref()
    }

    /// When the last thing was seen.
    pub fn end(&self) -> Instant {
        let frame = self.frames.last().map_or(Instant::ZERO, |frame| frame.at);
        let event = self.events.last().map_or(Instant::ZERO, |event| event.at);
        frame.max(event)
    }
}
