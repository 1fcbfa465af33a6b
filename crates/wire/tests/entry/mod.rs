//! What must hold for any bytes: one function a parser, called by the property tests and by the fuzz targets.
//!
//! Where a checksum guards a parser, the bytes are tried as they are and once more with the checksum mended, because
//! hardly any random bytes carry a right one.

#![allow(dead_code)] // Each fuzz target calls one of these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::{LinkType, PacketId};
use bytes::Bytes;
use glassnet_wire::checksum::{Sum, verify};
use glassnet_wire::dissect::{Layer, MAX_LAYERS};
use glassnet_wire::ethernet::EtherType;
use glassnet_wire::ip::Protocol;
use glassnet_wire::{
    PacketBuf, arp, ax25, dhcp, dissect, dot11, ethernet, hdlc, icmpv4, ipv4, ipv6, llc, radiotap, stp, tcp, udp, vlan,
};

const SRC: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const DST: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2));
const SRC6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
const DST6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2));

fn carrying(data: &[u8]) -> PacketBuf {
    PacketBuf::new(PacketId::NONE, Bytes::copy_from_slice(data))
}

/// A header that is read can be written, and is read the same again.
pub(crate) fn ethernet(bytes: &[u8]) {
    if let Ok(header) = ethernet::Header::parse(bytes) {
        let mut packet = carrying(&bytes[ethernet::LEN..]);
        header.push(&mut packet);
        assert_eq!(packet.contiguous(), bytes);
    }
}

/// The same.
pub(crate) fn arp(bytes: &[u8]) {
    if let Ok(read) = arp::Packet::parse(bytes) {
        let mut packet = PacketBuf::default();
        read.push(&mut packet);
        assert_eq!(packet.head(), &bytes[..arp::LEN]);
    }
}

/// The same, and a router's step keeps the header valid.
pub(crate) fn ipv4(bytes: &[u8]) {
    check_ipv4(bytes);
    let mut mended = bytes.to_vec();
    let header_len = bytes.first().map_or(0, |first| usize::from(first & 15) * 4);
    if header_len >= ipv4::LEN && header_len <= mended.len() {
        mended[10..12].fill(0);
        let checksum = Sum::of(&mended[..header_len]).checksum();
        mended[10..12].copy_from_slice(&checksum.to_be_bytes());
        check_ipv4(&mended);
    }
}

fn check_ipv4(bytes: &[u8]) {
    let Ok(header) = ipv4::Header::parse(bytes, bytes.len()) else { return };
    let mut packet = carrying(&bytes[header.header_len..usize::from(header.total_len)]);
    header.push_with_options(&mut packet, &bytes[ipv4::LEN..header.header_len]);
    assert_eq!(ipv4::Header::parse(packet.head(), packet.len()), Ok(header));
    let ttl = ipv4::decrement_ttl(packet.head_mut());
    assert_eq!(ttl, header.ttl.saturating_sub(1));
    assert_eq!(ipv4::Header::parse(packet.head(), packet.len()), Ok(ipv4::Header { ttl, ..header }));
}

/// The same.
pub(crate) fn ipv6(bytes: &[u8]) {
    if let Ok(header) = ipv6::Header::parse(bytes, bytes.len()) {
        let end = ipv6::LEN + usize::from(header.payload_len);
        let mut packet = carrying(&bytes[ipv6::LEN..end]);
        header.push(&mut packet);
        assert_eq!(packet.contiguous(), &bytes[..end]);
    }
}

/// The same, wherever head and payload are cut.
pub(crate) fn icmpv4(bytes: &[u8]) {
    check_icmpv4(bytes);
    if bytes.len() >= icmpv4::LEN {
        let mut mended = bytes.to_vec();
        mended[2..4].fill(0);
        let checksum = Sum::of(&mended).checksum();
        mended[2..4].copy_from_slice(&checksum.to_be_bytes());
        assert!(icmpv4::Message::parse([&mended[..], &[]]).is_ok());
        check_icmpv4(&mended);
    }
}

