//! The control field of HDLC's balanced mode (ISO 13239, 5.3), as AX.25 v2.2 (section 4.2) and IEEE 802.2 (5.4) have it.
//!
//! ```text
//!   modulo 8     I  | N(R) | P | N(S) | 0 |        S  | N(R) | P/F | S S | 0 1 |        U  | M M M | P/F | M M | 1 1 |
//!   modulo 128   I  | N(S) | 0 | N(R) | P |        S  | 0 0 0 0 S S 0 1 | N(R) | P/F |   U as above
//! ```

use std::fmt;

use crate::{Error, PacketBuf, Problem, Result};

/// A control field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// Information: the only frames that carry data and have a number of their own.
    I {
        /// N(S), its number.
        ns: u8,
        /// N(R): all frames before this number have come.
        nr: u8,
        /// The poll bit: an answer is asked for.
        poll: bool,
    },
    /// Supervision of the numbers.
    S {
        /// What it says.
        kind: Supervisory,
        /// N(R).
        nr: u8,
        /// Poll or final bit.
        poll: bool,
    },
    /// Without numbers.
    U {
        /// What it says.
        kind: Unnumbered,
        /// Poll or final bit.
        poll: bool,
    },
}

/// What a supervisory frame says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Supervisory {
    /// Receive ready.
    Rr,
    /// Receive not ready: wait.
    Rnr,
    /// Reject: send again from N(R) on.
    Rej,
    /// Selective reject: send N(R) again, and only that.
    Srej,
}

/// What an unnumbered frame says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unnumbered {
    /// Set asynchronous balanced mode, numbers modulo 8.
    Sabm,
    /// The same, modulo 128.
    Sabme,
    /// Unnumbered acknowledgement.
    Ua,
    /// Disconnect.
    Disc,
    /// Disconnected mode.
    Dm,
    /// Frame reject.
    Frmr,
    /// Unnumbered information.
    Ui,
    /// Exchange of parameters.
    Xid,
    /// Test.
    Test,
}

/// How wide the numbers in a control field are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Modulus {
    /// Three bits.
    Eight,
    /// Seven bits.
    OneTwentyEight,
}

impl Control {
    /// Reads the field at the front of a slice; with its length in bytes.
    pub fn parse(bytes: &[u8], modulus: Modulus) -> Result<(Control, usize)> {
        let short = |at| Error::new("HDLC", "control", at, Problem::TooShort);
        let first = *bytes.first().ok_or_else(|| short(0))?;
        if first & 3 == 3 {
            let kind = UNNUMBERED.iter().find(|(_, code)| *code == first & !POLL).map(|(kind, _)| *kind);
            let kind = kind.ok_or_else(|| Error::new("HDLC", "control", 0, Problem::BadValue))?;
            return Ok((Control::U { kind, poll: first & POLL != 0 }, 1));
        }
        let kind = SUPERVISORY[usize::from(first >> 2 & 3)];
        match modulus {
            Modulus::Eight => {
                let (nr, poll) = (first >> 5, first & POLL != 0);
                let control = match first & 1 {
                    0 => Control::I { ns: first >> 1 & 7, nr, poll },
                    _ => Control::S { kind, nr, poll },
                };
                Ok((control, 1))
            }
            Modulus::OneTwentyEight => {
                let second = *bytes.get(1).ok_or_else(|| short(1))?;
                let (nr, poll) = (second >> 1, second & 1 == 1);
                match first & 1 {
                    0 => Ok((Control::I { ns: first >> 1, nr, poll }, 2)),
                    _ if first & 0xf0 == 0 => Ok((Control::S { kind, nr, poll }, 2)),
                    _ => Err(Error::new("HDLC", "control", 0, Problem::BadValue)),
                }
            }
        }
    }

    /// Writes the field in front of a packet. Numbers are cut to the field's width.
    pub fn push(&self, packet: &mut PacketBuf, modulus: Modulus) {
        let code = |kind: &Supervisory| SUPERVISORY.iter().position(|known| known == kind).unwrap_or(0) as u8;
        match (self, modulus) {
            (Control::U { kind, poll }, _) => {
                let code = UNNUMBERED.iter().find(|(known, _)| known == kind).map_or(0x03, |(_, code)| *code);
                packet.push_array([code | if *poll { POLL } else { 0 }]);
            }
            (Control::I { ns, nr, poll }, Modulus::Eight) => {
                packet.push_array([nr << 5 | u8::from(*poll) << 4 | (ns & 7) << 1]);
            }
            (Control::S { kind, nr, poll }, Modulus::Eight) => {
                packet.push_array([nr << 5 | u8::from(*poll) << 4 | code(kind) << 2 | 1]);
            }
            (Control::I { ns, nr, poll }, Modulus::OneTwentyEight) => {
                packet.push_array([ns << 1, nr << 1 | u8::from(*poll)]);
            }
            (Control::S { kind, nr, poll }, Modulus::OneTwentyEight) => {
                packet.push_array([code(kind) << 2 | 1, nr << 1 | u8::from(*poll)]);
            }
        }
    }

