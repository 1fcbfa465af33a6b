//! What paths carry: the largest packet for each destination that a router complained about (RFC 1191, section 6.3).

use std::net::IpAddr;

use base::{Duration, Instant};
use rustc_hash::FxHashMap;

/// Never iterated where order shows: whoever looks, looks up one destination.
#[derive(Debug, Default)]
pub(crate) struct PathMtus {
    table: FxHashMap<IpAddr, (usize, Instant)>,
}

impl PathMtus {
    /// A credible message said that no more than `mtu` bytes go through to `to`.
    pub(crate) fn learn(&mut self, to: IpAddr, mtu: usize, now: Instant) {
        if self.table.len() >= MOST {
            self.table.retain(|_, (_, until)| *until > now);
        }
        if self.table.len() < MOST || self.table.contains_key(&to) {
            self.table.insert(to, (mtu, now + LIFETIME));
        }
    }

    //= rfc1191#6.3
    // Forgotten after ten minutes: the path may have become wider.
    pub(crate) fn to(&self, to: IpAddr, now: Instant) -> Option<usize> {
        if self.table.is_empty() {
            return None;
        }
        self.table.get(&to).filter(|(_, until)| *until > now).map(|(mtu, _)| *mtu)
    }
}

const MOST: usize = 4096;
const LIFETIME: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    //= rfc1191#6.3 test
    #[test]
    fn a_narrow_path_is_remembered_for_ten_minutes() {
        let (mut mtus, to) = (PathMtus::default(), IpAddr::from([192, 0, 2, 1]));
        mtus.learn(to, 1400, Instant::ZERO);
        assert_eq!(mtus.to(to, Instant::ZERO + Duration::from_secs(599)), Some(1400));
        assert_eq!(mtus.to(to, Instant::ZERO + Duration::from_secs(600)), None);
        assert_eq!(mtus.to([192, 0, 2, 2].into(), Instant::ZERO), None);
    }

    #[test]
    fn the_table_is_bounded() {
        let mut mtus = PathMtus::default();
        for n in 0..10_000u32 {
            mtus.learn(IpAddr::from(n.to_be_bytes()), 1400, Instant::ZERO);
        }
        assert_eq!(mtus.table.len(), MOST);
    }
}
