//! Words for quantities on the command line: those of scenario files, within what a visit can bear.

use base::Duration;
use lab::file::quantity;

/// A share: `2%` or `0.02`.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    quantity::share(text).map_err(|wrong| wrong.to_string())
}

/// A delay: `80ms`, `1.5s`, `200us`.
pub(crate) fn delay(text: &str) -> Result<Duration, String> {
    quantity::time_within(text, LONGEST_DELAY).map_err(|wrong| wrong.to_string())
}

/// A while: `30s`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    quantity::time_within(text, LONGEST_TIME).map_err(|wrong| wrong.to_string())
}

/// A rate in bits per second: `10mbit`, `56kbit`, `1gbit`, `9600bit`.
pub(crate) fn rate(text: &str) -> Result<u64, String> {
    match quantity::rate(text).map_err(|wrong| wrong.to_string())? {
        0..LEAST_RATE_BPS => Err(format!("'{text}' is too slow; a visit needs 300bit or more")),
        bits => Ok(bits),
    }
}

const LONGEST_DELAY: Duration = Duration::from_secs(10);
const LONGEST_TIME: Duration = Duration::from_secs(86_400);
const LEAST_RATE_BPS: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_those_of_files_within_limits() {
        assert_eq!((share("2%"), share("0.25")), (Ok(0.02), Ok(0.25)));
        assert_eq!((delay("80ms"), rate("10mbit")), (Ok(Duration::from_millis(80)), Ok(10_000_000)));
        assert!(delay("11s").is_err() && time("11s").is_ok() && time("25h").is_err());
        assert!(rate("0bit").is_err() && rate("unlimited").is_err() && rate("300bit").is_ok());
    }
}
