//! Worlds of bridges: the spanning tree finds its way around a cut cable, and a loop without it is a storm.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base::event::{BridgeFact, LinkFact};
use base::{Direction, Duration, Event, Fact, FrameSeen, Instant, Kind, Mac, Nic, NicInfo, NodeId, Port, Sink};
use glassnet_sim::{Cable, LinkId, Rstp, SwitchConfig, World};

/// Keeps events, and counts frames that are no BPDUs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<(Vec<Event>, usize)>>);

impl Sink for Log {
    fn wants(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Network | Kind::Frame)
    }
    fn nic(&mut self, _: Nic, _: NicInfo) {}
    fn frame(&mut self, frame: FrameSeen<'_>) {
        let is_bpdu = wire::stp::Bpdu::of_frame(frame.bytes[0]).is_some();
        self.0.lock().unwrap().1 += usize::from(!is_bpdu && frame.direction == Direction::Out);
    }
    fn event(&mut self, event: Event) {
        self.0.lock().unwrap().0.push(event);
    }
    fn secret(&mut self, _: Instant, _: &str) {}
}

/// Three bridges in a ring: port 1 of each to port 0 of the next.
fn ring(log: &Log, spanning_tree: bool) -> (World, Vec<NodeId>, Vec<LinkId>) {
    let mut world = World::new(1, SystemTime::UNIX_EPOCH, Box::new(log.clone()));
    let bridges: Vec<_> = (0..3)
        .map(|index| {
            let tree = spanning_tree.then(|| Rstp::new(Mac::local(index + 1)));
            let config = SwitchConfig { spanning_tree: tree, ..SwitchConfig::new(4) };
            world.add_switch_with(&format!("s{index}"), config)
        })
        .collect();
    let cable = Cable::ethernet(1_000_000_000, Duration::from_micros(5));
    let links = (0..3)
        .map(|index| world.connect((bridges[index], Port(1)), (bridges[(index + 1) % 3], Port(0)), cable))
        .collect();
    (world, bridges, links)
}

#[test]
fn a_pulled_cable_is_replaced_in_a_millisecond_and_a_bridge_that_was_off_joins_again() {
    let log = Log::default();
    let (mut world, bridges, links) = ring(&log, true);
    world.run_until(Instant::ZERO + Duration::from_secs(1));
    let part = |world: &World, bridge: usize, port| world.switch(bridges[bridge]).role(Port(port)).unwrap();
    assert_eq!(part(&world, 2, 0), ("alternate", "discarding"));
    assert!(format!("{:?}", world.explain()).contains("SpanningTree"));
    world.set_link(links[2], false);
    world.run_until(world.now() + Duration::from_millis(1));
    assert_eq!(part(&world, 2, 0), ("root", "forwarding"));
    assert_eq!(part(&world, 2, 1), ("disabled", "discarding"));
    world.set_link(links[2], true);
    world.run_until(world.now() + Duration::from_millis(1));
    assert_eq!(part(&world, 2, 1), ("root", "forwarding"));
    assert_eq!(part(&world, 2, 0), ("alternate", "discarding"));
    world.power_off(bridges[0]);
    world.run_until(world.now() + Duration::from_secs(10));
    assert_eq!(world.switch(bridges[2]).root().unwrap().mac, Mac::local(2));
    world.power_on(bridges[0]);
    world.run_until(world.now() + Duration::from_millis(1));
    assert_eq!(world.switch(bridges[2]).root().unwrap().mac, Mac::local(1));
    assert_eq!(part(&world, 2, 1), ("root", "forwarding"));
}

#[test]
fn one_broadcast_in_a_ring_without_a_tree_is_a_storm() {
    for spanning_tree in [false, true] {
        let log = Log::default();
        let (mut world, bridges, _) = ring(&log, spanning_tree);
        let port = world.open(bridges[0], Port(2));
        world.run_until(Instant::ZERO + Duration::from_secs(4));
        let bytes = [&Mac::BROADCAST.0[..], &Mac::local(7).0, &[0x88, 0xb5], &[0; 46]].concat();
        let frame = wire::PacketBuf::from_vec(base::PacketId(1), bytes);
        let (mut rng, mut blind) = (base::Rng::root(1), base::Blind);
        let mut cx = base::Cx { now: world.now(), node: NodeId(0), rng: &mut rng, sink: &mut blind };
        stack::Node::on_frame(&mut world, &mut cx, port, frame);
        world.run_until(world.now() + Duration::from_millis(100));
        let (events, frames) = &*log.0.lock().unwrap();
        let storm = |event: &&Event| matches!(event.fact, Fact::Link(LinkFact::Bridge { fact: BridgeFact::Storm, .. }));
        let storms = events.iter().filter(storm).count();
        match spanning_tree {
            false => assert!(storms == 3 && *frames > 10_000, "{storms} storms, {frames} frames"),
            true => assert!(storms == 0 && *frames <= 4, "{storms} storms, {frames} frames"),
        }
    }
}
