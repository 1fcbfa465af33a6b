//! Any frames into a host: no panic, bounded memory, and the host still works afterwards. Random programs over lossy
//! cables: they end, with the right bytes or with an error.

use std::future::Future as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::SystemTime;

use base::SeqNum;
use base::event::{TcpState, TransportDrop};
use glassnet_testkit::*;
use proptest::prelude::*;
use stack::{Buffer, TcpError};
use wire::tcp::Flags;

/// So many cases, or `PROPTEST_CASES`.
fn cases(n: u32) -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let n = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { n };
    ProptestConfig { cases: n, ..default }
}

/// After all that was done to it, the host answers a well-behaved peer.
fn assert_alive(net: &mut Puppet) {
    net.take();
    let (conn, peer) = net.answer(|seg| seg.mss(1000));
    net.send(peer.seg().text(b"alive?"));
    assert_eq!(conn.recv(), b"alive?");
    conn.abort();
    conn.close();
}

/// A segment of any kind near the numbers that the host knows.
#[derive(Clone, Debug)]
struct Odd {
    flags: u8,
    seq: i32,
    ack: i32,
    window: u16,
    text: usize,
    ts: Option<(i32, u32)>,
    sack: Vec<(i32, i32)>,
    wait_ms: u64,
}

fn near() -> impl Strategy<Value = i32> {
    prop_oneof![
        5 => Just(0),
        5 => -3i32..4,
        2 => -5000i32..5000,
        1 => -200_000i32..200_000,
        1 => any::<i32>(),
    ]
}

fn odd() -> impl Strategy<Value = Odd> {
    let flags = prop_oneof![4 => Just(Flags::ACK.0), 2 => Just((Flags::ACK | Flags::FIN).0), 2 => any::<u8>()];
    let ts = prop_oneof![3 => Just(None), 2 => (near(), any::<u32>()).prop_map(Some)];
    let text = prop_oneof![3 => Just(0usize), 2 => 1usize..20, 1 => 1usize..1460];
    let wait = prop_oneof![3 => Just(0u64), 2 => 1u64..500, 1 => 1u64..100_000];
    let window = prop_oneof![1 => Just(0u16), 1 => 1u16..2000, 2 => any::<u16>()];
    let sack = prop::collection::vec((near(), near()), 0..4);
    (flags, near(), near(), window, text, ts, sack, wait).prop_map(
        |(flags, seq, ack, window, text, ts, sack, wait_ms)| Odd { flags, seq, ack, window, text, ts, sack, wait_ms },
    )
}

impl Odd {
    fn seg(&self, peer: &Peer) -> Seg {
        let by = |base: SeqNum, n: i32| SeqNum(base.0.wrapping_add(n as u32));
        let mut seg = seg().ports(peer.port, peer.host_port).window(self.window).text(&vec![9; self.text]);
        seg = seg.seq(by(peer.nxt, self.seq)).ack(by(peer.rcv, self.ack));
        if let Some((value, echo)) = self.ts {
            seg = seg.ts(peer.ts.map_or(0, |ts| ts.0).wrapping_add(value as u32), echo);
        } else if let Some((value, echo)) = peer.ts {
            seg = seg.ts(value, echo);
        }
        for (from, to) in &self.sack {
            seg = seg.sack(by(peer.rcv, *from), by(peer.rcv, *to));
        }
        seg.header.flags = Flags(self.flags);
        seg
    }
}

