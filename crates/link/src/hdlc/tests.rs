//! A station by itself: its bytes, its room, its timers, and any bytes from the line. Two stations on a line are in
//! tests/arq.

use base::{Blind, Cx, Duration, Instant, Mac, Nic, NodeId, PacketId, Port, Rng};
use proptest::prelude::*;
use wire::PacketBuf;

use super::*;

const NIC: Nic = Nic { node: NodeId(1), port: Port(2) };

struct Bench {
    station: Station,
    now: Instant,
    rng: Rng,
}

impl Bench {
    fn new(config: Config) -> Self {
        Bench { station: Station::new(config, NIC).unwrap(), now: Instant::ZERO, rng: Rng::root(1) }
    }

    fn call<T>(&mut self, run: impl FnOnce(&mut Station, &mut Cx<'_>) -> T) -> T {
        let mut blind = Blind;
        let mut cx = Cx { now: self.now, node: NIC.node, rng: &mut self.rng, sink: &mut blind };
        run(&mut self.station, &mut cx)
    }

    fn packet(&mut self, ethertype: u16, bytes: &[u8]) {
        let packet = PacketBuf::from_vec(PacketId(77), [&ethertype.to_be_bytes(), bytes].concat());
        self.call(|station, cx| station.on_packet(cx, packet));
    }

    fn frame(&mut self, bytes: &[u8]) {
        self.call(|station, cx| station.on_frame(cx, PacketBuf::from_vec(PacketId(88), bytes.to_vec())));
    }

    fn poll(&mut self) -> Option<Vec<u8>> {
        self.call(|station, cx| station.poll_frame(cx)).map(|frame| frame.contiguous())
    }
}

fn ax25_framing() -> Framing {
    Framing::Ax25 { local: "A".parse().unwrap(), remote: "B-2".parse().unwrap() }
}

fn go_back_n(framing: Framing) -> Config {
    Config::new(Discipline::GoBackN, framing)
}

#[test]
fn ax25_frames_are_those_of_the_standard() {
    let mut bench = Bench::new(go_back_n(ax25_framing()));
    bench.packet(0x0800, b"ip");
    let command = b"\x84\x40\x40\x40\x40\x40\xe4\x82\x40\x40\x40\x40\x40\x61";
    let response = b"\x82\x40\x40\x40\x40\x40\x60\x84\x40\x40\x40\x40\x40\xe5";
    assert_eq!(bench.poll(), Some([command, &b"\x3f"[..]].concat()), "SABM with P");
    bench.frame(&[response, &b"\x73"[..]].concat());
    assert_eq!(bench.poll(), Some([command, &b"\x00\xccip"[..]].concat()), "I, N(S) 0, IPv4");
    bench.packet(0x0806, b"arp");
    assert_eq!(bench.poll(), Some([command, &b"\x02\xcdarp"[..]].concat()), "I, N(S) 1, ARP");
    bench.packet(0x1234, b"other");
    assert_eq!(bench.poll(), Some([command, &b"\x04\xf0other"[..]].concat()), "I, N(S) 2, no layer 3");
}

#[test]
fn llc_frames_carry_numbers_of_seven_bits_and_802_3_pads_them() {
    let ends = (Mac::local(1), Mac::local(2));
    let mut bench = Bench::new(go_back_n(Framing::Llc8023 { local: ends.0, remote: ends.1 }));
    bench.packet(0x0800, b"ip");
    let around = |pdu: &[u8]| {
        let mut frame = [&ends.1.0[..], &ends.0.0, &[0, pdu.len() as u8], pdu].concat();
        frame.resize(60, 0);
        frame
    };
    assert_eq!(bench.poll(), Some(around(b"\x06\x06\x7f")), "SABME with P");
    bench.frame(&[&ends.0.0[..], &ends.1.0, b"\x00\x03\x06\x07\x73", &[0; 43]].concat());
    assert_eq!(bench.poll(), Some(around(b"\x06\x06\x00\x00ip")), "I, N(S) 0");
    bench.packet(0x88b5, b"xyz");
    assert_eq!(bench.poll(), Some(around(b"\x44\x44\x02\x00xyz")), "I, N(S) 1, bytes");
    bench.frame(&[&ends.0.0[..], &ends.1.0, b"\x00\x07\x44\x44\x00\x04abc", &[0; 39]].concat());
    let up = bench.station.poll_packet().unwrap();
    assert_eq!((up.contiguous(), up.id), (b"\x88\xb5abc".to_vec(), PacketId(88)), "padding is gone");
}

#[test]
fn there_is_room_for_a_window_and_one_more() {
    let mut bench = Bench::new(go_back_n(Framing::Llc));
    for _ in 0..7 {
        assert!(bench.station.has_room());
        bench.packet(0x0800, b"ip");
    }
    assert!(!bench.station.has_room(), "as many as the window will let go");
    bench.poll();
    bench.frame(b"\x06\x07\x73");
    assert_eq!(std::iter::from_fn(|| bench.poll()).count(), 7);
    bench.packet(0x0800, b"one");
    assert!(!bench.station.has_room() && bench.poll().is_none(), "one waits in front of the closed window");
    bench.packet(0x0800, b"too many");
    assert_eq!(bench.station.snapshot().counters.discarded, 1);
    bench.frame(b"\x06\x07\x01\x08");
    assert_eq!((bench.station.has_room(), bench.station.snapshot().outstanding), (true, 3));
}

#[test]
fn t1_counts_from_the_end_of_the_transmission() {
    let mut bench = Bench::new(Config { ack_delay: Duration::from_millis(5), ..go_back_n(Framing::Llc) });
    assert_eq!((bench.station.due(), bench.station.why()), (Instant::FAR, ""));
    bench.packet(0x0800, b"ip");
    assert!(bench.station.has_frame() && bench.station.poll_at().is_none(), "what waits for the line has no timer");
    bench.poll();
    bench.station.on_transmit(Instant::ZERO + Duration::from_millis(300));
    assert_eq!(bench.station.due(), Instant::ZERO + Duration::from_millis(1300));
    bench.frame(b"\x06\x07\x73");
    assert_eq!(bench.station.poll_at(), None);
    bench.now = Instant::ZERO + Duration::from_millis(700);
    bench.poll();
    bench.station.on_transmit(bench.now + Duration::from_millis(1));
    assert_eq!((bench.station.due(), bench.station.why()), (bench.now + Duration::from_millis(1001), "T1"));
    bench.frame(b"\x06\x06\x00\x00ip");
    assert_eq!((bench.station.due(), bench.station.why()), (bench.now + Duration::from_millis(5), "T2"));
}

#[test]
fn frames_that_the_station_builds_have_ids_of_the_card() {
    let mut bench = Bench::new(go_back_n(Framing::Llc));
    bench.frame(b"\x06\x06\x7f");
    let first = bench.call(|station, cx| station.poll_frame(cx)).unwrap();
    assert_eq!((first.id, first.cause), (PacketId::of_card(NIC, 1), PacketId(88)));
    bench.frame(b"\x06\x06\x00\x00ip");
    let second = bench.call(|station, cx| station.poll_frame(cx)).unwrap();
    assert_eq!((second.id, second.cause), (PacketId::of_card(NIC, 2), PacketId(88)));
}

#[test]
fn a_frame_reject_says_what_was_refused_and_why() {
    let mut bench = Bench::new(go_back_n(Framing::Llc));
    bench.frame(b"\x06\x06\x7f");
    bench.poll();
    bench.frame(b"\x06\x07\x01\x0a");
    assert_eq!(bench.poll().unwrap(), b"\x06\x07\x87\x01\x0a\x00\x00\x08", "RR 5, V(S) 0, V(R) 0, Z");
    assert_eq!(bench.poll().unwrap(), b"\x06\x06\x7f");
    bench.frame(b"\x06\x07\x87\x01\x0a\x00\x00\x08");
    assert_eq!((bench.poll(), bench.station.snapshot().state), (None, State::Connecting), "one reset at a time");
}

fn any_discipline() -> impl Strategy<Value = Discipline> {
    prop_oneof![Just(Discipline::StopAndWait), Just(Discipline::GoBackN), Just(Discipline::SelectiveRepeat)]
}

proptest! {
    /// Also with plausible beginnings, so that more than the address is reached.
    #[test]
    fn no_bytes_from_the_line_make_it_panic(
        frames in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..24)), 0..40),
        discipline in any_discipline(),
        ax25: bool,
    ) {
        let framing = if ax25 { ax25_framing() } else { Framing::Llc };
        let mut bench = Bench::new(Config { retries: 2, ..Config::new(discipline, framing) });
        let addresses: &[u8] = match ax25 {
            true => b"\x82\x40\x40\x40\x40\x40\xe0\x84\x40\x40\x40\x40\x40\x65",
            false => b"\x06\x06",
        };
        bench.frame(&[addresses, if ax25 { b"\x3f" } else { b"\x7f" }].concat());
        for (plausible, bytes) in frames {
            bench.frame(&if plausible { [addresses, &bytes[..]].concat() } else { bytes });
            if bench.station.has_room() {
                bench.packet(0x0800, b"own");
            }
            while bench.station.poll_packet().is_some() {}
            for _ in 0..3 {
                prop_assert_eq!(bench.station.has_frame(), bench.poll().is_some());
            }
            bench.now = bench.now.max(bench.station.due().min(bench.now + Duration::from_secs(2)));
            bench.call(|station, cx| station.on_timer(cx));
        }
    }
}
