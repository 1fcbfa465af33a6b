//! Cables, faults and switches between small nodes.

mod common;

use base::{Blind, LinkType, NodeId, PacketId, Port, Rng, Sink};
use base::{Cx, Duration, Instant, Mac};
use common::*;
use glassnet_sim::rule::{Blackout, Corrupt, CorruptUndetected, Duplicate, Jitter, Loss, Nth, Reorder, guarded};
use glassnet_sim::{Cable, LinkId, Rule, Verdict, World};
use proptest::prelude::*;
use stack::Node;

const P0: Port = Port(0);

/// A source of ten frames of 1250 bytes and a meter, 10 Mbit/s and 5 ms apart.
fn pair(seed: u64, sink: Box<dyn Sink>) -> (World, LinkId, Meter) {
    let mut world = World::new(seed, epoch(), sink);
    let meter = Meter::default();
    let a = add(&mut world, "a", Source::new(2, 1, 1250, 10), 1);
    let b = add(&mut world, "b", meter.clone(), 1);
    let link = world.connect((a, P0), (b, P0), Cable::new(10_000_000, Duration::from_millis(5)));
    (world, link, meter)
}

#[test]
fn frames_follow_each_other_at_the_rate_and_arrive_after_the_delay() {
    let (mut world, _, meter) = pair(1, Box::new(Blind));
    assert!(world.run_until_idle(LONG));
    assert_eq!(meter.times(), (1..=10).map(|n| at_us(n * 1000 + 5000)).collect::<Vec<_>>());
    assert_eq!(world.now(), at_us(15_000));
}

#[test]
fn the_framing_of_ethernet_takes_time_too() {
    let mut world = World::new(1, epoch(), Box::new(Blind));
    let meter = Meter::default();
    let a = add(&mut world, "a", Source::new(2, 1, 1514, 1), 1);
    let b = add(&mut world, "b", meter.clone(), 1);
    world.connect((a, P0), (b, P0), Cable::ethernet(1_000_000_000, Duration::ZERO));
    world.run_until_idle(LONG);
    assert_eq!(meter.times(), [Instant::from_nanos(1538 * 8)]);
}

#[test]
fn time_stops_at_the_limit_and_goes_on_later() {
    let (mut world, _, meter) = pair(1, Box::new(Blind));
    world.run_until(at_us(8_500));
    assert_eq!((world.now(), meter.len()), (at_us(8_500), 3));
    assert!(!world.run_until_idle(at_us(9_500)));
    assert_eq!((world.now(), meter.len()), (at_us(9_500), 4));
    while world.step() {}
    assert_eq!((world.now(), meter.len()), (at_us(15_000), 10));
}

#[test]
fn a_lost_frame_is_told_and_the_others_keep_their_time() {
    let log = Log::default();
    let (mut world, link, meter) = pair(1, Box::new(log.clone()));
    world.rule(link.forth(), Box::new(Nth::new([3], Verdict::Drop)));
    world.run_until_idle(LONG);
    assert_eq!(meter.len(), 9);
    assert!(!meter.times().contains(&at_us(8_000)));
    assert_eq!(log.count("2000000 event 0 PacketId(1099511627779) Drop(Link(Lost))"), 1, "{:#?}", log.lines());
}

#[test]
fn a_damaged_frame_is_dropped_by_the_receiver_when_it_arrives() {
    let log = Log::default();
    let (mut world, link, meter) = pair(1, Box::new(log.clone()));
    world.rule(link, Box::new(Corrupt(1.0)));
    world.run_until_idle(LONG);
    assert_eq!((meter.len(), log.count(" in 1.0"), log.count("Drop(Link(Damaged))")), (0, 0, 10));
    assert_eq!(log.count("6000000 event 1 "), 1);
}

#[test]
fn an_undetected_error_flips_one_bit() {
    let (mut world, link, meter) = pair(1, Box::new(Blind));
    world.rule(link, Box::new(CorruptUndetected(1.0)));
    world.run_until_idle(LONG);
    let intact = frame(PacketId::NONE, Mac::local(2), Mac::local(1), 1250).contiguous();
    let seen = meter.0.lock().unwrap();
    assert_eq!(seen.len(), 10);
    for (_, bytes) in seen.iter() {
        let wrong: u32 = bytes.iter().zip(&intact).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert_eq!((bytes.len(), wrong), (1250, 1));
    }
}