/// Brings a connection of the host into one of its states.
fn bring_to(net: &mut Puppet, state: usize, offer: impl FnOnce(Seg) -> Seg) -> (Result<Conn, Listening>, Peer) {
    if state == 0 {
        // LISTEN, then SYN-RECEIVED.
        let listener = net.a.listen(99);
        net.send(offer(seg().ports(7, 99).syn().seq(SeqNum(500))));
        let irs = net.take().last().map_or(SeqNum(0), |s| s.header.seq);
        let peer = Peer { port: 7, host_port: 99, iss: SeqNum(500), nxt: SeqNum(501), irs, rcv: irs + 1, ts: None };
        return (Err(listener), peer);
    }
    if state == 1 {
        let conn = net.a.connect(net.peer(80));
        let syn = net.take().pop().unwrap();
        let irs = syn.header.seq;
        let host_port = syn.src.port();
        return (Ok(conn), Peer { port: 80, host_port, iss: SeqNum(9), nxt: SeqNum(9), irs, rcv: irs + 1, ts: None });
    }
    let (conn, mut peer) = net.answer(offer);
    if state >= 3 {
        conn.send(&[3; 5000]);
        net.take();
    }
    // 4: FIN-WAIT-1, 5: FIN-WAIT-2, 6: CLOSE-WAIT, 7: LAST-ACK, 8: CLOSING, 9: TIME-WAIT, 10: released.
    let ack_all = |net: &mut Puppet, peer: &mut Peer| {
        for _ in 0..20 {
            for seen in net.take() {
                peer.rcv = peer.rcv.max(SeqNum(seen.end()));
            }
            net.send(peer.seg());
        }
    };
    match state {
        4 => conn.shutdown(),
        5 => {
            conn.shutdown();
            ack_all(net, &mut peer);
        }
        6 | 7 => {
            ack_all(net, &mut peer);
            net.send(peer.seg().fin());
            peer.nxt += 1;
            if state == 7 {
                conn.shutdown();
            }
        }
        8 => {
            conn.shutdown();
            net.send(peer.seg().fin());
            peer.nxt += 1;
        }
        9 => {
            conn.shutdown();
            ack_all(net, &mut peer);
            net.send(peer.seg().fin());
            peer.nxt += 1;
        }
        10 => conn.close(),
        _ => {}
    }
    (Ok(conn), peer)
}

#[test]
fn every_state_can_be_brought_about_for_the_property_below() {
    use TcpState::*;
    let mut seen = Vec::new();
    for state in 1..=9 {
        let mut net = Puppet::new(seed!());
        let (conn, _) = bring_to(&mut net, state, |seg| seg.mss(1000));
        seen.push(conn.ok().unwrap().state());
    }
    assert_eq!(seen, [SynSent, Established, Established, FinWait1, FinWait2, CloseWait, LastAck, Closing, TimeWait]);
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_segments_in_any_state_leave_a_sound_host(
        state in 0usize..11, options in any::<(bool, bool)>(), odds in prop::collection::vec(odd(), 1..25), seed in any::<u64>(),
    ) {
        let mut net = Puppet::new(seed!().with(seed));
        let (conn, peer) = bring_to(&mut net, state, |seg| {
            let seg = if options.0 { seg.sack_permitted().scale(3).mss(1200) } else { seg };
            if options.1 { seg.ts(1_000_000, 0) } else { seg }
        });
        for odd in &odds {
            net.send(odd.seg(&peer));
            if let Ok(conn) = &conn {
                let _ = conn.try_recv(700);
            }
            net.run_for(ms(odd.wait_ms));
            prop_assert!(net.take_packets().len() < 3000);
        }
        // The program goes away, the peer falls silent: within an hour nothing is left.
        match &conn {
            Ok(conn) => conn.close(),
            Err(listener) => listener.close(),
        }
        net.run_for(s(3600));
        net.take_packets();
        let left: Vec<_> = net.a.host(|host| host.tcp_connections().collect());
        prop_assert!(left.is_empty(), "{:?}", left);
        assert_alive(&mut net);
    }

    #[test]
    fn any_bytes_are_survived(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..30)) {
        let mut net = Puppet::new(seed!());
        net.a.listen(80);
        for packet in packets {
            net.send_bytes(packet);
        }
        assert_alive(&mut net);
    }

    #[test]
    fn damaged_frames_are_survived(
        flips in prop::collection::vec((0usize..20, any::<prop::sample::Index>(), any::<u8>()), 1..60), fix in any::<bool>(),
    ) {
        // Frames of real traffic, with bytes replaced; sometimes with the IP header's checksum made right again.
        let mut net = Puppet::new(seed!());
        let (conn, peer) = net.answer(|seg| seg.mss(1000).sack_permitted());
        conn.send(&[1; 3000]);
        net.take();
        let (src, dst) = (net.peer(80), net.a.addr(peer.host_port));
        let real = [peer.seg(), peer.seg().text(b"some text"), peer.seg().fin(), peer.seg().sack(peer.rcv + 1000, peer.rcv + 2000)];
        let mut frames: Vec<Vec<u8>> = real.iter().map(|s| s.packet(base::PacketId(1), src, dst).contiguous()).collect();
        for (which, at, value) in flips {
            let which = which % frames.len();
            let place = at.index(frames[which].len());
            frames[which][place] = value;
            let mut frame = frames[which].clone();
            if fix && frame.len() >= 20 {
                frame[10..12].fill(0);
                let sum = frame[..20].chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum::<u32>();
                let sum = (sum & 0xffff) + (sum >> 16);
                let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
                frame[10..12].copy_from_slice(&sum.to_be_bytes());
            }
            net.send_bytes(frame);
            net.take_packets();
        }
        conn.close();
        net.run_for(s(3600));
        prop_assert_eq!(net.a.connections(), 0);
        assert_alive(&mut net);
    }
}

