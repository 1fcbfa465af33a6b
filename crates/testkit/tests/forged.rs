//! Forged, out-of-window and malformed segments: nothing of a connection changes, and the reason is told.

use base::event::{DropReason, TransportDrop};
use base::{PacketId, SeqNum};
use glassnet_testkit::*;
use proptest::prelude::*;
use stack::TcpInfo;

/// So many cases, or `PROPTEST_CASES`.
fn cases(n: u32) -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let n = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { n };
    ProptestConfig { cases: n, ..default }
}

/// A connection in the middle of everything: text in flight, text unread, text out of order.
struct Busy {
    net: Puppet,
    conn: Conn,
    peer: Peer,
}

impl Busy {
    fn new(timestamps: bool) -> Busy {
        let mut net = Puppet::new(seed!());
        let offer = |seg: Seg| seg.mss(1000).sack_permitted().scale(2);
        let (conn, peer) = net.answer(|seg| if timestamps { offer(seg).ts(500_000, 0) } else { offer(seg) });
        let mut busy = Busy { net, conn, peer };
        busy.conn.set_nagle(false);
        busy.conn.send(&pattern(1, 3000));
        busy.net.send(busy.peer.seg().text(b"in order"));
        busy.peer.nxt += 8;
        busy.net.send(busy.peer.seg().seq(busy.peer.nxt + 100).text(b"out of order"));
        busy.net.take();
        busy
    }

    fn info(&self) -> TcpInfo {
        let id = self.conn.id;
        let mut info = self.net.a.host(|host| host.tcp_info(id)).expect("it is open");
        // That something came, and perhaps an acknowledgement went back, is counted; nothing else.
        let totals = &mut info.totals;
        (totals.segments_in, totals.data_segments_in, totals.segments_out) = (0, 0, 0);
        info
    }

    /// The peer, or somebody in its name, sends this: nothing changes, and it is dropped for `reason`.
    fn unmoved_by(&mut self, seg: Seg, reason: impl Into<DropReason>) {
        let (src, dst) = (self.net.peer(seg.header.src_port), self.net.a.addr(seg.header.dst_port));
        let bytes = seg.packet(PacketId::NONE, src, dst).contiguous();
        self.unmoved_by_bytes(bytes, reason);
    }

    fn unmoved_by_bytes(&mut self, bytes: Vec<u8>, reason: impl Into<DropReason>) {
        let (before, state, dropped) = (self.info(), self.conn.state(), self.net.ladder().drops("a").len());
        self.net.send_bytes(bytes);
        assert_eq!(differing(&self.info(), &before), [""; 0]);
        assert_eq!(self.conn.state(), state);
        let drops = self.net.ladder().drops("a");
        let fresh: Vec<DropReason> = drops[dropped..].iter().map(|(_, reason)| *reason).collect();
        assert_eq!(fresh, [reason.into()]);
    }

    /// Both ways go on as if nothing had been.
    fn goes_on(mut self) {
        let Busy { net, conn, peer } = &mut self;
        net.take();
        net.send(peer.seg().text(&[b'.'; 100]));
        assert_eq!(conn.recv(), [b"in order", &[b'.'; 100][..], b"out of order"].concat());
        peer.nxt += 112;
        net.run_for(ms(1));
        let mut sent = Vec::new();
        for seen in net.take().into_iter().filter(|seen| !seen.text.is_empty()) {
            sent.push(seen.seq);
        }
        assert_eq!(sent, [0; 0], "nothing is sent again");
        peer.rcv += 3000;
        net.send(peer.seg());
        let id = conn.id;
        let info = net.a.host(|host| host.tcp_info(id)).expect("it is open");
        assert_eq!((info.in_flight, info.not_sent, info.unread), (0, 0, 0));
        conn.close();
        net.send(peer.seg().rst());
    }
}

/// The fields that are not the same.
fn differing(now: &TcpInfo, before: &TcpInfo) -> Vec<String> {
    let [now, before] = [now, before].map(|info| format!("{info:#?}"));
    let lines = now.lines().zip(before.lines());
    lines.filter(|(now, before)| now != before).map(|(now, before)| format!("{before} ->{now}")).collect()
}

/// How far beyond the right edge of the window, or before its left one.
fn outside() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0u32), 0u32..10, 0u32..100_000, 0u32..0x7000_0000]
}

