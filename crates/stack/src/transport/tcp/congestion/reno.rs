//! Reno (RFC 5681): after a loss the window is halved, and fast recovery ends with the first new acknowledgement. Two
//! losses in one window halve it twice, or end in a timeout.

use super::Repair;
use super::aimd::Aimd;

//= rfc5681#3.2
pub(super) fn reno(mss: u32, initial: u32) -> Aimd {
    Aimd::new(mss, initial, Repair::FirstAck)
}
