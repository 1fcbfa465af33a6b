//! Mean, standard deviation, and the 95 % interval of the mean by Student's t.

/// A quantity over many runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Summary {
    /// How many runs have it.
    pub count: usize,
    /// Its mean; 0 of none.
    pub mean: f64,
    /// The standard deviation of a sample (n - 1); 0 of fewer than two.
    pub deviation: f64,
    /// Half the width of the interval in which the mean lies with 95 % confidence; 0 of fewer than two.
    pub half_width: f64,
}

impl Summary {
    /// Of these values.
    pub fn of(values: impl Iterator<Item = f64>) -> Summary {
        // Welford's way: no difference of large numbers.
        let (mut count, mut mean, mut squares) = (0_usize, 0.0, 0.0);
        for value in values {
            count += 1;
            let before = value - mean;
            mean += before / count as f64;
            squares += before * (value - mean);
        }
        if count < 2 {
            return Summary { count, mean, deviation: 0.0, half_width: 0.0 };
        }
        let deviation = (squares / (count - 1) as f64).sqrt();
        let half_width = student_t(count - 1) * deviation / (count as f64).sqrt();
        Summary { count, mean, deviation, half_width }
    }
}

/// The 97.5 % quantile of Student's t with so many degrees of freedom: from a table up to 30, then by the expansion of
/// Cornish and Fisher, which is exact to four digits there.
pub fn student_t(freedom: usize) -> f64 {
    if let Some(known) = freedom.checked_sub(1).and_then(|place| TABLE.get(place)) {
        return *known;
    }
    if freedom == 0 {
        return f64::INFINITY;
    }
    let (z, n) = (NORMAL, freedom as f64);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    z + first / n + second / (n * n)
}

/// The 97.5 % quantile of the normal distribution.
const NORMAL: f64 = 1.959_964;

/// For 1, 2, 3, … degrees of freedom.
const TABLE: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_t_is_that_of_the_books() {
        for (freedom, quantile) in [(1, 12.706), (19, 2.093), (30, 2.042), (40, 2.021), (60, 2.000), (120, 1.980)] {
            assert!((student_t(freedom) - quantile).abs() < 6e-4, "{freedom}: {}", student_t(freedom));
        }
        assert!((student_t(31) - 2.0395).abs() < 1e-3, "no step behind the table: {}", student_t(31));
        assert!(student_t(0).is_infinite() && (student_t(1_000_000) - 1.96).abs() < 1e-3);
    }

    #[test]
    fn a_sample_is_summed_up_as_by_hand() {
        let summary = Summary::of([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter());
        assert_eq!((summary.count, summary.mean), (8, 5.0));
        assert!((summary.deviation - 2.13809).abs() < 1e-5);
        assert!((summary.half_width - 2.365 * 2.13809 / 8_f64.sqrt()).abs() < 1e-4);
        assert_eq!(Summary::of([3.0].into_iter()).half_width, 0.0);
        assert_eq!(Summary::of(std::iter::empty()).count, 0);
        let far = Summary::of([1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0].into_iter());
        assert!((far.deviation - 1.0).abs() < 1e-6);
    }
}
