//! What programs record about themselves: a protocol, a step, and named values.
//!
//! Generic on purpose: a new program needs no change here, and a recording can be read without knowing the program.

use std::fmt;
use std::net::IpAddr;

use crate::Duration;

/// One step of a program.
#[derive(Clone, PartialEq, Debug)]
pub struct AppFact {
    /// The protocol: `dns`, `http`, `tls`, `dhcp`, `visit`.
    pub protocol: &'static str,
    /// The step: `query`, `answer`, `request`, `response`.
    pub step: &'static str,
    /// Ties the steps of one activity together (one request, one lookup); unique within a node, 0 for none.
    pub span: u64,
    /// Named values, in the order in which a person wants to read them.
    pub fields: Vec<(&'static str, Value)>,
}

impl AppFact {
    /// A step without values.
    pub fn new(protocol: &'static str, step: &'static str, span: u64) -> Self {
        AppFact { protocol, step, span, fields: Vec::new() }
    }

    /// Adds a value.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The value called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// The text called `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number called `name`.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// A value of a step.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Words.
    Text(String),
    /// A count or a code.
    Number(u64),
    /// An address.
    Ip(IpAddr),
    /// A span of time.
    Span(Duration),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => write!(f, "{number}"),
            Value::Ip(ip) => write!(f, "{ip}"),
            Value::Span(span) => write!(f, "{span}"),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Number(number)
    }
}

impl From<IpAddr> for Value {
    fn from(ip: IpAddr) -> Self {
        Value::Ip(ip)
    }
}

impl From<Duration> for Value {
    fn from(span: Duration) -> Self {
        Value::Span(span)
    }
}
