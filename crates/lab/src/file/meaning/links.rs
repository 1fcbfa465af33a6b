//! Links: their names, which interfaces they make, and what they do to frames.

use std::collections::BTreeMap;

use sim::Cable;

use super::Reading;
use crate::file::diagnose::Problem;
use crate::file::names::default_name;
use crate::file::quantity;
use crate::file::tree::Place;
use crate::file::types::{Impairments, Link, LinkKind};
use crate::scenario::{LinkSpec, Loss, WayPatch, WaySpec};

impl Reading<'_> {
    /// The links of the file in its order.
    pub(super) fn links(&mut self) -> Vec<LinkSpec> {
        let file = self.file;
        let mut named: BTreeMap<String, usize> = BTreeMap::new();
        let mut ends: BTreeMap<&(String, String), Place> = BTreeMap::new();
        let mut specs = Vec::new();
        for (index, link) in file.link.iter().enumerate() {
            let place = Place::of(["link"]).then(index);
            let name = link.name.as_ref().map_or_else(|| default_name(index), |name| name.0.clone());
            if let Some(first) = named.insert(name.clone(), index) {
                let first = self.span(&Place::of(["link"]).then(first).then("name"));
                let problem = Problem::new(self.span(&place.then("name")), format!("two links are called '{name}'"));
                let problem = problem.label("the second").also(first, "the first");
                self.report(problem.help("give one of them another name"));
            }
            for (end, plug) in link.endpoints.iter().enumerate() {
                let here = place.then("endpoints").then(end);
                if let Some(other) = ends.insert(&plug.0, here.clone()) {
                    let (node, interface) = &plug.0;
                    let title = format!("two links end at {node}:{interface}");
                    let problem = Problem::new(self.span(&here), title).label("an interface takes one link");
                    let problem = problem.also(self.span(&other), "this one has it");
                    self.report(problem.help(format!("use another interface of {node}, or a switch in between")));
                }
                self.check_kind(link, &plug.0.0, &place);
            }
            let arq = self.arq(link, &place);
            specs.push(LinkSpec { arq, ..self.link(link, name) });
        }
        specs
    }

    fn check_kind(&mut self, link: &Link, node: &str, place: &Place) {
        let bridges = self.file.node.get(node).filter(|node| !node.kind.is_host());
        if let (LinkKind::Line | LinkKind::Hdlc, Some(bridge)) = (link.kind, bridges) {
            let title = format!("a line cannot end at {node}: {} takes Ethernet frames", bridge.kind.words());
            let problem = Problem::new(self.span(&place.then("kind")), title).label("between two alone");
            self.report(problem.help("leave `kind` out (Ethernet), or join two hosts or routers"));
        }
    }

    fn link(&self, link: &Link, name: String) -> LinkSpec {
        let (rate, delay) = (GIGABIT, base::Duration::ZERO);
        let cable = match link.kind {
            LinkKind::Ethernet => Cable::ethernet(rate, delay),
            LinkKind::Line => Cable::new(rate, delay),
            LinkKind::Hdlc => Cable::new(MODEM, delay),
        };
        let mut both = WaySpec::new(cable);
        patch(&link.both).apply(&mut both);
        let way = |own: &Impairments| {
            let mut way = both;
            patch(own).apply(&mut way);
            way
        };
        let [a, b] = &link.endpoints;
        LinkSpec { name, ends: [a.0.clone(), b.0.clone()], forth: way(&link.forth), back: way(&link.back), arq: None }
    }
}

/// What changes on a way.
pub(super) fn patch(said: &Impairments) -> WayPatch {
    WayPatch {
        rate_bps: said.rate.as_ref().map(|rate| rate.0),
        delay: said.delay.as_ref().map(|time| time.0),
        loss: said.loss.as_ref().map(|loss| match loss.0 {
            quantity::Loss::Share(0.0) => Loss::None,
            quantity::Loss::Share(share) => Loss::Share(share),
            quantity::Loss::Bursts { enter, leave } => Loss::Burst { enter, leave },
            quantity::Loss::Every(count) => Loss::Every(count),
        }),
        jitter: said.jitter.as_ref().map(|time| time.0),
        duplicate: said.duplicate.as_ref().map(|share| share.0),
        corrupt: said.corrupt.as_ref().map(|share| share.0),
        reorder: said.reorder.as_ref().map(|held| held.0),
    }
}

const GIGABIT: u64 = 1_000_000_000;
/// A reliable line is a modem's unless said otherwise.
const MODEM: u64 = 9_600;
