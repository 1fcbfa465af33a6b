//! Asking an idle peer whether it is still there.

use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration as Real;

use base::{Direction, Duration, SeqNum};
use rustix::net::sockopt::{set_socket_keepalive, set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl};
use stack::Config;
use wire::tcp::Flags;

use crate::film::Film;
use crate::meeting::{Line, Meeting, ours};
use crate::program::{send, serve};
use crate::socket::connect;

//= rfc9293#3.8.4 test
#[test]
fn linux_probes_our_host_and_finds_it_alive() {
    let test = "linux_probes_our_host_and_finds_it_alive";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    meeting.ours(|net| {
        serve(net, ours(9000), |stream| async move {
            while let Ok(bytes) = stream.recv(100).await
                && !bytes.is_empty()
            {
                let _ = send(&stream, &bytes).await;
            }
        })
    });
    let ((), film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        let mut answer = [0; 5];
        stream.write_all(b"first").and_then(|()| stream.read_exact(&mut answer)).expect("an echo");
        set_tcp_keepidle(&stream, Real::from_secs(1)).expect("an option of Linux");
        set_tcp_keepintvl(&stream, Real::from_secs(1)).expect("an option of Linux");
        set_tcp_keepcnt(&stream, 2).expect("an option of Linux");
        set_socket_keepalive(&stream, true).expect("an option of Linux");
        // Two unanswered probes would end it.
        sleep(Real::from_secs(5));
        stream.write_all(b"again").and_then(|()| stream.read_exact(&mut answer)).expect("an echo");
        assert_eq!(&answer, b"again");
    });
    let (asked, answered) = probes(&film, Direction::In);
    assert!(asked >= 3 && answered >= asked, "{asked} probes, {answered} answers");
}

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
