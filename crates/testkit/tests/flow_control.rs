//! Windows: RFC 9293 sections 3.8.4 to 3.8.6, RFC 7323 section 2, Nagle's RFC 896.

use base::event::TransportFact;
use base::{Duration, SeqNum};
use glassnet_testkit::*;
use stack::{Buffer, TcpError};

fn open(net: &mut Pair) -> (Conn, Conn) {
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    (a, listener.accept().expect("open"))
}

//= rfc7323#2.2 test
//= rfc9293#3.1 REC-1 test
#[test]
fn a_window_of_a_mebibyte_is_really_used() {
    let fixed = Buffer::fixed(1 << 20);
    let mut net = Pair::new(seed!()).delay(ms(50)).config(|c| (c.send_buffer, c.receive_buffer) = (fixed, fixed));
    let served = net.b.sink(80);
    net.a.upload(net.b.addr(80), 16 << 20);
    net.run_until_idle();
    assert_eq!((served.outcome().heard, served.outcome().wrong_at), (16 << 20, None));
    let ladder = net.ladder();
    let (sent, acks) = (ladder.segments("a", tcp().data()), ladder.segments("b", tcp().pure_ack()));
    let in_flight = |at: Duration| {
        let sent = sent.iter().take_while(|s| s.at <= at).map(|s| s.end()).max().unwrap_or(1);
        let acked = acks.iter().take_while(|s| s.at + ms(50) <= at).map(|s| s.ack).max().unwrap_or(1);
        sent - acked
    };
    let most = (1..30).map(|n| in_flight(ms(100 * n))).max().unwrap();
    assert!(most > 1_000_000 && most <= 1 << 20, "{most}");
    let done = served.outcome().last_end.unwrap();
    assert!(done < ms(3_000), "sixteen windows and slow start: {done}");
}

//= rfc9293#3.8.6.1 MUST-36 MUST-37 SHLD-29 SHLD-30 test
//= rfc9293#3.8.6 MUST-35 SHLD-14 test
#[test]
fn a_closed_window_is_probed_at_growing_intervals_and_never_given_up() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(20_000));
    let (a, b) = open(&mut net);
    let text = pattern(1, 60_000);
    a.send(&text);
    net.run_for(s(3600));
    assert_eq!(a.error(), None);
    let ladder = net.ladder();
    let probes: Vec<Duration> = ladder.sent("a", tcp().len(1));
    let gaps: Vec<u64> = probes.windows(2).map(|pair| (pair[1] - pair[0]).millis()).collect();
    assert_eq!(gaps[..5], [440, 880, 1760, 3520, 7040]);
    assert!(probes.len() > 100 && gaps.iter().all(|gap| *gap <= 60_000), "{gaps:?}");
    // The program wakes up at last.
    let mut heard = Vec::new();
    for _ in 0..200 {
        heard.extend(b.recv());
        net.run_for(ms(50));
    }
    assert!(heard == text, "{} bytes", heard.len());
    net.ladder().assert_sound(1500);
}

//= rfc9293#3.8.6.1 test
#[test]
fn a_lost_window_update_is_found_by_a_probe() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(20_000));
    let (a, b) = open(&mut net);
    a.send(&pattern(1, 30_000));
    net.run_for(ms(500));
    let lost = net.rule(drop_all().of(tcp().pure_ack()).from_b());
    let mut heard = b.recv();
    net.run_for(ms(20));
    net.lift(lost);
    net.run_for(s(2));
    heard.extend(b.recv());
    assert!(heard == pattern(1, 30_000), "{} bytes", heard.len());
}

#[test]
fn a_peer_that_stops_answering_probes_is_given_up() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(20_000));
    let (a, _b) = open(&mut net);
    a.send(&pattern(1, 30_000));
    net.run_for(s(60));
    net.plug(false);
    net.run_until_idle();
    assert_eq!(a.error(), Some(TcpError::TimedOut));
}

