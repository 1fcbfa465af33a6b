//! The tail-loss probe: when the last segments of a flight are lost no later one tells, so one is sent to ask
//! (RFC 8985, section 7).

use base::SeqNum;

#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Tail {
    /// SND.NXT when the probe left, while it is not known what became of it.
    end: Option<SeqNum>,
    /// The probe was a repetition.
    again: bool,
}

/// What an ACK during a probe means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Probed {
    /// Nothing, or nothing yet.
    Nothing,
    /// The probe itself repaired a loss that nobody else noticed: the window must shrink.
    Repaired,
}

impl Tail {
    /// A probe is under way.
    pub(crate) fn is_out(&self) -> bool {
        self.end.is_some()
    }

    pub(crate) fn on_probe(&mut self, nxt: SeqNum, again: bool) {
        *self = Tail { end: Some(nxt), again };
    }

    pub(crate) fn forget(&mut self) {
        self.end = None;
    }

    //= rfc8985#7.4.2
    #[inline]
    pub(crate) fn on_ack(&mut self, ack: SeqNum, dsack: bool, plain_duplicate: bool) -> Probed {
        let Some(end) = self.end else { return Probed::Nothing };
        if !end.at_most(ack) {
            return Probed::Nothing;
        }
        if !self.again || dsack || (ack == end && plain_duplicate) {
            // New text was acknowledged, or both copies arrived.
            self.end = None;
        } else if end.before(ack) {
            self.end = None;
            return Probed::Repaired;
        }
        Probed::Nothing
    }
}