    /// `I`, `RR`, `SABM`, …
    pub const fn name(&self) -> &'static str {
        match self {
            Control::I { .. } => "I",
            Control::S { kind, .. } => kind.name(),
            Control::U { kind, .. } => kind.name(),
        }
    }

    /// The poll or final bit.
    pub const fn poll(&self) -> bool {
        match self {
            Control::I { poll, .. } | Control::S { poll, .. } | Control::U { poll, .. } => *poll,
        }
    }

    /// N(R), of frames that acknowledge.
    pub const fn nr(&self) -> Option<u8> {
        match self {
            Control::I { nr, .. } | Control::S { nr, .. } => Some(*nr),
            Control::U { .. } => None,
        }
    }
}

impl Supervisory {
    /// As standards write it.
    pub const fn name(self) -> &'static str {
        match self {
            Supervisory::Rr => "RR",
            Supervisory::Rnr => "RNR",
            Supervisory::Rej => "REJ",
            Supervisory::Srej => "SREJ",
        }
    }
}

impl Unnumbered {
    /// As standards write it.
    pub const fn name(self) -> &'static str {
        match self {
            Unnumbered::Sabm => "SABM",
            Unnumbered::Sabme => "SABME",
            Unnumbered::Ua => "UA",
            Unnumbered::Disc => "DISC",
            Unnumbered::Dm => "DM",
            Unnumbered::Frmr => "FRMR",
            Unnumbered::Ui => "UI",
            Unnumbered::Xid => "XID",
            Unnumbered::Test => "TEST",
        }
    }
}

/// `I ns=3 nr=5 P`
impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Control::I { ns, nr, .. } => write!(f, " ns={ns} nr={nr}")?,
            Control::S { nr, .. } => write!(f, " nr={nr}")?,
            Control::U { .. } => {}
        }
        if self.poll() { f.write_str(" P") } else { Ok(()) }
    }
}

const POLL: u8 = 0x10;
/// In the order of their two bits.
const SUPERVISORY: [Supervisory; 4] = [Supervisory::Rr, Supervisory::Rnr, Supervisory::Rej, Supervisory::Srej];
const UNNUMBERED: [(Unnumbered, u8); 9] = [
    (Unnumbered::Sabm, 0x2f),
    (Unnumbered::Sabme, 0x6f),
    (Unnumbered::Ua, 0x63),
    (Unnumbered::Disc, 0x43),
    (Unnumbered::Dm, 0x0f),
    (Unnumbered::Frmr, 0x87),
    (Unnumbered::Ui, 0x03),
    (Unnumbered::Xid, 0xaf),
    (Unnumbered::Test, 0xe3),
];

#[cfg(test)]
mod tests {
    use base::PacketId;
    use proptest::prelude::*;

    use super::*;

    fn written(control: Control, modulus: Modulus) -> Vec<u8> {
        let mut packet = PacketBuf::from_vec(PacketId::NONE, Vec::new());
        control.push(&mut packet, modulus);
        packet.contiguous()
    }

    #[test]
    fn fields_have_the_bits_of_the_standards() {
        let eight = |control| written(control, Modulus::Eight);
        assert_eq!(eight(Control::I { ns: 3, nr: 5, poll: true }), [0xb6]);
        let srej = Control::S { kind: Supervisory::Srej, nr: 2, poll: false };
        assert_eq!((eight(srej), written(srej, Modulus::OneTwentyEight)), (vec![0x4d], vec![0x0d, 0x04]));
        assert_eq!(eight(Control::U { kind: Unnumbered::Sabm, poll: true }), [0x3f]);
        assert_eq!(eight(Control::U { kind: Unnumbered::Sabme, poll: true }), [0x7f]);
        assert_eq!(eight(Control::U { kind: Unnumbered::Ua, poll: true }), [0x73]);
        assert_eq!(written(Control::I { ns: 100, nr: 5, poll: false }, Modulus::OneTwentyEight), [200, 10]);
        assert_eq!(Control::I { ns: 3, nr: 5, poll: true }.to_string(), "I ns=3 nr=5 P");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in 0u8..8, nr in 0u8..8, poll: bool, which in 0usize..14, wide: bool) {
            let modulus = if wide { Modulus::OneTwentyEight } else { Modulus::Eight };
            let control = match which {
                0 => Control::I { ns: number, nr, poll },
                1..5 => Control::S { kind: SUPERVISORY[which - 1], nr, poll },
                _ => Control::U { kind: UNNUMBERED[which - 5].0, poll },
            };
            let bytes = written(control, modulus);
            prop_assert_eq!(Control::parse(&bytes, modulus), Ok((control, bytes.len())));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4)) {
            let _ = Control::parse(&bytes, Modulus::Eight);
            let _ = Control::parse(&bytes, Modulus::OneTwentyEight);
        }
    }
}
