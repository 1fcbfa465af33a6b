//! Random losses and damage in both directions, both ends sending: exactly what was sent arrives, in order.

use base::{Duration, Rng};
use glassnet_link::hdlc::framing::{damage, line_bits};
use glassnet_link::hdlc::{Config, Discipline, Framing};
use wire::PacketBuf;
use wire::fcs::crc16;

use crate::line::{A, B, Fate, LIMIT, Line, ax25, llc_8023, ms};

/// Windows, timers and a framing that the rules allow.
fn any_config(discipline: Discipline, rng: &mut Rng) -> Config {
    let framing = [ax25(A), Framing::Llc, llc_8023(A)][rng.below(3) as usize];
    let bits = 2 + rng.below(u64::from(framing.number_bits()) - 1) as u8;
    let numbers = 1u64 << bits;
    let (window, receive_window) = match discipline {
        Discipline::StopAndWait => (1, 1),
        Discipline::GoBackN => (1 + rng.below(numbers - 1), 1),
        Discipline::SelectiveRepeat => {
            let receive_window = 2 + rng.below(numbers / 2 - 1);
            (receive_window + rng.below(numbers - 2 * receive_window + 1), receive_window)
        }
    };
    Config {
        bits: if discipline == Discipline::StopAndWait { 1 } else { bits },
        window: window as u16,
        receive_window: receive_window as u16,
        timer: ms(30 + rng.below(170)),
        ack_delay: ms(rng.below(3) * 5),
        retries: 1000,
        reject: rng.chance(0.7),
        early_resend: rng.below(5) as u8,
        ..Config::new(discipline, framing)
    }
}

fn any_messages(rng: &mut Rng) -> Vec<Vec<u8>> {
    let message = |rng: &mut Rng| {
        let mut bytes = vec![0; rng.below(200) as usize];
        rng.fill(&mut bytes);
        bytes
    };
    (0..10 + rng.below(40)).map(|_| message(rng)).collect()
}

/// A burst of at most 16 bits.
fn any_burst(rng: &mut Rng) -> u16 {
    let width = 1 + rng.below(16) as u32;
    (rng.next_u32() as u16 & (u16::MAX >> (16 - width))) | 1
}

/// A burst in the frame and its check sequence, before zeros are stuffed: FCS-16 is proven to detect all of them.
fn hit_before_stuffing(rng: &mut Rng, frame: &PacketBuf) -> Fate {
    let mut bytes = frame.contiguous();
    bytes.extend(crc16(&bytes).to_le_bytes());
    let (first, pattern) = (rng.below(8 * bytes.len() as u64) as usize, any_burst(rng));
    for bit in (0..16).filter(|bit| pattern >> bit & 1 == 1) {
        if let Some(byte) = bytes.get_mut((first + bit) / 8) {
            *byte ^= 1 << ((first + bit) % 8);
        }
    }
    let (frame, check) = bytes.split_last_chunk().expect("a check sequence was appended");
    assert_ne!(crc16(frame), u16::from_le_bytes(*check), "a burst of 16 bits is always detected");
    Fate::Damage
}

/// Runs one seed. `hit` says what damage does.
fn storm(
    discipline: Discipline,
    seed: u64,
    hit: impl Fn(&mut Rng, &PacketBuf) -> Fate + 'static,
) -> (Line, [Vec<Vec<u8>>; 2]) {
    let root = Rng::root(seed).split(discipline.name());
    let mut rng = root.split("configuration");
    let (loss, damage) = (0.3 * rng.unit(), 0.2 * rng.unit());
    let mut faults = root.split("faults");
    let mut line = Line::new(any_config(discipline, &mut rng)).rule(move |_, _, _, frame| {
        match (faults.chance(loss), faults.chance(damage)) {
            (true, _) => Fate::Lose,
            (false, true) => hit(&mut faults, frame),
            (false, false) => Fate::Pass,
        }
    });
    let messages = [any_messages(&mut rng), any_messages(&mut rng)];
    line.send(A, messages[A].clone());
    line.send(B, messages[B].clone());
    for _ in 0..rng.below(4) {
        // A layer above that stops reading for a while.
        let (end, wait) = (rng.below(2) as usize, rng.below(300));
        line.run(ms(wait));
        line.with(end, |station, _| station.set_busy(true));
        line.run(Duration::from_millis(wait));
        line.with(end, |station, _| station.set_busy(false));
    }
    assert!(line.run(LIMIT), "{} seed {seed} does not end: {:?}", discipline.name(), line.stations[A].config());
    (line, messages)
}

fn exactly_what_was_sent_arrives(discipline: Discipline) {
    let mut resent = 0;
    for seed in 0..500 {
        let (line, messages) = storm(discipline, seed, hit_before_stuffing);
        let config = line.stations[A].config();
        assert!(
            line.got[B] == messages[A] && line.got[A] == messages[B],
            "{} seed {seed}: {config:?}",
            discipline.name()
        );
        for end in [A, B] {
            let now = line.stations[end].snapshot();
            assert_eq!(
                (now.outstanding, now.waiting, now.held, now.counters.frame_rejects),
                (0, 0, 0, 0),
                "seed {seed}"
            );
            assert_eq!(now.counters.acknowledged, messages[end].len() as u64, "seed {seed}");
            resent += now.counters.resent;
        }
    }
    assert!(resent > 5_000, "{resent} frames were sent again: no storm");
}

#[test]
fn stop_and_wait_delivers_exactly_what_was_sent() {
    exactly_what_was_sent_arrives(Discipline::StopAndWait);
}

#[test]
fn go_back_n_delivers_exactly_what_was_sent() {
    exactly_what_was_sent_arrives(Discipline::GoBackN);
}

#[test]
fn selective_repeat_delivers_exactly_what_was_sent() {
    exactly_what_was_sent_arrives(Discipline::SelectiveRepeat);
}

/// Here the bits are hit as they are on the line, flags and stuffed zeros too. About one hit in 2^16 then leaves a
/// frame with a right check sequence that nobody sent, and no protocol above FCS-16 can know: such a seed may deliver
/// anything. They are counted by comparing with what was sent, and must stay rare.
#[test]
fn damage_on_the_line_itself_delivers_what_was_sent_unless_it_forges_a_check_sequence() {
    let forged = std::rc::Rc::new(std::cell::Cell::new(0));
    for seed in 0..120 {
        let discipline = [Discipline::StopAndWait, Discipline::GoBackN, Discipline::SelectiveRepeat][seed as usize % 3];
        let (before, count) = (forged.get(), forged.clone());
        let (line, messages) = storm(discipline, seed, move |rng, frame| {
            let found = damage(frame.parts(), rng.below(line_bits(frame.parts())), any_burst(rng)).frames;
            let false_frames = found.iter().filter(|bytes| **bytes != frame.contiguous()).count();
            count.set(count.get() + false_frames);
            Fate::Hit(found)
        });
        let right = line.got[B] == messages[A] && line.got[A] == messages[B];
        assert!(right || forged.get() > before, "{} seed {seed}", discipline.name());
    }
    assert!(forged.get() <= 2, "{} forged frames", forged.get());
}
