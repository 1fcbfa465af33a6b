//! What stands in the headers: options and padding, the push bit, the urgent pointer, time to live, IP options.

use base::event::TcpState;
use glassnet_testkit::*;
use stack::{Ecn, TcpError, TcpOption};
use wire::tcp::Flags;

/// The IPv4 packet of a segment of `peer` with these bytes as TCP options (a multiple of four), `text` and `ip_options`.
fn raw(net: &Puppet, peer: &Peer, options: &[u8], text: &[u8], ip_options: &[u8]) -> Vec<u8> {
    assert!(options.len().is_multiple_of(4) && ip_options.len().is_multiple_of(4));
    let plain = peer.seg().packet(base::PacketId(9), net.peer(peer.port), net.a.addr(peer.host_port)).contiguous();
    let (mut ip, mut tcp) = (plain[..20].to_vec(), plain[20..40].to_vec());
    tcp[12] = (((20 + options.len()) / 4) << 4) as u8;
    tcp[16..18].fill(0);
    tcp.extend([options, text].concat());
    let pseudo = [&ip[12..20], &[0, 6], &(tcp.len() as u16).to_be_bytes()].concat();
    let sum = checksum(&[&pseudo[..], &tcp].concat());
    tcp[16..18].copy_from_slice(&sum.to_be_bytes());
    ip.extend(ip_options);
    ip[0] = 0x40 | (ip.len() / 4) as u8;
    let len = (ip.len() + tcp.len()) as u16;
    ip[2..4].copy_from_slice(&len.to_be_bytes());
    ip[10..12].fill(0);
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    [ip, tcp].concat()
}

fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

//= rfc9293#3.1 MUST-4 MUST-5 MUST-6 MUST-68 test
//= rfc9293#3.2 MUST-64 test
#[test]
fn unknown_options_are_passed_over_wherever_they_stand() {
    let mut net = Puppet::new(seed!());
    let (conn, mut peer) = net.answer(|seg| seg);
    // An experimental option of five bytes, one of two, the end, and rubbish behind the end.
    let options = [253, 5, 1, 2, 3, 254, 2, 1, 77, 2, 0, 99];
    net.send_bytes(raw(&net, &peer, &options, b"one", &[]));
    peer.nxt += 3;
    // Nothing is aligned: a no-operation in front of each.
    let options = [1, 77, 3, 0, 1, 1, 78, 4, 0, 0, 1, 1];
    net.send_bytes(raw(&net, &peer, &options, b"two", &[]));
    assert_eq!(conn.recv(), b"onetwo");
}

//= rfc9293#3.1 MUST-7 test
#[test]
fn an_impossible_length_of_an_option_does_no_harm() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg);
    for options in [[77, 0, 1, 1], [77, 1, 1, 1], [77, 200, 1, 1], [1, 1, 1, 77]] {
        net.send_bytes(raw(&net, &peer, &options, b"x", &[]));
    }
    conn.recv();
    let (now, mut next) = (conn.state(), peer);
    assert_eq!(now, TcpState::Established);
    next.nxt =
        net.a.host(|host| host.tcp_info(conn.id)).map_or(peer.nxt, |info| peer.nxt + info.totals.bytes_received as u32);
    net.send(next.seg().text(b"fine"));
    assert!(conn.recv().ends_with(b"fine"));
}

//= rfc9293#3.7.1 MUST-65 MUST-67 test
//= rfc9293#3.1 MUST-69 test
#[test]
fn only_a_syn_names_a_segment_size_and_options_are_filled_up_with_zeros_or_nothing() {
    let mut net = Pair::new(seed!()).delay(ms(10)).mtu(1400).bare_ip();
    net.b.echo(80);
    net.a.talk(net.b.addr(80), (1, 20_000), 1);
    net.rule(drop_nth(7).of(tcp().data()));
    net.run_until_idle();
    let ladder = net.ladder();
    for node in ["a", "b"] {
        for segment in ladder.segments(node, tcp()) {
            let syn = segment.flags().contains(Flags::SYN);
            assert_eq!(segment.options().mss, syn.then_some(1360), "{segment:?}");
        }
    }
    for frame in ladder.recording().frames().filter(|frame| frame.bytes[9] == 6) {
        let tcp = &frame.bytes[20..];
        let options = &tcp[20..usize::from(tcp[12] >> 4) * 4];
        assert!(padding(options).iter().all(|byte| *byte == 0), "{options:?}");
    }
}

/// What follows the last option.
fn padding(mut options: &[u8]) -> &[u8] {
    loop {
        match options {
            [] | [0, ..] => return options,
            [1, rest @ ..] => options = rest,
            [_, len, ..] => options = &options[usize::from(*len)..],
            [rest] => panic!("an option without a length: {rest}"),
        }
    }
}

