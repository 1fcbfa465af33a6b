//! The neighbour table: hardware addresses of the hosts on our links, and packets that wait for one.
//!
//! ```text
//!   (unknown) ──packet──> asking ──answer──> known ──age──> (unknown)
//!                           └──3 requests unanswered──> given up
//! ```

use std::collections::VecDeque;
use std::net::IpAddr;

use base::{Duration, Instant, Mac, Port};
use rustc_hash::FxHashMap;
use wire::PacketBuf;

use crate::wake::{Wake, Why};

/// Neighbours of all interfaces of a host.
#[derive(Debug, Default)]
pub(crate) struct Neighbors {
    table: FxHashMap<(Port, IpAddr), Neighbor>,
    /// Those being asked for, in the order of their next deadline; short, because it is bounded by the table.
    asking: VecDeque<(Instant, Port, IpAddr)>,
}

#[derive(Debug)]
enum Neighbor {
    Asking { waiting: VecDeque<PacketBuf>, requests: u32 },
    Known { mac: Mac, until: Instant },
}

/// What to do with a packet to a neighbour.
#[derive(Debug)]
pub(crate) enum Resolved {
    /// It can go.
    To(Mac, PacketBuf),
    /// It waits; a request must be sent now if `ask`. `pushed_out` made room for it.
    Waits { ask: bool, pushed_out: Option<PacketBuf> },
    /// The table is full of unanswered questions.
    Full,
}

/// What became of a question whose time was up.
#[derive(Debug)]
pub(crate) enum Overdue {
    AskAgain(Port, IpAddr),
    GivenUp(Port, IpAddr, VecDeque<PacketBuf>),
}

impl Neighbors {
    pub(crate) fn resolve(&mut self, port: Port, ip: IpAddr, packet: PacketBuf, now: Instant) -> Resolved {
        match self.table.get_mut(&(port, ip)) {
            Some(Neighbor::Known { mac, until }) if *until > now => return Resolved::To(*mac, packet),
            Some(Neighbor::Asking { waiting, .. }) => {
                //= rfc1122#2.3.2.2
                // At least the latest packet is kept for the answer.
                let pushed_out = if waiting.len() >= MAX_WAITING { waiting.pop_front() } else { None };
                waiting.push_back(packet);
                return Resolved::Waits { ask: false, pushed_out };
            }
            _ => {}
        }
        if self.asking.len() >= MAX_ASKING || !self.has_room(now) {
            return Resolved::Full;
        }
        self.table.insert((port, ip), Neighbor::Asking { waiting: VecDeque::from([packet]), requests: 1 });
        self.asking.push_back((now + RETRY, port, ip));
        Resolved::Waits { ask: true, pushed_out: None }
    }

    /// Makes room by forgetting what is out of date. Which entries go does not depend on the map's order.
    fn has_room(&mut self, now: Instant) -> bool {
        if self.table.len() >= MAX_NEIGHBORS {
            self.table.retain(|_, neighbor| !matches!(neighbor, Neighbor::Known { until, .. } if *until <= now));
        }
        self.table.len() < MAX_NEIGHBORS
    }

    /// Somebody told an address. Learned when it was known already, or when we were spoken to (`for_us`); returns the
    /// packets that waited for it.
    //= rfc826#packet-reception
    pub(crate) fn on_answer(
        &mut self,
        port: Port,
        ip: IpAddr,
        mac: Mac,
        for_us: bool,
        now: Instant,
    ) -> VecDeque<PacketBuf> {
        let known = Neighbor::Known { mac, until: now + LIFETIME };
        match self.table.get_mut(&(port, ip)) {
            Some(Neighbor::Known { until: Instant::FAR, .. }) => VecDeque::new(),
            Some(neighbor) => {
                let before = std::mem::replace(neighbor, known);
                self.asking.retain(|(_, p, i)| (*p, *i) != (port, ip));
                match before {
                    Neighbor::Asking { waiting, .. } => waiting,
                    Neighbor::Known { .. } => VecDeque::new(),
                }
            }
            None => {
                if for_us && self.has_room(now) {
                    self.table.insert((port, ip), known);
                }
                VecDeque::new()
            }
        }
    }

