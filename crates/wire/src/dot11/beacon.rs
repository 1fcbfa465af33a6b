//! The body of a beacon (802.11-2020, 9.3.3.2): an access point, or one station of a cell without, says that the cell is
//! there.
//!
//! ```text
//! | timestamp (8) | interval (2) | capability (2) | 0, length, SSID | 1, length, supported rates | other elements ...
//! ```

use crate::{Error, PacketBuf, Problem, Result};

/// What a beacon says. Elements that are not named here are stepped over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Beacon {
    /// The sender's clock, microseconds.
    pub timestamp_us: u64,
    /// From beacon to beacon, in time units of 1024 microseconds.
    pub interval_tu: u16,
    /// [`CAPABILITY_ESS`] or [`CAPABILITY_IBSS`], and more.
    pub capability: u16,
    /// The cell's name, up to 32 bytes.
    pub ssid: Vec<u8>,
    /// One to eight rates in units of 500 kbit/s, with the top bit set where a station must know the rate.
    pub rates: Vec<u8>,
}

/// The cell has an access point.
pub const CAPABILITY_ESS: u16 = 0x0001;
/// The cell has none.
pub const CAPABILITY_IBSS: u16 = 0x0002;

impl Beacon {
    /// Reads the body behind the header of a beacon, without check sequence.
    pub fn parse(body: &[u8]) -> Result<Beacon> {
        let fail = |field, offset, problem| Err(Error::new("802.11 beacon", field, offset, problem));
        let Some((fixed, _)) = body.split_first_chunk::<FIXED>() else {
            return fail("fixed fields", body.len(), Problem::TooShort);
        };
        let [t0, t1, t2, t3, t4, t5, t6, t7, i0, i1, c0, c1] = *fixed;
        let (mut ssid, mut rates, mut at) = (None, None, FIXED);
        while at < body.len() {
            let Some((id, value)) = element(body, at) else { return fail("element", at, Problem::TooShort) };
            match id {
                SSID if value.len() > MAX_SSID => return fail("SSID", at + 1, Problem::BadLength),
                RATES if !(1..=MAX_RATES).contains(&value.len()) => {
                    return fail("Supported Rates", at + 1, Problem::BadLength);
                }
                // Who sends an element twice is heard the first time.
                SSID => ssid = ssid.or(Some(value)),
                RATES => rates = rates.or(Some(value)),
                _ => {}
            }
            at += 2 + value.len();
        }
        let Some(ssid) = ssid else { return fail("SSID", at, Problem::TooShort) };
        let Some(rates) = rates else { return fail("Supported Rates", at, Problem::TooShort) };
        Ok(Beacon {
            timestamp_us: u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            interval_tu: u16::from_le_bytes([i0, i1]),
            capability: u16::from_le_bytes([c0, c1]),
            ssid: ssid.to_vec(),
            rates: rates.to_vec(),
        })
    }

    /// Writes the body in front of what is there (normally nothing). A name and rates that are too long are cut.
    pub fn push(&self, packet: &mut PacketBuf) {
        for (id, value, most) in [(RATES, &self.rates, MAX_RATES), (SSID, &self.ssid, MAX_SSID)] {
            let value = &value[..value.len().min(most)];
            packet.push(value.len()).copy_from_slice(value);
            packet.push_array([id, value.len() as u8]);
        }
        packet.push_array(self.capability.to_le_bytes());
        packet.push_array(self.interval_tu.to_le_bytes());
        packet.push_array(self.timestamp_us.to_le_bytes());
    }

    /// The cell's name for people.
    pub fn name(&self) -> String {
        String::from_utf8_lossy(&self.ssid).escape_debug().to_string()
    }
}

/// The element at a place: its id, and what it holds.
fn element(body: &[u8], at: usize) -> Option<(u8, &[u8])> {
    let &[id, len] = body.get(at..at + 2)?.first_chunk()?;
    Some((id, body.get(at + 2..at + 2 + usize::from(len))?))
}

/// Bytes of timestamp, interval and capability.
const FIXED: usize = 12;
const SSID: u8 = 0;
const RATES: u8 = 1;
const MAX_SSID: usize = 32;
const MAX_RATES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn beacon() -> Beacon {
        let (ssid, rates) = (b"cell".to_vec(), vec![0x82, 0x84]);
        Beacon { timestamp_us: 0x0102, interval_tu: 100, capability: CAPABILITY_ESS, ssid, rates }
    }

    #[test]
    fn a_beacon_has_the_bytes_of_the_standard() {
        let mut packet = PacketBuf::default();
        beacon().push(&mut packet);
        assert_eq!(packet.head(), b"\x02\x01\0\0\0\0\0\0\x64\0\x01\0\0\x04cell\x01\x02\x82\x84");
        assert_eq!(Beacon::parse(packet.head()), Ok(beacon()));
    }

    #[test]
    fn unknown_elements_are_stepped_over_and_cut_ones_refused() {
        let mut packet = PacketBuf::from_vec(base::PacketId::NONE, vec![3, 1, 6]);
        beacon().push(&mut packet);
        assert_eq!(Beacon::parse(packet.head()), Ok(beacon()));
        let cut = &packet.head()[..packet.len() - 1];
        assert_eq!(Beacon::parse(cut).unwrap_err().field, "element");
        assert_eq!(Beacon::parse(&cut[..18]).unwrap_err().field, "Supported Rates");
    }
}
