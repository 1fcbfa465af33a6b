//! The way from a frame to what its transport carries, without the text.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use base::LinkType;

use crate::ethernet::{self, EtherType};
use crate::ip::Protocol;
use crate::{ax25, dot11, ipv4, ipv6, llc, radiotap, tcp, udp, vlan};

/// A frame's TCP segment or UDP datagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transport {
    /// [`Protocol::TCP`] or [`Protocol::UDP`].
    pub protocol: Protocol,
    /// From where.
    pub src: SocketAddr,
    /// To where.
    pub dst: SocketAddr,
    /// Where the data stands in the frame.
    pub payload: Range<usize>,
    /// The whole header, if the protocol is TCP.
    pub tcp: Option<tcp::Header>,
}

/// The TCP segment or UDP datagram in a frame. `None` for everything else, for malformed headers and for fragments;
/// transport checksums are not verified.
pub fn transport(link_type: LinkType, frame: &[u8]) -> Option<Transport> {
    let (place, ethertype) = network(link_type, frame)?;
    let packet_at = place.start;
    let packet = frame.get(place)?;
    let (src, dst, protocol, range) = match ethertype {
        EtherType::IPV4 => {
            let ip = ipv4::Header::parse(packet, packet.len()).ok().filter(|ip| !ip.is_fragment())?;
            (IpAddr::V4(ip.src), IpAddr::V4(ip.dst), ip.protocol, ip.header_len..usize::from(ip.total_len))
        }
        EtherType::IPV6 => {
            let ip = ipv6::Header::parse(packet, packet.len()).ok()?;
            let range = ipv6::LEN..ipv6::LEN + usize::from(ip.payload_len);
            (IpAddr::V6(ip.src), IpAddr::V6(ip.dst), ip.next_header, range)
        }
        _ => return None,
    };
    let (at, body) = (packet_at + range.start, packet.get(range)?);
    let (src_port, dst_port, inner, tcp) = match protocol {
        Protocol::TCP => {
            let tcp = tcp::Header::parse(body).ok()?;
            (tcp.src_port, tcp.dst_port, tcp.header_len..body.len(), Some(tcp))
        }
        Protocol::UDP => {
            let udp = udp::Header::parse(body, body.len()).ok()?;
            (udp.src_port, udp.dst_port, udp::LEN..usize::from(udp.len), None)
        }
        _ => return None,
    };
    Some(Transport {
        protocol,
        src: SocketAddr::new(src, src_port),
        dst: SocketAddr::new(dst, dst_port),
        payload: at + inner.start..at + inner.end,
        tcp,
    })
}

/// The network layer's packet in a frame: where it stands, without padding and check sequence as far as the link's own
/// header tells, and what it is.
pub fn network(link_type: LinkType, frame: &[u8]) -> Option<(Range<usize>, EtherType)> {
    let to_end = |at: usize, ethertype| (at <= frame.len()).then_some((at..frame.len(), ethertype));
    match link_type {
        LinkType::Ip if frame.first()? >> 4 == 6 => to_end(0, EtherType::IPV6),
        LinkType::Ip => to_end(0, EtherType::IPV4),
        LinkType::Ethernet => {
            let (at, ethertype) = behind_ethernet(frame)?;
            if !ethertype.is_length() {
                return to_end(at, ethertype);
            }
            behind_llc(frame, at..(at + usize::from(ethertype.0)).min(frame.len()))
        }
        LinkType::Llc => behind_llc(frame, 0..frame.len()),
        LinkType::Ax25 => {
            let (header, len) = ax25::Header::parse(ax25::behind_kiss(frame)?).ok()?;
            to_end(ax25::KISS_LEN + len, ax25::ethertype(header.pid?)?)
        }
        LinkType::Radiotap => {
            let (at, fcs) = radiotap::parse(frame).ok()?;
            let end = frame.len().checked_sub(if fcs.present { dot11::FCS_LEN } else { 0 })?;
            let body = dot11::body(frame.get(at..end)?)?;
            behind_llc(frame, at + body.start..at + body.end)
        }
    }
}

fn behind_llc(frame: &[u8], pdu: Range<usize>) -> Option<(Range<usize>, EtherType)> {
    let (ethertype, len) = llc::payload(frame.get(pdu.clone())?)?;
    Some((pdu.start + len..pdu.end, ethertype))
}

/// Where the packet starts and what it is, tags stepped over.
fn behind_ethernet(frame: &[u8]) -> Option<(usize, EtherType)> {
    let mut ethertype = ethernet::Header::parse(frame).ok()?.ethertype;
    let mut at = ethernet::LEN;
    for _ in 0..MAX_TAGS {
        if ethertype != EtherType::VLAN {
            break;
        }
        (_, ethertype) = vlan::Tag::parse(frame.get(at..)?).ok()?;
        at += vlan::LEN;
    }
    Some((at, ethertype))
}

/// More tags in tags than this are nobody's, and would go deeper than frames are taken apart.
const MAX_TAGS: usize = super::MAX_LAYERS / 2;
