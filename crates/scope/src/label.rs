//! A packet in one short phrase, TCP's numbers counted from the connection's start.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use base::SeqNum;
use wire::arp::Operation;
use wire::dot11;
use wire::hdlc::Control;
use wire::icmpv4::Message;
use wire::tcp::Flags;

use crate::dissect::dns;
use crate::view::{Ip, Net, Station, Tcp, Transport, Udp, View};

/// Gives labels to packets, in the order in which they were sent.
pub(crate) struct Labels {
    halves: BTreeMap<(SocketAddr, SocketAddr), Half>,
    /// Whether ports must tell connections apart.
    with_ports: bool,
}

/// One direction of a connection.
#[derive(Clone, Copy)]
struct Half {
    isn: SeqNum,
    /// Behind the last byte sent so far.
    next: SeqNum,
}

impl Labels {
    pub(crate) fn new(with_ports: bool) -> Self {
        Labels { halves: BTreeMap::new(), with_ports }
    }

    pub(crate) fn of(&mut self, view: &View<'_>) -> String {
        let carried = self.carried(view);
        match &view.station {
            Some(Station::Hdlc(Control::I { ns, nr, .. }, len)) => match view.net {
                Net::Other => format!("I {ns} (ack {nr}) {len} bytes"),
                _ => format!("I {ns}: {carried}"),
            },
            Some(Station::Hdlc(Control::S { kind, nr, .. }, _)) => format!("{} {nr}", kind.name()),
            Some(Station::Hdlc(Control::U { kind, .. }, _)) => kind.name().into(),
            Some(Station::Air(header)) if header.kind != dot11::Kind::Data => header.kind.name().into(),
            Some(Station::Air(header)) if matches!(view.net, Net::Other) => format!("data {}", header.sequence),
            _ => carried,
        }
    }

    fn carried(&mut self, view: &View<'_>) -> String {
        match &view.net {
            Net::Arp(arp) => match arp.operation {
                Operation::Request => format!("ARP who has {}?", arp.target_ip),
                Operation::Reply => format!("ARP {} is at {}", arp.sender_ip, arp.sender_mac),
                Operation::Other(code) => format!("ARP operation {code}"),
            },
            Net::Ip(ip) => self.of_ip(view, ip),
            Net::Other => match view.ethernet {
                Some(header) => format!("frame of type {}", header.ethertype),
                None => "frame".into(),
            },
        }
    }

    fn of_ip(&mut self, view: &View<'_>, ip: &Ip<'_>) -> String {
        let text = match (ip.transport, view.tcp(), view.udp()) {
            (_, Some(segment), _) => self.of_tcp(&segment),
            (_, _, Some(datagram)) => of_udp(&datagram),
            (Transport::Icmp(message, _), ..) => of_icmp(message),
            (Transport::Other(protocol, data), ..) => format!("{protocol}, {} bytes", data.len()),
            _ => String::new(),
        };
        if ip.fragment { format!("{text} (fragment)") } else { text }
    }

    fn of_tcp(&mut self, segment: &Tcp<'_>) -> String {
        let (relative, again) = self.place(segment);
        let header = &segment.header;
        let mut text = String::new();
        if self.with_ports {
            let _ = write!(text, "{}>{} ", header.src_port, header.dst_port);
        }
        text.push_str(&flags(header.flags));
        if !segment.is_empty() || header.flags.intersects(Flags::SYN | Flags::FIN | Flags::RST) {
            let _ = write!(text, " seq={relative}");
        }
        if !segment.data.is_empty() {
            let _ = write!(text, " len={}", segment.data.len());
        }
        if segment.has(Flags::ACK) {
            let _ = write!(text, " ack={}", self.acknowledged(segment));
        }
        if let Some(mss) = header.options.mss {
            let _ = write!(text, " mss={mss}");
        }
        if header.window == 0 && !segment.has(Flags::RST) {
            text.push_str(" win=0");
        }
        for (left, right) in header.options.sack.iter() {
            let isn = self.halves.get(&(segment.dst, segment.src)).map_or(left, |half| half.isn);
            let _ = write!(text, " sack={}-{}", left - isn, right - isn);
        }
        if again {
            text.push_str(" (again)");
        }
        text
    }

    /// The segment's number from the connection's start, and whether it was sent before.
    fn place(&mut self, segment: &Tcp<'_>) -> (u32, bool) {
        let (seq, end) = (segment.header.seq, segment.header.seq + segment.len());
        let key = (segment.src, segment.dst);
        let fresh = Half { isn: if segment.has(Flags::SYN) { seq } else { seq - 1 }, next: end };
        let known = self.halves.get(&key).copied().filter(|half| !segment.has(Flags::SYN) || half.isn == seq);
        let Some(half) = known else {
            self.halves.insert(key, fresh);
            return (seq - fresh.isn, false);
        };
        let again = !segment.is_empty() && end.at_most(half.next);
        self.halves.insert(key, Half { next: half.next.max(end), ..half });
        (seq - half.isn, again)
    }

    fn acknowledged(&mut self, segment: &Tcp<'_>) -> u32 {
        let ack = segment.header.ack;
        let unknown = Half { isn: ack - 1, next: ack };
        ack - self.halves.entry((segment.dst, segment.src)).or_insert(unknown).isn
    }
}

/// `SYN ACK`; PSH is left out, `data` stands for no flag at all.
fn flags(flags: Flags) -> String {
    let names = [
        (Flags::SYN, "SYN"),
        (Flags::FIN, "FIN"),
        (Flags::RST, "RST"),
        (Flags::ACK, "ACK"),
        (Flags::URG, "URG"),
        (Flags::ECE, "ECE"),
        (Flags::CWR, "CWR"),
    ];
    let set: Vec<_> = names.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name).collect();
    if set.is_empty() { "no flags".into() } else { set.join(" ") }
}

fn of_udp(datagram: &Udp<'_>) -> String {
    let (src, dst) = (datagram.src.port(), datagram.dst.port());
    if (src == dns::PORT || dst == dns::PORT)
        && let Some(message) = dns::Message::parse(datagram.data)
    {
        return format!("DNS {}", message.brief());
    }
    if let (67 | 68, 67 | 68) = (src, dst) {
        return match wire::dhcp::Message::parse(datagram.data) {
            Ok(message) => message.message_type().map_or("BOOTP", |kind| kind.name()).into(),
            Err(_) => "DHCP, malformed".into(),
        };
    }
    format!("UDP {src}>{dst} len={}", datagram.data.len())
}

fn of_icmp(message: Message) -> String {
    match message {
        Message::EchoRequest { seq, .. } => format!("ICMP echo request seq={seq}"),
        Message::EchoReply { seq, .. } => format!("ICMP echo reply seq={seq}"),
        Message::DestinationUnreachable { code, .. } => format!("ICMP {}", code.text()),
        Message::TimeExceeded { code } => format!("ICMP {}", code.text()),
        Message::Redirect { gateway, .. } => format!("ICMP redirect to {gateway}"),
        Message::ParameterProblem { pointer, .. } => format!("ICMP parameter problem at byte {pointer}"),
        Message::Other { kind, code, .. } => format!("ICMP type {kind} code {code}"),
    }
}
