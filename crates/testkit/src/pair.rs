//! Two hosts and what is between them.

use std::rc::Rc;

use base::{Duration, Instant, LinkType};
use sim::rule::{Corrupt, CorruptUndetected, Duplicate, Loss, Reorder};
use sim::{On, Rule, RuleId, World};
use stack::Config;

use crate::end::{End, Shared, Who};
use crate::fault::{Fault, Side};
use crate::ladder::Ladder;
use crate::plan::Plan;
use crate::report;
use crate::seed::Seed;

/// Two hosts `a` and `b`, joined by one cable or by a router `r`.
///
/// First say what the network is like ([`delay`](Pair::delay), [`rate`](Pair::rate), [`router`](Pair::router), …); it is
/// built when it is first used. Then call the hosts' sockets or start programs, put faults on the cable, let time pass,
/// and ask the [`ladder`](Pair::ladder) what happened. Unless told otherwise the cable is Ethernet with a delay of 10 ms
/// and no limit of rate, and the hosts know each other's hardware addresses.
pub struct Pair {
    /// The host that usually begins.
    pub a: End,
    /// The host that usually waits.
    pub b: End,
    /// The router between them, where there is one.
    pub r: End,
    shared: Rc<Shared>,
}

impl Pair {
    /// A network that is not yet built.
    pub fn new(seed: Seed) -> Pair {
        let shared = Shared::new(seed, Plan::default());
        let end = |who| End::new(&shared, who);
        Pair { a: end(Who::A), b: end(Who::B), r: end(Who::Router), shared }
    }

    fn plan(self, change: impl FnOnce(&mut Plan)) -> Pair {
        self.shared.change(change);
        self
    }

    /// Each cable's delay, each way.
    pub fn delay(self, delay: Duration) -> Pair {
        self.plan(|plan| plan.delay = delay)
    }

    /// Each cable's rate, bits per second.
    pub fn rate(self, rate_bps: u64) -> Pair {
        self.plan(|plan| plan.rate_bps = rate_bps)
    }

    /// The MTU of all interfaces.
    pub fn mtu(self, mtu: usize) -> Pair {
        self.plan(|plan| plan.mtu = mtu)
    }

    /// The MTU of the router's interface towards `b`.
    pub fn far_mtu(self, mtu: usize) -> Pair {
        self.plan(|plan| (plan.far_mtu, plan.router) = (Some(mtu), true))
    }

    /// How many frames wait in front of a cable, at most.
    pub fn queue(self, frames: usize) -> Pair {
        self.plan(|plan| plan.queue_frames = frames)
    }

    /// The cable carries bare IP packets.
    pub fn bare_ip(self) -> Pair {
        self.plan(|plan| plan.link_type = LinkType::Ip)
    }

    /// A router stands between the hosts, on two cables.
    pub fn router(self) -> Pair {
        self.plan(|plan| plan.router = true)
    }

    /// The hosts speak IPv6.
    pub fn ipv6(self) -> Pair {
        self.plan(|plan| plan.v6 = true)
    }

    /// Neighbours have to ask for each other's hardware addresses.
    pub fn arp(self) -> Pair {
        self.plan(|plan| plan.arp = true)
    }

    /// Changes the configuration of both hosts.
    pub fn config(self, change: impl Fn(&mut Config)) -> Pair {
        self.config_a(&change).config_b(change)
    }

    /// Changes the configuration of `a`.
    pub fn config_a(self, change: impl FnOnce(&mut Config)) -> Pair {
        self.plan(|plan| change(&mut plan.config_a))
    }

    /// Changes the configuration of `b`.
    pub fn config_b(self, change: impl FnOnce(&mut Config)) -> Pair {
        self.plan(|plan| change(&mut plan.config_b))
    }

    /// Changes the configuration of the router.
    pub fn config_router(self, change: impl FnOnce(&mut Config)) -> Pair {
        self.plan(|plan| change(&mut plan.config_router))
    }

    /// Loses each frame with probability `p`. The network is built now.
    pub fn loss(mut self, p: f64) -> Pair {
        self.each_way(|| Box::new(Loss(p)));
        self
    }

    /// Duplicates each frame with probability `p`.
    pub fn duplicate(mut self, p: f64) -> Pair {
        self.each_way(|| Box::new(Duplicate(p)));
        self
    }

    /// Damages each frame with probability `p`, so that the receiver's network card finds it.
    pub fn corrupt(mut self, p: f64) -> Pair {
        self.each_way(|| Box::new(Corrupt(p)));
        self
    }

    /// Flips a bit of each frame with probability `p`, so that only the checksums can find it.
    pub fn corrupt_undetected(mut self, p: f64) -> Pair {
        self.each_way(|| Box::new(CorruptUndetected(p)));
        self
    }

    /// Holds each frame back with probability `p`.
    pub fn reorder(mut self, p: f64, by: Duration) -> Pair {
        self.each_way(|| Box::new(Reorder { p, by }));
        self
    }

    fn each_way(&mut self, rule: impl Fn() -> Box<dyn Rule>) {
        let mut built = self.shared.built();
        for link in built.links.clone() {
            built.world.rule(link.forth(), rule());
            built.world.rule(link.back(), rule());
        }
    }

    /// Puts a fault on the cable; with a router, on the one at `a`. What it counts it counts for both ways together,
    /// unless it is [`Fault::from_a`] or [`Fault::from_b`].
    pub fn rule(&mut self, fault: Fault) -> RuleId {
        let link_type = self.shared.plan.borrow().link_type;
        let mut built = self.shared.built();
        let link = built.links[0];
        let on: On = match fault.side {
            Side::Both => link.into(),
            Side::FromA => link.forth().into(),
            Side::FromB => link.back().into(),
        };
        built.world.rule(on, fault.into_rule(link_type))
    }

    /// Takes a fault away.
    pub fn lift(&mut self, rule: RuleId) {
        self.world(|world| world.lift(rule));
    }

    /// Pulls or plugs the cable at `a`.
    pub fn plug(&mut self, up: bool) {
        let link = self.shared.built().links[0];
        self.world(|world| world.set_link(link, up));
    }

    /// Any call to the world.
    pub fn world<R>(&mut self, act: impl FnOnce(&mut World) -> R) -> R {
        act(&mut self.shared.built().world)
    }

    /// Lets time pass until nothing is left to wait for.
    ///
    /// # Panics
    /// When that takes more than two virtual hours.
    pub fn run_until_idle(&mut self) {
        let idle = self.world(|world| world.run_until_idle(world.now() + PATIENCE));
        assert!(idle, "not idle after {PATIENCE}: {:?}", self.world(|world| world.explain()));
    }

    /// Lets this much time pass.
    pub fn run_for(&mut self, span: Duration) {
        self.world(|world| world.run_until(world.now() + span));
    }

    /// Lets time pass until this moment of the run.
    pub fn run_until(&mut self, moment: Duration) {
        self.world(|world| world.run_until(Instant::ZERO + moment));
    }

    /// The time since the start.
    pub fn now(&self) -> Duration {
        self.shared.built().since_start()
    }

    /// What happened so far.
    pub fn ladder(&self) -> Ladder {
        Ladder::new(self.shared.built().recording())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if std::thread::panicking() {
            report::failure(&self.shared);
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(7200);
