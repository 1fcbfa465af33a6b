//! `glassnet ping`: is it there, and how far away?

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use base::Duration;
use services::icmp::{self, Echo, EchoOutcome};

use super::in_world::{InWorld, called, failed, millis, no_end};
use crate::message::{FAILED, Problem};
use crate::{quantity, terminal};

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Ping {
    /// Whom: a name or an address
    #[arg(value_name = "HOST")]
    to: String,
    #[command(flatten)]
    world: InWorld,
    /// How many requests
    #[arg(long, short, default_value_t = 4, value_name = "N")]
    count: u16,
    /// From one to the next
    #[arg(long, short, value_parser = quantity::time, default_value = "1s", value_name = "TIME")]
    interval: Duration,
    /// Bytes of data in each
    #[arg(long, short, default_value_t = 56, value_name = "BYTES")]
    size: u16,
    /// The time to live of the requests
    #[arg(long, short, value_name = "HOPS")]
    ttl: Option<u8>,
}

const EXAMPLES: &str = "\
Example:
  glassnet ping www.example.com                 from the laptop of the small internet
  glassnet ping server --in handshake           in a shipped lab
  glassnet ping 10.0.1.2 --in my.toml --from b  in a world of your own";

pub(crate) fn run(ping: &Ping) -> Result<ExitCode, Problem> {
    let mut asker = ping.world.enter()?;
    let to = match ping.world.resolve(&mut asker, &ping.to)? {
        Ok(ip) => ip,
        Err(why) => {
            failed(format!("{} cannot be asked", ping.to), why);
            return Ok(ExitCode::from(FAILED));
        }
    };
    let json = ping.world.json;
    if !json {
        let own = asker.address().map(|ip| called(ip, Some(asker.host()))).unwrap_or_default();
        let whom = called(to, asker.owner(to));
        terminal::print(&format!("ping {whom} from {own}: {} bytes of data each\n", ping.size));
    }
    let how = icmp::Ping {
        count: ping.count,
        interval: ping.interval,
        size: usize::from(ping.size),
        ttl: ping.ttl,
        ..icmp::Ping::default()
    };
    let (net, echoes) = (asker.net().clone(), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&echoes);
    let (size, owners) = (ping.size, asker.owners());
    let pinging = async move {
        let tell = |echo: &Echo| {
            if !json {
                terminal::print(&line(echo, size, |ip| owners.get(&ip).cloned()));
            }
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(echo.clone());
        };
        icmp::ping(&net, to, &how, tell).await
    };
    asker
        .run(pinging)
        .map_err(no_end)?
        .map_err(|error| Problem::new("nothing can be sent", error, "ask from another host, whose sockets are free"))?;
    let echoes = std::mem::take(&mut *echoes.lock().unwrap_or_else(PoisonError::into_inner));
    let times: Vec<Duration> = echoes.iter().filter_map(rtt).collect();
    if json {
        print_json(ping, asker.host(), to, &echoes);
    } else {
        terminal::print(&summary(echoes.len(), &times));
    }
    Ok(if times.is_empty() { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

fn rtt(echo: &Echo) -> Option<Duration> {
    match echo.outcome {
        EchoOutcome::Reply { rtt, .. } => Some(rtt),
        _ => None,
    }
}

fn line(echo: &Echo, size: u16, owner: impl Fn(std::net::IpAddr) -> Option<String>) -> String {
    let said = match &echo.outcome {
        EchoOutcome::Reply { rtt, ttl } => format!("{size} bytes, ttl {ttl}, {}", millis(*rtt)),
        EchoOutcome::Error { from, said } => format!("{} says: {said}", called(*from, owner(*from).as_deref())),
        EchoOutcome::NotSent(error) => format!("not sent: {error}"),
        EchoOutcome::Silence => "no answer".to_owned(),
    };
    format!("{:4}  {said}\n", echo.seq)
}

fn summary(sent: usize, times: &[Duration]) -> String {
    let lost = if sent == 0 { 0.0 } else { 100.0 * (sent - times.len()) as f64 / sent as f64 };
    let counts = format!("{sent} sent, {} answered, {lost:.0} % lost", times.len());
    let (Some(least), Some(most)) = (times.iter().min(), times.iter().max()) else { return format!("{counts}\n") };
    let sum: u64 = times.iter().map(|time| time.nanos()).sum();
    let mean = Duration::from_nanos(sum / times.len() as u64);
    let [least, mean, most] = [*least, mean, *most].map(millis);
    format!("{counts}; round trip {least} at least, {mean} in the mean, {most} at most\n")
}

fn print_json(ping: &Ping, from: &str, to: std::net::IpAddr, echoes: &[Echo]) {
    let echo = |echo: &Echo| match &echo.outcome {
        EchoOutcome::Reply { rtt, ttl } => serde_json::json!({ "seq": echo.seq, "rtt_ns": rtt.nanos(), "ttl": ttl }),
        EchoOutcome::Error { from, said } => {
            serde_json::json!({ "seq": echo.seq, "error": said, "from": from.to_string() })
        }
        EchoOutcome::NotSent(error) => serde_json::json!({ "seq": echo.seq, "error": error.to_string() }),
        EchoOutcome::Silence => serde_json::json!({ "seq": echo.seq, "error": "no answer" }),
    };
    let all = serde_json::json!({
        "world": ping.world.world,
        "from": from,
        "to": ping.to,
        "address": to.to_string(),
        "sent": echoes.len(),
        "answered": echoes.iter().filter_map(rtt).count(),
        "echoes": echoes.iter().map(echo).collect::<Vec<_>>(),
    });
    terminal::print(&format!("{all:#}\n"));
}
