//! One station by example.

use super::*;

fn us(us: u64) -> Instant {
    Instant::ZERO + Duration::from_micros(us)
}

const ME: Address = Address::local(1);
const PEER: Address = Address::local(2);
const OTHER: Address = Address::local(3);

fn station() -> Mac {
    Mac::new(Timing::bianchi(), ME, Rng::root(1).split("station"))
}

fn heard(kind: Kind, to: Address, from: Address, reserves_us: u64) -> Heard {
    Heard { kind, to, from, reserves: Duration::from_micros(reserves_us), sequence: 1, again: false }
}

/// Sends what is due; when its transmission ends.
fn send(mac: &mut Mac) -> (Kind, Instant) {
    let at = mac.due();
    let start = mac.on_time(at).expect("it is due");
    mac.on_sent(at + start.air);
    (start.kind, at + start.air)
}

#[test]
fn a_station_that_finds_the_medium_idle_begins_at_once() {
    let mut mac = station();
    mac.on_frame(us(1000), PEER, 100);
    assert_eq!(mac.due(), us(1000));
    assert_eq!(send(&mut mac), (Kind::Data, us(1000 + 128 + 800)));
}

#[test]
fn a_station_that_comes_while_the_medium_is_busy_draws_slots() {
    let mut mac = station();
    mac.on_busy(us(1000));
    mac.on_frame(us(1100), PEER, 100);
    assert_eq!(mac.due(), Instant::FAR);
    mac.on_heard(us(2000), Some(&heard(Kind::Ack, OTHER, Address::default(), 0)));
    mac.on_idle(us(2000));
    let slots = mac.slots;
    assert_eq!(mac.due(), us(2000 + 128 + 50 * u64::from(slots)));
}

#[test]
fn the_counter_stands_still_while_the_medium_is_busy() {
    let mut mac = Mac::new(Timing { counting: Counting::Freeze, ..Timing::bianchi() }, ME, Rng::root(1));
    mac.on_frame(us(0), PEER, 100);
    mac.slots = 10;
    mac.on_busy(us(128 + 4 * 50 + 1));
    assert_eq!(mac.slots, 6);
    mac.on_idle(us(5000));
    mac.on_busy(us(5028));
    assert_eq!(mac.slots, 6, "an ACK after a SIFS leaves no idle slot");
    mac.on_idle(us(6000));
    assert_eq!(mac.due(), us(6000 + 128 + 300));
}

#[test]
fn in_bianchis_chain_a_busy_time_counts_as_one_slot() {
    let mut mac = station();
    mac.on_frame(us(0), PEER, 100);
    mac.slots = 10;
    mac.on_busy(us(128 + 4 * 50 + 1));
    assert_eq!(mac.slots, 5);
}

#[test]
fn an_acknowledgement_ends_it_and_silence_doubles_the_window() {
    let mut mac = station();
    mac.on_frame(us(1000), PEER, 100);
    let (_, end) = send(&mut mac);
    mac.on_time(mac.due());
    assert_eq!((mac.window, mac.poll_outcome(), mac.counters().unanswered), (64, None, 1));
    let (_, again) = send(&mut mac);
    assert!(again > end);
    mac.on_busy(again + Duration::from_micros(30));
    mac.on_heard(again + Duration::from_micros(270), Some(&heard(Kind::Ack, ME, Address::default(), 0)));
    mac.on_idle(again + Duration::from_micros(270));
    assert_eq!((mac.poll_outcome(), mac.window, mac.counters().sent), (Some(Outcome::Sent), 32, 1));
}

#[test]
fn an_answer_that_began_in_time_is_waited_for() {
    let mut mac = station();
    mac.on_frame(us(1000), PEER, 100);
    let (_, end) = send(&mut mac);
    mac.on_busy(end + Duration::from_micros(30));
    mac.on_time(mac.due());
    assert_eq!(mac.counters().unanswered, 0);
    mac.on_heard(end + Duration::from_micros(270), None);
    mac.on_idle(end + Duration::from_micros(270));
    assert_eq!(mac.counters().unanswered, 1, "what came was not readable");
}

#[test]
fn after_seven_transmissions_without_an_answer_a_frame_is_given_up() {
    let mut mac = Mac::new(Timing::b(), ME, Rng::root(1));
    mac.on_frame(us(1000), PEER, 100);
    let mut sent = 0;
    while mac.poll_outcome().is_none() {
        sent += u64::from(mac.on_time(mac.due()).is_some_and(|start| {
            let end = mac.due().min(us(1_000_000)) + start.air;
            mac.on_sent(end);
            true
        }));
        assert!(sent <= 7);
    }
    assert_eq!((sent, mac.counters().given_up), (7, 1));
}

#[test]
fn data_is_acknowledged_after_a_sifs_and_goes_up_once() {
    let mut mac = station();
    let data = heard(Kind::Data, ME, PEER, 268);
    assert_eq!(mac.on_heard(us(1000), Some(&data)), Taken { deliver: true, duplicate: false });
    assert_eq!(mac.due(), us(1028));
    assert_eq!(send(&mut mac).0, Kind::Ack);
    let again = Heard { again: true, ..data };
    assert_eq!(mac.on_heard(us(9000), Some(&again)), Taken { deliver: false, duplicate: true });
    assert_eq!(send(&mut mac).0, Kind::Ack, "the first acknowledgement was lost");
}

#[test]
fn long_frames_are_announced_and_the_answer_lets_them_go() {
    let mut mac = Mac::new(Timing { rts_threshold: 50, ..Timing::bianchi() }, ME, Rng::root(1));
    mac.on_frame(us(1000), PEER, 100);
    let (kind, end) = send(&mut mac);
    assert_eq!(kind, Kind::Rts);
    let cts = end + Duration::from_micros(30 + 240);
    mac.on_busy(end + Duration::from_micros(30));
    mac.on_heard(cts, Some(&heard(Kind::Cts, ME, Address::default(), 1000)));
    mac.on_idle(cts);
    assert_eq!(mac.due(), cts + Duration::from_micros(28));
    assert_eq!(send(&mut mac).0, Kind::Data);
}

#[test]
fn a_station_that_hears_a_reservation_keeps_silent_and_answers_no_rts() {
    let mut mac = station();
    mac.on_frame(us(1000), PEER, 100);
    mac.on_busy(us(900));
    mac.on_heard(us(1200), Some(&heard(Kind::Cts, OTHER, Address::default(), 5000)));
    mac.on_idle(us(1200));
    assert!(mac.due() >= us(6200 + 128));
    mac.on_heard(us(2000), Some(&heard(Kind::Rts, ME, PEER, 3000)));
    assert_eq!(mac.answer, None);
}

#[test]
fn after_a_frame_that_it_cannot_read_a_station_waits_longer() {
    let mut mac = Mac::new(Timing::b(), ME, Rng::root(1));
    mac.on_busy(us(1000));
    mac.on_heard(us(2000), None);
    mac.on_idle(us(2000));
    mac.on_frame(us(2000), PEER, 100);
    mac.slots = 0;
    assert_eq!(mac.due(), us(2000) + Timing::b().eifs);
    assert!(Timing::b().eifs > Timing::b().difs * 5);
}
