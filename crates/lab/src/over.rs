//! The embedded world over other media: the access line as a reliable line, the home as a hub or as a radio cell. Nothing
//! else changes: the stack, the programs and the story are the same.

use std::str::FromStr;

use base::{Duration, LinkType};
use link::hdlc::Discipline;
use link::{csma_cd, dcf};
use sim::{BusConfig, Cable, RadioConfig, Shape};

use crate::file::quantity;
use crate::file::scalar::{NodeName, Size, Time};
use crate::program::{Arrivals, Listener, Talk};
use crate::scenario::{ArqSpec, Kind, LinkSpec, MediumSpec, NodeSpec, Scenario, WaySpec};
use crate::worlds::internet::{ACCESS, LAPTOP};

/// What a visit goes over.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Over {
    /// Cables and a switch, as the world is built.
    #[default]
    Cable,
    /// The access line is a modem's: 9,600 bit/s, go-back-N over AX.25 repairs what it loses.
    Hdlc,
    /// The home is a hub at 10 Mbit/s with three other talkers.
    Hub,
    /// The home is a radio cell (802.11b): a neighbour talks whom the laptop cannot hear.
    Radio,
}

impl Over {
    /// As people write it.
    pub const NAMES: [(&'static str, Over); 4] =
        [("cable", Over::Cable), ("hdlc", Over::Hdlc), ("hub", Over::Hub), ("radio", Over::Radio)];

    /// Changes the embedded world accordingly.
    pub(crate) fn apply(self, scenario: &mut Scenario) {
        match self {
            Over::Cable => {}
            Over::Hdlc => hdlc(scenario),
            Over::Hub => hub(scenario),
            Over::Radio => radio(scenario),
        }
    }
}

impl FromStr for Over {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Over::NAMES.iter().find(|(name, _)| *name == text).map(|(_, over)| *over);
        known.ok_or_else(|| format!("'{text}' is no medium of a visit: cable, hdlc, hub or radio"))
    }
}

fn hdlc(scenario: &mut Scenario) {
    for (node, interface) in [("home-router", "wan"), ("access", "home")] {
        let own = scenario.node_mut(node).and_then(|node| node.interfaces.iter_mut().find(|own| own.name == interface));
        if let Some(own) = own {
            own.link_type = LinkType::Ax25;
            own.mtu = MODEM_MTU;
        }
    }
    if let Some(line) = scenario.link_mut(ACCESS) {
        line.arq = Some(ArqSpec::new(Discipline::GoBackN));
        let cable = Cable::new(9_600, Duration::from_millis(20));
        (line.forth, line.back) = (WaySpec::new(cable), WaySpec::new(cable));
    }
    scenario.limit = Duration::from_secs(24 * 3600);
}

fn hub(scenario: &mut Scenario) {
    let timing = csma_cd::Timing::ethernet(10_000_000);
    let mut ports: Vec<String> = (0..4).map(|port| format!("port{port}")).collect();
    for n in 1..=3 {
        let name = format!("talker-{n}");
        let to = NodeName(format!("talker-{}", n % 3 + 1));
        // Together they take a little more than half of the wire.
        let every = quantity::time("6ms").map(Time).ok();
        let talk = Talk { to, size: Some(Size(1000)), every, arrivals: Arrivals::Poisson, count: None };
        scenario.nodes.push(NodeSpec::host(&name).ethernet("eth0", &[]).run(talk));
        let port = format!("talker{n}");
        scenario.links.push(plug(&name, (&name, "eth0"), ("home-switch", &port)));
        ports.push(port);
    }
    if let Some(home) = scenario.node_mut("home-switch") {
        home.kind = Kind::Medium(ports, MediumSpec::Wire(BusConfig { timing, shape: Shape::Star }));
    }
}

fn radio(scenario: &mut Scenario) {
    let config = RadioConfig { timing: dcf::Timing::b(), delay: Duration::from_micros(1) };
    let ports = ["laptop", "ap", "neighbor"].map(str::to_owned).to_vec();
    let hidden = vec![[LAPTOP.to_owned(), "neighbor".to_owned()]];
    let mut air = NodeSpec::switch("air", 0);
    air.kind = Kind::Medium(ports, MediumSpec::Air(config, hidden));
    let every = quantity::time("20ms").map(Time).ok();
    let to = NodeName("listener".into());
    let talk = Talk { to, size: Some(Size(1000)), every, arrivals: Arrivals::Poisson, count: None };
    let mut neighbor = NodeSpec::host("neighbor").ethernet("wlan0", &[]).run(talk);
    let on_air = |node: &mut NodeSpec| {
        node.interfaces.iter_mut().for_each(|own| own.link_type = LinkType::Radiotap);
    };
    on_air(&mut neighbor);
    if let Some(laptop) = scenario.node_mut(LAPTOP) {
        on_air(laptop);
    }
    scenario.nodes.extend([air, neighbor]);
    scenario.nodes.push(NodeSpec::host("listener").ethernet("eth0", &[]).run(Listener { record: false }));
    scenario.links.retain(|link| link.name != "laptop-cable");
    scenario.links.push(plug("laptop-cable", (LAPTOP, "eth0"), ("air", "laptop")));
    scenario.links.push(plug("access-point", ("home-switch", "port0"), ("air", "ap")));
    scenario.links.push(plug("neighbor", ("neighbor", "wlan0"), ("air", "neighbor")));
    scenario.links.push(plug("listener", ("listener", "eth0"), ("home-switch", "port3")));
}

fn plug(name: &str, a: (&str, &str), b: (&str, &str)) -> LinkSpec {
    let end = |(node, interface): (&str, &str)| (node.to_owned(), interface.to_owned());
    let way = WaySpec::new(Cable::ethernet(1_000_000_000, Duration::from_nanos(500)));
    LinkSpec { name: name.into(), ends: [end(a), end(b)], forth: way, back: way, arq: None }
}

/// Frames of a modem's line are short, so that a lost one costs little.
const MODEM_MTU: usize = 576;
