//! What tshark says of frames of reliable links, radio cells and bridges, if it is installed.

use std::process::Command;

use super::{Link, Raw, Reader, named};
use crate::capture::frames;

/// A capture in the older format.
fn pcap(link_type: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, link_type].map(u32::to_le_bytes).concat();
    // Version 2.4 is two halves.
    file[4..8].copy_from_slice(&[2, 0, 4, 0]);
    for frame in frames {
        let len = frame.len() as u32;
        file.extend([0, 0, len, len].map(u32::to_le_bytes).concat());
        file.extend(frame);
    }
    file
}

fn assert_agrees(name: &str, link_type: u32, of: &[Vec<u8>], prefixes: &[&str]) {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: tshark is not installed");
        return;
    }
    let file = pcap(link_type, of);
    let ours = |field: &super::Field| {
        let own = prefixes.iter().any(|prefix| field.name().starts_with(prefix));
        own || ["frame.protocols", "ip.src", "udp.dstport"].contains(&field.name())
    };
    let fields: Vec<_> = super::all().filter(ours).collect();
    let path = std::env::temp_dir().join(format!("glassnet-fields-{name}-{}.pcap", std::process::id()));
    std::fs::write(&path, &file).expect("a file can be written");
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-T", "fields", "-r"]).arg(&path);
    fields.iter().for_each(|field| {
        tshark.args(["-e", field.name()]);
    });
    let output = tshark.output().expect("tshark runs");
    let theirs = String::from_utf8(output.stdout).expect("tshark prints text");
    std::fs::remove_file(&path).expect("the file is there");
    assert_eq!(theirs.lines().count(), of.len(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut reader = Reader::new();
    let mut lines = theirs.lines();
    let (_, end) = frames(&file, |frame| {
        let packet = reader.read(frame.raw);
        for (field, theirs) in fields.iter().zip(lines.next().unwrap_or_default().split('\t')) {
            assert_eq!(
                packet.text(*field),
                theirs,
                "{} of frame {}: {:02x?}",
                field.name(),
                packet.number,
                frame.raw.bytes
            );
        }
    });
    assert_eq!(end, Ok(()));
}

/// An IPv4 packet that carries an empty UDP datagram.
fn ip() -> Vec<u8> {
    let head = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0xf6, 0xcf, 192, 0, 2, 1, 192, 0, 2, 2];
    [&head[..], &[0x9c, 0x40, 0x9c, 0x41, 0, 8, 0, 0]].concat()
}

fn ax25(is_command: bool, control: u8, rest: &[u8]) -> Vec<u8> {
    let call = |name: &[u8; 6], bits: u8| [name.map(|letter| letter << 1).to_vec(), vec![0x60 | bits]].concat();
    let (to, from) = if is_command { (0x80, 0) } else { (0, 0x80) };
    [&call(b"BOB   ", to)[..], &call(b"ALICE ", from | 1), &[control], rest].concat()
}

fn ax25_frames() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for control in [0x3f, 0x2f, 0x7f, 0x53, 0x43, 0x13, 0xb1, 0xa1, 0x45, 0x49, 0x4d, 0x8f, 0xaf, 0xe3] {
        frames.push(ax25(true, control, &[]));
    }
    for control in [0x73, 0x63, 0x1f, 0x0f, 0xb1, 0xa1, 0x45, 0x49, 0x4d] {
        frames.push(ax25(false, control, &[]));
    }
    for control in [0xb6, 0xa6, 0x03] {
        frames.push(ax25(true, control, b"\xf0hello"));
        frames.push(ax25(true, control, &[&[0xcc], &ip()[..]].concat()));
    }
    // Through a repeater.
    let mut repeated = ax25(true, 0x03, &[&[0xcc], &ip()[..]].concat());
    repeated[13] &= !1;
    repeated.splice(14..14, [b'R' << 1, b'P' << 1, b'T' << 1, 0x40, 0x40, 0x40, 0x61]);
    frames.push(repeated);
    frames
}

fn llc_frames() -> Vec<Vec<u8>> {
    let pdu = |head: &[u8], rest: &[u8]| [head, rest].concat();
    let mut frames = vec![
        pdu(&[6, 6, 0x06, 0x0a], &ip()),
        pdu(&[6, 6, 0x06, 0x0b], &ip()),
        pdu(&[0x44, 0x44, 0x06, 0x0a], b"hello"),
        pdu(&[6, 6, 3], &ip()),
        pdu(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip()),
        pdu(&[0x44, 0x44, 3], b"hi"),
    ];
    for control in [0x7f, 0x6f, 0x53] {
        frames.push(vec![6, 6, control]);
    }
    for control in [0x73, 0x63, 0x1f, 0x0f] {
        frames.push(vec![6, 7, control]);
    }
    for (ssap, kind, nr) in [(6, 1, 0x0a), (6, 1, 0x0b), (7, 1, 0x0b), (7, 5, 0x0a), (7, 9, 0x0a), (7, 13, 0xff)] {
        frames.push(vec![6, ssap, kind, nr]);
    }
    let bridge = |root: u8| [0x80, 0, 2, 0, 0, 0, 0, root];
    let body = [&bridge(1)[..], &[0, 0, 0, 4], &bridge(2), &[0x80, 2, 1, 0, 20, 0, 2, 0, 15, 0]].concat();
    frames.push(pdu(&[0x42, 0x42, 3, 0, 0, 0, 0, 1], &body));
    frames.push(pdu(&[0x42, 0x42, 3, 0, 0, 2, 2, 0x3c], &[&body[..], &[0]].concat()));
    frames.push(vec![0x42, 0x42, 3, 0, 0, 0, 0x80]);
    frames
}

