//! Congestion marks instead of drops: RFC 3168.

use base::event::TransportFact;
use glassnet_testkit::*;
use stack::Ecn;
use wire::tcp::Flags;

/// The marks that `node`'s packets left it with, for segments with and without text.
fn marks(net: &Pair, node: &str) -> (Vec<u8>, Vec<u8>) {
    let ladder = net.ladder();
    let of = ladder.recording().node(node);
    let mut with_and_without = (Vec::new(), Vec::new());
    for frame in ladder.recording().frames() {
        if Some(frame.nic.node) != of || frame.direction != base::Direction::Out || frame.bytes[9] != 6 {
            continue;
        }
        let headers = 20 + usize::from(frame.bytes[32] >> 4) * 4;
        let list = if frame.bytes.len() > headers { &mut with_and_without.0 } else { &mut with_and_without.1 };
        list.push(frame.bytes[1] & 3);
    }
    with_and_without
}

//= rfc3168#6.1.1 test
//= rfc9293#3.8.2 SHLD-8 test
#[test]
fn two_sides_agree_only_when_one_offers_and_the_other_does_not_refuse() {
    let all = [Ecn::Off, Ecn::Answer, Ecn::Offer];
    for (ours, theirs) in all.into_iter().flat_map(|ours| all.map(|theirs| (ours, theirs))) {
        let mut net =
            Pair::new(seed!()).delay(ms(10)).bare_ip().config_a(|c| c.ecn = ours).config_b(|c| c.ecn = theirs);
        let served = net.b.sink(80);
        net.a.upload(net.b.addr(80), 20_000);
        net.run_until_idle();
        assert_eq!(served.outcome().heard, 20_000);
        let agreed = ours == Ecn::Offer && theirs != Ecn::Off;
        let (text, control) = marks(&net, "a");
        let capable = if agreed { 2 } else { 0 };
        assert!(text.iter().all(|mark| *mark == capable), "{ours:?} and {theirs:?}: {text:?}");
        assert!(control.iter().all(|mark| *mark == 0), "nothing but text is capable: {control:?}");
    }
}

//= rfc3168#6.1.5 test
#[test]
fn what_is_sent_again_is_not_marked_as_capable() {
    let mut net = Pair::new(seed!()).delay(ms(10)).bare_ip().config(|c| c.ecn = Ecn::Offer);
    net.b.sink(80);
    net.rule(drop_nth(4).of(tcp().data()));
    net.a.upload(net.b.addr(80), 30_000);
    net.run_until_idle();
    assert_eq!(marks(&net, "a").0.iter().filter(|mark| **mark != 2).count(), 1, "the repetition alone");
}

//= rfc3168#6.1.1.1 test
#[test]
fn a_syn_that_is_lost_is_sent_again_without_the_offer() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.ecn = Ecn::Offer);
    net.rule(drop_nth(1).of(tcp().syn()));
    net.b.sink(80);
    net.a.upload(net.b.addr(80), 1000);
    net.run_until_idle();
    let syns: Vec<Flags> = net.ladder().segments("a", tcp().syn()).iter().map(|syn| syn.flags()).collect();
    assert_eq!(syns, [Flags::SYN | Flags::ECE | Flags::CWR, Flags::SYN]);
}

/// A host that offers, and a peer that agrees.
fn agreed(seed: Seed) -> (Puppet, Conn, Peer) {
    let mut net = Puppet::new(seed).config(|c| c.ecn = Ecn::Offer);
    let (conn, peer) = net.answer(|seg| seg.mss(1000).ece());
    assert!(conn.info().options.ecn);
    (net, conn, peer)
}

//= rfc3168#6.1.3 test
#[test]
fn a_mark_is_echoed_until_the_sender_says_that_it_has_reduced() {
    let (mut net, _conn, mut peer) = agreed(seed!());
    let mut echoed = Vec::new();
    for n in 0..8 {
        let seg = peer.seg().text(&[1; 1000]);
        let seg = if n == 2 { seg.marked() } else { seg };
        net.send(if n == 6 { seg.cwr() } else { seg });
        peer.nxt += 1000;
        net.run_for(ms(50));
        echoed.push(net.take().last().expect("an acknowledgement").flags().contains(Flags::ECE));
    }
    assert_eq!(echoed, [false, false, true, true, true, true, false, false]);
}

//= rfc3168#6.1.2 test
#[test]
fn an_echo_halves_the_window_once_in_a_round_trip_and_is_confirmed() {
    let (mut net, conn, mut peer) = agreed(seed!());
    conn.send(&pattern(1, 20_000));
    let sent = net.take().len();
    let before = conn.info().cwnd;
    for _ in 0..4 {
        peer.rcv += 1000;
        net.send(peer.seg().ece());
    }
    let info = conn.info();
    assert!(info.cwnd < before && info.cwnd >= before / 2, "{before} -> {} of {sent} segments", info.cwnd);
    assert_eq!(info.totals.resent, 0, "nothing was lost");
    let reductions = net
        .ladder()
        .facts("a")
        .into_iter()
        .filter(|(_, fact)| matches!(fact, TransportFact::Congestion { why, .. } if why.contains("ECN")));
    assert_eq!(reductions.count(), 1, "one window, one answer");
    // The first new text says so.
    peer.rcv += 6000;
    net.send(peer.seg());
    conn.send(&pattern(2, 3000));
    let cwr: Vec<bool> = net.take().iter().map(|seen| seen.flags().contains(Flags::CWR)).collect();
    assert_eq!(cwr.iter().filter(|cwr| **cwr).count(), 1, "{cwr:?}");
}

//= rfc3168#6.1.2 test
#[test]
fn an_echo_that_nobody_agreed_on_changes_nothing() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg.mss(1000));
    conn.send(&pattern(1, 10_000));
    let before = conn.info().cwnd;
    peer.rcv += 1000;
    net.send(peer.seg().ece());
    assert!(conn.info().cwnd >= before);
}
