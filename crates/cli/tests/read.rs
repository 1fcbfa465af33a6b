//! `glassnet read` as a person meets it.

mod common;

use std::path::PathBuf;

use common::{folder, glassnet, text};

/// The laptop's capture of a visit that begins in clear text and loses a few packets.
fn capture(test: &str) -> PathBuf {
    let file = folder(test).join("page.pcapng");
    let flags = ["--loss", "5%", "--seed", "2"];
    let visit = glassnet(&[&["visit", "http://www.example.com/", "-q", "--pcap", text(&file)], &flags[..]].concat());
    assert_eq!(visit.code, Some(0), "{}", visit.err);
    file
}

#[test]
fn the_summary_says_who_spoke_with_whom_and_what_went_wrong() {
    let file = capture("the_summary_says_who_spoke_with_whom_and_what_went_wrong");
    let read = glassnet(&["read", text(&file)]);
    assert_eq!(read.code, Some(0), "{}", read.err);
    let expected = [
        "page.pcapng: pcapng by glassnet, eth0 of laptop, ",
        " sent again ",
        "A www.example.com ",
        "www.example.com: TLS 1.3, TLS_",
        "GET /  301 Moved Permanently",
        "192.0.2.100 was given to ",
    ];
    for words in expected {
        assert!(read.out.contains(words), "\"{words}\" is missing:\n{}", read.out);
    }
}

#[test]
fn a_conversation_can_be_followed_as_text_and_as_bytes() {
    let file = capture("a_conversation_can_be_followed_as_text_and_as_bytes");
    let follow = glassnet(&["read", text(&file), "--follow", "tcp:0"]).out;
    assert!(follow.contains("GET / HTTP/1.1\nhost: www.example.com\n"), "{follow}");
    assert!(follow.contains("HTTP/1.1 301 Moved Permanently\n"), "{follow}");
    let hex = glassnet(&["read", text(&file), "--follow", "tcp:0", "--hex"]).out;
    assert!(hex.contains("00000000  47 45 54 20 2f 20 48 54  54 50"), "{hex}");
    let missing = glassnet(&["read", text(&file), "--follow", "tcp:99"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("no conversation tcp:99"), "{}", missing.err);
}

#[test]
fn a_condition_chooses_packets() {
    let file = capture("a_condition_chooses_packets");
    let syns = glassnet(&["read", text(&file), "--fields", "tcp.flags.syn", "--where", "tcp.flags.syn"]);
    assert!(syns.out.lines().count() >= 8 && syns.out.lines().all(|line| line == "1"), "{}{}", syns.out, syns.err);
    let wrong = glassnet(&["read", text(&file), "--packets", "--where", "tcp.flags.syn and"]);
    assert_eq!(wrong.code, Some(2));
}

#[test]
fn a_capture_that_is_cut_short_is_read_as_far_as_it_goes() {
    let file = capture("a_capture_that_is_cut_short_is_read_as_far_as_it_goes");
    let bytes = std::fs::read(&file).expect("it was written");
    std::fs::write(&file, &bytes[..9_000]).expect("it can be written");
    let read = glassnet(&["read", text(&file), "--fields", "frame.number"]);
    assert_eq!(read.code, Some(1));
    assert!(read.out.lines().count() > 10, "{}", read.out);
    assert!(read.err.contains("the file ends inside of a block"), "{}", read.err);
}

#[test]
fn what_is_no_capture_or_no_field_ends_with_2_and_says_what_to_try() {
    let file = capture("what_is_no_capture_or_no_field_ends_with_2_and_says_what_to_try");
    let wrong = glassnet(&["read", text(&file), "--fields", "tcp.seqq"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("try: tcp.seq"), "{}", wrong.err);
    let nothing = glassnet(&["read", "/nonexistent/page.pcapng"]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.err.contains("cannot be read"), "{}", nothing.err);
}

#[test]
fn machines_get_the_summary_as_json() {
    let file = capture("machines_get_the_summary_as_json");
    let read = glassnet(&["read", text(&file), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&read.out).expect("JSON");
    assert_eq!(json["exchanges"][0]["status"], 301);
    assert_eq!(json["sessions"][0]["version"], "TLS 1.3");
}
