//! What every teller of a protocol has at hand, and the steps told so far.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use base::event::{Fact, RetransmitCause, TransportFact};
use base::{Instant, Mac, NodeId, SeqNum};

use super::{Failure, Heading, Layer, Mood, Step, Story};
use crate::conversation::dns::Query;
use crate::conversation::tcp::Connection;
use crate::conversation::visit::Request;
use crate::conversation::{dns, tcp, visit};
use crate::dissect::dns::Data;
use crate::index::Index;
use crate::label::Labels;
use crate::recording::Recording;

pub(super) struct Teller<'a> {
    pub(super) index: Index<'a>,
    pub(super) queries: Vec<Query>,
    pub(super) connections: Vec<Connection>,
    pub(super) requests: Vec<Request>,
    /// Whose story it is: the node that visits, or else the one that spoke first.
    pub(super) hero: Option<NodeId>,
    pub(super) failure: Option<Failure>,
    /// Every packet in one phrase.
    pub(super) labels: Vec<String>,
    /// Names that DNS gave to addresses.
    dns_names: BTreeMap<IpAddr, String>,
    /// Why segments were sent again, by the ends of their connection, the smaller first.
    pub(super) retransmits: BTreeMap<(SocketAddr, SocketAddr), Retransmits>,
    steps: Vec<Step>,
    explained: BTreeSet<&'static str>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        let index = Index::of(recording);
        let connections = tcp::connections(&index);
        let queries = dns::queries(&index);
        let requests = visit::requests(recording, &connections);
        let visitor = recording.app_facts().find(|(_, _, fact)| fact.protocol == "visit").map(|(_, node, _)| node);
        let hero = visitor.or(index.packets.first().map(|packet| packet.from()));
        let mut labels = Labels::new(false);
        let labels = index.packets.iter().map(|packet| labels.of(&packet.view)).collect();
        let dns_names = dns_names(&queries);
        let retransmits = retransmits(recording);
        let (steps, explained, failure) = (Vec::new(), BTreeSet::new(), None);
        Teller {
            index,
            queries,
            connections,
            requests,
            hero,
            failure,
            labels,
            dns_names,
            retransmits,
            steps,
            explained,
        }
    }

    pub(super) const fn recording(&self) -> &'a Recording {
        self.index.recording
    }

    pub(super) fn tell(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Whether something is told for the first time, so that its reason is given once and not at every step.
    pub(super) fn first(&mut self, topic: &'static str) -> bool {
        self.explained.insert(topic)
    }

    /// A node's name.
    pub(super) fn name(&self, node: NodeId) -> String {
        self.recording().node_name(node)
    }

    /// The owner of an address: its node's name, or else what DNS calls it.
    pub(super) fn who(&self, address: IpAddr) -> String {
        match (self.index.names.get(address), self.dns_names.get(&address)) {
            (None, Some(name)) => name.clone(),
            _ => self.index.who(address),
        }
    }

    /// `resolver (198.51.100.53)`, or the address alone when its owner is not known.
    pub(super) fn who_at(&self, address: IpAddr) -> String {
        let name = self.who(address);
        if name == address.to_string() { name } else { format!("{name} ({address})") }
    }

    /// The node with a hardware address.
    pub(super) fn owner_of(&self, mac: Mac) -> Option<String> {
        let mut nics = self.recording().nics();
        nics.find(|(_, info)| info.mac == Some(mac)).map(|(_, info)| info.node.clone())
    }

    /// The request that a connection carried at a moment: the latest that had begun by then.
    pub(super) fn request_on(&self, connection: &Connection, at: Instant) -> Option<usize> {
        let mut carried = self.requests.iter().filter(|request| request.uses(connection));
        let first = carried.clone().next();
        carried.rfind(|request| request.start <= at).or(first).map(|request| request.number)
    }

    /// The request of a node that was in progress at a moment: the latest that had begun.
    pub(super) fn request_at(&self, node: NodeId, at: Instant) -> Option<usize> {
        let open = |request: &&Request| request.node == node && request.start <= at && at <= request.end();
        self.requests.iter().rfind(open).map(|request| request.number)
    }

    /// The other side of a request.
    pub(super) fn server_of(&self, request: Option<&Request>) -> String {
        match (request, request.and_then(|request| request.remote)) {
            (_, Some(remote)) => self.who(remote.ip()),
            (Some(request), None) => request.host.clone(),
            (None, None) => "server".into(),
        }
    }

    /// The request with this span, at a node.
    pub(super) fn request_of(&self, node: NodeId, span: u64) -> Option<&Request> {
        self.requests.iter().find(|request| request.node == node && request.span == span)
    }

    /// How a packet was lost, as a clause, if it was.
    pub(super) fn loss(&self, packet: usize) -> Option<String> {
        self.index.loss_text(self.index.packets.get(packet)?)
    }

    pub(super) fn finish(self) -> Story {
        let mut steps = self.steps;
        steps.sort_by_key(|step| (step.at, step.end));
        let headings = self.requests.iter().map(|request| Heading {
            number: request.number,
            at: request.start,
            url: request.url.clone(),
            initiator: request.initiator.clone(),
        });
        Story {
            steps,
            requests: headings.collect(),
            failure: self.failure,
            missing: self.index.recording.truncated().map(ToString::to_string),
        }
    }
}

