//! Virtual time behind the table: it passes at once, blocks who waits, and repeats exactly.

#![allow(unsafe_code, reason = "one call that names a thread")]

mod drill;

use std::fs;
use std::sync::mpsc;
use std::thread;

use drill::{CWND, Drill, SSTHRESH, UNACKED, ack, syn, text};

#[test]
fn ten_segments_leave_at_first_and_two_for_each_one_acknowledged() {
    let drill = Drill::new();
    let fd = drill.established();
    assert_eq!(drill.write(fd, 30_000), Ok(30_000));
    for n in 0..10 {
        let (from, to) = (n * 1000 + 1, n * 1000 + 1001);
        let line = drill.line();
        assert!(line.ends_with(&format!(". {from}:{to}(1000) ack 1")), "{line}");
    }
    assert_eq!((drill.info(fd, CWND), drill.info(fd, UNACKED)), (10, 10));
    assert_eq!(drill.info(fd, SSTHRESH), i32::MAX as u32);
    drill.sleep_ms(100);
    drill.inject(ack(2001));
    assert_eq!((drill.info(fd, CWND), drill.info(fd, UNACKED)), (12, 12));
}

#[test]
fn a_silent_peer_is_given_up_after_minutes_that_take_no_time() {
    let drill = Drill::new();
    let fd = drill.established();
    assert_eq!(drill.write(fd, 1000), Ok(1000));
    let mut times = Vec::new();
    while let Some((at, _, _)) = drill.packet() {
        times.push(at);
    }
    assert!((8..40).contains(&times.len()), "{times:?}");
    let gaps: Vec<i64> = times.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(gaps.windows(2).skip(1).all(|two| two[1] >= two[0]), "the timeout only grows: {gaps:?}");
    assert!(times[times.len() - 1] - times[0] > 400_000, "{times:?}");
    assert_eq!(drill.read(fd, 10), Err(libc::ETIMEDOUT));
}

#[test]
fn a_reader_sleeps_until_there_is_text_and_time_waits_for_it() {
    let drill = Drill::new();
    let fd = drill.established();
    let began = drill.now();
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let drill = &drill;
        let (name, named) = mpsc::channel();
        scope.spawn(move || {
            // SAFETY: asks the kernel for this thread's number.
            name.send(unsafe { libc::gettid() }).expect("somebody listens");
            let answer = drill.read(fd, 2000);
            tell.send((answer, drill.now())).expect("somebody listens");
        });
        // As packetdrill does: go on when the other thread sleeps. Virtual time does not move meanwhile.
        let stat = format!("/proc/self/task/{}/stat", named.recv().expect("a name"));
        while !fs::read_to_string(&stat).expect("the thread lives").contains(") S ") {
            thread::yield_now();
        }
        drill.sleep_ms(250);
        assert!(told.try_recv().is_err(), "nothing to read yet");
        drill.inject(text(1, 2000, 1));
        drill.sleep_ms(1000);
        let (answer, at) = told.recv().expect("the reader has returned");
        assert_eq!(answer, Ok(2000));
        assert!((250_000 - 30..250_100).contains(&(at - began)), "{}", at - began);
    });
}

#[test]
fn a_poll_gives_up_when_its_time_is_over() {
    let drill = Drill::new();
    let fd = drill.established();
    let began = drill.now();
    assert_eq!(drill.poll(fd, libc::POLLIN, 300), 0);
    assert_eq!((drill.now() - began) / 1000, 300);
}

#[test]
fn settings_are_read_when_the_first_socket_is_made() {
    let path = std::env::temp_dir().join(format!("glassnet-drill-{}", std::process::id()));
    let drill = Drill::with_flags(&format!("sysctl={}", path.display()));
    fs::write(&path, "net.ipv4.tcp_sack=0\nnet.ipv4.tcp_rmem=4096 540000 15728640\n").expect("a temporary file");
    drill.listener(libc::AF_INET);
    drill.inject(syn());
    let (_, header, _) = drill.packet().expect("a SYN-ACK");
    assert!(!header.options.sack_permitted);
    assert_eq!((header.options.mss, header.options.window_scale), (Some(1460), Some(8)));
    fs::remove_file(&path).expect("the file is ours");
}

#[test]
fn the_same_calls_give_the_same_packets_at_the_same_times() {
    let run = || {
        let drill = Drill::new();
        let fd = drill.established();
        let mut seen = Vec::new();
        assert_eq!(drill.write(fd, 20_000), Ok(20_000));
        for n in 0..30 {
            let Some((at, header, len)) = drill.packet() else { break };
            seen.push((at, header.seq, header.options.timestamps, len));
            if n % 4 == 3 {
                drill.inject(ack(1000 * n + 1));
            }
        }
        seen
    };
    assert_eq!(run(), run());
}