proptest! {
    #![proptest_config(cases(64))]

    //= rfc9293#3.10.7.4 test
    #[test]
    fn what_lies_outside_of_the_window_changes_nothing(
        by in outside(), after in any::<bool>(), len in 0usize..1200, fin in any::<bool>(), ts in any::<bool>()
    ) {
        let mut busy = Busy::new(ts);
        let window = busy.info().receive_window;
        let len = len.max(usize::from(!fin && !after));
        let number = len as u32 + u32::from(fin);
        let seq = if after { busy.peer.nxt + window + by } else { busy.peer.nxt - number - by % 0x3fff_ffff };
        let seg = busy.peer.seg().seq(seq).text(&vec![7; len]);
        busy.unmoved_by(if fin { seg.fin() } else { seg }, TransportDrop::OutOfWindow);
        busy.goes_on();
    }

    //= rfc5961#3.2 test
    #[test]
    fn a_reset_that_is_not_the_next_number_changes_nothing(by in 1u32..60_000, out in outside(), ts in any::<bool>()) {
        let mut busy = Busy::new(ts);
        let window = busy.info().receive_window;
        let seg = busy.peer.seg().rst();
        busy.unmoved_by(seg.clone().seq(busy.peer.nxt + 1 + by % (window - 1)), TransportDrop::ChallengeAck);
        busy.unmoved_by(seg.clone().seq(busy.peer.nxt + window + out), TransportDrop::OutOfWindow);
        busy.unmoved_by(seg.seq(busy.peer.nxt - 1 - out % 0x3fff_ffff), TransportDrop::OutOfWindow);
        busy.goes_on();
    }

    //= rfc5961#4.2 test
    #[test]
    fn a_syn_changes_nothing(by in 0u32..60_000, ack in any::<bool>()) {
        let mut busy = Busy::new(false);
        let seg = busy.peer.seg().syn().seq(busy.peer.nxt + by % busy.info().receive_window);
        busy.unmoved_by(if ack { seg } else { seg.no_ack() }, TransportDrop::ChallengeAck);
        busy.goes_on();
    }

    //= rfc5961#5.2 test
    #[test]
    fn an_acknowledgement_of_what_was_never_sent_changes_nothing(beyond in 1u32..0x7000_0000, text in any::<bool>()) {
        let mut busy = Busy::new(false);
        let seg = busy.peer.seg().ack(busy.peer.rcv + 3000 + beyond);
        busy.unmoved_by(if text { seg.text(b"forged") } else { seg }, TransportDrop::BadAck);
        busy.goes_on();
    }

    //= rfc5961#5.2 test
    #[test]
    fn an_acknowledgement_from_long_ago_changes_nothing(by in 0u32..0x3000_0000, text in any::<bool>()) {
        let mut busy = Busy::new(false);
        // The largest window that the peer ever offered: 0xffff, scaled by 2.
        let seg = busy.peer.seg().ack(busy.peer.rcv - 1 - (0xffff << 2) - by);
        busy.unmoved_by(if text { seg.text(b"forged") } else { seg }, TransportDrop::BadAck);
        busy.goes_on();
    }

    //= rfc9293#3.10.7.4 test
    #[test]
    fn text_without_an_acknowledgement_changes_nothing(by in 0u32..1000, len in 1usize..1000) {
        let mut busy = Busy::new(false);
        let seg = busy.peer.seg().no_ack().seq(busy.peer.nxt + by).text(&vec![7; len]);
        busy.unmoved_by(seg, TransportDrop::NoAckFlag);
        busy.goes_on();
    }

    //= rfc7323#5.3 test
    #[test]
    fn an_older_timestamp_changes_nothing(older in 1u32..0x7fff_ffff, len in 1usize..1000, fin in any::<bool>()) {
        let mut busy = Busy::new(true);
        let (value, echo) = busy.peer.ts.expect("timestamps are in use");
        let seg = busy.peer.seg().ts(value.wrapping_sub(older), echo).text(&vec![7; len]);
        busy.unmoved_by(if fin { seg.fin() } else { seg }, TransportDrop::OldTimestamp);
        busy.goes_on();
    }

    //= rfc9293#3.1 test
    #[test]
    fn a_damaged_segment_changes_nothing(bit in 0usize..8 * 60, len in 40usize..100) {
        let mut busy = Busy::new(false);
        let seg = busy.peer.seg().text(&vec![7; len]);
        let (src, dst) = (busy.net.peer(busy.peer.port), busy.net.a.addr(busy.peer.host_port));
        let mut bytes = seg.packet(PacketId::NONE, src, dst).contiguous();
        bytes[20 + bit / 8] ^= 1 << (bit % 8); // anywhere in the TCP header or the text
        let (before, state) = (busy.info(), busy.conn.state());
        busy.net.send_bytes(bytes);
        prop_assert_eq!(differing(&busy.info(), &before), [""; 0]);
        prop_assert_eq!(busy.conn.state(), state);
        let reasons: Vec<DropReason> = busy.net.ladder().drops("a").into_iter().map(|(_, reason)| reason).collect();
        let known = [TransportDrop::BadChecksum.into(), TransportDrop::Malformed.into()];
        prop_assert!(reasons.len() == 1 && known.contains(&reasons[0]), "{:?}", reasons);
        busy.goes_on();
    }

    //= rfc9293#3.1 test
    #[test]
    fn a_header_that_does_not_fit_changes_nothing(offset in prop_oneof![0u8..5, 6u8..16], len in 0usize..3) {
        let mut busy = Busy::new(false);
        let seg = busy.peer.seg().text(&vec![7; len]);
        let (src, dst) = (busy.net.peer(busy.peer.port), busy.net.a.addr(busy.peer.host_port));
        let mut bytes = seg.packet(PacketId::NONE, src, dst).contiguous();
        // The data offset, and the checksum that goes with it (RFC 1624): only the length is wrong.
        let old = bytes[32];
        bytes[32] = offset << 4 | old & 15;
        let sum = u16::from_be_bytes([bytes[36], bytes[37]]);
        let m = |high: u8| u32::from(u16::from_be_bytes([high, 0]));
        let mut fresh = u32::from(!sum) + (0xffff - m(old)) + m(bytes[32]);
        while fresh > 0xffff {
            fresh = (fresh & 0xffff) + (fresh >> 16);
        }
        bytes[36..38].copy_from_slice(&(!(fresh as u16)).to_be_bytes());
        busy.unmoved_by_bytes(bytes, TransportDrop::Malformed);
        busy.goes_on();
    }

    //= rfc2018#5 test
    #[test]
    fn blocks_of_what_was_never_sent_change_nothing(from in 3000u32..0x7000_0000, len in 1u32..100_000) {
        let mut busy = Busy::new(false);
        let before = busy.info();
        let from = busy.peer.rcv + from;
        busy.net.send(busy.peer.seg().sack(from, from + len));
        let after = busy.info();
        prop_assert_eq!((after.board, after.cwnd, after.phase), (before.board, before.cwnd, before.phase));
        busy.goes_on();
    }

    //= rfc5961#5.2 test
    #[test]
    fn what_is_forged_is_no_sign_of_life(by in outside(), len in 0usize..1000, old in any::<bool>()) {
        let mut busy = Busy::new(false);
        busy.net.run_for(s(1));
        busy.net.take();
        let tired = busy.info();
        prop_assert!(tired.retries > 0 && tired.backoff > 0, "{:?}", tired);
        let (window, text) = (tired.receive_window, vec![7; len]);
        let beyond = busy.peer.seg().seq(busy.peer.nxt + window + by).text(&text);
        // A repeated segment may come from a peer that is alive, but one that acknowledges what was never sent does not.
        let repeated = busy.peer.seg().seq(busy.peer.nxt - 1 - len as u32).text(&text);
        let seg = if old { repeated.ack(busy.peer.rcv + 3000 + 1 + by) } else { beyond };
        busy.unmoved_by(seg, TransportDrop::OutOfWindow);
    }

    #[test]
    fn a_segment_to_a_port_where_nobody_listens_is_counted(port in 1u16..30_000, seq in any::<u32>()) {
        let mut busy = Busy::new(false);
        let seg = busy.peer.seg().ports(busy.peer.port, port).seq(SeqNum(seq)).text(b"hello?");
        busy.unmoved_by(seg, TransportDrop::NoListener);
        busy.goes_on();
    }
}
