//! Reports of films.

use super::*;
use crate::album::{Album, Options};
use crate::film::visit::{Plot, visit};

#[test]
fn a_report_holds_verdicts_explanation_pictures_tables_and_files() {
    let recording = visit(Plot::AllIsWell).cut();
    let mut report = Album::of(&recording, &Options::default()).report();
    report.title = "A visit".into();
    report.explanation = "Look at the *second* request.".into();
    report.command = "glassnet run visit.toml --seed 1".into();
    report.files = vec!["captures/laptop-eth0.pcapng".into(), "ladder #1.svg".into()];
    report.verdicts = vec![
        Verdict {
            that: "count(drops) == 0".into(),
            why: Some("nothing is lost".into()),
            shortfall: Some("1\n== 0".into()),
        },
        Verdict { that: "true".into(), why: None, shortfall: None },
    ];
    let page = html(&report);
    for part in [
        "<h2>1 of 2 expectations hold</h2>",
        "<em>second</em>",
        "<pre>1\n== 0</pre>",
        "<svg xmlns",
        "<td>router</td><td>queue full</td><td class=\"number\">1</td>",
        "<td>laptop.eth0</td>",
        "href=\"./ladder%20%231.svg\"",
        "glassnet run visit.toml",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("@import"));
}

#[test]
fn what_a_person_or_a_peer_wrote_cannot_become_html() {
    let evil = "<script>alert(1)</script>\u{1b}[31m\"'";
    let report = Report {
        title: evil.into(),
        explanation: evil.into(),
        command: evil.into(),
        verdicts: vec![Verdict { that: evil.into(), why: Some(evil.into()), shortfall: Some(evil.into()) }],
        notes: vec![evil.into()],
        pictures: Vec::new(),
        drops: vec![Dropped { node: evil.into(), reason: "queue full", packets: 1 }],
        interfaces: vec![Counters { interface: evil.into(), ..Counters::default() }],
        files: vec![evil.into()],
    };
    let page = html(&report);
    assert!(!page.contains("<script") && !page.contains('\u{1b}'), "{page}");
    assert_eq!(page.matches("&lt;script&gt;").count(), 11);
}
