//! Another program's opinion of the captures: tshark reads every packet, checks every checksum, and looks into TLS.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Run, folder, glassnet, run, skipped, text};

/// It begins in clear text, so that HTTP is seen outside of TLS too.
const START: &str = "http://www.example.com/";

#[test]
fn a_clean_visit_is_flawless_to_tshark_and_readable_inside_tls_without_a_key_file() {
    let name = "a_clean_visit_is_flawless_to_tshark_and_readable_inside_tls_without_a_key_file";
    let Some(frames) = laptop(name, &[]) else { return };
    frames.iter().for_each(assert_sound);
    for frame in &frames {
        assert!(frame.severity < WARNING, "tshark warns of frame {}: {}", frame.number, frame.expert);
    }
    let protocols: BTreeSet<&str> = frames.iter().flat_map(|frame| frame.protocols.split(':')).collect();
    for protocol in ["eth", "arp", "ip", "udp", "dhcp", "dns", "tcp", "tls", "http"] {
        assert!(protocols.contains(protocol), "no {protocol} in {protocols:?}");
    }
    let inside_tls = |frame: &&Frame| frame.protocols.contains("tls:http");
    let decrypted = |field: fn(&Frame) -> &str| -> BTreeSet<&str> {
        frames.iter().filter(inside_tls).map(field).filter(|value| !value.is_empty()).collect()
    };
    assert_eq!(decrypted(|frame| &frame.uri), BTreeSet::from(["/", "/app.js", "/logo.svg", "/style.css"]));
    assert_eq!(decrypted(|frame| &frame.status), BTreeSet::from(["200"]));
    let in_clear = frames.iter().filter(|frame| frame.protocols.contains("tcp:http"));
    assert!(in_clear.map(|frame| frame.status.as_str()).any(|status| status == "301"), "the redirect is not seen");
}

#[test]
fn on_a_lossy_line_tshark_sees_the_losses_and_nothing_else() {
    let name = "on_a_lossy_line_tshark_sees_the_losses_and_nothing_else";
    let mut repeated = 0;
    for seed in ["1", "2", "3", "4"] {
        let Some(frames) = laptop(name, &["--loss", "5%", "--seed", seed]) else { return };
        frames.iter().for_each(assert_sound);
        for frame in frames.iter().filter(|frame| frame.severity >= WARNING) {
            let provoked = PROVOKED_BY_LOSS.iter().any(|words| frame.expert.contains(words));
            assert!(provoked, "seed {seed}: tshark warns of frame {}: {}", frame.number, frame.expert);
        }
        repeated += frames.iter().filter(|frame| frame.expert.contains("retransmission")).count();
        let uris: BTreeSet<&str> = frames.iter().map(|frame| frame.uri.as_str()).collect();
        assert!(uris.is_superset(&BTreeSet::from(["/app.js", "/logo.svg", "/style.css"])), "seed {seed}: {uris:?}");
    }
    assert!(repeated > 0, "four visits over a lossy line, and tshark saw no retransmission: was anything lost?");
}

#[test]
fn every_interface_has_a_flawless_capture_and_a_packet_keeps_its_id_over_all_hops() {
    let name = "every_interface_has_a_flawless_capture_and_a_packet_keeps_its_id_over_all_hops";
    let folder = folder("hops");
    assert_eq!(glassnet(&["visit", START, "-q", "--pcap-dir", text(&folder)]).code, Some(0));
    // A packet by what no hop changes: protocol, addresses, ports, sequence number or DNS id, and its own IP id.
    let mut copies: BTreeMap<u64, BTreeMap<String, String>> = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("it was made") {
        let file = entry.expect("readable").path();
        let Some(frames) = read(name, &file) else { return };
        let interface = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for frame in &frames {
            assert_sound(frame);
            assert!(frame.severity < WARNING, "{interface}, frame {}: {}", frame.number, frame.expert);
            let id = frame.packet_id.unwrap_or_else(|| panic!("frame {} of {interface} has no id", frame.number));
            copies.entry(id).or_default().insert(interface.clone(), frame.flow.clone());
        }
    }
    for (id, hops) in &copies {
        let flows: BTreeSet<&String> = hops.values().collect();
        assert_eq!(flows.len(), 1, "packet {id} is another one from hop to hop: {hops:?}");
    }
    let way: BTreeSet<&str> = WAY_TO_WEB_1.into_iter().collect();
    let whole_way = |hops: &&BTreeMap<String, String>| way.iter().all(|hop| hops.contains_key(*hop));
    assert!(copies.values().filter(whole_way).count() > 10, "few packets are followed over the whole way");
}

