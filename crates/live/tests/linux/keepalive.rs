//! Asking an idle peer whether it is still there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::Duration as Real;

use base::{Direction, Duration, SeqNum};
use net::TcpError;
use rustix::net::sockopt::{set_socket_keepalive, set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl};
use stack::{Config, Keepalive, TcpOption};
use wire::tcp::Flags;

use crate::film::Film;
use crate::meeting::{Line, Meeting, ours};
use crate::program::{echo, serve};
use crate::socket::{connect, interface_down};

/// Linux says a word and hears it again.
fn ask(stream: &mut TcpStream, word: &[u8; 5]) {
    let mut answer = [0; 5];
    stream.write_all(word).and_then(|()| stream.read_exact(&mut answer)).expect("an echo");
    assert_eq!(&answer, word);
}

//= rfc9293#3.8.4 test
#[test]
fn linux_probes_our_host_and_finds_it_alive() {
    let test = "linux_probes_our_host_and_finds_it_alive";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    meeting.ours(|net| serve(net, ours(9000), echo));
    let ((), film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        ask(&mut stream, b"first");
        set_tcp_keepidle(&stream, Real::from_secs(1)).expect("an option of Linux");
        set_tcp_keepintvl(&stream, Real::from_secs(1)).expect("an option of Linux");
        set_tcp_keepcnt(&stream, 2).expect("an option of Linux");
        set_socket_keepalive(&stream, true).expect("an option of Linux");
        // Two unanswered probes would end it.
        sleep(Real::from_secs(5));
        ask(&mut stream, b"again");
    });
    let (asked, answered) = probes(&film, Direction::In);
    assert!(asked >= 3 && answered >= asked, "{asked} probes, {answered} answers");
}

//= rfc9293#3.8.4 MUST-24 MUST-26 test
#[test]
fn our_host_probes_linux_and_finds_it_alive() {
    let test = "our_host_probes_linux_and_finds_it_alive";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    meeting.ours(|net| {
        serve(net, ours(9000), |stream| async move {
            stream.set(TcpOption::Keepalive(Some(EVERY_SECOND)));
            echo(stream).await;
        })
    });
    let ((), film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        ask(&mut stream, b"first");
        sleep(Real::from_millis(4500));
        ask(&mut stream, b"again");
    });
    let (asked, answered) = probes(&film, Direction::Out);
    assert!(asked >= 3 && answered >= asked, "{asked} probes, {answered} answers");
}

//= rfc9293#3.8.4 MUST-24 test
#[test]
fn our_host_gives_a_linux_up_that_is_gone() {
    let test = "our_host_gives_a_linux_up_that_is_gone";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    let (tell, told) = channel();
    meeting.ours(|net| {
        serve(net, ours(9000), move |stream| {
            let tell = tell.clone();
            async move {
                stream.set(TcpOption::Keepalive(Some(EVERY_SECOND)));
                let _ = stream.recv(100).await;
                let _ = tell.send(stream.recv(100).await.map(|bytes| bytes.len()));
            }
        })
    });
    let (heard, _film) = meeting.run(move || {
        let mut stream = connect(ours(9000));
        stream.write_all(b"last words").expect("open");
        sleep(Real::from_millis(500));
        interface_down();
        told.recv_timeout(Real::from_secs(15)).expect("our program ends")
    });
    assert_eq!(heard, Err(TcpError::TimedOut));
}

/// After a second of silence, and two unanswered probes are enough.
const EVERY_SECOND: Keepalive = Keepalive { idle: Duration::from_secs(1), interval: Duration::from_secs(1), probes: 2 };

/// How many segments without news came that way (a number behind the ones already acknowledged), and how many pure
/// acknowledgements went back right after one.
fn probes(film: &Film, way: Direction) -> (usize, usize) {
    let headers = film.headers();
    let mut next: Option<SeqNum> = None;
    let (mut asked, mut answered) = (0, 0);
    let mut due = false;
    for (direction, header) in headers {
        if direction == way {
            let old = next.is_some_and(|next| header.seq + 1 == next) && !header.flags.contains(Flags::SYN);
            asked += usize::from(old);
            due = old;
        } else {
            if header.flags.contains(Flags::ACK) {
                answered += usize::from(due);
                next = Some(header.ack);
            }
            due = false;
        }
    }
    (asked, answered)
}

const LINE: Line = Line::clean(Duration::from_millis(1));
