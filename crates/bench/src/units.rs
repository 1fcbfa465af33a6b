//! Rates as people type them.

/// `1Gbps`, `2.5Mbps`, `9600bps` as ns-3 writes them, `100mbit`, `1gbit` as tc writes them.
pub(crate) fn rate_bps(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let (number, scale) = UNITS.into_iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)))?;
    let rate = number.parse::<f64>().ok()? * scale;
    (1.0..1e15).contains(&rate).then_some(rate as u64)
}

/// Longer names first: each ends with the shorter ones.
const UNITS: [(&str, f64); 8] = [
    ("gbps", 1e9),
    ("mbps", 1e6),
    ("kbps", 1e3),
    ("bps", 1.0),
    ("gbit", 1e9),
    ("mbit", 1e6),
    ("kbit", 1e3),
    ("bit", 1.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_the_yardsticks_and_tc_read_them() {
        assert_eq!([rate_bps("1Gbps"), rate_bps("1gbit")], [Some(1_000_000_000); 2]);
        assert_eq!([rate_bps("2.5Mbps"), rate_bps("100mbit")], [Some(2_500_000), Some(100_000_000)]);
        assert_eq!([rate_bps("fast"), rate_bps("-1Gbps"), rate_bps("Gbps"), rate_bps("10")], [None; 4]);
    }
}
