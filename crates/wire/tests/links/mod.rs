//! An IPv4 packet as each kind of link carries it.

use base::{LinkType, Mac};
use glassnet_wire::ethernet::EtherType;
use glassnet_wire::hdlc::{Control, Unnumbered};
use glassnet_wire::{PacketBuf, ax25, dot11, ethernet, llc, radiotap, vlan};

/// A recorded frame; `choice` decides what the link leaves open.
pub(crate) fn frame(link_type: LinkType, mut packet: PacketBuf, choice: [u8; 4]) -> Vec<u8> {
    match link_type {
        LinkType::Ip => {}
        LinkType::Ethernet => ethernet(&mut packet, choice),
        LinkType::Ax25 => {
            let (dst, src) = ("SERVER".parse().expect("a call sign"), "ME-3".parse().expect("a call sign"));
            let (control, command) = (control(choice, 8), choice[0] & 1 == 0);
            ax25::Header { dst, src, command, control, pid: Some(ax25::Pid::IPV4) }.push(&mut packet);
            packet.push_array([0]);
        }
        LinkType::Llc => logical_link(&mut packet, choice),
        LinkType::Radiotap => {
            let way = [dot11::Way::Direct, dot11::Way::ToAccessPoint, dot11::Way::FromAccessPoint];
            let way = way[usize::from(choice[0]) % 3](Mac::local(3));
            ethernet_header(EtherType::IPV4).push(&mut packet);
            packet = dot11::from_ethernet(packet, way, u16::from(choice[1])).expect("an Ethernet frame");
            dot11::mark(packet.head_mut(), u16::from(choice[2]), choice[3] & 1 == 1);
            dot11::append_fcs(&mut packet);
            radiotap::Header { bad_fcs: false, rate: 22, channel_mhz: 2412, channel_flags: 0xa0 }.push(&mut packet);
        }
    }
    packet.contiguous()
}

/// A beacon's header.
pub(crate) fn beacon_header() -> dot11::Header {
    let (receiver, transmitter, third) = (Mac::BROADCAST, Mac::local(3), Mac::local(3));
    let (kind, to_ds, from_ds, retry, duration_us, sequence) = (dot11::Kind::Beacon, false, false, false, 0, 5);
    dot11::Header { kind, to_ds, from_ds, retry, duration_us, receiver, transmitter, third, sequence }
}

/// With or without tags; a type, or a length and LLC.
fn ethernet(packet: &mut PacketBuf, choice: [u8; 4]) {
    let ethertype = if choice[0] & 1 == 0 {
        EtherType::IPV4
    } else {
        logical_link(packet, choice);
        EtherType(packet.len() as u16)
    };
    ethernet_header(ethertype).push(packet);
    for vid in 0..u16::from(choice[2] % 4) {
        vlan::push_tag(packet, vlan::Tag { pcp: choice[3] & 7, dei: vid == 1, vid });
    }
    // A type says nothing about where IPv4 ends, so only what has a length is padded here.
    if ethertype.is_length() {
        packet.pad_to(usize::from(choice[1]));
    }
}

fn ethernet_header(ethertype: EtherType) -> ethernet::Header {
    ethernet::Header { dst: Mac::local(2), src: Mac::local(1), ethertype }
}

/// SNAP, or the internet protocol's access point.
fn logical_link(packet: &mut PacketBuf, choice: [u8; 4]) {
    if choice[0] & 2 == 0 {
        llc::push_snap(packet, EtherType::IPV4);
    } else {
        let (dsap, ssap, response) = (llc::sap::IP, llc::sap::IP, choice[0] & 4 != 0);
        llc::Header { dsap, ssap, response, control: control(choice, 128) }.push(packet);
    }
}

/// What may carry a packet.
fn control([which, ns, nr, poll]: [u8; 4], modulus: u8) -> Control {
    let poll = poll & 1 == 1;
    match which & 8 {
        0 => Control::I { ns: ns % modulus, nr: nr % modulus, poll },
        _ => Control::U { kind: Unnumbered::Ui, poll },
    }
}
