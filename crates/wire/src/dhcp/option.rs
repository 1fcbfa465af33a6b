//! DHCP options: RFC 2132, and how they stand in a message: RFC 2131, section 4.1.

use std::fmt;
use std::net::Ipv4Addr;
use std::ops::Range;

use super::MessageType;
use crate::{Error, Problem, Result};

/// Numbers of the options that this crate knows by name.
pub mod code {
    /// Padding without length.
    pub const PAD: u8 = 0;
    /// Subnet mask.
    pub const SUBNET_MASK: u8 = 1;
    /// Routers, the preferred one first.
    pub const ROUTER: u8 = 3;
    /// Domain name servers, the preferred one first.
    pub const DOMAIN_NAME_SERVER: u8 = 6;
    /// The client's name.
    pub const HOST_NAME: u8 = 12;
    /// The domain in which the client looks up names.
    pub const DOMAIN_NAME: u8 = 15;
    /// The subnet's broadcast address.
    pub const BROADCAST_ADDRESS: u8 = 28;
    /// The address a client wants.
    pub const REQUESTED_IP: u8 = 50;
    /// Lease time, in seconds.
    pub const LEASE_TIME: u8 = 51;
    /// Options continue in `file` (1), `sname` (2), or both (3).
    pub const OVERLOAD: u8 = 52;
    /// The kind of message.
    pub const MESSAGE_TYPE: u8 = 53;
    /// The server a message is from or for.
    pub const SERVER_ID: u8 = 54;
    /// Codes of the options that a client asks for.
    pub const PARAMETER_LIST: u8 = 55;
    /// Why a server or client refused.
    pub const MESSAGE: u8 = 56;
    /// The largest message that the client accepts.
    pub const MAX_MESSAGE_SIZE: u8 = 57;
    /// T1, in seconds.
    pub const RENEWAL_TIME: u8 = 58;
    /// T2, in seconds.
    pub const REBINDING_TIME: u8 = 59;
    /// What kind of client software asks.
    pub const VENDOR_CLASS: u8 = 60;
    /// The client's identity, in place of its hardware address.
    pub const CLIENT_ID: u8 = 61;
    /// No option follows.
    pub const END: u8 = 255;
}

/// An option's name as in RFC 2132.
pub const fn name(code: u8) -> &'static str {
    match code {
        code::PAD => "Pad",
        code::SUBNET_MASK => "Subnet Mask",
        2 => "Time Offset",
        code::ROUTER => "Router",
        4 => "Time Server",
        5 => "Name Server",
        code::DOMAIN_NAME_SERVER => "Domain Name Server",
        7 => "Log Server",
        code::HOST_NAME => "Host Name",
        code::DOMAIN_NAME => "Domain Name",
        26 => "Interface MTU",
        code::BROADCAST_ADDRESS => "Broadcast Address",
        33 => "Static Route",
        42 => "Network Time Protocol Servers",
        43 => "Vendor Specific Information",
        code::REQUESTED_IP => "Requested IP Address",
        code::LEASE_TIME => "IP Address Lease Time",
        code::OVERLOAD => "Option Overload",
        code::MESSAGE_TYPE => "DHCP Message Type",
        code::SERVER_ID => "Server Identifier",
        code::PARAMETER_LIST => "Parameter Request List",
        code::MESSAGE => "Message",
        code::MAX_MESSAGE_SIZE => "Maximum DHCP Message Size",
        code::RENEWAL_TIME => "Renewal (T1) Time",
        code::REBINDING_TIME => "Rebinding (T2) Time",
        code::VENDOR_CLASS => "Vendor class identifier",
        code::CLIENT_ID => "Client-identifier",
        code::END => "End",
        _ => "Option",
    }
}

