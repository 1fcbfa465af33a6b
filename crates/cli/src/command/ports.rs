//! `glassnet ports`: what is spoken where.

use std::process::ExitCode;

use lab::handbook::ports::{self, COUNT, Port, RANGES};

use crate::message::Problem;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Ports {
    /// A number, a name, or a word of what it is for
    pub(crate) question: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "\
Example:
  glassnet ports         the ports that everybody meets
  glassnet ports 443     what listens there
  glassnet ports mail    what has to do with mail";

pub(crate) fn run(arguments: &Ports) -> Result<ExitCode, Problem> {
    let question = arguments.question.as_deref();
    let found: Vec<&Port> = match question {
        None => ports::PORTS.iter().collect(),
        Some(question) => ports::find(question),
    };
    let number = question.and_then(|question| question.parse::<u16>().ok());
    if found.is_empty() && number.is_none() {
        return Err(unknown(question.unwrap_or("")));
    }
    if arguments.json {
        let range = number.map(ports::range);
        terminal::print(&format!("{:#}\n", serde_json::json!({ "ports": found, "range": range })));
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = table(&found, terminal::style(false).width);
    match number {
        Some(number) => text += &in_range(number, found.is_empty()),
        None if question.is_none() => text += &ranges(),
        None => {}
    }
    terminal::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn unknown(question: &str) -> Problem {
    let number = !question.is_empty() && question.chars().all(|c| c.is_ascii_digit() || c == '-');
    let why = match number {
        true => "a port is a number from 0 to 65535",
        false => "no port of the table has that in its name or purpose",
    };
    let hint = match ports::suggestion(question).filter(|_| !number) {
        Some(near) => format!("did you mean '{near}'? `glassnet ports` prints the table"),
        None => "`glassnet ports` prints the table".to_owned(),
    };
    Problem::new(format!("'{question}' is not found"), why, hint)
}

/// Aligned columns; a remark that is too long goes on in the next line.
fn table(found: &[&Port], width: usize) -> String {
    let widest = |of: fn(&Port) -> usize| found.iter().map(|port| of(port)).max().unwrap_or(0);
    let (name, purpose) = (widest(|port| port.name.chars().count()), widest(|port| port.purpose.chars().count()));
    let indent = 7 + name + 2 + 8 + 2;
    let mut text = String::new();
    for port in found {
        let head = format!("{:>5}  {:name$}  {:8}  ", port.number, port.name, port.over.words());
        if indent + purpose + 2 + port.remark.chars().count() <= width {
            text += &head;
            text += format!("{:purpose$}  {}", port.purpose, port.remark).trim_end();
            text.push('\n');
            continue;
        }
        text += &format!("{head}{}\n", port.purpose);
        for line in wrapped(port.remark, width.saturating_sub(indent + 2)) {
            text += &format!("{:indent$}  {line}\n", "");
        }
    }
    text
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width.max(SHORTEST) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn in_range(number: u16, is_unknown: bool) -> String {
    let range = ports::range(number);
    let who = if is_unknown { format!("{number:>5}  nothing that everybody meets\n") } else { String::new() };
    format!("{who}       {} to {}: a {} port, {}\n", range.first, range.last, range.name, range.purpose)
}

fn ranges() -> String {
    let mut text = format!("\n{} ports for each of TCP and UDP, in three ranges (RFC 6335):\n", grouped(COUNT));
    for range in RANGES {
        let span = format!("{} to {}", range.first, range.last);
        text += &format!("{span:>14}  {:9}{}\n", range.name, range.purpose);
    }
    text
}

fn grouped(number: u32) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

/// No column is narrower.
const SHORTEST: usize = 24;
