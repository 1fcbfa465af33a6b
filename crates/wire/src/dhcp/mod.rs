//! Dynamic Host Configuration Protocol messages: RFC 2131, section 2; options: RFC 2132.
//!
//! ```text
//! | op htype hlen hops | xid | secs flags | ciaddr | yiaddr | siaddr | giaddr | chaddr (16) |
//! | sname (64) | file (128) | magic cookie (4) | options: code length value ... End | Pad ... to 300 bytes
//! ```

mod dissect;
mod emit;
mod option;

use option::Walk;

pub(crate) use dissect::dissect;
pub use option::{DhcpOption, code, name as option_name};

use std::fmt;
use std::net::Ipv4Addr;
use std::ops::Range;

use base::Mac;

use crate::{Error, Problem, Result};

/// Where servers listen.
pub const SERVER_PORT: u16 = 67;

/// Where clients listen.
pub const CLIENT_PORT: u16 = 68;

/// The shortest message that is sent: what BOOTP relays and servers expect.
//= rfc1542#2.1
pub const MIN_LEN: usize = 300;

/// The longest message that any client accepts: 576 bytes of packet without IP and UDP headers.
//= rfc2131#2
pub const MAX_LEN: usize = 548;

const MAGIC: [u8; 4] = [99, 130, 83, 99];
const SNAME: Range<usize> = 44..108;
const FILE: Range<usize> = 108..236;
const COOKIE: Range<usize> = 236..240;
const BROADCAST: u16 = 0x8000;
const OVERLOAD_FILE: u8 = 1;
const OVERLOAD_SNAME: u8 = 2;

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// A client (`BOOTREQUEST`).
    Request,
    /// A server (`BOOTREPLY`).
    Reply,
}

/// What a message says (option 53).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessageType {
    /// Client: is there a server?
    Discover,
    /// Server: you can have this address.
    Offer,
    /// Client: I want it; or: I want to keep it.
    Request,
    /// Client: somebody else uses it already.
    Decline,
    /// Server: it is yours.
    Ack,
    /// Server: no longer, or never.
    Nak,
    /// Client: I do not need it any more.
    Release,
    /// Client: I have an address, tell me the rest.
    Inform,
}

impl MessageType {
    const ALL: [(MessageType, &'static str); 8] = [
        (MessageType::Discover, "DHCPDISCOVER"),
        (MessageType::Offer, "DHCPOFFER"),
        (MessageType::Request, "DHCPREQUEST"),
        (MessageType::Decline, "DHCPDECLINE"),
        (MessageType::Ack, "DHCPACK"),
        (MessageType::Nak, "DHCPNAK"),
        (MessageType::Release, "DHCPRELEASE"),
        (MessageType::Inform, "DHCPINFORM"),
    ];

    /// The number on the wire.
    pub const fn code(self) -> u8 {
        self as u8 + 1
    }

    /// The type that has this number.
    pub fn from_code(code: u8) -> Option<MessageType> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).map(|(kind, _)| *kind)
    }

    /// The name in RFC 2131: `DHCPDISCOVER`.
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One message, for clients on Ethernet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Who speaks.
    pub op: Op,
    /// Relays passed.
    pub hops: u8,
    /// Chosen by the client; the same in all messages of one exchange.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// The client cannot take unicast yet: answer by broadcast.
    pub broadcast: bool,
    /// The client's address, if it can already answer ARP for it.
    pub ciaddr: Ipv4Addr,
    /// "Your" address: what the server gives.
    pub yiaddr: Ipv4Addr,
    /// The next server to boot from.
    pub siaddr: Ipv4Addr,
    /// The relay that the message passed.
    pub giaddr: Ipv4Addr,
    /// The client's hardware address.
    pub chaddr: Mac,
    /// The server's name; at most 63 bytes are sent.
    pub sname: String,
    /// The boot file's name; at most 127 bytes are sent.
    pub file: String,
    /// The options in their order, without Pad, End and Option Overload; each code once.
    pub options: Vec<DhcpOption>,
}

