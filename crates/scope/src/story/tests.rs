//! Stories of films.

use std::net::IpAddr;

use base::event::{AppFact, DropReason, LinkDrop};
use bytes::Bytes;
use wire::icmpv4::{Message, Unreachable};
use wire::{PacketBuf, ip};

use super::*;
use crate::Frame;
use crate::film::visit::{Plot, visit};
use crate::film::{Fate, Film};

fn story(plot: Plot) -> Story {
    let story = Story::of(&visit(plot).cut());
    println!("{}", story.text(Style { width: 110, ..Style::PLAIN }));
    story
}

fn told(story: &Story, protocol: &str) -> Vec<String> {
    let who =
        |step: &Step| if step.to.is_empty() { step.from.clone() } else { format!("{} → {}", step.from, step.to) };
    story.of_protocol(protocol).map(|step| format!("{}: {}", who(step), step.what)).collect()
}

#[test]
fn a_visit_is_told_from_the_first_broadcast_to_the_last_fin() {
    let story = story(Plot::AllIsWell);
    println!("{}", story.text(Style { width: 110, explain: true, ..Style::PLAIN }));
    let protocols: Vec<&str> = story.steps.iter().map(|step| step.protocol).collect();
    let expected = "DHCP DHCP DHCP DHCP ARP ARP DNS DNS DNS DNS DNS TCP HTTP HTTP TCP TLS TLS HTTP HTTP visit \
                    HTTP HTTP TCP HTTP visit TCP TCP";
    assert_eq!(protocols.join(" "), expected);
    assert!(story.steps.is_sorted_by_key(|step| step.at) && story.failure.is_none());
    assert!(story.steps.iter().all(|step| step.end >= step.at && !step.from.is_empty()));
    assert!(told(&story, "DHCP")[3].starts_with("router → laptop: Ack: 192.0.2.100 is laptop's for 1 hour"));
    assert!(told(&story, "ARP")[0].contains("The way to resolver (198.51.100.53) leads through it"));
}

#[test]
fn the_walk_is_told_server_by_server() {
    let story = story(Plot::AllIsWell);
    let dns = told(&story, "DNS");
    assert!(dns[0].starts_with("laptop → resolver: Where is www.example.com?"), "{dns:#?}");
    assert!(dns[1].ends_with("root knows who serves com: a.tld.test (203.0.113.2)."), "{dns:#?}");
    assert!(dns[2].starts_with("resolver → tld") && dns[2].contains("ns1.example.com (203.0.113.3)"), "{dns:#?}");
    assert!(dns[3].contains("ns1 is in charge: it is at 203.0.113.80, good for 5 minutes."), "{dns:#?}");
    assert_eq!(dns[4], "resolver → laptop: www.example.com is at 203.0.113.80, good for 5 minutes.");
    assert!(story.of_protocol("DNS").all(|step| step.request == Some(1)));
}

#[test]
fn a_silenced_server_changes_the_story() {
    let story = story(Plot::SilentTld);
    let dns = told(&story, "DNS");
    assert!(
        dns[3].contains("Asked again: no answer came in 1 s, the question was lost on the line after router."),
        "{dns:#?}"
    );
    assert!(dns[5].contains("could not find out, for a.tld.test did not answer (SERVFAIL)"), "{dns:#?}");
    let failure = story.failure.as_ref().expect("the visit fails");
    assert_eq!((failure.step.as_str(), failure.party.as_str(), failure.said.as_str()), ("dns", "resolver", "SERVFAIL"));
    assert_eq!(story.steps.last().map(|step| step.mood), Some(Mood::Failure));
    assert_eq!(failure.advice, "check the spelling of the name");
}

#[test]
fn an_edited_zone_changes_the_story() {
    let dns = told(&story(Plot::NoSuchName), "DNS");
    assert!(dns[3].contains("There is no such name, and that holds for 5 minutes (NXDOMAIN)"), "{dns:#?}");
}

#[test]
fn a_refused_connection_ends_the_story() {
    let story = story(Plot::Refused);
    let tcp = told(&story, "TCP");
    assert_eq!(tcp, ["laptop → web: SYN to port 80, answered by a reset: web is up, but no program listens there."]);
}

#[test]
fn what_was_lost_and_sent_again_is_summed_up() {
    let story = story(Plot::AllIsWell);
    let tcp = told(&story, "TCP");
    assert!(
        tcp.iter().any(|step| step.starts_with("web → laptop: Lost on the way: 1 segment. Sent again: 1 of")),
        "{tcp:#?}"
    );
    let step = story.steps.iter().find(|step| step.mood == Mood::Trouble).expect("the loss");
    assert_eq!((step.request, step.protocol), (Some(3), "TCP"));
}

