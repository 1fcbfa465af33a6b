//! Media that stations share, and lines that repair what they lose: what a file says about them, and what cannot be.

use base::Duration;
use link::hdlc::Discipline;
use link::{csma_cd, dcf};
use sim::{BusConfig, RadioConfig, Shape};

use super::Reading;
use crate::file::diagnose::Problem;
use crate::file::tree::Place;
use crate::file::types::{
    Arq, BackoffWord, CountingWord, DisciplineWord, FramingWord, Link, LinkKind, Medium, Node, NodeKind, Standard,
};
use crate::scenario::{ArqFraming, ArqSpec, MediumSpec, most_allowed};

impl Reading<'_> {
    /// How the stations of a node share it, if it is a medium.
    pub(super) fn medium(&mut self, node: &Node, ports: usize, place: &Place) -> Option<MediumSpec> {
        self.check_medium_settings(node, &place.then("medium"));
        let said = &node.medium;
        match node.kind {
            NodeKind::Hub => Some(MediumSpec::Wire(wire(said, Shape::Star, ports))),
            NodeKind::Bus => Some(MediumSpec::Wire(wire(said, Shape::Line, ports))),
            NodeKind::Radio => {
                let hidden = said.hidden.iter().map(|pair| [pair[0].0.clone(), pair[1].0.clone()]);
                Some(MediumSpec::Air(air(said), hidden.collect()))
            }
            _ => None,
        }
    }

    fn check_medium_settings(&mut self, node: &Node, place: &Place) {
        let Some(item) = self.tree.item(place) else { return };
        let keys: Vec<String> = item.entries().iter().map(|(key, _)| key.name.clone()).collect();
        for key in keys {
            let wire = matches!(key.as_str(), "gap" | "backoff" | "contenders");
            let both = matches!(key.as_str(), "rate" | "slot");
            let fits = match node.kind {
                NodeKind::Hub | NodeKind::Bus => wire || both,
                NodeKind::Radio => !wire,
                _ => false,
            };
            if !fits {
                let title = format!("{} has no `{key}`", node.kind.words());
                let problem = Problem::new(self.key(&place.then(&key)), title).label("not for this kind");
                let help = match node.kind {
                    NodeKind::Hub | NodeKind::Bus => "a wire has rate, slot, gap, backoff and contenders",
                    NodeKind::Radio => "the air has standard, rate, basic_rate, slot, rts, hidden, window, attempts, \
                                        counting, eifs and delay",
                    _ => "only a hub, a bus and a radio are media that stations share",
                };
                self.report(problem.help(help));
            }
        }
    }

    /// How a reliable line repairs what it loses, if it does.
    pub(super) fn arq(&mut self, link: &Link, place: &Place) -> Option<ArqSpec> {
        let place = place.then("arq");
        if link.kind != LinkKind::Hdlc {
            if link.arq.is_some() {
                let problem = Problem::new(self.key(&place), "only a reliable line has `arq`").label("not for this kind");
                self.report(problem.help("write kind = \"hdlc\", or leave `arq` out"));
            }
            return None;
        }
        let usual = Arq::default();
        let spec = spec(link.arq.as_ref().unwrap_or(&usual));
        if let Err(error) = spec.check() {
            let key = if error.to_string().contains("window") { "window" } else { "bits" };
            let at = if self.tree.item(&place.then(key)).is_some() { place.then(key) } else { place };
            let problem = Problem::new(self.span(&at), error.to_string()).label("not with these numbers");
            self.report(problem.help(
                "use more `bits` or a smaller `window`; `unsafe_window = true` permits it, to see what goes wrong",
            ));
        }
        Some(spec)
    }
}