fn check_icmpv4(bytes: &[u8]) {
    let read = icmpv4::Message::parse([bytes, &[]]);
    let (head, payload) = bytes.split_at(bytes.len() / 3);
    assert_eq!(icmpv4::Message::parse([head, payload]), read);
    if let Ok(message) = read {
        let mut packet = carrying(&bytes[icmpv4::LEN..]);
        message.push(&mut packet);
        assert_eq!(icmpv4::Message::parse(packet.parts()), Ok(message));
    }
}

/// The same, with a checksum that verifies over both versions of IP.
pub(crate) fn udp(bytes: &[u8]) {
    let Ok(header) = udp::Header::parse(bytes, bytes.len()) else {
        assert!(!udp::verify(SRC, DST, [bytes, &[]]));
        return;
    };
    let (head, payload) = bytes.split_at(udp::LEN);
    assert_eq!(udp::verify(SRC, DST, [head, payload]), udp::verify(SRC, DST, [bytes, &[]]));
    for (src, dst) in [(SRC, DST), (SRC6, DST6)] {
        let mut packet = carrying(&bytes[udp::LEN..usize::from(header.len)]);
        header.push(&mut packet, src, dst);
        assert!(udp::verify(src, dst, packet.parts()));
        let again = udp::Header::parse(packet.head(), packet.len()).expect("what was written is read");
        assert_eq!(udp::Header { checksum: header.checksum, ..again }, header);
    }
}

/// The same; options that this crate does not know are left out, and SACK blocks that then find no room.
pub(crate) fn tcp(bytes: &[u8]) {
    let Ok(header) = tcp::Header::parse(bytes) else { return };
    for (src, dst) in [(SRC, DST), (SRC6, DST6)] {
        let mut packet = carrying(&bytes[header.header_len..]);
        header.push(&mut packet, src, dst);
        assert!(tcp::verify(src, dst, packet.parts()));
        let again = tcp::Header::parse(packet.head()).expect("what was written is read");
        assert_eq!(again.header_len, tcp::LEN + header.options.len());
        let blocks = |header: &tcp::Header| header.options.sack.iter().collect::<Vec<_>>();
        assert!(blocks(&header).starts_with(&blocks(&again)));
        let options = tcp::Options { sack: header.options.sack, ..again.options };
        assert_eq!(tcp::Header { header_len: header.header_len, options, ..again }, header);
    }
}

/// The same; names are cut to their fields. A limit is kept or refused.
pub(crate) fn dhcp(bytes: &[u8]) {
    let Ok(message) = dhcp::Message::parse(bytes) else { return };
    let message = dhcp::Message { sname: String::new(), file: String::new(), ..message };
    let written = message.emit();
    assert!(written.len() >= dhcp::MIN_LEN);
    assert_eq!(dhcp::Message::parse(&written).as_ref(), Ok(&message));
    for limit in [0, 239, dhcp::MIN_LEN, dhcp::MAX_LEN, 1472] {
        if let Some(written) = message.emit_within(limit) {
            assert!(written.len() <= limit);
            assert_eq!(dhcp::Message::parse(&written).as_ref(), Ok(&message));
        }
    }
}

/// Any cut gives the sum that the RFC's own program gives.
pub(crate) fn checksum(bytes: &[u8]) {
    let mut plain = 0u64;
    for pair in bytes.chunks(2) {
        plain += u64::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
    }
    while plain >> 16 != 0 {
        plain = (plain & 0xffff) + (plain >> 16);
    }
    assert_eq!(u64::from(Sum::of(bytes).folded()), plain);
    let at = bytes.first().map_or(0, |first| usize::from(*first).min(bytes.len()));
    let mut parts = Sum::of(&bytes[..at]);
    parts.add(&bytes[at..]);
    assert_eq!(u64::from(parts.folded()), plain);
    let (head, payload) = bytes.split_at(at);
    assert_eq!(verify(SRC, DST, Protocol::UDP, [head, payload]), verify(SRC, DST, Protocol::UDP, [bytes, &[]]));
}

