//! Words for quantities, as tc-netem writes them: `10ms`, `10mbit`, `5%`, `64KiB`. The command line reads the same words.
//!
//! ```text
//!   time    10ms  1.5s  200us  5ns  2min  1h        share   5%  0.05
//!   rate    10mbit  56kbit  1gbit  9600bit          size    1460B  64KiB  1MB  1460
//!   loss    5%  |  gemodel 1% 10%  |  every 1000    reorder 1% 5ms
//!   buffer  1MB  |  16KiB..4MiB                     shift   -1h  +250ms
//! ```

use std::fmt;
use std::net::IpAddr;

use base::{Cidr, Duration};

/// A text that is no quantity of the wanted kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongQuantity {
    /// What is wrong: `'10mb' is no rate`.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

impl WrongQuantity {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        WrongQuantity { what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for WrongQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.hint)
    }
}

impl std::error::Error for WrongQuantity {}

type Read<T> = Result<T, WrongQuantity>;

/// A span of time: `10ms`, `1.5s`, `2min`; at most 30 days.
pub fn time(text: &str) -> Read<Duration> {
    time_within(text, LONGEST)
}

/// A span of time, at most `longest`.
pub fn time_within(text: &str, longest: Duration) -> Read<Duration> {
    const HINT: &str = "write a number and a unit (ns, us, ms, s, min, h), such as 10ms or 1.5s";
    let wrong = || WrongQuantity::new(format!("'{text}' is no span of time"), HINT);
    let (value, unit) = split(text);
    let unit_ns = match unit {
        "ns" | "nsec" => 1.0,
        "us" | "usec" | "µs" => 1e3,
        "ms" | "msec" => 1e6,
        "s" | "sec" => 1e9,
        "min" => 60e9,
        "h" => 3600e9,
        "" if value.parse::<f64>().is_ok() => {
            return Err(WrongQuantity::new(format!("'{text}' has no unit"), format!("write {text}ms or {text}s")));
        }
        _ => return Err(wrong()),
    };
    let value: f64 = value.parse().map_err(|_| wrong())?;
    if value < 0.0 {
        return Err(WrongQuantity::new(format!("'{text}' is negative"), "a span of time is 0s or more"));
    }
    let nanos = (value * unit_ns).round();
    // A NaN fits nowhere.
    if nanos <= longest.nanos() as f64 {
        Ok(Duration::from_nanos(nanos as u64))
    } else {
        Err(WrongQuantity::new(format!("'{text}' is too long"), format!("it may be {longest} at most")))
    }
}

/// Nanoseconds forward or back: `-1h`, `250ms`.
pub fn shift(text: &str) -> Read<i64> {
    let (sign, rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.trim().trim_start_matches('+')),
    };
    let span = time(rest).map_err(|mut wrong| {
        wrong.hint += "; with a minus in front for back in time";
        wrong
    })?;
    // 30 days of nanoseconds fit easily.
    Ok(sign * span.nanos() as i64)
}

/// A share of all: `5%` or `0.05`.
pub fn share(text: &str) -> Read<f64> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (text, 1.0),
    };
    let wrong = |_| WrongQuantity::new(format!("'{text}' is no share"), "write a percentage such as 5%, or 0.05");
    let value = number.trim().parse::<f64>().map_err(wrong)? / scale;
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    let hint = if scale == 1.0 && (1.0..=100.0).contains(&value) {
        format!("did you mean {text}%?")
    } else {
        "a share is between 0% and 100%".to_owned()
    };
    Err(WrongQuantity::new(format!("'{text}' is not between 0% and 100%"), hint))
}

