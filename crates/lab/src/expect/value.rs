//! What an expression gives: a truth, a number, a time, a text, records, a list of these, or nothing.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use base::{Duration, Instant};

use super::source::Source;

/// A value. Texts are borrowed from the recording or the expression where that is possible.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value<'a> {
    /// A field that the record does not have, the first of no records, the mean of nothing.
    Absent,
    Bool(bool),
    Number(f64),
    /// Nanoseconds: a moment since the start of the world, or a span.
    Time(i64),
    Text(Cow<'a, str>),
    /// An address, which compares as its text.
    Ip(IpAddr),
    List(Arc<[Value<'a>]>),
    /// One record of a source: its place in the recording.
    Record(&'a Source, u32),
    Records(&'a Source, Rows),
}

/// Places in a recording, in order of time.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Rows {
    /// The first so many.
    All(u32),
    /// These.
    Some(Arc<[u32]>),
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        match self {
            Rows::All(count) => *count as usize,
            Rows::Some(rows) => rows.len(),
        }
    }

    pub(super) fn get(&self, place: usize) -> Option<u32> {
        match self {
            Rows::All(count) => u32::try_from(place).ok().filter(|place| place < count),
            Rows::Some(rows) => rows.get(place).copied(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

impl<'a> Value<'a> {
    /// The same value, borrowing its text.
    pub(super) fn borrowed(&'a self) -> Value<'a> {
        match self {
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }

    /// The same value with a text of its own. Records stay behind: they mean nothing elsewhere.
    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Value::Absent | Value::Record(..) | Value::Records(..) => Value::Absent,
            Value::Bool(value) => Value::Bool(value),
            Value::Number(number) => Value::Number(number),
            Value::Time(ns) => Value::Time(ns),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Ip(ip) => Value::Ip(ip),
            Value::List(items) => Value::List(items.iter().cloned().map(Value::into_owned).collect()),
        }
    }

    /// The items of a list; of records none, for they have fields but are no values.
    pub(super) fn items(&self) -> Option<&[Value<'a>]> {
        if let Value::List(items) = self { Some(items) } else { None }
    }

    /// A number, a truth as 0 or 1.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Bool(value) => Some(f64::from(u8::from(*value))),
            _ => None,
        }
    }

    /// A number, or a time in nanoseconds.
    pub(super) fn quantity(&self) -> Option<f64> {
        match self {
            Value::Time(ns) => Some(*ns as f64),
            other => other.number(),
        }
    }

    /// Whether both are the same kind of thing, or one is 0, which has no unit.
    pub(super) fn order(&self, other: &Value<'_>) -> Result<Ordering, Unlike> {
        match (self, other) {
            (Value::Time(a), Value::Time(b)) => Ok(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Ok(a.cmp(b)),
            (Value::Ip(a), Value::Ip(b)) => Ok(a.cmp(b)),
            (Value::Ip(a), Value::Text(b)) => Ok(address_order(*a, b)),
            (Value::Text(a), Value::Ip(b)) => Ok(address_order(*b, a).reverse()),
            (Value::Time(a), Value::Number(0.0)) => Ok(a.cmp(&0)),
            (Value::Number(0.0), Value::Time(b)) => Ok(0.cmp(b)),
            (a, b) => match (a.number(), b.number()) {
                // NaN comes from no literal and no fact; 0 / 0 is the only way to it, and equals nothing smaller.
                (Some(a), Some(b)) => Ok(a.partial_cmp(&b).unwrap_or(Ordering::Greater)),
                _ => Err(Unlike),
            },
        }
    }

    /// An order over everything, for sorting and searching: by kind, then by value.
    pub(super) fn total_order(&self, other: &Value<'_>) -> Ordering {
        let kind = |value: &Value<'_>| match value {
            Value::Absent => 0,
            Value::Bool(_) | Value::Number(_) => 1,
            Value::Time(_) => 2,
            Value::Text(_) | Value::Ip(_) => 3,
            Value::List(_) => 4,
            Value::Record(..) | Value::Records(..) => 5,
        };
        let by_kind = kind(self).cmp(&kind(other));
        by_kind.then_with(|| match (self, other) {
            // One order for addresses and for their texts.
            (Value::Ip(a), Value::Text(b)) => a.to_string().as_str().cmp(b),
            (Value::Text(a), Value::Ip(b)) => a.as_ref().cmp(b.to_string().as_str()),
            (Value::Ip(a), Value::Ip(b)) => a.to_string().cmp(&b.to_string()),
            (a, b) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => a.order(b).unwrap_or(Ordering::Equal),
            },
        })
    }

    /// What kind of thing it is, with an article.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Value::Absent => "nothing",
            Value::Bool(_) => "a yes or no",
            Value::Number(_) => "a number",
            Value::Time(_) => "a time",
            Value::Text(_) | Value::Ip(_) => "a text",
            Value::List(_) => "a list",
            Value::Record(..) => "a record",
            Value::Records(..) => "records",
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Value::Number(f64::from(number))
    }
}

impl From<Duration> for Value<'_> {
    fn from(span: Duration) -> Self {
        Value::Time(i64::try_from(span.nanos()).unwrap_or(i64::MAX))
    }
}

impl From<Instant> for Value<'_> {
    fn from(at: Instant) -> Self {
        at.since(Instant::ZERO).into()
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Absent, Into::into)
    }
}

