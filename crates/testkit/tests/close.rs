//! Closing a connection: RFC 9293 section 3.6, TIME-WAIT by RFC 1337 and RFC 6191, resets by RFC 5961.

use base::SeqNum;
use base::event::{TcpState, TransportDrop};
use glassnet_testkit::*;
use stack::TcpError;

use TcpState::*;

/// An open connection: `a`'s side and `b`'s.
fn open(net: &mut Pair) -> (Conn, Conn) {
    let listener = net.b.listen(80);
    let a = net.a.connect(net.b.addr(80));
    net.run_for(ms(100));
    (a, listener.accept().expect("open"))
}

//= rfc9293#3.6 test
//= rfc9293#3.3.2 test
//= rfc9293#3.6.1 MUST-13 test
#[test]
fn the_side_that_closes_first_waits_for_two_segment_lifetimes() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.close();
    net.run_for(ms(100));
    assert_eq!((a.state(), b.state()), (FinWait2, CloseWait));
    b.close();
    net.run_for(ms(100));
    assert_eq!((a.state(), net.b.connections()), (TimeWait, 0));
    // The FIN reached `a` 10 ms after 200 ms; TIME-WAIT is twice 30 s.
    net.run_until(ms(60_209));
    assert_eq!(net.a.connections(), 1);
    net.run_until(ms(60_210));
    assert_eq!(net.a.connections(), 0);
    let ladder = net.ladder();
    assert_eq!(ladder.states("a"), [Closed, SynSent, Established, FinWait1, FinWait2, TimeWait, Closed]);
    assert_eq!(ladder.states("b"), [Listen, SynReceived, Established, CloseWait, LastAck, Closed]);
}

//= rfc9293#3.6 test
#[test]
fn a_half_closed_connection_still_carries_text_the_other_way() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.send(b"last words");
    a.shutdown();
    net.run_for(ms(100));
    assert_eq!((b.recv(), b.at_end()), (b"last words".to_vec(), true));
    assert_eq!(a.try_send(b"more"), Err(TcpError::Closed));
    let long = pattern(3, 60_000);
    b.send(&long);
    b.shutdown();
    net.run_for(s(2));
    assert_eq!((a.recv(), a.at_end()), (long, true));
    assert_eq!(a.state(), TimeWait);
}

//= rfc9293#3.6 test
#[test]
fn both_sides_may_close_at_the_same_time() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.close();
    b.close();
    net.run_until_idle();
    let ladder = net.ladder();
    for host in ["a", "b"] {
        let states = ladder.states(host);
        assert_eq!(states[2..], [Established, FinWait1, Closing, TimeWait, Closed]);
    }
    assert_eq!(net.a.connections() + net.b.connections(), 0);
}

#[test]
fn all_eleven_states_are_reached() {
    let mut seen = std::collections::BTreeSet::new();
    for simultaneous in [false, true] {
        let mut net = Pair::new(seed!()).delay(ms(10));
        let (a, b) = open(&mut net);
        a.close();
        if !simultaneous {
            net.run_for(ms(50));
        }
        b.close();
        net.run_until_idle();
        seen.extend(net.ladder().states("a"));
        seen.extend(net.ladder().states("b"));
    }
    assert_eq!(seen.len(), 11, "{seen:?}");
}

#[test]
fn a_lost_fin_is_sent_again() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(1).of(tcp().fin()));
    let (a, b) = open(&mut net);
    a.shutdown();
    net.run_for(s(1));
    assert!(b.at_end());
    assert_eq!(net.ladder().sent("a", tcp().fin()), [ms(100), ms(320)], "200 ms more than the round trip");
    assert_eq!((a.state(), b.state()), (FinWait2, CloseWait));
}

//= rfc9293#3.10.7.4 test
#[test]
fn a_fin_repeated_in_time_wait_is_acknowledged_again_and_starts_the_wait_anew() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.close();
    net.run_for(ms(100));
    // The acknowledgement of `b`'s FIN is lost.
    net.rule(drop_nth(1).of(tcp().pure_ack()).from_a());
    b.close();
    net.run_until_idle();
    let ladder = net.ladder();
    assert_eq!(ladder.sent("b", tcp().fin()), [ms(200), ms(420)]);
    assert_eq!(ladder.sent("a", tcp().pure_ack())[1..], [ms(210), ms(430)]);
    assert_eq!(net.now(), s(60) + ms(430));
    assert_eq!(net.b.connections(), 0);
}

//= rfc1337#3 test
#[test]
fn a_reset_does_not_end_time_wait() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg);
    conn.close();
    net.take();
    peer.rcv += 1;
    net.send(peer.seg().fin());
    peer.nxt += 1;
    assert_eq!(net.a.connections(), 1);
    net.send(peer.seg().rst());
    assert_eq!(conn.state(), TimeWait);
    // An old acknowledgement is answered, but not for ever; old text is.
    net.take();
    let answered = (0..50).filter(|_| {
        net.send(peer.seg().seq(peer.nxt - 1));
        net.hear().is_some()
    });
    assert_eq!(answered.count(), 10);
    net.send(peer.seg().seq(peer.nxt - 1).text(b"x"));
    assert_eq!(net.hear().unwrap().header.ack, peer.nxt);
}

