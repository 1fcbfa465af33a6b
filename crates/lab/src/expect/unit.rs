//! Numbers with a unit: `10ms`, `5%`, `1MB`, `10mbit`.

use super::value::Value;

/// What is written behind a number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Unit {
    /// As it is written.
    pub(super) name: &'static str,
    /// By what a number is multiplied: to nanoseconds, to 1, to bytes, to bits per second.
    pub(super) scale: f64,
    /// Whether it makes a time.
    pub(super) is_time: bool,
}

const fn unit(name: &'static str, scale: f64) -> Unit {
    Unit { name, scale, is_time: false }
}

const fn time(name: &'static str, scale: f64) -> Unit {
    Unit { name, scale, is_time: true }
}

/// Nothing behind it.
pub(super) const NONE: Unit = unit("", 1.0);

/// All units.
pub(super) const UNITS: [Unit; 18] = [
    unit("%", 0.01),
    time("ns", 1.0),
    time("us", 1e3),
    time("ms", 1e6),
    time("s", 1e9),
    time("min", 60e9),
    time("h", 3600e9),
    unit("B", 1.0),
    unit("kB", 1e3),
    unit("MB", 1e6),
    unit("GB", 1e9),
    unit("KiB", 1024.0),
    unit("MiB", 1_048_576.0),
    unit("GiB", 1_073_741_824.0),
    unit("bit", 1.0),
    unit("kbit", 1e3),
    unit("mbit", 1e6),
    unit("gbit", 1e9),
];

impl Unit {
    /// The unit of this name.
    pub(super) fn named(name: &str) -> Option<Unit> {
        UNITS.into_iter().find(|unit| unit.name == name)
    }

    /// What `number` of this unit is, unless it is too large.
    pub(super) fn value(self, number: f64) -> Option<Value<'static>> {
        // Division keeps 5% what a person takes it for: 0.05.
        let value = if self.scale < 1.0 { number / (1.0 / self.scale).round() } else { number * self.scale };
        if !value.is_finite() {
            return None;
        }
        if !self.is_time {
            return Some(Value::Number(value));
        }
        (value.abs() < LONGEST_NS).then(|| Value::Time(value.round() as i64))
    }
}

/// About 292 years.
const LONGEST_NS: f64 = i64::MAX as f64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_its_unit_is_what_a_person_takes_it_for() {
        let value = |number: f64, name: &str| Unit::named(name).expect("known").value(number);
        assert_eq!(value(5.0, "%"), Some(Value::Number(0.05)));
        assert_eq!(value(0.1, "ms"), Some(Value::Time(100_000)));
        assert_eq!(value(64.0, "KiB"), Some(Value::Number(65_536.0)));
        assert_eq!(value(10.0, "mbit"), Some(Value::Number(1e7)));
        assert_eq!((value(1e300, "s"), value(1e308, "GB")), (None, None));
    }
}