/// Two values that have no order among each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unlike;

/// An address and a text that may write the same address in another way.
fn address_order(address: IpAddr, text: &str) -> Ordering {
    match text.parse::<IpAddr>() {
        Ok(other) => address.cmp(&other),
        Err(_) => address.to_string().as_str().cmp(text),
    }
}

/// As it would be written in an expression; times in the unit that fits, exactly.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Absent => f.write_str("nothing"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(number) => f.write_str(&number_text(*number)),
            Value::Time(ns) => f.write_str(&time_text(*ns)),
            Value::Text(text) => write!(f, "'{}'", clean(text)),
            Value::Ip(ip) => write!(f, "{ip}"),
            Value::List(items) => {
                f.write_str("[")?;
                for (n, item) in items.iter().take(MOST_ITEMS).enumerate() {
                    write!(f, "{}{item}", if n > 0 { ", " } else { "" })?;
                }
                if items.len() > MOST_ITEMS {
                    write!(f, ", … {} in all", items.len())?;
                }
                f.write_str("]")
            }
            Value::Record(source, _) => write!(f, "a record of {source}"),
            Value::Records(source, rows) => write!(f, "{} of {source}", rows.len()),
        }
    }
}

/// Six significant digits, whole numbers whole.
pub(super) fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number}");
    }
    if !number.is_finite() {
        return if number.is_nan() { "not a number".into() } else { "infinite".into() };
    }
    let magnitude = number.abs().log10().floor() as i32;
    if !(-6..15).contains(&magnitude) {
        return format!("{number:.5e}");
    }
    let digits = usize::try_from(5 - magnitude).unwrap_or(0);
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Exact: `0 s`, `1.5 ms`, `3.000000013 s`.
pub(super) fn time_text(ns: i64) -> String {
    let (unit, digits, name) = match ns.unsigned_abs() {
        0 => return "0 s".into(),
        1..1_000 => (1, 0, "ns"),
        1_000..1_000_000 => (1_000, 3, "us"),
        1_000_000..1_000_000_000 => (1_000_000, 6, "ms"),
        _ => (1_000_000_000_u64, 9, "s"),
    };
    let (whole, part) = (ns.unsigned_abs() / unit, ns.unsigned_abs() % unit);
    let sign = if ns < 0 { "-" } else { "" };
    let part = if part == 0 { String::new() } else { format!(".{part:0digits$}") };
    format!("{sign}{whole}{} {name}", part.trim_end_matches('0'))
}

/// Text from a peer, safe to print and not too long.
pub(super) fn clean(text: &str) -> String {
    let mut out: String = text.chars().take(MOST_TEXT).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST_TEXT).is_some() {
        out.push('…');
    }
    out.replace("\\'", "''").replace("\\\"", "\"")
}

/// Items of a list that are shown.
const MOST_ITEMS: usize = 8;
/// Characters of a text that are shown.
const MOST_TEXT: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_shown_exactly_enough() {
        assert_eq!(
            [3.0, 0.05, 9_523_809.523_8, 1e-9, 0.1 + 0.2].map(number_text),
            ["3", "0.05", "9523810", "1.00000e-9", "0.3"]
        );
        let times = [0, 812, 1_500_000, 3_000_000_013, -1_000_000_000, i64::MIN].map(time_text);
        assert_eq!(times, ["0 s", "812 ns", "1.5 ms", "3.000000013 s", "-1 s", "-9223372036.854775808 s"]);
    }

    #[test]
    fn only_what_is_alike_has_an_order_and_zero_has_no_unit() {
        let (one, second) = (Value::Number(1.0), Value::Time(1_000_000_000));
        assert_eq!(one.order(&second), Err(Unlike));
        assert_eq!(second.order(&Value::Number(0.0)), Ok(Ordering::Greater));
        assert_eq!(Value::Bool(true).order(&one), Ok(Ordering::Equal));
        let address = Value::Ip("2001:db8::1".parse().expect("an address"));
        assert_eq!(address.order(&Value::from("2001:0db8:0::1")), Ok(Ordering::Equal));
    }
}
