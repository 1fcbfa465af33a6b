//! The first frame of a run as a waveform: what the wire of its interface carries, by the line code that a lab names.

use link::line_code::{self, LabelKind, manchester, nrzi_4b5b, rs232};
use scope::Recording;
use scope::waveform::{Name, Waveform};
use wire::fcs;

use base::LinkType;

/// A line code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineCode {
    /// 10BASE-T: a change in the middle of every bit.
    Manchester,
    /// 100BASE-TX: groups of four bits as five, a change for every 1.
    Nrzi4b5b,
    /// A serial port: a start bit, eight bits, a stop bit.
    Rs232,
}

impl LineCode {
    /// As files write it.
    pub fn named(name: &str) -> Option<LineCode> {
        match name {
            "manchester" => Some(LineCode::Manchester),
            "4b5b" => Some(LineCode::Nrzi4b5b),
            "rs232" => Some(LineCode::Rs232),
            _ => None,
        }
    }

    /// In a title.
    pub const fn title(self) -> &'static str {
        match self {
            LineCode::Manchester => "Manchester (IEEE 802.3, 10BASE-T)",
            LineCode::Nrzi4b5b => "4B5B and NRZI (FDDI, 100BASE-X)",
            LineCode::Rs232 => "RS-232, 8 bits, no parity, 1 stop bit",
        }
    }

    /// Levels of bytes.
    pub fn encode(self, bytes: &[u8], baud: u64) -> line_code::Waveform {
        match self {
            LineCode::Manchester => manchester::encode(bytes, true),
            LineCode::Nrzi4b5b => nrzi_4b5b::encode(bytes),
            LineCode::Rs232 => rs232::encode(bytes, baud, 2),
        }
    }

    /// What a receiver reads.
    pub fn decode(self, levels: &[bool]) -> line_code::Decoded {
        match self {
            LineCode::Manchester => manchester::decode(levels, true),
            LineCode::Nrzi4b5b => nrzi_4b5b::decode(levels),
            LineCode::Rs232 => rs232::decode(levels),
        }
    }
}

/// The first frame of a recording, as far as it is worth drawing.
pub fn of_first_frame(recording: &Recording, code: LineCode) -> Option<Waveform> {
    let frame = recording.frames().next()?;
    let mut bytes = frame.bytes.to_vec();
    if frame.link_type == LinkType::Ethernet {
        bytes.extend(fcs::crc32(frame.bytes).to_le_bytes());
    }
    let len = bytes.len();
    bytes.truncate(DRAWN);
    let title = format!(
        "{}: the first {} of {len} bytes of the first frame at {}",
        code.title(),
        bytes.len(),
        recording.nic_name(frame.nic)
    );
    Some(drawn(&title, &code.encode(&bytes, BAUD), &[]))
}

/// A waveform with its names, and the units that were changed on the way.
pub fn drawn(title: &str, waveform: &line_code::Waveform, flipped: &[usize]) -> Waveform {
    let row = |kind: LabelKind| -> Vec<Name> {
        let labels = waveform.labels().iter().filter(|label| label.kind == kind);
        labels.map(|label| Name { start: label.start, units: label.units, text: label.text.clone() }).collect()
    };
    let rows = [LabelKind::Bit, LabelKind::Symbol, LabelKind::Byte].map(row);
    let mut levels = waveform.levels().to_vec();
    for unit in flipped {
        if let Some(level) = levels.get_mut(*unit) {
            *level = !*level;
        }
    }
    Waveform {
        title: title.into(),
        levels,
        rows: rows.into_iter().filter(|row| !row.is_empty()).collect(),
        errors: flipped.to_vec(),
    }
}

/// Bytes of a frame that are drawn.
const DRAWN: usize = 18;
/// Of serial ports, where a lab names no other.
const BAUD: u64 = 9600;
