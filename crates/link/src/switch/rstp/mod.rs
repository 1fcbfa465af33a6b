//! The rapid spanning tree of one bridge: IEEE 802.1D-2004 clause 17.
//!
//! ```text
//!   on_bpdu ──> what the port heard ─┐
//!   on_timer ─> what grew too old  ──┼─> roles ──> close ──> agree ──> open ──> topology change ──> poll_bpdu, poll_fact
//!   on_link ──> ports come and go  ──┘     │          │         │         └ root port, agreed or edge ports, or by time
//!                                          │          │         └ a proposal: close what is not agreed, then answer
//!                                          │          └ alternate, backup and disabled ports: discard at once
//!                                          └ the best offer makes the root port; better offers than ours make alternates
//! ```
//! The standard's machines are folded into one procedure that runs after every input; since a state changes at once here,
//! its `sync`, `synced` and `reRoot` are no variables. All cables are point-to-point. Bridges of the old spanning tree are
//! understood but not answered in their own way.
//!
//! Inputs: [`Tree::on_link`], [`Tree::on_bpdu`], [`Tree::on_timer`]. Then [`Tree::poll_fact`] and [`Tree::poll_bpdu`] until
//! they are `None`, then [`Tree::poll_at`].

mod port;
mod vector;

use std::collections::VecDeque;

use base::event::BridgeFact;
use base::{Instant, Port};
use wire::stp::{self, Bpdu, BridgeId};

use super::config::{Rstp, RstpPort};
use port::{MIGRATE_TIME, Role, State, TreePort};
use vector::{Times, Vector};

/// A bridge's part in the spanning tree. Its ports are down at first.
pub(super) struct Tree {
    id: BridgeId,
    own_times: Times,
    ports: Vec<TreePort>,
    /// The time of the last input.
    now: Instant,
    root: BridgeId,
    /// Roles and states as they were told last.
    told: Vec<(Role, State)>,
    facts: VecDeque<(Port, BridgeFact)>,
    due: Instant,
}

impl Tree {
    pub(super) fn new(config: &Rstp, ports: u16) -> Self {
        let id = BridgeId { priority: config.priority, mac: config.address };
        let own_times = Times::of(&stp::Message {
            max_age: config.max_age,
            hello_time: config.hello,
            forward_delay: config.forward_delay,
            ..stp::Message::default()
        });
        let settings = |index: u16| config.ports.get(usize::from(index)).copied().unwrap_or(RstpPort::default());
        Tree {
            id,
            own_times,
            ports: (0..ports).map(|index| TreePort::new(index, settings(index), own_times)).collect(),
            now: Instant::ZERO,
            root: id,
            told: vec![(Role::Disabled, State::Discarding); usize::from(ports)],
            facts: VecDeque::new(),
            due: Instant::FAR,
        }
    }

    /// A cable was plugged into `port`, or pulled.
    pub(super) fn on_link(&mut self, now: Instant, port: Port, up: bool) {
        self.now = now;
        let Some(state) = self.ports.get_mut(usize::from(port.0)).filter(|state| state.up != up) else { return };
        state.up = up;
        state.heard = None;
        state.edge = up && state.config.edge;
        state.hello_at = now + state.offered_times.hello;
        self.update();
        self.finish();
    }

    /// A BPDU arrived at `port`.
    pub(super) fn on_bpdu(&mut self, now: Instant, port: Port, bpdu: &Bpdu) {
        self.now = now;
        let index = usize::from(port.0);
        let Some(state) = self.ports.get_mut(index).filter(|state| state.up) else { return };
        let changed = match bpdu {
            Bpdu::TopologyChangeNotification => true,
            // Its own words came back: nothing is learned from them.
            Bpdu::Config(body) | Bpdu::Rst(body) if (body.bridge, body.port) == (self.id, state.number) => {
                return;
            }
            Bpdu::Config(body) => {
                // Of the old spanning tree only the change of topology is a flag.
                let flags = stp::Flags { topology_change: body.flags.topology_change, ..stp::Flags::default() };
                state.on_offer(now, &stp::Message { flags, ..*body });
                body.flags.topology_change
            }
            Bpdu::Rst(body) => {
                match body.flags.role {
                    stp::Role::Designated | stp::Role::Unknown => state.on_offer(now, body),
                    stp::Role::Root | stp::Role::AlternateOrBackup => state.on_answer(body),
                }
                body.flags.topology_change
            }
        };
        state.edge = false;
        state.edge_at = now + MIGRATE_TIME;
        self.update();
        if changed && self.ports[index].announced {
            self.spread_change(index);
        }
        self.finish();
    }

    /// The time of the last `poll_at` has come.
    pub(super) fn on_timer(&mut self, now: Instant) {
        self.now = now;
        for port in self.ports.iter_mut().filter(|port| port.up && port.hello_at <= now) {
            port.hello_at = now + port.offered_times.hello;
            port.send |= match port.role {
                Role::Designated => true,
                Role::Root => now < port.change_until,
                _ => false,
            };
        }
        self.update();
        self.finish();
    }

    /// The next BPDU to send.
    pub(super) fn poll_bpdu(&mut self) -> Option<(Port, Bpdu)> {
        let now = self.now;
        let ready = |port: &TreePort| port.up && port.send && port.may_send_at() <= now;
        let Some(index) = self.ports.iter().position(ready) else {
            self.due = self.ports.iter().map(TreePort::due).min().unwrap_or(Instant::FAR);
            return None;
        };
        let port = &mut self.ports[index];
        port.sent(now);
        Some((Port(index as u16), Bpdu::Rst(port.body(now))))
    }

    /// The next thing that happened.
    pub(super) fn poll_fact(&mut self) -> Option<(Port, BridgeFact)> {
        self.facts.pop_front()
    }

