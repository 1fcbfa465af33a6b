//! A scenario and a seed give an outcome: programs are started, the timeline is followed, time passes.

use std::collections::BTreeMap;

use base::{Instant, Sink};
use net::Task;
use scope::{Recorder, Recording, Wants};
use sim::{LinkId, RuleId, Way};
use stack::Node;

use crate::expect::{Expectation, Shortfall, check_all};
use crate::outcome::{Outcome, Told};
use crate::program::Commons;
use crate::scenario::{ArqSpec, At, BuildError, Built, Chosen, Do, Heading, Kill, LinkSpec, NodeSpec, Run, Scenario, WayPatch};

/// A world in the middle of a run.
pub struct Running {
    /// The world and the names of its parts.
    pub built: Built,
    /// Certificates, trust and names of this world.
    pub commons: Commons,
    nodes: Vec<NodeSpec>,
    links: BTreeMap<String, LinkSpec>,
    foreground: Vec<Task<()>>,
    /// What is still to come, the next one last.
    timeline: Vec<At>,
    starts: Vec<Start>,
    impairments: BTreeMap<Way, Vec<RuleId>>,
    partitions: Vec<RuleId>,
}

/// A program that is started later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Start {
    at: Instant,
    node: usize,
    run: usize,
}

impl Scenario {
    /// Runs until the programs in the foreground have ended (and a little longer, so that connections close), at most
    /// until the scenario's limit, and records all that a story needs.
    pub fn run(&self, seed: u64) -> Result<Outcome, BuildError> {
        self.run_recording(seed, Wants::ALL)
    }

    /// The same, recording what is asked for.
    pub fn run_recording(&self, seed: u64, wants: Wants) -> Result<Outcome, BuildError> {
        let (recorder, sink) = Recorder::new(wants);
        let mut running = self.start(seed, sink)?;
        let limit = Instant::ZERO + self.limit;
        let ended = running.run_foreground(limit)?;
        if ended {
            running.run_until((running.built.world.now() + self.linger).min(limit))?;
        }
        running.built.world.tell_stations();
        let waiting = running.built.world.explain();
        let now = running.built.world.now();
        drop(running);
        let recording = self.named(recorder.take());
        let expectations = self.told(&recording);
        let scenario = self.name.clone();
        Ok(Outcome { scenario, seed, epoch: self.epoch, recording, ended, now, waiting, expectations })
    }

    /// Which expectations hold of a recording.
    fn told(&self, recording: &Recording) -> Vec<Told> {
        let shortfalls = check_all(&self.expectations, recording);
        let told = |(expectation, shortfall): (&Expectation, Option<Shortfall>)| Told {
            that: expectation.that.clone(),
            why: expectation.why.clone(),
            shortfall: shortfall.map(|shortfall| shortfall.to_string()),
        };
        self.expectations.iter().zip(shortfalls).map(told).collect()
    }

    /// What must be recorded so that the expectations can be told.
    pub fn wants(&self) -> Wants {
        let wants = self.expectations.iter().fold(Wants::APP, |wants, expectation| wants | expectation.wants());
        // A sender's quantities are facts of the transport layer.
        Wants { transport: wants.transport || wants.metrics, ..wants }
    }

    /// Says whose the addresses are, for hosts that never spoke do not show it.
    fn named(&self, mut recording: Recording) -> Recording {
        for node in &self.nodes {
            for address in node.addresses() {
                recording.name_address(address, &node.name);
            }
        }
        recording
    }

    /// Builds the world and starts its programs; no time has passed yet.
    pub fn start(&self, seed: u64, sink: Box<dyn Sink>) -> Result<Running, BuildError> {
        let built = self.build(seed, sink)?;
        let mut timeline = self.timeline.clone();
        timeline.sort_by_key(|step| std::cmp::Reverse(step.at));
        let mut running = Running {
            built,
            commons: Commons::new(seed, self),
            nodes: self.nodes.clone(),
            links: self.links.iter().map(|link| (link.name.clone(), link.clone())).collect(),
            foreground: Vec::new(),
            timeline,
            starts: Vec::new(),
            impairments: BTreeMap::new(),
            partitions: Vec::new(),
        };
        for link in &self.links {
            running.impair(&link.name)?;
        }
        for node in 0..self.nodes.len() {
            running.schedule(node);
        }
        running.catch_up(Instant::ZERO)?;
        Ok(running)
    }
}

