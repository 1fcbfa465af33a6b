//! The flags of a frame in a pcapng file: which way it went, and what was wrong with its bits.

use base::{Direction, Flaw, LinkType};

use crate::recording::Frame;

/// The flags of a recorded frame.
pub(crate) const fn of(frame: &Frame<'_>) -> u32 {
    let direction = match frame.direction {
        Direction::In => INBOUND,
        Direction::Out => OUTBOUND,
    };
    let wrong = if frame.flaw.is_some() { CRC_ERROR } else { 0 };
    let is_short = matches!(frame.link_type, LinkType::Ethernet) && frame.bytes.len() < wire::ethernet::MIN_FRAME;
    let short = if is_short || matches!(frame.flaw, Some(Flaw::Runt)) { TOO_SHORT } else { 0 };
    direction | wrong | short
}

/// Which way a frame went.
pub(crate) const fn direction(flags: u32) -> Option<Direction> {
    match flags & 3 {
        INBOUND => Some(Direction::In),
        OUTBOUND => Some(Direction::Out),
        _ => None,
    }
}

/// Whether it is the rest of a frame that was broken off.
pub(crate) const fn is_runt(flags: u32) -> bool {
    flags & CRC_ERROR != 0 && flags & TOO_SHORT != 0
}

/// Whether a frame has any flaw.
pub(crate) const fn is_flawed(flags: u32) -> bool {
    flags & CRC_ERROR != 0
}

/// What was wrong with a frame. The bits do not tell a collision from damage: our own captures say it in a comment.
pub(crate) fn flaw<'a>(flags: u32, mut comments: impl Iterator<Item = &'a str>) -> Option<Flaw> {
    if !is_flawed(flags) {
        return None;
    }
    let all = [Flaw::Collision, Flaw::Damaged, Flaw::Runt];
    let told = comments.find_map(|comment| all.into_iter().find(|flaw| flaw.text() == comment));
    Some(told.unwrap_or(if flags & TOO_SHORT != 0 { Flaw::Runt } else { Flaw::Damaged }))
}

const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
/// The frame check sequence is wrong.
const CRC_ERROR: u32 = 1 << 24;
const TOO_SHORT: u32 = 1 << 26;