/// A header that is read can be written, and is read the same again; call signs print as they are read. A control field
/// alone keeps its bytes too.
pub(crate) fn ax25(bytes: &[u8]) {
    check_control(bytes);
    if let Ok((header, len)) = ax25::Header::parse(bytes) {
        let mut packet = carrying(&bytes[len..]);
        header.push(&mut packet);
        assert_eq!(ax25::Header::parse(packet.head()), Ok((header, len)));
        assert_eq!(packet.contiguous()[len..], bytes[len..]);
        for address in [header.dst, header.src] {
            assert_eq!(address.to_string().parse(), Ok(address));
        }
    }
}

fn check_control(bytes: &[u8]) {
    for modulus in [hdlc::Modulus::Eight, hdlc::Modulus::OneTwentyEight] {
        if let Ok((control, len)) = hdlc::Control::parse(bytes, modulus) {
            let mut packet = carrying(&bytes[len..]);
            control.push(&mut packet, modulus);
            assert_eq!(packet.contiguous(), bytes);
        }
    }
}

/// The same bytes are written as are read. What a PDU carries is found where its header ends.
pub(crate) fn llc(bytes: &[u8]) {
    if let Ok((header, len)) = llc::Header::parse(bytes) {
        let mut packet = carrying(&bytes[len..]);
        header.push(&mut packet);
        assert_eq!(packet.contiguous(), bytes);
    }
    if let Ok(snap) = llc::Snap::parse(bytes) {
        let mut packet = carrying(&bytes[llc::SNAP_LEN..]);
        snap.push(&mut packet);
        assert_eq!(packet.contiguous(), bytes);
    }
    if let Some((_, at)) = llc::payload(bytes) {
        assert!(at <= bytes.len() && llc::Header::parse(bytes).is_ok());
    }
}

/// A header is read again as it was; so is a beacon. What becomes an Ethernet frame comes back with the same meaning.
pub(crate) fn dot11(bytes: &[u8]) {
    if let Ok(header) = dot11::Header::parse(bytes) {
        let mut packet = carrying(&bytes[header.kind.header_len()..]);
        header.push(&mut packet);
        assert_eq!(dot11::Header::parse(packet.head()), Ok(header));
        assert_eq!(packet.len(), bytes.len());
        dot11::append_fcs(&mut packet);
        let sent = packet.contiguous();
        assert_eq!(dot11::check_fcs(&sent), Ok(&sent[..bytes.len()]));
        assert!(dot11::body(bytes).is_none_or(|body| body.start <= body.end && body.end == bytes.len()));
    }
    if let Ok(beacon) = dot11::Beacon::parse(bytes) {
        let mut packet = PacketBuf::default();
        beacon.push(&mut packet);
        assert_eq!(dot11::Beacon::parse(packet.head()), Ok(beacon));
    }
    check_conversion(bytes);
    let _ = dot11::check_fcs(bytes);
}

fn check_conversion(bytes: &[u8]) {
    let Ok(ethernet) = dot11::to_ethernet(carrying(bytes)) else { return };
    let Ok(header) = dot11::Header::parse(bytes) else { panic!("only data becomes Ethernet") };
    let way = match (header.to_ds, header.from_ds) {
        (true, _) => dot11::Way::ToAccessPoint(header.receiver),
        (_, true) => dot11::Way::FromAccessPoint(header.transmitter),
        _ => dot11::Way::Direct(header.third),
    };
    let back = dot11::from_ethernet(ethernet, way, header.sequence).expect("an Ethernet frame becomes data");
    let plain = dot11::Header { retry: false, duration_us: 0, ..header };
    assert_eq!(dot11::Header::parse(back.head()), Ok(plain));
    assert_eq!(back.contiguous()[dot11::DATA_LEN..], bytes[dot11::DATA_LEN..]);
}

/// What is understood of a header is read again as it was, and both ways of reading agree.
pub(crate) fn radiotap(bytes: &[u8]) {
    let read = radiotap::Header::parse(bytes);
    assert_eq!(read.map(|(_, len)| len), radiotap::parse(bytes).map(|(len, _)| len));
    let Ok((header, len)) = read else { return };
    assert!(len <= bytes.len());
    let mut packet = carrying(&bytes[len..]);
    header.push(&mut packet);
    assert_eq!(radiotap::Header::parse(packet.head()), Ok((header, radiotap::LEN)));
    assert_eq!(packet.contiguous()[radiotap::LEN..], bytes[len..]);
}

