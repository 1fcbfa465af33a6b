//! Whether a repair was needless: by the timestamp that the peer echoes (Eifel, RFC 3522), or by D-SACK blocks for all
//! that was sent again (RFC 3708's use of RFC 2883). The reduction is then taken back (RFC 4015).

use base::SeqNum;

#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Undo {
    /// SND.UNA when the window shrank, while it may still be given back.
    from: Option<SeqNum>,
    /// Timestamp of the first repetition since then.
    first_again: Option<u32>,
    /// Repetitions that no D-SACK has called needless yet.
    unexplained: u32,
    any_again: bool,
}

impl Undo {
    /// The window shrinks; `una` is not acknowledged yet. With `repeated`, repetitions of an earlier repair are still on
    /// their way: their acknowledgements must not pass for those of originals.
    pub(crate) fn begin(&mut self, una: SeqNum, repeated: bool) {
        let before = if repeated { *self } else { Undo::default() };
        *self = Undo { from: Some(una), ..before };
    }

    /// Something was sent again, at this time of our timestamp clock when timestamps are in use.
    pub(crate) fn on_again(&mut self, timestamp: Option<u32>) {
        self.first_again = self.first_again.or(timestamp);
        (self.unexplained, self.any_again) = (self.unexplained + 1, true);
    }

    /// A D-SACK: a repetition arrived twice.
    pub(crate) fn on_dsack(&mut self) {
        self.unexplained = self.unexplained.saturating_sub(1);
    }

    /// An ACK moves SND.UNA and echoes a timestamp that is older than the first repetition: the original arrived.
    //= rfc3522#3.2
    pub(crate) fn original_arrived(&self, echo: Option<u32>) -> bool {
        match (self.from, self.first_again, echo) {
            (Some(_), Some(first), Some(echo)) => echo != 0 && SeqNum(echo).before(SeqNum(first)),
            _ => false,
        }
    }

    /// Every repetition was needless.
    //= rfc2883#5
    pub(crate) fn all_explained(&self) -> bool {
        self.from.is_some() && self.any_again && self.unexplained == 0
    }

    pub(crate) fn forget(&mut self) {
        self.from = None;
    }
}
