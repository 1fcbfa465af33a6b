//! Which frames: `tcp().syn().to_port(80)`. The same words choose frames for a fault and for a question to the ladder.

use std::fmt;
use std::sync::Arc;

use base::LinkType;
use scope::view::{Net, Transport, View};
use wire::PacketBuf;
use wire::icmpv4::Message;
use wire::tcp::Flags;

type Test = Arc<dyn Fn(&View<'_>) -> bool + Send + Sync>;

/// A condition on a frame; every word added narrows it.
#[derive(Clone, Default)]
pub struct Filter {
    tests: Vec<Test>,
}

/// Every frame.
pub fn frames() -> Filter {
    Filter::default()
}

/// TCP segments.
pub fn tcp() -> Filter {
    frames().and(|view| view.tcp().is_some())
}

/// UDP datagrams.
pub fn udp() -> Filter {
    frames().and(|view| view.udp().is_some())
}

/// ARP packets.
pub fn arp() -> Filter {
    frames().and(|view| view.arp().is_some())
}

/// ICMP messages.
pub fn icmp() -> Filter {
    frames().and(|view| view.icmp().is_some())
}

impl Filter {
    /// Adds a condition of one's own.
    pub fn and(mut self, test: impl Fn(&View<'_>) -> bool + Send + Sync + 'static) -> Filter {
        self.tests.push(Arc::new(test));
        self
    }

    /// Whether a frame is meant.
    pub fn matches(&self, view: &View<'_>) -> bool {
        self.tests.iter().all(|test| test(view))
    }

    /// The same for a frame on a medium.
    pub(crate) fn matches_frame(&self, link_type: LinkType, frame: &PacketBuf) -> bool {
        self.matches(&View::of(link_type, &frame.contiguous()))
    }

    fn flags(self, test: impl Fn(Flags) -> bool + Send + Sync + 'static) -> Filter {
        self.and(move |view| view.tcp().is_some_and(|segment| test(segment.header.flags)))
    }

    /// A SYN without ACK.
    pub fn syn(self) -> Filter {
        self.flags(|flags| flags.contains(Flags::SYN) && !flags.contains(Flags::ACK))
    }

    /// A SYN with ACK.
    pub fn syn_ack(self) -> Filter {
        self.flags(|flags| flags.contains(Flags::SYN | Flags::ACK))
    }

    /// A FIN.
    pub fn fin(self) -> Filter {
        self.flags(|flags| flags.contains(Flags::FIN))
    }

    /// A reset.
    pub fn rst(self) -> Filter {
        self.flags(|flags| flags.contains(Flags::RST))
    }

    /// An acknowledgement and nothing else: no text, no SYN, FIN or RST.
    pub fn pure_ack(self) -> Filter {
        self.and(|view| view.tcp().is_some_and(|s| s.is_empty() && s.has(Flags::ACK) && !s.has(Flags::RST)))
    }

    /// With text.
    pub fn data(self) -> Filter {
        self.and(|view| payload(view).is_some_and(|data| !data.is_empty()))
    }

    /// With exactly `n` bytes of text.
    pub fn len(self, n: usize) -> Filter {
        self.and(move |view| payload(view).is_some_and(|data| data.len() == n))
    }

    /// With text that contains `part`.
    pub fn containing(self, part: &str) -> Filter {
        let part = part.as_bytes().to_vec();
        self.and(move |view| payload(view).is_some_and(|data| data.windows(part.len()).any(|at| at == part)))
    }

    /// From or to this port.
    pub fn port(self, port: u16) -> Filter {
        self.and(move |view| ports(view).is_some_and(|(src, dst)| src == port || dst == port))
    }

    /// To this port.
    pub fn to_port(self, port: u16) -> Filter {
        self.and(move |view| ports(view).is_some_and(|(_, dst)| dst == port))
    }

    /// From this port.
    pub fn from_port(self, port: u16) -> Filter {
        self.and(move |view| ports(view).is_some_and(|(src, _)| src == port))
    }

    /// With SACK blocks.
    pub fn sack(self) -> Filter {
        self.and(|view| view.tcp().is_some_and(|segment| !segment.header.options.sack.is_empty()))
    }

    /// A fragment of an IP packet, the first included.
    pub fn fragment(self) -> Filter {
        self.and(|view| view.ip().is_some_and(|ip| ip.fragment))
    }

    /// An ICMP error: not an echo.
    pub fn error(self) -> Filter {
        self.and(|view| {
            let message = view.icmp().map(|(_, message, _)| message);
            message.is_some_and(|m| !matches!(m, Message::EchoRequest { .. } | Message::EchoReply { .. }))
        })
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter of {} conditions", self.tests.len())
    }
}

fn transport<'a>(view: &'a View<'a>) -> Option<&'a Transport<'a>> {
    if let Net::Ip(ip) = &view.net { Some(&ip.transport) } else { None }
}

fn payload<'a>(view: &'a View<'a>) -> Option<&'a [u8]> {
    match transport(view)? {
        Transport::Tcp(_, data) | Transport::Udp(_, data) | Transport::Icmp(_, data) | Transport::Other(_, data) => {
            Some(data)
        }
    }
}

fn ports(view: &View<'_>) -> Option<(u16, u16)> {
    match transport(view)? {
        Transport::Tcp(header, _) => Some((header.src_port, header.dst_port)),
        Transport::Udp(header, _) => Some((header.src_port, header.dst_port)),
        _ => None,
    }
}
