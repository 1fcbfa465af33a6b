//! One seed: build, let the weather come and go, wait until all is over, judge.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base::{Blind, Duration, Instant, Rng, Sink};

use crate::dice::Dice;
use crate::errand::Errand;
use crate::record::Record;
use crate::town::Town;
use crate::watch::{self, Memory};
use crate::weather::Weather;

/// One storm.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// Everything is drawn from it.
    pub seed: u64,
}

/// How it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// What broke, if something did.
    pub broken: Option<String>,
    /// What was drawn, line by line.
    pub described: String,
    /// What was done.
    pub tally: Tally,
}

/// Counts of one storm, or of many together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Hosts that ran programs.
    pub hosts: usize,
    /// Faults that came and went.
    pub faults: usize,
    /// Errands.
    pub errands: usize,
    /// Connections that were opened.
    pub connections: u64,
    /// Bytes that were heard.
    pub bytes: u64,
    /// Frames on all cables.
    pub frames: u64,
    /// Virtual time until nothing was left to wait for, nanoseconds.
    pub nanos: u64,
    /// Connections that one host remembered at once, at most.
    pub most_connections: usize,
    /// Bytes that one host kept in its connections' buffers at once, at most.
    pub most_buffered: usize,
}

impl Tally {
    /// Adds another storm's.
    pub fn add(&mut self, other: &Tally) {
        self.hosts += other.hosts;
        self.faults += other.faults;
        self.errands += other.errands;
        self.connections += other.connections;
        self.bytes += other.bytes;
        self.frames += other.frames;
        self.nanos += other.nanos;
        self.most_connections = self.most_connections.max(other.most_connections);
        self.most_buffered = self.most_buffered.max(other.most_buffered);
    }
}

impl Storm {
    /// Lets it happen, unseen.
    pub fn run(self) -> Outcome {
        self.run_seen(Box::new(Blind))
    }

    /// Lets it happen before an observer. A panic is an outcome.
    pub fn run_seen(self, sink: Box<dyn Sink>) -> Outcome {
        let mut outcome = Outcome { seed: self.seed, broken: None, described: String::new(), tally: Tally::default() };
        let result = catch_unwind(AssertUnwindSafe(|| self.pass(sink, &mut outcome)));
        outcome.broken = match result {
            Ok(result) => result.err(),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                Some(format!("panic: {}", text.unwrap_or("no text")))
            }
        };
        outcome
    }

    fn pass(self, sink: Box<dyn Sink>, outcome: &mut Outcome) -> Result<(), String> {
        let root = Rng::root(self.seed).split("storm");
        let mut dice = Dice(root.split("town"));
        let mut town = Town::build(self.seed, &mut dice, sink);
        let mut dice = Dice(root.split("weather"));
        let mut weather = Weather::draw(&mut dice, &town.links);
        let mut dice = Dice(root.split("errands"));
        let season = weather.clears.since(Instant::ZERO).max(Duration::from_secs(1));
        let errands: Vec<Errand> =
            (0..dice.between(1, 12)).map(|number| Errand::draw(&mut dice, &town, number as u16, season)).collect();
        outcome.described = std::mem::take(&mut town.described);
        for line in weather.describe().chain(errands.iter().map(Errand::to_string)) {
            outcome.described.push_str(&line);
            outcome.described.push('\n');
        }
        let errands: Vec<(Errand, Record)> =
            errands.into_iter().map(|errand| (errand, errand.start(&mut town))).collect();
        let tally = &mut outcome.tally;
        (tally.hosts, tally.faults, tally.errands) = (town.hosts.len(), weather.len(), errands.len());
        let mut memory = Memory::default();
        let result = live(&mut town, &mut weather, &errands, &mut memory);
        let facts = errands.iter().map(|(_, record)| record.lock());
        for facts in facts {
            tally.connections += facts.opened;
            tally.bytes += facts.ways.iter().map(|way| way.heard).sum::<u64>();
        }
        tally.frames = town.world.stats().frames;
        tally.nanos = town.world.now().since(Instant::ZERO).nanos();
        (tally.most_connections, tally.most_buffered) = (memory.connections, memory.buffered);
        result
    }
}

fn live(
    town: &mut Town,
    weather: &mut Weather,
    errands: &[(Errand, Record)],
    memory: &mut Memory,
) -> Result<(), String> {
    let last = errands.iter().map(|(errand, _)| errand.begins).max().unwrap_or(Instant::ZERO);
    let calm = weather.clears.max(last);
    let mut moved = (watch::progress(errands), calm);
    while !(weather.next().is_none() && watch::all_over(errands)) {
        let step = town.world.now() + if weather.next().is_some() { LOOK } else { LOOK_LATER };
        let next = weather.next().map_or(step, |next| next.min(step));
        town.world.run_until(next);
        weather.turn(&mut town.world);
        watch::look(town, errands, memory)?;
        let (progress, now) = (watch::progress(errands), town.world.now());
        if progress != moved.0 || now < calm {
            moved = (progress, now);
        } else if now.since(moved.1) > STALLED || now > calm + CONVERGES {
            break; // what did not end says so below
        }
    }
    for (errand, record) in errands {
        watch::judge(errand, record).map_err(|what| explained(town, &what))?;
    }
    if !town.world.run_until_idle(town.world.now() + CLOSES) {
        return Err(explained(town, "the world finds no rest"));
    }
    watch::look(town, errands, memory)?;
    watch::nothing_left(town)
}

/// With what everyone waits for.
fn explained(town: &mut Town, what: &str) -> String {
    let mut text = format!("{what}\nat {}:", town.world.now());
    for (who, wake) in town.world.explain() {
        text.push_str(&format!("\n  {who} waits for {wake}"));
    }
    for node in town.stacks.clone() {
        let name = town.world.name(node).to_owned();
        let infos: Vec<String> = town.world.with_host(node, |host| {
            let info = |(id, flow, _)| format!("\n  {name} {flow}: {:?}", host.tcp_info(id));
            host.tcp_connections().map(info).collect()
        });
        text.extend(infos);
    }
    text
}

/// Between two looks at everything, while faults come and go.
const LOOK: Duration = Duration::from_millis(500);
/// The same afterwards.
const LOOK_LATER: Duration = Duration::from_secs(2);
/// After the last fault and the last beginning nobody stands still for so long: by then a timeout that was doubled all the
/// time is over, and a switch has forgotten what it learned from a damaged frame (after 300 s).
const STALLED: Duration = Duration::from_secs(450);
/// And every program ends within this: the largest text, two small segments at a time, by hosts that delay every
/// acknowledgement for half a second.
const CONVERGES: Duration = Duration::from_secs(7200);
/// After that, every connection is forgotten and every deadline gone.
const CLOSES: Duration = Duration::from_secs(1200);