fn ethernet(tags: &[u8], body: &[u8]) -> Vec<u8> {
    let mut frame =
        [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], tags, &(body.len() as u16).to_be_bytes(), body].concat();
    frame.resize(frame.len().max(60), 0);
    frame
}

fn wlan_frames() -> Vec<Vec<u8>> {
    let mac = |n: u8| [2, 0, 0, 0, 0, n];
    let control = |code: u8, duration: u16| [&[code, 0][..], &duration.to_le_bytes(), &mac(1)].concat();
    let data = |code: u8, flags: u8, extra: &[u8]| {
        let head = [&[code, flags, 44, 0][..], &mac(9), &mac(1), &mac(2), &[0x50, 0x01]].concat();
        [&head[..], extra, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip()].concat()
    };
    let mut null = data(0x48, 1, &[]);
    null.truncate(24);
    vec![
        [control(0xb4, 1000), mac(3).to_vec()].concat(),
        control(0xc4, 900),
        control(0xd4, 0),
        [control(0xa4, 0xc001), mac(3).to_vec()].concat(),
        data(0x08, 1, &[]),
        data(0x08, 0x0a, &[]),
        data(0x08, 0, &[]),
        data(0x08, 3, &mac(7)),
        data(0x88, 1, &[0, 0]),
        data(0x08, 0x41, &[]),
        null,
    ]
}

#[test]
fn tshark_reads_the_same_from_ax25() {
    let frames = ax25_frames();
    assert_agrees("ax25", 3, &frames, &["ax25."]);
    let behind_kiss: Vec<_> = frames.iter().map(|frame| [&[0][..], frame].concat()).collect();
    assert_agrees("kiss", 202, &behind_kiss, &["ax25."]);
}

#[test]
fn tshark_reads_the_same_from_llc_alone_and_in_ethernet() {
    let frames = llc_frames();
    let prefixes = ["llc.", "stp.", "vlan.", "eth."];
    assert_agrees("llc", 100, &frames, &prefixes);
    let tags: [&[u8]; 2] = [&[], &[0x81, 0, 0xa0, 100]];
    let mut all: Vec<_> = tags.iter().flat_map(|tag| frames.iter().map(|frame| ethernet(tag, frame))).collect();
    for tags in [&[0x81, 0, 0x60, 100][..], &[0x88, 0xa8, 0x60, 101, 0x81, 0, 0, 100]] {
        let mut frame = ethernet(tags, &ip());
        frame[12 + tags.len()..14 + tags.len()].copy_from_slice(&[8, 0]);
        all.push(frame);
    }
    assert_agrees("ethernet", 1, &all, &prefixes);
}

#[test]
fn tshark_reads_the_same_from_radio_cells() {
    let frames = wlan_frames();
    assert_agrees("wlan", 105, &frames, &["wlan.", "llc."]);
    let with_header = |flags: u8, fcs: &[u8]| {
        let head = [0, 0, 14, 0, 14, 0, 0, 0, flags, 4, 0x6c, 9, 0xa0, 0];
        frames.iter().map(move |frame| [&head[..], frame, fcs].concat()).collect::<Vec<_>>()
    };
    assert_agrees("radiotap", 127, &with_header(0x10, &[1, 2, 3, 4]), &["wlan.", "llc."]);
    assert_agrees("radiotap-bare", 127, &with_header(0, &[]), &["wlan.", "llc."]);
}

#[test]
fn the_numbers_of_both_kinds_of_reliable_links_have_one_name() {
    let said = |link: Link, bytes: &[u8]| {
        let mut reader = Reader::new();
        let packet = reader.read(Raw { link, bytes, len: bytes.len() as u32, ..Raw::default() });
        ["arq.kind", "arq.ns", "arq.nr"].map(|name| packet.text(named(name).expect("it is in the registry")))
    };
    assert_eq!(said(Link::Ax25, &ax25(true, 0xb6, b"\xf0hello")), ["I", "3", "5"]);
    assert_eq!(said(Link::Llc, &[6, 6, 0x06, 0x0b]), ["I", "3", "5"]);
    assert_eq!(said(Link::Llc, &[6, 7, 13, 0xfe]), ["SREJ", "", "127"]);
    assert_eq!(said(Link::Ax25, &ax25(true, 0x3f, &[])), ["SABM", "", ""]);
    assert_eq!(said(Link::Llc, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), ["", "", ""]);
}
