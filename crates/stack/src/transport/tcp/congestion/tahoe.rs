//! Tahoe (1988): a third duplicate acknowledgement saves the timeout, but costs as much: slow start from one segment.

use super::Repair;
use super::aimd::Aimd;

pub(super) fn tahoe(mss: u32, initial: u32) -> Aimd {
    Aimd::new(mss, initial, Repair::SlowStart)
}
