//! What a station is told when it is made, and the rules of the windows.
//!
//! | discipline | W_T | W_R | rule |
//! |---|---|---|---|
//! | stop-and-wait | 1 | 1 | n >= 1: frames *and* acknowledgements need a number |
//! | go-back-N | 1 .. 2^n - 1 | 1 | with W_T = 2^n a whole window sent again looks like a new one |
//! | selective repeat | 2 .. | 2 .. W_T | W_T + W_R <= 2^n: a new window has no number of the old one |

use std::fmt;

use base::Duration;

use super::codec::Framing;

/// How a station repairs losses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Discipline {
    /// One frame at a time; the next one goes when it is acknowledged.
    StopAndWait,
    /// A window of frames; the receiver takes them in order only, and a loss sends all that followed again.
    GoBackN,
    /// A window of frames at both ends; only what was lost is sent again.
    SelectiveRepeat,
}

impl Discipline {
    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Discipline::StopAndWait => "stop-and-wait",
            Discipline::GoBackN => "go-back-N",
            Discipline::SelectiveRepeat => "selective repeat",
        }
    }
}

/// What a station is told. Both ends of a line have the same discipline, framing, numbers and windows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// How losses are repaired.
    pub discipline: Discipline,
    /// How frames are written.
    pub framing: Framing,
    /// n: frames are numbered modulo 2^n. 1 to 3 with AX.25, 1 to 7 with LLC: their fields hold no more.
    pub bits: u8,
    /// W_T: frames that may be on their way without an acknowledgement.
    pub window: u16,
    /// W_R: numbers that the receiver takes. Selective repeat only; otherwise 1.
    pub receive_window: u16,
    /// T1: how long after the end of the transmission of the oldest unacknowledged frame it is sent again.
    pub timer: Duration,
    /// T2: how long an acknowledgement waits for an information frame to ride on. Zero: it does not wait.
    pub ack_delay: Duration,
    /// N2: how often in a row T1 may run out before the station gives up.
    pub retries: u32,
    /// Whether a receiver says what it misses (REJ, SREJ); otherwise it acknowledges again what it has.
    pub reject: bool,
    /// Go-back-N without `reject`: so many acknowledgements of the same number send the window again before T1. 0:
    /// never.
    pub early_resend: u8,
    /// Lets windows pass that break the rules, to see what they break: wrong bytes are delivered.
    pub unsafe_window: bool,
    /// N1: the longest information field, bytes.
    pub max_info: usize,
}

impl Config {
    /// Sensible values: the largest safe window that the three bits of AX.25 can number (1 for stop-and-wait, 7 for
    /// go-back-N, 4 and 4 for selective repeat), a second of T1, ten retries.
    pub const fn new(discipline: Discipline, framing: Framing) -> Self {
        let (bits, window, receive_window) = match discipline {
            Discipline::StopAndWait => (1, 1, 1),
            Discipline::GoBackN => (3, 7, 1),
            Discipline::SelectiveRepeat => (3, 4, 4),
        };
        Config {
            discipline,
            framing,
            bits,
            window,
            receive_window,
            timer: Duration::from_secs(1),
            ack_delay: Duration::ZERO,
            retries: 10,
            reject: true,
            early_resend: 0,
            unsafe_window: false,
            max_info: framing.max_info(),
        }
    }

    /// How many numbers there are: 2^n.
    pub const fn numbers(&self) -> u16 {
        1 << if self.bits < u16::BITS as u8 { self.bits } else { u16::BITS as u8 - 1 }
    }

    /// Whether numbers and windows obey the rules of the discipline.
    pub fn check(&self) -> Result<(), WindowError> {
        let error = |rule| Err(WindowError { config: *self, rule });
        if !(1..=self.framing.number_bits()).contains(&self.bits) {
            return error(Rule::Bits);
        }
        let receive_window = if self.discipline == Discipline::SelectiveRepeat { self.receive_window } else { 1 };
        if self.window == 0 || receive_window == 0 || self.window.max(receive_window) > self.numbers() {
            return error(Rule::Numbers);
        }
        let safe = match self.discipline {
            Discipline::StopAndWait => self.window == 1,
            Discipline::GoBackN => self.window < self.numbers(),
            Discipline::SelectiveRepeat => {
                1 < receive_window && receive_window <= self.window && self.window + receive_window <= self.numbers()
            }
        };
        if safe || self.unsafe_window { Ok(()) } else { error(Rule::Discipline) }
    }
}