/// Bits per second: `10mbit`, `56kbit`, `9600bit`. `unlimited` and `0bit` are 0: a transmission takes no time.
pub fn rate(text: &str) -> Read<u64> {
    const HINT: &str = "write 10mbit, 56kbit or 1gbit (bits per second), or 'unlimited'";
    let wrong = || WrongQuantity::new(format!("'{text}' is no rate"), HINT);
    if text.trim() == "unlimited" {
        return Ok(0);
    }
    let (value, unit) = split(text);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "bit" | "bit/s" => 1.0,
        "kbit" | "kbit/s" => 1e3,
        "mbit" | "mbit/s" => 1e6,
        "gbit" | "gbit/s" => 1e9,
        "kbps" | "mbps" | "gbps" | "kb" | "mb" | "gb" | "kb/s" | "mb/s" | "gb/s" => {
            return Err(ambiguous(text, value, unit));
        }
        _ => return Err(wrong()),
    };
    let value: f64 = value.parse().map_err(|_| wrong())?;
    let bits = value * factor;
    if bits == 0.0 {
        return Ok(0);
    }
    if (LEAST_RATE_BPS..=MOST_RATE_BPS).contains(&bits) {
        Ok(bits as u64)
    } else {
        Err(WrongQuantity::new(
            format!("'{text}' is out of range"),
            "a rate is between 1bit and 1000gbit, or 'unlimited'",
        ))
    }
}

/// tc reads `mbps` as bytes, most people as bits: nobody shall have to know.
fn ambiguous(text: &str, value: &str, unit: &str) -> WrongQuantity {
    let prefix = unit[..1].to_ascii_lowercase();
    let hint = format!("write {value}{prefix}bit for bits per second ('{unit}' is bytes to some, tc among them)");
    WrongQuantity::new(format!("'{text}' can be read in two ways"), hint)
}

/// Bytes: `1460`, `1460B`, `64KiB` (1024), `1MB` (10⁶).
pub fn size(text: &str) -> Read<u64> {
    const HINT: &str = "write a number of bytes: 1460, 64KiB (of 1024) or 1MB (of 1000000)";
    let wrong = || WrongQuantity::new(format!("'{text}' is no number of bytes"), HINT);
    let (value, unit) = split(text);
    let factor = match unit {
        "" | "B" | "b" => 1.0,
        "kB" | "KB" | "kb" => 1e3,
        "MB" | "mb" => 1e6,
        "GB" | "gb" => 1e9,
        "KiB" | "kib" => 1024.0,
        "MiB" | "mib" => 1_048_576.0,
        "GiB" | "gib" => 1_073_741_824.0,
        _ => return Err(wrong()),
    };
    let value: f64 = value.parse().map_err(|_| wrong())?;
    let bytes = value * factor;
    if (0.0..=MOST_BYTES).contains(&bytes) && bytes.fract() == 0.0 {
        Ok(bytes as u64)
    } else {
        Err(WrongQuantity::new(format!("'{text}' is out of range"), "it is a whole number of bytes, at most 1024GiB"))
    }
}

/// How frames are lost.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Loss {
    /// Each for itself with this probability.
    Share(f64),
    /// In bursts, by Gilbert and Elliott's two states: all frames are lost in the bad state.
    Bursts {
        /// Probability with which the bad state begins, per frame.
        enter: f64,
        /// Probability with which it ends, per frame.
        leave: f64,
    },
    /// Every n-th: for comparison with theory, which likes its losses periodic.
    Every(u64),
}

/// `5%`, `gemodel 1% 10%` (enter, leave), `every 1000`.
pub fn loss(text: &str) -> Read<Loss> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["gemodel", enter, leave] => Ok(Loss::Bursts { enter: share(enter)?, leave: share(leave)? }),
        ["gemodel", ..] => {
            let hint = "write gemodel 1% 10%: how often a burst begins, and how often it ends, per frame";
            Err(WrongQuantity::new(format!("'{text}' is no model of bursts"), hint))
        }
        ["every", count] => match count.parse() {
            Ok(count) if count > 0 => Ok(Loss::Every(count)),
            _ => Err(WrongQuantity::new(format!("'{count}' is no count of frames"), "write every 1000")),
        },
        ["every", ..] => Err(WrongQuantity::new(format!("'{text}' says not how many"), "write every 1000")),
        [one] => Ok(Loss::Share(share(one).map_err(|mut wrong| {
            if wrong.what.ends_with("is no share") {
                wrong.hint = "write 5%, 'gemodel 1% 10%' for bursts (enter, leave), or 'every 1000'".into();
            }
            wrong
        })?)),
        _ => {
            let hint = "write 5%, 'gemodel 1% 10%' for bursts (enter, leave), or 'every 1000'";
            Err(WrongQuantity::new(format!("'{text}' is no loss"), hint))
        }
    }
}

