//! DNS over TCP: each message behind its length.

use super::Delivery;
use crate::fields::layers::Layer;

/// Messages in one direction.
//= rfc1035#4.2.2
#[derive(Debug, Default)]
pub(super) struct Messages {
    pending: Vec<u8>,
}

impl Messages {
    pub(super) fn take(&mut self, bytes: &[u8], delivery: &mut Delivery) {
        self.pending.extend_from_slice(bytes);
        let mut at = 0;
        while let Some([a, b]) = self.pending.get(at..at + 2) {
            let len = usize::from(u16::from_be_bytes([*a, *b]));
            let Some(message) = self.pending.get(at + 2..at + 2 + len) else { break };
            if len >= 12 {
                delivery.message(Layer::Dns, &[message]);
            }
            at += 2 + len;
        }
        self.pending.drain(..at);
    }
}
