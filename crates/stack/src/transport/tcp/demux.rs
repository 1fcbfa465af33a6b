//! From a segment's addresses to its connection or listener, in constant time.

use std::net::{IpAddr, SocketAddr};

use base::event::Flow;
use rustc_hash::FxHashMap;

/// Who gets which segment. Never iterated, so its order does not show.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    connections: FxHashMap<[u32; 3], u64>,
    connections_v6: FxHashMap<[u64; 5], u64>,
    /// The connection that was found last: in a bulk transfer, the next one too.
    last: Option<(Flow, u64)>,
    /// The same as its headers say it: both IPv4 addresses and ports of what it receives.
    expected: [u8; 12],
    listeners: FxHashMap<SocketAddr, u64>,
}

/// The 4-tuple in few words: small, cheap to hash and to compare. Most are IPv4, and those of IPv6 three times as long.
enum Key {
    V4([u32; 3]),
    V6([u64; 5]),
}

impl Key {
    fn of(flow: &Flow) -> Key {
        let ports = u32::from(flow.local.port()) << 16 | u32::from(flow.remote.port());
        if let (IpAddr::V4(local), IpAddr::V4(remote)) = (flow.local.ip(), flow.remote.ip()) {
            return Key::V4([local.to_bits(), remote.to_bits(), ports]);
        }
        let halves = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
            IpAddr::V6(ip) => ip.to_bits(),
        };
        let (local, remote) = (halves(flow.local.ip()), halves(flow.remote.ip()));
        let words = [local >> 64, local, remote >> 64, remote].map(|half| half as u64);
        Key::V6([words[0], words[1], words[2], words[3], u64::from(ports)])
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

impl Demux {
    pub(crate) fn connection(&self, flow: &Flow) -> Option<u64> {
        match Key::of(flow) {
            Key::V4(key) => self.connections.get(&key).copied(),
            Key::V6(key) => self.connections_v6.get(&key).copied(),
        }
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
        match Key::of(flow) {
            Key::V4(key) => self.connections.insert(key, id),
            Key::V6(key) => self.connections_v6.insert(key, id),
        };
    }

    pub(crate) fn remove_connection(&mut self, flow: &Flow) {
        self.last = None;
        match Key::of(flow) {
            Key::V4(key) => self.connections.remove(&key),
            Key::V6(key) => self.connections_v6.remove(&key),
        };
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
