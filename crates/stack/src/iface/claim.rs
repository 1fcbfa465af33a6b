//! Addresses that a program would like to have, and who claims them: the question of RFC 5227 and of RFC 2131 section 2.2.

use std::net::Ipv4Addr;

use base::{Mac, Port};
use wire::arp::Packet;

/// What is watched on all interfaces of a host; short, because programs probe one address at a time.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    watched: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    port: Port,
    ip: Ipv4Addr,
    claimant: Option<Mac>,
}

impl Claims {
    /// Watches an address; false when too many are watched already.
    pub(crate) fn watch(&mut self, port: Port, ip: Ipv4Addr) -> bool {
        self.forget(port, ip);
        let room = self.watched.len() < MAX_WATCHED;
        if room {
            self.watched.push(Watched { port, ip, claimant: None });
        }
        room
    }

    /// Watches it no more.
    pub(crate) fn forget(&mut self, port: Port, ip: Ipv4Addr) {
        self.watched.retain(|watched| (watched.port, watched.ip) != (port, ip));
    }

    /// Who claimed a watched address, or probed for it, since it is watched.
    pub(crate) fn claimant(&self, port: Port, ip: Ipv4Addr) -> Option<Mac> {
        self.watched.iter().find(|watched| (watched.port, watched.ip) == (port, ip))?.claimant
    }

    //= rfc5227#2.1.1
    /// An ARP packet came in at `port`, whose own hardware address is `own`.
    #[inline]
    pub(crate) fn on_packet(&mut self, port: Port, own: Mac, packet: &Packet) {
        for watched in &mut self.watched {
            let says = packet.sender_ip == watched.ip;
            let probes = packet.sender_ip.is_unspecified() && packet.target_ip == watched.ip;
            if watched.port == port && (says || probes) && packet.sender_mac != own {
                watched.claimant = Some(packet.sender_mac);
            }
        }
    }
}

/// Addresses watched at the same time.
const MAX_WATCHED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use wire::arp::Operation;

    const PORT: Port = Port(0);
    const WANTED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);

    fn packet(mac: Mac, sender_ip: Ipv4Addr, target_ip: Ipv4Addr) -> Packet {
        let operation = if sender_ip.is_unspecified() { Operation::Request } else { Operation::Reply };
        Packet { operation, sender_mac: mac, sender_ip, target_mac: Mac::default(), target_ip }
    }

    //= rfc5227#2.1.1 test
    #[test]
    fn whoever_has_an_address_or_wants_it_too_claims_it() {
        let (own, other, none) = (Mac::local(1), Mac::local(2), Ipv4Addr::UNSPECIFIED);
        let claimed = |packet: Packet| {
            let mut claims = Claims::default();
            assert!(claims.watch(PORT, WANTED));
            claims.on_packet(PORT, own, &packet);
            claims.claimant(PORT, WANTED)
        };
        assert_eq!(claimed(packet(other, WANTED, none)), Some(other), "its owner answers");
        assert_eq!(claimed(packet(other, none, WANTED)), Some(other), "another one probes");
        assert_eq!(claimed(packet(own, none, WANTED)), None, "our own probe comes back");
        assert_eq!(claimed(packet(other, Ipv4Addr::new(192, 0, 2, 8), WANTED)), None, "a mere question");
    }

    #[test]
    fn a_host_watches_only_so_many_addresses() {
        let mut claims = Claims::default();
        let last = (0..=MAX_WATCHED as u8).map(|n| claims.watch(PORT, Ipv4Addr::new(192, 0, 2, n)));
        assert_eq!(last.filter(|watched| *watched).count(), MAX_WATCHED);
        claims.forget(PORT, Ipv4Addr::new(192, 0, 2, 0));
        assert!(claims.watch(PORT, WANTED));
    }
}
