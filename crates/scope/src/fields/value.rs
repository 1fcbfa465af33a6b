//! What a field holds, and how tshark prints it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;

use base::Mac;

/// One value of a field.
#[derive(Clone, PartialEq, Debug)]
pub enum Value<'a> {
    /// A count or a code.
    Number(u64),
    /// A number that can be negative.
    Signed(i64),
    /// A flag. What an analysis found is `true` or not there at all.
    Bool(bool),
    /// Nanoseconds: since 1970 or since another moment, as the field's name says.
    Time(u64),
    /// Words.
    Text(Cow<'a, str>),
    /// An address.
    Ip(IpAddr),
    /// A hardware address.
    Mac(Mac),
    /// Bytes as they are.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// As a number, where that makes sense: counts, codes and flags.
    pub const fn number(&self) -> Option<u64> {
        match self {
            Value::Number(number) | Value::Time(number) => Some(*number),
            Value::Bool(flag) => Some(*flag as u64),
            Value::Signed(number) if *number >= 0 => Some(*number as u64),
            _ => None,
        }
    }
}

/// The type of a field's values and the way they are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A number in decimal.
    Number,
    /// A number in hexadecimal, with so many digits.
    Hex(u8),
    /// A flag: 1 or 0.
    Flag,
    /// Seconds with nine decimals.
    Time,
    /// Words.
    Text,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A hardware address.
    Mac,
    /// Bytes as hexadecimal digits.
    Bytes,
}

impl Form {
    /// The type's name, for a list of fields.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Number => "number",
            Form::Hex(_) => "number (hexadecimal)",
            Form::Flag => "flag",
            Form::Time => "seconds",
            Form::Text => "text",
            Form::Ip => "address",
            Form::Mac => "hardware address",
            Form::Bytes => "bytes",
        }
    }

    /// Appends a value as tshark prints it.
    pub fn write(self, value: &Value<'_>, out: &mut String) {
        match (self, value) {
            (Form::Hex(digits), Value::Number(number)) => {
                let _ = write!(out, "0x{number:0width$x}", width = usize::from(digits));
            }
            (_, Value::Number(number)) => decimal(*number, out),
            (_, Value::Signed(number)) => {
                let _ = write!(out, "{number}");
            }
            (_, Value::Bool(flag)) => out.push(if *flag { '1' } else { '0' }),
            (_, Value::Time(nanos)) => {
                decimal(nanos / 1_000_000_000, out);
                let _ = write!(out, ".{:09}", nanos % 1_000_000_000);
            }
            (_, Value::Text(text)) => escaped(text, out),
            (_, Value::Ip(IpAddr::V4(ip))) => {
                for (at, octet) in ip.octets().into_iter().enumerate() {
                    if at > 0 {
                        out.push('.');
                    }
                    decimal(octet.into(), out);
                }
            }
            (_, Value::Ip(ip)) => {
                let _ = write!(out, "{ip}");
            }
            (_, Value::Mac(mac)) => {
                let _ = write!(out, "{mac}");
            }
            (_, Value::Bytes(bytes)) => bytes.iter().for_each(|byte| {
                let _ = write!(out, "{byte:02x}");
            }),
        }
    }
}

/// Digits without the machinery of `format!`: most of what is printed are numbers.
fn decimal(mut number: u64, out: &mut String) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

/// A tab or a line break inside of a text would end its column or line.
fn escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
}