#[test]
fn the_story_is_also_json() {
    let json = Story::of(&visit(Plot::Refused).cut()).json();
    let dhcp = &json["steps"][0];
    assert_eq!((&dhcp["protocol"], &dhcp["layer"], &dhcp["at_ns"]), (&"DHCP".into(), &"application".into(), &0.into()));
    assert_eq!(json["failure"]["try"], "another port");
    assert_eq!(json["requests"][0]["url"], "http://www.example.com/");
}

fn icmp(film: &Film, message: Message, from: &str, to: &str, quote: &[u8]) -> PacketBuf {
    let mut packet = PacketBuf::new(base::PacketId::NONE, Bytes::copy_from_slice(quote));
    message.push(&mut packet);
    film.enclose(packet, ip::Protocol::ICMP, film.ip(from), film.ip(to))
}

#[test]
fn a_ping_is_a_story_too() {
    let mut film = Film::new(&[("a", [192, 0, 2, 1]), ("r", [192, 0, 2, 254]), ("b", [198, 51, 100, 1])]);
    for seq in 1..=2 {
        let request = icmp(&film, Message::EchoRequest { id: 7, seq }, "a", "b", b"hello");
        let lost = if seq == 2 { Fate::Dropped(1, DropReason::Link(LinkDrop::QueueFull)) } else { Fate::Arrives };
        film.carry(&["a", "r", "b"], &request, lost);
        if seq == 1 {
            let reply = icmp(&film, Message::EchoReply { id: 7, seq }, "b", "a", b"hello");
            film.carry(&["b", "r", "a"], &reply, Fate::Arrives);
        }
    }
    let wanted = film.udp((film.ip("a"), 5000).into(), (IpAddr::from([203, 0, 113, 9]), 53).into(), b"?");
    let unreachable = Message::DestinationUnreachable { code: Unreachable::Net, mtu: 0 };
    let error = icmp(&film, unreachable, "r", "a", &wanted.contiguous()[14..42]);
    film.carry(&["r", "a"], &error, Fate::Arrives);
    film.carry(&["r", "a"], &error, Fate::Arrives);
    let story = Story::of(&film.cut());
    println!("{}", story.text(Style::PLAIN));
    let expected = [
        "a → b: Echo request 1, are you there? The reply is back after 4 ms.",
        "a → b: Echo request 2, are you there? No reply: the request was dropped by r: queue full.",
        "r → a: r knows no way to that network (network unreachable). About the packet to 203.0.113.9, UDP port 53.",
    ];
    assert_eq!(told(&story, "ICMP"), expected);
}

#[test]
fn what_is_said_in_the_clear_needs_no_program_to_record_it() {
    let film = visit(Plot::AllIsWell).cut();
    let mut silent = film.emptied();
    for frame in film.frames() {
        let Frame { at, nic, direction, packet, bytes, .. } = frame;
        silent.add_frame(base::FrameSeen { at, nic, direction, packet, bytes: [bytes, &[]], flaw: None });
    }
    let story = Story::of(&silent);
    assert_eq!(told(&story, "HTTP")[..2], ["laptop → web: GET /.", "web → laptop: 301 Moved Permanently."]);
    assert_eq!(told(&story, "TLS")[0], "laptop → web: ClientHello: a key exchange is offered.");
    assert_eq!(told(&story, "DNS").len(), 5);
}

#[test]
fn what_programs_record_cannot_break_the_terminal() {
    let mut film = visit(Plot::AllIsWell);
    let fact = AppFact::new("visit", "failed", 1).with("step", "http").with("party", "web\x1b[2J");
    film.fact("laptop", fact.with("said", "line\nbreak \x07").with("try", "x"));
    let text = Story::of(&film.cut()).text(Style::PLAIN);
    assert!(!text.contains('\x1b') && !text.contains('\x07'));
    assert!(text.contains("line\\u{a}break"));
}

#[test]
fn any_width_gives_a_story() {
    let recording = visit(Plot::AllIsWell).cut();
    for width in [0, 40, 60, 80, 120, 10_000] {
        let style = Style { width, colour: width == 80, explain: width == 60 };
        let text = Story::of(&recording).text(style);
        assert!(text.contains("FIN and ACK") || width < 80, "{text}");
    }
}
