//! Which address was last seen at which port (IEEE 802.1D clause 7.9, the filtering database), VLAN by VLAN.

use base::{Duration, Instant, Mac, Port};
use rustc_hash::FxHashMap;

/// A bounded table of addresses. The order of the map shows nowhere.
pub(super) struct Table {
    entries: FxHashMap<(u16, Mac), Entry>,
    limit: usize,
    ageing: Duration,
    /// A full table is not searched for old entries before this.
    next_sweep: Instant,
}

struct Entry {
    port: Port,
    expires: Instant,
}

impl Table {
    pub(super) fn new(limit: usize, ageing: Duration) -> Self {
        Table { entries: FxHashMap::default(), limit, ageing, next_sweep: Instant::ZERO }
    }

    /// `mac` is at `port` in VLAN `vid` (0 where there are none). A full table learns nothing new until an entry is too old.
    pub(super) fn learn(&mut self, now: Instant, vid: u16, mac: Mac, port: Port) {
        let expires = now + self.ageing;
        if let Some(entry) = self.entries.get_mut(&(vid, mac)) {
            *entry = Entry { port, expires };
            return;
        }
        if self.entries.len() >= self.limit {
            self.sweep(now);
        }
        if self.entries.len() < self.limit {
            self.entries.insert((vid, mac), Entry { port, expires });
        }
    }

    /// Where `mac` was seen last, unless that is too long ago.
    pub(super) fn lookup(&self, now: Instant, vid: u16, mac: Mac) -> Option<Port> {
        self.entries.get(&(vid, mac)).filter(|entry| now < entry.expires).map(|entry| entry.port)
    }

    /// Drops what is too old, at most once per second.
    fn sweep(&mut self, now: Instant) {
        if now >= self.next_sweep {
            self.entries.retain(|_, entry| now < entry.expires);
            self.next_sweep = now + SWEEP_INTERVAL;
        }
    }

    /// Whether there was anything to forget.
    pub(super) fn forget_port(&mut self, port: Port) -> bool {
        let before = self.entries.len();
        self.entries.retain(|_, entry| entry.port != port);
        self.entries.len() < before
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn snapshot(&self, now: Instant) -> Vec<(Mac, Port)> {
        let alive = self.entries.iter().filter(|(_, entry)| now < entry.expires);
        let mut list: Vec<_> = alive.map(|((vid, mac), entry)| (*vid, *mac, entry.port)).collect();
        list.sort_unstable();
        list.into_iter().map(|(_, mac, port)| (mac, port)).collect()
    }
}

/// A sweep looks at every entry.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
