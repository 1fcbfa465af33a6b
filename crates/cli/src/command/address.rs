//! `glassnet address`: what an address says about itself, and whether two are neighbours.

use std::process::ExitCode;

use lab::handbook::address::{self, Comparison, Explained};

use crate::message::Problem;
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Address {
    /// An address, with the length of its network's prefix or a mask
    pub(crate) address: String,
    /// Another one: are the two in one network?
    pub(crate) other: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "\
Example:
  glassnet address 192.168.1.77/26                  network, hosts, class, range
  glassnet address 192.168.1.77/255.255.255.192     the same by a mask
  glassnet address 2001:db8::1/64                   IPv6
  glassnet address 192.168.1.77/26 192.168.1.130    do they need a router?";

pub(crate) fn run(arguments: &Address) -> Result<ExitCode, Problem> {
    let refuse = |wrong: lab::file::quantity::WrongQuantity| {
        Problem::new("this address cannot be explained", wrong.what, wrong.hint)
    };
    let explained = address::explain(&arguments.address).map_err(refuse)?;
    let comparison = match &arguments.other {
        Some(other) => Some((other, address::compare(&arguments.address, other).map_err(refuse)?)),
        None => None,
    };
    if arguments.json {
        let compared = comparison.as_ref().map(|(_, comparison)| comparison);
        let json = serde_json::json!({ "address": explained, "comparison": compared });
        terminal::print(&format!("{json:#}\n"));
        return Ok(ExitCode::SUCCESS);
    }
    terminal::print(&match comparison {
        Some((other, comparison)) => compared(&arguments.address, other, &comparison),
        None => rows(&explained),
    });
    Ok(ExitCode::SUCCESS)
}

fn compared(first: &str, second: &str, comparison: &Comparison) -> String {
    let answer = if comparison.same_network { "in one network" } else { "not in one network" };
    format!("{first} and {second} are {answer}\n  {}\n", comparison.why)
}

fn rows(it: &Explained) -> String {
    let mut rows: Vec<(&str, String)> = vec![("address", it.address.to_string())];
    if let Some(full) = &it.full {
        rows.push(("in full", full.clone()));
    }
    if let (Some(network), Some(prefix)) = (&it.network, it.prefix) {
        rows.push(("network", network.network.clone()));
        if let (Some(mask), Some(wildcard)) = (network.mask, network.wildcard) {
            rows.push(("mask", format!("{mask}, /{prefix}; as a wildcard {wildcard}")));
        }
        rows.push(("hosts", format!("{} to {}: {}", network.first, network.last, network.hosts)));
        if it.address.is_ipv4() {
            let none = "none".to_owned();
            rows.push(("broadcast", network.broadcast.map_or(none, |broadcast| broadcast.to_string())));
        }
    }
    rows.push((if it.address.is_ipv4() { "binary" } else { "digits" }, it.binary.clone()));
    if it.prefix.is_some_and(|prefix| prefix > 0) {
        rows.push(("", marks(it)));
    }
    let global = if it.range.is_global { "carried by the internet" } else { "not carried by the internet" };
    let block = it.range.block.map_or(String::new(), |block| format!(" {block}"));
    rows.push(("range", format!("{}{block} ({}), {global}", it.range.name, it.range.rfc)));
    if let Some(class) = &it.class {
        let split = class.prefix.map_or("no network and host part".to_owned(), |prefix| format!("/{prefix}"));
        rows.push(("class", format!("{}: began with {}, {split}, {}", class.letter, class.begins, class.purpose)));
        rows.push(("", "classes ended in 1993 (CIDR, RFC 4632): the length says what the class once did".into()));
    }
    rows.push(("in the DNS", it.reverse.clone()));
    rows.extend(it.remarks.iter().map(|remark| ("note", remark.clone())));
    rows.iter().map(|(label, value)| format!("{label:>10}  {value}\n")).collect()
}

/// Which of the bits above are the network's, and which the host's.
fn marks(it: &Explained) -> String {
    let at = it.binary.find('|').unwrap_or(it.binary.len());
    let host = it.binary.len().saturating_sub(at + 1);
    let part = |word: &str, width: usize| match width {
        0 => String::new(),
        short if short < word.len() => " ".repeat(short),
        width => format!("{word:^width$}"),
    };
    format!("{} {}", part("network", at), part("host", host)).trim_end().to_owned()
}
