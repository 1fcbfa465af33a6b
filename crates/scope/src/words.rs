//! Facts in plain words: used as comments in captures, at the side of ladders, and in stories.

mod link;

use std::fmt::Write as _;

use base::Duration;
use base::event::{Fact, InternetFact, RetransmitCause, TransportFact};

/// What a fact says, as one phrase without a full stop and without the node's name.
pub(crate) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Drop(reason) => format!("dropped: {}", reason.text()),
        Fact::Link(fact) => link::link(fact),
        Fact::Internet(fact) => internet(fact),
        Fact::Transport(fact) => transport(fact),
        Fact::App(fact) => {
            let mut text = format!("{} {}", fact.protocol, fact.step);
            for (name, value) in &fact.fields {
                let _ = write!(text, " {name}={}", clean(&value.to_string()));
            }
            text
        }
    }
}

fn internet(fact: &InternetFact) -> String {
    match fact {
        InternetFact::Fragmented { pieces, mtu } => format!("split into {pieces} fragments for an MTU of {mtu}"),
        InternetFact::Reassembled { len } => format!("last fragment: datagram of {len} bytes reassembled"),
        InternetFact::IcmpErrorSent { to, message } => format!("answered by ICMP to {to}: {message}"),
    }
}

fn transport(fact: &TransportFact) -> String {
    match fact {
        TransportFact::State { from, to, .. } => format!("{from} -> {to}"),
        TransportFact::Retransmit { cause, .. } => format!("sends again: {}", retransmit_cause(*cause)),
        TransportFact::Congestion { why, cwnd: (before, after), ssthresh, .. } => {
            format!("{why}: cwnd {before} -> {after}, ssthresh {ssthresh}")
        }
        TransportFact::Metrics { metrics, .. } => {
            format!("{}: cwnd {}, in flight {}", metrics.phase, metrics.cwnd, metrics.in_flight)
        }
        TransportFact::Backoff { rto, .. } => format!("no acknowledgement in time: next timeout after {rto}"),
        TransportFact::Failed { why, .. } => format!("connection failed: {why}"),
    }
}

/// Why a segment was sent again, as a clause.
pub(crate) const fn retransmit_cause(cause: RetransmitCause) -> &'static str {
    match cause {
        RetransmitCause::Timeout => "the retransmission timer ran out",
        RetransmitCause::FastRetransmit => "duplicate ACKs or SACK blocks showed the loss",
        RetransmitCause::Recovery => "the next hole during loss recovery",
        RetransmitCause::WindowProbe => "a probe of the closed window",
        RetransmitCause::TailProbe => "a tail-loss probe",
    }
}

/// The same as a label.
pub(crate) const fn retransmit_word(cause: RetransmitCause) -> &'static str {
    match cause {
        RetransmitCause::Timeout => "timeout",
        RetransmitCause::FastRetransmit => "fast retransmit",
        RetransmitCause::Recovery => "recovery",
        RetransmitCause::WindowProbe => "window probe",
        RetransmitCause::TailProbe => "tail-loss probe",
    }
}

/// Text from a peer, a file or a person, safe to print: control characters (a terminal's escape sequences among them) and
/// characters that change the reading direction become `\u{…}`, and what is very long is cut.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_TEXT));
    for c in text.chars() {
        if out.len() >= MAX_TEXT {
            out.push('…');
            break;
        }
        match c {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                out.extend(c.escape_unicode());
            }
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// `1 segment`, `3 segments`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Bytes in the unit that fits: `812 bytes`, `5.1 kB`, `50 MB`.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..10_000 => count(n, "byte"),
        10_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// A long span for a person: `1 h`, `90 s`.
pub(crate) fn seconds(s: u64) -> String {
    match s {
        s if s >= 86_400 && s % 86_400 == 0 => count(s / 86_400, "day"),
        s if s >= 3_600 && s % 3_600 == 0 => count(s / 3_600, "hour"),
        s if s >= 120 && s % 60 == 0 => count(s / 60, "minute"),
        s => format!("{s} s"),
    }
}

/// A measured span in a sentence: three significant digits at most, no zeros at the end: `34.4 ms`, `1 s`.
pub(crate) fn span(span: Duration) -> String {
    let ns = span.nanos();
    let digit = 10_u64.pow(ns.checked_ilog10().unwrap_or(0).saturating_sub(2));
    let ns = ns.saturating_add(digit / 2) / digit * digit;
    let (unit, name) = match ns {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "us"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let text = format!("{}.{:03}", ns / unit, ns % unit * 1_000 / unit);
    format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Longest text from outside that is printed whole.
const MAX_TEXT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peers_text_cannot_drive_the_terminal() {
        assert_eq!(clean("a\x1b[31mb\r\n\u{202e}c"), "a\\u{1b}[31mb\\u{d}\\u{a}\\u{202e}c");
        assert!(clean(&"x".repeat(100_000)).len() < 600);
        assert_eq!(clean("größe – ok"), "größe – ok");
    }

    #[test]
    fn numbers_read_like_language() {
        assert_eq!([count(1, "segment"), count(2, "segment")], ["1 segment", "2 segments"]);
        assert_eq!([bytes(812), bytes(51_200), bytes(50_000_000)], ["812 bytes", "51.2 kB", "50.0 MB"]);
        assert_eq!(
            [seconds(3600), seconds(7200), seconds(300), seconds(90)],
            ["1 hour", "2 hours", "5 minutes", "90 s"]
        );
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(span(Duration::from_millis(1000)), "1 s");
        let spans = [12_430_000, 999_993_000, 834_400_000, 15_000_000_000, 0, 999, u64::MAX];
        let shown = spans.map(|ns| span(Duration::from_nanos(ns)));
        assert_eq!(shown, ["12.4 ms", "1 s", "834 ms", "15 s", "0 ns", "999 ns", "18400000000 s"]);
    }
}
