//! Scales: from a value to a place along an axis, and the round numbers that stand there.

use super::{Axis, Quantity};

/// A range of values laid along an axis.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Scale {
    lo: f64,
    hi: f64,
    log: bool,
    /// Values with their labels, in order.
    pub(crate) ticks: Vec<(f64, String)>,
    /// The unit of the labels; may be empty.
    pub(crate) unit: &'static str,
}

impl Scale {
    /// From `lo` to `hi`, with about `wanted` ticks.
    pub(crate) fn new(axis: &Axis, lo: f64, hi: f64, wanted: usize) -> Scale {
        let (lo, hi) = ordered(lo, hi, axis.log);
        let (unit, factor) = unit(axis.quantity, if axis.log { (lo * hi).sqrt() } else { lo.abs().max(hi.abs()) });
        let ticks = if axis.log {
            log_ticks(lo / factor, hi / factor, wanted)
        } else {
            linear_ticks(lo / factor, hi / factor, wanted)
        };
        let ticks = ticks.into_iter().map(|(value, label)| (value * factor, label)).collect();
        Scale { lo, hi, log: axis.log, ticks, unit }
    }

    /// From the smallest to the largest of `values`, which need not be in order.
    pub(crate) fn around(axis: &Axis, values: impl Iterator<Item = f64>, wanted: usize) -> Scale {
        let (lo, hi) = extent(axis, values).unwrap_or((0.0, 1.0));
        Scale::new(axis, lo, hi, wanted)
    }

    /// Where a value stands: 0 at the low end, 1 at the high one, outside of that when it is out of range. `None` for what
    /// cannot be shown.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        if !value.is_finite() || (self.log && value <= 0.0) {
            return None;
        }
        let place = match self.log {
            true => (value / self.lo).ln() / (self.hi / self.lo).ln(),
            false => (value - self.lo) / (self.hi - self.lo),
        };
        place.is_finite().then_some(place)
    }

    /// Label and unit: `cwnd, kB`.
    pub(crate) fn heading(&self, label: &str) -> String {
        match (label, self.unit) {
            (label, "") => label.into(),
            ("", unit) => unit.into(),
            (label, unit) => format!("{label}, {unit}"),
        }
    }
}

/// The smallest and the largest value that an axis can show.
pub(crate) fn extent(axis: &Axis, values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let shown = values.filter(|value| value.is_finite() && (!axis.log || *value > 0.0));
    shown.fold(None, |range, value| {
        let (lo, hi) = range.unwrap_or((value, value));
        Some((lo.min(value), hi.max(value)))
    })
}

/// A range that has a length and, on a logarithmic scale, lies above zero.
fn ordered(lo: f64, hi: f64, log: bool) -> (f64, f64) {
    let bound = |x: f64| if x.is_finite() { x.clamp(-MOST, MOST) } else { 0.0 };
    let (lo, hi) = (bound(lo).min(bound(hi)), bound(lo).max(bound(hi)));
    match log {
        true => {
            let hi = if hi > LEAST { hi } else { 1.0 };
            let lo = if lo > LEAST { lo } else { hi / 10.0 };
            if hi / lo < 1.01 { (lo / 2.0, hi * 2.0) } else { (lo, hi) }
        }
        false if hi - lo > hi.abs().max(lo.abs()).max(LEAST) * 1e-9 => (lo, hi),
        false => (lo, hi + hi.abs().max(1.0)),
    }
}