// Time.
impl Running {
    /// Lets time pass until the programs in the foreground have ended; false when `limit` came first.
    pub fn run_foreground(&mut self, limit: Instant) -> Result<bool, BuildError> {
        self.built.world.run_until(self.built.world.now());
        loop {
            if self.is_over() {
                return Ok(true);
            }
            let event = self.built.world.poll_at().map_or(Instant::FAR, |wake| wake.at);
            let change = self.next_change();
            if change <= event.min(limit) {
                self.run_until(change)?;
                self.catch_up(change)?;
            } else if event > limit {
                self.built.world.run_until(limit);
                return Ok(self.is_over() || !self.has_foreground());
            } else {
                // An event at a time: nothing that a program waits for is overshot.
                self.built.world.step();
            }
        }
    }

    /// Lets time pass until `until`.
    pub fn run_until(&mut self, until: Instant) -> Result<(), BuildError> {
        while self.next_change() < until {
            let change = self.next_change();
            self.built.world.run_until(change);
            self.catch_up(change)?;
        }
        self.built.world.run_until(until);
        Ok(())
    }

    /// Whether all that a run waits for has happened. One that waits for nothing goes on until its limit.
    fn is_over(&self) -> bool {
        let waits = |start: &Start| self.nodes[start.node].programs[start.run].is_foreground();
        let to_come = !self.timeline.is_empty() || self.starts.iter().any(waits);
        self.has_foreground() && !to_come && self.foreground.iter().all(Task::is_finished)
    }

    fn has_foreground(&self) -> bool {
        self.nodes.iter().flat_map(|node| &node.programs).any(Run::is_foreground)
    }

    fn next_change(&self) -> Instant {
        let step = self.timeline.last().map_or(Instant::FAR, |step| Instant::ZERO + step.at);
        self.starts.iter().map(|start| start.at).fold(step, Instant::min)
    }

    /// Does what is due: the timeline first, then the programs in the order of the file.
    fn catch_up(&mut self, now: Instant) -> Result<(), BuildError> {
        while self.timeline.last().is_some_and(|step| Instant::ZERO + step.at <= now) {
            let Some(step) = self.timeline.pop() else { break };
            self.act(step.what)?;
        }
        let (due, later) = self.starts.iter().partition(|start| start.at <= now);
        self.starts = later;
        let due: Vec<Start> = due;
        due.into_iter().try_for_each(|start| self.start_program(start))
    }
}

// Programs.
impl Running {
    /// Lets the programs of a node start, counted from now.
    fn schedule(&mut self, node: usize) {
        let now = self.built.world.now();
        let runs = self.nodes[node].programs.iter().enumerate();
        self.starts.extend(runs.map(|(number, run)| Start { at: now + run.start, node, run: number }));
    }

    fn start_program(&mut self, start: Start) -> Result<(), BuildError> {
        let spec = &self.nodes[start.node];
        let run = &spec.programs[start.run];
        let id = self.built.node(&spec.name)?;
        if !spec.is_host() {
            return Err(BuildError::program(&spec.name, "it is no host"));
        }
        let net = self.built.world.net(id);
        let task = run.program.start(&net, &self.commons).map_err(|error| BuildError::program(&spec.name, &error))?;
        if run.is_foreground() {
            self.foreground.push(task);
        } else {
            task.detach();
        }
        Ok(())
    }
}

// The timeline.
impl Running {
    fn act(&mut self, what: Do) -> Result<(), BuildError> {
        match what {
            Do::SetLink { link, up } => {
                let id = self.built.link(&link)?;
                self.built.world.set_link(id, up);
            }
            Do::Change { link, way, patch } => self.change(&link, way, &patch)?,
            Do::Frames(chosen) => self.choose(&chosen)?,
            Do::Kill(kill) => self.kill(kill)?,
            Do::Crash { node } => {
                let id = self.built.node(&node)?;
                self.built.world.power_off(id);
                self.starts.retain(|start| self.nodes[start.node].name != node);
            }
            Do::Restart { node } => self.restart(&node)?,
            Do::Partition { groups } => self.partition(&groups)?,
            Do::Heal => {
                for rule in std::mem::take(&mut self.partitions) {
                    self.built.world.lift(rule);
                }
            }
            Do::Skew { node, by_ns } => {
                let id = self.built.node(&node)?;
                self.built.world.net(id).set_clock_skew(by_ns);
            }
        }
        Ok(())
    }

