//! The written bytes, read by others: the crate `pcap-parser`, and tshark where it is installed.

use std::time::Duration;

use base::SeqNum;
use base::event::{Fact, Flow, LinkDrop, RetransmitCause, TcpState, TransportDrop, TransportFact};
use pcap_parser::Block;
use pcap_parser::pcapng::{OptionCode, PcapNGOption, parse_block_le};
use wire::tcp::Flags;

use super::*;
use crate::film::{Conn, Fate, Film};

const EPOCH_S: u64 = 1_790_000_000;

fn epoch() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_S)
}

/// A connection over one router, with a segment lost behind it and another thrown away by the server.
fn recording() -> Recording {
    let mut film = Film::new(&[("laptop", [192, 0, 2, 10]), ("r1", [192, 0, 2, 1]), ("web", [203, 0, 113, 5])]);
    film.recording.add_secret(film.now, "CLIENT_RANDOM 0011 2233");
    film.recording.add_secret(film.now, "CLIENT_RANDOM 0011 2233");
    film.recording.add_secret(film.now, "SERVER_TRAFFIC_SECRET_0 0011 4455");
    let mut conn = Conn::new(&film, &["laptop", "r1", "web"], 50_000, 80);
    let flow = Flow { local: conn.client, remote: conn.server };
    conn.client(&mut film, Flags::SYN, b"", Fate::Arrives);
    let syn_ack = conn.server(&mut film, Flags::SYN | Flags::ACK, b"", Fate::Arrives);
    film.state("laptop", syn_ack, flow, TcpState::SynSent, TcpState::Established);
    conn.client(&mut film, Flags::ACK, b"", Fate::Arrives);
    conn.client(&mut film, Flags::PSH | Flags::ACK, b"hello", Fate::Dropped(1, LinkDrop::QueueFull.into()));
    film.sleep_ms(1000);
    let seq = SeqNum(1001);
    let cause = RetransmitCause::Timeout;
    film.event("laptop", PacketId::NONE, Fact::Transport(TransportFact::Retransmit { flow, seq, len: 5, cause }));
    conn.client_again(&mut film, Flags::PSH | Flags::ACK, b"hello", Fate::Arrives);
    conn.client_again(
        &mut film,
        Flags::PSH | Flags::ACK,
        b"hello",
        Fate::Dropped(2, TransportDrop::DuplicateSegment.into()),
    );
    film.cut()
}

fn blocks(mut file: &[u8]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    while !file.is_empty() {
        let (rest, block) = parse_block_le(file).expect("pcap-parser reads the file");
        blocks.push(block);
        file = rest;
    }
    blocks
}