//= rfc9293#3.7.1 MUST-15 test
#[test]
fn a_peer_that_names_no_segment_size_takes_1220_bytes_over_ipv6() {
    let mut net = Puppet::new(seed!()).ipv6();
    let (conn, _) = net.answer(|seg| seg);
    conn.send(&[1; 5000]);
    assert_eq!(net.take().iter().map(|seen| seen.text.len()).max(), Some(1220));
}

//= rfc9293#3.9.1.2 MUST-60 MUST-61 test
#[test]
fn the_last_segment_of_what_was_written_is_pushed_and_nothing_stays_behind() {
    let mut net = Puppet::new(seed!());
    let (conn, _) = net.answer(|seg| seg.mss(1000));
    conn.send(&[1; 3500]);
    net.run_for(ms(1));
    conn.shutdown();
    let sent = net.take();
    let push: Vec<bool> = sent.iter().map(|seen| seen.flags().contains(Flags::PSH)).collect();
    assert_eq!(sent.iter().map(|seen| seen.text.len()).sum::<usize>(), 3500, "all of it leaves: {sent:?}");
    assert_eq!(push.last(), Some(&true), "{push:?}");
    assert!(push[..2].iter().all(|push| !push), "{push:?}");
}

//= rfc9293#3.5.3 SHLD-2 test
#[test]
fn a_reset_may_carry_text() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg);
    net.send(peer.seg().rst().text(b"because of the rain"));
    assert_eq!((conn.state(), conn.error()), (TcpState::Closed, Some(TcpError::Reset)));
}

//= rfc9293#3.4 MUST-66 test
#[test]
fn a_reset_is_believed_while_the_window_is_closed() {
    let mut net = Puppet::new(seed!()).config(|c| c.receive_buffer = stack::Buffer::fixed(1000));
    let (conn, mut peer) = net.answer(|seg| seg);
    net.send(peer.seg().text(&[5; 1000]));
    assert_eq!(net.take().last().map(|seen| seen.header.window), Some(0));
    peer.nxt += 1000;
    net.send(peer.seg().rst());
    assert_eq!(conn.state(), TcpState::Closed);
}

#[test]
fn an_urgent_pointer_changes_nothing_about_the_text() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg);
    let mut seg = peer.seg().text(b"urgent or not");
    seg.header.flags |= Flags::URG;
    seg.header.urgent = 6;
    net.send(seg);
    assert_eq!(conn.recv(), b"urgent or not", "nothing is taken out of the stream");
}

//= rfc9293#3.9.2 MUST-49 test
#[test]
fn the_time_to_live_is_a_matter_of_configuration() {
    let mut net = Puppet::new(seed!()).config(|c| c.ttl = 9);
    net.a.connect(net.peer(80));
    let packets = net.take_packets();
    assert_eq!(packets.iter().map(|packet| packet[8]).collect::<Vec<_>>(), [9]);
}

//= rfc9293#3.9.1.9 MUST-48 SHLD-21 SHLD-22 test
#[test]
fn every_packet_carries_the_traffic_class_that_its_program_chose() {
    let mut net = Puppet::new(seed!()).config(|c| c.ecn = Ecn::Offer);
    let (conn, mut peer) = net.answer(|seg| seg.mss(1000).ece());
    let mut classes = Vec::new();
    // Expedited forwarding, with bits that are not the program's; then another class; then none.
    for class in [0b1011_1011u8, 0b0010_1000, 0] {
        conn.set(TcpOption::TrafficClass(class));
        conn.send(b"question");
        for _ in 0..2 {
            net.send(peer.seg().text(b"and answer"));
            peer.nxt += 10;
            net.run_for(ms(100));
        }
        classes.push(net.take_packets().iter().map(|packet| (packet[1] >> 2, packet[1] & 3)).collect::<Vec<_>>());
    }
    for (sent, class) in classes.iter().zip([0b10_1110, 0b00_1010, 0]) {
        assert!(!sent.is_empty() && sent.iter().all(|(dscp, _)| *dscp == class), "{classes:?}");
        assert!(sent.iter().all(|(_, ecn)| matches!(ecn, 0 | 2)), "the lower bits are RFC 3168's: {classes:?}");
    }
}

//= rfc9293#3.9.2 MUST-50 test
#[test]
fn options_of_ip_are_passed_over() {
    let mut net = Puppet::new(seed!());
    let (conn, peer) = net.answer(|seg| seg);
    // A time stamp option (RFC 791) with room for one, and an option that nobody knows.
    net.send_bytes(raw(&net, &peer, &[], b"text", &[68, 8, 5, 0, 0, 0, 0, 0, 30, 3, 0, 0]));
    assert_eq!(conn.recv(), b"text");
}
