//! Traceroute: packets whose time ends on the way, and who says so (RFC 792, RFC 1812 section 4.3.2.4).

use std::net::IpAddr;

use base::{Duration, PacketId};
use bytes::Bytes;
use net::{BindError, Net, RawPacket, RawSocket, SendError};
use wire::icmpv4::{self, Message};
use wire::ip::Protocol;
use wire::{PacketBuf, udp};

/// What is sent, and how patiently an answer is waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Traceroute {
    /// What is sent.
    pub probe: Probe,
    /// Packets for each hop.
    pub probes: u16,
    /// The first hop.
    pub first: u8,
    /// The last hop that is tried.
    pub last: u8,
    /// How long each answer is waited for.
    pub patience: Duration,
    /// Bytes of data in each.
    pub size: usize,
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Probe {
    /// UDP to ports on which hardly anybody listens, from 33434 on, each probe the next.
    #[default]
    Udp,
    /// ICMP echo requests.
    Echo,
}

impl Default for Traceroute {
    fn default() -> Self {
        Traceroute { probe: Probe::Udp, probes: 3, first: 1, last: 30, patience: Duration::from_secs(3), size: 32 }
    }
}

/// What became of one probe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hop {
    /// Its time to live: how many hops it could go.
    pub ttl: u8,
    /// Which of the probes for this hop, from 1.
    pub probe: u16,
    /// What came back.
    pub outcome: HopOutcome,
}

/// What came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HopOutcome {
    /// A router on the way said that its time had ended.
    Passed {
        /// Who.
        from: IpAddr,
        /// After so long.
        rtt: Duration,
    },
    /// The destination itself answered.
    Arrived {
        /// Who.
        from: IpAddr,
        /// After so long.
        rtt: Duration,
    },
    /// Somebody said that it cannot go on.
    Unreachable {
        /// Who.
        from: IpAddr,
        /// After so long.
        rtt: Duration,
        /// What it said.
        said: &'static str,
    },
    /// It could not be sent.
    NotSent(SendError),
    /// Nothing.
    Silence,
}

/// How a trace ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The destination answered.
    Reached,
    /// Somebody on the way said that it cannot be reached.
    Unreachable,
    /// The last hop was tried.
    TooFar,
}

/// Sends probes that may go one hop, two hops, …, one after the other, and tells each fate as soon as it is known.
pub async fn traceroute(net: &Net, to: IpAddr, how: &Traceroute, mut tell: impl FnMut(&Hop)) -> Result<End, BindError> {
    let tracer = Tracer {
        net,
        to,
        how,
        icmp: net.raw_open(Protocol::ICMP.0)?,
        udp: net.raw_open(Protocol::UDP.0)?,
        id: net.random("traceroute").next_u64() as u16 | EPHEMERAL,
    };
    let mut number = 0;
    for ttl in how.first..=how.last {
        let mut end = None;
        for probe in 1..=how.probes {
            let outcome = tracer.probe(ttl, number).await;
            number += 1;
            match &outcome {
                HopOutcome::Arrived { .. } => end = Some(End::Reached),
                HopOutcome::Unreachable { .. } | HopOutcome::NotSent(_) => end = end.or(Some(End::Unreachable)),
                HopOutcome::Passed { .. } | HopOutcome::Silence => {}
            }
            tell(&Hop { ttl, probe, outcome });
        }
        if let Some(end) = end {
            return Ok(end);
        }
    }
    Ok(End::TooFar)
}

struct Tracer<'a> {
    net: &'a Net,
    to: IpAddr,
    how: &'a Traceroute,
    icmp: RawSocket,
    udp: RawSocket,
    /// The source port of UDP, or the identifier of ICMP: what is ours.
    id: u16,
}

impl Tracer<'_> {
    async fn probe(&self, ttl: u8, number: u16) -> HopOutcome {
        let sent = self.net.now();
        let data = Bytes::from((0..self.how.size).map(|at| at as u8).collect::<Vec<u8>>());
        let mut packet = PacketBuf::new(PacketId::NONE, data);
        let result = match self.how.probe {
            Probe::Echo => {
                Message::EchoRequest { id: self.id, seq: number + 1 }.push(&mut packet);
                self.icmp.send_to(self.to, Some(ttl), &packet.contiguous())
            }
            Probe::Udp => match source(self.net, self.to) {
                None => Err(SendError::NoRoute(self.to)),
                Some(from) => {
                    udp::Header::new(self.id, FIRST_PORT.wrapping_add(number)).push(&mut packet, from, self.to);
                    self.udp.send_to(self.to, Some(ttl), &packet.contiguous())
                }
            },
        };
        if let Err(error) = result {
            return HopOutcome::NotSent(error);
        }
        loop {
            let left = sent + self.how.patience - self.net.now();
            match self.net.timeout(left, self.icmp.recv()).await {
                Err(_) => return HopOutcome::Silence,
                Ok(packet) => {
                    if let Some(outcome) = self.read(&packet, number, self.net.now() - sent) {
                        return outcome;
                    }
                }
            }
        }
    }

    /// What a packet says about our probe; `None`: it is about something else.
    fn read(&self, packet: &RawPacket, number: u16, rtt: Duration) -> Option<HopOutcome> {
        let message = Message::parse([&packet.data, &[]]).ok()?;
        let from = packet.from;
        if let Message::EchoReply { id, seq } = message {
            let ours = self.how.probe == Probe::Echo && from == self.to && (id, seq) == (self.id, number + 1);
            return ours.then_some(HopOutcome::Arrived { from, rtt });
        }
        // An error quotes the packet that it is about: an IPv4 header and at least eight bytes.
        let quote = packet.data.get(icmpv4::LEN..)?;
        let header_len = usize::from(quote.first()? & 0x0f) * 4;
        let quoted = quote.get(header_len..header_len + 8)?;
        let word = |at: usize| u16::from_be_bytes([quoted[at], quoted[at + 1]]);
        let ours = match self.how.probe {
            Probe::Udp => (word(0), word(2)) == (self.id, FIRST_PORT.wrapping_add(number)),
            Probe::Echo => quoted[0] == 8 && (word(4), word(6)) == (self.id, number + 1),
        };
        match message {
            _ if !ours => None,
            Message::TimeExceeded { .. } => Some(HopOutcome::Passed { from, rtt }),
            Message::DestinationUnreachable { .. } if from == self.to => Some(HopOutcome::Arrived { from, rtt }),
            Message::DestinationUnreachable { code, .. } => {
                Some(HopOutcome::Unreachable { from, rtt, said: code.text() })
            }
            _ => None,
        }
    }
}

/// The address from which the host speaks to `to`: UDP's checksum covers it.
fn source(net: &Net, to: IpAddr) -> Option<IpAddr> {
    let route = net.routes().into_iter().filter(|route| route.to.contains(to)).max_by_key(|route| route.to.prefix())?;
    let interface = net.interfaces().into_iter().find(|interface| interface.port == route.port)?;
    let near = route.via.unwrap_or(to);
    let family = || interface.addresses.iter().filter(|cidr| cidr.address().is_ipv4() == to.is_ipv4());
    family().find(|cidr| cidr.contains(near)).or_else(|| family().next()).map(|cidr| cidr.address())
}

/// The first port of classic traceroute.
const FIRST_PORT: u16 = 33_434;
/// Ports from here on are for clients.
const EPHEMERAL: u16 = 0xc000;
