//! 200 MB each way, checked by hash.

use std::time::Instant;

use base::Duration;
use stack::Config;

use crate::meeting::{Line, Meeting, ours};
use crate::program::{hash, hash_of_text, pages, say, serve, take_file};
use crate::socket::{curl_download, curl_upload, download, upload};

#[test]
fn a_socket_program_sends_and_receives_200_mb() {
    let line = Line::clean(Duration::from_micros(500));
    let test = "a_socket_program_sends_and_receives_200_mb";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &[], line, Config::default()) else { return };
    meeting.ours(|net| serve(net, ours(9000), hash));
    meeting.ours(|net| serve(net, ours(9001), |stream| say(stream, SIZE)));
    let (hashes, _film) = meeting.run(|| {
        let sent = timed("Linux sends", || upload(ours(9000), SIZE));
        let heard = timed("Linux receives", || download(ours(9001)));
        [sent, heard]
    });
    assert_eq!(hashes, [(); 2].map(|()| hash_of_text(SIZE)), "the bytes are not those that were sent");
}

#[test]
fn curl_uploads_and_fetches_200_mb_over_a_line_that_loses_and_reorders_a_little() {
    let line = Line { delay: Duration::from_millis(1), loss: 1e-4, reorder: 5e-4, late: Duration::from_millis(1) };
    let test = "curl_uploads_and_fetches_200_mb_over_a_line_that_loses_and_reorders_a_little";
    let Some(mut meeting) = Meeting::new_or_skipped(test, &["curl"], line, Config::default()) else { return };
    meeting.ours(|net| serve(net, ours(81), take_file));
    meeting.ours(|net| pages(net, ours(80), SIZE));
    let (hashes, _film) = meeting.run(|| {
        let sent = timed("curl uploads", || curl_upload(&format!("http://{}/file", ours(81)), SIZE));
        let heard = timed("curl fetches", || curl_download(&format!("http://{}/file", ours(80))));
        [sent, heard]
    });
    assert_eq!(hashes, [(); 2].map(|()| hash_of_text(SIZE)), "the bytes are not those that were sent");
}

fn timed(what: &str, act: impl FnOnce() -> String) -> String {
    let begun = Instant::now();
    let result = act();
    let seconds = begun.elapsed().as_secs_f64();
    println!("{what} {} MB in {seconds:.2} s: {:.0} Mbit/s", SIZE / 1_000_000, SIZE as f64 * 8e-6 / seconds);
    result
}

const SIZE: u64 = 200_000_000;