impl Message {
    /// A message without options.
    pub fn new(op: Op, xid: u32, chaddr: Mac) -> Message {
        Message {
            op,
            hops: 0,
            xid,
            secs: 0,
            broadcast: false,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr,
            sname: String::new(),
            file: String::new(),
            options: Vec::new(),
        }
    }

    /// The same with one more option.
    #[must_use]
    pub fn with(mut self, option: DhcpOption) -> Message {
        self.options.push(option);
        self
    }

    /// Reads a message: the data of a UDP datagram.
    //= rfc2131#2
    pub fn parse(bytes: &[u8]) -> Result<Message> {
        let fail = |field, offset, problem| Err(Error::new("DHCP", field, offset, problem));
        let Some(fixed) = bytes.first_chunk::<240>() else {
            return fail("message", bytes.len(), Problem::TooShort);
        };
        let op = match fixed[0] {
            1 => Op::Request,
            2 => Op::Reply,
            _ => return fail("op", 0, Problem::BadValue),
        };
        if fixed[1] != 1 {
            return fail("htype", 1, Problem::BadValue);
        }
        if fixed[2] != 6 {
            return fail("hlen", 2, Problem::BadLength);
        }
        if fixed[COOKIE] != MAGIC {
            return fail("magic cookie", COOKIE.start, Problem::BadValue);
        }
        let (options, overload) = read_options(bytes)?;
        let ip = |at: usize| Ipv4Addr::from(std::array::from_fn::<u8, 4, _>(|i| fixed[at + i]));
        let name = |area: Range<usize>, bit| {
            if overload & bit != 0 { String::new() } else { until_zero(&fixed[area]) }
        };
        Ok(Message {
            op,
            hops: fixed[3],
            xid: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            secs: u16::from_be_bytes([fixed[8], fixed[9]]),
            broadcast: u16::from_be_bytes([fixed[10], fixed[11]]) & BROADCAST != 0,
            ciaddr: ip(12),
            yiaddr: ip(16),
            siaddr: ip(20),
            giaddr: ip(24),
            chaddr: Mac(std::array::from_fn(|i| fixed[28 + i])),
            sname: name(SNAME, OVERLOAD_SNAME),
            file: name(FILE, OVERLOAD_FILE),
            options,
        })
    }

    /// What the message says; `None` for plain BOOTP.
    pub fn message_type(&self) -> Option<MessageType> {
        self.find(|option| if let DhcpOption::MessageType(kind) = option { Some(*kind) } else { None })
    }

    /// The client's subnet mask.
    pub fn subnet_mask(&self) -> Option<Ipv4Addr> {
        self.find(|option| if let DhcpOption::SubnetMask(mask) = option { Some(*mask) } else { None })
    }

    /// The routers, the preferred one first.
    pub fn routers(&self) -> &[Ipv4Addr] {
        self.find(|option| if let DhcpOption::Router(list) = option { Some(&**list) } else { None }).unwrap_or(&[])
    }

    /// The name servers, the preferred one first.
    pub fn dns_servers(&self) -> &[Ipv4Addr] {
        self.find(|option| if let DhcpOption::DomainNameServer(list) = option { Some(&**list) } else { None })
            .unwrap_or(&[])
    }

    /// The client's name.
    pub fn host_name(&self) -> Option<&str> {
        self.find(|option| if let DhcpOption::HostName(name) = option { Some(&**name) } else { None })
    }

    /// The domain in which the client looks up names.
    pub fn domain_name(&self) -> Option<&str> {
        self.find(|option| if let DhcpOption::DomainName(name) = option { Some(&**name) } else { None })
    }

    /// The subnet's broadcast address.
    pub fn broadcast_address(&self) -> Option<Ipv4Addr> {
        self.find(|option| if let DhcpOption::BroadcastAddress(ip) = option { Some(*ip) } else { None })
    }

    /// The address that the client wants.
    pub fn requested_ip(&self) -> Option<Ipv4Addr> {
        self.find(|option| if let DhcpOption::RequestedIp(ip) = option { Some(*ip) } else { None })
    }

