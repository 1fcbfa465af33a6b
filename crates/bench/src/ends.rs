//! Two hosts in memory: the client and the server of every benchmark that needs no world around them.

use std::net::{IpAddr, Ipv4Addr};

use base::{Blind, Cidr, Cx, Instant, NodeId, Port, Rng};
use stack::{Config, Host, InterfaceConfig, Node};

use crate::line::Line;

/// One host with one interface of bare IP packets, and how often it has spoken.
pub(crate) struct End {
    pub(crate) host: Host,
    pub(crate) sent: u64,
    node: NodeId,
    rng: Rng,
}

impl End {
    pub(crate) fn new(number: u32, address: Ipv4Addr, config: Config, mtu: usize, seed: u64) -> Self {
        let rng = Rng::root(seed).split("host").split(&address.to_string());
        let mut host = Host::new(NodeId(number), config, rng.split("stack"));
        let interface = InterfaceConfig { mtu, queue_frames: 8192, ..InterfaceConfig::point_to_point("ip0") };
        let port = host.add_interface(interface);
        assert_eq!(port, PORT, "a host counts its interfaces from 0");
        let mut end = End { host, sent: 0, node: NodeId(number), rng };
        end.add_address(address);
        end
    }

    /// One more address; the whole of 10.0.0.0/8 is on the link.
    pub(crate) fn add_address(&mut self, address: Ipv4Addr) {
        self.host.add_address(PORT, Cidr::new(IpAddr::V4(address), 8));
    }

    /// Hands the host the frames that have arrived, and lets its timers run.
    pub(crate) fn hear(&mut self, now: Instant, from: &mut Line) {
        let mut cx = Cx { now, node: self.node, rng: &mut self.rng, sink: &mut Blind };
        while let Some(frame) = from.take(now) {
            self.host.on_frame(&mut cx, PORT, frame);
        }
        if self.host.poll_at().is_some_and(|wake| wake.at <= now) {
            self.host.on_timer(&mut cx);
        }
    }

    /// When it wants to be called, frame or no frame.
    pub(crate) fn timer(&self) -> Option<Instant> {
        self.host.poll_at().map(|wake| wake.at)
    }

    /// Takes at most `limit` frames from the host and says how many there were.
    pub(crate) fn speak(&mut self, now: Instant, limit: usize, into: &mut Line) -> usize {
        let mut cx = Cx { now, node: self.node, rng: &mut self.rng, sink: &mut Blind };
        while self.host.poll_ready().is_some() {}
        let mut count = 0;
        while count < limit {
            let Some(frame) = self.host.poll_frame(&mut cx, PORT) else { break };
            into.send(now, frame);
            count += 1;
        }
        self.sent += count as u64;
        count
    }
}

/// Lets two hosts talk without a delay until both are silent.
pub(crate) fn talk(a: &mut End, b: &mut End, forth: &mut Line, back: &mut Line, now: Instant) {
    loop {
        let mut count = a.speak(now, BURST, forth);
        b.hear(now, forth);
        count += b.speak(now, BURST, back);
        a.hear(now, back);
        if count == 0 {
            return;
        }
    }
}

/// Frames that one host sends before the other hears them: few enough to stay in the processor's cache.
pub(crate) const BURST: usize = 32;
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
pub(crate) const PORT: Port = Port(0);
