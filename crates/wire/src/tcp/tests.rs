//! Segments read and written.

use super::*;
use base::PacketId;
use bytes::Bytes;
use std::net::Ipv4Addr;

const A: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const B: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2));

fn segment(options: Options) -> PacketBuf {
    let mut packet = PacketBuf::new(PacketId::NONE, Bytes::from_static(b"data!"));
    header(options).push(&mut packet, A, B);
    packet
}

fn header(options: Options) -> Header {
    Header {
        src_port: 50000,
        dst_port: 443,
        seq: SeqNum(0x01020304),
        ack: SeqNum(0xfffffffe),
        flags: Flags::SYN | Flags::ACK,
        window: 64240,
        urgent: 9,
        options,
        header_len: LEN + options.len(),
    }
}

fn blocks(count: u32) -> SackBlocks {
    let mut sack = SackBlocks::NONE;
    for i in 0..count {
        assert!(sack.push(SeqNum(i * 100), SeqNum(i * 100 + 50)));
    }
    sack
}

fn option_bytes(options: Options) -> Vec<u8> {
    let packet = segment(options);
    assert_eq!(Header::parse(packet.head()).unwrap(), header(options));
    assert!(verify(A, B, packet.parts()));
    packet.head()[LEN..].to_vec()
}

#[test]
//= rfc9293#3.1 test
fn a_plain_segment_has_twenty_bytes_of_header() {
    let packet = segment(Options::default());
    assert_eq!(packet.head()[..16], [0xc3, 0x50, 1, 0xbb, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xfe, 0x50, 0x12, 0xfa, 0xf0]);
    assert_eq!((packet.head().len(), packet.len()), (20, 25));
    assert!(verify(A, B, packet.parts()) && !verify(A, A, packet.parts()));
    assert_eq!(Header::parse(packet.head()).unwrap().segment_len(5), 6);
}

#[test]
fn a_syn_carries_its_options_in_the_order_of_linux() {
    let all = Options {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some((1, 0)),
        ..Options::default()
    };
    assert_eq!(option_bytes(all), [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]);
    let no_timestamps = Options { timestamps: None, ..all };
    assert_eq!(option_bytes(no_timestamps), [2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7]);
    let no_sack = Options { sack_permitted: false, ..all };
    assert_eq!(option_bytes(no_sack), [2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]);
}

#[test]
//= rfc7323#3.2 test
fn an_acknowledgment_carries_timestamps_then_sack() {
    let options = Options { timestamps: Some((0x0a0b0c0d, 7)), sack: blocks(1), ..Options::default() };
    assert_eq!(option_bytes(options), [1, 1, 8, 10, 10, 11, 12, 13, 0, 0, 0, 7, 1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 50]);
    assert_eq!(option_bytes(Options { sack: SackBlocks::NONE, ..options }).len(), 12);
}

#[test]
//= rfc2018#3 test
fn sack_blocks_fill_the_room_that_other_options_leave() {
    let with = |timestamps, count| {
        let packet = segment(Options { timestamps, sack: blocks(count), ..Options::default() });
        Header::parse(packet.head()).unwrap().options.sack.len()
    };
    assert_eq!((with(None, 4), with(Some((1, 2)), 4), with(Some((1, 2)), 2)), (4, 3, 2));
    assert!(!blocks(4).clone().push(SeqNum(1), SeqNum(2)));
}

#[test]
fn unknown_options_are_skipped() {
    let options = Options::parse(&[254, 4, 1, 2, 1, 2, 4, 5, 180, 0, 77, 77]).unwrap();
    assert_eq!(options, Options { mss: Some(1460), ..Options::default() });
}

#[test]
//= rfc9293#3.1 test
fn options_of_impossible_length_are_refused_with_their_place() {
    for (bytes, field, offset) in [
        (&[254, 0, 0, 0][..], "option length", 21),
        (&[254, 1, 0, 0], "option length", 21),
        (&[1, 254, 4, 0], "option length", 22),
        (&[1, 1, 1, 2], "option length", 24),
        (&[2, 3, 1, 0], "Maximum Segment Size", 21),
        (&[3, 4, 1, 0], "Window Scale", 21),
        (&[4, 3, 1, 0], "SACK-Permitted", 21),
        (&[8, 4, 1, 0], "Timestamps", 21),
        (&[5, 2, 1, 0], "SACK", 21),
        (&[5, 6, 1, 0, 0, 0, 0, 0], "SACK", 21),
    ] {
        let error = Options::parse(bytes).unwrap_err();
        assert_eq!((error.field, error.offset, error.problem), (field, offset, Problem::BadLength));
    }
}

#[test]
fn wrong_data_offsets_are_refused() {
    let mut bytes = segment(Options::default()).contiguous();
    bytes[12] = 0x40;
    assert_eq!(Header::parse(&bytes).unwrap_err().problem, Problem::BadValue);
    bytes[12] = 0x70;
    assert_eq!(Header::parse(&bytes).unwrap_err().problem, Problem::BadLength);
    assert_eq!(Header::parse(&bytes[..19]).unwrap_err().problem, Problem::TooShort);
}

#[test]
fn flags_print_one_letter_each() {
    let text = |flags: Flags| flags.to_string();
    assert_eq!(
        [Flags::SYN | Flags::ACK, Flags::FIN | Flags::PSH | Flags::ACK, Flags::NONE].map(text),
        ["SA", "FPA", "-"]
    );
    assert_eq!(format!("{:>4}", Flags::RST), "   R");
}

#[test]
fn a_clamped_syn_offers_less_and_keeps_a_valid_checksum() {
    let offered = |mss, scale| Options { mss: Some(mss), window_scale: scale, ..Options::default() };
    let mut packet = segment(offered(1460, Some(7)));
    assert!(clamp_mss(&mut packet, 1400));
    assert!(verify(A, B, packet.parts()));
    assert_eq!(Header::parse(packet.head()).map(|header| header.options.mss), Ok(Some(1400)));
    assert!(!clamp_mss(&mut packet, 1400), "it fits already");
    // A NOP in front moves the value to an odd place.
    let mut odd = segment(offered(1460, Some(7)));
    let head = odd.head_mut();
    head[LEN..LEN + 8].copy_from_slice(&[1, 2, 4, 0x05, 0xb4, 3, 3, 7]);
    head[16..18].fill(0);
    let whole = odd.contiguous();
    let mut sum = checksum::pseudo_header(A, B, Protocol::TCP, whole.len());
    sum.add(&whole);
    odd.head_mut()[16..18].copy_from_slice(&sum.checksum().to_be_bytes());
    assert!(verify(A, B, odd.parts()) && clamp_mss(&mut odd, 536));
    assert!(verify(A, B, odd.parts()));
}