#[test]
fn a_flood_of_tiny_segments_out_of_order_is_bounded() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.scale(7));
    for n in 0..20_000 {
        net.send(peer.seg().seq(peer.nxt + 1 + 2 * n).text(b"x"));
        net.take_packets();
    }
    assert!(net.ladder().dropped("a", TransportDrop::OutOfOrderFull) > 0);
    net.send(peer.seg().text(b"yy"));
    assert_eq!(conn.recv().len(), 2);
}

#[test]
fn a_flood_of_syns_is_bounded_and_passes() {
    let mut net = Puppet::new(seed!());
    net.a.listen_with(80, 100);
    for n in 0..5_000u32 {
        net.send(seg().ports((n % 60_000) as u16, 80).syn().seq(SeqNum(n)));
    }
    assert!(net.a.connections() <= 100);
    net.run_for(s(300));
    assert_eq!(net.a.connections(), 0);
}

#[test]
fn a_segment_from_oneself_does_no_harm() {
    // "Land": a SYN whose source is its destination.
    let mut net = Puppet::new(seed!());
    net.a.listen(80);
    let own = net.a.addr(80);
    let packet = seg().ports(80, 80).syn().seq(SeqNum(5)).packet(base::PacketId(3), own, own);
    net.send_bytes(packet.contiguous());
    net.run_for(s(300));
    assert_eq!(net.a.connections(), 0);
    assert_alive(&mut net);
}

//= rfc9293#3.9.2.3 MUST-57 MUST-63 test
#[test]
fn a_segment_to_everybody_is_meant_for_nobody() {
    let mut net = Puppet::new(seed!());
    net.a.host(|host| host.tcp_listen(([0, 0, 0, 0], 80).into(), 5)).unwrap();
    for to in [[255, 255, 255, 255], [192, 0, 2, 255], [224, 0, 0, 1]] {
        let packet = seg().ports(9, 80).syn().packet(base::PacketId(3), net.peer(9), (to, 80).into());
        net.send_bytes(packet.contiguous());
    }
    // Nor from everybody.
    for from in [[255, 255, 255, 255], [224, 0, 0, 1], [127, 0, 0, 1]] {
        let packet = seg().ports(9, 80).syn().packet(base::PacketId(3), (from, 9).into(), net.a.addr(80));
        net.send_bytes(packet.contiguous());
    }
    assert_eq!((net.take_packets().len(), net.a.connections()), (0, 0));
}

/// What a random program does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Say(usize),
    Hear(usize),
    Sleep(u64),
    Finish,
    Abort,
    Leave,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1usize..30_000).prop_map(Step::Say),
        6 => (1usize..30_000).prop_map(Step::Hear),
        3 => (0u64..3_000).prop_map(Step::Sleep),
        1 => Just(Step::Finish),
        1 => Just(Step::Abort),
        1 => Just(Step::Leave),
    ];
    prop::collection::vec(step, 0..12)
}

/// What a program said and heard, and how it ended.
#[derive(Debug, Default)]
struct Story {
    said: usize,
    heard: Vec<u8>,
    heard_end: bool,
    finished: bool,
    error: Option<TcpError>,
}

