//! A window that closes and opens again, on either side.

use std::io::Write;
use std::thread::sleep;
use std::time::Duration as Real;

use base::{Direction, Duration};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use services::http::pattern;
use stack::{Buffer, Config};
use wire::tcp::Flags;

use crate::film::Film;
use crate::meeting::{Line, Meeting, ours};
use crate::program::{hash_of_text, hash_to_end, say, send, serve};
use crate::socket::{connect, hash_to_end as linux_hash_to_end};

//= rfc9293#3.8.6.1 test
#[test]
fn linux_does_not_read_for_a_while_and_loses_nothing() {
    let test = "linux_does_not_read_for_a_while_and_loses_nothing";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    meeting.ours(|net| serve(net, ours(9000), |stream| say(stream, SIZE)));
    let (hash, film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        set_socket_recv_buffer_size(&stream, 20_000).expect("it is a socket");
        sleep(Real::from_secs(3));
        linux_hash_to_end(&mut stream)
    });
    assert_eq!(hash, hash_of_text(SIZE));
    assert!(
        closed(&film, Direction::In) >= 2,
        "the window was closed, and probed: {} times",
        closed(&film, Direction::In)
    );
}

//= rfc9293#3.8.6.1 test
#[test]
fn our_program_does_not_read_for_a_while_and_loses_nothing() {
    let test = "our_program_does_not_read_for_a_while_and_loses_nothing";
    let config = Config { receive_buffer: Buffer::fixed(32 << 10), ..Config::default() };
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, config) else { return };
    meeting.ours(|net| {
        serve(net.clone(), ours(9000), move |stream| {
            let net = net.clone();
            async move {
                net.sleep(Duration::from_secs(3)).await;
                if let Ok(hash) = hash_to_end(&stream).await {
                    let _ = send(&stream, hash.as_bytes()).await;
                }
            }
        })
    });
    let (hash, film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        stream.write_all(&pattern(0, SIZE as usize)).expect("our host takes it in the end");
        stream.shutdown(std::net::Shutdown::Write).expect("open");
        let mut hash = String::new();
        std::io::Read::read_to_string(&mut stream, &mut hash).expect("an answer");
        hash
    });
    assert_eq!(hash, hash_of_text(SIZE));
    assert!(closed(&film, Direction::Out) >= 2, "probes are answered: {} times", closed(&film, Direction::Out));
}

/// How often a closed window was told.
fn closed(film: &Film, way: Direction) -> usize {
    let told = |flags: Flags| flags.contains(Flags::ACK) && !flags.contains(Flags::RST);
    let headers = film.headers();
    headers.iter().filter(|(direction, header)| *direction == way && header.window == 0 && told(header.flags)).count()
}

const LINE: Line = Line::clean(Duration::from_millis(1));
const SIZE: u64 = 2_000_000;