    /// An entry that a person made: it never ages.
    pub(crate) fn insert_static(&mut self, port: Port, ip: IpAddr, mac: Mac) {
        self.table.insert((port, ip), Neighbor::Known { mac, until: Instant::FAR });
    }

    /// The next question whose time is up; ask until `None`.
    pub(crate) fn on_timer(&mut self, now: Instant) -> Option<Overdue> {
        let (at, port, ip) = *self.asking.front()?;
        if at > now {
            return None;
        }
        self.asking.pop_front();
        let Some(Neighbor::Asking { requests, .. }) = self.table.get_mut(&(port, ip)) else {
            return self.on_timer(now);
        };
        if *requests < MAX_REQUESTS {
            *requests += 1;
            self.asking.push_back((now + RETRY, port, ip));
            return Some(Overdue::AskAgain(port, ip));
        }
        match self.table.remove(&(port, ip)) {
            Some(Neighbor::Asking { waiting, .. }) => Some(Overdue::GivenUp(port, ip, waiting)),
            _ => None,
        }
    }

    pub(crate) fn poll_at(&self) -> Option<Wake> {
        self.asking.front().map(|(at, _, ip)| Wake { at: *at, why: Why::ArpRetry(*ip) })
    }
}

/// RFC 1122, section 2.3.2.1: requests at most once a second for each destination.
const RETRY: Duration = Duration::from_secs(1);
const MAX_REQUESTS: u32 = 3;
/// Packets that wait for one neighbour.
const MAX_WAITING: usize = 16;
/// Neighbours asked for at the same time.
const MAX_ASKING: usize = 256;
const MAX_NEIGHBORS: usize = 65_536;
/// RFC 1122, section 2.3.2.1: entries must age.
const LIFETIME: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;
    use base::PacketId;

    const PORT: Port = Port(0);

    fn packet(n: u64) -> PacketBuf {
        PacketBuf::from_vec(PacketId(n), vec![0; 20])
    }

    fn ip() -> IpAddr {
        [192, 0, 2, 9].into()
    }

    //= rfc1122#2.3.2.2 test
    #[test]
    fn packets_wait_for_the_answer_and_the_oldest_makes_room() {
        let mut neighbors = Neighbors::default();
        for n in 0..18 {
            let resolved = neighbors.resolve(PORT, ip(), packet(n), Instant::ZERO);
            let Resolved::Waits { ask, pushed_out } = resolved else { panic!("{resolved:?}") };
            assert_eq!((ask, pushed_out.map(|p| p.id.0)), (n == 0, (n >= 16).then(|| n - 16)));
        }
        let sent = neighbors.on_answer(PORT, ip(), Mac::local(9), true, Instant::ZERO);
        assert_eq!(sent.iter().map(|p| p.id.0).collect::<Vec<_>>(), (2..18).collect::<Vec<_>>());
        assert!(
            matches!(neighbors.resolve(PORT, ip(), packet(0), Instant::ZERO), Resolved::To(mac, _) if mac == Mac::local(9))
        );
    }

    #[test]
    fn three_unanswered_requests_give_up() {
        let mut neighbors = Neighbors::default();
        neighbors.resolve(PORT, ip(), packet(1), Instant::ZERO);
        for _ in 0..2 {
            let at = neighbors.poll_at().unwrap().at;
            assert!(matches!(neighbors.on_timer(at), Some(Overdue::AskAgain(..))));
        }
        let at = neighbors.poll_at().unwrap().at;
        assert_eq!(at, Instant::ZERO + Duration::from_secs(3));
        assert!(matches!(neighbors.on_timer(at), Some(Overdue::GivenUp(_, _, waiting)) if waiting.len() == 1));
        assert_eq!(neighbors.poll_at(), None);
    }

    #[test]
    fn gossip_between_others_is_not_learned() {
        let mut neighbors = Neighbors::default();
        neighbors.on_answer(PORT, ip(), Mac::local(9), false, Instant::ZERO);
        assert!(matches!(neighbors.resolve(PORT, ip(), packet(0), Instant::ZERO), Resolved::Waits { ask: true, .. }));
    }
}
