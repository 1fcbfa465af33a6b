//! `glassnet traceroute`: which routers are on the way?

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use base::Duration;
use services::icmp::{self, End, Hop, HopOutcome, Probe};

use super::in_world::{InWorld, called, failed, millis, no_end};
use crate::message::{FAILED, Problem};
use crate::{quantity, terminal};

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Traceroute {
    /// Whither: a name or an address
    #[arg(value_name = "HOST")]
    to: String,
    #[command(flatten)]
    world: InWorld,
    /// Send ICMP echo requests instead of UDP to high ports
    #[arg(long, short = 'I')]
    icmp: bool,
    /// The last hop that is tried
    #[arg(long, short = 'm', default_value_t = 30, value_name = "HOPS")]
    max_hops: u8,
    /// Packets for each hop
    #[arg(long, short = 'q', default_value_t = 3, value_name = "N")]
    queries: u16,
    /// How long each answer is waited for
    #[arg(long, short, value_parser = quantity::time, default_value = "3s", value_name = "TIME")]
    wait: Duration,
}

const EXAMPLES: &str = "\
Example:
  glassnet traceroute www.example.com           from the laptop of the small internet
  glassnet traceroute server --in my.toml -I    by ICMP, in a world of your own";

pub(crate) fn run(trace: &Traceroute) -> Result<ExitCode, Problem> {
    let mut asker = trace.world.enter()?;
    let to = match trace.world.resolve(&mut asker, &trace.to)? {
        Ok(ip) => ip,
        Err(why) => {
            failed(format!("{} cannot be asked", trace.to), why);
            return Ok(ExitCode::from(FAILED));
        }
    };
    let json = trace.world.json;
    if !json {
        let whom = called(to, asker.owner(to));
        terminal::print(&format!("way from {} to {whom}, {} hops at most\n", asker.host(), trace.max_hops));
    }
    let how = icmp::Traceroute {
        probe: if trace.icmp { Probe::Echo } else { Probe::Udp },
        probes: trace.queries,
        last: trace.max_hops,
        patience: trace.wait,
        ..icmp::Traceroute::default()
    };
    let (net, hops, owners) = (asker.net().clone(), Arc::new(Mutex::new(Vec::new())), asker.owners());
    let kept = Arc::clone(&hops);
    let tracing = async move {
        let mut before = None;
        let tell = |hop: &Hop| {
            if !json {
                terminal::print(&words(hop, &mut before, &owners, how.probes));
            }
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(hop.clone());
        };
        icmp::traceroute(&net, to, &how, tell).await
    };
    let end = asker.run(tracing).map_err(no_end)?;
    let end = end.map_err(|error| Problem::new("nothing can be sent", error, "ask from another host"))?;
    if json {
        print_json(trace, asker.host(), to, end, &hops.lock().unwrap_or_else(PoisonError::into_inner));
    }
    Ok(if end == End::Reached { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// What a probe adds to the line of its hop: who answered, when that is another than before, and after how long.
fn words(hop: &Hop, before: &mut Option<IpAddr>, owners: &BTreeMap<IpAddr, String>, probes: u16) -> String {
    let mut text = String::new();
    if hop.probe == 1 {
        *before = None;
        text += &format!("{:3} ", hop.ttl);
    }
    let mut answer = |from: IpAddr, rtt: Duration| {
        let who = if *before == Some(from) {
            String::new()
        } else {
            format!(" {}", called(from, owners.get(&from).map(String::as_str)))
        };
        *before = Some(from);
        format!("{who}  {}", millis(rtt))
    };
    text += &match &hop.outcome {
        HopOutcome::Passed { from, rtt } | HopOutcome::Arrived { from, rtt } => answer(*from, *rtt),
        HopOutcome::Unreachable { from, rtt, said } => format!("{} {said}", answer(*from, *rtt)),
        HopOutcome::NotSent(error) => format!(" not sent: {error}"),
        HopOutcome::Silence => " *".to_owned(),
    };
    if hop.probe == probes {
        text.push('\n');
    }
    text
}

fn print_json(trace: &Traceroute, from: &str, to: IpAddr, end: End, hops: &[Hop]) {
    let answer = |hop: &Hop| {
        let (what, from, rtt) = match &hop.outcome {
            HopOutcome::Passed { from, rtt } => ("time exceeded", Some(from), Some(rtt)),
            HopOutcome::Arrived { from, rtt } => ("arrived", Some(from), Some(rtt)),
            HopOutcome::Unreachable { from, rtt, .. } => ("unreachable", Some(from), Some(rtt)),
            HopOutcome::NotSent(_) => ("not sent", None, None),
            HopOutcome::Silence => ("silence", None, None),
        };
        serde_json::json!({
            "ttl": hop.ttl,
            "probe": hop.probe,
            "answer": what,
            "from": from.map(ToString::to_string),
            "rtt_ns": rtt.map(|rtt| rtt.nanos()),
        })
    };
    let all = serde_json::json!({
        "world": trace.world.world,
        "from": from,
        "to": trace.to,
        "address": to.to_string(),
        "reached": end == End::Reached,
        "hops": hops.iter().map(answer).collect::<Vec<_>>(),
    });
    terminal::print(&format!("{all:#}\n"));
}
