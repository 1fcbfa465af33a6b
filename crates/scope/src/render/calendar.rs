//! Moments of the calendar as text, computed from an epoch that the caller gives: nothing here reads a clock.

use std::time::{SystemTime, UNIX_EPOCH};

use base::Duration;

/// The moment `after` an epoch, in UTC, to the millisecond: `2026-01-01T00:00:00.034Z` (ISO 8601). An epoch before 1970
/// counts as 1970.
pub(crate) fn iso_8601(epoch: SystemTime, after: Duration) -> String {
    let since = epoch.duration_since(UNIX_EPOCH).unwrap_or_default();
    let ms = (since.as_nanos() + u128::from(after.nanos())) / 1_000_000;
    let ms = u64::try_from(ms).unwrap_or(u64::MAX);
    let (year, month, day) = date(ms / 86_400_000);
    let s = ms / 1_000 % 86_400;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z", s / 3_600, s / 60 % 60, s % 60, ms % 1_000)
}

/// The date of a day counted from 1970, in the Gregorian calendar: years are counted from March on, so that the leap day
/// is a year's last.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // from 0000-03-01
    let era = days / 146_097; // of 400 years
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153; // 0: March
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let january_follows = month >= 10;
    let year = era * 400 + year_of_era + january_follows as u64;
    (year, if january_follows { month - 9 } else { month + 3 }, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration as Wall;

    use super::*;

    #[test]
    fn moments_are_written_as_in_the_calendar() {
        let at = |s| UNIX_EPOCH + Wall::from_secs(s);
        assert_eq!(iso_8601(at(0), Duration::ZERO), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso_8601(at(951_782_400), Duration::from_millis(1_999)), "2000-02-29T00:00:01.999Z");
        assert_eq!(iso_8601(at(1_767_225_600), Duration::ZERO), "2026-01-01T00:00:00.000Z");
        assert_eq!(iso_8601(at(1_767_225_599), Duration::ZERO), "2025-12-31T23:59:59.000Z");
        assert_eq!(iso_8601(at(4_107_542_400), Duration::ZERO), "2100-03-01T00:00:00.000Z");
    }
}
