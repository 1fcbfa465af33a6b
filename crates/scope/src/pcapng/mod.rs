//! Captures that explain themselves: one pcapng file for each interface, read by Wireshark, tshark and tcpdump.
//!
//! Drop reasons and facts that a packet caused stand as comments at that packet's frame; all copies of one packet carry
//! one packet id, so that it can be followed from file to file; the TLS keys stand right behind the interface, so that
//! Wireshark shows what is inside TLS without being given a key file. One file holds one interface: with both ends of a
//! conversation in one file every segment would look like a retransmission.
//!
//! The bytes depend on the recording and on nothing else: no host name, no version, no date.

mod block;
mod comments;
pub(crate) mod flags;

use std::sync::Arc;
use std::time::SystemTime;

use base::{LinkType, Nic, PacketId};

use crate::index::Index;
use crate::recording::Recording;
use crate::render::files::safe;
use block::{Packet, Writer};

/// The capture of one interface. `epoch` is the moment of the calendar that the recording counts from.
pub fn of_nic(recording: &Recording, nic: Nic, epoch: SystemTime) -> Vec<u8> {
    write(&Index::of(recording), nic, epoch)
}

/// The captures of all interfaces, each with a file name made of the node's and the interface's.
pub fn of_all(recording: &Recording, epoch: SystemTime) -> impl Iterator<Item = (String, Vec<u8>)> {
    of_index(Arc::new(Index::of(recording)), epoch)
}

/// The same from an index that others use too.
pub(crate) fn of_index(index: Arc<Index<'_>>, epoch: SystemTime) -> impl Iterator<Item = (String, Vec<u8>)> {
    let recording = index.recording;
    recording.nics().map(move |(nic, _)| (file_name(recording, nic), write(&index, nic, epoch)))
}

fn write(index: &Index<'_>, nic: Nic, epoch: SystemTime) -> Vec<u8> {
    let recording = index.recording;
    let (node, name, link_type) = match recording.nic_info(nic) {
        Some(info) => (info.node.clone(), info.name.clone(), info.link_type),
        None => (recording.node_name(nic.node), format!("port {}", nic.port.0), LinkType::Ethernet),
    };
    let mut file = Writer::default();
    file.section(APPLICATION);
    file.interface(link_type_code(link_type), &name, &format!("{name} of {node}"));
    if !recording.secrets().is_empty() {
        file.tls_secrets(&key_log(recording));
    }
    if index.names.addresses().next().is_some() {
        file.names(index.names.addresses());
    }
    let comments = comments::of_nic(index, nic);
    for frame in recording.frames_of(nic) {
        file.packet(&Packet {
            time_ns: since_1970(epoch).saturating_add(frame.at.nanos()),
            flags: flags::of(&frame),
            id: (frame.packet != PacketId::NONE).then_some(frame.packet.0),
            comments: comments.get(&frame.index).map_or(&[], Vec::as_slice),
            bytes: frame.bytes,
        });
    }
    file.finish()
}

/// `laptop-eth0.pcapng`; characters that a file system might mind become `_`.
pub fn file_name(recording: &Recording, nic: Nic) -> String {
    let interface = recording.nic_info(nic).map_or_else(|| format!("port{}", nic.port.0), |info| info.name.clone());
    format!("{}.pcapng", safe(&format!("{}-{interface}", recording.node_name(nic.node))))
}

/// An NSS key log: one line for each secret.
fn key_log(recording: &Recording) -> String {
    recording.secrets().iter().map(|(_, line)| format!("{line}\n")).collect()
}

/// Nanoseconds from 1970 to `epoch`; an epoch before that counts as 1970.
fn since_1970(epoch: SystemTime) -> u64 {
    let since = epoch.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_AX25_KISS, LINKTYPE_ATM_RFC1483 and LINKTYPE_IEEE802_11_RADIOTAP of
/// <https://www.tcpdump.org/linktypes.html>.
const fn link_type_code(link_type: LinkType) -> u16 {
    match link_type {
        LinkType::Ethernet => 1,
        LinkType::Ip => 101,
        LinkType::Ax25 => 202,
        LinkType::Llc => 100,
        LinkType::Radiotap => 127,
    }
}

const APPLICATION: &str = "glassnet";

#[cfg(test)]
mod tests;