#[test]
fn a_duplicate_arrives_right_behind() {
    let (mut world, link, meter) = pair(1, Box::new(Blind));
    world.rule(link, Box::new(Duplicate(1.0)));
    world.run_until_idle(LONG);
    assert_eq!(meter.times(), (2..=21).map(|n| at_us(n / 2 * 1000 + 5000)).collect::<Vec<_>>());
}

#[test]
fn a_frame_held_back_is_overtaken() {
    let (mut world, link, meter) = pair(1, Box::new(Blind));
    world.rule(link, Box::new(Nth::new([1], Verdict::Delay(us(2_500)))));
    world.run_until_idle(LONG);
    assert_eq!(meter.times()[..4], [at_us(7_000), at_us(8_000), at_us(8_500), at_us(9_000)]);
}

#[test]
fn a_lifted_rule_and_a_dropped_guard_do_nothing() {
    let (mut world, link, meter) = pair(1, Box::new(Blind));
    let id = world.rule(link, Box::new(Loss(1.0)));
    assert!(world.lift(id) && !world.lift(id));
    let (rule, guard) = guarded(Loss(1.0));
    world.rule(link, Box::new(rule));
    world.run_until(at_us(2_500));
    drop(guard);
    world.run_until_idle(LONG);
    assert_eq!(meter.len(), 7);
}

#[test]
fn a_blackout_loses_what_is_sent_in_it() {
    let (mut world, link, meter) = pair(1, Box::new(Blind));
    world.rule(link, Box::new(Blackout { from: at_us(2_000), until: at_us(5_000) }));
    world.run_until_idle(LONG);
    assert_eq!(meter.len(), 7);
}

#[test]
fn a_pulled_cable_loses_what_is_in_flight_and_what_is_sent_later() {
    let log = Log::default();
    let (mut world, link, meter) = pair(1, Box::new(log.clone()));
    world.rule(link, Box::new(Nth::new([2], Verdict::Delay(us(9_000)))));
    world.run_until(at_us(3_500));
    world.set_link(link, false);
    world.run_until(at_us(6_500));
    world.set_link(link, true);
    assert!(world.run_until_idle(LONG));
    assert_eq!((meter.len(), log.count("Drop(Link(NoCarrier))")), (0, 10));
}

#[test]
fn a_port_without_cable_has_no_carrier() {
    let log = Log::default();
    let mut world = World::new(1, epoch(), Box::new(log.clone()));
    add(&mut world, "a", Source::new(2, 1, 100, 3), 1);
    assert!(world.run_until_idle(LONG));
    assert_eq!(log.count("Drop(Link(NoCarrier))"), 3);
}

#[test]
fn a_node_that_is_off_neither_receives_nor_sends() {
    let (mut world, _, meter) = pair(1, Box::new(Blind));
    world.run_until(at_us(7_500));
    world.power_off(NodeId(1));
    world.run_until(at_us(8_500));
    world.power_off(NodeId(0));
    assert!(world.run_until_idle(LONG));
    assert_eq!(meter.len(), 2);
}

#[test]
fn a_slower_cable_takes_effect_with_the_next_frame() {
    let (mut world, link, meter) = pair(1, Box::new(Blind));
    world.run_until(at_us(500));
    world.set_cable(link.forth(), Cable::new(1_000_000, Duration::ZERO));
    world.run_until_idle(LONG);
    assert_eq!(meter.times()[..2], [at_us(6_000), at_us(11_000)]);
    assert_eq!(meter.len(), 10);
}

#[test]
fn frames_cross_a_switch_and_come_back() {
    let log = Log::default();
    let mut world = World::new(1, epoch(), Box::new(log.clone()));
    let a = add(&mut world, "a", Source::new(2, 1, 125, 2).bursts(3, Duration::from_millis(50)), 1);
    let echo = add(&mut world, "echo", Echo::new(1), 1);
    let other = add(&mut world, "other", Meter::default(), 1);
    let switch = world.add_switch("switch", 8);
    for (port, node) in [(0, a), (3, echo), (7, other)] {
        world.connect((node, P0), (switch, Port(port)), Cable::new(1_000_000, us(10)));
    }
    assert!(world.run_until_idle(LONG));
    assert_eq!((log.count(" in 0.0"), log.count(" in 2.0")), (6, 2));
    let counters = world.switch_counters(switch);
    assert_eq!((counters.flooded, counters.forwarded), (2, 10));
    assert_eq!(log.count("nic 3."), 8);
}

#[test]
fn explain_says_what_a_node_waits_for() {
    let mut world = World::new(1, epoch(), Box::new(Blind));
    let a = add(&mut world, "a", Source::new(2, 1, 100, 1).bursts(2, Duration::from_secs(7)), 1);
    world.run_until(at_us(1));
    let waits = world.explain();
    assert_eq!((waits.len(), waits[0].0.as_str(), waits[0].1.at), (1, "a", Instant::from_nanos(7_000_000_000)));
    assert_eq!((world.node("a"), world.node("b")), (Some(a), None));
}

