//! Whatever a recording holds, every picture of it can be made.

use std::time::SystemTime;

use base::event::{AppFact, Event, Fact, LinkDrop};
use base::{Direction, Flaw, FrameSeen, Instant, LinkType, Nic, NicInfo, NodeId, PacketId, Port};
use proptest::prelude::*;

use crate::film::visit::{Plot, visit};
use crate::{Ladder, Recording, Story, Style, Waterfall, album, pcapng};

fn all_pictures(recording: &Recording) {
    let style = Style { explain: true, colour: true, width: 90 };
    assert!(Story::of(recording).text(style).len() < 50_000_000);
    Story::of(recording).json();
    Waterfall::of(recording).text(style);
    Ladder::of(recording).text(style);
    let options = album::Options { plot: vec!["cwnd".into()], ..album::Options::default() };
    assert!(album::files(recording, SystemTime::UNIX_EPOCH, &options).all(|(name, _)| !name.starts_with('/')));
    assert_eq!(pcapng::of_all(recording, SystemTime::UNIX_EPOCH).count(), recording.nics().len());
}

/// The visit with some frames damaged, some missing, and packets confused with one another.
fn damaged(marks: &[(usize, usize, u8, u8)]) -> Recording {
    let original = visit(Plot::AllIsWell).cut();
    let mut copy = original.emptied();
    for frame in original.frames() {
        let mut bytes = frame.bytes.to_vec();
        let mut packet = frame.packet;
        let mut missing = false;
        for (_, at, value, what) in marks.iter().filter(|mark| mark.0 == frame.index) {
            let at = at % bytes.len();
            match what % 4 {
                0 => bytes[at] = *value,
                1 => bytes.truncate(at.max(1)),
                2 => packet = PacketId(u64::from(*value)),
                _ => missing = true,
            }
        }
        if !missing {
            let seen = FrameSeen {
                at: frame.at,
                nic: frame.nic,
                direction: frame.direction,
                packet,
                bytes: [&bytes, &[]],
                flaw: frame.flaw,
            };
            copy.add_frame(seen);
        }
    }
    original.events().iter().for_each(|event| copy.add_event(event.clone()));
    copy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_recording_still_gives_every_picture(marks in proptest::collection::vec((0usize..300, any::<usize>(), any::<u8>(), any::<u8>()), 0..40)) {
        all_pictures(&damaged(&marks));
    }

    #[test]
    fn random_frames_and_facts_give_every_picture(
        frames in proptest::collection::vec((any::<u64>(), 0u32..3, any::<bool>(), 0u64..5, proptest::collection::vec(any::<u8>(), 0..80)), 0..20),
        facts in proptest::collection::vec((any::<u64>(), 0u32..3, 0usize..8, 0u64..3), 0..20),
    ) {
        let mut recording = Recording::default();
        for node in 0..2 {
            let link_type = if node == 0 { LinkType::Ip } else { LinkType::Ethernet };
            let info = NicInfo { node: format!("n{node}"), name: "eth0".into(), link_type, mac: None };
            recording.add_nic(Nic { node: NodeId(node), port: Port(0) }, info);
        }
        for (at, node, out, packet, bytes) in &frames {
            let nic = Nic { node: NodeId(*node), port: Port(0) };
            let direction = if *out { Direction::Out } else { Direction::In };
            let at = Instant::from_nanos(*at);
            let flaw = [None, None, Some(Flaw::Damaged), Some(Flaw::Collision), Some(Flaw::Runt)][*packet as usize];
            recording.add_frame(FrameSeen { at, nic, direction, packet: PacketId(*packet), bytes: [bytes, &[]], flaw });
        }
        let steps = [("visit", "request"), ("dns", "lookup"), ("tcp", "connected"), ("tls", "done"), ("http", "response"), ("visit", "failed"), ("visit", "reused-connection"), ("drop", "")];
        for (at, node, step, span) in &facts {
            let (protocol, step) = steps[*step];
            let fact = match protocol {
                "drop" => Fact::Drop(LinkDrop::Lost.into()),
                _ => Fact::App(AppFact::new(protocol, step, *span).with("local", "192.0.2.1:1").with("remote", "[::1]:2")),
            };
            recording.add_event(Event { at: Instant::from_nanos(*at), node: NodeId(*node), cause: PacketId(*span), fact });
        }
        recording.put_in_order();
        all_pictures(&recording);
    }
}