//= rfc6191#2 test
//= rfc1122#4.2.2.13 test
//= rfc9293#3.6.1 SHLD-4 test
#[test]
fn a_new_syn_opens_a_connection_out_of_time_wait() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let listener = net.b.listen(80);
    let a = net.a.connect_from(5000, net.b.addr(80)).unwrap();
    net.run_for(ms(100));
    let b = listener.accept().unwrap();
    a.send(b"unread");
    let (text, mut said) = (pattern(1, 900_000), 0);
    while said < text.len() {
        said += b.try_send(&text[said..]).unwrap();
        net.run_for(ms(20));
        a.recv();
    }
    b.shutdown();
    net.run_for(ms(100));
    a.recv();
    a.close();
    net.run_for(ms(100));
    assert_eq!((b.state(), net.a.connections()), (TimeWait, 0));
    let again = net.a.connect_from(5000, net.b.addr(80)).unwrap();
    net.run_for(ms(100));
    assert_eq!(again.connected(), Ok(true));
    assert_eq!((b.state(), b.recv(), b.at_end()), (Closed, b"unread".to_vec(), true));
    again.send(b"new");
    net.run_for(ms(100));
    assert_eq!(listener.accept().unwrap().recv(), b"new");
    let numbers: Vec<SeqNum> = net.ladder().segments("b", tcp().syn_ack()).iter().map(|s| s.header.seq).collect();
    assert!(numbers[1] - numbers[0] > 900_000 && numbers[1] - numbers[0] < 1 << 31, "behind all numbers used before");
}

#[test]
fn an_old_syn_does_not_end_time_wait() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg);
    conn.shutdown();
    net.take();
    peer.rcv += 1;
    net.send(peer.seg().fin());
    net.take();
    net.a.listen(peer.host_port);
    net.send(seg().ports(80, peer.host_port).syn().seq(peer.iss - 10));
    let reply = net.hear().unwrap();
    assert_eq!((reply.header.ack, conn.state()), (peer.nxt + 1, TimeWait));
}

//= rfc9293#3.6.1 test
#[test]
fn text_for_a_program_that_is_gone_is_answered_by_a_reset() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.close();
    net.run_for(ms(100));
    b.send(b"is anybody there?");
    net.run_for(ms(100));
    assert_eq!(b.error(), Some(TcpError::Reset));
    assert_eq!(net.a.connections(), 0);
    assert_eq!(net.ladder().dropped("a", TransportDrop::Closed), 1);
}

//= rfc9293#3.6.1 SHLD-3 test
#[test]
fn closing_with_unread_text_resets_the_connection() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    b.send(b"nobody reads this");
    net.run_for(ms(100));
    a.close();
    net.run_for(ms(100));
    assert_eq!((b.error(), net.a.connections()), (Some(TcpError::Reset), 0));
}

//= rfc9293#3.10.5 test
//= rfc9293#3.6 MUST-12 test
#[test]
fn an_abort_tells_the_other_side_which_keeps_what_it_has_received() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.send(b"kept");
    net.run_for(ms(100));
    a.abort();
    net.run_for(ms(100));
    assert_eq!((b.recv(), b.error()), (b"kept".to_vec(), Some(TcpError::Reset)));
    assert_eq!(a.error(), Some(TcpError::Aborted));
    a.close();
    b.close();
    assert_eq!(net.a.connections() + net.b.connections(), 0);
}

#[test]
fn an_abort_is_told_even_when_the_program_leaves_at_once_with_text_unread() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    b.send(b"nobody reads this");
    net.run_for(ms(100));
    net.a.host(|host| {
        host.tcp_abort(a.id);
        host.tcp_release(a.id);
    });
    net.run_for(ms(100));
    assert_eq!((b.error(), net.a.connections()), (Some(TcpError::Reset), 0));
}

#[test]
fn unread_text_does_not_shorten_time_wait() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    b.send(b"unread");
    a.shutdown();
    b.shutdown();
    net.run_for(ms(100));
    a.close();
    assert_eq!((a.state(), net.ladder().sent("a", tcp().rst())), (TimeWait, vec![]));
    net.run_until_idle();
    assert_eq!(net.a.connections(), 0);
}

#[test]
fn a_side_that_missed_the_reset_gets_another_one_when_it_speaks() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(1).of(tcp().rst()));
    let (a, b) = open(&mut net);
    a.abort();
    net.run_for(ms(100));
    assert_eq!(b.state(), Established);
    // The program at `a` still holds the aborted connection: its end is a stranger all the same.
    b.send(b"hello?");
    net.run_for(ms(100));
    assert_eq!(b.error(), Some(TcpError::Reset));
    assert_eq!(net.ladder().sent("a", tcp().rst()).len(), 2);
}

