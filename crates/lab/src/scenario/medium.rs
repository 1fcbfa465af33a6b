//! Media that stations share, and lines that repair what they lose.

use base::Duration;
use link::hdlc::{Config, Discipline, Framing, WindowError};
use sim::{BusConfig, Cable, RadioConfig};
use wire::ax25;

/// How the stations of a medium share it.
#[derive(Clone, PartialEq, Debug)]
pub enum MediumSpec {
    /// A hub or a bus: half-duplex Ethernet.
    Wire(BusConfig),
    /// A radio cell, and which nodes do not hear each other.
    Air(RadioConfig, Vec<[String; 2]>),
}

/// How a reliable line repairs what it loses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ArqSpec {
    /// Which frames are sent again.
    pub discipline: Discipline,
    /// How its frames are written.
    pub framing: ArqFraming,
    /// Bits of the numbers.
    pub bits: u8,
    /// W_T: frames that may be on their way without an acknowledgement.
    pub window: u16,
    /// W_R: frames that the receiver holds (selective repeat).
    pub receive_window: u16,
    /// How long an acknowledgement is waited for; none: a little more than the round trip of the longest frame.
    pub timer: Option<Duration>,
    /// Without `timer`: exactly the round trip of an acknowledgement alone, as theory reckons. Right only while no data goes
    /// the other way.
    pub ideal_timer: bool,
    /// How long an acknowledgement waits for data to travel with.
    pub ack_delay: Duration,
    /// Repetitions of a frame, at most.
    pub retries: u32,
    /// Whether the receiver says what it misses.
    pub nak: bool,
    /// Permit a window that the numbers do not allow.
    pub unsafe_window: bool,
}

/// How the frames of a reliable line are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArqFraming {
    /// AX.25 v2.2, modulo 8.
    Ax25,
    /// IEEE 802.2 LLC type 2, modulo 128, nothing around.
    Llc2,
    /// The same in 802.3 frames.
    Llc2Ethernet,
}

impl ArqSpec {
    /// The usual settings of a discipline.
    pub fn new(discipline: Discipline) -> Self {
        let usual = Config::new(discipline, Framing::Llc);
        let bits = if discipline == Discipline::StopAndWait { 1 } else { 3 };
        let (window, receive_window) = most_allowed(discipline, bits);
        ArqSpec {
            discipline,
            framing: ArqFraming::Ax25,
            bits,
            window,
            receive_window,
            timer: None,
            ideal_timer: false,
            ack_delay: Duration::ZERO,
            retries: usual.retries,
            nak: true,
            unsafe_window: false,
        }
    }

    /// The settings of both ends of a line between nodes of these names, whose packets have at most `mtu` bytes.
    pub(crate) fn configs(&self, names: [&str; 2], macs: [base::Mac; 2], ways: [Cable; 2], mtu: usize) -> [Config; 2] {
        let [first, second] = callsigns(names);
        let framing = |near: usize| match self.framing {
            ArqFraming::Ax25 if near == 0 => Framing::Ax25 { local: first, remote: second },
            ArqFraming::Ax25 => Framing::Ax25 { local: second, remote: first },
            ArqFraming::Llc2 => Framing::Llc,
            ArqFraming::Llc2Ethernet => Framing::Llc8023 { local: macs[near], remote: macs[1 - near] },
        };
        [0, 1].map(|near| Config {
            bits: self.bits,
            window: self.window,
            receive_window: self.receive_window,
            timer: self.timer.unwrap_or_else(|| self.round_trip(ways[near], ways[1 - near], mtu)),
            ack_delay: self.ack_delay,
            retries: self.retries,
            reject: self.nak,
            unsafe_window: self.unsafe_window,
            max_info: mtu,
            ..Config::new(self.discipline, framing(near))
        })
    }

    /// From the end of a frame to its acknowledgement, which may wait for a frame of the other direction.
    fn round_trip(&self, out: Cable, back: Cable, mtu: usize) -> Duration {
        if self.ideal_timer {
            let answer = Duration::transmission(SHORTEST, back.rate_bps);
            return out.delay + back.delay + answer;
        }
        let longest = |cable: Cable| Duration::transmission((mtu + OVERHEAD) as u64, cable.rate_bps);
        let trip = out.delay + back.delay + longest(back) * 2 + longest(out) + self.ack_delay;
        trip + trip / 10 + Duration::from_millis(1)
    }

    /// Whether the numbers allow the window.
    pub fn check(&self) -> Result<(), WindowError> {
        let framing = match self.framing {
            ArqFraming::Ax25 => {
                let [local, remote] = callsigns(["a", "b"]);
                Framing::Ax25 { local, remote }
            }
            ArqFraming::Llc2 | ArqFraming::Llc2Ethernet => Framing::Llc,
        };
        Config {
            bits: self.bits,
            window: self.window,
            receive_window: self.receive_window,
            unsafe_window: self.unsafe_window,
            ..Config::new(self.discipline, framing)
        }
        .check()
    }
}

/// The largest windows, of sender and receiver, that numbers of so many bits allow.
pub(crate) fn most_allowed(discipline: Discipline, bits: u8) -> (u16, u16) {
    let numbers = 1_u16 << bits.min(7);
    match discipline {
        Discipline::StopAndWait => (1, 1),
        Discipline::GoBackN => (numbers - 1, 1),
        Discipline::SelectiveRepeat => (numbers / 2, numbers / 2),
    }
}

/// Call signs of six letters and digits; two that would be the same are told apart by their number.
fn callsigns(names: [&str; 2]) -> [ax25::Address; 2] {
    let sign = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
        let sign: String = letters.take(6).collect();
        if sign.is_empty() { "NODE".into() } else { sign }
    };
    let [a, b] = names.map(sign);
    let number = |own: &str, n: u8| format!("{own}-{}", if a == b { n } else { 0 }).parse().unwrap_or_default();
    [number(&a, 1), number(&b, 2)]
}

/// An LLC acknowledgement with flags and check sequence, bytes, with one for stuffed bits. (AX.25's is longer.)
const SHORTEST: u64 = 9;
/// Headers, check sequence and flags around a packet, bytes, with some for stuffed bits.
const OVERHEAD: usize = 64;
