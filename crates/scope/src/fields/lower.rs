//! Link layers other than Ethernet cut into their headers: AX.25, LLC, 802.11.

use super::layers::{Cutter, Layer, u16_at};

impl Cutter<'_> {
    /// AX.25 v2.2, section 3: addresses of seven bytes, the last of them with its lowest bit set; control; PID.
    pub(super) fn ax25(&mut self, start: usize, len: usize) {
        let frame = self.bytes.get(start..).unwrap_or_default();
        let Some(control_at) = ax25_control(frame) else { return self.put(Layer::Data, start.min(len), len) };
        self.put(Layer::Ax25, start, len);
        let (control, at) = (frame[control_at], start + control_at + 1);
        // Of all frames only I and UI have a PID, and carry something of a layer above.
        if control & 1 != 0 && control & !POLL != UI {
            return;
        }
        match frame.get(control_at + 1) {
            Some(0xcc) => self.ip4(at + 1, len),
            Some(0xcd) => self.ethertype(0x0806, at + 1, len),
            Some(_) if len > at + 1 => self.put(Layer::Data, at + 1, len),
            _ => {}
        }
    }

    /// IEEE 802.2: two access points, a control field of one or two bytes, and what the access point stands for.
    pub(super) fn llc(&mut self, start: usize, len: usize) {
        let pdu = self.bytes.get(start..self.bytes.len().min(len)).unwrap_or_default();
        let [dsap, _, control, ..] = *pdu else { return self.put(Layer::Data, start, len) };
        self.put(Layer::Llc, start, len);
        let is_u = control & 3 == 3;
        let at = start + if is_u { 3 } else { 4 };
        let carries = control & 1 == 0 || control & !POLL == UI;
        match dsap {
            SNAP if is_u && pdu.starts_with(&[SNAP, SNAP, UI, 0, 0, 0]) && pdu.len() >= 8 => {
                self.ethertype(u16_at(pdu, 6), start + 8, len);
            }
            0x06 if carries && len > at => self.ip4(at, len),
            0x42 if carries && self.bytes.len() >= at + 4 => self.put(Layer::Stp, at, len),
            _ if carries && len > at => self.put(Layer::Data, at, len),
            _ => {}
        }
    }

    /// Radiotap: a header that says its own length, and, among much else, whether the frame's check sequence is there.
    pub(super) fn radiotap(&mut self, len: usize) {
        let Ok((start, fcs)) = wire::radiotap::parse(self.bytes) else { return self.put(Layer::Data, 0, len) };
        self.put(Layer::Radiotap, 0, len);
        self.wlan(start, if fcs.present { len.saturating_sub(wire::dot11::FCS_LEN).max(start) } else { len });
    }

    /// IEEE 802.11-2020, 9.2.
    pub(super) fn wlan(&mut self, start: usize, len: usize) {
        let frame = self.bytes.get(start..).unwrap_or_default();
        let Some(header) = wlan_header(frame) else { return self.put(Layer::Data, start, len) };
        self.put(Layer::Wlan, start, len);
        let (code, flags, at) = (frame[0], frame[1], start + header);
        // Data, and not the subtypes that carry none.
        if code & 0x4c != 0x08 || len <= at {
            return;
        }
        if flags & PROTECTED != 0 { self.put(Layer::Data, at, len) } else { self.llc(at, len) }
    }
}

/// Where an AX.25 frame's control field stands: behind two to ten addresses.
pub(super) fn ax25_control(frame: &[u8]) -> Option<usize> {
    let addresses = (2..=MAX_ADDRESSES).find(|n| frame.get(n * 7 - 1).is_some_and(|byte| byte & 1 == 1))?;
    // The bit in the first address would leave no room for the second.
    (frame[6] & 1 == 0 && frame.len() > addresses * 7).then_some(addresses * 7)
}

/// How long a frame's 802.11 header is, if it is there.
pub(super) fn wlan_header(frame: &[u8]) -> Option<usize> {
    let [code, flags, ..] = *frame else { return None };
    let len = match code & 0x0c {
        // Management, and data: with a fourth address between access points, and with two bytes more for quality.
        0x00 => 24,
        0x08 => 24 + if flags & BOTH_DS == BOTH_DS { 6 } else { 0 } + if code & QOS != 0 { 2 } else { 0 },
        // Clear to send and acknowledgement name their receiver only.
        0x04 if matches!(code >> 4, 0xc | 0xd) => 10,
        0x04 => 16,
        _ => return None,
    };
    (frame.len() >= len).then_some(len)
}

/// Poll or final, in control fields of one byte.
pub(super) const POLL: u8 = 0x10;
/// Unnumbered information.
const UI: u8 = 0x03;
pub(super) const SNAP: u8 = 0xaa;
/// Destination, source and up to eight repeaters.
const MAX_ADDRESSES: usize = 10;
const BOTH_DS: u8 = 0x03;
const PROTECTED: u8 = 0x40;
const QOS: u8 = 0x80;