/// `1% 5ms`: the share of frames that is held back, and for how long.
pub fn reorder(text: &str) -> Read<(f64, Duration)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [held, by] => Ok((share(held)?, time(by)?)),
        _ => {
            let hint = "write the share that is held back, and for how long: 1% 5ms";
            Err(WrongQuantity::new(format!("'{text}' says not both how many and how long"), hint))
        }
    }
}

/// `1MB`: always so large; `16KiB..4MiB`: starts with the one and grows up to the other.
pub fn buffer(text: &str) -> Read<(u64, u64)> {
    let Some((start, most)) = text.split_once("..") else { return size(text).map(|size| (size, size)) };
    let (start, most) = (size(start.trim())?, size(most.trim())?);
    if start <= most {
        return Ok((start, most));
    }
    Err(WrongQuantity::new(format!("'{text}' shrinks"), "write the smaller first: 16KiB..4MiB"))
}

/// Whom a program talks to: a name or an IP address, and a port where one is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// A node's name, a name that a node has, or an IP address.
    pub host: String,
    /// The port.
    pub port: Option<u16>,
}

/// `server`, `server:5001`, `192.0.2.1:80`, `[2001:db8::1]:80`.
pub fn target(text: &str) -> Read<Target> {
    const HINT: &str = "write a node's name or an address, with a port where one is needed: server:5001";
    let wrong = |what: String| WrongQuantity::new(what, HINT);
    if text.parse::<IpAddr>().is_ok() {
        return Ok(Target { host: text.into(), port: None });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() || host.contains(char::is_whitespace) || (host.contains(':') && host.parse::<IpAddr>().is_err())
    {
        return Err(wrong(format!("'{text}' names nobody")));
    }
    let port = match port {
        None => None,
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => Some(port),
            _ => return Err(WrongQuantity::new(format!("'{port}' is no port"), "a port is a number from 1 to 65535")),
        },
    };
    Ok(Target { host: host.into(), port })
}

/// A name as the file gives them: letters, digits, `-`, `_`, `.`.
pub fn name(text: &str) -> Read<String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !text.is_empty() && text.chars().all(allowed) {
        return Ok(text.into());
    }
    Err(WrongQuantity::new(format!("'{text}' is no name"), "names have letters, digits and - _ . only"))
}

/// The name of a lab.
pub fn slug(text: &str) -> Read<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.is_empty() && text.chars().all(allowed) {
        return Ok(text.into());
    }
    let hint = "it has small letters, digits and - only, such as slow-start";
    Err(WrongQuantity::new(format!("'{text}' cannot be the name of a lab"), hint))
}

/// `client:eth0`: a node and one of its interfaces.
pub fn plug(text: &str) -> Read<(String, String)> {
    let wrong =
        |what: &str| WrongQuantity::new(format!("'{text}' {what}"), "write node:interface, such as client:eth0");
    let Some((node, interface)) = text.split_once(':') else { return Err(wrong("names no interface")) };
    if node.is_empty() || interface.is_empty() {
        return Err(wrong(if node.is_empty() { "names no node" } else { "names no interface" }));
    }
    Ok((name(node)?, name(interface)?))
}

/// An IP address.
pub fn ip(text: &str) -> Read<IpAddr> {
    text.parse().map_err(|_| {
        let hint = match text.split_once('/') {
            Some((address, _)) if address.parse::<IpAddr>().is_ok() => {
                format!("write {address}, without the prefix length")
            }
            _ => format!("write one like 192.0.2.1 or 2001:db8::1{}", octets(text)),
        };
        WrongQuantity::new(format!("'{text}' is no IP address"), hint)
    })
}

