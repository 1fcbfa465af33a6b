//! Opening a connection: RFC 9293 sections 3.5 and 3.10.7, RFC 6298 for the SYN, RFC 6528 for its number.

use base::SeqNum;
use base::event::{RetransmitCause, TcpState, TransportDrop, TransportFact};
use glassnet_testkit::*;
use stack::TcpError;

use TcpState::*;

//= rfc9293#3.5 test
#[test]
fn three_segments_open_a_connection() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let listener = net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_until_idle();
    assert_eq!(conn.connected(), Ok(true));
    let accepted = listener.accept().expect("the connection waits to be accepted");
    assert_eq!((conn.state(), accepted.state()), (Established, Established));
    assert_eq!(accepted.addresses(), (conn.addresses().1, conn.addresses().0));
    let ladder = net.ladder();
    assert_eq!(ladder.sent("a", tcp().syn()), [ms(0)]);
    assert_eq!(ladder.sent("b", tcp().syn_ack()), [ms(10)]);
    assert_eq!(ladder.sent("a", tcp().pure_ack()), [ms(20)]);
    assert_eq!(ladder.states("a"), [Closed, SynSent, Established]);
    assert_eq!(ladder.states("b"), [Listen, SynReceived, Established]);
    let answer = &ladder.segments("b", tcp().syn_ack())[0];
    assert_eq!((answer.seq, answer.ack), (0, 1));
}

//= rfc6298#5 test
#[test]
fn a_lost_syn_is_retried_after_one_second() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(1).of(tcp().syn()));
    net.a.connect(net.b.addr(80));
    net.run_until_idle();
    assert_eq!(net.ladder().sent("a", tcp().syn()), [ms(0), s(1)]);
}

//= rfc6298#5 test
//= rfc9293#3.8.3 MUST-22 MUST-23 test
#[test]
fn a_syn_that_nobody_answers_is_retried_at_doubling_times_and_then_given_up() {
    let mut net = Pair::new(seed!());
    net.rule(drop_all().of(tcp()));
    let conn = net.a.connect(net.b.addr(80));
    net.run_until_idle();
    let ladder = net.ladder();
    assert_eq!(ladder.sent("a", tcp().syn()), [s(0), s(1), s(3), s(7), s(15), s(31), s(63), s(127)]);
    assert_eq!(conn.connected(), Err(TcpError::TimedOut));
    assert_eq!(net.now(), s(255));
    assert_eq!(ladder.states("a"), [Closed, SynSent, Closed]);
    let facts = ladder.facts("a");
    let again = |fact: &TransportFact| {
        matches!(fact, TransportFact::Retransmit { cause: RetransmitCause::Timeout, len: 0, .. })
    };
    let doubled: Vec<_> = facts.iter().filter_map(|(_, fact)| backoff(fact)).collect();
    assert_eq!(facts.iter().filter(|(_, fact)| again(fact)).count(), 7);
    assert_eq!(doubled, [s(2), s(4), s(8), s(16), s(32), s(64), s(128)]);
}

fn backoff(fact: &TransportFact) -> Option<base::Duration> {
    if let TransportFact::Backoff { rto, .. } = fact { Some(*rto) } else { None }
}

#[test]
fn a_lost_syn_ack_is_sent_again() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(1).of(tcp().syn_ack()));
    net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_until_idle();
    assert_eq!(conn.connected(), Ok(true));
    let answers = net.ladder().sent("b", tcp().syn_ack());
    assert_eq!(answers[..2], [ms(10), ms(1010)]);
    assert!(answers.len() <= 3, "the repeated SYN and the timer may both ask for one: {answers:?}");
}

#[test]
fn text_stands_in_for_a_lost_last_acknowledgement() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(1).of(tcp().pure_ack()).from_a());
    let listener = net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    conn.send(b"hello");
    net.run_for(ms(100));
    assert_eq!(listener.accept().expect("open").recv(), b"hello");
}

