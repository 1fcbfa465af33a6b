//! Messages read and written.

use super::*;

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

fn discover() -> Message {
    Message { broadcast: true, ..Message::new(Op::Request, 0x3903f326, Mac::local(5)) }
        .with(DhcpOption::MessageType(MessageType::Discover))
        .with(DhcpOption::ClientId(vec![1, 2, 0, 0, 0, 0, 5]))
        .with(DhcpOption::ParameterList(vec![1, 3, 6, 15]))
}

fn offer() -> Message {
    Message { yiaddr: Ipv4Addr::new(192, 0, 2, 100), ..Message::new(Op::Reply, 0x3903f326, Mac::local(5)) }
        .with(DhcpOption::MessageType(MessageType::Offer))
        .with(DhcpOption::ServerId(SERVER))
        .with(DhcpOption::LeaseTime(3600))
        .with(DhcpOption::RenewalTime(1800))
        .with(DhcpOption::RebindingTime(3150))
        .with(DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)))
        .with(DhcpOption::BroadcastAddress(Ipv4Addr::new(192, 0, 2, 255)))
        .with(DhcpOption::Router(vec![SERVER]))
        .with(DhcpOption::DomainNameServer(vec![SERVER, Ipv4Addr::new(198, 51, 100, 53)]))
        .with(DhcpOption::HostName("laptop".into()))
        .with(DhcpOption::DomainName("home.example".into()))
        .with(DhcpOption::RequestedIp(Ipv4Addr::new(192, 0, 2, 7)))
        .with(DhcpOption::MaxMessageSize(1500))
        .with(DhcpOption::Message("as you like it".into()))
        .with(DhcpOption::Other(60, b"glass".to_vec()))
}

#[test]
//= rfc2131#2 test
fn a_discover_has_its_fields_at_the_places_of_the_rfc() {
    let bytes = discover().emit();
    assert_eq!(bytes.len(), 300);
    assert_eq!(bytes[..12], [1, 1, 6, 0, 0x39, 0x03, 0xf3, 0x26, 0, 0, 0x80, 0]);
    assert_eq!(bytes[28..34], Mac::local(5).0);
    assert_eq!(bytes[236..243], [99, 130, 83, 99, 53, 1, 1]);
    assert_eq!(bytes[243..260], [61, 7, 1, 2, 0, 0, 0, 0, 5, 55, 4, 1, 3, 6, 15, 255, 0]);
    assert_eq!(Message::parse(&bytes), Ok(discover()));
}

#[test]
//= rfc2132#9 test
fn every_option_is_read_as_it_was_written() {
    let message = Message::parse(&offer().emit()).unwrap();
    assert_eq!(message, offer());
    assert_eq!(message.message_type(), Some(MessageType::Offer));
    assert_eq!((message.server_id(), message.subnet_mask()), (Some(SERVER), Some(Ipv4Addr::new(255, 255, 255, 0))));
    assert_eq!(
        (message.lease_time(), message.renewal_time(), message.rebinding_time()),
        (Some(3600), Some(1800), Some(3150))
    );
    assert_eq!((message.routers(), message.dns_servers().len()), (&[SERVER][..], 2));
    assert_eq!((message.host_name(), message.domain_name()), (Some("laptop"), Some("home.example")));
    assert_eq!((message.requested_ip(), message.max_message_size()), (Some(Ipv4Addr::new(192, 0, 2, 7)), Some(1500)));
    assert_eq!(
        (message.reason(), message.client_id(), message.parameter_list()),
        (Some("as you like it"), None, &[][..])
    );
    assert_eq!(message.broadcast_address(), Some(Ipv4Addr::new(192, 0, 2, 255)));
}

#[test]
//= rfc2131#4.1 test
fn options_that_find_no_room_go_to_file_and_sname() {
    let large = offer().with(DhcpOption::Other(200, vec![7; 50])).with(DhcpOption::Other(201, vec![8; 40]));
    let bytes = large.emit_within(MIN_LEN).expect("a message of 300 bytes has room in file and sname");
    assert_eq!(bytes.len(), MIN_LEN);
    assert_eq!(bytes[240..243], [52, 1, 3]);
    assert_eq!(Message::parse(&bytes), Ok(large.clone()));
    assert_eq!(large.emit_within(MAX_LEN), Some(large.emit()));
    let named = Message { file: "boot".into(), ..large };
    assert_eq!(named.emit_within(MIN_LEN), None);
    assert_eq!(Message::parse(&named.emit()), Ok(named));
}

#[test]
//= rfc2131#4.1 test
fn an_option_longer_than_255_bytes_travels_in_parts() {
    let long = discover().with(DhcpOption::Other(43, (0..=255).cycle().take(600).collect()));
    assert_eq!(Message::parse(&long.emit()), Ok(long.clone()));
    assert_eq!(Message::parse(&long.emit_within(848).unwrap()), Ok(long));
}

#[test]
fn names_end_at_their_first_zero_and_are_cut_to_their_field() {
    let long = Message { sname: "s".repeat(80), file: "ü".repeat(80), ..discover() };
    let read = Message::parse(&long.emit()).unwrap();
    assert_eq!((read.sname.len(), read.file.len()), (63, 126));
    let mut bytes = discover().with(DhcpOption::HostName("a\0\0".into())).emit();
    bytes[108..112].copy_from_slice(b"a\0bc");
    let read = Message::parse(&bytes).unwrap();
    assert_eq!((&*read.file, read.host_name()), ("a", Some("a")));
}

#[test]
fn wrong_messages_are_refused_by_field() {
    let good = discover().emit();
    for (at, value, field) in [
        (0, 3, "op"),
        (1, 6, "htype"),
        (2, 16, "hlen"),
        (236, 0, "magic cookie"),
        (252, 57, "Maximum DHCP Message Size"),
        (242, 9, "DHCP Message Type"),
        (253, 200, "Parameter Request List"),
    ] {
        let mut bytes = good.clone();
        bytes[at] = value;
        assert_eq!(Message::parse(&bytes).unwrap_err().field, field);
    }
    assert_eq!(Message::parse(&good[..239]).unwrap_err().problem, Problem::TooShort);
    assert!(Message::parse(&good[..240]).unwrap().options.is_empty());
}

#[test]
fn option_values_read_as_text() {
    let text = |option: DhcpOption| option.to_string();
    assert_eq!(text(DhcpOption::ParameterList(vec![1, 3, 199])), "Subnet Mask, Router, Option 199");
    assert_eq!(text(DhcpOption::LeaseTime(u32::MAX)), "for ever");
    assert_eq!(text(DhcpOption::MessageType(MessageType::Nak)), "DHCPNAK");
    assert_eq!(text(DhcpOption::ClientId(vec![1, 0xab])), "01ab");
    assert_eq!(text(DhcpOption::HostName("a\nb".into())), "a\\nb");
}