    fn change(&mut self, link: &str, way: Option<Heading>, patch: &WayPatch) -> Result<(), BuildError> {
        let id = self.built.link(link)?;
        if let Some(spec) = self.links.get_mut(link) {
            if way != Some(Heading::Back) {
                patch.apply(&mut spec.forth);
                self.built.world.set_cable(id.forth(), spec.forth.cable);
            }
            if way != Some(Heading::Forth) {
                patch.apply(&mut spec.back);
                self.built.world.set_cable(id.back(), spec.back.cable);
            }
        }
        self.impair(link)
    }

    /// Puts the rules of a link where its specification says so, instead of those that were there.
    fn impair(&mut self, link: &str) -> Result<(), BuildError> {
        let id = self.built.link(link)?;
        let Some(spec) = self.links.get(link) else { return Ok(()) };
        for (way, rules) in [(id.forth(), spec.forth.rules()), (id.back(), spec.back.rules())] {
            for old in self.impairments.remove(&way).unwrap_or_default() {
                self.built.world.lift(old);
            }
            let new = rules.into_iter().map(|rule| self.built.world.rule(way, rule)).collect();
            self.impairments.insert(way, new);
        }
        Ok(())
    }

    fn choose(&mut self, chosen: &Chosen) -> Result<(), BuildError> {
        let id = self.built.link(&chosen.link)?;
        let link_type = self.built.link_type(&chosen.link)?;
        let rule = chosen.rule(link_type)?;
        match &chosen.from {
            None => self.built.world.rule(id, rule),
            Some(node) => {
                let way = self.way_from(id, node, &chosen.link)?;
                self.built.world.rule(way, rule)
            }
        };
        Ok(())
    }

    /// Loses frames of the reliable lines, in either direction.
    fn kill(&mut self, kill: Kill) -> Result<(), BuildError> {
        let lines: Vec<(String, ArqSpec)> =
            self.links.values().filter_map(|link| Some((link.name.clone(), link.arq?))).collect();
        if lines.is_empty() {
            return Err(BuildError::new("there is no reliable line whose frames could be lost".into()));
        }
        for (name, arq) in lines {
            let id = self.built.link(&name)?;
            for way in [id.forth(), id.back()] {
                self.built.world.rule(way, kill.rule(&arq));
            }
        }
        Ok(())
    }

    fn way_from(&self, id: LinkId, node: &str, link: &str) -> Result<Way, BuildError> {
        let sender = self.built.node(node)?;
        let (first, second) = self.built.world.ends(id);
        match sender {
            _ if first.node == sender => Ok(id.forth()),
            _ if second.node == sender => Ok(id.back()),
            _ => Err(BuildError::new(format!("{link} does not end at {node}"))),
        }
    }

    fn restart(&mut self, node: &str) -> Result<(), BuildError> {
        let id = self.built.node(node)?;
        self.built.world.power_on(id);
        let Some(place) = self.nodes.iter().position(|spec| spec.name == node) else { return Ok(()) };
        if self.nodes[place].is_host() {
            let spec = self.nodes[place].clone();
            self.built.configure(&spec)?;
            self.schedule(place);
            self.catch_up(self.built.world.now())?;
        }
        Ok(())
    }

    fn partition(&mut self, groups: &[Vec<String>]) -> Result<(), BuildError> {
        let group = |node: &String| groups.iter().position(|group| group.contains(node));
        let apart: Vec<String> = self
            .links
            .values()
            .filter(|link| {
                let [(a, _), (b, _)] = &link.ends;
                group(a).zip(group(b)).is_some_and(|(a, b)| a != b)
            })
            .map(|link| link.name.clone())
            .collect();
        for link in apart {
            let id = self.built.link(&link)?;
            let rule = self.built.world.rule(id, Box::new(sim::rule::Loss(1.0)));
            self.partitions.push(rule);
        }
        Ok(())
    }
}