/// The unit in which values of this size are short, and how much of the base unit it is.
fn unit(quantity: Quantity, size: f64) -> (&'static str, f64) {
    let pick = |units: &[(&'static str, f64)]| {
        let fits = |unit: &&(&'static str, f64)| size >= unit.1 * 0.999_999;
        units.iter().rfind(fits).or(units.first()).copied().unwrap_or(("", 1.0))
    };
    match quantity {
        Quantity::Time => pick(&[("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0)]),
        Quantity::Bytes if size < BYTES_WRITTEN_OUT => ("bytes", 1.0),
        Quantity::Bytes => pick(&[("kB", 1e3), ("MB", 1e6), ("GB", 1e9)]),
        Quantity::Rate => pick(&[("bit/s", 1.0), ("kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9)]),
        Quantity::Share => ("%", 0.01),
        Quantity::Count(things) => (things, 1.0),
        Quantity::Number => ("", 1.0),
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(lo: f64, hi: f64, wanted: usize) -> Vec<(f64, String)> {
    let rough = (hi - lo) / wanted.max(1) as f64;
    let decade = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * decade).into_iter().find(|step| *step >= rough * 0.999);
    let Some(step) = step.filter(|step| step.is_normal()) else { return Vec::new() };
    let decimals = (-(step * 1.000_001).log10().floor()).clamp(0.0, 12.0) as usize;
    let (first, last) = ((lo / step - 1e-9).ceil(), (hi / step + 1e-9).floor());
    let count = (last - first).clamp(-1.0, MOST_TICKS) as i64;
    (0..=count).map(|n| (first + n as f64) * step).map(|value| (value, number(value, decimals))).collect()
}

/// Powers of ten; with 2 and 5 between them where there is room.
fn log_ticks(lo: f64, hi: f64, wanted: usize) -> Vec<(f64, String)> {
    let (first, last) = (lo.log10().floor() as i32, hi.log10().ceil() as i32);
    let decades = (hi / lo).log10();
    let digits: &[f64] = if decades * 3.0 <= wanted as f64 + 2.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let every = (decades / wanted.max(1) as f64).ceil().max(1.0) as i32;
    let powers = (first..=last).filter(|power| power.rem_euclid(every) == 0);
    let values = powers.flat_map(|power| digits.iter().map(move |digit| (power, digit * 10_f64.powi(power))));
    let shown = values.filter(|(_, value)| *value >= lo * 0.999 && *value <= hi * 1.001);
    shown.map(|(power, value)| (value, log_number(power, value))).collect()
}

fn log_number(power: i32, value: f64) -> String {
    match power {
        -4..6 => number(value, (-power).max(0) as usize),
        _ => format!("{value:.0e}"),
    }
}

/// A number with thin spaces between thousands, and a true minus.
fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let negative = value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut out = String::from(if negative { "-" } else { "" });
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && whole.len() > 4 && (whole.len() - n) % 3 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

/// Fewer bytes than these are not shown as kB.
const BYTES_WRITTEN_OUT: f64 = 1e4;
/// Values beyond these bounds are drawn at them.
const MOST: f64 = 1e30;
const LEAST: f64 = 1e-30;
const MOST_TICKS: f64 = 50.0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(scale: &Scale) -> Vec<&str> {
        scale.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_numbers_in_a_unit_that_fits() {
        let time = Scale::new(&Axis::new("time", Quantity::Time), 0.0, 0.0431, 5);
        assert_eq!((labels(&time), time.unit), (vec!["0", "10", "20", "30", "40"], "ms"));
        let bytes = Scale::new(&Axis::new("cwnd", Quantity::Bytes), 0.0, 72_400.0, 4);
        assert_eq!((labels(&bytes), bytes.unit), (vec!["0", "20", "40", "60"], "kB"));
        let small = Scale::new(&Axis::new("cwnd", Quantity::Bytes), 0.0, 7_300.0, 4);
        assert_eq!((labels(&small), small.unit), (vec!["0", "2000", "4000", "6000"], "bytes"));
        let rate = Scale::new(&Axis::new("", Quantity::Rate), 0.0, 9.4e6, 5);
        assert_eq!((labels(&rate), rate.heading("")), (vec!["0", "2", "4", "6", "8"], "Mbit/s".into()));
        let fine = Scale::new(&Axis::new("", Quantity::Number), -0.2, 0.3, 5);
        assert_eq!(labels(&fine), ["-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]);
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten() {
        let rto = Scale::new(&Axis::new("rto", Quantity::Time).log(), 0.02, 60.0, 5);
        assert_eq!(rto.unit, "s");
        assert_eq!(labels(&rto), ["0.1", "1", "10"]);
        let near = Scale::new(&Axis::new("loss", Quantity::Share).log(), 0.001, 0.05, 6);
        assert_eq!(labels(&near), ["0.1", "0.2", "0.5", "1", "2", "5"]);
        assert_eq!(rto.place(0.0), None);
        assert_eq!(rto.place(0.02), Some(0.0));
    }

    proptest! {
        #[test]
        fn any_range_gives_a_scale_of_few_ticks_in_order(lo: f64, hi: f64, log: bool, wanted in 0usize..20) {
            let mut axis = Axis::new("x", Quantity::Time);
            axis.log = log;
            let scale = Scale::new(&axis, lo, hi, wanted);
            prop_assert!(scale.ticks.len() <= 80, "{:?}", scale);
            prop_assert!(scale.ticks.windows(2).all(|pair| pair[0].0 <= pair[1].0));
            prop_assert!(scale.hi > scale.lo);
        }
    }
}
