//! Benchmarks. `pair` and `dumbbell` take the flags and print the JSON line of the program that they are measured beside,
//! so that both can run in turn on one machine (`crates/bench/compare` does that): only the ratio of one run counts.
//!
//! - `pair`: two hosts in memory and one bulk TCP connection, beside smoltcp.
//! - `dumbbell`: bulk flows over one bottleneck of a simulated network, beside ns-3.
//! - `connects`, `memory`: what opening, closing and keeping connections costs.
//! - `hosts`: a world of many hosts.
//! - `table`: goodput of every congestion controller under loss.
//!
//! One file each; `ends`, `line` and `crowd` are the hosts, the wire between them and the idle sockets on them.

mod connects;
mod crowd;
mod dumbbell;
mod ends;
mod hosts;
mod line;
mod memory;
mod pair;
mod rss;
mod table;
mod tail;
mod units;

use std::process::ExitCode;

use lexopt::prelude::*;

const USAGE: &str = "\
usage: cargo run --release -p glassnet-bench -- pair --bytes 2000000000
       cargo run --release -p glassnet-bench -- dumbbell --flows 10 --seconds 2 --bw 1Gbps

pair       two hosts in memory, one TCP connection from the first to the second
  --bytes N     bytes to move (default 1073741824)
  --mtu N       largest IP packet, bytes (default 1500)
  --rtt-us N    0: frames are handed over at once and the wall clock is measured; else virtual time (default 0)
  --loss P      probability with which a frame of the sender is lost (default 0)
  --buffer N    send and receive buffer, bytes (default 1048576)
  --auto        buffers as a host has them by default: they grow as needed
  --idle N      idle sockets on the receiver: a tenth listeners, the rest established connections (default 0)
  --seed N      of the losses (default 1)
  --seeds N     the mean of so many seeds (default 1)
  --cc NAME     tahoe, reno, newreno, cubic or bbr (default cubic)
  --rate RATE   a bottleneck on the way of the data: 100mbit (default none)
  --queue N     bytes in front of it, or bdp (default bdp)
  --reorder N   one frame in a hundred is overtaken by N others
  --from S --until S   ends after so many virtual seconds, and counts goodput between these two
  --tail-loss   how the lost tail of a window is repaired: a line for each number of lost segments

dumbbell   bulk TCP flows between two routers
  --flows N     how many (default 10)
  --seconds S   virtual seconds (default 2)
  --bw RATE     of the line between the routers (default 1Gbps)

connects   opens and closes connections, the client first
  --connections N   how many (default 500000)
  --ports N         of the server (default 64)

memory     bytes of an idle established connection, buffers apart
  --connections N   how many (default 100000)

hosts      a world of hosts with one connection each
  --hosts N     how many (default 10000)

table      every congestion controller under random loss of 0 to 10 %, as markdown
  --seeds N  --rtt-us N  --buffer N    (default 5, 10000, 1048576)
";

fn main() -> ExitCode {
    match run(lexopt::Parser::from_env()) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("glassnet-bench: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: lexopt::Parser) -> Result<String, lexopt::Error> {
    let name = match arguments.next()? {
        Some(Value(name)) => name.string()?,
        Some(Short('h') | Long("help")) => return Ok(USAGE.trim_end().into()),
        Some(other) => return Err(other.unexpected()),
        None => return Err("no benchmark is named".into()),
    };
    match name.as_str() {
        "pair" => pair::Options::parse(arguments)
            .map(|o| if o.tail_loss { tail::run(&o).to_json() } else { o.run().to_json() }),
        "dumbbell" => dumbbell::Options::parse(arguments).map(|o| o.run().to_json()),
        "connects" => Ok(connects::Options::parse(arguments)?.run()?.to_json()),
        "memory" => Ok(memory::Options::parse(arguments)?.run()?.to_json()),
        "hosts" => Ok(hosts::Options::parse(arguments)?.run()?.to_json()),
        "table" => table::Options::parse(arguments).map(table::Options::run),
        other => Err(format!("there is no benchmark called {other}").into()),
    }
}
