//! Events as records: which kinds there are, what each must be recorded by, and its fields.
//!
//! This table is all that is known about events here: the static checks, the evaluation and the reference use it.

use base::event::{
    AccessFact, ArqFact, BridgeFact, DropReason, Event, Fact, InternetFact, LinkFact, RetransmitCause, TransportFact,
};
use base::{Nic, Port};
use scope::Wants;

use super::source::Kind;
use super::tables::Tables;
use super::value::Value;

/// A kind of event as a source.
pub(super) struct EventSource {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// What must be recorded for it.
    pub(super) wants: Wants,
    /// Whether an event is of this kind.
    pub(super) takes: fn(&Fact) -> bool,
    /// Fields besides `at` and `node`.
    pub(super) fields: &'static [EventField],
}

/// A field of an event.
pub(super) struct EventField {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) about: &'static str,
    pub(super) get: for<'a> fn(&'a Tables<'a>, &'a Event) -> Value<'a>,
}

/// The name of the interface at which an event happened.
fn interface<'a>(tables: &'a Tables<'a>, event: &Event, port: Port) -> &'a str {
    tables.nic_name(Nic { node: event.node, port })
}

/// `name: "about", wants, pattern of the fact => { field: Kind = value, "about"; … }`
macro_rules! sources {
    ($($name:ident: $about:literal, $wants:expr, |$tables:ident, $event:ident| $pattern:pat => {
        $($field:ident: $kind:ident = $value:expr, $what:literal;)*
    })*) => {
        /// Every kind of event that is a source.
        #[allow(unused_variables, reason = "a field needs only a part of what its event's pattern binds")]
        pub(super) static EVENTS: &[EventSource] = &[$(EventSource {
            name: stringify!($name),
            about: $about,
            wants: $wants,
            takes: |fact| matches!(fact, $pattern),
            fields: &[$(EventField {
                name: stringify!($field),
                kind: Kind::$kind,
                about: $what,
                get: |$tables, $event| match &$event.fact {
                    $pattern => $value.into(),
                    _ => Value::Absent,
                },
            },)*],
        },)*];
    };
}