    /// When to call `on_timer`.
    pub(super) fn poll_at(&self) -> Option<Instant> {
        (self.due != Instant::FAR).then_some(self.due)
    }

    /// Whether a cable works at `port`.
    pub(super) fn is_up(&self, port: Port) -> bool {
        self.ports.get(usize::from(port.0)).is_some_and(|port| port.up)
    }

    /// Whether addresses are learned at `port`.
    pub(super) fn learns(&self, port: Port) -> bool {
        self.ports.get(usize::from(port.0)).is_some_and(|port| port.state != State::Discarding)
    }

    /// Whether frames pass `port`.
    #[inline]
    pub(super) fn forwards(&self, port: Port) -> bool {
        self.ports.get(usize::from(port.0)).is_some_and(|port| port.state == State::Forwarding)
    }

    /// Role and state of `port`, in words.
    pub(super) fn part(&self, port: Port) -> Option<(&'static str, &'static str)> {
        self.ports.get(usize::from(port.0)).map(|port| (port.role.text(), port.state.text()))
    }

    /// Whom this bridge takes for the root.
    pub(super) fn root(&self) -> BridgeId {
        self.root
    }

    // ---- the procedure -------------------------------------------------------------------------------------------

    fn update(&mut self) {
        let now = self.now;
        for port in &mut self.ports {
            port.heard = port.heard.filter(|heard| now < heard.expires);
        }
        let root_port = self.select_roles();
        self.close();
        self.agree();
        self.open(root_port);
        for index in 0..self.ports.len() {
            let port = &mut self.ports[index];
            if port.role.is_active() && port.state == State::Forwarding && !port.edge && !port.announced {
                port.announced = true;
                port.announce_change(now);
                self.spread_change(index);
            }
        }
    }

    /// From the offers that were heard: the root, the port that leads there, and the roles of all (17.21.25).
    fn select_roles(&mut self) -> Option<usize> {
        let own = Vector { root: self.id, cost: 0, bridge: self.id, port: 0 };
        let (mut best, mut root_port, mut times) = ((own, 0), None, self.own_times);
        for (index, port) in self.ports.iter().enumerate() {
            let Some(heard) = port.heard.filter(|heard| heard.vector.bridge != self.id) else { continue };
            let way = (heard.vector.through(port.config.cost), port.number);
            if way < best {
                (best, root_port, times) = (way, Some(index), heard.times.next());
            }
        }
        let Vector { root, cost, .. } = best.0;
        self.root = root;
        for (index, port) in self.ports.iter_mut().enumerate() {
            let offer = Vector { root, cost, bridge: self.id, port: port.number };
            let better = port.heard.filter(|heard| root_port == Some(index) || heard.vector <= offer);
            let role = match better {
                _ if !port.up => Role::Disabled,
                None => Role::Designated,
                Some(_) if root_port == Some(index) => Role::Root,
                Some(heard) if heard.vector.bridge == self.id => Role::Backup,
                Some(_) => Role::Alternate,
            };
            port.heard = better;
            port.assume(self.now, role, offer, times);
        }
        root_port
    }

    /// Ports that leave the tree, and those whose other end disputes: before any other is opened.
    fn close(&mut self) {
        let now = self.now;
        for (index, port) in self.ports.iter_mut().enumerate() {
            if !port.role.is_active() {
                if port.state != State::Discarding || port.announced {
                    self.facts.push_back((Port(index as u16), BridgeFact::Flush));
                }
                port.discard(now);
                (port.announced, port.change_until, port.root_until) = (false, Instant::ZERO, Instant::ZERO);
            } else if port.disputed && port.role == Role::Designated && !port.edge {
                port.discard(now);
            }
            port.disputed = false;
        }
    }

    /// Answers proposals. Whoever agrees must have closed all ways by which frames could come back.
    fn agree(&mut self) {
        for index in 0..self.ports.len() {
            let port = &mut self.ports[index];
            if !std::mem::take(&mut port.proposed) || port.heard.is_none() {
                continue;
            }
            port.send = true;
            if !std::mem::replace(&mut port.agree, true) {
                let now = self.now;
                self.ports.iter_mut().filter(|port| port.is_risky()).for_each(|port| port.discard(now));
            }
        }
    }

    /// Opens what may be opened.
    fn open(&mut self, root_port: Option<usize>) {
        let now = self.now;
        if let Some(index) = root_port.filter(|index| self.ports[*index].state != State::Forwarding) {
            // Through an older root port frames may still come that this one brings too.
            for port in &mut self.ports {
                if port.is_risky() && now < port.root_until {
                    port.discard(now);
                }
                port.root_until = Instant::ZERO;
            }
            if self.ports[index].backup_until <= now {
                self.ports[index].state = State::Forwarding;
            }
        }
        for port in self.ports.iter_mut().filter(|port| port.role == Role::Designated) {
            port.advance_designated(now);
        }
    }

    /// The topology changed behind port `from`: all others forget and pass it on (17.21.18).
    fn spread_change(&mut self, from: usize) {
        for (index, port) in self.ports.iter_mut().enumerate() {
            if index != from && port.announced {
                port.announce_change(self.now);
                self.facts.push_back((Port(index as u16), BridgeFact::Flush));
            }
        }
    }

    fn finish(&mut self) {
        for (index, (port, told)) in self.ports.iter().zip(&mut self.told).enumerate() {
            if *told != (port.role, port.state) {
                *told = (port.role, port.state);
                let fact = BridgeFact::Role { role: port.role.text(), state: port.state.text() };
                self.facts.push_back((Port(index as u16), fact));
            }
        }
    }
}

#[cfg(test)]
mod tests;
