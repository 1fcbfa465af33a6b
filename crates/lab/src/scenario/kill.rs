//! `--kill data:3 --kill ack:5@once`: which frames of a reliable line are lost, counted as a person counts them.
//!
//! `data:K` is the K-th frame of information, and every repetition of it; `ack:K` is every frame without information that
//! acknowledges K frames and no more. With `@once` only the first such frame is lost. Each direction counts for itself.

use std::fmt;
use std::str::FromStr;

use base::{Instant, PacketId, Rng};
use sim::{Rule, Verdict};
use wire::hdlc::{Control, Unnumbered};
use wire::{PacketBuf, ax25, ethernet, llc};

use super::{ArqFraming, ArqSpec};

/// Which frames are lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kill {
    /// A frame of information, or else an acknowledgement.
    pub data: bool,
    /// Which: from 1.
    pub number: u64,
    /// The first copy only.
    pub once: bool,
}

/// No such choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongKill(String);

impl fmt::Display for WrongKill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' chooses no frame: data:3 is the third one, ack:5 what acknowledges five, @once the first copy", self.0)
    }
}

impl std::error::Error for WrongKill {}

impl FromStr for Kill {
    type Err = WrongKill;
    fn from_str(text: &str) -> Result<Self, WrongKill> {
        let wrong = || WrongKill(text.to_owned());
        let (choice, once) = match text.split_once('@') {
            None => (text, false),
            Some((choice, "once")) => (choice, true),
            Some(_) => return Err(wrong()),
        };
        let (kind, number) = choice.split_once(':').ok_or_else(wrong)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        match kind {
            "data" => Ok(Kill { data: true, number, once }),
            "ack" => Ok(Kill { data: false, number, once }),
            _ => Err(wrong()),
        }
    }
}

impl Kill {
    /// The rule for one direction of a line.
    pub(crate) fn rule(self, arq: &ArqSpec) -> Box<dyn Rule> {
        let (framing, mask) = (arq.framing, (1_u16 << arq.bits.min(7)) as u8 - 1);
        Box::new(Killer { kill: self, framing, mask, units: Vec::new(), acknowledged: 0, last: 0, done: false })
    }
}

struct Killer {
    kill: Kill,
    framing: ArqFraming,
    /// 2^n - 1.
    mask: u8,
    /// The frames of information in the order in which they were sent first, as far as they matter.
    units: Vec<PacketId>,
    /// How many frames of the other direction are acknowledged.
    acknowledged: u64,
    /// The N(R) that said so.
    last: u8,
    done: bool,
}

impl Rule for Killer {
    fn on_frame(&mut self, _: Instant, _: &mut Rng, frame: &PacketBuf) -> Verdict {
        let Some(control) = control(self.framing, frame) else { return Verdict::Pass };
        if let Control::U { kind: Unnumbered::Sabm | Unnumbered::Sabme, .. } = control {
            (self.acknowledged, self.last) = (0, 0);
        }
        if let Some(nr) = control.nr() {
            self.acknowledged += u64::from(nr.wrapping_sub(self.last) & self.mask);
            self.last = nr & self.mask;
        }
        let meant = match control {
            Control::I { .. } if self.kill.data => self.place(frame.id) == Some(self.kill.number),
            Control::S { .. } if !self.kill.data => self.acknowledged == self.kill.number,
            _ => false,
        };
        if !meant || (self.kill.once && std::mem::replace(&mut self.done, true)) {
            return Verdict::Pass;
        }
        Verdict::Drop
    }
}

impl Killer {
    /// Which frame of information this is, from 1; those behind the one that is meant do not matter.
    fn place(&mut self, id: PacketId) -> Option<u64> {
        if let Some(place) = self.units.iter().position(|known| *known == id) {
            return Some(place as u64 + 1);
        }
        if self.units.len() as u64 >= self.kill.number {
            return None;
        }
        self.units.push(id);
        Some(self.units.len() as u64)
    }
}

fn control(framing: ArqFraming, frame: &PacketBuf) -> Option<Control> {
    let head = &frame.head()[..frame.head().len().min(HEADERS)];
    match framing {
        ArqFraming::Ax25 => ax25::Header::parse(head).ok().map(|(header, _)| header.control),
        ArqFraming::Llc2 => llc::Header::parse(head).ok().map(|(header, _)| header.control),
        ArqFraming::Llc2Ethernet => {
            llc::Header::parse(head.get(ethernet::LEN..)?).ok().map(|(header, _)| header.control)
        }
    }
}

/// No header is longer.
const HEADERS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_read_as_people_write_them() {
        assert_eq!("data:3".parse(), Ok(Kill { data: true, number: 3, once: false }));
        assert_eq!("ack:5@once".parse(), Ok(Kill { data: false, number: 5, once: true }));
        for wrong in ["data", "data:0", "data:x", "frame:1", "data:1@twice"] {
            assert!(wrong.parse::<Kill>().unwrap_err().to_string().contains(wrong));
        }
    }
}