/// What an interface has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Own {
    /// This address in this network.
    Fixed(Cidr),
    /// What a DHCP server says.
    Dhcp,
}

/// `192.0.2.1/24`, `2001:db8::1/64`, `dhcp`.
pub fn address(text: &str) -> Read<Own> {
    if text == "dhcp" {
        return Ok(Own::Dhcp);
    }
    let cidr = prefixed(text)?;
    let (own, broadcast) = (cidr.address(), cidr.broadcast());
    let host_bits = if own.is_ipv4() { 32 } else { 128 } - cidr.prefix();
    if host_bits > 1 && cidr.network().address() == own && own.is_ipv4() {
        let what = format!("{own} is the network itself, no host in it");
        return Err(WrongQuantity::new(what, "a host's part of the address is neither all zeros nor all ones"));
    }
    if broadcast.is_some_and(|broadcast| IpAddr::V4(broadcast) == own) {
        let what = format!("{own} is the broadcast address of {}", cidr.network());
        return Err(WrongQuantity::new(what, "a host's part of the address is neither all zeros nor all ones"));
    }
    if own.is_multicast() {
        return Err(WrongQuantity::new(format!("{own} is a group's address (multicast)"), "a host has one of its own"));
    }
    Ok(Own::Fixed(cidr))
}

/// `10.0.0.0/8`, or `default`.
pub fn network(text: &str) -> Read<Cidr> {
    if text == "default" {
        return Ok(Cidr::ANY_V4);
    }
    let cidr = prefixed(text)?;
    if cidr.network().address() == cidr.address() {
        return Ok(cidr);
    }
    let what = format!("'{text}' is a host in a network, not a network");
    Err(WrongQuantity::new(what, format!("write {}", cidr.network())))
}

/// An address and the length of its prefix.
pub fn prefixed(text: &str) -> Read<Cidr> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Err(match text.parse::<IpAddr>() {
            Ok(address) => {
                let usual = if address.is_ipv4() { 24 } else { 64 };
                let hint = format!("write {text}/{usual} if the first {usual} bits are the network");
                WrongQuantity::new(format!("'{text}' has no prefix length"), hint)
            }
            Err(_) => wrong_address(text, text),
        });
    };
    let parsed: IpAddr = address.parse().map_err(|_| wrong_address(text, address))?;
    let most = if parsed.is_ipv4() { 32 } else { 128 };
    match prefix.parse::<u8>() {
        Ok(length) if length <= most => Ok(Cidr::new(parsed, length)),
        _ => {
            let what = format!("'/{prefix}' is no prefix length");
            Err(WrongQuantity::new(
                what,
                format!("it is the number of the network's bits, from 0 to {most}: {address}/24"),
            ))
        }
    }
}

fn wrong_address(text: &str, address: &str) -> WrongQuantity {
    let hint = format!("write one like 192.0.2.1/24 or 2001:db8::1/64{}", octets(address));
    WrongQuantity::new(format!("'{text}' is no address"), hint)
}

/// What is wrong with a text that wants to be an IPv4 address.
fn octets(text: &str) -> String {
    let parts: Vec<&str> = text.split('.').collect();
    let digits = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    if !digits || parts.len() < 2 {
        return String::new();
    }
    if parts.len() != 4 {
        return format!(" (there are {} numbers here, an IPv4 address has 4)", parts.len());
    }
    match parts.iter().find(|part| part.parse::<u8>().is_err()) {
        Some(part) => format!(" ({part} is more than 255)"),
        None => " (no number has a zero in front)".into(),
    }
}

/// The number and the word behind it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let at = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    // `NaN` and `inf` are words to us, `1e3` is not a number that people write here.
    let (value, unit) = text.split_at(at);
    (value.trim(), unit)
}

const LONGEST: Duration = Duration::from_secs(30 * 86_400);
const LEAST_RATE_BPS: f64 = 1.0;
const MOST_RATE_BPS: f64 = 1e12;
const MOST_BYTES: f64 = 1024.0 * 1_073_741_824.0;

#[cfg(test)]
mod tests;
