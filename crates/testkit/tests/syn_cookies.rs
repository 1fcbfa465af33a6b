//! What a cookie remembers, and what a listener does with one: RFC 4987 section 3.6.

use base::SeqNum;
use base::event::TcpState;
use glassnet_testkit::*;
use wire::tcp::Flags;

/// A listener whose queue is full of those who never answer.
fn besieged(seed: Seed) -> (Puppet, Listening) {
    let mut net = Puppet::new(seed);
    let listener = net.a.listen_with(80, 4);
    for port in 1..=4 {
        net.send(seg().ports(port, 80).syn().seq(SeqNum(7)));
    }
    net.take();
    (net, listener)
}

/// The SYN of `port`, and the answer to it.
fn knock(net: &mut Puppet, port: u16, syn: impl FnOnce(Seg) -> Seg) -> Seen {
    net.send(syn(seg().ports(port, 80).syn().seq(SeqNum(5_000_000)).mss(1300)));
    net.take().into_iter().find(|seen| seen.dst.port() == port).expect("every SYN is answered")
}

//= rfc4987#3.6 test
#[test]
fn a_full_queue_answers_by_a_cookie_and_remembers_nothing() {
    let (mut net, listener) = besieged(seed!());
    let before = net.a.connections();
    let answer = knock(&mut net, 100, |seg| seg);
    assert_eq!((answer.flags(), answer.ack), (Flags::SYN | Flags::ACK, 5_000_001));
    assert_eq!(net.a.connections(), before);
    net.run_for(s(10));
    assert!(net.take().iter().all(|seen| seen.dst.port() != 100), "what is not remembered is not sent again");
    net.send(seg().ports(100, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1));
    let conn = listener.accept().expect("the cookie came back");
    assert_eq!(conn.state(), TcpState::Established);
    net.send(seg().ports(100, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1).text(b"hello"));
    assert_eq!(conn.recv(), b"hello");
    conn.send(&[1; 4000]);
    assert_eq!(net.take().iter().map(|seen| seen.text.len()).max(), Some(1220), "the next size below 1300 was kept");
}

//= rfc4987#3.6 test
#[test]
fn timestamps_carry_scaling_and_sack_through_a_cookie() {
    let (mut net, listener) = besieged(seed!());
    let answer = knock(&mut net, 100, |seg| seg.ts(99, 0).sack_permitted().scale(5));
    let options = answer.options();
    let (value, echo) = options.timestamps.expect("they were offered");
    assert!(options.sack_permitted && options.window_scale.is_some() && echo == 99);
    net.send(seg().ports(100, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1).ts(100, value).window(1000));
    let info = listener.accept().expect("the cookie came back").info();
    assert!(info.options.sack && info.options.timestamps, "{:?}", info.options);
    assert_eq!((info.scales.0, info.send_window), (5, 1000 << 5));
}

//= rfc4987#3.6 test
#[test]
fn without_timestamps_a_cookie_promises_neither_scaling_nor_sack() {
    let (mut net, listener) = besieged(seed!());
    let answer = knock(&mut net, 100, |seg| seg.sack_permitted().scale(5));
    assert!(!answer.options().sack_permitted && answer.options().window_scale.is_none());
    net.send(seg().ports(100, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1));
    let info = listener.accept().expect("the cookie came back").info();
    assert!(!info.options.sack && info.scales == (0, 0));
}

//= rfc4987#3.6 test
#[test]
fn a_guessed_and_a_stale_cookie_open_nothing() {
    let (mut net, listener) = besieged(seed!());
    let answer = knock(&mut net, 100, |seg| seg);
    for off in [1u32, 2, 1 << 24, 1 << 27, 0x8000_0000] {
        net.send(seg().ports(100, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1 + off));
        assert!(net.take().iter().any(|seen| seen.flags().contains(Flags::RST)), "a stranger is refused");
    }
    // Right, but for somebody else.
    net.send(seg().ports(101, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1));
    net.send(seg().ports(100, 80).seq(SeqNum(5_000_002)).ack(answer.header.seq + 1));
    assert!(listener.accept().is_none());
    // Right, but minutes later.
    net.run_for(s(200));
    net.send(seg().ports(100, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1));
    assert!(listener.accept().is_none());
}

//= rfc4987#3.6 test
#[test]
fn a_listener_in_peace_knows_no_cookies() {
    let (mut net, _) = besieged(seed!());
    let answer = knock(&mut net, 100, |seg| seg);
    let mut calm = Puppet::new(seed!());
    let listener = calm.a.listen(80);
    calm.run_for(ms(1));
    // The same host's numbers, a listener whose queue was never full: an acknowledgement out of nowhere is a stranger's.
    calm.send(seg().ports(100, 80).seq(SeqNum(5_000_001)).ack(answer.header.seq + 1));
    assert!(listener.accept().is_none());
    assert!(calm.take()[0].flags().contains(Flags::RST));
}
