//! Ping and traceroute: what a program learns by ICMP (RFC 792).

mod traceroute;

use std::fmt;
use std::net::IpAddr;

use base::{Duration, Instant, PacketId};
use net::{BindError, Net, SendError};
use wire::icmpv4::Message;
use wire::ip::Protocol;
use wire::{PacketBuf, icmpv4};

pub use traceroute::{End, Hop, HopOutcome, Probe, Traceroute, traceroute};

/// What is sent, and how patiently an answer is waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ping {
    /// Requests.
    pub count: u16,
    /// Pause between them.
    pub interval: Duration,
    /// How long each answer is waited for.
    pub patience: Duration,
    /// Bytes of data in each.
    pub size: usize,
    /// The time to live of the requests; none: the host's usual one.
    pub ttl: Option<u8>,
}

impl Default for Ping {
    fn default() -> Self {
        Ping { count: 4, interval: Duration::from_secs(1), patience: Duration::from_secs(2), size: 56, ttl: None }
    }
}

/// What became of one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Echo {
    /// Its number, from 1.
    pub seq: u16,
    /// What came back.
    pub outcome: EchoOutcome,
}

/// What came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EchoOutcome {
    /// The answer.
    Reply {
        /// After so long.
        rtt: Duration,
        /// The answer's time to live on arrival.
        ttl: u8,
    },
    /// A router or the host said why not.
    Error {
        /// Who.
        from: IpAddr,
        /// What it said.
        said: String,
    },
    /// The request could not be sent.
    NotSent(SendError),
    /// Nothing.
    Silence,
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seq={} ", self.seq)?;
        match &self.outcome {
            EchoOutcome::Reply { rtt, ttl } => write!(f, "ttl={ttl} time={rtt}"),
            EchoOutcome::Error { from, said } => write!(f, "{from} said: {said}"),
            EchoOutcome::NotSent(error) => write!(f, "not sent: {error}"),
            EchoOutcome::Silence => f.write_str("no answer"),
        }
    }
}

/// Sends echo requests one after the other, waits for each answer, and tells each fate as soon as it is known.
pub async fn ping(net: &Net, to: IpAddr, ping: &Ping, mut tell: impl FnMut(&Echo)) -> Result<(), BindError> {
    let socket = net.raw_open(Protocol::ICMP.0)?;
    let id = net.random("ping").next_u64() as u16;
    for seq in 1..=ping.count {
        let sent = net.now();
        let outcome = match socket.send_to(to, ping.ttl, &request(id, seq, ping.size)) {
            Err(error) => EchoOutcome::NotSent(error),
            Ok(()) => loop {
                let left = sent + ping.patience - net.now();
                match net.timeout(left, socket.recv()).await {
                    Err(_) => break EchoOutcome::Silence,
                    Ok(packet) => {
                        if let Some(outcome) = read(&packet, to, id, seq, net.now() - sent) {
                            break outcome;
                        }
                    }
                }
            },
        };
        tell(&Echo { seq, outcome });
        if seq < ping.count {
            net.sleep_until(next(sent, ping.interval, net.now())).await;
        }
    }
    Ok(())
}

fn next(sent: Instant, interval: Duration, now: Instant) -> Instant {
    (sent + interval).max(now)
}

fn request(id: u16, seq: u16, size: usize) -> Vec<u8> {
    let data: Vec<u8> = (0..size).map(|at| at as u8).collect();
    let mut packet = PacketBuf::from_vec(PacketId::NONE, data);
    Message::EchoRequest { id, seq }.push(&mut packet);
    packet.contiguous()
}

/// What a packet says about our request; `None`: it is about something else.
fn read(packet: &net::RawPacket, to: IpAddr, id: u16, seq: u16, rtt: Duration) -> Option<EchoOutcome> {
    let message = Message::parse([&packet.data, &[]]).ok()?;
    if let Message::EchoReply { id: their_id, seq: their_seq } = message {
        let ours = packet.from == to && (their_id, their_seq) == (id, seq);
        return ours.then_some(EchoOutcome::Reply { rtt, ttl: packet.ttl });
    }
    let said = match message {
        Message::DestinationUnreachable { code, .. } => code.text().to_owned(),
        Message::TimeExceeded { code } => code.text().to_owned(),
        _ => return None,
    };
    // An error quotes the packet it is about: an IPv4 header and at least our eight bytes.
    let quote = packet.data.get(icmpv4::LEN..)?;
    let header_len = usize::from(quote.first()? & 0x0f) * 4;
    let echo = quote.get(header_len..header_len + icmpv4::LEN)?;
    let ours = echo[0] == 8 && echo[4..6] == id.to_be_bytes() && echo[6..8] == seq.to_be_bytes();
    ours.then_some(EchoOutcome::Error { from: packet.from, said })
}
