//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use base::Duration;
use clap::{Parser, Subcommand};

use crate::message::COULD_NOT_RUN;
use crate::quantity;

/// A whole internet in one process, with glass walls: every host runs a complete TCP/IP stack, every frame is real bytes,
/// and everything that happens can be seen and explained.
#[derive(Parser, Debug)]
#[command(name = "glassnet", version, before_help = EXAMPLE, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLE: &str = "\
Example:
  glassnet visit https://www.example.com/            watch a page load, from DHCP to the last FIN
  glassnet visit example.com --loss 20% --explain    the same over a bad line, with layers, addresses and RFCs
  glassnet visit https://expired.example.com/        see who refuses what, and why";

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Type a URL, see the page: the story of every packet on the way, the waterfall, the page
    Visit(Visit),
    /// Put the same world on a real interface: a Linux TAP becomes a port of its home switch (root)
    Up(Up),
}

#[derive(clap::Args, Debug)]
pub(crate) struct Visit {
    /// The address to visit, such as https://www.example.com/
    pub(crate) url: String,
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
    /// Lose so many frames on the access line, each way
    #[arg(long, default_value = "0%", value_parser = quantity::share)]
    pub(crate) loss: f64,
    /// The access line's delay, each way
    #[arg(long, value_parser = quantity::span, value_name = "TIME")]
    pub(crate) delay: Option<Duration>,
    /// The access line's rate, each way
    #[arg(long, value_parser = quantity::rate)]
    pub(crate) rate: Option<u64>,
}

#[derive(clap::Args, Debug)]
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
    #[arg(long, value_parser = quantity::span, value_name = "TIME", hide = true)]
    pub(crate) r#for: Option<Duration>,
}

/// Reads the command line; `Err` when there is nothing more to do.
pub(crate) fn read() -> Result<Arguments, ExitCode> {
    Arguments::try_parse().map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { ExitCode::from(COULD_NOT_RUN) } else { ExitCode::SUCCESS }
    })
}
