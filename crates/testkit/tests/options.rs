//! TCP options: MSS, window scale, timestamps with PAWS (RFC 7323), selective acknowledgements (RFC 2018).

use base::SeqNum;
use base::event::TransportDrop;
use glassnet_testkit::*;

//= rfc9293#3.7.1 MUST-14 SHLD-5 test
#[test]
fn a_segment_fills_the_mtu_and_not_more() {
    for (net, mss, text) in [
        (Pair::new(seed!()), 1460, 1448),
        (Pair::new(seed!()).config(|c| c.timestamps = false), 1460, 1460),
        (Pair::new(seed!()).bare_ip(), 1460, 1448),
        (Pair::new(seed!()).ipv6(), 1440, 1428),
        (Pair::new(seed!()).mtu(576), 536, 524),
        (Pair::new(seed!()).mtu(9000), 8960, 8948),
    ] {
        let mut net = net;
        let served = net.b.sink(80);
        net.a.upload(net.b.addr(80), 100_000);
        net.run_until_idle();
        assert_eq!(served.outcome().heard, 100_000);
        let ladder = net.ladder();
        assert_eq!(ladder.segments("a", tcp().syn())[0].options().mss, Some(mss));
        let most = ladder.segments("a", tcp().data()).iter().map(|s| s.text.len()).max();
        assert_eq!(most, Some(text));
    }
}

//= rfc9293#3.7.1 MUST-15 test
#[test]
fn a_peer_that_names_no_segment_size_takes_536_bytes() {
    for (v6, expected) in [(false, 536), (true, 1220)] {
        let net = Puppet::new(seed!());
        let mut net = if v6 { net.ipv6() } else { net };
        let (conn, _) = net.answer(|seg| seg);
        conn.send(&[1; 3_000]);
        assert_eq!(net.hear().unwrap().text.len(), expected);
    }
}

#[test]
fn an_absurd_segment_size_is_not_believed() {
    let mut net = Puppet::new(seed!());
    let (conn, _) = net.answer(|seg| seg.mss(0));
    conn.send(&[1; 100]);
    assert_eq!(net.hear().unwrap().text.len(), 28);
    let (conn, _) = net.answer(|seg| seg.mss(65_535));
    conn.send(&[1; 3_000]);
    assert_eq!(net.hear().unwrap().text.len(), 1460, "the own link's MTU counts as well");
}

//= rfc7323#2.2 test
//= rfc7323#3.2 test
//= rfc2018#2 test
#[test]
fn options_are_answered_only_when_they_were_offered() {
    let mut net = Puppet::new(seed!());
    net.a.listen(80);
    net.send(seg().ports(1, 80).syn().seq(SeqNum(5)));
    let plain = net.hear().unwrap().options();
    assert_eq!(
        (plain.mss, plain.window_scale, plain.sack_permitted, plain.timestamps),
        (Some(1460), None, false, None)
    );
    net.send(seg().ports(2, 80).syn().seq(SeqNum(5)).mss(1000).scale(3).sack_permitted().ts(77, 0));
    let full = net.hear().unwrap().options();
    assert!(full.window_scale.is_some() && full.sack_permitted);
    assert_eq!(full.timestamps.map(|(_, echo)| echo), Some(77));
}

//= rfc7323#2.2 test
//= rfc9293#3.1 MUST-1 test
#[test]
fn without_scaling_on_both_sides_windows_are_taken_as_they_are() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg.mss(1000).window(2000));
    conn.send(&[1; 10_000]);
    assert_eq!(net.take().len(), 2);
    peer.rcv += 2000;
    net.send(peer.seg().window(3000));
    assert_eq!(net.take().len(), 3);
    net.send(peer.seg().text(b"x"));
    assert_eq!(net.take().last().unwrap().header.window, 65_534, "our own window cannot say more than 65535");
}

