//! Nodes: interfaces (one for each link that ends there), addresses, routes, the settings of their stacks.

use base::{Cidr, LinkType};
use sim::PortVlan;
use stack::{Buffer, Config, CongestionControl, Ecn, Keepalive};

use super::Reading;
use crate::file::diagnose::Problem;
use crate::file::names::unknown;
use crate::file::quantity::Own;
use crate::file::scalar::Address;
use crate::file::tree::Place;
use crate::file::types::{
    Addresses, EcnWord, File, FramingWord, KeepaliveSettings, Link, LinkKind, Node, NodeKind, OneOrMany, Stack,
};
use crate::file::words::list;
use crate::scenario::{InterfaceSpec, Kind, NodeSpec};

impl Reading<'_> {
    /// The nodes of the file in its order; their programs come later.
    pub(super) fn nodes(&mut self) -> Vec<NodeSpec> {
        let file = self.file;
        file.node.iter().map(|(name, node)| self.node(name, node)).collect()
    }

    fn node(&mut self, name: &str, node: &Node) -> NodeSpec {
        let place = Place::of(["node", name]);
        let file = self.file;
        let plugs = plugs(&file.link, name);
        if !node.kind.is_host() {
            self.refuse_settings(name, node.kind, &place);
            let ports: Vec<String> = plugs.into_iter().map(|(port, _)| port.to_owned()).collect();
            let mut bridge = NodeSpec::switch(name, 0);
            bridge.kind = match self.medium(node, ports.len(), &place) {
                Some(medium) => Kind::Medium(ports, medium),
                None => Kind::Switch(ports),
            };
            bridge.spanning_tree = node.spanning_tree.then(|| node.bridge_priority.unwrap_or(32_768));
            bridge.vlans = node.vlans.iter().map(|(port, vlan)| (port.to_owned(), port_vlan(vlan))).collect();
            return bridge;
        }
        let mut spec = if node.kind == NodeKind::Router { NodeSpec::router(name) } else { NodeSpec::host(name) };
        if node.kind == NodeKind::TwoWay {
            spec.kind = Kind::TwoWay;
            self.check_two_way(name, node, &plugs, &place);
        }
        self.medium(node, 0, &place);
        spec.interfaces = plugs.iter().map(|(own, link)| interface(file, node, own, link)).collect();
        self.addresses(node, &mut spec, &place);
        self.check_interfaces(node, &spec, &place);
        let gateways = node.gateway.iter().flat_map(OneOrMany::as_slice);
        spec.routes = gateways
            .map(|router| (if router.0.is_ipv4() { Cidr::ANY_V4 } else { Cidr::ANY_V6 }, router.0))
            .chain(
                node.routes
                    .iter()
                    .filter_map(|(to, router)| Some((crate::file::quantity::network(to).ok()?, router.0))),
            )
            .collect();
        spec.resolvers = node.resolvers.iter().map(|resolver| resolver.0).collect();
        configure(&mut spec.config, &node.stack);
        spec
    }

    fn refuse_settings(&mut self, name: &str, kind: NodeKind, place: &Place) {
        for key in ["address", "gateway", "routes", "resolvers", "names", "serve", "run", "stack", "interface"] {
            if self.tree.item(&place.then(key)).is_none() {
                continue;
            }
            let what = match key {
                "run" | "serve" => "cannot run programs",
                "stack" => "has no TCP/IP stack",
                "interface" => "has ports only",
                _ => "has no addresses",
            };
            let problem = Problem::new(self.key(&place.then(key)), format!("{name} is {} and {what}", kind.words()));
            let problem = problem.label("not for this kind").also(self.span(&place.then("kind")), "what it is");
            self.report(problem.help("hosts and routers have these: leave `kind` out, or write kind = \"router\""));
        }
    }

    fn check_two_way(&mut self, name: &str, node: &Node, plugs: &[(&str, &Link)], place: &Place) {
        if plugs.len() != 1 {
            let title =
                format!("{name} is a two-way server: it has one interface, but {} links end there", plugs.len());
            let problem = Problem::new(self.span(&place.then("kind")), title).label("takes exactly one link");
            self.report(problem.help("let one Ethernet link end at it, for more use a switch"));
        }
        if !node.run.is_empty() || !node.serve.is_empty() {
            let key = if node.run.is_empty() { "serve" } else { "run" };
            let title = format!("{name} is a two-way server and runs no programs");
            let problem = Problem::new(self.key(&place.then(key)), title).label("not for this kind");
            self.report(problem.help("it answers every SYN by itself; leave this out"));
        }
    }

    /// Gives the interfaces the addresses that the file gives.
    fn addresses(&mut self, node: &Node, spec: &mut NodeSpec, place: &Place) {
        let place = place.then("address");
        match &node.address {
            None => {}
            Some(Addresses::All(addresses)) => match spec.interfaces.as_mut_slice() {
                [only] => give(only, addresses),
                interfaces => {
                    let names: Vec<&str> = interfaces.iter().map(|own| own.name.as_str()).collect();
                    let (title, help) = if names.is_empty() {
                        let title = format!("{} has an address, but no link ends at it", spec.name);
                        (title, format!("add a [[link]] with \"{}:eth0\" among its endpoints", spec.name))
                    } else {
                        let title = format!("{} has {} interfaces: whose address is this?", spec.name, names.len());
                        let table: Vec<String> = names.iter().map(|name| format!("{name} = \"…\"")).collect();
                        (title, format!("write address = {{ {} }}", table.join(", ")))
                    };
                    let problem = Problem::new(self.span(&place), title).label("belongs to no interface");
                    self.report(problem.help(help));
                }
            },
            Some(Addresses::ByInterface(table)) => {
                for (name, addresses) in table.iter() {
                    match spec.interfaces.iter_mut().find(|own| own.name == name) {
                        Some(own) => give(own, addresses),
                        None => self.no_interface(spec, name, &place.then(name)),
                    }
                }
            }
        }
    }

    fn check_interfaces(&mut self, node: &Node, spec: &NodeSpec, place: &Place) {
        for name in node.interface.names().filter(|name| !spec.interfaces.iter().any(|own| own.name == *name)) {
            self.no_interface(spec, name, &place.then("interface").then(name));
        }
    }

    fn no_interface(&mut self, spec: &NodeSpec, name: &str, place: &Place) {
        let known: Vec<String> = spec.interfaces.iter().map(|own| own.name.clone()).collect();
        let problem = unknown("interface", name, &self.key(place), &known);
        let links = format!(
            "an interface exists because a link ends there; {} has {}",
            spec.name,
            list(known.iter().map(String::as_str))
        );
        self.report(problem.help(links));
    }
}

