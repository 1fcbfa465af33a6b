//! Needless repetitions: how they are noticed, and what is taken back (RFC 5682, RFC 3522, RFC 4015, RFC 2883).

use base::Duration;
use base::event::TransportFact;
use glassnet_testkit::*;
use sim::Verdict;
use stack::Config;

/// A transfer that is under way, on a line with a round trip of 100 ms.
fn under_way(seed: Seed, change: impl Fn(&mut Config)) -> (Pair, Conn, Conn) {
    let mut net = Pair::new(seed).delay(ms(50)).config(|c| c.restart_after_idle = false).config(change);
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_until(s(1));
    let b = listener.accept().expect("open");
    a.set(stack::TcpOption::SendBuffer(1 << 20));
    a.send(&pattern(1, 40 * 1448));
    net.run_until(s(3));
    b.recv();
    (net, a, b)
}

/// Everything that `a` sends in the next second comes 600 ms late, in its order; nothing is lost.
fn spike(net: &mut Pair) {
    let now = net.now();
    net.rule(every(Verdict::Delay(ms(600))).from_a().after(now).until(now + s(1)));
}

fn backoffs(net: &Pair) -> usize {
    net.ladder().facts("a").iter().filter(|(_, fact)| matches!(fact, TransportFact::Backoff { .. })).count()
}

//= rfc5682#2 test
#[test]
fn a_timeout_that_was_needless_is_noticed_by_the_order_of_acknowledgements() {
    for (frto, undone) in [(true, 1), (false, 0)] {
        let (mut net, a, b) = under_way(seed!(), |c| {
            (c.timestamps, c.sack, c.dsack, c.rack, c.frto) = (false, false, false, false, frto);
        });
        let before = a.info().cwnd;
        spike(&mut net);
        let text = pattern(2, 20 * 1448);
        a.send(&text);
        net.run_for(s(8));
        assert_eq!(b.recv(), text);
        assert!(backoffs(&net) > 0, "the timer ran out");
        let info = a.info();
        assert_eq!(info.totals.undone, undone, "F-RTO {frto}");
        assert_eq!(info.cwnd >= before, frto, "{before} -> {}", info.cwnd);
    }
}

//= rfc3522#3.2 test
//= rfc4015#3 test
#[test]
fn timestamps_tell_that_the_original_had_arrived_and_the_window_is_given_back() {
    let (mut net, a, b) = under_way(seed!(), |c| (c.frto, c.rack, c.dsack) = (false, false, false));
    let before = a.info().cwnd;
    spike(&mut net);
    let text = pattern(2, 20 * 1448);
    a.send(&text);
    net.run_for(s(8));
    assert_eq!(b.recv(), text);
    assert!(backoffs(&net) > 0, "the timer ran out");
    let info = a.info();
    assert!(info.totals.undone >= 1 && info.cwnd >= before, "{before} -> {}: {:?}", info.cwnd, info.totals);
}

//= rfc2883#4 test
#[test]
fn who_does_not_tell_of_duplicates_sends_a_plain_acknowledgement() {
    let mut net = Puppet::new(seed!()).config(|c| c.dsack = false);
    let (_conn, peer) = net.answer(|seg| seg.sack_permitted());
    net.send(peer.seg().text(&[1; 100]));
    net.send(peer.seg().text(&[1; 100]));
    assert!(net.take().last().expect("an answer at once").options().sack.iter().next().is_none());
}

#[test]
fn what_was_really_lost_is_not_taken_back() {
    let (mut net, a, b) = under_way(seed!(), |_| {});
    let before = a.info().cwnd;
    net.rule(drop_each([3, 4, 9]).of(tcp().data()).from_a());
    let text = pattern(2, 30 * 1448);
    a.send(&text);
    net.run_for(s(5));
    assert_eq!(b.recv(), text);
    let info = a.info();
    assert_eq!((info.totals.undone, info.totals.dsacks), (0, 0));
    assert!(info.cwnd < before, "{before} -> {}", info.cwnd);
}

//= rfc8985#6.2 test
#[test]
fn reordering_that_was_seen_widens_the_patience() {
    // Every fifth segment comes 40 ms late: at first that looks like a loss, later it does not.
    let mut net = Pair::new(seed!()).delay(ms(50));
    let served = net.b.sink(80);
    let late: Vec<u64> = (0..400).map(|n| n * 5 + 3).collect();
    for n in late {
        net.rule(delay_nth(n, ms(40)).of(tcp().data()).from_a());
    }
    net.a.upload(net.b.addr(80), 1_500_000);
    net.run_until_idle();
    assert_eq!((served.outcome().heard, served.outcome().wrong_at), (1_500_000, None));
    let again: Vec<Duration> = net
        .ladder()
        .facts("a")
        .into_iter()
        .filter(|(_, fact)| matches!(fact, TransportFact::Retransmit { .. }))
        .map(|(at, _)| at)
        .collect();
    let end = served.outcome().last_end.expect("it ended");
    let late_ones = again.iter().filter(|at| **at > end / 2).count();
    assert!(late_ones * 4 <= again.len().max(4), "{late_ones} of {} in the second half", again.len());
}

//= rfc2883#4 test
#[test]
fn what_arrives_twice_is_told_in_the_first_block() {
    let mut net = Puppet::new(seed!());
    let (_conn, mut peer) = net.answer(|seg| seg.sack_permitted());
    let start = peer.nxt;
    net.send(peer.seg().text(&[1; 100]));
    net.send(peer.seg().text(&[1; 100]));
    let blocks: Vec<_> = net.take().last().expect("an answer at once").options().sack.iter().collect();
    assert_eq!(blocks, [(start, start + 100)], "below the acknowledgement");
    // Above it: the duplicate first, and the whole island that it belongs to behind it.
    peer.nxt += 100;
    net.send(peer.seg().seq(peer.nxt + 100).text(&[2; 100]));
    net.send(peer.seg().seq(peer.nxt + 200).text(&[2; 100]));
    net.send(peer.seg().seq(peer.nxt + 200).text(&[2; 100]));
    let blocks: Vec<_> = net.take().last().expect("an answer at once").options().sack.iter().collect();
    let island = (peer.nxt + 100, peer.nxt + 300);
    assert_eq!(blocks[..2], [(peer.nxt + 200, peer.nxt + 300), island]);
}

//= rfc4015#3 test
#[test]
fn a_repetition_that_arrived_twice_gives_the_window_back() {
    // One segment is overtaken by a round trip: it is sent again in vain, and the duplicate is told.
    let (mut net, a, b) = under_way(seed!(), |c| (c.timestamps, c.frto) = (false, false));
    let before = a.info().cwnd;
    net.rule(delay_nth(3, ms(130)).of(tcp().data()).from_a());
    let text = pattern(2, 30 * 1448);
    a.send(&text);
    net.run_for(s(5));
    assert_eq!(b.recv(), text);
    let info = a.info();
    assert!(info.totals.resent >= 1 && info.totals.dsacks >= 1, "{:?}", info.totals);
    assert!(info.totals.undone >= 1 && info.cwnd >= before, "{before} -> {}: {:?}", info.cwnd, info.totals);
}