    /// The server that the message is from or for.
    pub fn server_id(&self) -> Option<Ipv4Addr> {
        self.find(|option| if let DhcpOption::ServerId(ip) = option { Some(*ip) } else { None })
    }

    /// The lease, in seconds.
    pub fn lease_time(&self) -> Option<u32> {
        self.find(|option| if let DhcpOption::LeaseTime(seconds) = option { Some(*seconds) } else { None })
    }

    /// T1, in seconds.
    pub fn renewal_time(&self) -> Option<u32> {
        self.find(|option| if let DhcpOption::RenewalTime(seconds) = option { Some(*seconds) } else { None })
    }

    /// T2, in seconds.
    pub fn rebinding_time(&self) -> Option<u32> {
        self.find(|option| if let DhcpOption::RebindingTime(seconds) = option { Some(*seconds) } else { None })
    }

    /// The codes of the options that the client asks for.
    pub fn parameter_list(&self) -> &[u8] {
        self.find(|option| if let DhcpOption::ParameterList(codes) = option { Some(&**codes) } else { None })
            .unwrap_or(&[])
    }

    /// The largest message that the client accepts.
    pub fn max_message_size(&self) -> Option<u16> {
        self.find(|option| if let DhcpOption::MaxMessageSize(size) = option { Some(*size) } else { None })
    }

    /// Why the sender refused.
    pub fn reason(&self) -> Option<&str> {
        self.find(|option| if let DhcpOption::Message(text) = option { Some(&**text) } else { None })
    }

    /// The client's identity, if it gave one in place of its hardware address.
    pub fn client_id(&self) -> Option<&[u8]> {
        self.find(|option| if let DhcpOption::ClientId(id) = option { Some(&**id) } else { None })
    }

    fn find<'a, T>(&'a self, wanted: impl Fn(&'a DhcpOption) -> Option<T>) -> Option<T> {
        self.options.iter().find_map(wanted)
    }
}

/// Where options stand: the options field, then `file` and `sname` as far as Option Overload says so.
//= rfc2131#4.1
fn areas(message: &[u8]) -> (Vec<Range<usize>>, u8) {
    let field = COOKIE.end.min(message.len())..message.len();
    let overload = Walk::new(message, field.clone())
        .map_while(|option| option.ok())
        .find(|option| option.code == code::OVERLOAD)
        .and_then(|option| message[option.value()].first().copied())
        .unwrap_or(0);
    let mut areas = vec![field];
    if overload & OVERLOAD_FILE != 0 {
        areas.push(FILE);
    }
    if overload & OVERLOAD_SNAME != 0 {
        areas.push(SNAME);
    }
    (areas, overload)
}

/// All options; parts of one option that stand in several places are joined.
//= rfc2131#4.1
fn read_options(message: &[u8]) -> Result<(Vec<DhcpOption>, u8)> {
    let (areas, overload) = areas(message);
    let mut joined: Vec<(u8, usize, Vec<u8>)> = Vec::new();
    for area in areas {
        for option in Walk::new(message, area) {
            let option = option?;
            let value = &message[option.value()];
            match joined.iter_mut().find(|(code, _, _)| *code == option.code) {
                Some((_, _, bytes)) => bytes.extend_from_slice(value),
                None => joined.push((option.code, option.range.start, value.to_vec())),
            }
        }
    }
    let mut options = Vec::with_capacity(joined.len());
    for (code, at, value) in joined {
        if code != code::OVERLOAD {
            let unknown_type = code == code::MESSAGE_TYPE && value.len() == 1;
            let problem = if unknown_type { Problem::BadValue } else { Problem::BadLength };
            let wrong = || Error::new("DHCP", option_name(code), at + 1, problem);
            options.push(DhcpOption::decode(code, &value).ok_or_else(wrong)?);
        }
    }
    Ok((options, overload))
}

fn until_zero(bytes: &[u8]) -> String {
    option::text(bytes.split(|byte| *byte == 0).next().unwrap_or(&[]))
}

#[cfg(test)]
mod tests;
