//! Summaries of small films.

use crate::analysis::{Analyst, Cause, End, Summary};
use crate::fields::{Raw, Reader};
use crate::film::visit::{Plot, visit};
use crate::{Recording, Style};

fn summary(recording: &Recording, node: &str) -> Summary {
    let nic = recording.nic_named(node).expect("the film has it");
    let (mut reader, mut analyst) = (Reader::new(), Analyst::new());
    for frame in recording.frames_of(nic) {
        analyst.take(&reader.read(Raw::of_frame(&frame)));
    }
    analyst.finish()
}

#[test]
fn a_visit_is_its_lookups_its_session_and_its_requests() {
    let recording = visit(Plot::AllIsWell).cut();
    let summary = summary(&recording, "laptop");
    assert!(summary.conversations.iter().any(|c| c.protocol == "tcp" && c.end != End::NeverOpened));
    assert!(summary.lookups.iter().all(|lookup| lookup.answer.is_some()), "{:#?}", summary.lookups);
    let text = summary.text(Style::PLAIN);
    assert!(text.contains("Conversations") && text.contains("DNS"), "{text}");
}

#[test]
fn causes_are_told_from_what_came_before() {
    use base::event::LinkDrop;
    use wire::tcp::Flags;

    use crate::film::{Conn, Fate, Film};
    let mut film = Film::new(&[("laptop", [192, 0, 2, 10]), ("web", [203, 0, 113, 5])]);
    let mut conn = Conn::new(&film, &["laptop", "web"], 50_000, 80);
    conn.client(&mut film, Flags::SYN, b"", Fate::Dropped(1, LinkDrop::Lost.into()));
    film.sleep_ms(1000);
    conn.client_again(&mut film, Flags::SYN, b"", Fate::Arrives);
    conn.server(&mut film, Flags::SYN | Flags::ACK, b"", Fate::Arrives);
    conn.client(&mut film, Flags::ACK, b"", Fate::Arrives);
    let summary = summary(&film.cut(), "laptop");
    let again = &summary.conversations[0].forth.again;
    assert_eq!(again.iter().map(|again| again.cause).collect::<Vec<_>>(), [Cause::Timeout]);
    let findings = summary.findings();
    assert!(findings[0].contains("a segment was sent again after a timeout of 1.00"), "{findings:?}");
}