#[test]
fn a_program_that_left_does_not_hold_its_text_for_a_closed_window_for_ever() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(20_000));
    let (a, b) = open(&mut net);
    a.send(&pattern(1, 30_000));
    a.close();
    net.run_for(s(300));
    assert_eq!((net.a.connections(), b.recv().len(), b.error()), (0, 20_000, Some(TcpError::Reset)));
}

#[test]
fn a_window_closed_from_the_start_is_probed_as_well() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.window(0));
    conn.send(b"hello");
    assert_eq!(net.hear(), None);
    net.run_for(s(4));
    let probes = net.take();
    assert!(probes.len() >= 2 && probes.iter().all(|s| s.text == b"h"), "{probes:?}");
    net.send(peer.seg().window(1000));
    assert_eq!(net.hear().unwrap().text, b"h", "the probe goes again, now that there is room");
    net.send(peer.seg().ack(peer.rcv + 1).window(1000));
    let rest: Vec<u8> = net.take().iter().flat_map(|s| s.text.clone()).collect();
    assert!(rest.ends_with(b"ello"), "{rest:?}");
}

/// What both sides want to say is more than the other has room for, and nobody reads.
#[test]
fn two_closed_windows_do_not_make_a_storm_of_acknowledgements() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(10_000));
    let (a, b) = open(&mut net);
    let (to_b, to_a) = (pattern(1, 50_000), pattern(2, 50_000));
    a.send(&to_b);
    b.send(&to_a);
    net.run_for(s(600));
    let frames = net.ladder().left("a", tcp()).len() + net.ladder().left("b", tcp()).len();
    assert!(frames < 400, "{frames} frames");
    let (mut at_a, mut at_b) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        at_a.extend(a.recv());
        at_b.extend(b.recv());
        net.run_for(ms(500));
    }
    assert!(at_a == to_a && at_b == to_b, "{} and {} bytes", at_a.len(), at_b.len());
    net.ladder().assert_sound(1500);
}

//= rfc9293#3.10.7.4 test
#[test]
fn a_side_that_probes_still_acknowledges_what_it_hears() {
    // `b` reads nothing but says a lot: `a` cannot send, yet its acknowledgements must count.
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(10_000));
    let (a, b) = open(&mut net);
    a.send(&pattern(1, 50_000));
    net.run_for(s(30));
    let (start, text) = (net.now(), pattern(2, 200_000));
    let (mut said, mut heard) = (0, Vec::new());
    while heard.len() < text.len() && net.now() - start < s(60) {
        said += b.try_send(&text[said..]).unwrap();
        heard.extend(a.recv());
        net.run_for(ms(10));
    }
    assert!(heard == text, "{} bytes", heard.len());
    net.ladder().assert_sound(1500);
    let resent = net.ladder().facts("b").iter().filter(|(_, f)| matches!(f, TransportFact::Retransmit { .. })).count();
    assert_eq!(resent, 0);
}

#[test]
fn a_fin_is_taken_even_by_a_closed_window() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(10_000));
    let (a, b) = open(&mut net);
    let text = pattern(1, 10_000);
    a.send(&text);
    net.run_for(s(1));
    a.shutdown();
    net.run_for(s(1));
    assert_eq!(b.state(), base::event::TcpState::CloseWait);
    assert_eq!(net.ladder().sent("a", tcp().fin()).len(), 1);
    assert_eq!((b.recv() == text, b.at_end()), (true, true));
}

#[test]
fn a_fin_right_behind_a_full_window_is_not_lost() {
    for extra in 0..3 {
        let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(10_000));
        let (a, b) = open(&mut net);
        let text = pattern(1, 9_999 + extra);
        a.send_and_finish(&text);
        net.run_for(s(1));
        let mut heard = b.recv();
        net.run_for(s(2));
        heard.extend(b.recv());
        assert!(heard == text && b.at_end(), "{extra}: {} bytes", heard.len());
        net.ladder().assert_sound(1500);
    }
}