/// Windows or numbers that break a rule. Its text names the rule and the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowError {
    config: Config,
    rule: Rule,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    /// The control field holds so many bits.
    Bits,
    /// A window never has more frames than there are numbers.
    Numbers,
    /// The discipline's own rule, which `unsafe_window` lifts.
    Discipline,
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { discipline, framing, bits, window, receive_window, .. } = self.config;
        let (name, numbers) = (discipline.name(), self.config.numbers());
        match (self.rule, discipline) {
            (Rule::Bits, _) => {
                let (framing, most) = (framing.name(), framing.number_bits());
                write!(f, "{framing} has room for 1 to {most} bits of frame numbers: n = {bits}")
            }
            (Rule::Numbers, _) => {
                write!(f, "with {bits}-bit numbers a window has 1 to {numbers} frames (2^n): ")?;
                write_windows(f, discipline, window, receive_window)
            }
            (Rule::Discipline, Discipline::StopAndWait) => write!(f, "{name} has a window of 1: W = {window}"),
            (Rule::Discipline, Discipline::GoBackN) => {
                let most = numbers - 1;
                write!(f, "{name} with {bits}-bit numbers allows a window of at most {most} (2^n - 1): W = {window}")
            }
            (Rule::Discipline, Discipline::SelectiveRepeat) => {
                write!(f, "{name} with {bits}-bit numbers needs 1 < W_R <= W_T and W_T + W_R <= {numbers} (2^n): ")?;
                write_windows(f, discipline, window, receive_window)
            }
        }
    }
}

fn write_windows(f: &mut fmt::Formatter<'_>, discipline: Discipline, window: u16, receive_window: u16) -> fmt::Result {
    match discipline {
        Discipline::SelectiveRepeat => write!(f, "W_T = {window}, W_R = {receive_window}"),
        _ => write!(f, "W = {window}"),
    }
}

impl std::error::Error for WindowError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut Config), discipline: Discipline) -> String {
        let mut config = Config::new(discipline, Framing::Llc);
        change(&mut config);
        config.check().map_or_else(|error| error.to_string(), |()| "allowed".into())
    }

    #[test]
    fn a_window_that_breaks_its_rule_is_refused_with_the_rule() {
        use Discipline::{GoBackN, SelectiveRepeat, StopAndWait};
        assert_eq!(refusal(|c| c.window = 2, StopAndWait), "stop-and-wait has a window of 1: W = 2");
        assert_eq!(
            refusal(|c| c.window = 8, GoBackN),
            "go-back-N with 3-bit numbers allows a window of at most 7 (2^n - 1): W = 8"
        );
        assert_eq!(
            refusal(|c| (c.window, c.receive_window) = (5, 4), SelectiveRepeat),
            "selective repeat with 3-bit numbers needs 1 < W_R <= W_T and W_T + W_R <= 8 (2^n): W_T = 5, W_R = 4"
        );
        assert!(refusal(|c| c.receive_window = 1, SelectiveRepeat).contains("1 < W_R"));
        assert!(refusal(|c| (c.window, c.receive_window) = (3, 5), SelectiveRepeat).contains("W_R <= W_T"));
        assert_eq!(refusal(|c| (c.window, c.receive_window) = (6, 2), SelectiveRepeat), "allowed");
        assert_eq!(refusal(|c| (c.bits, c.window) = (7, 127), GoBackN), "allowed");
    }

    #[test]
    fn an_unsafe_window_passes_as_far_as_there_are_numbers() {
        use Discipline::{GoBackN, SelectiveRepeat};
        let open = |c: &mut Config, window| (c.unsafe_window, c.window) = (true, window);
        assert_eq!(refusal(|c| open(c, 8), GoBackN), "allowed");
        assert_eq!(refusal(|c| open(c, 9), GoBackN), "with 3-bit numbers a window has 1 to 8 frames (2^n): W = 9");
        assert_eq!(refusal(|c| open(c, 5), SelectiveRepeat), "allowed");
        assert_eq!(refusal(|c| c.window = 0, GoBackN), "with 3-bit numbers a window has 1 to 8 frames (2^n): W = 0");
    }

    #[test]
    fn numbers_fit_the_control_field() {
        let bits = |n| refusal(|c| c.bits = n, Discipline::GoBackN);
        assert_eq!(bits(8), "LLC has room for 1 to 7 bits of frame numbers: n = 8");
        assert!(bits(0).contains("n = 0") && bits(255).contains("n = 255"));
    }
}
