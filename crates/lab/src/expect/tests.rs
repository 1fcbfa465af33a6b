//! The language over a small recording made by hand.

use std::net::SocketAddr;

use proptest::prelude::*;

use base::event::{AppFact, Event, Fact, Flow, LinkDrop, TcpMetrics, TcpState, TransportFact};
use base::{Direction, Duration, FrameSeen, Instant, LinkType, Nic, NicInfo, NodeId, PacketId, Port, SeqNum};
use scope::{Recording, Wants};
use wire::ip::Protocol;
use wire::{PacketBuf, ipv4, tcp};

use super::ast::{Arithmetic, Comparison, Expr, What};
use super::error::Span;
use super::unit::UNITS;
use super::*;

const CLIENT: Nic = Nic { node: NodeId(0), port: Port(0) };
const SERVER: Nic = Nic { node: NodeId(1), port: Port(0) };

fn ms(ms: u64) -> Instant {
    Instant::from_nanos(ms * 1_000_000)
}

fn segment(from: u8, to: u8, flags: tcp::Flags, data: &[u8]) -> Vec<u8> {
    let (src, dst) = ([192, 0, 2, from].into(), [192, 0, 2, to].into());
    let mut packet = PacketBuf::from_vec(PacketId::NONE, data.to_vec());
    let header = tcp::Header {
        src_port: 40_000 + u16::from(from),
        dst_port: 40_000 + u16::from(to),
        seq: SeqNum(1000),
        ack: SeqNum(0),
        flags,
        window: 65_535,
        urgent: 0,
        options: tcp::Options::default(),
        header_len: 20,
    };
    header.push(&mut packet, src, dst);
    let (src, dst) = ([192, 0, 2, from].into(), [192, 0, 2, to].into());
    ipv4::Header { src, dst, protocol: Protocol::TCP, ..ipv4::Header::default() }.push(&mut packet);
    packet.contiguous().to_vec()
}

/// Three SYNs of the client (the first two are lost), a segment of 3 bytes; states, metrics and what programs said.
fn recording() -> Recording {
    let mut recording = Recording::default();
    for (nic, node) in [(CLIENT, "client"), (SERVER, "server")] {
        let info = NicInfo { node: node.into(), name: "eth0".into(), link_type: LinkType::Ip, mac: None };
        recording.add_nic(nic, info);
    }
    let frames = [
        (0, CLIENT, Direction::Out, 1, segment(1, 2, tcp::Flags::SYN, b"")),
        (1000, CLIENT, Direction::Out, 2, segment(1, 2, tcp::Flags::SYN, b"")),
        (3000, CLIENT, Direction::Out, 3, segment(1, 2, tcp::Flags::SYN, b"")),
        (3010, SERVER, Direction::In, 3, segment(1, 2, tcp::Flags::SYN, b"")),
        (3050, CLIENT, Direction::Out, 4, segment(1, 2, tcp::Flags::ACK, b"abc")),
    ];
    for (at, nic, direction, packet, bytes) in frames {
        let bytes = [bytes.as_slice(), &[]];
        recording.add_frame(FrameSeen { at: ms(at), nic, direction, packet: PacketId(packet), bytes, flaw: None });
    }
    let address = |last: u8| SocketAddr::from(([192, 0, 2, last], 40_000 + u16::from(last)));
    let flow = Flow { local: address(1), remote: address(2) };
    let state = |from, to| Fact::Transport(TransportFact::State { flow, from, to });
    let metrics = |cwnd, ssthresh| {
        let rto = Duration::from_millis(200);
        let delivered = u64::from(cwnd);
        let phase = "slow start";
        let metrics = TcpMetrics { cwnd, ssthresh, in_flight: 0, mss: 1460, srtt: None, rto, delivered, phase };
        Fact::Transport(TransportFact::Metrics { flow, metrics })
    };
    let done = |rate: u64| {
        let took = Duration::from_millis(rate);
        Fact::App(AppFact::new("bulk", "done", rate).with("rate", rate).with("took", took).with("cause", "end"))
    };
    let events = [
        (0, 0, 0, state(TcpState::Closed, TcpState::SynSent)),
        (5, 0, 1, Fact::Drop(LinkDrop::Lost.into())),
        (1005, 0, 2, Fact::Drop(LinkDrop::Lost.into())),
        (3020, 0, 0, state(TcpState::SynSent, TcpState::Established)),
        (3030, 0, 0, metrics(14_600, u32::MAX)),
        (3040, 0, 0, metrics(7_300, 7_300)),
        (4000, 1, 0, done(10)),
        (5000, 1, 0, done(30)),
        (5000, 1, 0, Fact::App(AppFact::new("visit", "reused-connection", 1).with("remote-port", 80))),
    ];
    for (at, node, cause, fact) in events {
        recording.add_event(Event { at: ms(at), node: NodeId(node), cause: PacketId(cause), fact });
    }
    recording
}