//= rfc9293#3.8.6.2.2 MUST-39 test
//= rfc9293#3.8.6.2.1 test
#[test]
fn a_program_that_reads_in_small_bits_does_not_make_small_segments() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.receive_buffer = Buffer::fixed(20_000));
    let (a, b) = open(&mut net);
    let text = pattern(1, 60_000);
    a.send(&text);
    let mut heard = Vec::new();
    while heard.len() < text.len() {
        if let Ok(Some(bit)) = b.try_recv(50) {
            heard.extend(bit);
        }
        net.run_for(ms(1));
    }
    assert!(heard == text);
    let segments = net.ladder().segments("a", tcp().data());
    let small: Vec<usize> = segments.iter().map(|s| s.text.len()).filter(|len| *len > 1 && *len < 1448).collect();
    assert!(small.len() <= 4, "at most around the closed window and at the end: {small:?}");
    let updates = net.ladder().sent("b", tcp().pure_ack()).len();
    assert!(updates < 150, "{updates} acknowledgements for {} reads", text.len() / 50);
    net.ladder().assert_sound(1500);
}

//= rfc9293#3.8.6.2.1 MUST-38 test
#[test]
fn a_sender_does_not_use_a_silly_window_at_once() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.mss(1000).window(10_000));
    conn.send(&pattern(1, 10_000));
    assert_eq!(net.take().len(), 10);
    conn.send(&pattern(2, 5_000));
    net.send(peer.seg().ack(peer.rcv + 10_000).window(300));
    assert_eq!(
        net.hear(),
        None,
        "300 bytes of window are less than a segment and less than half of the largest window"
    );
    // After a timeout it takes what there is.
    net.run_for(s(2));
    assert_eq!(net.take()[0].text.len(), 300);
    // And half of the largest window is worth it.
    net.send(peer.seg().ack(peer.rcv + 10_300).window(0));
    net.send(peer.seg().ack(peer.rcv + 10_300).window(900));
    assert_eq!(net.hear(), None);
    net.send(peer.seg().ack(peer.rcv + 10_300).window(1000));
    assert_eq!(net.take()[0].text.len(), 1000);
}

//= rfc9293#3.7.4 SHLD-7 test
//= rfc9293#3.9.1.2 SHLD-27 test
#[test]
fn nagle_joins_small_writes_while_something_is_unacknowledged() {
    // Known answer B4: three writes of 10 bytes make segments of 10 and 20.
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    (0..3).for_each(|n| a.send(&[n; 10]));
    net.run_for(s(1));
    let lengths: Vec<usize> = net.ladder().segments("a", tcp().data()).iter().map(|s| s.text.len()).collect();
    assert_eq!(lengths, [10, 20]);
    assert_eq!(b.recv().len(), 30);
}

//= rfc9293#3.7.4 MUST-17 test
#[test]
fn without_nagle_each_write_leaves_at_once() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, _b) = open(&mut net);
    a.set_nagle(false);
    (0..3).for_each(|n| a.send(&[n; 10]));
    net.run_for(s(1));
    let ladder = net.ladder();
    let sent: Vec<(Duration, usize)> =
        ladder.segments("a", tcp().data()).iter().map(|s| (s.at, s.text.len())).collect();
    assert_eq!(sent, [(s(1), 10), (s(1), 10), (s(1), 10)]);
}

//= rfc9293#3.9.1.2 SHLD-28 test
#[test]
fn a_full_segment_does_not_wait_for_nagle() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, _b) = open(&mut net);
    a.send(b"x");
    a.send(&[7; 1448 * 2 + 5]);
    net.run_for(ms(1));
    let lengths: Vec<usize> = net.ladder().segments("a", tcp().data()).iter().map(|s| s.text.len()).collect();
    assert_eq!(lengths, [1, 1448, 1448]);
}

