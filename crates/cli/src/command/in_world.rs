//! What `ping`, `traceroute`, `dig` and `fetch` share: a world, a host in it, and how its answers are told.

use std::fmt::Display;
use std::net::IpAddr;

use base::Duration;
use lab::asker::{AskError, Asker};
use lab::scenario::Scenario;

use crate::message::Problem;
use crate::source::Source;

/// Where and as whom something is asked.
#[derive(clap::Args, Debug)]
pub(crate) struct InWorld {
    /// The world: a scenario file, a shipped lab, or the world of `visit`
    #[arg(long = "in", value_name = "WORLD", default_value = INTERNET)]
    pub(crate) world: String,
    /// The host that asks: laptop, client, or the first, when nothing is said
    #[arg(long, value_name = "NODE")]
    pub(crate) from: Option<String>,
    /// Everything random in the world follows from this number
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Print all as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl InWorld {
    /// Builds the world and sits down at its host.
    pub(crate) fn enter(&self) -> Result<Asker, Problem> {
        let (scenario, seed) = self.scenario()?;
        Asker::new(&scenario, self.from.as_deref(), seed).map_err(|error| {
            let names: Vec<&str> =
                scenario.nodes.iter().filter(|node| node.is_host()).map(|node| node.name.as_str()).collect();
            let hint = match &error {
                AskError::NoHost(..) => format!("its hosts are {}", names.join(", ")),
                AskError::NoAddress(_) => format!("ask from another host: {}", names.join(", ")),
                _ => "run the world alone, to see what is wrong with it".to_owned(),
            };
            Problem::new(format!("nothing can be asked in {}", self.world), error, hint)
        })
    }

    fn scenario(&self) -> Result<(Scenario, u64), Problem> {
        if self.world == INTERNET {
            return Ok((lab::worlds::internet::internet(), self.seed.unwrap_or(1)));
        }
        let (lab, _) = Source::find(&self.world, &[INTERNET])?.read(&[])?;
        Ok((lab.scenario, self.seed.unwrap_or(lab.seed)))
    }

    /// The address of a name, or a word about why there is none: the exit code is then that of a failure.
    pub(crate) fn resolve(&self, asker: &mut Asker, name: &str) -> Result<Result<IpAddr, String>, Problem> {
        asker.resolve(name).map_err(no_end)
    }
}

/// The world ended before the answer came.
pub(crate) fn no_end(error: AskError) -> Problem {
    Problem::new("there is no answer", error, "ask for less, or try another host")
}

/// What was asked for cannot be had: that is an answer, too.
pub(crate) fn failed(what: impl Display, why: impl Display) {
    anstream::eprintln!("\x1b[1;31m{what}\x1b[0m");
    anstream::eprintln!("   why: {why}");
}

/// An address with its owner's name: `192.0.2.1 (home-router)`.
pub(crate) fn called(ip: IpAddr, owner: Option<&str>) -> String {
    owner.map_or_else(|| ip.to_string(), |owner| format!("{ip} ({owner})"))
}

/// Milliseconds as ping shows them: `34.127 ms`.
pub(crate) fn millis(span: Duration) -> String {
    format!("{:.3} ms", span.secs_f64() * 1e3)
}

/// The world that comes with Glassnet.
const INTERNET: &str = "internet";
