//! `glassnet visit`: the story, the waterfall, the page.

use std::process::ExitCode;

use lab::Outcome;
use lab::visit::{Failure, Page, failure, laptop_nic, page};
use scope::{Story, Style, Waterfall, pcapng};

use crate::arguments::Visit;
use crate::message::{FAILED, Problem};
use crate::output::{make_folder, say_what_is_missing, write};
use crate::repeat::again;
use crate::terminal;

pub(crate) fn run(visit: &Visit) -> Result<ExitCode, Problem> {
    let style = terminal::style(visit.explain);
    let wanted = lab::visit::Visit {
        url: visit.url.clone(),
        loss: visit.loss,
        delay: visit.delay,
        rate_bps: visit.rate,
        width: style.width.min(PAGE_WIDTH),
        over: visit.over,
    };
    wanted.check_url().map_err(|why| {
        let hint = "write it like https://www.example.com/page: a scheme, a host, a path";
        Problem::new("the visit cannot begin", why, hint)
    })?;
    let outcome = wanted
        .run(visit.seed)
        .map_err(|error| Problem::new("the world cannot be built", error, "report this: the world is built in"))?;
    write_captures(visit, &outcome)?;
    let (page, failure) = (page(&outcome.recording), failure(&outcome.recording));
    if visit.json {
        print_json(&outcome, page.as_ref(), failure.as_ref());
    } else {
        print_text(visit, &outcome, page.as_ref(), style);
    }
    if !visit.json {
        explain_failure(&outcome, failure.as_ref());
    }
    let good = outcome.is_as_expected() && failure.is_none();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn print_text(visit: &Visit, outcome: &Outcome, page: Option<&Page>, style: Style) {
    let mut text = String::new();
    if !visit.quiet {
        // How the visit failed is said last, where it is read first: on standard error.
        text += &Story { failure: None, ..Story::of(&outcome.recording) }.text(style);
        text += "\n";
        text += &Waterfall::of(&outcome.recording).text(style);
    }
    if let Some(page) = page {
        if !visit.quiet {
            let rule = "─".repeat(style.width.min(PAGE_WIDTH));
            let title = if page.title.is_empty() { String::new() } else { format!("\n{}", page.title) };
            text += &format!("{title}\n{rule}\n");
        }
        text += page.text.trim_end();
        text += "\n";
    }
    if !visit.quiet {
        let typed = std::env::args().skip(1);
        text += &format!("\nseed {}; the same again: {}\n", outcome.seed, again(visit.seed, typed));
    }
    terminal::print(&text);
}

fn print_json(outcome: &Outcome, page: Option<&Page>, failure: Option<&Failure>) {
    let page = page.map(
        |page| serde_json::json!({ "status": page.status, "title": page.title, "hash": page.hash, "text": page.text }),
    );
    let failure = failure.map(|failure| {
        serde_json::json!({ "step": failure.step, "party": failure.party, "said": failure.said, "try": failure.hint })
    });
    let all = serde_json::json!({
        "scenario": outcome.scenario,
        "seed": outcome.seed,
        "virtual_ns": outcome.now.nanos(),
        "story": Story::of(&outcome.recording).json(),
        "requests": Waterfall::of(&outcome.recording).json(),
        "page": page,
        "failure": failure,
    });
    terminal::print(&format!("{all:#}\n"));
}

fn explain_failure(outcome: &Outcome, failure: Option<&Failure>) {
    if let Some(failure) = failure {
        anstream::eprintln!("\x1b[1;31mthe visit failed\x1b[0m at {}", failure.step);
        anstream::eprintln!("   {} said: {}", failure.party, failure.said);
        anstream::eprintln!("   try: {}", failure.hint);
    } else if !outcome.ended {
        anstream::eprintln!("\x1b[1;31mthe visit did not end\x1b[0m within {}", outcome.now);
        for (node, wake) in &outcome.waiting {
            anstream::eprintln!("   {node} waits: {wake}");
        }
    }
}

fn write_captures(visit: &Visit, outcome: &Outcome) -> Result<(), Problem> {
    if let Some(file) = &visit.pcap
        && let Some(nic) = laptop_nic(&outcome.recording)
    {
        write(file, &pcapng::of_nic(&outcome.recording, nic, outcome.epoch))?;
    }
    if let Some(dir) = &visit.pcap_dir {
        make_folder(dir)?;
        for (name, bytes) in pcapng::of_all(&outcome.recording, outcome.epoch) {
            write(&dir.join(name), &bytes)?;
        }
    }
    if visit.pcap.is_some() || visit.pcap_dir.is_some() {
        say_what_is_missing(&outcome.recording);
    }
    Ok(())
}

/// Text is read best at this width.
const PAGE_WIDTH: usize = 80;