fn comments<'a>(options: &'a [PcapNGOption<'_>]) -> Vec<&'a str> {
    let texts = options.iter().filter(|option| option.code == OptionCode::Comment);
    texts.map(|option| std::str::from_utf8(&option.value[..usize::from(option.len)]).unwrap()).collect()
}

fn value(options: &[PcapNGOption<'_>], code: u16) -> Option<Vec<u8>> {
    options.iter().find(|option| option.code == OptionCode(code)).map(|o| o.value[..usize::from(o.len)].to_vec())
}

#[test]
fn the_file_has_its_blocks_in_the_order_that_lets_wireshark_decrypt() {
    let recording = recording();
    let laptop = recording.nic_named("laptop").unwrap();
    let file = of_nic(&recording, laptop, epoch());
    let blocks = blocks(&file);
    let kinds: Vec<&str> = blocks
        .iter()
        .map(|block| match block {
            Block::SectionHeader(_) => "SHB",
            Block::InterfaceDescription(_) => "IDB",
            Block::DecryptionSecrets(_) => "DSB",
            Block::NameResolution(_) => "NRB",
            Block::EnhancedPacket(_) => "EPB",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["SHB", "IDB", "DSB", "NRB", "EPB", "EPB", "EPB", "EPB", "EPB", "EPB"]);
    let Block::InterfaceDescription(interface) = &blocks[1] else { panic!() };
    assert_eq!((interface.linktype.0, interface.snaplen, interface.if_tsresol), (1, 0, 9));
    let Block::DecryptionSecrets(secrets) = &blocks[2] else { panic!() };
    let expected = b"CLIENT_RANDOM 0011 2233\nSERVER_TRAFFIC_SECRET_0 0011 4455\n";
    assert_eq!(&secrets.data[..secrets.secrets_len as usize], expected);
}

#[test]
fn a_frame_says_when_which_way_which_packet_and_why() {
    let recording = recording();
    let laptop = recording.nic_named("laptop.eth0").unwrap();
    let file = of_nic(&recording, laptop, epoch());
    let mut seen = Vec::new();
    let blocks = blocks(&file);
    for block in &blocks {
        let Block::EnhancedPacket(packet) = block else { continue };
        let time = (u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low)) - EPOCH_S * 1_000_000_000;
        let direction = value(&packet.options, 2).unwrap()[0];
        seen.push((time / 1_000_000, direction, comments(&packet.options)));
        assert_eq!(value(&packet.options, 5).unwrap().len(), 8, "a packet id");
    }
    let again = "sent again: the retransmission timer ran out";
    let none: Vec<&str> = vec![];
    assert_eq!(seen[0], (0, 2, none.clone()));
    assert_eq!(seen[1], (4, 1, vec!["SYN-SENT -> ESTABLISHED"]));
    assert_eq!(seen[3], (6, 2, vec!["dropped: queue full at r1"]));
    assert_eq!(seen[4], (1007, 2, vec![again]));
    assert_eq!(seen[5], (1009, 2, vec!["dropped: nothing new in it at web"]));
}

#[test]
fn one_packet_has_one_id_in_all_files() {
    let recording = recording();
    let ids = |node| {
        let file = of_nic(&recording, recording.nic_named(node).unwrap(), epoch());
        let blocks = blocks(&file);
        let packets = blocks.iter().filter_map(|block| match block {
            Block::EnhancedPacket(packet) => value(&packet.options, 5),
            _ => None,
        });
        packets.collect::<Vec<_>>()
    };
    assert_eq!(ids("laptop")[..3], ids("web")[..3]);
    assert_eq!(ids("laptop").len(), ids("web").len() + 1, "the dropped one never came to the server");
}

#[test]
fn the_bytes_depend_on_the_recording_alone() {
    let (one, two) = (recording(), recording());
    let all = |recording: &Recording| of_all(recording, epoch()).collect::<Vec<_>>();
    assert_eq!(all(&one), all(&two));
    let names: Vec<_> = all(&one).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["laptop-eth0.pcapng", "r1-eth0.pcapng", "web-eth0.pcapng"]);
}

#[test]
fn tshark_reads_the_capture_with_all_checksums_on() {
    use std::process::Command;
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: tshark is not installed");
        return;
    }
    let recording = recording();
    let path = std::env::temp_dir().join(format!("glassnet-scope-{}.pcapng", std::process::id()));
    std::fs::write(&path, of_nic(&recording, recording.nic_named("laptop").unwrap(), epoch())).unwrap();
    let mut tshark = Command::new("tshark");
    tshark.args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields"]);
    for field in ["frame.time_epoch", "frame.packet_flags_direction", "frame.comment", "_ws.malformed"] {
        tshark.args(["-e", field]);
    }
    tshark.args(["-e", "ip.checksum.status", "-e", "tcp.checksum.status", "-e", "frame.interface_name"]);
    let output = tshark.arg("-r").arg(&path).output().unwrap();
    std::fs::remove_file(&path).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert_eq!(lines[0], format!("{EPOCH_S}.000000000\t0x00000002\t\t\t1\t1\teth0"));
    assert_eq!(lines[1], format!("{EPOCH_S}.004000000\t0x00000001\tSYN-SENT -> ESTABLISHED\t\t1\t1\teth0"));
}