/// One option of a message. Times are seconds; [`u32::MAX`] means for ever.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DhcpOption {
    /// 1: the mask of the client's subnet.
    SubnetMask(Ipv4Addr),
    /// 3: routers on the client's subnet, the preferred one first; never empty.
    Router(Vec<Ipv4Addr>),
    /// 6: name servers, the preferred one first; never empty.
    DomainNameServer(Vec<Ipv4Addr>),
    /// 12: the client's name.
    HostName(String),
    /// 15: the domain in which the client looks up names.
    DomainName(String),
    /// 28: the subnet's broadcast address.
    BroadcastAddress(Ipv4Addr),
    /// 50: the address a client wants.
    RequestedIp(Ipv4Addr),
    /// 51: how long the address is lent.
    LeaseTime(u32),
    /// 53: what the message is.
    MessageType(MessageType),
    /// 54: which server it is from or for.
    ServerId(Ipv4Addr),
    /// 55: the options that the client asks for.
    ParameterList(Vec<u8>),
    /// 56: why something was refused.
    Message(String),
    /// 57: the largest message that the client accepts.
    MaxMessageSize(u16),
    /// 58: T1, when the client starts to renew.
    RenewalTime(u32),
    /// 59: T2, when the client starts to ask any server.
    RebindingTime(u32),
    /// 61: the client's identity; the first byte says of which kind.
    ClientId(Vec<u8>),
    /// Any other option: code and value.
    Other(u8, Vec<u8>),
}

impl DhcpOption {
    /// Reads an option's value; `None` if it has a length or a value that the option cannot have.
    pub fn decode(code: u8, value: &[u8]) -> Option<DhcpOption> {
        Some(match code {
            code::SUBNET_MASK => DhcpOption::SubnetMask(address(value)?),
            code::ROUTER => DhcpOption::Router(addresses(value)?),
            code::DOMAIN_NAME_SERVER => DhcpOption::DomainNameServer(addresses(value)?),
            code::HOST_NAME => DhcpOption::HostName(text(value)),
            code::DOMAIN_NAME => DhcpOption::DomainName(text(value)),
            code::BROADCAST_ADDRESS => DhcpOption::BroadcastAddress(address(value)?),
            code::REQUESTED_IP => DhcpOption::RequestedIp(address(value)?),
            code::LEASE_TIME => DhcpOption::LeaseTime(number(value)?),
            code::MESSAGE_TYPE => {
                let &[kind] = value else { return None };
                DhcpOption::MessageType(MessageType::from_code(kind)?)
            }
            code::SERVER_ID => DhcpOption::ServerId(address(value)?),
            code::PARAMETER_LIST => DhcpOption::ParameterList(value.to_vec()),
            code::MESSAGE => DhcpOption::Message(text(value)),
            code::MAX_MESSAGE_SIZE => DhcpOption::MaxMessageSize(u16::from_be_bytes(value.try_into().ok()?)),
            code::RENEWAL_TIME => DhcpOption::RenewalTime(number(value)?),
            code::REBINDING_TIME => DhcpOption::RebindingTime(number(value)?),
            code::CLIENT_ID => DhcpOption::ClientId(value.to_vec()),
            code => DhcpOption::Other(code, value.to_vec()),
        })
    }

    /// The option's code.
    pub const fn code(&self) -> u8 {
        match self {
            DhcpOption::SubnetMask(_) => code::SUBNET_MASK,
            DhcpOption::Router(_) => code::ROUTER,
            DhcpOption::DomainNameServer(_) => code::DOMAIN_NAME_SERVER,
            DhcpOption::HostName(_) => code::HOST_NAME,
            DhcpOption::DomainName(_) => code::DOMAIN_NAME,
            DhcpOption::BroadcastAddress(_) => code::BROADCAST_ADDRESS,
            DhcpOption::RequestedIp(_) => code::REQUESTED_IP,
            DhcpOption::LeaseTime(_) => code::LEASE_TIME,
            DhcpOption::MessageType(_) => code::MESSAGE_TYPE,
            DhcpOption::ServerId(_) => code::SERVER_ID,
            DhcpOption::ParameterList(_) => code::PARAMETER_LIST,
            DhcpOption::Message(_) => code::MESSAGE,
            DhcpOption::MaxMessageSize(_) => code::MAX_MESSAGE_SIZE,
            DhcpOption::RenewalTime(_) => code::RENEWAL_TIME,
            DhcpOption::RebindingTime(_) => code::REBINDING_TIME,
            DhcpOption::ClientId(_) => code::CLIENT_ID,
            DhcpOption::Other(code, _) => *code,
        }
    }

