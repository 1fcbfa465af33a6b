//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use base::Duration;
use clap::{Parser, Subcommand};
use lab::visit::Over;

use crate::command;
use crate::message::COULD_NOT_RUN;
use crate::quantity;

/// The whole command line.
#[derive(Parser, Debug)]
#[command(name = "glassnet", version, about = ABOUT, max_term_width = 100, disable_help_subcommand = true)]
#[command(before_help = EXAMPLES, arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const ABOUT: &str = "\
A whole internet in one process, with glass walls: every host runs a complete TCP/IP stack, every frame is real bytes, \
and everything that happens can be seen and explained.";

// No line of an example is longer than 80 columns.
const EXAMPLES: &str = "\
Example:
  glassnet visit https://www.example.com/      watch a page load, step by step
  glassnet visit example.com --loss 20%        the same over a bad line
  glassnet visit https://expired.example.com/  see who refuses what, and why";

const VISIT_EXAMPLES: &str = "\
Example:
  glassnet visit https://www.example.com/                the whole way to a page
  glassnet visit example.com --explain                   layers, addresses, RFCs
  glassnet visit example.com --delay 80ms --rate 1mbit   over a far, slow line
  glassnet visit example.com --over radio                over a radio cell with a hidden station
  glassnet visit example.com --pcap page.pcapng          a capture for Wireshark";

const VISIT_SITES: &str = "\
The world has these sites:
  https://www.example.com/      the page; also /about, /old, /loop, /missing and
                                /50MB.bin
  https://static.example.net/   has a script that the page needs
and some that fail, each in its own way: nosuch, closed, down, expired,
wrong-name, unknown-ca and busy, all under example.com.

Exit code: 0 as expected, 1 the visit failed, 2 it could not run.";

const UP_EXAMPLES: &str = "\
Example (as root):
  glassnet up --tap glass0 --trust ca.pem";

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run an experiment that comes with Glassnet, explained; without a name, list them
    Lab(crate::command::lab::Lab),
    /// Run a scenario file: a world, what happens in it, what is expected
    Run(crate::command::run::Run),
    /// Run a scenario with every combination of some settings and many seeds, and compare
    Sweep(crate::command::sweep::Options),
    /// Read a capture, ours or anyone's: what happened, what went wrong, what was said
    Read(crate::command::read::Read),
    /// Find the first thing in which two runs differ, and show the ladder around it
    Diff(crate::command::diff::Diff),
    /// Type a URL, see the page: the story of every packet on the way, the waterfall, the page
    Visit(Visit),
    /// Put the same world on a real interface: a Linux TAP becomes a port of its home switch (root)
    Up(Up),
    /// Is a host there, and how far away? ICMP echoes from a host of a world
    Ping(command::ping::Ping),
    /// Which routers are on the way?
    Traceroute(command::traceroute::Traceroute),
    /// What does the domain name system say?
    Dig(command::dig::Dig),
    /// What does a server send for a URL?
    Fetch(command::fetch::Fetch),
    /// Say whether a scenario file is in order, without running it
    Check(command::check::Check),
    /// Print the JSON Schema of scenario files, for editors
    Schema(command::schema::Schema),
    /// Turn a topology of containerlab, Kathará or Mininet into a scenario file
    Import(command::import::Import),
    /// Print a scenario's topology for Graphviz or Mermaid
    Export(command::export::Export),
    /// What listens at which port
    Ports(command::ports::Ports),
    /// What an address says about itself; are two of them neighbours?
    Address(command::address::Address),
}

#[derive(clap::Args, Debug)]
#[command(before_help = VISIT_EXAMPLES, after_help = VISIT_SITES)]
pub(crate) struct Visit {
    /// What to visit.
    #[arg(help = "The address to visit, such as https://www.example.com/")]
    pub(crate) url: String,
    /// Go over something else: hdlc (a reliable modem line), hub (with three talkers), radio (with a hidden station)
    #[arg(long, value_name = "MEDIUM", default_value = "cable", hide_default_value = true)]
    pub(crate) over: Over,
    /// Write what the laptop's interface saw as a pcapng file, TLS keys included
    #[arg(long, value_name = "FILE")]
    pub(crate) pcap: Option<PathBuf>,
    /// Write one pcapng file for each interface of the world
    #[arg(long, value_name = "DIR")]
    pub(crate) pcap_dir: Option<PathBuf>,
    /// Print story, requests, page and failure as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Everything random in the world follows from this number
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Print the page only
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// Add layer, addresses and RFC to every step
    #[arg(long)]
    pub(crate) explain: bool,
    /// Lose this share of the frames on the access line, each way: 2%
    #[arg(long, default_value = "0%", value_parser = quantity::share, value_name = "SHARE")]
    pub(crate) loss: f64,
    /// The access line's delay, each way: 80ms
    #[arg(long, value_parser = quantity::delay, value_name = "TIME")]
    pub(crate) delay: Option<Duration>,
    /// The access line's rate, each way: 10mbit
    #[arg(long, value_parser = quantity::rate, value_name = "RATE")]
    pub(crate) rate: Option<u64>,
}

#[derive(clap::Args, Debug)]
#[command(before_help = UP_EXAMPLES)]
pub(crate) struct Up {
    /// The name of the TAP interface to make
    #[arg(long, value_name = "NAME", default_value = "glass0")]
    pub(crate) tap: String,
    /// Write the certificate of the world's CA, for curl --cacert
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Write what passes the TAP as a pcapng file when the world ends
    #[arg(long, value_name = "FILE")]
    pub(crate) pcap: Option<PathBuf>,
    /// Everything random in the world follows from this number
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// End by itself after so long
    #[arg(long, value_parser = quantity::time, value_name = "TIME", hide = true)]
    pub(crate) r#for: Option<Duration>,
}

/// Reads the command line; `Err` when there is nothing more to do.
pub(crate) fn read() -> Result<Arguments, ExitCode> {
    Arguments::try_parse().map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { ExitCode::from(COULD_NOT_RUN) } else { ExitCode::SUCCESS }
    })
}
