//! Ladders of films.

use base::event::{Fact, Flow, LinkDrop, RetransmitCause, TcpState, TransportFact};
use base::{Duration, PacketId, SeqNum};
use wire::tcp::Flags;

use super::*;
use crate::film::{Conn, Fate, Film};

fn lost_syn(path: &[&'static str]) -> Recording {
    let mut film = Film::new(&[("client", [192, 0, 2, 10]), ("r1", [192, 0, 2, 1]), ("server", [203, 0, 113, 5])]);
    film.hop = Duration::from_millis(10);
    let mut conn = Conn::new(&film, path, 50_000, 80);
    let flow = Flow { local: conn.client, remote: conn.server };
    let back = Flow { local: conn.server, remote: conn.client };
    film.state("client", PacketId::NONE, flow, TcpState::Closed, TcpState::SynSent);
    conn.client(&mut film, Flags::SYN, b"", Fate::Lost(1));
    film.sleep_ms(1000);
    let cause = RetransmitCause::Timeout;
    let again = TransportFact::Retransmit { flow, seq: SeqNum(1000), len: 0, cause };
    film.event("client", PacketId::NONE, Fact::Transport(again));
    let syn = conn.client_again(&mut film, Flags::SYN, b"", Fate::Arrives);
    film.state("server", syn, back, TcpState::Listen, TcpState::SynReceived);
    let syn_ack = conn.server(&mut film, Flags::SYN | Flags::ACK, b"", Fate::Arrives);
    film.state("client", syn_ack, flow, TcpState::SynSent, TcpState::Established);
    conn.client(&mut film, Flags::ACK, b"", Fate::Arrives);
    conn.client(&mut film, Flags::PSH | Flags::ACK, &[7; 512], Fate::Arrives);
    conn.server(&mut film, Flags::ACK, b"", Fate::Dropped(0, LinkDrop::QueueFull.into()));
    conn.close(&mut film);
    film.cut()
}

#[test]
fn a_lost_syn_is_drawn_as_a_cross() {
    let recording = lost_syn(&["client", "server"]);
    let ladder = Ladder::between(&recording, &["client", "server"]);
    let text = ladder.to_string();
    println!("{text}");
    let line =
        |needle: &str| text.lines().find(|line| line.contains(needle)).unwrap_or_else(|| panic!("{needle}\n{text}"));
    assert!(line("X").contains("SYN seq=0 mss=1460") && line("X").contains("lost on the line after client"));
    assert!(line("(again: timeout)").contains("server: LISTEN -> SYN-RECEIVED"));
    assert!(line("(again: timeout)").trim_start().starts_with("1000.000"));
    assert!(line("len=512").contains("seq=1 len=512 ack=1"));
    let syn = |view: &View<'_>| view.tcp().is_some_and(|s| s.header.flags == Flags::SYN);
    let at_ms = |ms| Instant::ZERO + Duration::from_millis(ms);
    assert_eq!(ladder.sent("client", syn), [at_ms(0), at_ms(1000)]);
    assert_eq!(ladder.received("server", syn), [at_ms(1010)]);
    assert_eq!(ladder.sent("nobody", syn), []);
}

#[test]
fn a_packet_is_one_row_over_several_hops() {
    let recording = lost_syn(&["client", "r1", "server"]);
    let text = Ladder::between(&recording, &["client", "r1", "server"]).to_string();
    println!("{text}");
    assert_eq!(text.lines().filter(|line| line.contains("FIN ACK")).count(), 2);
    let ends_only = Ladder::between(&recording, &["client", "server", "nobody"]).to_string();
    assert_eq!(ends_only.lines().count(), text.lines().count());
}

#[test]
fn any_width_gives_a_ladder() {
    let recording = lost_syn(&["client", "r1", "server"]);
    for width in [0, 1, 60, 80, 100, 1000] {
        for names in [&[][..], &["client"], &["client", "r1", "server"]] {
            let style = Style { width, colour: width == 80, explain: false };
            assert!(!Ladder::between(&recording, names).text(style).is_empty());
        }
    }
}

#[test]
fn the_picture_draws_a_loss_in_mid_flight_with_its_reason() {
    let recording = lost_syn(&["client", "r1", "server"]);
    let svg = Ladder::between(&recording, &["client", "r1", "server"]).svg();
    assert!(svg.contains(">lost on the line after client</text>"));
    assert_eq!(svg.matches(r#"class="cross""#).count(), 2, "two strokes");
    assert!(svg.contains(">SYN seq=0 mss=1460 (again: timeout)</text>"));
    assert!(svg.contains(">ESTABLISHED</text>") && svg.contains(" later</text>"));
}

#[test]
fn mermaid_gets_a_line_for_each_packet_and_each_change() {
    let recording = lost_syn(&["client", "server"]);
    let diagram = Ladder::between(&recording, &["client", "server"]).mermaid();
    println!("{diagram}");
    assert!(diagram.starts_with("sequenceDiagram\n    participant n0 as client\n"));
    assert!(diagram.contains("n0-xn1: 0.000 ms SYN seq=0 mss=1460 (lost on the line after client)"));
    assert!(diagram.contains("Note over n0: ESTABLISHED"));
    assert!(diagram.contains("n1->>n0: "));
}

#[test]
fn a_long_ladder_gives_bounded_pictures() {
    let mut film = Film::new(&[("client", [192, 0, 2, 10]), ("server", [203, 0, 113, 5])]);
    let mut conn = Conn::new(&film, &["client", "server"], 50_000, 80);
    for _ in 0..3_000 {
        conn.client(&mut film, Flags::ACK, b"0123456789", Fate::Arrives);
    }
    let recording = film.cut();
    let ladder = Ladder::of(&recording);
    assert!(ladder.svg().contains("2000 rows left out"));
    assert!(ladder.mermaid().len() < 50_000);
    assert!(ladder.to_string().lines().count() < 500);
}
