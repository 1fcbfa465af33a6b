//! Benchmarks. Each takes the flags and prints the JSON line of the program that it is measured beside, so that both can
//! run in turn on one machine (`crates/bench/compare` does that): only the ratio of one run counts.
//!
//! - `pair`: two hosts in memory and one bulk TCP connection, beside smoltcp.
//! - `dumbbell`: bulk flows over one bottleneck of a simulated network, beside ns-3.

mod dumbbell;
mod pair;

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
  --idle N      listening sockets that nobody connects to, on the receiver (default 0)
  --seed N      of the losses (default 1)

dumbbell   bulk TCP flows between two routers
  --flows N     how many (default 10)
  --seconds S   virtual seconds (default 2)
  --bw RATE     of the line between the routers (default 1Gbps)
";

fn main() -> ExitCode {
    let mut arguments = lexopt::Parser::from_env();
    let outcome = match arguments.next() {
        Ok(Some(Value(name))) if name == "pair" => pair::Options::parse(arguments).map(|o| o.run().to_json()),
        Ok(Some(Value(name))) if name == "dumbbell" => dumbbell::Options::parse(arguments).map(|o| o.run().to_json()),
        Ok(Some(Short('h') | Long("help"))) => Ok(USAGE.trim_end().into()),
        Ok(Some(other)) => Err(other.unexpected()),
        Ok(None) => Err("no benchmark is named".into()),
        Err(error) => Err(error),
    };
    match outcome {
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
