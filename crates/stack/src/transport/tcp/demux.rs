//! From a segment's addresses to its connection or listener, in constant time.

use std::net::{IpAddr, SocketAddr};

use base::event::Flow;
use rustc_hash::FxHashMap;

/// Who gets which segment. Never iterated, so its order does not show.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    connections: FxHashMap<Key, u64>,
    /// The connection that was found last: in a bulk transfer, the next one too.
    last: Option<(Flow, u64)>,
    /// The same as its headers say it: both IPv4 addresses and ports of what it receives.
    expected: [u8; 12],
    listeners: FxHashMap<SocketAddr, u64>,
}

/// The 4-tuple in few words: cheap to hash and to compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Key {
    local: u128,
    remote: u128,
    ports: u32,
}

impl std::hash::Hash for Key {
    /// Folded to two words first: the hasher's work is by the word.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let fold = |bits: u128| (bits >> 64) as u64 ^ bits as u64;
        state.write_u64(fold(self.local).rotate_left(32) ^ fold(self.remote));
        state.write_u32(self.ports);
    }
}

impl Key {
    fn of(flow: &Flow) -> Key {
        let ports = u32::from(flow.local.port()) << 16 | u32::from(flow.remote.port());
        Key { local: bits(flow.local.ip()), remote: bits(flow.remote.ip()), ports }
    }
}

/// Source and destination address and ports, as in the headers of a received IPv4 segment.
fn headers_of(flow: &Flow) -> Option<[u8; 12]> {
    let (SocketAddr::V4(local), SocketAddr::V4(remote)) = (flow.local, flow.remote) else { return None };
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&remote.ip().octets());
    bytes[4..8].copy_from_slice(&local.ip().octets());
    bytes[8..10].copy_from_slice(&remote.port().to_be_bytes());
    bytes[10..].copy_from_slice(&local.port().to_be_bytes());
    Some(bytes)
}

/// An IPv4 address as an IPv4-mapped IPv6 address.
fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => 0xffff_0000_0000 | u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl Demux {
    pub(crate) fn connection(&self, flow: &Flow) -> Option<u64> {
        self.connections.get(&Key::of(flow)).copied()
    }

    /// The same, and remembers it for the next segment.
    pub(crate) fn find(&mut self, flow: &Flow) -> Option<u64> {
        match self.last {
            Some((last, id)) if last == *flow => Some(id),
            _ => {
                let id = self.connection(flow)?;
                self.last = Some((*flow, id));
                self.expected = headers_of(flow).unwrap_or_default();
                Some(id)
            }
        }
    }

    #[inline]
    pub(crate) fn expected(&self, ends: &[u8]) -> Option<u64> {
        self.last.filter(|_| ends == self.expected).map(|(_, id)| id)
    }

    /// The listener at exactly this address, else the one at any address.
    pub(crate) fn listener(&self, local: SocketAddr) -> Option<u64> {
        let any: IpAddr = match local {
            SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        self.listeners.get(&local).or_else(|| self.listeners.get(&SocketAddr::new(any, local.port()))).copied()
    }

    pub(crate) fn add_connection(&mut self, flow: &Flow, id: u64) {
        self.connections.insert(Key::of(flow), id);
    }

    pub(crate) fn remove_connection(&mut self, flow: &Flow) {
        self.last = None;
        self.connections.remove(&Key::of(flow));
    }

    /// False when somebody listens there already.
    pub(crate) fn add_listener(&mut self, local: SocketAddr, id: u64) -> bool {
        let free = !self.listeners.contains_key(&local);
        if free {
            self.listeners.insert(local, id);
        }
        free
    }

    pub(crate) fn remove_listener(&mut self, local: SocketAddr) {
        self.listeners.remove(&local);
    }
}
