//! Words for quantities, as tc-netem writes them: `2%`, `80ms`, `10mbit`.

use base::Duration;

/// A share: `2%` or `0.02`.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (text, 1.0),
    };
    let value = number.trim().parse::<f64>().map_err(|_| format!("'{text}' is no share; write 2% or 0.02"))? / scale;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(format!("'{text}' is not between 0% and 100%")) }
}

/// A delay: `80ms`, `1.5s`, `200us`.
pub(crate) fn delay(text: &str) -> Result<Duration, String> {
    span(text, MAX_DELAY_S)
}

/// A while: `30s`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    span(text, MAX_TIME_S)
}

fn span(text: &str, longest: f64) -> Result<Duration, String> {
    let (value, unit) = split(text);
    let seconds = match unit {
        "s" | "sec" => 1.0,
        "ms" | "msec" => 1e-3,
        "us" | "usec" => 1e-6,
        "ns" => 1e-9,
        _ => return Err(format!("'{text}' is no span of time; write 80ms, 1.5s or 200us")),
    };
    let value: f64 = value.parse().map_err(|_| format!("'{text}' is no span of time; write 80ms, 1.5s or 200us"))?;
    if !(0.0..=longest).contains(&(value * seconds)) {
        return Err(format!("'{text}' is not between 0 and {longest} s"));
    }
    Ok(Duration::from_secs_f64(value * seconds))
}

/// A rate in bits per second: `10mbit`, `56kbit`, `1gbit`, `9600bit`.
pub(crate) fn rate(text: &str) -> Result<u64, String> {
    let (value, unit) = split(text);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "bit" | "bps" => 1.0,
        "kbit" | "kbps" => 1e3,
        "mbit" | "mbps" => 1e6,
        "gbit" | "gbps" => 1e9,
        _ => return Err(format!("'{text}' is no rate; write 10mbit, 56kbit or 1gbit (bits per second)")),
    };
    let value: f64 = value.parse().map_err(|_| format!("'{text}' is no rate; write 10mbit, 56kbit or 1gbit"))?;
    let bits = value * factor;
    if (MIN_RATE_BPS..=MAX_RATE_BPS).contains(&bits) {
        Ok(bits as u64)
    } else {
        Err(format!("'{text}' is not between 300bit and 1000gbit"))
    }
}

fn split(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (value, unit) = text.split_at(at);
    (value.trim(), unit)
}

const MAX_DELAY_S: f64 = 10.0;
const MAX_TIME_S: f64 = 86_400.0;
const MIN_RATE_BPS: f64 = 300.0;
const MAX_RATE_BPS: f64 = 1e12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_tc_writes_them() {
        assert_eq!((share("2%"), share("0.25"), share("100%")), (Ok(0.02), Ok(0.25), Ok(1.0)));
        assert_eq!((delay("80ms"), delay("1.5s")), (Ok(Duration::from_millis(80)), Ok(Duration::from_millis(1500))));
        assert_eq!((rate("10mbit"), rate("9600bit")), (Ok(10_000_000), Ok(9600)));
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_an_example() {
        for wrong in ["", "x", "101%", "-1%", "NaN"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "80", "80parsec", "-5ms", "99999s", "NaNms"] {
            assert!(delay(wrong).is_err(), "{wrong}");
        }
        assert!(delay("11s").is_err() && time("11s").is_ok());
        for wrong in ["", "10", "10mb", "0bit", "NaNmbit"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
