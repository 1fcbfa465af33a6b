//! Messages, readers and requests: what a stream keeps of them, and what framing gives back.

use super::run;

fn world(sender: &str, reader: &str) -> String {
    format!(
        r#"
name = "framing"
[node.client]
[[node.client.run]]
program = "messages"
to = "server"
{sender}
[node.server]
[[node.server.run]]
program = "reader"
{reader}
[[link]]
kind = "line"
endpoints = ["client:eth0", "server:eth0"]
rate = "unlimited"
delay = "10ms"
"#
    )
}

#[test]
fn nagle_glues_small_messages_together_and_nodelay_does_not() {
    let sender = "size = 3\ncount = 3\nevery = \"1ms\"";
    assert_eq!(run(&world(sender, "")).texts("reader.read", "text"), ["AAA", "BBBCCC"]);
    let alone = run(&world(&format!("{sender}\nnodelay = true"), ""));
    assert_eq!(alone.texts("reader.read", "text"), ["AAA", "BBB", "CCC"]);
}

#[test]
fn messages_that_meet_in_the_send_buffer_leave_together() {
    let facts = run(&world("size = 3\ncount = 3\nnodelay = true", ""));
    assert_eq!(facts.texts("reader.read", "text"), ["AAABBBCCC"]);
}

#[test]
fn a_slow_reader_gets_several_messages_at_once() {
    let facts = run(&world("size = 3\ncount = 4\nevery = \"5ms\"\nnodelay = true", "pause = \"100ms\""));
    assert_eq!(facts.texts("reader.read", "text"), ["AAA", "BBBCCCDDD"]);
    assert_eq!(facts.numbers("reader.read", "messages"), [1, 3]);
}

#[test]
fn a_message_longer_than_a_segment_arrives_in_pieces() {
    let facts = run(&world("size = 4000", ""));
    let pieces = facts.numbers("reader.read", "bytes");
    assert!(pieces.len() > 1 && pieces.iter().sum::<u64>() == 4000, "{pieces:?}");
}

#[test]
fn a_full_send_buffer_splits_a_message() {
    let small = world("size = 40000\n[node.client.stack]\nsend_buffer = \"16KiB\"", "");
    let pieces = run(&small).numbers("messages.sent", "pieces");
    assert!(pieces[0] >= 3, "{pieces:?}");
    assert_eq!(run(&world("size = 4000", "")).numbers("messages.sent", "pieces"), [1]);
}

#[test]
fn every_framing_gives_the_messages_back_whole_however_they_are_read() {
    let sizes = "sizes = [3, 100, 2000, 1, 50]";
    for framing in ["fixed", "delimiter", "length"] {
        let frame = format!("framing = \"{framing}\"\nframe = 2000");
        for reading in ["buffer = 7", "pause = \"50ms\"", ""] {
            let facts = run(&world(&format!("{sizes}\n{frame}"), &format!("{frame}\n{reading}")));
            assert_eq!(facts.numbers("reader.message", "bytes"), [3, 100, 2000, 1, 50], "{framing} {reading}");
            assert_eq!(facts.numbers("reader.message", "intact"), [1; 5]);
        }
    }
}

#[test]
fn datagrams_keep_their_bounds() {
    let facts = run(&world("sizes = [3, 1, 2]\ntransport = \"udp\"\nevery = \"1ms\"", "transport = \"udp\""));
    assert_eq!(facts.texts("reader.read", "text"), ["AAA", "B", "CC"]);
}

#[test]
fn a_request_costs_two_round_trips_over_tcp_and_one_over_udp() {
    let file = |client: &str| {
        format!(
            r#"
name = "ask"
[node.client]
[[node.client.run]]
program = "requests"
to = "server"
{client}
[node.server]
serve = ["echo"]
[[link]]
kind = "line"
endpoints = ["client:eth0", "server:eth0"]
rate = "unlimited"
delay = "10ms"
"#
        )
    };
    let times = |client: &str| {
        let facts = run(&file(client));
        let times = facts.of("requests.reply").into_iter().map(|fact| super::span(fact, "time").millis());
        times.collect::<Vec<_>>()
    };
    assert_eq!(times("count = 3\ntransport = \"udp\""), [20, 20, 20]);
    assert_eq!(times("count = 3"), [40, 20, 20]);
    assert_eq!(times("count = 3\nfresh = true"), [40, 40, 40]);
}