    /// The option's value as it stands in a message.
    pub fn value(&self) -> Vec<u8> {
        match self {
            DhcpOption::SubnetMask(ip)
            | DhcpOption::BroadcastAddress(ip)
            | DhcpOption::RequestedIp(ip)
            | DhcpOption::ServerId(ip) => ip.octets().to_vec(),
            DhcpOption::Router(list) | DhcpOption::DomainNameServer(list) => {
                list.iter().flat_map(|ip| ip.octets()).collect()
            }
            DhcpOption::HostName(text) | DhcpOption::DomainName(text) | DhcpOption::Message(text) => {
                text.as_bytes().to_vec()
            }
            DhcpOption::LeaseTime(seconds) | DhcpOption::RenewalTime(seconds) | DhcpOption::RebindingTime(seconds) => {
                seconds.to_be_bytes().to_vec()
            }
            DhcpOption::MessageType(kind) => vec![kind.code()],
            DhcpOption::MaxMessageSize(size) => size.to_be_bytes().to_vec(),
            DhcpOption::ParameterList(bytes) | DhcpOption::ClientId(bytes) | DhcpOption::Other(_, bytes) => {
                bytes.clone()
            }
        }
    }
}

/// The value as a person reads it: `255.255.255.0`, `3600 s`, `Subnet Mask, Router`.
impl fmt::Display for DhcpOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DhcpOption::SubnetMask(ip)
            | DhcpOption::BroadcastAddress(ip)
            | DhcpOption::RequestedIp(ip)
            | DhcpOption::ServerId(ip) => write!(f, "{ip}"),
            DhcpOption::Router(list) | DhcpOption::DomainNameServer(list) => join(f, list.iter()),
            DhcpOption::HostName(text) | DhcpOption::DomainName(text) | DhcpOption::Message(text) => {
                write!(f, "{}", text.escape_debug())
            }
            DhcpOption::LeaseTime(seconds) | DhcpOption::RenewalTime(seconds) | DhcpOption::RebindingTime(seconds) => {
                if *seconds == u32::MAX {
                    f.write_str("for ever")
                } else {
                    write!(f, "{seconds} s")
                }
            }
            DhcpOption::MessageType(kind) => write!(f, "{kind}"),
            DhcpOption::MaxMessageSize(size) => write!(f, "{size}"),
            DhcpOption::ParameterList(codes) => join(f, codes.iter().map(|code| CodeName(*code))),
            DhcpOption::ClientId(bytes) | DhcpOption::Other(_, bytes) => {
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

struct CodeName(u8);

impl fmt::Display for CodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name(self.0) {
            "Option" => write!(f, "Option {}", self.0),
            name => f.write_str(name),
        }
    }
}

fn join<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = T>) -> fmt::Result {
    for (i, item) in items.enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn address(value: &[u8]) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?))
}

fn addresses(value: &[u8]) -> Option<Vec<Ipv4Addr>> {
    let (list, rest) = value.as_chunks::<4>();
    (!list.is_empty() && rest.is_empty()).then(|| list.iter().copied().map(Ipv4Addr::from).collect())
}

fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.try_into().ok()?))
}

/// Text without the zeroes that some senders put behind it.
//= rfc2132#2
pub(super) fn text(value: &[u8]) -> String {
    let end = value.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    String::from_utf8_lossy(&value[..end]).into_owned()
}

/// One option as it stands in a message.
#[derive(Clone, Debug)]
pub(super) struct RawOption {
    pub(super) code: u8,
    /// Code, length and value, counted from the start of the message.
    pub(super) range: Range<usize>,
}

impl RawOption {
    /// Where the value stands.
    pub(super) fn value(&self) -> Range<usize> {
        self.range.start + 2..self.range.end
    }
}

/// Walks over the options of one area of a message until its end, an End option, or a length that cannot be.
pub(super) struct Walk<'a> {
    message: &'a [u8],
    area: Range<usize>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(message: &'a [u8], area: Range<usize>) -> Self {
        Walk { message, area }
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<RawOption>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.message.get(..self.area.end)?;
        while bytes.get(self.area.start) == Some(&code::PAD) {
            self.area.start += 1;
        }
        let start = self.area.start;
        let code = *bytes.get(start)?;
        self.area.start = self.area.end;
        if code == code::END {
            return None;
        }
        let end = bytes.get(start + 1).map(|len| start + 2 + usize::from(*len));
        match end {
            Some(end) if end <= bytes.len() => {
                self.area.start = end;
                Some(Ok(RawOption { code, range: start..end }))
            }
            _ => Some(Err(Error::new("DHCP", name(code), start + 1, Problem::TooShort))),
        }
    }
}