/// A world in a world: frames of the outer source are echoed by a node behind a switch of the inner world.
#[test]
fn a_world_with_open_ports_is_a_node() {
    let mut inner = World::new(2, epoch(), Box::new(Blind));
    let echo = add(&mut inner, "echo", Echo::new(1), 1);
    let switch = inner.add_switch("switch", 2);
    inner.connect((echo, P0), (switch, Port(1)), Cable::new(0, us(100)));
    assert_eq!(inner.open(switch, P0), P0);

    let log = Log::default();
    let mut world = World::new(1, epoch(), Box::new(log.clone()));
    let a = add(&mut world, "a", Source::new(2, 1, 125, 2), 1);
    let nested = world.add_node("inner", Box::new(inner), &[("open", LinkType::Ethernet, None)]);
    world.connect((a, P0), (nested, P0), Cable::new(1_000_000, us(10)));
    assert!(world.run_until_idle(LONG));
    let arrivals: Vec<String> = log.lines().into_iter().filter(|line| line.contains(" in 0.0")).collect();
    let times: Vec<&str> = arrivals.iter().map(|line| line.split(' ').next().unwrap()).collect();
    // 1 ms on the outer cable, 10 us; 200 us inside; 1 ms and 10 us back.
    assert_eq!(times, ["2220000", "3220000"]);
}

#[test]
fn a_world_catches_up_when_its_driver_is_late() {
    let (mut world, _, meter) = pair(1, Box::new(Blind));
    let (mut rng, mut blind) = (Rng::root(0), Blind);
    let wake = world.poll_at().expect("the source has a deadline");
    assert_eq!(wake.at, Instant::ZERO);
    let mut cx = Cx { now: at_us(60_000), node: NodeId(0), rng: &mut rng, sink: &mut blind };
    Node::on_timer(&mut world, &mut cx);
    assert_eq!((meter.len(), meter.times()[0], world.poll_at()), (10, at_us(6_000), None));
}

fn run(seed: u64, rules: Vec<Box<dyn Rule>>) -> Vec<String> {
    let log = Log::default();
    let mut world = World::new(seed, epoch(), Box::new(log.clone()));
    let switch = world.add_switch("switch", 3);
    let a = add(&mut world, "a", Source::new(2, 1, 300, 20).bursts(5, Duration::from_millis(3)), 1);
    let b = add(&mut world, "b", Source::new(1, 2, 200, 10).bursts(9, Duration::from_millis(2)), 1);
    let echo = add(&mut world, "echo", Echo::new(1), 1);
    let links: Vec<LinkId> = [a, b, echo]
        .iter()
        .zip(0..)
        .map(|(node, port)| world.connect((*node, P0), (switch, Port(port)), Cable::new(1_000_000, us(700))))
        .collect();
    for (rule, link) in rules.into_iter().zip(links.iter().cycle()) {
        world.rule(*link, rule);
    }
    assert!(world.run_until_idle(LONG));
    log.lines()
}

fn faults() -> Vec<Box<dyn Rule>> {
    let reorder = Reorder { p: 0.1, by: us(900) };
    vec![
        Box::new(Loss(0.1)),
        Box::new(Jitter(us(500))),
        Box::new(Duplicate(0.1)),
        Box::new(reorder),
        Box::new(Corrupt(0.1)),
        Box::new(CorruptUndetected(0.2)),
    ]
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    assert_eq!(run(7, faults()), run(7, faults()));
    assert_ne!(run(7, faults()), run(8, faults()));
    assert_eq!(run(7, vec![]), run(8, vec![]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Whatever faults there are: each frame that was sent arrives or its end is told, and times never go back.
    #[test]
    fn no_frame_ends_in_silence(seed in any::<u64>(), loss in 0.0..0.5, twice in 0.0..0.5, jitter in 0u64..3000) {
        let rules: Vec<Box<dyn Rule>> = vec![
            Box::new(Loss(loss)), Box::new(Duplicate(twice)), Box::new(Jitter(us(jitter))), Box::new(Corrupt(loss)),
        ];
        let lines = run(seed, rules);
        let count = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
        let times: Vec<u64> =
            lines.iter().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
        prop_assert!(times.is_sorted());
        prop_assert!(count(" out ") <= count(" in ") + count("Drop(Link("));
    }
}
