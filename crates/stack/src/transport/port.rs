//! Ephemeral ports, chosen at random (RFC 6056, algorithm 1).

use base::Rng;

/// RFC 6335, section 6: the dynamic range.
const FIRST: u16 = 49_152;
const COUNT: u16 = u16::MAX - FIRST + 1;

/// A port that `is_free` accepts: the search starts at a random one. `None` when all are taken.
//= rfc6056#3.3.1
pub(crate) fn ephemeral(rng: &mut Rng, mut is_free: impl FnMut(u16) -> bool) -> Option<u16> {
    let start = rng.below(u64::from(COUNT)) as u16;
    (0..COUNT).map(|n| FIRST + (start + n) % COUNT).find(|port| is_free(*port))
}

#[cfg(test)]
mod tests {
    use super::*;

    //= rfc6056#3.3.1 test
    #[test]
    fn the_last_free_port_is_found_and_a_full_range_refused() {
        let mut rng = Rng::root(1);
        assert_eq!(ephemeral(&mut rng, |port| port == 50_000), Some(50_000));
        assert_eq!(ephemeral(&mut rng, |_| false), None);
    }
}