//= rfc7323#2.3 test
#[test]
fn a_scale_above_fourteen_counts_as_fourteen() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg.mss(1000).scale(200).window(0));
    conn.send(&[1; 40_000]);
    assert_eq!(net.take().len(), 0);
    net.send(peer.seg().window(1));
    let sent: usize = net.take().iter().map(|s| s.text.len()).sum();
    assert_eq!(sent, 10_000, "1 << 14 bytes, of which the initial window uses ten segments");
    peer.rcv += 10_000;
    net.send(peer.seg().window(1));
    let sent: usize = net.take().iter().map(|s| s.text.len()).sum();
    assert_eq!(sent, 16_000, "all full segments that fit the window");
}

//= rfc7323#4 test
#[test]
fn timestamps_are_echoed_and_their_clock_begins_somewhere() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    listener.accept().unwrap();
    a.send(b"x");
    net.run_for(ms(100));
    let ladder = net.ladder();
    let sent = ladder.segments("a", tcp());
    let answers = ladder.segments("b", tcp());
    let value = |s: &Seen| s.options().timestamps.unwrap();
    assert_eq!(value(&answers[0]).1, value(&sent[0]).0, "the SYN,ACK echoes the SYN");
    assert_eq!(value(answers.last().unwrap()).1, value(sent.last().unwrap()).0);
    assert_eq!(value(sent.last().unwrap()).0 - value(&sent[0]).0, 100, "a tick a millisecond");
    assert!(value(&sent[0]).0 > 1000, "not from zero");
}

//= rfc7323#5.3 test
#[test]
fn a_segment_with_an_older_timestamp_is_old() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg.ts(1000, 0));
    peer.ts = Some((2000, peer.ts.unwrap().1));
    net.send(peer.seg().text(b"new"));
    peer.nxt += 3;
    net.take();
    let old = Some((1500, peer.ts.unwrap().1));
    net.send(Peer { ts: old, ..peer }.seg().text(b"old"));
    let reply = net.hear().expect("it is acknowledged");
    assert_eq!((reply.header.ack, reply.options().timestamps.unwrap().1), (peer.nxt, 2000));
    assert_eq!(conn.recv(), b"new");
    assert_eq!(net.ladder().dropped("a", TransportDrop::OldTimestamp), 1);
    // A reset is believed whatever its timestamp.
    net.send(Peer { ts: old, ..peer }.seg().rst());
    assert_eq!(conn.error(), Some(stack::TcpError::Reset));
}

//= rfc7323#5.3 test
//= rfc7323#4.3 test
#[test]
fn only_an_acceptable_segment_moves_the_recent_timestamp() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.ts(1000, 0));
    // Far outside of the window, with a timestamp of the future: it must not lock the real peer out.
    net.send(Peer { ts: Some((1 << 30, 0)), ..peer }.seg().seq(peer.nxt - 500_000).text(b"forged"));
    net.take();
    // In the window but behind a gap: not echoed either, for the acknowledgement is about the segment before it.
    net.send(Peer { ts: Some((3000, 0)), ..peer }.seg().seq(peer.nxt + 10).text(b"later"));
    assert_eq!(net.hear().unwrap().options().timestamps.unwrap().1, 1000);
    net.send(Peer { ts: Some((1001, 0)), ..peer }.seg().text(b"real"));
    assert_eq!(net.hear().unwrap().options().timestamps.unwrap().1, 1001);
    assert_eq!(conn.recv(), b"real");
}

//= rfc7323#3.2 test
#[test]
fn a_segment_without_the_agreed_timestamp_is_dropped_in_silence() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.ts(1000, 0));
    net.send(Peer { ts: None, ..peer }.seg().text(b"plain"));
    assert_eq!((net.hear(), conn.try_recv(9)), (None, Ok(None)));
    net.send(Peer { ts: None, ..peer }.seg().rst());
    assert_eq!(conn.error(), Some(stack::TcpError::Reset), "but a reset needs none");
}

//= rfc7323#5.5 test
#[test]
fn after_24_days_of_silence_any_timestamp_is_new() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.ts(1000, 0));
    net.run_for(s(25 * 24 * 3600));
    net.send(Peer { ts: Some((999, 0)), ..peer }.seg().text(b"back"));
    assert_eq!(conn.recv(), b"back");
}

