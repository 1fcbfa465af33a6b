//! The captures of one run, one file for each interface, as a recording again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use base::{Direction, Flaw, FrameSeen, Instant, LinkType, Nic, NicInfo, NodeId, PacketId, Port};

use super::Damage;
use super::decoder::{Interface, frames};
use crate::fields::{Layer, Link, Reader};
use crate::recording::{Limits, Recording};

/// Captures read back.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Frames, interfaces, keys and names. There are no events: a capture does not have them.
    pub recording: Recording,
    /// What stands beside frames, by their place in the recording.
    pub comments: BTreeMap<usize, Vec<String>>,
    /// The moment that the recording counts from: nanoseconds since 1970.
    pub start_ns: u64,
    /// The files that could not be read to their end.
    pub damaged: Vec<(String, Damage)>,
}

/// Makes one recording of captures, each given with its file's name. Time counts from the first frame of all.
///
/// A node's name is what stands behind "of" in an interface's description (`eth0 of client`), as our own captures have
/// it; where nothing stands there, the file's name is the node's.
pub fn gather<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Gathered {
    let mut heap = Heap::default();
    for (name, bytes) in files {
        heap.add(name, bytes);
    }
    heap.into_recording()
}

/// A recording of one capture, in which every address is a node: what one listener in between can tell about a ladder.
/// Frames without IP are left out; `names` are the names of addresses.
pub fn by_address(bytes: &[u8]) -> Recording {
    let mut nodes: BTreeMap<IpAddr, Nic> = BTreeMap::new();
    let mut seen = Vec::new();
    let mut reader = Reader::of_fields(&[]);
    let (decoder, _) = frames(bytes, |frame| {
        if frame.raw.is_flawed() {
            return;
        }
        let packet = reader.read(frame.raw);
        let Some((src, dst)) = packet.addresses() else { return };
        let ip = packet.layer(Layer::Ip4).or_else(|| packet.layer(Layer::Ip6)).unwrap_or_default();
        let mut nic = |ip| {
            let next = NodeId(nodes.len() as u32);
            *nodes.entry(ip).or_insert(Nic { node: next, port: Port(0) })
        };
        seen.push((packet.since_first_ns, nic(src), nic(dst), ip.to_vec()));
    });
    let mut recording = Recording::with_limits(Limits::default());
    for (ip, nic) in &nodes {
        let name =
            decoder.names().iter().find(|(known, _)| known == ip).map_or_else(|| ip.to_string(), |(_, n)| n.clone());
        recording.add_nic(*nic, NicInfo { node: name, name: "ip".into(), link_type: LinkType::Ip, mac: None });
    }
    for (number, (at, from, to, bytes)) in seen.iter().enumerate() {
        let (at, packet) = (Instant::from_nanos(*at), PacketId(number as u64 + 1));
        for (nic, direction) in [(*from, Direction::Out), (*to, Direction::In)] {
            recording.add_frame(FrameSeen { at, nic, direction, packet, bytes: [bytes, &[]], flaw: None });
        }
    }
    recording
}

/// A frame that has no place yet.
struct Loose {
    time_ns: u64,
    nic: Nic,
    direction: Direction,
    packet: PacketId,
    flaw: Option<Flaw>,
    bytes: Vec<u8>,
    comments: Vec<String>,
}

#[derive(Default)]
struct Heap {
    nodes: Vec<String>,
    nics: BTreeMap<Nic, NicInfo>,
    frames: Vec<Loose>,
    secrets: BTreeSet<String>,
    names: BTreeMap<IpAddr, String>,
    damaged: Vec<(String, Damage)>,
}

impl Heap {
    fn add(&mut self, file: &str, bytes: &[u8]) {
        let mut nics: Vec<Nic> = Vec::new();
        let mut loose = Vec::new();
        let (decoder, result) = frames(bytes, |frame| {
            loose.push((
                frame.interface,
                Loose {
                    time_ns: frame.raw.time_ns,
                    nic: Nic::default(),
                    direction: frame.direction.unwrap_or(Direction::In),
                    packet: PacketId(frame.raw.packet.unwrap_or(PacketId::NONE.0)),
                    flaw: frame.raw.flaw(),
                    bytes: frame.raw.bytes.to_vec(),
                    comments: frame.raw.notes.comments().map(crate::words::clean).collect(),
                },
            ));
        });
        nics.extend(decoder.interfaces().iter().map(|interface| self.introduce(file, interface)));
        self.frames.extend(loose.into_iter().map(|(interface, frame)| Loose { nic: nics[interface], ..frame }));
        self.secrets.extend(decoder.secrets().iter().cloned());
        self.names.extend(decoder.names().iter().cloned());
        self.damaged.extend(result.err().map(|damage| (file.to_owned(), damage)));
    }

    fn introduce(&mut self, file: &str, interface: &Interface) -> Nic {
        let described = interface.description.as_deref().and_then(|text| text.split_once(" of "));
        let stem = file.rsplit('/').next().unwrap_or(file).split('.').next().unwrap_or(file);
        let (name, node) = described.unwrap_or((interface.name.as_deref().unwrap_or("port0"), stem));
        let node_id = self.nodes.iter().position(|known| known == node).unwrap_or_else(|| {
            self.nodes.push(node.to_owned());
            self.nodes.len() - 1
        });
        let node_id = NodeId(node_id as u32);
        let same = self.nics.iter().find(|(nic, info)| nic.node == node_id && info.name == name).map(|(nic, _)| *nic);
        same.unwrap_or_else(|| {
            let port = self.nics.keys().filter(|nic| nic.node == node_id).count();
            let nic = Nic { node: node_id, port: Port(port as u16) };
            let link_type = match interface.link {
                Link::Ip => LinkType::Ip,
                Link::Kiss => LinkType::Ax25,
                Link::Llc => LinkType::Llc,
                Link::Radiotap => LinkType::Radiotap,
                _ => LinkType::Ethernet,
            };
            self.nics.insert(nic, NicInfo { node: node.to_owned(), name: name.to_owned(), link_type, mac: None });
            nic
        })
    }

    fn into_recording(mut self) -> Gathered {
        self.frames.sort_by_key(|frame| frame.time_ns);
        let start_ns = self.frames.first().map_or(0, |frame| frame.time_ns);
        let mut recording = Recording::with_limits(Limits::default());
        for (nic, info) in self.nics {
            recording.add_nic(nic, info);
        }
        for (address, name) in &self.names {
            recording.name_address(*address, name);
        }
        for line in &self.secrets {
            recording.add_secret(Instant::ZERO, line);
        }
        let mut comments = BTreeMap::new();
        for frame in self.frames {
            let Loose { nic, direction, packet, flaw, bytes, .. } = frame;
            let at = Instant::from_nanos(frame.time_ns - start_ns);
            if !frame.comments.is_empty() {
                comments.insert(recording.frames().len(), frame.comments);
            }
            recording.add_frame(FrameSeen { at, nic, direction, packet, bytes: [&bytes, &[]], flaw });
        }
        Gathered { recording, comments, start_ns, damaged: self.damaged }
    }
}