/// The capture of the laptop's interface as tshark reads it; none when tshark is missing.
fn laptop(test: &str, flags: &[&str]) -> Option<Vec<Frame>> {
    let file = folder(test).join("laptop.pcapng");
    let visit = glassnet(&[&["visit", START, "-q", "--pcap", text(&file)], flags].concat());
    assert_eq!(visit.code, Some(0), "{}", visit.err);
    read(test, &file)
}

/// One frame, as tshark reads it.
#[derive(Debug)]
struct Frame {
    number: String,
    protocols: String,
    malformed: String,
    checksums: [String; 3],
    uri: String,
    status: String,
    severity: u64,
    expert: String,
    packet_id: Option<u64>,
    flow: String,
}

fn read(test: &str, file: &Path) -> Option<Vec<Frame>> {
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-r", text(file), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]);
    for layer in ["ip", "udp", "tcp"] {
        tshark.args(["-o", &format!("{layer}.check_checksum:TRUE")]);
    }
    FIELDS.iter().for_each(|field| {
        tshark.args(["-e", field]);
    });
    if Command::new("tshark").arg("--version").output().is_err() {
        skipped(test, "tshark is not installed");
        return None;
    }
    let Run { code, out, err } = run(&mut tshark);
    assert_eq!(code, Some(0), "tshark cannot read {}: {err}", file.display());
    Some(out.lines().map(frame).collect())
}

const FIELDS: [&str; 21] = [
    "frame.number",
    "frame.protocols",
    "_ws.malformed",
    "ip.checksum.status",
    "udp.checksum.status",
    "tcp.checksum.status",
    "http.request.uri",
    "http.response.code",
    "_ws.expert.severity",
    "_ws.expert.message",
    "frame.packet_id",
    // What no hop changes.
    "ip.src",
    "ip.dst",
    "ip.id",
    "udp.srcport",
    "udp.dstport",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "dns.id",
    "arp.dst.proto_ipv4",
];

fn frame(line: &str) -> Frame {
    let fields: Vec<&str> = line.split('\t').collect();
    assert_eq!(fields.len(), FIELDS.len(), "{line}");
    let field = |n: usize| fields[n].to_owned();
    let severities = fields[8].split(',').filter_map(|severity| severity.parse().ok());
    Frame {
        number: field(0),
        protocols: field(1),
        malformed: field(2),
        checksums: [field(3), field(4), field(5)],
        uri: field(6),
        status: field(7),
        severity: severities.max().unwrap_or(0),
        expert: field(9),
        packet_id: fields[10].parse().ok(),
        flow: fields[11..].join(" "),
    }
}

#[track_caller]
fn assert_sound(frame: &Frame) {
    assert_eq!(frame.malformed, "", "frame {} is malformed: {}", frame.number, frame.expert);
    for status in frame.checksums.iter().flat_map(|all| all.split(',')).filter(|status| !status.is_empty()) {
        assert_eq!(status, GOOD, "frame {} has a checksum that is not good: {:?}", frame.number, frame.checksums);
    }
    let ip = frame.protocols.contains(":ip:");
    assert_eq!(!frame.checksums[0].is_empty(), ip, "frame {} was not checked", frame.number);
    assert_eq!(!frame.checksums[1].is_empty() || !frame.checksums[2].is_empty(), ip, "frame {}", frame.number);
}

/// tshark's number for a checksum that was verified and is right.
const GOOD: &str = "1";
/// The least severity that is a warning; chats, notes and comments are below.
const WARNING: u64 = 0x0060_0000;
/// Warnings that only a lost or repeated segment gives.
const PROVOKED_BY_LOSS: [&str; 4] = [
    "Previous segment(s) not captured",
    "out-of-order",
    "ACKed segment that wasn't captured",
    "DNS query retransmission",
];
/// Interfaces between the laptop and web-1.
const WAY_TO_WEB_1: [&str; 14] = [
    "laptop-eth0",
    "home-switch-port0",
    "home-switch-port1",
    "home-router-lan",
    "home-router-wan",
    "access-home",
    "access-core",
    "core-1-access",
    "core-1-core",
    "core-2-core",
    "core-2-web",
    "web-switch-port0",
    "web-switch-port1",
    "web-1-eth0",
];