/// What is read is written, and read again as it was; so it is in a frame.
pub(crate) fn stp(bytes: &[u8]) {
    let _ = stp::Bpdu::of_frame(bytes);
    let Ok(bpdu) = stp::Bpdu::parse(bytes) else { return };
    let mut packet = carrying(&[]);
    bpdu.push(&mut packet);
    assert!(packet.len() <= bytes.len());
    assert_eq!(stp::Bpdu::parse(packet.head()), Ok(bpdu));
    let mut frame = carrying(&[]);
    bpdu.push_frame(base::Mac::local(1), &mut frame);
    assert_eq!(stp::Bpdu::of_frame(&frame.contiguous()), Some(Ok(bpdu)));
}

/// A tag that is taken out and put in again gives the same frame, wherever head and payload are cut.
pub(crate) fn vlan(bytes: &[u8]) {
    for at in [0, bytes.len() / 2, bytes.len()] {
        let mut frame = carrying(&bytes[at..]);
        frame.push(at).copy_from_slice(&bytes[..at]);
        let tag = vlan::pop_tag(&mut frame);
        assert_eq!(tag, vlan::tag_of(bytes));
        if let Some(tag) = tag {
            assert_eq!(frame.len(), bytes.len() - vlan::LEN);
            vlan::push_tag(&mut frame, tag);
        }
        assert_eq!(frame.contiguous(), bytes);
        let tag = vlan::Tag { pcp: 7, dei: false, vid: vlan::MAX_VID };
        vlan::push_tag(&mut frame, tag);
        assert_eq!(vlan::pop_tag(&mut frame), (bytes.len() >= ethernet::LEN).then_some(tag));
        assert_eq!(frame.contiguous(), bytes);
    }
}

/// Layers and fields stay within the frame, and the short way to the ports finds what the long one finds.
pub(crate) fn dissect(bytes: &[u8]) {
    for link_type in LINK_TYPES {
        let layers = dissect::dissect(link_type, bytes);
        assert!(!layers.is_empty() && layers.len() <= MAX_LAYERS + 1);
        for layer in &layers {
            check_layer(layer, bytes);
        }
        assert!(!dissect::summary(link_type, bytes).is_empty());
        if let Some((place, ethertype)) = dissect::network(link_type, bytes) {
            assert!(place.start <= place.end && place.end <= bytes.len());
            let known = ethertype == EtherType::IPV4 || ethertype == EtherType::IPV6 || ethertype == EtherType::ARP;
            let found = layers.iter().any(|layer| layer.range.start == place.start);
            assert!(found || !known, "{ethertype} at {place:?} in {layers:?}");
        }
        if let Some(found) = dissect::transport(link_type, bytes) {
            let name = if found.protocol == Protocol::TCP { "TCP" } else { "UDP" };
            let layer = layers.iter().find(|layer| layer.name == name).expect("the same layer is found both ways");
            assert_eq!(layer.range.end, found.payload.start);
            assert!(found.payload.end <= bytes.len());
        }
    }
}

/// All that a recorded frame may begin with.
pub(crate) const LINK_TYPES: [LinkType; 5] =
    [LinkType::Ethernet, LinkType::Ip, LinkType::Ax25, LinkType::Llc, LinkType::Radiotap];

fn check_layer(layer: &Layer, bytes: &[u8]) {
    assert!(layer.range.start <= layer.range.end && layer.range.end <= bytes.len(), "{layer:?}");
    for field in &layer.fields {
        let inside = layer.range.start <= field.range.start && field.range.end <= layer.range.end;
        let behind = field.name == "Padding" || field.name == "Frame check sequence";
        assert!(inside || behind && field.range.end <= bytes.len(), "{field:?} of {layer:?}");
        assert!(field.range.start < field.range.end, "{field:?} has no bytes");
    }
}
