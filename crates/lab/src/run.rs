//! A scenario and a seed give an outcome: programs are started, the timeline is followed, time passes.

use base::{Duration, Instant, Sink};
use net::Task;
use scope::{Recorder, Recording, Wants};
use sim::RuleId;
use sim::rule::Loss;
use stack::Node;

use crate::outcome::Outcome;
use crate::program::Commons;
use crate::scenario::{At, BuildError, Built, Do, Scenario};

/// A world in the middle of a run.
pub struct Running {
    /// The world and the names of its parts.
    pub built: Built,
    /// Certificates and trust of this world.
    pub commons: Commons,
    foreground: Vec<Task<()>>,
    timeline: Vec<At>,
    loss: Vec<(String, RuleId)>,
}

impl Scenario {
    /// Runs until the programs in the foreground have ended (and a little longer, so that connections close), at most
    /// until the scenario's limit.
    pub fn run(&self, seed: u64) -> Result<Outcome, BuildError> {
        let (recorder, sink) = Recorder::new(Wants::ALL);
        let mut running = self.start(seed, sink)?;
        let limit = Instant::ZERO + self.limit;
        let ended = running.run_foreground(limit)?;
        if ended {
            running.run_until((running.built.world.now() + LINGER).min(limit))?;
        }
        let waiting = running.built.world.explain();
        let now = running.built.world.now();
        drop(running);
        let recording = self.named(recorder.take());
        let failures = self.expectations.iter().filter_map(|expect| expect.check(&recording).err()).collect();
        Ok(Outcome { scenario: self.name.clone(), seed, epoch: self.epoch, recording, ended, now, waiting, failures })
    }

    /// Says whose the addresses are, for hosts that never spoke do not show it.
    fn named(&self, mut recording: Recording) -> Recording {
        for node in &self.nodes {
            for address in node.interfaces.iter().flat_map(|interface| &interface.addresses) {
                recording.name_address(address.address(), &node.name);
            }
        }
        recording
    }

    /// Builds the world and starts its programs; no time has passed yet.
    pub fn start(&self, seed: u64, sink: Box<dyn Sink>) -> Result<Running, BuildError> {
        let built = self.build(seed, sink)?;
        let commons = Commons::new(seed, self.epoch);
        let mut timeline = self.timeline.clone();
        timeline.sort_by_key(|step| std::cmp::Reverse(step.at));
        let mut running = Running { built, commons, foreground: Vec::new(), timeline, loss: Vec::new() };
        running.run_timeline(Instant::ZERO)?;
        for node in &self.nodes {
            let net = running.built.node(&node.name)?;
            for program in &node.programs {
                let net = running.built.world.net(net);
                let started = program.start(&net, &running.commons);
                let task = started.map_err(|error| BuildError::program(&node.name, &error))?;
                if program.is_foreground() {
                    running.foreground.push(task);
                } else {
                    task.detach();
                }
            }
        }
        Ok(running)
    }
}

impl Running {
    /// Lets time pass until the programs in the foreground have ended; false when `limit` came first.
    pub fn run_foreground(&mut self, limit: Instant) -> Result<bool, BuildError> {
        self.built.world.run_until(self.built.world.now());
        loop {
            if self.foreground.iter().all(Task::is_finished) {
                return Ok(true);
            }
            let event = self.built.world.poll_at().map_or(Instant::FAR, |wake| wake.at);
            let change = self.next_change();
            if change <= event.min(limit) {
                self.run_until(change)?;
                self.run_timeline(change)?;
            } else if event > limit {
                self.built.world.run_until(limit);
                return Ok(self.foreground.iter().all(Task::is_finished));
            } else {
                // An event at a time: nothing that a program waits for is overshot.
                self.built.world.step();
            }
        }
    }

    /// Lets time pass until `until`.
    pub fn run_until(&mut self, until: Instant) -> Result<(), BuildError> {
        while self.next_change() < until {
            self.built.world.run_until(self.next_change());
            self.run_timeline(self.built.world.now())?;
        }
        self.built.world.run_until(until);
        Ok(())
    }

    fn next_change(&self) -> Instant {
        self.timeline.last().map_or(Instant::FAR, |step| Instant::ZERO + step.at)
    }

    fn run_timeline(&mut self, now: Instant) -> Result<(), BuildError> {
        while self.next_change() <= now {
            let Some(step) = self.timeline.pop() else { break };
            self.change(step.what)?;
        }
        Ok(())
    }

    fn change(&mut self, what: Do) -> Result<(), BuildError> {
        match what {
            Do::SetLink { link, up } => {
                let id = self.built.link(&link)?;
                self.built.world.set_link(id, up);
            }
            Do::SetLoss { link, loss } => {
                let id = self.built.link(&link)?;
                self.loss.retain(|(name, rule)| {
                    let other = *name != link;
                    if !other {
                        self.built.world.lift(*rule);
                    }
                    other
                });
                let rule = self.built.world.rule(id, Box::new(Loss(loss)));
                self.loss.push((link, rule));
            }
            Do::PowerOff { node } => {
                let id = self.built.node(&node)?;
                self.built.world.power_off(id);
            }
        }
        Ok(())
    }
}

/// How long a run goes on after its last program, so that the last segments arrive.
const LINGER: Duration = Duration::from_secs(2);
