//! Formulas that are too long for an expression: what measured numbers are held against.

use super::value::Value;

/// The saturation throughput of 802.11 by Bianchi (JSAC 18(3), 2000), as a share of the rate: `stations`, the first window
/// W, how often it doubles m; how long payload, success and collision take, and a slot.
pub(super) fn bianchi<'a>(of: &[Value<'a>]) -> Result<Value<'a>, String> {
    let numbers: Option<Vec<f64>> = of.iter().map(measure).collect();
    let Some(&[n, window, stages, payload, success, collision, slot]) = numbers.as_deref() else {
        return Ok(Value::Absent);
    };
    let tau = attempt(n, window, stages);
    let idle = (1.0 - tau).powf(n);
    let alone = n * tau * (1.0 - tau).powf(n - 1.0);
    let spent = idle * slot + alone * success + (1.0 - idle - alone) * collision;
    Ok(Value::Number(alone * payload / spent))
}

/// The share of a line's time in which frames arrive for the first time, by the textbook (Stallings): the discipline, its
/// window W, a (the propagation in frame times), and the share p of frames lost. Acknowledgements are short and never lost, a
/// lost frame is sent again after 1 + 2a frame times.
pub(super) fn arq<'a>(of: &[Value<'a>]) -> Result<Value<'a>, String> {
    let numbers: Option<Vec<f64>> = of[1..].iter().map(measure).collect();
    let Some(&[window, a, p]) = numbers.as_deref() else { return Ok(Value::Absent) };
    let trip = 1.0 + 2.0 * a;
    let share = match &of[0] {
        Value::Text(name) => match (&**name, window >= trip) {
            ("stop-and-wait", _) => (1.0 - p) / trip,
            ("go-back-n", true) => (1.0 - p) / (1.0 + 2.0 * a * p),
            ("go-back-n", false) => window * (1.0 - p) / (trip * (1.0 - p + window * p)),
            ("selective-repeat", true) => 1.0 - p,
            ("selective-repeat", false) => window * (1.0 - p) / trip,
            (other, _) => return Err(format!("'{other}' is no discipline: stop-and-wait, go-back-n, selective-repeat")),
        },
        _ => return Ok(Value::Absent),
    };
    Ok(Value::Number(share))
}

/// The chance that a station begins in a slot: the root of Bianchi's two equations, by halving.
fn attempt(n: f64, window: f64, stages: f64) -> f64 {
    let wanted = |p: f64| {
        let mut terms = 0.0;
        for stage in 0..stages as u32 {
            terms += (2.0 * p).powi(stage as i32);
        }
        // 2 (1 - 2p) / ((1 - 2p) (W + 1) + p W (1 - (2p)^m)), divided by 1 - 2p so that p = 1/2 has a value.
        2.0 / (window + 1.0 + p * window * terms)
    };
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..100 {
        let tau = (low + high) / 2.0;
        let p = 1.0 - (1.0 - tau).powf(n - 1.0);
        if wanted(p) > tau { low = tau } else { high = tau }
    }
    (low + high) / 2.0
}

/// A number, or a time in nanoseconds.
fn measure(value: &Value<'_>) -> Option<f64> {
    value.number()
}

#[cfg(test)]
mod tests {
    use base::Duration;

    use super::*;

    #[test]
    fn bianchis_numbers_are_those_of_his_formula() {
        let known = [(5.0, 0.04816), (10.0, 0.03869), (20.0, 0.02911), (50.0, 0.01900)];
        for (n, tau) in known {
            assert!((attempt(n, 32.0, 3.0) - tau).abs() < 1e-5, "{n}");
        }
        let us = |us: u64| Value::from(Duration::from_micros(us));
        let of = [5.0, 32.0, 3.0].map(Value::Number);
        let all: Vec<Value<'_>> = of.into_iter().chain([us(8184), us(8982), us(8713), us(50)]).collect();
        let share = bianchi(&all).unwrap().number().unwrap();
        assert!((share - 0.8097).abs() < 1e-4, "{share}");
    }
}