//= rfc2018#4 test
#[test]
fn the_first_sack_block_holds_the_newest_segment() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg.sack_permitted());
    let blocks = |net: &mut Puppet, at: u32| {
        net.send(peer.seg().seq(peer.nxt + at).text(&[at as u8; 10]));
        let reply = net.hear().expect("out of order: acknowledged at once");
        assert_eq!(reply.header.ack, peer.nxt);
        reply.options().sack.iter().map(|(from, to)| (from - peer.nxt, to - peer.nxt)).collect::<Vec<_>>()
    };
    assert_eq!(blocks(&mut net, 10), [(10, 20)]);
    assert_eq!(blocks(&mut net, 30), [(30, 40), (10, 20)]);
    assert_eq!(blocks(&mut net, 50), [(50, 60), (30, 40), (10, 20)]);
    assert_eq!(blocks(&mut net, 20), [(10, 40), (50, 60)]);
    assert_eq!(blocks(&mut net, 70), [(70, 80), (10, 40), (50, 60)]);
    assert_eq!(blocks(&mut net, 90), [(90, 100), (70, 80), (10, 40), (50, 60)]);
    assert_eq!(blocks(&mut net, 110).len(), 4, "no more fit");
    net.send(peer.seg().text(&[0; 10]));
    let reply = net.hear().unwrap();
    assert_eq!((reply.header.ack, reply.options().sack.len()), (peer.nxt + 40, 3));
    assert_eq!(conn.recv().len(), 40);
}

//= rfc2018#3 test
#[test]
fn with_timestamps_only_three_blocks_fit() {
    let mut net = Puppet::new(seed!());
    let (_conn, peer) = net.answer(|seg| seg.sack_permitted().ts(1, 0));
    for at in [10, 30, 50, 70] {
        net.send(peer.seg().seq(peer.nxt + at).text(&[1; 10]));
    }
    assert_eq!(net.take().last().unwrap().options().sack.len(), 3);
}

#[test]
fn without_permission_there_are_no_blocks() {
    let mut net = Puppet::new(seed!());
    let (_conn, peer) = net.answer(|seg| seg);
    net.send(peer.seg().seq(peer.nxt + 10).text(&[1; 10]));
    assert_eq!(net.hear().unwrap().options().sack.len(), 0);
}

//= rfc9293#3.7.1 MUST-16 test
#[test]
fn segments_with_sack_blocks_still_fit_the_mtu() {
    let mut with_blocks = 0;
    for seed in seed!().many(5) {
        let mut net = Pair::new(seed).delay(ms(5)).loss(0.05);
        let served = net.b.serve(80, (2, 300_000), 1);
        let talk = net.a.talk(net.b.addr(80), (1, 300_000), 2);
        net.run_until_idle();
        assert_eq!((served.outcome().heard, talk.outcome().heard), (300_000, 300_000));
        let ladder = net.ladder();
        assert_eq!(ladder.left("a", tcp().fragment()).len() + ladder.left("b", frames().fragment()).len(), 0);
        with_blocks += ladder.segments("a", tcp().data().sack()).len();
    }
    assert!(with_blocks > 0, "the case was there");
}

#[test]
fn what_cannot_be_an_option_ends_the_segment_and_nothing_else() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg);
    let good = peer.seg().ts(1, 2).text(b"hi").packet(base::PacketId(1), net.peer(80), net.a.addr(peer.host_port));
    let mut bytes = good.contiguous();
    // The timestamp option's length becomes 0; the checksum is made right again by the difference of that word.
    let option = 20 + 20 + 3;
    assert_eq!(bytes[option], 10);
    bytes[option] = 0;
    let sum = u16::from_be_bytes([bytes[36], bytes[37]]);
    bytes[36..38].copy_from_slice(&(!(u16::checked_sub(!sum, 10).unwrap_or(!sum - 11))).to_be_bytes());
    net.send_bytes(bytes);
    assert_eq!((conn.try_recv(9), net.ladder().dropped("a", TransportDrop::Malformed)), (Ok(None), 1));
    net.send(peer.seg().text(b"hi"));
    assert_eq!(conn.recv(), b"hi");
}
