//! Opening a connection: RFC 9293 section 3.5, RFC 6298, RFC 6528.

use glassnet_testkit::*;

//= rfc6298#5 test
#[test]
fn a_lost_syn_is_retried_after_one_second() {
    let mut net = Pair::new(seed!()).delay(ms(10));
    net.rule(drop_nth(1).of(tcp().syn()));
    net.a.connect(net.b.addr(80));
    net.run_until_idle();
    assert_eq!(net.ladder().sent("a", tcp().syn()), [ms(0), s(1)]);
}

#[test]
fn bytes_are_talked() {
    let mut net = Pair::new(seed!()).delay(ms(10)).loss(0.1);
    let served = net.b.sink(80);
    let talk = net.a.upload(net.b.addr(80), 100_000);
    net.run_until_idle();
    assert_eq!(served.outcome().heard, 100_000);
    assert_eq!(talk.outcome().ends_heard, 1);
    assert_eq!(net.a.connections(), 0);
}
