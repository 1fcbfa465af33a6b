//! What a dissected frame consists of.

use std::fmt::Display;
use std::ops::Range;

use crate::Error;

/// One field of a layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name, as in the format's RFC.
    pub name: &'static str,
    /// Its value, as a person reads it.
    pub value: String,
    /// Its bytes in the frame; fields smaller than a byte share one.
    pub range: Range<usize>,
}

/// One protocol's part of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layer {
    /// The protocol, or `data`.
    pub name: &'static str,
    /// The layer's own bytes in the frame: its header, without what it carries.
    pub range: Range<usize>,
    /// The fields, in their order on the wire.
    pub fields: Vec<Field>,
    /// One line about this layer.
    pub summary: String,
    /// What is wrong with it. Its offset counts from the start of `range`.
    pub error: Option<Error>,
    /// Whether it belongs to a packet that an ICMP error quotes, of which only the start is there.
    pub quoted: bool,
    pub(super) with_fields: bool,
}

impl Layer {
    /// A layer without fields.
    pub fn new(name: &'static str, range: Range<usize>) -> Layer {
        Layer { name, range, fields: Vec::new(), summary: name.into(), error: None, quoted: false, with_fields: true }
    }

    /// Adds a field, whose range counts from the layer's start. It is not even formatted when nobody wants fields.
    pub fn field(&mut self, name: &'static str, range: Range<usize>, value: impl Display) {
        if self.with_fields {
            let start = self.range.start;
            self.fields.push(Field { name, value: value.to_string(), range: start + range.start..start + range.end });
        }
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| &*field.value)
    }

    /// The same layer with an error.
    #[must_use]
    pub fn malformed(mut self, error: Error) -> Layer {
        self.error = Some(error);
        self
    }

    /// A field that holds a checksum, with the verdict on it.
    pub(crate) fn checksum(&mut self, name: &'static str, range: Range<usize>, value: u16, valid: Option<bool>) {
        let verdict = match valid {
            Some(true) => " (correct)",
            Some(false) => " (incorrect)",
            None => "",
        };
        self.field(name, range, format_args!("0x{value:04x}{verdict}"));
    }
}
