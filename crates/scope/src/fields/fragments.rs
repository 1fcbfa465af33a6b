//! IPv4 datagrams put together from their fragments.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// Whose fragment: addresses, identification, protocol.
pub(super) type Key = (IpAddr, IpAddr, u16, u8);

/// Datagrams of which not all fragments have come.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    datagrams: BTreeMap<Key, Datagram>,
    /// In which order they began.
    order: VecDeque<Key>,
}

#[derive(Debug, Default)]
struct Datagram {
    pieces: BTreeMap<usize, Vec<u8>>,
    end: Option<usize>,
}

impl Fragments {
    /// Takes a fragment that belongs `offset` bytes into its datagram. Gives the whole when nothing is missing.
    //= rfc791#3.2
    pub(super) fn take(&mut self, key: Key, offset: usize, is_last: bool, bytes: &[u8]) -> Option<Vec<u8>> {
        if !self.datagrams.contains_key(&key) {
            self.order.push_back(key);
            if self.order.len() > MAX_DATAGRAMS
                && let Some(oldest) = self.order.pop_front()
            {
                self.datagrams.remove(&oldest);
            }
        }
        let datagram = self.datagrams.entry(key).or_default();
        if is_last {
            datagram.end = Some(offset + bytes.len());
        }
        datagram.pieces.entry(offset).or_insert_with(|| bytes.to_vec());
        let whole = datagram.whole()?;
        self.datagrams.remove(&key);
        self.order.retain(|other| *other != key);
        Some(whole)
    }
}

impl Datagram {
    fn whole(&self) -> Option<Vec<u8>> {
        let end = self.end?;
        let mut whole = Vec::with_capacity(end);
        for (offset, piece) in &self.pieces {
            let known = whole.len().checked_sub(*offset)?;
            whole.extend_from_slice(piece.get(known..).unwrap_or_default());
        }
        whole.truncate(end);
        (whole.len() == end).then_some(whole)
    }
}

/// The most datagrams that wait for fragments.
const MAX_DATAGRAMS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_in_any_order_give_the_datagram_once() {
        let key = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), 7, 17);
        let mut fragments = Fragments::default();
        assert_eq!(fragments.take(key, 8, true, b"89"), None);
        assert_eq!(fragments.take(key, 8, true, b"89"), None);
        assert_eq!(fragments.take(key, 0, false, b"01234567"), Some(b"0123456789".to_vec()));
        assert_eq!(fragments.take(key, 0, false, b"01234567"), None);
    }
}
