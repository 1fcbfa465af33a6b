//! Writing DHCP messages: RFC 2131, sections 2 and 4.1; long options in parts: RFC 3396.

use super::option::code;
use super::{BROADCAST, COOKIE, DhcpOption, FILE, MAGIC, MIN_LEN, Message, Op, SNAME};

const OVERLOAD_LEN: usize = 3;
const END_LEN: usize = 1;

impl Message {
    /// The message's bytes, all options in the options field, padded to [`MIN_LEN`].
    pub fn emit(&self) -> Vec<u8> {
        let mut bytes = self.fixed();
        for option in &self.options {
            for part in parts(option) {
                bytes.extend(part);
            }
        }
        bytes.push(code::END);
        pad(bytes)
    }

    /// The message's bytes within `limit` (the UDP data; [`super::MAX_LEN`] suits every client). Options that find no
    /// room in the options field go to `file` and `sname`, as far as these are empty. `None` if that is not enough.
    //= rfc2131#4.1
    pub fn emit_within(&self, limit: usize) -> Option<Vec<u8>> {
        let whole = self.emit();
        if whole.len() <= limit {
            return Some(whole);
        }
        let field_room = limit.checked_sub(COOKIE.end + OVERLOAD_LEN + END_LEN)?;
        let file_room = if self.file.is_empty() { FILE.len() - END_LEN } else { 0 };
        let sname_room = if self.sname.is_empty() { SNAME.len() - END_LEN } else { 0 };
        let rooms = [field_room, file_room, sname_room];
        let mut areas = [const { Vec::new() }; 3];
        let mut at = 0;
        for part in self.options.iter().flat_map(parts) {
            while areas[at].len() + part.len() > rooms[at] {
                at += 1;
                if at == areas.len() {
                    return None;
                }
            }
            areas[at].extend(part);
        }
        let [field, file, sname] = areas;
        Some(self.emit_overloaded(field, file, sname))
    }

    fn emit_overloaded(&self, field: Vec<u8>, mut file: Vec<u8>, mut sname: Vec<u8>) -> Vec<u8> {
        let mut bytes = self.fixed();
        let overload = u8::from(!file.is_empty()) | u8::from(!sname.is_empty()) << 1;
        bytes.extend([code::OVERLOAD, 1, overload]);
        bytes.extend(field);
        bytes.push(code::END);
        for (area, content) in [(FILE, &mut file), (SNAME, &mut sname)] {
            if !content.is_empty() {
                content.push(code::END);
                bytes[area.start..area.start + content.len()].copy_from_slice(content);
            }
        }
        pad(bytes)
    }

    /// Everything before the options, magic cookie included.
    fn fixed(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MIN_LEN);
        bytes.extend([if self.op == Op::Request { 1 } else { 2 }, 1, 6, self.hops]);
        bytes.extend(self.xid.to_be_bytes());
        bytes.extend(self.secs.to_be_bytes());
        bytes.extend(if self.broadcast { BROADCAST } else { 0 }.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, self.siaddr, self.giaddr] {
            bytes.extend(address.octets());
        }
        bytes.extend(self.chaddr.0);
        bytes.resize(COOKIE.start, 0);
        for (area, text) in [(SNAME, &self.sname), (FILE, &self.file)] {
            let text = &text.as_bytes()[..text.floor_char_boundary(area.len() - 1)];
            bytes[area.start..area.start + text.len()].copy_from_slice(text);
        }
        bytes.extend(MAGIC);
        bytes
    }
}

/// An option as it stands in a message, in as many parts as its length needs.
//= rfc3396#6
fn parts(option: &DhcpOption) -> Vec<Vec<u8>> {
    let value = option.value();
    let part = |chunk: &[u8]| [&[option.code(), chunk.len() as u8], chunk].concat();
    if value.is_empty() { vec![part(&[])] } else { value.chunks(255).map(part).collect() }
}

fn pad(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().max(MIN_LEN), code::PAD);
    bytes
}