async fn act(stream: net::TcpStream, text: u64, steps: Vec<Step>) -> Story {
    let mut story = Story::default();
    let words = pattern(text, 400_000);
    for step in steps {
        match step {
            Step::Say(len) if !story.finished => {
                let end = story.said + len;
                while story.said < end {
                    // Both may be talking and nobody listen.
                    match stream.net().timeout(s(5), stream.send(&words[story.said..end])).await {
                        Err(_) => break,
                        Ok(Ok(taken)) => story.said += taken,
                        Ok(Err(error)) => {
                            story.error = Some(error);
                            return story;
                        }
                    }
                }
            }
            Step::Hear(len) if !story.heard_end => {
                let end = story.heard.len() + len;
                while story.heard.len() < end && !story.heard_end {
                    // Both may be listening: nobody waits for ever.
                    match stream.net().timeout(s(5), stream.recv(end - story.heard.len())).await {
                        Err(_) => break,
                        Ok(Ok(part)) if part.is_empty() => story.heard_end = true,
                        Ok(Ok(part)) => story.heard.extend_from_slice(&part),
                        Ok(Err(error)) => {
                            story.error = Some(error);
                            return story;
                        }
                    }
                }
            }
            Step::Sleep(time) => stream.net().sleep(ms(time)).await,
            Step::Finish => {
                stream.finish();
                story.finished = true;
            }
            Step::Abort => {
                stream.abort();
                story.error = Some(TcpError::Aborted);
                return story;
            }
            Step::Leave => return story,
            Step::Say(_) | Step::Hear(_) => {}
        }
    }
    // In the end everyone finishes and listens, unless the other side does not.
    stream.finish();
    story.finished = true;
    while !story.heard_end {
        match stream.recv(1 << 16).await {
            Ok(part) if part.is_empty() => story.heard_end = true,
            Ok(part) => story.heard.extend_from_slice(&part),
            Err(error) => {
                story.error = Some(error);
                return story;
            }
        }
    }
    story
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn random_programs_on_a_bad_line_always_end_with_the_right_bytes_or_an_error(
        (a_steps, b_steps) in (steps(), steps()), seed in any::<u64>(), loss in 0u32..25, buffers in (500usize..100_000, 500usize..100_000),
        (sack, timestamps, nagle) in any::<(bool, bool, bool)>(), slow in any::<bool>(), mtu in 300usize..1500,
    ) {
        let net = Pair::new(seed!().with(seed)).delay(ms(8)).mtu(mtu).config(|c| {
            (c.receive_buffer, c.send_buffer) = (Buffer::fixed(buffers.0), Buffer::fixed(buffers.1));
            (c.sack, c.timestamps, c.nagle) = (sack, timestamps, nagle);
        });
        let net = if slow { net.rate(2_000_000).queue(10) } else { net };
        let mut net = net.loss(f64::from(loss) / 100.0).duplicate(0.02).reorder(0.05, ms(9));
        // A reset can be lost, and nobody repeats it: then a program that only listens is never told.
        let may_reset = a_steps.iter().chain(&b_steps).any(|step| matches!(step, Step::Abort | Step::Leave));
        let listener = net.b.net().tcp_listen(net.b.addr(80)).unwrap();
        let accepted = Arc::new(AtomicBool::new(false));
        let note = Arc::clone(&accepted);
        let at_b = net.b.spawn(async move {
            let (stream, _) = listener.accept().await;
            note.store(true, Relaxed);
            act(stream, 2, b_steps).await
        });
        let (client, to) = (net.a.net(), net.b.addr(80));
        let at_a = net.a.spawn(async move {
            match client.tcp_connect(to).await {
                Ok(stream) => Ok(act(stream, 1, a_steps).await),
                Err(error) => Err(error),
            }
        });
        net.run_until_idle();
        net.ladder().assert_sound(mtu);
        if may_reset && loss > 0 && !(at_a.is_finished() && at_b.is_finished()) {
            return Ok(());
        }
        prop_assert!(at_a.is_finished(), "a waits for ever");
        prop_assert_eq!((net.a.connections(), net.b.connections()), (0, 0));
        let Ok(a) = finish(at_a) else { return Ok(()) };
        if !accepted.load(Relaxed) {
            // `a` was gone before anybody could accept it.
            return Ok(());
        }
        prop_assert!(at_b.is_finished(), "b waits for ever");
        let b = finish(at_b);
        for (from, to, text) in [(&a, &b, 1), (&b, &a, 2)] {
            let words = pattern(text, from.said);
            prop_assert!(to.heard.len() <= words.len() && words.starts_with(&to.heard), "a prefix of what was said");
            if to.heard_end {
                prop_assert!(to.heard == words, "the end comes after everything");
            }
        }
    }
}

/// The result of a program that has ended.
fn finish<T>(task: net::Task<T>) -> T {
    use std::task::{Context, Poll, Waker};
    let mut task = std::pin::pin!(task);
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the program has not ended"),
    }
}

#[test]
fn the_clock_of_a_fixture_is_no_real_clock() {
    let net = Pair::new(seed!());
    assert_eq!(net.a.net().wall_time(), SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000));
}