/// The links that end at a node, and at which interface.
fn plugs<'a>(links: &'a [Link], node: &str) -> Vec<(&'a str, &'a Link)> {
    let mut plugs: Vec<(&str, &Link)> = Vec::new();
    for link in links {
        for plug in &link.endpoints {
            let (owner, interface) = &plug.0;
            if owner == node && !plugs.iter().any(|(known, _)| known == interface) {
                plugs.push((interface, link));
            }
        }
    }
    plugs
}

fn port_vlan(vlan: &OneOrMany<u16>) -> PortVlan {
    match vlan {
        OneOrMany::One(vid) => PortVlan::Access(*vid),
        OneOrMany::Many(vids) => PortVlan::Trunk { allowed: vids.clone(), native: None },
    }
}

fn give(interface: &mut InterfaceSpec, addresses: &OneOrMany<Address>) {
    for address in addresses.as_slice() {
        match address.0 {
            Own::Fixed(cidr) => interface.addresses.push(cidr),
            Own::Dhcp => interface.dynamic = true,
        }
    }
}

/// The interface that a link makes: its own settings win, then the link's, then the node's.
fn interface(file: &File, node: &Node, name: &str, link: &Link) -> InterfaceSpec {
    let on_air =
        link.endpoints.iter().any(|plug| file.node.get(&plug.0.0).is_some_and(|far| far.kind == NodeKind::Radio));
    let link_type = match link.kind {
        LinkKind::Ethernet if on_air => LinkType::Radiotap,
        LinkKind::Ethernet => LinkType::Ethernet,
        LinkKind::Line => LinkType::Ip,
        LinkKind::Hdlc => match link.arq.as_ref().map(|arq| (arq.framing, arq.bits.unwrap_or(0))) {
            Some((Some(FramingWord::Llc2 | FramingWord::Llc2Ethernet), _) | (None, 4..)) => LinkType::Llc,
            _ => LinkType::Ax25,
        },
    };
    let usual = InterfaceSpec::new(name, link_type);
    let own = node.interface.get(name).cloned().unwrap_or_default();
    InterfaceSpec {
        mtu: own.mtu.or(link.mtu).or(node.mtu).map_or(usual.mtu, |mtu| mtu as usize),
        queue: own.queue.or(link.limit).or(node.queue).map_or(usual.queue, |frames| frames as usize),
        mark_above: own.mark_above.map(|frames| frames as usize),
        clamp_mss: own.clamp_mss,
        ..usual
    }
}

/// Changes what is said, and nothing else.
fn configure(config: &mut Config, said: &Stack) {
    /// `field = said.field`, where something was said.
    macro_rules! set {
        ($($field:ident),*) => { $( if let Some(value) = said.$field { config.$field = value; } )* };
        (time $($field:ident),*) => { $( if let Some(value) = &said.$field { config.$field = value.0; } )* };
    }
    set!(
        initial_window,
        nagle,
        sack,
        dsack,
        timestamps,
        window_scaling,
        rack,
        tail_probe,
        frto,
        mtu_probing,
        syn_cookies
    );
    set!(max_retries, max_syn_retries, max_syn_ack_retries, restart_after_idle, ttl, icmp_errors_per_second);
    set!(time delayed_ack, min_rto, initial_rto, msl);
    // The schema knows the names.
    config.congestion = said.congestion.as_deref().and_then(CongestionControl::named).unwrap_or(config.congestion);
    config.datagram_queue = said.datagram_queue.map_or(config.datagram_queue, |count| count as usize);
    config.user_timeout = said.user_timeout.as_ref().map(|time| time.0).or(config.user_timeout);
    config.ecn = match said.ecn {
        None => config.ecn,
        Some(EcnWord::Off) => Ecn::Off,
        Some(EcnWord::Answer) => Ecn::Answer,
        Some(EcnWord::Offer) => Ecn::Offer,
    };
    let buffer = |(start, most): (u64, u64)| Buffer { start: start as usize, most: most as usize };
    config.send_buffer = said.send_buffer.as_ref().map_or(config.send_buffer, |size| buffer(size.0));
    config.receive_buffer = said.receive_buffer.as_ref().map_or(config.receive_buffer, |size| buffer(size.0));
    config.keepalive = match &said.keepalive {
        None => config.keepalive,
        Some(KeepaliveSettings::After(idle)) => Some(Keepalive { idle: idle.0, ..Keepalive::default() }),
        Some(KeepaliveSettings::Full(table)) => {
            let usual = Keepalive::default();
            let interval = table.interval.as_ref().map_or(usual.interval, |time| time.0);
            Some(Keepalive { idle: table.idle.0, interval, probes: table.probes.unwrap_or(usual.probes) })
        }
    };
}