sources! {
    drops: "a packet was dropped", DROPS, |tables, event| Fact::Drop(reason) => {
        reason: Text = reason.text(), "why: 'queue full'";
        layer: Text = layer(*reason), "'link', 'internet' or 'transport'";
        packet: Number = event.cause.0 as f64, "which packet: the same number on every hop";
    }
    states: "a TCP connection changed its state", TRANSPORT,
    |tables, event| Fact::Transport(TransportFact::State { flow, from, to }) => {
        from: Text = from.to_string(), "the state before: 'SYN-SENT'";
        to: Text = to.to_string(), "the state after";
        local: Text = flow.local.to_string(), "this end: '10.0.1.1:49152'";
        remote: Text = flow.remote.to_string(), "the other end";
    }
    retransmits: "a TCP segment was sent again", TRANSPORT,
    |tables, event| Fact::Transport(TransportFact::Retransmit { flow, seq, len, cause }) => {
        seq: Number = seq.0, "its first byte, as in tcp.seq_raw";
        len: Number = *len as f64, "bytes";
        cause: Text = retransmit_cause(*cause),
            "'timeout', 'fast retransmit', 'recovery', 'tail probe' or 'window probe'";
        local: Text = flow.local.to_string(), "this end";
        remote: Text = flow.remote.to_string(), "the other end";
    }
    congestion: "a congestion window changed for a reason worth telling", TRANSPORT,
    |tables, event| Fact::Transport(TransportFact::Congestion { flow, why, cwnd, ssthresh }) => {
        why: Text = *why, "'third duplicate ACK', …";
        before: Number = cwnd.0, "the window before, bytes";
        cwnd: Number = cwnd.1, "the window after, bytes";
        ssthresh: Number = *ssthresh, "the slow-start threshold after, bytes";
        local: Text = flow.local.to_string(), "this end";
        remote: Text = flow.remote.to_string(), "the other end";
    }
    backoffs: "a retransmission timer ran out and was doubled", TRANSPORT,
    |tables, event| Fact::Transport(TransportFact::Backoff { flow, rto }) => {
        rto: Time = *rto, "the next timeout";
        local: Text = flow.local.to_string(), "this end";
        remote: Text = flow.remote.to_string(), "the other end";
    }
    failures: "a TCP connection ended with an error", TRANSPORT,
    |tables, event| Fact::Transport(TransportFact::Failed { flow, why }) => {
        why: Text = *why, "'connection refused', …";
        local: Text = flow.local.to_string(), "this end";
        remote: Text = flow.remote.to_string(), "the other end";
    }
    metrics: "what a TCP sender reckons with, told after everything that changed a part of it", METRICS,
    |tables, event| Fact::Transport(TransportFact::Metrics { flow, metrics }) => {
        cwnd: Number = metrics.cwnd, "congestion window, bytes";
        ssthresh: Number = Some(metrics.ssthresh).filter(|bytes| *bytes != u32::MAX),
            "slow-start threshold, bytes; absent while there is none";
        in_flight: Number = metrics.in_flight, "sent, neither acknowledged nor thought lost, bytes";
        mss: Number = metrics.mss, "largest segment, bytes";
        srtt: Time = metrics.srtt, "smoothed round trip; absent before the first sample";
        rto: Time = metrics.rto, "retransmission timeout";
        delivered: Number = metrics.delivered as f64, "acknowledged since the connection began, bytes";
        phase: Text = metrics.phase, "'slow start', 'avoidance', 'recovery' or 'loss'";
        local: Text = flow.local.to_string(), "this end";
        remote: Text = flow.remote.to_string(), "the other end";
    }
    queues: "the queue in front of a link became longer or shorter", METRICS,
    |tables, event| Fact::Link(LinkFact::Queue { port, frames }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'r1.eth0'";
        frames: Number = *frames, "frames that wait now";
    }
    fragmented: "a packet was split because it was larger than a link's MTU", NETWORK,
    |tables, event| Fact::Internet(InternetFact::Fragmented { pieces, mtu }) => {
        pieces: Number = *pieces as f64, "into how many";
        mtu: Number = *mtu as f64, "of which MTU, bytes";
    }
    reassembled: "all fragments of a datagram arrived", NETWORK,
    |tables, event| Fact::Internet(InternetFact::Reassembled { len }) => {
        len: Number = *len as f64, "the datagram's payload, bytes";
    }
    icmp_errors: "a node answered a packet by an ICMP error", NETWORK,
    |tables, event| Fact::Internet(InternetFact::IcmpErrorSent { to, message }) => {
        to: Text = Value::Ip(*to), "to which address";
        message: Text = *message, "what it says";
    }
    neighbors: "a neighbour's hardware address became known, or nobody answered for it", NETWORK,
    |tables, event| Fact::Link(
        fact @ (LinkFact::NeighborFound { port, ip, .. } | LinkFact::NeighborSilent { port, ip })
    ) => {
        nic: Text = interface(tables, event, *port), "on which interface";
        ip: Text = Value::Ip(*ip), "whose";
        mac: Text = mac(fact), "the answer; absent when there was none";
        found: Bool = Value::Bool(matches!(fact, LinkFact::NeighborFound { .. })), "whether there was an answer";
    }
    link_states: "a reliable link was set up, or is gone", NETWORK,
    |tables, event| Fact::Link(LinkFact::Arq { port, fact: ArqFact::State { from, to } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        from: Text = *from, "the state before: 'connecting'";
        to: Text = *to, "the state after";
    }
    link_windows: "the windows of a reliable link moved", NETWORK,
    |tables, event| Fact::Link(LinkFact::Arq { port, fact: ArqFact::Window { oldest, next, expected, held } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        oldest: Number = u32::from(*oldest), "V(A): the oldest frame that is not acknowledged";
        next: Number = u32::from(*next), "V(S): the number of the next new frame";
        expected: Number = u32::from(*expected), "V(R): the number of the frame that is expected";
        held: Number = u32::from(*held), "frames beyond that one that are held";
    }
    link_resends: "a reliable link sent a frame again", NETWORK,
    |tables, event| Fact::Link(LinkFact::Arq { port, fact: ArqFact::Resend { number, why } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        number: Number = u32::from(*number), "N(S)";
        why: Text = *why, "'timeout', 'REJ', 'SREJ', …";
    }
    link_timers: "a timer of a reliable link was started or stopped, or ran out", NETWORK,
    |tables, event| Fact::Link(LinkFact::Arq { port, fact: ArqFact::Timer { name, what } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        name: Text = *name, "'T1', …";
        what: Text = *what, "'started', 'stopped' or 'expired'";
    }
    link_delivered: "a reliable link gave the information of a frame to its host", NETWORK,
    |tables, event| Fact::Link(LinkFact::Arq { port, fact: ArqFact::Deliver { number, len } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        number: Number = u32::from(*number), "N(S)";
        len: Number = *len as f64, "bytes";
    }
    collisions: "a transmission on a shared wire collided", NETWORK,
    |tables, event| Fact::Link(LinkFact::Access { port, fact: AccessFact::Collision { attempt, bits, late } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        attempt: Number = *attempt, "how often this frame has collided, this time included";
        bits: Number = *bits as f64, "bits sent until it was noticed";
        late: Bool = Value::Bool(*late), "whether it came later than the slot time allows";
    }
    backed_off: "a station drew how many slots it waits for a shared medium", NETWORK,
    |tables, event| Fact::Link(LinkFact::Access { port, fact: AccessFact::Backoff { slots, of } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        slots: Number = *slots, "how many";
        of: Number = *of, "drawn from 0 to this number less one";
    }
    unanswered: "a frame on the air got no answer in time", NETWORK,
    |tables, event| Fact::Link(LinkFact::Access { port, fact: AccessFact::Unanswered { attempt } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        attempt: Number = *attempt, "how often this frame was sent, this time included";
    }
    bridge_ports: "a bridge's port got a part in the spanning tree", NETWORK,
    |tables, event| Fact::Link(LinkFact::Bridge { port, fact: BridgeFact::Role { role, state } }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
        role: Text = *role, "'root', 'designated', 'alternate', 'backup' or 'disabled'";
        state: Text = *state, "'discarding', 'learning' or 'forwarding'";
    }
    storms: "a bridge saw that frames go round in a loop", NETWORK,
    |tables, event| Fact::Link(LinkFact::Bridge { port, fact: BridgeFact::Storm }) => {
        nic: Text = interface(tables, event, *port), "the interface: 'a.eth0'";
    }
    facts: "all that programs recorded; besides these, the fields that the program named", Wants::APP,
    |tables, event| Fact::App(fact) => {
        protocol: Text = fact.protocol, "'dns', 'bulk', …";
        step: Text = fact.step, "'answer', 'done', …";
        span: Number = fact.span as f64, "ties the steps of one activity together";
    }
}

fn layer(reason: DropReason) -> &'static str {
    match reason {
        DropReason::Link(_) => "link",
        DropReason::Internet(_) => "internet",
        DropReason::Transport(_) => "transport",
    }
}

fn retransmit_cause(cause: RetransmitCause) -> &'static str {
    match cause {
        RetransmitCause::Timeout => "timeout",
        RetransmitCause::FastRetransmit => "fast retransmit",
        RetransmitCause::Recovery => "recovery",
        RetransmitCause::TailProbe => "tail probe",
        RetransmitCause::WindowProbe => "window probe",
    }
}

fn mac(fact: &LinkFact) -> Option<String> {
    match fact {
        LinkFact::NeighborFound { mac, .. } => Some(mac.to_string()),
        _ => None,
    }
}

const TRANSPORT: Wants = Wants { transport: true, ..Wants::NONE };
const NETWORK: Wants = Wants { network: true, ..Wants::NONE };
const METRICS: Wants = Wants { metrics: true, ..Wants::NONE };
const DROPS: Wants = Wants { drops: true, ..Wants::NONE };