//= rfc9293#3.10.7.1 test
//= rfc9293#3.5.2 test
#[test]
fn a_closed_port_refuses_by_a_reset() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let conn = net.a.connect(net.b.addr(81));
    net.run_until_idle();
    assert_eq!(conn.connected(), Err(TcpError::Refused));
    let ladder = net.ladder();
    assert_eq!(ladder.sent("b", tcp().rst()), [ms(10)]);
    let reset = &ladder.segments("b", tcp().rst())[0];
    assert_eq!((reset.seq, reset.ack), (0, 1), "a reset to a SYN has number 0 and acknowledges it");
    assert_eq!(ladder.dropped("b", TransportDrop::NoListener), 1);
    conn.close();
    assert_eq!(net.a.connections(), 0);
}

//= rfc9293#3.5 MUST-10 test
#[test]
fn both_sides_may_open_at_the_same_time() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let a = net.a.connect_from(1000, net.b.addr(2000)).unwrap();
    let b = net.b.connect_from(2000, net.a.addr(1000)).unwrap();
    a.send(b"from a");
    b.send(b"from b");
    net.run_until_idle();
    assert_eq!((a.recv(), b.recv()), (b"from b".to_vec(), b"from a".to_vec()));
    let ladder = net.ladder();
    for host in ["a", "b"] {
        assert_eq!(ladder.states(host), [Closed, SynSent, SynReceived, Established]);
        assert_eq!(ladder.sent(host, tcp().rst()), []);
    }
}

#[test]
fn a_simultaneous_open_that_is_closed_at_once_still_sends_its_text() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let a = net.a.connect_from(1000, net.b.addr(2000)).unwrap();
    let b = net.b.connect_from(2000, net.a.addr(1000)).unwrap();
    a.send(b"from a");
    net.run_until(ms(15));
    assert_eq!(a.state(), SynReceived);
    a.shutdown();
    assert_eq!(a.try_send(b"too late"), Err(TcpError::Closed));
    net.run_for(s(1));
    assert_eq!((b.recv(), b.at_end(), b.state()), (b"from a".to_vec(), true, CloseWait));
}

//= rfc6528#3 test
//= rfc9293#3.4.1 MUST-8 test
#[test]
fn initial_numbers_of_one_pair_of_ends_count_a_tick_every_four_microseconds() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let first = net.a.connect_from(5000, net.b.addr(80)).unwrap();
    net.run_for(s(1));
    first.close();
    net.a.connect_from(5000, net.b.addr(80)).unwrap();
    net.a.connect_from(5001, net.b.addr(80)).unwrap();
    net.run_for(s(1));
    let numbers: Vec<SeqNum> = net.ladder().segments("a", tcp().syn()).iter().map(|s| s.header.seq).collect();
    assert_eq!(numbers[1] - numbers[0], 250_000);
    assert!(numbers[2] - numbers[1] > 1_000_000, "another pair of ends begins somewhere else: {numbers:?}");
}

//= rfc6056#3.3.1 test
#[test]
fn source_ports_are_ephemeral_and_cannot_be_guessed_from_the_last_one() {
    let net = Pair::new(seed!());
    let ports: Vec<u16> = (0..100).map(|_| net.a.connect(net.b.addr(80)).addresses().0.port()).collect();
    assert!(ports.iter().all(|port| *port >= 49_152));
    let mut sorted = ports.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 100, "no port is used twice");
    let neighbours = ports.windows(2).filter(|pair| pair[1].abs_diff(pair[0]) < 10).count();
    assert!(neighbours < 5, "{ports:?}");
}

