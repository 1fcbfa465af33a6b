//! What happens when.

use sim::Verdict;

use super::Reading;
use super::links::patch;
use crate::file::diagnose::Problem;
use crate::file::names::default_name;
use crate::file::tree::Place;
use crate::file::types::{Action, At, Frames, Impairments, OneOrMany};
use crate::scenario::{At as Step, Chosen, Do, Heading, WayPatch};

impl Reading<'_> {
    /// The timeline in the file's order.
    pub(super) fn timeline(&mut self) -> Vec<Step> {
        let file = self.file;
        let mut steps = Vec::new();
        for (index, at) in file.at.iter().enumerate() {
            let place = Place::of(["at"]).then(index);
            self.check_time(at, &place);
            let time = at.time.as_ref().map_or(base::Duration::ZERO, |time| time.0);
            steps.extend(self.action(&at.action, &place).into_iter().map(|what| Step { at: time, what }));
        }
        steps
    }

    fn check_time(&mut self, at: &At, place: &Place) {
        let limits = [&self.file.limit, &self.file.full_limit];
        let limit = limits.into_iter().flatten().map(|limit| limit.0).max().unwrap_or(super::LIMIT);
        let limit = if self.file.limit.is_none() { limit.max(super::LIMIT) } else { limit };
        if let Some(time) = at.time.as_ref().filter(|time| time.0 > limit) {
            let title = format!("this would happen at {}, after the run's end", time.0);
            let problem = Problem::new(self.span(&place.then("time")), title).label("too late");
            let problem = match &self.file.limit {
                Some(_) => problem.also(self.span(&Place::of(["limit"])), "the end"),
                None => problem,
            };
            self.report(
                problem.help(format!("the limit is {limit}: choose an earlier time, or write a longer `limit`")),
            );
        }
    }

    fn action(&mut self, action: &Action, place: &Place) -> Vec<Do> {
        match action {
            Action::LinkDown { link } => vec![Do::SetLink { link: link.0.clone(), up: false }],
            Action::LinkUp { link } => vec![Do::SetLink { link: link.0.clone(), up: true }],
            Action::LinkSet { link, change, forth, back } => self.change(&link.0, [change, forth, back], place),
            Action::Kill(frames) => vec![self.frames(frames, Verdict::Drop, place)],
            Action::Lose { what } => what.as_slice().iter().map(|chosen| Do::Kill(chosen.0)).collect(),
            Action::Corrupt(frames) => vec![self.frames(frames, Verdict::Corrupt, place)],
            Action::Duplicate(frames) => vec![self.frames(frames, Verdict::Duplicate, place)],
            Action::Delay(late) => vec![self.frames(&late.frames, Verdict::Delay(late.by.0), place)],
            Action::Crash { node } => vec![Do::Crash { node: node.0.clone() }],
            Action::Restart { node } => vec![Do::Restart { node: node.0.clone() }],
            Action::Skew { node, by } => vec![Do::Skew { node: node.0.clone(), by_ns: by.0 }],
            Action::Heal => vec![Do::Heal],
            Action::Partition { groups } => {
                self.check_groups(
                    groups.iter().map(|group| group.iter().map(|node| node.0.as_str()).collect()).collect(),
                    place,
                );
                let names = groups.iter().map(|group| group.iter().map(|node| node.0.clone()).collect());
                vec![Do::Partition { groups: names.collect() }]
            }
        }
    }

    fn change(&mut self, link: &str, said: [&Impairments; 3], place: &Place) -> Vec<Do> {
        let ways = [None, Some(Heading::Forth), Some(Heading::Back)];
        let steps: Vec<Do> = ways
            .into_iter()
            .zip(said.map(patch))
            .filter(|(_, patch)| *patch != WayPatch::default())
            .map(|(way, patch)| Do::Change { link: link.into(), way, patch })
            .collect();
        if steps.is_empty() {
            let problem = Problem::new(self.span(&place.then("do")), "link-set says not what changes");
            let problem = problem.label("changes nothing");
            self.report(problem.help("add what changes: loss = \"5%\", delay = \"80ms\", rate = \"1mbit\", …"));
        }
        steps
    }

    fn frames(&mut self, frames: &Frames, verdict: Verdict, place: &Place) -> Do {
        self.check_sender(frames, place);
        if let Some(of) = &frames.of {
            self.check_predicate(of, &place.then("of"));
        }
        let nth: Vec<u64> = frames.nth.iter().flat_map(OneOrMany::as_slice).map(|n| u64::from(*n)).collect();
        if nth.contains(&0) {
            let problem =
                Problem::new(self.span(&place.then("nth")), "frames are counted from 1").label("there is no 0th");
            self.report(problem.help("nth = 1 is the first"));
        }
        let from = frames.from.as_ref().map(|node| node.0.clone());
        Do::Frames(Chosen { link: frames.link.0.clone(), from, of: frames.of.clone(), nth, verdict })
    }

    fn check_sender(&mut self, frames: &Frames, place: &Place) {
        let file = self.file;
        let named = |(index, link): &(usize, &crate::file::types::Link)| {
            link.name.as_ref().map_or_else(|| default_name(*index), |name| name.0.clone()) == frames.link.0
        };
        let Some((_, link)) = file.link.iter().enumerate().find(named) else { return };
        let ends = link.endpoints.each_ref().map(|plug| plug.0.0.as_str());
        if let Some(from) = frames.from.as_ref().filter(|from| !ends.contains(&from.0.as_str())) {
            let title = format!("{} sends nothing on {}: the link does not end there", from.0, frames.link.0);
            let problem = Problem::new(self.span(&place.then("from")), title).label("at neither end");
            self.report(problem.help(format!("it joins {} and {}", ends[0], ends[1])));
        }
    }

    fn check_groups(&mut self, groups: Vec<Vec<&str>>, place: &Place) {
        let mut seen: Vec<&str> = Vec::new();
        for (outer, group) in groups.iter().enumerate() {
            for (inner, node) in group.iter().enumerate() {
                if seen.contains(node) {
                    let span = self.span(&place.then("groups").then(outer).then(inner));
                    let problem = Problem::new(span, format!("{node} is in two places of a partition")).label("again");
                    self.report(problem.help("a node is in one group; one that is named in none keeps all its links"));
                }
                seen.push(node);
            }
        }
    }
}
