//! Shared media in a world: who is attached where, and what happens when something arrives.

use base::event::{AppFact, LinkDrop, Value};
use base::{Direction, Event, Fact, Kind, LinkType, Mac, Nic, NicInfo, NodeId, PacketId, Port};

use crate::World;
use crate::cable::{Cable, LinkId, WayState};
use crate::fabric::{Attachment, Input};
use crate::medium::{self, Arrival, Attached, Bus, BusConfig, Fate, Medium, MediumId, Radio, RadioConfig, Slot, Tap};
use crate::queue::Alarm;
use crate::silent::Silent;

impl World {
    /// A cable with taps, or a hub: half-duplex Ethernet on which transmissions collide.
    pub fn add_bus(&mut self, name: &str, config: BusConfig) -> MediumId {
        self.add_medium(name, Box::new(Bus::new(config)))
    }

    /// A radio cell: 802.11 stations that contend for the air.
    pub fn add_radio(&mut self, name: &str, config: RadioConfig) -> MediumId {
        self.add_medium(name, Box::new(Radio::new(config)))
    }

    /// The stations of two nodes in a radio cell do not hear each other.
    pub fn hide(&mut self, medium: MediumId, a: NodeId, b: NodeId) {
        let Slot { taps, medium, .. } = &mut self.fabric.media[medium.0 as usize];
        let of = |node: NodeId| (0..).zip(&*taps).filter(move |(_, tap)| tap.nic.node == node).map(|(tap, _)| tap);
        for (a, b) in of(a).flat_map(|a| of(b).map(move |b| (a, b))) {
            medium.hide(a, b);
        }
    }

    fn add_medium(&mut self, name: &str, medium: Box<dyn Medium>) -> MediumId {
        let id = MediumId(self.fabric.media.len() as u32);
        self.add_node(name, Box::new(Silent), &[]);
        self.fabric.media.push(Slot { name: name.into(), medium, alarm: Alarm::OFF, taps: Vec::new() });
        id
    }

    /// Attaches a port to a shared medium. The answer names the plug: rules put on it judge what the station sends
    /// (`forth`) and what it hears (`back`), and it can be pulled.
    pub fn share(&mut self, node: NodeId, port: Port, medium: MediumId, tap: Tap) -> LinkId {
        let nic = Nic { node, port };
        let link = LinkId(self.fabric.rules.len() as u32);
        let index = medium.0 as usize;
        let number = self.fabric.media[index].taps.len();
        self.attach(nic, Attachment::Tap(medium.0 as u16, number as u16));
        // Its ways carry nothing: they say whether the plug is in, and which rules are put on it.
        self.fabric.ways.extend([WayState::new(nic, Cable::IDEAL), WayState::new(nic, Cable::IDEAL)]);
        self.fabric.rules.push(Vec::new());
        let slot = &mut self.fabric.media[index];
        slot.taps.push(Attached { nic, out: link.forth(), back: link.back() });
        let rng = medium::stream(&self.root, &slot.name, &format!("{}:{}", self.names[node.0 as usize], port.0));
        slot.medium.attach(&tap, nic, rng);
        self.carrier(nic, true);
        // What was there before it was plugged in.
        self.visit(node, Input::Free(port));
        link
    }

    /// What the station of a port has seen and done on its shared medium, as names and numbers.
    pub fn station_counters(&self, node: NodeId, port: Port) -> Vec<(&'static str, Value)> {
        match self.seats[node.0 as usize].place.ports.get(port) {
            Attachment::Tap(medium, tap) => self.fabric.media[usize::from(medium)].medium.counters(usize::from(tap)),
            _ => Vec::new(),
        }
    }

    /// A medium has something to do; then frames arrive, and stations take new ones.
    pub(crate) fn on_medium(&mut self, index: usize) {
        self.fabric.with_medium(index, |medium, cx| medium.on_timer(cx));
        while let Some(arrival) = self.fabric.media[index].medium.poll_arrival() {
            self.on_arrival(index, arrival);
        }
        while let Some(tap) = self.fabric.media[index].medium.poll_room() {
            let nic = self.fabric.media[index].taps[tap].nic;
            self.visit(nic.node, Input::Free(nic.port));
        }
    }

    fn on_arrival(&mut self, index: usize, arrival: Arrival) {
        let Arrival { tap, frame, seen, mut flaw, mut lost, up } = arrival;
        let Attached { nic, back, .. } = self.fabric.media[index].taps[tap];
        if self.seats[nic.node.0 as usize].place.off {
            return;
        }
        if flaw.is_none() {
            match self.fabric.judge_arrival(back, &frame) {
                Fate::Fine => {}
                Fate::Damaged => (flaw, lost) = (Some(base::Flaw::Damaged), Some(LinkDrop::Damaged)),
                Fate::Lost => return self.fabric.lose(nic.node, &frame, LinkDrop::Lost),
            }
        }
        if self.fabric.wants_frames {
            match &seen {
                Some(seen) => self.fabric.show_flawed(nic, Direction::In, seen, flaw),
                None => self.fabric.show_flawed(nic, Direction::In, &frame, flaw),
            }
        }
        match (lost, flaw) {
            (Some(reason), _) => self.fabric.lose(nic.node, &frame, reason),
            (None, Some(_)) => {}
            (None, None) if up => self.visit(nic.node, Input::Frame(nic.port, frame)),
            (None, None) => {}
        }
    }

    /// Tells what every station of a shared medium and of a reliable line has seen and done, as facts of its node:
    /// `station.counters` and `arq.counters`.
    pub fn tell_stations(&mut self) {
        if !self.fabric.sink.wants(Kind::App) {
            return;
        }
        for slot in 0..self.fabric.media.len() {
            for tap in 0..self.fabric.media[slot].taps.len() {
                let nic = self.fabric.media[slot].taps[tap].nic;
                let mut fact = AppFact::new("station", "counters", 0).with("medium", &*self.fabric.media[slot].name);
                for (name, count) in self.fabric.media[slot].medium.counters(tap) {
                    fact = fact.with(name, count);
                }
                self.tell(nic.node, fact);
            }
        }
        for (node, fact) in self.line_counters() {
            self.tell(node, fact);
        }
    }

    fn tell(&mut self, node: NodeId, fact: AppFact) {
        let at = self.fabric.now;
        self.fabric.sink.event(Event { at, node, cause: PacketId::NONE, fact: Fact::App(fact) });
    }

    /// Says how the frames at a port are written: the card of a bridge in a radio cell shows 802.11.
    pub fn announce(&mut self, nic: Nic, name: &str, link_type: LinkType, mac: Option<Mac>) {
        let info = NicInfo { node: self.names[nic.node.0 as usize].clone(), name: name.into(), link_type, mac };
        self.fabric.sink.nic(nic, info);
    }
}