#[test]
fn a_listener_takes_so_many_half_open_connections_and_no_more() {
    let mut net = Puppet::new(seed!()).config(|c| c.syn_cookies = false);
    net.a.listen_with(80, 4);
    for port in 1..=10 {
        net.send(seg().ports(port, 80).syn().seq(SeqNum(7)));
    }
    assert_eq!(net.take().len(), 4, "four SYNs are answered");
    assert_eq!(net.ladder().dropped("a", TransportDrop::SynQueueFull), 6);
    assert_eq!(net.a.connections(), 4);
    // One of them goes away: there is room for another.
    net.send(seg().ports(1, 80).rst().seq(SeqNum(8)));
    net.send(seg().ports(20, 80).syn().seq(SeqNum(7)));
    assert_eq!(net.take().iter().filter(|s| s.dst.port() == 20).count(), 1);
    // Nobody ever completes: in the end all is forgotten and the listener takes as many again.
    net.run_for(s(200));
    assert_eq!(net.a.connections(), 0);
    net.take();
    for port in 31..=40 {
        net.send(seg().ports(port, 80).syn().seq(SeqNum(7)));
    }
    assert_eq!(net.take().len(), 4);
}

#[test]
fn a_full_accept_queue_lets_connections_wait_until_somebody_is_accepted() {
    let mut net = Pair::new(seed!()).delay(ms(10)).config(|c| c.syn_cookies = false);
    let listener = net.b.listen_with(80, 2);
    let conns: Vec<_> = (0..5).map(|_| net.a.connect(net.b.addr(80))).collect();
    net.run_for(ms(500));
    let open = net.b.host(|host| host.tcp_connections().filter(|(_, _, state)| *state == Established).count());
    assert_eq!(open, 2);
    let mut accepted = 0;
    for _ in 0..200 {
        while listener.accept().is_some() {
            accepted += 1;
        }
        net.run_for(s(1));
    }
    assert_eq!(accepted, 5, "every one gets in at last");
    assert!(conns.iter().all(|conn| conn.connected() == Ok(true)));
}

#[test]
fn a_listener_that_closes_resets_what_nobody_accepted() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    let listener = net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(ms(50));
    listener.close();
    net.run_for(ms(50));
    assert_eq!(conn.error(), Some(TcpError::Reset));
    assert_eq!(net.b.connections(), 0);
    let late = net.a.connect(net.b.addr(80));
    net.run_for(ms(50));
    assert_eq!(late.connected(), Err(TcpError::Refused));
}

//= rfc9293#3.10.7.3 test
#[test]
fn a_syn_ack_for_something_else_is_answered_by_a_reset_and_the_opening_goes_on() {
    let mut net = Puppet::new(seed!());
    let conn = net.a.connect(net.peer(80));
    let syn = net.hear().unwrap();
    let answer = |ack| seg().ports(80, syn.src.port()).syn().seq(SeqNum(9)).ack(ack);
    net.send(answer(syn.header.seq + 5));
    let reset = net.hear().unwrap();
    assert_eq!((reset.header.seq, reset.flags()), (syn.header.seq + 5, wire::tcp::Flags::RST));
    assert_eq!(conn.state(), SynSent);
    // A reset that acknowledges nothing of ours is no refusal.
    net.send(seg().ports(80, syn.src.port()).rst().seq(SeqNum(9)).ack(syn.header.seq));
    net.send(seg().ports(80, syn.src.port()).rst().seq(SeqNum(9)));
    assert_eq!(conn.state(), SynSent);
    net.send(answer(syn.header.seq + 1));
    assert_eq!(conn.state(), Established);
}

//= rfc9293#3.5 test
#[test]
fn an_old_duplicate_syn_does_no_harm() {
    // The RFC's figure 8: the peer resets the answer to a SYN that it does not remember, then its real SYN comes.
    let mut net = Puppet::new(seed!());
    let listener = net.a.listen(80);
    net.send(seg().ports(7, 80).syn().seq(SeqNum(90)));
    let stale = net.hear().unwrap();
    assert_eq!(stale.header.ack, SeqNum(91));
    net.send(seg().ports(7, 80).rst().seq(SeqNum(91)));
    assert_eq!(net.a.connections(), 0);
    net.send(seg().ports(7, 80).syn().seq(SeqNum(100)));
    let answer = net.hear().unwrap();
    assert_eq!(answer.header.ack, SeqNum(101));
    net.send(seg().ports(7, 80).seq(SeqNum(101)).ack(answer.header.seq + 1));
    assert_eq!(listener.accept().unwrap().state(), Established);
}

