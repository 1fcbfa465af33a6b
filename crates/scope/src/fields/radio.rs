//! Fields of 802.11.

use base::Mac;

use super::layers::Layer;
use super::registry::{Entry, Take, byte, entry};
use super::value::{Form, Value};

const fn number(name: &'static str, form: Form, doc: &'static str, take: fn(&[u8]) -> Option<u64>) -> Entry {
    entry(name, form, doc, Take::Number(Layer::Wlan, take))
}

const fn address(name: &'static str, doc: &'static str, take: for<'a> fn(&'a [u8]) -> Option<Value<'a>>) -> Entry {
    entry(name, Form::Mac, doc, Take::Of(Layer::Wlan, take))
}

pub(super) const FIELDS: &[Entry] = &[
    number("wlan.fc.type", Form::Number, "0 management, 1 control, 2 data", |h| Some(u64::from(kind(h)?) >> 4)),
    number("wlan.fc.type_subtype", Form::Hex(4), "0x1b RTS, 0x1c CTS, 0x1d ACK, 0x20 data", |h| Some(kind(h)?.into())),
    entry(
        "wlan.fc.retry",
        Form::Flag,
        "It was sent before",
        Take::Of(Layer::Wlan, |h| Some(Value::Bool(h.get(1)? & 0x08 != 0))),
    ),
    number("wlan.duration", Form::Number, "Microseconds for which the medium is reserved behind it", duration),
    address("wlan.ra", "Who is to receive it", |h| mac(h, 4)),
    address("wlan.ta", "Who sends it; CTS and ACK do not say", |h| {
        if matches!(kind(h)?, CTS | ACK) { None } else { mac(h, 10) }
    }),
    address("wlan.da", "To which station in the end", |h| mac(h, ends(h)?.0)),
    address("wlan.sa", "From which station in the first place", |h| mac(h, ends(h)?.1)),
    number("wlan.seq", Form::Number, "The frame's number, modulo 4096", |h| {
        ends(h)?;
        Some((byte(h, 23)? << 8 | byte(h, 22)?) >> 4)
    }),
];

/// Type and subtype as one number.
fn kind(frame: &[u8]) -> Option<u8> {
    let code = *frame.first()?;
    Some((code & 0x0c) << 2 | code >> 4)
}

/// In polls of a sleeping station another number has the place of the duration.
fn duration(frame: &[u8]) -> Option<u64> {
    let field = byte(frame, 3)? << 8 | byte(frame, 2)?;
    (kind(frame)? != PS_POLL).then_some(field & 0x7fff)
}

/// Where the addresses of destination and source stand: that follows from whether a frame goes to an access point or comes
/// from one. Control frames have neither.
fn ends(frame: &[u8]) -> Option<(usize, usize)> {
    let is_data = match kind(frame)? >> 4 {
        0 => false,
        2 => true,
        _ => return None,
    };
    match frame.get(1)? & 3 {
        1 if is_data => Some((16, 10)),
        2 if is_data => Some((4, 16)),
        3 if is_data => Some((16, 24)),
        _ => Some((4, 10)),
    }
}

fn mac(frame: &[u8], at: usize) -> Option<Value<'static>> {
    Some(Value::Mac(Mac(*frame.get(at..)?.first_chunk()?)))
}

const PS_POLL: u8 = 0x1a;
const CTS: u8 = 0x1c;
const ACK: u8 = 0x1d;
