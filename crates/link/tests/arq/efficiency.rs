//! Efficiency against theory, at a = 5: the way there takes five frames' time (known answers E1 and E2).

use base::{Duration, Rng};
use glassnet_link::hdlc::{Config, Discipline, Framing};

use crate::line::{A, B, Fate, LIMIT, Line, messages};

/// Frames delivered per frame's time, when each information frame is lost with probability `p` and nothing else is.
fn efficiency(discipline: Discipline, window: u16, p: f64) -> f64 {
    let receive_window = if discipline == Discipline::SelectiveRepeat { window } else { 1 };
    let config = Config {
        bits: 7,
        window,
        receive_window,
        retries: 1000,
        timer: FRAME * 10 + FRAME / 10,
        ..Config::new(discipline, Framing::Llc)
    };
    let mut rng = Rng::root(5).split("losses");
    let mut line = Line::new(config).delay(FRAME * 5).rule(move |from, text, _, _| {
        if from == A && text.starts_with('I') && rng.chance(p) { Fate::Lose } else { Fate::Pass }
    });
    line.send(A, messages(FRAMES, 1250 - 8));
    line.run(LIMIT);
    assert_eq!(line.got[B].len(), FRAMES);
    let time = line.now.secs_f64() - 11.0 * FRAME.secs_f64();
    FRAMES as f64 * FRAME.secs_f64() / time
}

fn near(measured: f64, theory: f64, tolerance: f64, what: &str) {
    assert!((measured / theory - 1.0).abs() < tolerance, "{what}: measured {measured:.4}, theory {theory:.4}");
}

#[test]
fn stop_and_wait_reaches_its_utilisation() {
    for p in [0.0, 0.01, 0.1] {
        near(efficiency(Discipline::StopAndWait, 1, p), (1.0 - p) / (1.0 + 2.0 * A_RATIO), 0.015, "stop-and-wait");
    }
}

/// Stuffed zeros and acknowledgements take 2 % of a line without losses: the theory has neither.
#[test]
fn go_back_n_and_selective_repeat_reach_theirs() {
    let whole = efficiency(Discipline::GoBackN, 12, 0.0);
    assert!(whole > 0.98, "{whole}");
    let relative = |discipline, window, p| efficiency(discipline, window, p) / whole;
    for (p, narrow, wide) in [(0.001, 0.988, 0.9988), (0.01, 0.907, 0.9897), (0.1, 0.607, 0.8947)] {
        let go_back_n = (1.0 - p) / (1.0 + 2.0 * A_RATIO * p);
        near(relative(Discipline::GoBackN, 12, p), go_back_n, 0.02, "go-back-N");
        near(relative(Discipline::SelectiveRepeat, 11, p), narrow, 0.02, "selective repeat, W = 11");
        near(relative(Discipline::SelectiveRepeat, 32, p), wide, 0.04, "selective repeat, W = 32");
    }
    near(relative(Discipline::GoBackN, 7, 0.1), 0.381, 0.03, "go-back-N with a window that does not fill the line");
}

/// a: the time to the other end in times of a frame.
const A_RATIO: f64 = 5.0;
const FRAMES: usize = 4000;
const FRAME: Duration = Duration::from_millis(10);
