//! `glassnet-storm`: many seeds on all cores, or one in detail.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration as Wall, Instant as Clock, SystemTime};

use glassnet_storm::{Outcome, Storm, Tally};
use lexopt::prelude::*;
use scope::{Recorder, Wants, pcapng};

const USAGE: &str = "\
usage: cargo run --release -p glassnet-storm -- --seeds 1000

random networks, random faults, random programs: what goes in must come out
  --seeds N     how many (default 100)
  --from N      the first one (default 0)
  --jobs N      at a time (default: as many as there are cores)
  --seed N      this one alone
  -v            with --seed: says what was drawn
  --pcap DIR    with --seed: writes what each interface saw into this folder";

fn main() -> ExitCode {
    match Arguments::read().map(Arguments::run) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

struct Arguments {
    seeds: u64,
    from: u64,
    jobs: usize,
    only: Option<u64>,
    verbose: bool,
    pcap: Option<PathBuf>,
    help: bool,
}

impl Arguments {
    fn read() -> Result<Arguments, lexopt::Error> {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let mut all = Arguments { seeds: 100, from: 0, jobs, only: None, verbose: false, pcap: None, help: false };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("seeds") => all.seeds = parser.value()?.parse()?,
                Long("from") => all.from = parser.value()?.parse()?,
                Long("jobs") => all.jobs = parser.value()?.parse::<usize>()?.max(1),
                Long("seed") => all.only = Some(parser.value()?.parse()?),
                Short('v') | Long("verbose") => all.verbose = true,
                Long("pcap") => all.pcap = Some(parser.value()?.into()),
                Short('h') | Long("help") => all.help = true,
                other => return Err(other.unexpected()),
            }
        }
        Ok(all)
    }

    fn run(self) -> ExitCode {
        if self.help {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        match self.only {
            Some(seed) => self.one(seed),
            None => self.many(),
        }
    }

    fn one(&self, seed: u64) -> ExitCode {
        let outcome = match &self.pcap {
            None => Storm { seed }.run(),
            Some(folder) => {
                let (recorder, sink) = Recorder::new(Wants::ALL);
                let outcome = Storm { seed }.run_seen(sink);
                if let Err(error) = write_captures(&recorder.take(), folder) {
                    eprintln!("error: {}: {error}", folder.display());
                    return ExitCode::from(2);
                }
                outcome
            }
        };
        if self.verbose {
            print!("{}", outcome.described);
        }
        report(&outcome);
        println!("{}", summary(&outcome.tally));
        if outcome.broken.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn many(&self) -> ExitCode {
        let (next, broken, begun) = (AtomicU64::new(self.from), AtomicU64::new(0), Clock::now());
        let end = self.from.saturating_add(self.seeds);
        let total = Mutex::new((Tally::default(), 0, begun));
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= end {
                            return;
                        }
                        let outcome = Storm { seed }.run();
                        let mut total = total.lock().expect("no other job panics while it counts");
                        total.0.add(&outcome.tally);
                        total.1 += 1;
                        if outcome.broken.is_some() {
                            broken.fetch_add(1, Ordering::Relaxed);
                            report(&outcome);
                        }
                        if total.2.elapsed() > PROGRESS {
                            total.2 = Clock::now();
                            progress(total.1, self.seeds, broken.load(Ordering::Relaxed));
                        }
                    }
                });
            }
        });
        let (tally, done, _) = total.into_inner().expect("all jobs are over");
        let (broken, seconds) = (broken.into_inner(), begun.elapsed().as_secs_f64());
        if std::io::stderr().is_terminal() {
            eprintln!();
        }
        println!("{done} seeds in {seconds:.1} s, {broken} broken: {}", summary(&tally));
        if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn report(outcome: &Outcome) {
    if let Some(broken) = &outcome.broken {
        println!("seed {} broke: {broken}", outcome.seed);
        println!("run it again with\n    cargo run --release -p glassnet-storm -- --seed {} -v", outcome.seed);
    }
}

fn progress(done: u64, of: u64, broken: u64) {
    let mut out = std::io::stderr();
    let end = if out.is_terminal() { '\r' } else { '\n' };
    let _ = write!(out, "{done} of {of} seeds, {broken} broken{end}");
}

fn summary(tally: &Tally) -> String {
    let Tally { hosts, faults, errands, connections, bytes, frames, nanos, most_connections, most_buffered } = tally;
    format!(
        "{hosts} hosts, {faults} faults, {errands} errands, {connections} connections, {:.1} MB heard, {frames} frames, \
         {:.0} virtual seconds; one host at most: {most_connections} connections, {most_buffered} bytes buffered",
        *bytes as f64 / 1e6,
        *nanos as f64 / 1e9
    )
}

fn write_captures(recording: &scope::Recording, folder: &PathBuf) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, bytes) in pcapng::of_all(recording, SystemTime::UNIX_EPOCH + Wall::from_secs(1_700_000_000)) {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

const PROGRESS: Wall = Wall::from_secs(2);