fn spec(said: &Arq) -> ArqSpec {
    let discipline = match said.discipline {
        Some(DisciplineWord::StopAndWait) => Discipline::StopAndWait,
        None | Some(DisciplineWord::GoBackN) => Discipline::GoBackN,
        Some(DisciplineWord::SelectiveRepeat) => Discipline::SelectiveRepeat,
    };
    let usual = ArqSpec::new(discipline);
    let bits = said.bits.unwrap_or(usual.bits);
    let (most, most_held) = most_allowed(discipline, bits);
    // Stop-and-wait has no other window, whatever a sweep sets for all.
    let window = if discipline == Discipline::StopAndWait { 1 } else { said.window.unwrap_or(most) };
    let held = if discipline == Discipline::SelectiveRepeat { window } else { most_held };
    ArqSpec {
        framing: match said.framing {
            Some(FramingWord::Ax25) => ArqFraming::Ax25,
            Some(FramingWord::Llc2) => ArqFraming::Llc2,
            Some(FramingWord::Llc2Ethernet) => ArqFraming::Llc2Ethernet,
            None if bits > 3 => ArqFraming::Llc2,
            None => ArqFraming::Ax25,
        },
        bits,
        window,
        receive_window: said.receive_window.unwrap_or(held),
        ideal_timer: said.ideal_timer.unwrap_or(false),
        timer: said.timer.as_ref().map(|time| time.0),
        ack_delay: said.ack_delay.as_ref().map_or(usual.ack_delay, |time| time.0),
        retries: said.retries.unwrap_or(usual.retries),
        nak: said.nak.unwrap_or(usual.nak),
        unsafe_window: said.unsafe_window.unwrap_or(false),
        ..usual
    }
}

fn wire(said: &Medium, shape: Shape, stations: usize) -> BusConfig {
    let mut timing = csma_cd::Timing::ethernet(said.rate.as_ref().map_or(TEN_MEGABIT, |rate| rate.0));
    timing.slot = said.slot.as_ref().map_or(timing.slot, |time| time.0);
    timing.gap = said.gap.as_ref().map_or(timing.gap, |time| time.0);
    if said.backoff == Some(BackoffWord::Ideal) {
        // As Metcalfe and Boggs reckon: who collides is silent at once.
        timing.backoff = csma_cd::Backoff::Ideal(said.contenders.unwrap_or_else(|| u32::try_from(stations).unwrap_or(u32::MAX)));
        timing.jam_bits = 0;
    }
    BusConfig { timing, shape }
}

fn air(said: &Medium) -> RadioConfig {
    let mut timing = match said.standard {
        None | Some(Standard::B) => dcf::Timing::b(),
        Some(Standard::A) => dcf::Timing::a(),
        Some(Standard::Bianchi) => dcf::Timing::bianchi(),
    };
    timing.rate_bps = said.rate.as_ref().map_or(timing.rate_bps, |rate| rate.0);
    timing.basic_rate_bps = said.basic_rate.as_ref().map_or(timing.basic_rate_bps, |rate| rate.0);
    timing.slot = said.slot.as_ref().map_or(timing.slot, |time| time.0);
    if said.standard != Some(Standard::Bianchi) {
        timing = timing.completed();
    }
    if said.eifs == Some(false) {
        timing.eifs = timing.difs;
    }
    if let Some([first, most]) = said.window {
        (timing.window_min, timing.window_max) = (first.max(1), most.max(first.max(1)));
    }
    timing.attempts = match said.attempts {
        None => timing.attempts,
        Some(0) => None,
        Some(most) => Some(most),
    };
    timing.rts_threshold = said.rts.as_ref().map_or(timing.rts_threshold, |size| size.0 as usize);
    timing.counting = match said.counting {
        None => timing.counting,
        Some(CountingWord::IdleSlots) => dcf::Counting::Freeze,
        Some(CountingWord::OncePerBusy) => dcf::Counting::OncePerBusy,
    };
    RadioConfig { timing, delay: said.delay.as_ref().map_or(Duration::from_micros(1), |time| time.0) }
}

const TEN_MEGABIT: u64 = 10_000_000;
