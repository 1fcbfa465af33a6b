//! IPv4 (RFC 791) and IPv6's fixed header (RFC 8200): one view of a received packet, one header in front of a sent one.

use std::net::IpAddr;

use base::event::InternetDrop;
use wire::ip::Protocol;
use wire::{PacketBuf, ipv4, ipv6};

/// A received packet's header, of either version. The packet still begins with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) protocol: Protocol,
    pub(crate) ttl: u8,
    pub(crate) header_len: usize,
    pub(crate) fragment: Option<Fragment>,
    pub(crate) dont_fragment: bool,
    /// The two bits of explicit congestion notification (RFC 3168).
    pub(crate) ecn: u8,
}

/// Which part of which datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fragment {
    pub(crate) id: u16,
    pub(crate) offset: u16,
    pub(crate) more: bool,
}

/// Checks the header, and cuts off a link's padding.
//= rfc1122#3.2.1
pub(crate) fn receive_v4(packet: &mut PacketBuf) -> Result<Received, InternetDrop> {
    let header = ipv4::Header::parse(packet.head(), packet.len()).map_err(|error| match error.problem {
        wire::Problem::BadChecksum => InternetDrop::BadChecksum,
        _ => InternetDrop::Malformed,
    })?;
    packet.truncate(usize::from(header.total_len));
    let fragment = header.is_fragment().then_some(Fragment {
        id: header.id,
        offset: header.fragment_offset,
        more: header.more_fragments,
    });
    let ipv4::Header { src, dst, protocol, ttl, header_len, dont_fragment, .. } = header;
    let ecn = header.dscp_ecn & ECN_BITS;
    Ok(Received { from: src.into(), to: dst.into(), protocol, ttl, header_len, fragment, dont_fragment, ecn })
}

pub(crate) fn receive_v6(packet: &mut PacketBuf) -> Result<Received, InternetDrop> {
    let header = ipv6::Header::parse(packet.head(), packet.len()).map_err(|_| InternetDrop::Malformed)?;
    packet.truncate(ipv6::LEN + usize::from(header.payload_len));
    let ipv6::Header { src, dst, next_header, hop_limit, .. } = header;
    Ok(Received {
        from: src.into(),
        to: dst.into(),
        protocol: next_header,
        ttl: hop_limit,
        header_len: ipv6::LEN,
        fragment: None,
        dont_fragment: true,
        ecn: header.traffic_class & ECN_BITS,
    })
}

/// What a packet built here says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outbound {
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) protocol: Protocol,
    pub(crate) ttl: u8,
    pub(crate) id: u16,
    pub(crate) dont_fragment: bool,
    pub(crate) traffic_class: u8,
}

/// The lower two bits of what was the type of service, and the value that is a mark.
//= rfc3168#5
const ECN_BITS: u8 = 3;
pub(crate) const CE: u8 = 3;

/// Puts the header in front. Addresses of two versions cannot meet: sockets check.
pub(crate) fn push_header(packet: &mut PacketBuf, out: &Outbound) {
    match (out.from, out.to) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => ipv4::Header {
            dscp_ecn: out.traffic_class,
            id: out.id,
            dont_fragment: out.dont_fragment,
            ttl: out.ttl,
            protocol: out.protocol,
            src,
            dst,
            ..ipv4::Header::default()
        }
        .push(packet),
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let mut header = ipv6::Header::default();
            (header.next_header, header.hop_limit, header.src, header.dst) = (out.protocol, out.ttl, src, dst);
            header.traffic_class = out.traffic_class;
            header.push(packet);
        }
        _ => unreachable!("a packet between two IP versions"),
    }
}

/// One hop less to live, in place.
pub(crate) fn decrement_ttl(packet: &mut PacketBuf, is_v4: bool) {
    if is_v4 {
        ipv4::decrement_ttl(packet.head_mut());
    } else {
        ipv6::decrement_hop_limit(packet.head_mut());
    }
}