fn holds(text: &str) -> bool {
    let expectation = Expectation::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    expectation.check(&recording()).is_ok()
}

#[test]
fn what_is_true_of_a_recording_holds() {
    for text in [
        "count(frames[node == 'client' and tcp.flags.syn]) == 3",
        "frames[sent and tcp.flags.syn].at == [0s, 1s, 3s]",
        "near(gaps(frames[sent and tcp.flags.syn].at), [1s, 2s], 1ms)",
        "count(frames[not received]) + count(frames[received]) == count(frames)",
        "last(frames).tcp.len == 3 and has(last(frames).tcp.len)",
        "sum(frames.tcp.len) == 3B and all(frames.len >= 40) and any(frames.len == 43)",
        "states[node == 'client'].to == ['SYN-SENT', 'ESTABLISHED']",
        "first(states[to == 'ESTABLISHED']).at - first(frames).at < 3.1s",
        "0s < first(states[to == 'ESTABLISHED']).at < 1min",
        "count(drops[reason == 'lost on the line' and layer == 'link']) == 2",
        "count(frames[packet in drops.packet]) == 2",
        "count(frames[packet not in drops.packet]) == 3",
        "count(frames[at > first(states[to == 'ESTABLISHED']).at]) == 1",
        "count(frames[at > first(bulk.done).at]) == 0",
        "frames[tcp.srcport in [40001, 7]].ip.src == frames.ip.src",
        "first(frames).ip.dst == '192.0.2.2' and contains(first(frames).nic, 'eth0')",
        "metrics.cwnd == [14600, 7300] and count(metrics.ssthresh) == 1",
        "close(max(metrics.cwnd) / 2, last(metrics).cwnd, 0%)",
        "last(metrics[at <= 3035ms]).cwnd == 14600",
        "last(bulk.done).rate == 30 and mean(bulk.done.rate) == 20 and stddev(bulk.done.took) > 14ms",
        "sum(bulk.done.took) == 40ms and rate(5, 40ms) == 1kbit",
        "bulk.done[rate > 20].cause == ['end']",
        "count(visit.reused_connection[remote_port == 80]) == 1",
        "count(facts[protocol == 'bulk' and rate == 10]) == 1",
        "jain(bulk.done.rate) == 0.8 and quantile([3, 1, 2], 50%) == 2",
        "sort([3, 1, 2]) == [1, 2, 3] and unique(frames.node) == ['client', 'server']",
        "nth(frames, 2).at == 1s and len('größe') == 5",
        "2 + 3 * 4 == 14 and -7 % 4 == -3 and 1s / 4 == 250ms and 10 / 2s == 5",
        "round(2.5) == 3 and floor(-0.5) == -1 and ceil(0.1) == 1 and sqrt(9) == 3 and log2(8) == 3",
        "between(5, 1, 5) and abs(1s - 2s) == 1s and min([2, 1]) == 1",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn what_is_not_true_does_not_hold() {
    for text in [
        "count(frames[tcp.flags.syn]) == 1",
        "frames[sent and tcp.flags.syn].at == [0s, 1s]",
        "states.to == ['ESTABLISHED', 'SYN-SENT']",
        "all(frames.len > 40)",
        "near(gaps(frames[sent and tcp.flags.syn].at), [1s], 1ms)",
        "not (1 < 2) or 2 < 1 < 0",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn nothing_equals_nothing_and_is_no_error() {
    for text in [
        "first(dns.answer).rcode == 'NOERROR'",
        "first(dns.answer).rcode != 'NOERROR'",
        "has(first(dns.answer).rcode)",
        "mean(dns.answer.took) < 1s",
        "first(bulk.done).colour == 'red'",
        "1 / 0 == 1 / 0",
        "count(frames[udp.dstport >= 0]) > 0",
        "jain([0, 0]) <= 1",
        "nth(frames, 99).at >= 0s",
    ] {
        assert!(!holds(text), "{text}");
    }
    assert!(holds("count(dns.answer) == 0 and sum(dns.answer.bytes) == 0 and sum(dns.answer.took) < 1s"));
}

#[test]
fn only_what_an_expression_names_is_recorded() {
    let wants = |text: &str| Expectation::parse(text).expect("it is one").wants();
    assert_eq!(wants("1 < 2"), Wants::NONE);
    assert_eq!(wants("last(bulk.done).rate > 5"), Wants::APP);
    assert_eq!(wants("count(facts) > 5"), Wants::APP);
    assert_eq!(wants("count(frames) > 5"), Wants { frames: true, ..Wants::NONE });
    let both = Wants { transport: true, metrics: true, ..Wants::NONE };
    assert_eq!(wants("count(states[at > last(queues).at]) > 5"), both);
}

#[test]
fn mistakes_are_found_before_a_run_with_the_nearest_word() {
    for (text, marked, message, help) in [
        ("count('x') == 1", "'x'", "count takes records or a list here, not a text", "name records"),
        ("count(frame) == 1", "frame", "no source frame", "did you mean frames?"),
        ("cuont(frames) == 1", "cuont", "no function cuont", "did you mean count?"),
        ("count(frames[tcp.ln > 0]) == 1", "tcp.ln", "frames have no field tcp.ln", "did you mean tcp.len?"),
        ("count(frames[syn]) == 1", "syn", "frames have no field syn", "did you mean tcp.flags.syn?"),
        ("count(states[too == 'CLOSED']) == 1", "too", "states have no field too", "did you mean to?"),
        ("tcp.len > 0", "tcp.len", "tcp.len is a field of frames", "write frames.tcp.len"),
        ("count(frames[tcp.len]) == 1", "tcp.len", "a number is neither yes nor no", "compare it"),
        ("count(frames[1]) == 1", "1", "brackets hold a condition, not a place", "write nth(frames, 1)"),
        ("frames", "frames", "records of frames is neither yes nor no", "count(…) > 0"),
        ("frames == 3", "frames", "records of frames in a comparison", "count(…)"),
        ("first(frames).at < 3", "first(frames).at < 3", "a time compared with a number", "with its unit"),
        ("first(frames).at < 'x'", "first(frames).at < 'x'", "a time compared with a text", "quotes"),
        ("all(frames.len)", "frames.len", "all takes a list of yes and no here, not a list of numbers", "compare them"),
        ("frames.len > 3", "frames.len > 3", "a list of yes and no is neither yes nor no", "all(…) or any(…)"),
        ("count(frames, 2) == 1", "count(frames, 2)", "count takes 1 value, not 2", "write count(records or a list)"),
        ("first(frames).at.s > 0", "first(frames).at.s", "frames have no field at.s", ""),
        ("1s * 2s == 4s", "1s * 2s", "a time * a time means nothing", ""),
        ("'a' + 1 == 2", "'a'", "a text cannot be reckoned with", ""),
        ("1 in 2", "2", "a number behind in", "write a list"),
        ("true < false", "true < false", "yes and no have no order", ""),
        ("close(1s, 2, 1%)", "2", "close measures times and numbers against each other", "unit"),
        (
            "count(frames.len[len > 3]) == 1",
            "frames.len",
            "a list of numbers cannot be filtered, only records can",
            "filter first",
        ),
        ("count = 3", "=", "= is not used here", "write =="),
        ("count == 3", "count", "no source count", "a function is called: count(…)"),
    ] {
        let error = Expectation::parse(text).expect_err(text);
        assert_eq!((&text[error.span.clone()], error.message.as_str()), (marked, message), "{text}");
        let said = error.help.unwrap_or_default();
        assert!(said.contains(help), "{text}: {said}");
    }
}

#[test]
fn a_predicate_over_a_frame_names_only_what_is_in_it() {
    let mut data = FramePredicate::parse("tcp.len > 0 and tcp.dstport == 40002").expect("a predicate");
    assert!(data.matches(LinkType::Ip, &segment(1, 2, tcp::Flags::ACK, b"x")));
    assert!(!data.matches(LinkType::Ip, &segment(2, 1, tcp::Flags::ACK, b"x")));
    assert!(!data.matches(LinkType::Ip, &segment(1, 2, tcp::Flags::SYN, b"")));
    assert!(!data.matches(LinkType::Ethernet, b"far too short"));
    for wrong in ["node == 'client'", "at > 2s", "count(frames) > 2", "tcp.len", "sent"] {
        assert!(FramePredicate::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_in_a_run_is_said_and_no_panic() {
    let expectation = Expectation::parse("last(bulk.done).rate > 'x'").expect("kinds are known only in the run");
    let shortfall = expectation.check(&recording()).expect_err("a number is no text").to_string();
    assert!(shortfall.contains("a number compared with a text"), "{shortfall}");
}

/// What a failure prints, without the line of the expression and its indentation.
fn said(text: &str) -> Vec<String> {
    let expectation = Expectation::new(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let said = expectation.check(&recording()).expect_err(text).to_string();
    said.lines().skip(1).map(|line| line.trim_start_matches([' ', '^']).to_owned()).collect()
}

#[test]
fn a_failed_expectation_shows_the_part_that_failed_and_the_records_behind_it() {
    let expectation = Expectation::new("count(frames) > 3 and count(frames[node == 'client' and tcp.flags.syn]) == 1");
    let expectation = expectation.expect("an expression").why("one SYN is enough");
    let said = expectation.check(&recording()).expect_err("there were three").to_string();
    let lines = [
        "expected  count(frames) > 3 and count(frames[node == 'client' and tcp.flags.syn]) == 1      (one SYN is enough)",
        "                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ was 3",
        "          3 of 5 frames: at 0 s, 1 s and 3 s at client.eth0",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), lines);
}

#[test]
fn both_sides_are_told_in_the_unit_of_the_text() {
    assert_eq!(said("last(bulk.done).rate > 10kbit")[0], "was 0.03kbit");
    assert_eq!(said("first(states[to == 'ESTABLISHED']).at < first(states).at")[..2], ["was 3.02 s", "was 0 s"]);
    assert_eq!(
        said("metrics.cwnd == [14600, 7301]"),
        ["was [14600, 7300]", "2 metrics:", "3.03 s client  cwnd = 14600", "3.04 s client  cwnd = 7300",]
    );
    assert_eq!(said("0.1 + 0.2 == 0.3")[0], "was 0.30000000000000004", "what differs is shown to differ");
    assert_eq!(said("all(frames.len < 42)")[0], "1 of 5 did not: 43");
    assert_eq!(said("any(frames.len > 1400B)")[0], "was none of 5: 40B, 40B, 40B, 40B, 43B");
    assert_eq!(said("count(drops) == 0 or count(frames) > 10")[..2], ["was 2", "was 5"]);
    assert_eq!(said("not (count(drops) == 2)")[0], "holds");
}

#[test]
fn a_filter_that_found_nothing_says_what_there_was() {
    assert_eq!(
        said("count(states[to == 'ESTABLISED']) == 1")[1],
        "none of 2 states, to was 'SYN-SENT' or 'ESTABLISHED'"
    );
    assert_eq!(said("count(frames[udp.dstport == 53]) >= 1")[1], "none of 5 frames, none has udp.dstport");
    assert_eq!(
        said("last(bulk.dome).rate > 10"),
        ["was not there", "no program recorded bulk.dome; did you mean bulk.done?"]
    );
    assert_eq!(
        said("count(dhcp.offer) == 1")[1],
        "no program recorded dhcp.offer; there were bulk.done, visit.reused_connection"
    );
    assert_eq!(said("first(retransmits).cause == 'timeout'"), ["was not there", "no retransmits"]);
}

/// Any tree that the parser could give.
fn expr() -> impl Strategy<Value = Expr> {
    let new = |what| Expr::new(Span::default(), what);
    let name =
        "[a-z]{1,3}(\\.[a-z]{1,3}){0,2}".prop_filter("no names", |name| !parse::KEYWORDS.contains(&name.as_str()));
    let unit = prop::sample::select(&UNITS[..]);
    let leaf = prop_oneof![
        (0.0..1e6_f64, unit).prop_map(move |(number, unit)| new(What::Number(number, unit))),
        ".{0,5}".prop_map(move |text| new(What::Text(text))),
        any::<bool>().prop_map(move |value| new(What::Bool(value))),
        name.prop_map(move |name| new(What::Name(name))),
    ];
    let sign =
        prop::sample::select(vec![Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide]);
    let order =
        prop::sample::select(vec![Comparison::Equal, Comparison::NotEqual, Comparison::Less, Comparison::AtLeast]);
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let one = inner.clone().prop_map(Box::new);
        let some = |least: usize| prop::collection::vec(inner.clone(), least..4);
        prop_oneof![
            some(0).prop_map(move |parts| new(What::List(parts))),
            some(0).prop_map(move |parts| new(What::Call("f".into(), Span::default(), parts))),
            some(2).prop_map(move |parts| new(What::And(parts))),
            some(2).prop_map(move |parts| new(What::Or(parts))),
            one.clone().prop_map(move |one| new(What::Not(one))),
            one.clone().prop_map(move |one| new(What::Negate(one))),
            (one.clone(), one.clone()).prop_map(move |(a, b)| new(What::Filter(a, b))),
            (one.clone(), one.clone()).prop_map(move |(a, b)| new(What::In(a, b))),
            (one.clone(), sign.clone(), one.clone()).prop_map(move |(a, s, b)| new(What::Arithmetic(a, s, b))),
            (one.clone(), prop::collection::vec((order.clone(), inner.clone()), 1..3))
                .prop_map(move |(first, rest)| new(What::Compare(first, rest))),
            (prop::collection::vec(inner.clone(), 0..2)).prop_map(move |parts| {
                let call = new(What::Call("first".into(), Span::default(), parts));
                new(What::Field(Box::new(call), "a.b".into()))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again_as_the_same(expr in expr()) {
        let text = expr.to_string();
        let read = parse::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        prop_assert_eq!(&read, &expr, "{}", text);
    }
}