/// When which first byte was sent again, and why.
pub(super) type Retransmits = Vec<(Instant, SeqNum, RetransmitCause)>;

/// What the ends themselves recorded about segments that they sent again.
fn retransmits(recording: &Recording) -> BTreeMap<(SocketAddr, SocketAddr), Retransmits> {
    let mut retransmits: BTreeMap<_, Retransmits> = BTreeMap::new();
    for event in recording.events() {
        if let Fact::Transport(TransportFact::Retransmit { flow, seq, cause, .. }) = &event.fact {
            let ends = (flow.local.min(flow.remote), flow.local.max(flow.remote));
            retransmits.entry(ends).or_default().push((event.at, *seq, *cause));
        }
    }
    retransmits
}

/// What DNS calls the addresses of hosts that never spoke themselves.
fn dns_names(queries: &[Query]) -> BTreeMap<IpAddr, String> {
    let mut names = BTreeMap::new();
    for answer in queries.iter().filter_map(|query| query.answer.as_ref()) {
        for record in answer.message.answers.iter().chain(&answer.message.additional) {
            if let Data::Address(address) = record.data {
                names.entry(address).or_insert_with(|| record.name.clone());
            }
        }
    }
    names
}

/// A step in the making.
pub(super) fn step(protocol: &'static str, layer: Layer, at: Instant, end: Instant, what: impl Into<String>) -> Step {
    Step {
        at,
        end: end.max(at),
        from: String::new(),
        to: String::new(),
        protocol,
        what: what.into(),
        layer,
        addresses: String::new(),
        rfc: "",
        detail: Vec::new(),
        request: None,
        mood: Mood::Fine,
    }
}

impl Step {
    pub(super) fn between(mut self, from: impl Into<String>, to: impl Into<String>) -> Step {
        (self.from, self.to) = (from.into(), to.into());
        self
    }

    pub(super) fn ends(mut self, from: SocketAddr, to: SocketAddr) -> Step {
        self.addresses = format!("{from} > {to}");
        self
    }

    pub(super) fn addresses(mut self, text: impl Into<String>) -> Step {
        self.addresses = text.into();
        self
    }

    pub(super) fn rfc(mut self, rfc: &'static str) -> Step {
        self.rfc = rfc;
        self
    }

    pub(super) fn request(mut self, request: Option<usize>) -> Step {
        self.request = request;
        self
    }

    pub(super) fn detail(mut self, line: impl Into<String>) -> Step {
        self.detail.push(line.into());
        self
    }

    pub(super) fn mood(mut self, mood: Mood) -> Step {
        self.mood = mood;
        self
    }
}
