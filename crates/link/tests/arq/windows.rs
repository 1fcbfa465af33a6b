//! What the rules of the windows are for: with one frame more, the receiver takes an old frame for a new one.

use glassnet_link::hdlc::{Config, Discipline};

use crate::line::{A, B, Fate, LIMIT, Line, config, messages, ms};

/// A sends 16 messages; every acknowledgement of the first window is lost.
fn deliver(config: Config) -> Vec<Vec<u8>> {
    let window = usize::from(config.window);
    let mut seen = 0;
    let mut line = Line::new(config).rule(move |from, text, _, _| {
        if from != B || !text.starts_with("RR") {
            return Fate::Pass;
        }
        seen += 1;
        if seen <= window { Fate::Lose } else { Fate::Pass }
    });
    line.send(A, messages(16, 100));
    assert!(line.run(LIMIT));
    std::mem::take(&mut line.got[B])
}

#[test]
fn go_back_n_with_a_window_of_2_to_the_n_delivers_wrong_bytes() {
    let safe = Config { window: 7, ..config(Discipline::GoBackN) };
    assert_eq!(deliver(safe), messages(16, 100));
    let wrong = deliver(Config { window: 8, unsafe_window: true, ..safe });
    let sent = messages(16, 100);
    assert_eq!(wrong[..8], sent[..8]);
    assert_eq!(wrong[8..16], sent[..8], "old 0 to 7, taken for new 0 to 7");
    assert_eq!(wrong[16..], sent[8..]);
}

/// The same on the smallest scale, and the reason why an acknowledged frame needs a number at all.
#[test]
fn with_one_bit_a_window_of_two_is_already_too_large() {
    let two = Config { bits: 1, window: 2, unsafe_window: true, ..config(Discipline::GoBackN) };
    let wrong = deliver(two);
    assert_eq!(wrong[2..4], messages(16, 100)[..2]);
}

/// A window of 2^n works as long as no acknowledgement is lost: each moves the window by one number.
#[test]
fn without_losses_a_window_of_2_to_the_n_does_no_harm() {
    let mut line = Line::new(Config { window: 8, unsafe_window: true, ..config(Discipline::GoBackN) });
    line.send(A, messages(30, 100));
    assert!(line.run(LIMIT));
    assert_eq!(line.got[B], messages(30, 100));
}

#[test]
fn selective_repeat_with_windows_above_2_to_the_n_delivers_wrong_bytes() {
    for reject in [true, false] {
        let safe = Config { reject, ..config(Discipline::SelectiveRepeat) };
        assert_eq!(deliver(safe), messages(16, 100));
        let wrong = deliver(Config { window: 5, receive_window: 5, unsafe_window: true, ..safe });
        let sent = messages(16, 100);
        assert_eq!(wrong[..8], sent[..8]);
        assert_eq!(wrong[8], sent[0], "old 0, held as the new 0 (reject: {reject})");
        assert_ne!(wrong, sent);
    }
}

#[test]
fn windows_of_every_safe_size_deliver_the_right_bytes() {
    for window in 1..8 {
        assert_eq!(deliver(Config { window, ..config(Discipline::GoBackN) }), messages(16, 100), "go-back-N {window}");
    }
    for (window, receive_window) in [(2, 2), (3, 2), (4, 2), (4, 3), (5, 2), (5, 3), (6, 2), (4, 4)] {
        let config = Config { window, receive_window, timer: ms(50), ..config(Discipline::SelectiveRepeat) };
        assert_eq!(deliver(config), messages(16, 100), "selective repeat {window} {receive_window}");
    }
}