//= rfc9293#3.8.6 MUST-34 SHLD-16 SHLD-17 test
#[test]
fn a_peer_that_shrinks_its_window_still_gets_everything() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg.mss(1000).window(10_000));
    let text = pattern(1, 20_000);
    conn.send(&text);
    assert_eq!(net.take().len(), 10);
    // It takes 1000 bytes and then offers only 2000 more, although 9000 are on their way.
    peer.rcv += 1000;
    net.send(peer.seg().window(2000));
    net.run_for(ms(1));
    let mut stream = text[..1000].to_vec();
    let mut edge = peer.rcv + 2000;
    for _ in 0..400 {
        for segment in net.take() {
            let Seen { header, text, .. } = segment;
            if header.seq == peer.rcv && !text.is_empty() {
                let room = (edge - peer.rcv) as usize;
                let taken = text.len().min(room);
                stream.extend(&text[..taken]);
                peer.rcv += taken as u32;
            }
        }
        let window = if stream.len() < 5000 { (edge - peer.rcv) as u16 } else { 10_000 };
        let window = if window == 0 { 2000 } else { window };
        edge = peer.rcv + u32::from(window);
        net.send(peer.seg().window(window));
        net.run_for(ms(300));
    }
    assert!(stream == text, "{} bytes", stream.len());
}

//= rfc9293#3.8.6 SHLD-15 test
#[test]
fn a_window_that_shrinks_lets_nothing_new_leave() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg.mss(1000).window(10_000));
    conn.send(&pattern(1, 20_000));
    let sent = net.take();
    let end = sent.iter().map(|seen| seen.header.seq + seen.text.len() as u32).max_by_key(|end| *end - peer.rcv);
    peer.rcv += 1000;
    net.send(peer.seg().window(2000));
    net.run_for(s(20));
    let later = net.take();
    let beyond = later.iter().filter(|seen| (seen.header.seq + seen.text.len() as u32) - end.expect("text") < 1 << 30);
    let new: Vec<_> = beyond.filter(|seen| seen.header.seq + seen.text.len() as u32 != end.expect("text")).collect();
    assert!(new.is_empty(), "{new:?}");
}

#[test]
fn text_beyond_the_window_is_cut_and_acknowledged() {
    let mut net = Puppet::new(seed!()).config(|c| c.receive_buffer = Buffer::fixed(1000));
    let (conn, mut peer) = net.answer(|seg| seg);
    net.send(peer.seg().text(&[5; 1400]));
    let reply = net.hear().expect("an acknowledgement at once");
    peer.nxt += 1000;
    assert_eq!((reply.header.ack, reply.header.window), (peer.nxt, 0));
    // One more byte does not fit, but its acknowledgement counts.
    conn.send(b"question");
    let question = net.hear().unwrap();
    assert_eq!(question.text, b"question");
    net.send(peer.seg().ack(question.header.seq + 8).text(b"z"));
    assert_eq!(net.hear().unwrap().header.ack, peer.nxt);
    assert!(net.a.host(|host| host.tcp_flushed(conn.id)));
    assert_eq!(conn.recv(), [5; 1000]);
    assert_eq!(net.hear().expect("a window update").header.window, 1000);
}

#[test]
fn numbers_wrap_without_notice() {
    // Both sides: the initial number of `a` is brought close to the end of its circle by waiting for it.
    let mut net = Pair::new(seed!()).delay(ms(10));
    let probe = net.a.connect_from(5000, net.b.addr(80)).unwrap();
    net.run_for(ms(100));
    probe.close();
    let first = net.ladder().segments("a", tcp().syn())[0].header.seq;
    let ticks = u64::from(u32::MAX - 100_000 - first.0);
    net.run_until(us(ticks * 4));
    let served = net.b.echo(80);
    let conn = net.a.connect_from(5000, net.b.addr(80)).unwrap();
    net.rule(drop_share(0.05));
    let text = pattern(1, 300_000);
    let mut heard = Vec::new();
    let mut sent = 0;
    while heard.len() < text.len() {
        sent += conn.try_send(&text[sent..]).unwrap();
        net.run_for(ms(20));
        heard.extend(conn.recv());
        assert!(net.now() < us(ticks * 4) + s(600));
    }
    assert!(heard == text && served.outcome().error.is_none());
    net.ladder().assert_sound(1500);
    let last = net.ladder().segments("a", tcp().data()).last().unwrap().header.seq;
    assert!(last.before(SeqNum(1 << 20)) && SeqNum(u32::MAX - 200_000).before(last), "{last}");
}
