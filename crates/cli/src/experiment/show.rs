//! A run on the terminal: the explanation, the ladder, plots, what programs said, what was expected.

use std::fmt::Write as _;

use lab::waveform::of_first_frame;
use lab::{Lab, Outcome};
use scope::plot::Run;
use scope::{Ladder, Style};

use super::Options;
use crate::repeat::again;

pub(super) fn text(lab: &Lab, outcome: &Outcome, options: &Options, style: Style) -> String {
    let mut text = String::new();
    if !options.quiet {
        heading(&mut text, lab, style);
        if options.explain && !lab.explain.is_empty() {
            let _ = writeln!(text, "{}\n", folded(&lab.explain, style.width.min(READABLE)));
        }
        ladder(&mut text, lab, outcome, style);
        plots(&mut text, lab, outcome, style);
        if let Some(drawn) = lab.pictures.waveform.and_then(|code| of_first_frame(&outcome.recording, code)) {
            let _ = writeln!(text, "{}", drawn.text(style));
        }
        said(&mut text, outcome, style);
    }
    expectations(&mut text, outcome, style);
    if !options.quiet {
        let typed = std::env::args().skip(1);
        let _ = writeln!(text, "\nseed {}; the same again: {}", outcome.seed, again(outcome.seed, typed));
    }
    text
}

fn heading(text: &mut String, lab: &Lab, style: Style) {
    let name = style.strong(&lab.scenario.name);
    let _ = match lab.title.as_str() {
        "" => writeln!(text, "{name}\n"),
        title => writeln!(text, "{name}  {title}\n"),
    };
}

/// The ladder as far as it helps: of a long one the beginning.
fn ladder(text: &mut String, lab: &Lab, outcome: &Outcome, style: Style) {
    if !lab.has_ladder() {
        return;
    }
    let names: Vec<&str> = lab.pictures.ladder.iter().map(String::as_str).collect();
    let ladder =
        if names.is_empty() { Ladder::of(&outcome.recording) } else { Ladder::between(&outcome.recording, &names) };
    let drawn = ladder.text(style);
    let lines: Vec<&str> = drawn.lines().collect();
    for line in lines.iter().take(LADDER_LINES) {
        let _ = writeln!(text, "{line}");
    }
    if lines.len() > LADDER_LINES {
        let more = format!("… {} more lines: -o DIR keeps them all", lines.len() - LADDER_LINES);
        let _ = writeln!(text, "{}", style.quiet(&more));
    }
    text.push('\n');
}

fn plots(text: &mut String, lab: &Lab, outcome: &Outcome, style: Style) {
    if lab.pictures.plot.is_empty() {
        return;
    }
    let names: Vec<&str> = lab.pictures.plot.iter().map(String::as_str).collect();
    let chart = Run::of(&outcome.recording).chart(&names);
    if !chart.is_empty() {
        let _ = writeln!(text, "{}", chart.text(style));
    }
}

/// What the programs recorded, as far as a screen holds it.
fn said(text: &mut String, outcome: &Outcome, style: Style) {
    let facts: Vec<_> = outcome.recording.app_facts().collect();
    if facts.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", style.strong("what the programs said"));
    for (at, node, fact) in facts.iter().take(FACT_LINES) {
        let fields: Vec<String> = fact.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let line = format!(
            "{:>12}  {}: {}.{} {}",
            at.to_string(),
            outcome.recording.node_name(*node),
            fact.protocol,
            fact.step,
            fields.join(" ")
        );
        let _ = writeln!(text, "{}", scope::clean(&line).chars().take(style.width).collect::<String>());
    }
    if facts.len() > FACT_LINES {
        let _ = writeln!(text, "{}", style.quiet(&format!("… and {} more", facts.len() - FACT_LINES)));
    }
    text.push('\n');
}

fn expectations(text: &mut String, outcome: &Outcome, style: Style) {
    for told in &outcome.expectations {
        let (sign, that) = match &told.shortfall {
            None => (style.good("✓"), told.that.as_str()),
            Some(_) => (style.bad("✗"), told.that.as_str()),
        };
        let _ = writeln!(text, "{sign} {}", that.trim());
        match &told.shortfall {
            Some(shortfall) => shortfall.lines().for_each(|line| {
                let _ = writeln!(text, "    {line}");
            }),
            None => {
                if let Some(why) = &told.why {
                    let _ = writeln!(text, "    {}", style.quiet(why));
                }
            }
        }
    }
    for fact in outcome.failed_programs() {
        let field = |name| fact.text(name).unwrap_or_default();
        let _ = writeln!(text, "{} the program {} failed: {}", style.bad("✗"), field("name"), field("error"));
    }
    if !outcome.ended {
        let _ = writeln!(
            text,
            "{} the run did not end by itself until {}; what was waited for:",
            style.bad("✗"),
            outcome.now
        );
        for (node, wake) in outcome.waiting.iter().take(WAIT_LINES) {
            let _ = writeln!(text, "    {node}: {wake}");
        }
    }
}

/// Paragraphs folded to `width`; lines that are lists or code stay as they are.
fn folded(markdown: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for line in markdown.trim().lines() {
        let own = line.is_empty() || line.starts_with([' ', '-', '#', '|', '`']);
        if own {
            if column > 0 {
                out.push('\n');
            }
            out.push_str(line);
            out.push('\n');
            column = 0;
            continue;
        }
        for word in line.split_whitespace() {
            let len = word.chars().count();
            if column > 0 && column + 1 + len > width {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += len;
        }
    }
    out
}

/// The run for machines.
pub(super) fn json(lab: &Lab, outcome: &Outcome) -> serde_json::Value {
    let expectations = outcome.expectations.iter().map(|told| {
        serde_json::json!({
            "that": told.that, "why": told.why, "holds": told.shortfall.is_none(), "shortfall": told.shortfall,
        })
    });
    let facts = outcome.recording.app_facts().map(|(at, node, fact)| {
        let fields: serde_json::Map<String, serde_json::Value> =
            fact.fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_string().into())).collect();
        serde_json::json!({
            "at_ns": at.nanos(), "node": outcome.recording.node_name(node),
            "protocol": fact.protocol, "step": fact.step, "fields": fields,
        })
    });
    serde_json::json!({
        "name": lab.scenario.name,
        "title": lab.title,
        "seed": outcome.seed,
        "virtual_ns": outcome.now.nanos(),
        "ended": outcome.ended,
        "as_expected": outcome.is_as_expected(),
        "expectations": expectations.collect::<Vec<_>>(),
        "facts": facts.collect::<Vec<_>>(),
    })
}

/// Text is read best at this width.
const READABLE: usize = 80;
/// Lines of a ladder on the terminal, at most.
const LADDER_LINES: usize = 60;
/// Facts of programs on the terminal, at most.
const FACT_LINES: usize = 20;
/// Nodes whose waits are shown, at most.
const WAIT_LINES: usize = 10;
