//! What leaves: the order of options, PSH as a script wants it, and repairs of losses at their times.

mod drill;

use std::fs;
use std::path::PathBuf;

use base::SeqNum;
use drill::{CWND, Drill, In, SSTHRESH, ack};
use wire::tcp::{Flags, Options, SackBlocks};

/// A file for one test, gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("glassnet-drill-{name}-{}", std::process::id()));
        fs::write(&path, text).expect("a temporary file");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn options_of_a_syn_stand_in_the_order_of_linux() {
    const MSS: u8 = 2;
    const NOP: u8 = 1;
    const SCALE: u8 = 3;
    const SACK: u8 = 4;
    const TIMESTAMPS: u8 = 8;
    for (settings, kinds) in [
        ("", vec![MSS, SACK, TIMESTAMPS, NOP, SCALE]),
        ("net.ipv4.tcp_timestamps=0", vec![MSS, NOP, NOP, SACK, NOP, SCALE]),
        ("net.ipv4.tcp_sack=0", vec![MSS, NOP, NOP, TIMESTAMPS, NOP, SCALE]),
        ("net.ipv4.tcp_sack=0\nnet.ipv4.tcp_timestamps=0", vec![MSS, NOP, SCALE]),
        ("net.ipv4.tcp_sack=0\nnet.ipv4.tcp_timestamps=0\nnet.ipv4.tcp_window_scaling=0", vec![MSS]),
    ] {
        let file = Scratch::new("options", settings);
        let drill = Drill::with_flags(&format!("sysctl={}", file.0.display()));
        let fd = drill.socket(libc::AF_INET);
        drill.nonblocking(fd);
        assert_eq!(drill.connect(fd), Err(libc::EINPROGRESS));
        assert_eq!(drill.option_kinds(), kinds, "{settings}");
    }
}

#[test]
fn the_diffserv_field_is_the_programs() {
    for (drill, option) in
        [(Drill::new(), (libc::SOL_IP, libc::IP_TOS)), (Drill::v6(), (libc::SOL_IPV6, libc::IPV6_TCLASS))]
    {
        let fd = drill.established();
        assert_eq!(drill.write(fd, 100), Ok(100));
        assert_eq!(drill.diffserv(), 0);
        assert_eq!(drill.set(fd, option.0, option.1, &[0xb8]), Ok(0));
        assert_eq!(drill.get_int(fd, option.0, option.1), 0xb8);
        drill.inject(ack(101));
        assert_eq!(drill.write(fd, 100), Ok(100));
        assert_eq!(drill.diffserv(), 46);
    }
}

#[test]
fn the_last_segment_of_a_scripts_line_has_psh_as_the_line_says() {
    let lines = "+0 > S. 0:0(0) ack 1 <...>\n+0 > P. 1:3001(3000) ack 1\n+0 > . 3001:4001(1000) ack 1\n";
    let file = Scratch::new("push", lines);
    let pushes = |flags: String| {
        let drill = Drill::with_flags(&flags);
        let fd = drill.established();
        assert_eq!(drill.write(fd, 4000), Ok(4000));
        let next = |_| drill.packet().expect("a segment").1.flags.contains(Flags::PSH);
        [0; 4].map(next)
    };
    let script = format!("script={}", file.0.display());
    assert_eq!(pushes(script.clone())[2..], [true, false]);
    assert_eq!(pushes(format!("{script},push=own"))[2..], [false, true]);
}

/// An acknowledgement of `acked` that tells of text beyond.
fn sacked(acked: u32, drill: &Drill, blocks: &[(u32, u32)]) -> In {
    let isn = drill.isn();
    let mut sack = SackBlocks::default();
    blocks.iter().for_each(|(from, to)| assert!(sack.push(isn + *from, isn + *to)));
    In { options: Options { sack, ..Options::default() }, ..ack(acked) }
}

#[test]
fn a_lost_segment_is_repaired_at_the_third_sack_and_the_window_is_seven_tenths() {
    let drill = Drill::new();
    let fd = drill.established();
    assert_eq!(drill.write(fd, 10_000), Ok(10_000));
    let sent: Vec<SeqNum> = (0..10).map(|_| drill.packet().expect("a segment").1.seq).collect();
    for last in [2001, 3001, 4001] {
        drill.sleep_ms(10);
        drill.inject(sacked(1, &drill, &[(1001, last)]));
    }
    let at = drill.now() / 1000;
    let (when, header, len) = drill.packet().expect("the repair");
    assert_eq!((when, header.seq, len), (at, sent[0], 1000));
    assert_eq!((drill.info(fd, SSTHRESH), drill.info(fd, CWND)), (7, 7));
}

#[test]
fn a_lost_tail_is_probed_after_two_round_trips() {
    let drill = Drill::new();
    let fd = drill.established();
    assert_eq!(drill.write(fd, 4000), Ok(4000));
    let began = drill.now() / 1000;
    let sent: Vec<SeqNum> = (0..4).map(|_| drill.packet().expect("a segment").1.seq).collect();
    let (when, header, _) = drill.packet().expect("the probe");
    assert_eq!(header.seq, sent[3], "the last one");
    assert!((200..=205).contains(&(when - began)), "a round trip took 100 ms: {}", when - began);
}