#[test]
fn a_fin_that_overtakes_its_text_waits_for_it() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(delay_nth(1, ms(50)).of(tcp().data()).from_a());
    let (a, b) = open(&mut net);
    a.send(b"late text");
    net.run_for(ms(1));
    a.shutdown();
    net.run_for(ms(20));
    assert_eq!((b.state(), b.try_recv(10)), (Established, Ok(None)));
    net.run_for(ms(100));
    assert_eq!((b.recv(), b.at_end(), b.state()), (b"late text".to_vec(), true, CloseWait));
}

#[test]
fn the_last_text_and_the_fin_share_a_segment() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.send_and_finish(b"bye");
    net.run_for(ms(100));
    assert_eq!(net.ladder().sent("a", tcp().fin().len(3)), [ms(100)]);
    assert_eq!((b.recv(), b.at_end()), (b"bye".to_vec(), true));
}

#[test]
fn an_orphan_does_not_wait_for_ever_for_the_other_sides_fin() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, b) = open(&mut net);
    a.close();
    net.run_for(s(120));
    assert_eq!((net.a.connections(), b.state()), (0, CloseWait));
    // A program that is still there may wait as long as it likes.
    let (a, _b) = (net.a.connect(net.b.addr(80)), ());
    net.run_for(ms(100));
    a.shutdown();
    net.run_for(s(1000));
    assert_eq!(a.state(), FinWait2);
}

#[test]
fn a_fin_that_nobody_acknowledges_is_given_up() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let (a, _) = open(&mut net);
    net.plug(false);
    a.close();
    net.run_until_idle();
    assert_eq!(net.a.connections(), 0);
}

//= rfc5961#3.2 test
//= rfc5961#4.2 test
#[test]
fn only_a_reset_at_the_expected_number_is_believed() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg);
    // Outside of the window: nothing at all.
    net.send(peer.seg().rst().seq(peer.nxt - 1));
    net.send(peer.seg().rst().seq(peer.nxt + 70_000));
    assert_eq!((net.hear(), conn.state()), (None, Established));
    // Inside: a challenge, which a real peer would answer by the right number.
    for odd in [peer.seg().rst().seq(peer.nxt + 1), peer.seg().syn(), peer.seg().syn().seq(peer.nxt - 1)] {
        net.send(odd);
        let challenge = net.hear().expect("a challenge");
        assert_eq!((challenge.header.seq, challenge.header.ack), (peer.rcv, peer.nxt));
        assert_eq!(conn.state(), Established);
    }
    net.send(peer.seg().rst());
    assert_eq!((net.hear(), conn.error()), (None, Some(TcpError::Reset)));
}

//= rfc5961#7 test
#[test]
fn challenges_are_limited() {
    let mut net = Puppet::new(seed!());
    let (_conn, peer) = net.answer(|seg| seg);
    (0..100).for_each(|_| net.send(peer.seg().rst().seq(peer.nxt + 1)));
    assert_eq!(net.take().len(), 10);
    net.run_for(s(1));
    (0..100).for_each(|_| net.send(peer.seg().seq(peer.nxt + 1_000_000)));
    assert_eq!(net.take().len(), 10, "a second later there is a new share, also for acknowledgements of nowhere");
}

//= rfc5961#5.2 test
#[test]
fn an_acknowledgement_of_what_was_never_sent_is_challenged() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg);
    net.send(peer.seg().ack(peer.rcv + 1).text(b"forged"));
    assert_eq!(net.hear().unwrap().header.ack, peer.nxt);
    assert_eq!((conn.try_recv(10), conn.state()), (Ok(None), Established));
}

#[test]
fn nothing_is_left_of_many_connections_after_two_segment_lifetimes() {
    let mut net = Pair::new(seed!()).delay(ms(10)).loss(0.05);
    let served = net.b.serve(80, (2, 3_000), 1);
    let talks: Vec<_> = (0..60).map(|_| net.a.talk(net.b.addr(80), (1, 2_000), 2)).collect();
    net.run_until_idle();
    assert!(talks.iter().all(|talk| talk.outcome().ended == 1));
    assert_eq!(served.outcome().connections, served.outcome().ended);
    assert_eq!((net.a.connections(), net.b.connections()), (0, 0));
    // And the ways that are not in order.
    let listener = net.b.listen(81);
    for n in 0..40 {
        let conn = net.a.connect(net.b.addr(if n % 5 == 0 { 82 } else { 81 }));
        net.run_for(ms(n * 7));
        match n % 4 {
            0 => conn.abort(),
            1 => drop(conn.try_send(b"unread")),
            _ => {}
        }
        conn.close();
        if n % 3 == 0 {
            listener.accept().inspect(|conn| conn.close());
        }
    }
    listener.close();
    net.run_until_idle();
    let left: Vec<_> = net.b.host(|host| host.tcp_connections().collect());
    assert_eq!((net.a.connections(), left), (0, Vec::new()));
}