//= rfc9293#3.10.7.4 test
#[test]
fn a_half_open_connection_answers_what_it_does_not_expect() {
    let mut net = Puppet::new(seed!());
    net.a.listen(80);
    net.send(seg().ports(7, 80).syn().seq(SeqNum(100)));
    let answer = net.hear().unwrap();
    let expected = (answer.header.seq + 1, SeqNum(101), wire::tcp::Flags::ACK);
    // A reset inside of the window, another SYN, and something far away: an acknowledgement says what is expected.
    for odd in [
        seg().ports(7, 80).rst().seq(SeqNum(500)),
        seg().ports(7, 80).syn().seq(SeqNum(500)),
        seg().ports(7, 80).seq(SeqNum(99_999_999)).ack(answer.header.seq + 1),
    ] {
        net.send(odd);
        let reply = net.hear().expect("an acknowledgement");
        assert_eq!((reply.header.seq, reply.header.ack, reply.flags()), expected);
    }
    // An acknowledgement of what was never sent gets a reset.
    net.send(seg().ports(7, 80).seq(SeqNum(101)).ack(answer.header.seq + 9));
    let reset = net.hear().unwrap();
    assert_eq!((reset.header.seq, reset.flags()), (answer.header.seq + 9, wire::tcp::Flags::RST));
    net.send(seg().ports(7, 80).seq(SeqNum(101)).ack(answer.header.seq + 1));
    assert!(net.ladder().states("a").contains(&Established));
}

//= rfc9293#3.5.1 test
#[test]
fn a_peer_that_restarted_finds_the_old_connection_and_ends_it() {
    let mut net = Puppet::new(seed!());
    let listener = net.a.listen(80);
    let peer = net.dial(80, |syn| syn);
    let old = listener.accept().unwrap();
    // The peer forgot everything and opens anew from the same port.
    let syn = seg().ports(peer.port, 80).syn().seq(peer.nxt + 5_000);
    net.send(syn.clone());
    let challenge = net.hear().unwrap();
    assert_eq!((challenge.header.seq, challenge.header.ack), (peer.rcv, peer.nxt));
    assert_eq!(old.state(), Established);
    net.send(seg().ports(peer.port, 80).rst().seq(challenge.header.ack));
    assert_eq!(old.error(), Some(TcpError::Reset));
    net.send(syn);
    assert_eq!(net.hear().unwrap().header.ack, peer.nxt + 5_001);
}

//= rfc9293#3.5 MUST-11 test
#[test]
fn a_reset_in_syn_received_leads_back_to_where_the_connection_came_from() {
    // From LISTEN: the listener goes on as if nothing had been, and its program hears nothing.
    let mut net = Puppet::new(seed!());
    let listener = net.a.listen(80);
    net.send(seg().ports(9, 80).syn().seq(SeqNum(7)));
    net.send(seg().ports(9, 80).rst().seq(SeqNum(8)));
    assert_eq!((net.a.connections(), listener.accept().is_none()), (0, true));
    net.take();
    net.dial(80, |seg| seg);
    assert!(listener.accept().is_some());
    // From SYN-SENT (both opened at once): the program hears that it was refused.
    let conn = net.a.connect(net.peer(70));
    let syn = net.take().pop().expect("a SYN");
    net.send(seg().ports(70, syn.src.port()).syn().seq(SeqNum(50)));
    assert_eq!(conn.state(), TcpState::SynReceived);
    net.send(seg().ports(70, syn.src.port()).rst().seq(SeqNum(51)));
    assert_eq!(conn.connected(), Err(TcpError::Refused));
}

#[test]
fn a_connection_may_be_given_up_before_it_is_open() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.b.listen(80);
    let conn = net.a.connect(net.b.addr(80));
    net.run_for(ms(5));
    conn.close();
    net.run_until_idle();
    assert_eq!(net.a.connections(), 0);
    assert_eq!(net.b.connections(), 0, "the answer to the SYN was reset");
    assert_eq!(net.ladder().sent("a", tcp().rst()), [ms(20)]);
}
