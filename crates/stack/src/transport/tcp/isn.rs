//! Initial sequence numbers that nobody off the path can guess (RFC 6528).

use std::hash::Hasher;

use base::event::Flow;
use base::{Instant, Rng, SeqNum};
use siphasher::sip::SipHasher13;

/// The secret of one host.
#[derive(Clone, Debug)]
pub(crate) struct IsnGenerator {
    keys: (u64, u64),
}

impl IsnGenerator {
    pub(crate) fn new(mut rng: Rng) -> Self {
        IsnGenerator { keys: (rng.next_u64(), rng.next_u64()) }
    }

    /// ISN = M + F(localip, localport, remoteip, remoteport, secretkey), M counting every 4 microseconds.
    //= rfc6528#3
    pub(crate) fn isn(&self, now: Instant, flow: &Flow) -> SeqNum {
        SeqNum((now.nanos() / 4_000) as u32) + self.hash(flow, 0) as u32
    }

    /// Where this connection's timestamp clock starts: a different place for each (RFC 7323, section 7.1).
    pub(crate) fn timestamp_offset(&self, flow: &Flow) -> u32 {
        self.hash(flow, 1) as u32
    }

    /// A keyed hash of the ends and of `what` (RFC 4987).
    pub(crate) fn cookie(&self, flow: &Flow, what: u64) -> u32 {
        let mut hasher = SipHasher13::new_with_keys(self.keys.1, self.keys.0);
        hasher.write_u64(self.hash(flow, 2));
        hasher.write_u64(what);
        hasher.finish() as u32
    }

    fn hash(&self, flow: &Flow, purpose: u8) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.keys.0, self.keys.1);
        hasher.write_u8(purpose);
        for end in [flow.local, flow.remote] {
            match end.ip() {
                std::net::IpAddr::V4(ip) => hasher.write(&ip.octets()),
                std::net::IpAddr::V6(ip) => hasher.write(&ip.octets()),
            }
            hasher.write_u16(end.port());
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(port: u16) -> Flow {
        Flow { local: ([192, 0, 2, 1], port).into(), remote: ([192, 0, 2, 2], 80).into() }
    }

    //= rfc6528#3 test
    #[test]
    fn a_reopened_connection_starts_later_and_another_one_elsewhere() {
        let isn = IsnGenerator::new(Rng::root(1));
        let (early, late) = (Instant::from_nanos(0), Instant::from_nanos(4_000_000));
        assert_eq!(isn.isn(late, &flow(5)) - isn.isn(early, &flow(5)), 1000);
        assert_ne!(isn.isn(early, &flow(5)), isn.isn(early, &flow(6)));
        assert_ne!(isn.isn(early, &flow(5)), IsnGenerator::new(Rng::root(2)).isn(early, &flow(5)));
    }
}
