//! Half-close, abort and simultaneous close.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::Duration as Real;

use base::Duration;
use base::event::TcpState::{self, Closing, FinWait1, FinWait2, TimeWait};
use net::TcpError;
use rustix::net::sockopt::set_socket_linger;
use stack::Config;

use crate::meeting::{Line, Meeting, ours};
use crate::program::{hash_of_text, hash_to_end, say, send, serve};
use crate::socket::{connect, hash_to_end as linux_hash_to_end};

//= rfc9293#3.6 test
#[test]
fn linux_closes_its_half_and_still_hears_everything() {
    let test = "linux_closes_its_half_and_still_hears_everything";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    meeting.ours(|net| {
        serve(net, ours(9000), |stream| async move {
            // Only the other side's FIN lets it begin.
            if hash_to_end(&stream).await.is_ok() {
                say(stream, SIZE).await;
            }
        })
    });
    let (hash, film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        stream.write_all(b"go").expect("open");
        stream.shutdown(Shutdown::Write).expect("open");
        linux_hash_to_end(&mut stream)
    });
    assert_eq!(hash, hash_of_text(SIZE));
    assert!(film.states().contains(&TcpState::LastAck), "ours closes last: {:?}", film.states());
}

//= rfc9293#3.6 test
#[test]
fn our_host_closes_its_half_and_still_hears_everything() {
    let test = "our_host_closes_its_half_and_still_hears_everything";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    let (tell, told) = channel();
    meeting.ours(|net| {
        serve(net, ours(9000), move |stream| {
            let tell = tell.clone();
            async move {
                let _ = send(&stream, b"go").await;
                stream.finish();
                let _ = tell.send(hash_to_end(&stream).await);
            }
        })
    });
    let (hash, film) = meeting.run(move || {
        let mut stream = connect(ours(9000));
        let mut asked = String::new();
        stream.read_to_string(&mut asked).expect("two bytes and a FIN");
        assert_eq!(asked, "go");
        stream.write_all(&services::http::pattern(0, SIZE as usize)).expect("our host still listens");
        drop(stream);
        told.recv_timeout(Real::from_secs(10)).expect("our program ends")
    });
    assert_eq!(hash, Ok(hash_of_text(SIZE)));
    assert!(film.states().ends_with(&[FinWait1, FinWait2, TimeWait]), "ours closes first: {:?}", film.states());
}

//= rfc9293#3.10.7.4 test
#[test]
fn linux_aborts_and_our_program_hears_of_the_reset() {
    let test = "linux_aborts_and_our_program_hears_of_the_reset";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    let (tell, told) = channel();
    meeting.ours(|net| {
        serve(net, ours(9000), move |stream| {
            let tell = tell.clone();
            async move {
                let _ = tell.send(hash_to_end(&stream).await);
            }
        })
    });
    let (heard, film) = meeting.run(move || {
        let mut stream = connect(ours(9000));
        stream.write_all(b"so far").expect("open");
        sleep(Real::from_millis(100));
        set_socket_linger(&stream, Some(Real::ZERO)).expect("it is a TCP socket");
        drop(stream);
        told.recv_timeout(Real::from_secs(10)).expect("our program ends")
    });
    assert_eq!(heard, Err(TcpError::Reset));
    assert_eq!(film.states().last(), Some(&TcpState::Closed), "a reset ends it at once: {:?}", film.states());
}

//= rfc9293#3.10.5 test
#[test]
fn our_program_aborts_and_linux_hears_of_the_reset() {
    let test = "our_program_aborts_and_linux_hears_of_the_reset";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], LINE, Config::default()) else { return };
    meeting.ours(|net| {
        serve(net, ours(9000), |stream| async move {
            let _ = stream.recv(100).await;
            stream.abort();
        })
    });
    let (error, _film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        stream.write_all(b"so far").expect("open");
        stream.read(&mut [0; 10]).expect_err("it was reset").kind()
    });
    assert_eq!(error, ErrorKind::ConnectionReset);
}

//= rfc9293#3.6 test
#[test]
fn both_close_at_the_same_time() {
    let test = "both_close_at_the_same_time";
    let line = Line::clean(Duration::from_millis(150));
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], line, Config::default()) else { return };
    meeting.ours(|net| {
        serve(net.clone(), ours(9000), move |stream| {
            let net = net.clone();
            async move {
                net.sleep(Duration::from_millis(300)).await;
                stream.finish();
                let _ = stream.recv(1).await;
            }
        })
    });
    let ((), film) = meeting.run(|| {
        let mut stream = connect(ours(9000));
        // Linux knows that it is connected 150 ms before our host does, so these FINs cross in the middle.
        sleep(Real::from_millis(300 + 75));
        stream.shutdown(Shutdown::Write).expect("open");
        assert_eq!(stream.read(&mut [0; 1]).expect("a FIN"), 0);
        sleep(Real::from_millis(500));
    });
    assert!(film.states().ends_with(&[FinWait1, Closing, TimeWait]), "{:?}", film.states());
}

const LINE: Line = Line { delay: Duration::from_millis(2), loss: 2e-3, reorder: 2e-3, late: Duration::from_millis(2) };
const SIZE: u64 = 2_000_000;
