//! One station by example.

use base::PacketId;

use super::*;

fn us(us: u64) -> Instant {
    Instant::ZERO + Duration::from_micros(us)
}

fn station() -> (Mac, Rng) {
    let mut mac = Mac::new(Timing::ethernet(10_000_000));
    mac.on_frame(us(0), PacketBuf::from_vec(PacketId::NONE, vec![0; 60]));
    (mac, Rng::root(1))
}

#[test]
fn ten_megabit_has_the_times_that_are_taught() {
    let timing = Timing::ethernet(10_000_000);
    assert_eq!((timing.slot, timing.gap), (Duration::from_nanos(51_200), Duration::from_nanos(9_600)));
    assert_eq!(timing.frame(60), Duration::from_nanos(57_600), "64 bits in front and 512 bits of the shortest frame");
}

#[test]
fn a_station_waits_for_a_gap_after_the_medium_became_quiet() {
    let (mac, mut rng) = station();
    assert_eq!(mac.earliest(us(100), &mut rng), Some(us(100) + Duration::from_nanos(9_600)));
    assert_eq!(mac.earliest(Instant::ZERO, &mut rng), Some(Instant::ZERO + Duration::from_nanos(9_600)));
}

#[test]
fn a_collision_in_the_preamble_lets_it_end_and_jams_for_32_bits() {
    let (mut mac, _) = station();
    mac.on_start(us(10));
    let jam = mac.on_collision(us(11)).expect("it transmits");
    assert_eq!((jam.bits, jam.attempt, jam.late), (10, 1, false));
    assert_eq!(jam.until, us(10) + Duration::from_nanos(9_600), "64 + 32 bits after it began");
    assert_eq!(mac.on_collision(us(12)), None, "it knows already");
}

#[test]
fn the_range_of_the_back_off_doubles_ten_times_and_the_sixteenth_collision_is_the_last() {
    let (mut mac, mut rng) = station();
    let mut ranges = Vec::new();
    loop {
        mac.on_start(us(0));
        mac.on_collision(us(1));
        match mac.on_jam_end(us(10), &mut rng) {
            AfterJam::Backoff { slots, of } => {
                assert!(slots < of);
                ranges.push(of);
            }
            AfterJam::Excessive(_) => break,
            AfterJam::Late(_) => panic!("1 us is early"),
        }
    }
    assert_eq!(ranges, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024, 1024, 1024, 1024]);
    assert!(mac.has_room() && mac.counters().excessive == 1 && mac.counters().collisions == 16);
}

#[test]
fn a_late_collision_costs_the_frame() {
    let (mut mac, mut rng) = station();
    mac.on_start(us(0));
    assert!(mac.on_collision(us(52)).expect("it transmits").late);
    assert!(matches!(mac.on_jam_end(us(56), &mut rng), AfterJam::Late(_)));
    assert_eq!((mac.counters().late, mac.has_room()), (1, true));
}

#[test]
fn an_ideal_station_begins_in_each_slot_with_the_chance_of_one_in_so_many() {
    let timing = Timing { backoff: Backoff::Ideal(4), gap: Duration::ZERO, ..Timing::ethernet(10_000_000) };
    let mut mac = Mac::new(timing);
    mac.on_frame(us(0), PacketBuf::default());
    let mut rng = Rng::root(5);
    let draws = 20_000;
    let slots = |_| mac.earliest(us(0), &mut rng).map_or(0, |at| at.nanos() / 51_200);
    let at_once = (0..draws).map(slots).filter(|slots| *slots == 0).count();
    let share = at_once as f64 / f64::from(draws);
    assert!((share - 0.25).abs() < 0.01, "{share}");
}
