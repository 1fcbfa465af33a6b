//! TLS: records, of which only those in clear are kept whole.

use super::{Common, Delivery};
use crate::dissect::tls;
use crate::fields::layers::Layer;

/// Records in one direction.
//= rfc8446#5.1
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The record that is coming: its header, and what of it is kept.
    pending: Vec<u8>,
    /// How many of its bytes are not kept and still to come.
    skip: usize,
    /// From here on this direction is encrypted.
    encrypted: bool,
    /// These are no records after all.
    lost: bool,
}

const HEADER: usize = 5;
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;
/// The largest record: 2^14 bytes and the overhead that RFC 5246 allows.
const MAX_RECORD: usize = (1 << 14) + 2048;

impl Records {
    pub(super) fn take(&mut self, mut bytes: &[u8], common: &mut Common, delivery: &mut Delivery) {
        while !bytes.is_empty() && !self.lost {
            let missing = HEADER.saturating_sub(self.pending.len());
            if missing > 0 {
                let (head, rest) = bytes.split_at(missing.min(bytes.len()));
                self.pending.extend_from_slice(head);
                bytes = rest;
                if self.pending.len() < HEADER {
                    return;
                }
                self.lost = !matches!(self.pending[..2], [20..=24, 3]) || self.len() > MAX_RECORD;
                self.skip = if self.is_kept() { 0 } else { self.len() };
            }
            let wanted = if self.is_kept() { HEADER + self.len() - self.pending.len() } else { 0 };
            let (kept, rest) = bytes.split_at(wanted.min(bytes.len()));
            self.pending.extend_from_slice(kept);
            let skipped = self.skip.min(rest.len());
            self.skip -= skipped;
            bytes = &rest[skipped..];
            if kept.len() == wanted && self.skip == 0 && !self.lost {
                self.finish(common, delivery);
            }
        }
    }

    fn len(&self) -> usize {
        usize::from(u16::from_be_bytes([self.pending[3], self.pending[4]]))
    }

    fn is_kept(&self) -> bool {
        self.pending[0] != DATA && !(self.encrypted && self.pending[0] == HANDSHAKE)
    }

    fn finish(&mut self, common: &mut Common, delivery: &mut Delivery) {
        let kind = self.pending[0];
        if kind == HANDSHAKE {
            common.tls13 |= tls::records(&self.pending).iter().flat_map(|record| &record.handshakes).any(|h| h.tls13);
        }
        let layer = if common.tls13 && kind == DATA { Layer::Sealed } else { Layer::Tls };
        delivery.message(layer, &[&self.pending]);
        self.encrypted |= kind == CHANGE_CIPHER_SPEC;
        self.pending.clear();
    }
}
