//! Bulk TCP flows over one bottleneck: what ns-3 is measured by.
//!
//! ```text
//!   left 0 ──┐                                  ┌── right 0
//!   left 1 ──┼── router ════ bottleneck ════ router ──┼── right 1      edges: 10 Gbit/s, 1 ms
//!   left n ──┘               --bw, 8 ms         └── right n            so the RTT is 20 ms
//! ```
//! Every queue holds 1,667 frames, one bandwidth-delay product at 1 Gbit/s, and drops at its tail; flow i starts at
//! i × min(10 ms, 1 s / flows). A hop is one frame put on a link by anyone: the unit of work of a packet simulator.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant as Wall, SystemTime};

use base::{Blind, Cidr, Duration, Instant, NodeId, Port};
use lexopt::prelude::*;
use net::Net;
use sim::{Cable, World};
use stack::{Buffer, Config, InterfaceConfig, Route, TcpError};

use crate::units::rate_bps;

/// What is to be measured.
pub(crate) struct Options {
    flows: u32,
    seconds: f64,
    bw: String,
    rate_bps: u64,
}

/// What was measured.
pub(crate) struct Report {
    options: Options,
    hops: u64,
    wall_s: f64,
    received: u64,
}

impl Options {
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut o = Options { flows: 10, seconds: 2.0, bw: "1Gbps".into(), rate_bps: 1_000_000_000 };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("flows") => o.flows = arguments.value()?.parse()?,
                Long("seconds") => o.seconds = arguments.value()?.parse()?,
                Long("bw") => {
                    o.bw = arguments.value()?.string()?;
                    o.rate_bps = rate_bps(&o.bw).ok_or("--bw takes a rate such as 1Gbps or 100Mbps")?;
                }
                other => return Err(other.unexpected()),
            }
        }
        match o.flows {
            1..=MOST_FLOWS => Ok(o),
            _ => Err(format!("--flows takes 1 to {MOST_FLOWS}").into()),
        }
    }

    pub(crate) fn run(self) -> Report {
        let received = Arc::new(AtomicU64::new(0));
        let mut world = self.build(&received);
        let wall = Wall::now();
        world.run_until(Instant::ZERO + Duration::from_secs_f64(self.seconds));
        Report {
            wall_s: wall.elapsed().as_secs_f64(),
            hops: world.stats().frames,
            received: received.load(Ordering::Relaxed),
            options: self,
        }
    }

    fn build(&self, received: &Arc<AtomicU64>) -> World {
        let mut world = World::new(1, SystemTime::UNIX_EPOCH, Box::new(Blind));
        let edge = Cable { rate_bps: 10_000_000_000, delay: Duration::from_millis(1), framing: PPP };
        let core = Cable { rate_bps: self.rate_bps, delay: Duration::from_millis(8), framing: PPP };
        let routing = Config { forwarding: true, ..Config::default() };
        let [left, right] = ["left router", "right router"].map(|name| world.add_host(name, routing.clone()));
        let [left_core, right_core] = [left, right].map(|node| interface(&mut world, node));
        world.connect((left, left_core), (right, right_core), core);
        let away = |network, port| Route { to: Cidr::v4([10, network, 0, 0], 16), via: None, port };
        world.with_host(left, |host| host.add_route(away(RIGHT, left_core)));
        world.with_host(right, |host| host.add_route(away(LEFT, right_core)));

        let between_starts = Duration::from_millis(10).min(Duration::from_secs(1) / u64::from(self.flows));
        for flow in 0..self.flows {
            let source = leaf(&mut world, &format!("left {flow}"), left, edge, LEFT, flow);
            let sink = leaf(&mut world, &format!("right {flow}"), right, edge, RIGHT, flow);
            let address = SocketAddr::new(leaf_address(RIGHT, flow).into(), 5000);
            let (source_net, sink_net) = (world.net(source), world.net(sink));
            world.spawn(sink, take(sink_net, address, received.clone())).detach();
            world.spawn(source, send(source_net, address, between_starts * u64::from(flow))).detach();
        }
        world
    }
}

impl Report {
    pub(crate) fn to_json(&self) -> String {
        let Options { flows, seconds, bw, .. } = &self.options;
        let (hops, wall) = (self.hops, self.wall_s);
        let goodput = self.received as f64 * 8e-6 / seconds;
        format!(
            "{{\"peer\":\"glassnet\",\"flows\":{flows},\"seconds\":{seconds:.1},\"bw\":\"{bw}\",\"hops\":{hops},\
             \"wall_s\":{wall:.3},\"hops_per_wall_s\":{:.0},\"goodput_mbit_s\":{goodput:.1}}}",
            hops as f64 / wall
        )
    }
}

/// A program that sends as much as it can, for ever.
async fn send(net: Net, to: SocketAddr, start: Duration) -> Result<(), TcpError> {
    net.sleep(start).await;
    let stream = net.tcp_connect(to).await?;
    loop {
        stream.send(&DATA).await?;
    }
}

/// A program that takes what comes and counts it.
async fn take(net: Net, at: SocketAddr, received: Arc<AtomicU64>) -> Result<(), TcpError> {
    let listener = net.tcp_listen(at).expect("the port is free");
    let (stream, _) = listener.accept().await;
    loop {
        let data = stream.recv(1 << 16).await?;
        if data.is_empty() {
            return Ok(());
        }
        received.fetch_add(data.len() as u64, Ordering::Relaxed);
    }
}

/// A host at the end of an edge, which sends everything to its router.
fn leaf(world: &mut World, name: &str, router: NodeId, edge: Cable, network: u8, flow: u32) -> NodeId {
    let config = Config::default();
    let send_buffer = Buffer { most: BUFFER, ..config.send_buffer };
    let node = world.add_host(name, Config { send_buffer, receive_buffer: Buffer::fixed(BUFFER), ..config });
    let (inner, outer) = (interface(world, node), interface(world, router));
    world.connect((node, inner), (router, outer), edge);
    let address = leaf_address(network, flow);
    let next = Ipv4Addr::from_bits(address.to_bits() + 1);
    world.with_host(node, |host| {
        host.add_address(inner, Cidr::new(address.into(), 30));
        host.add_route(Route { to: Cidr::ANY_V4, via: None, port: inner });
    });
    world.with_host(router, |host| host.add_address(outer, Cidr::new(next.into(), 30)));
    node
}

fn interface(world: &mut World, node: NodeId) -> Port {
    world.add_interface(node, InterfaceConfig { queue_frames: QUEUE, ..InterfaceConfig::point_to_point("ppp") })
}

fn leaf_address(network: u8, flow: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, network, 0, 1).to_bits() + 4 * flow)
}

/// What every program sends: one copy for all, as the flows are the same.
static DATA: [u8; 1 << 16] = [0x5a; 1 << 16];
/// The networks of the two sides: 10.1.0.0/16 and 10.2.0.0/16, four addresses an edge.
const LEFT: u8 = 1;
const RIGHT: u8 = 2;
const MOST_FLOWS: u32 = 1 << 14;
/// Frames that wait in front of a link, at most.
const QUEUE: usize = 1667;
/// Send and receive buffer, bytes. The send buffer holds as much at most.
const BUFFER: usize = 4 << 20;
/// Bytes that the yardstick's point-to-point framing adds to each packet.
const PPP: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flows_fill_the_bottleneck() {
        let report = Options { flows: 3, seconds: 1.0, bw: "50Mbps".into(), rate_bps: 50_000_000 }.run();
        let line = report.to_json();
        let goodput: f64 = line.rsplit(':').next().unwrap_or_default().trim_end_matches('}').parse().unwrap();
        assert!((35.0..50.0).contains(&goodput), "{line}");
        assert!(report.hops > 3 * report.received / 1448, "each segment takes three hops: {line}");
    }

    #[test]
    fn the_line_has_the_fields_of_the_yardstick() {
        let line = Options { flows: 1, seconds: 0.1, bw: "1Mbps".into(), rate_bps: 1_000_000 }.run().to_json();
        let fields: Vec<&str> =
            line.split('"').skip(1).step_by(2).filter(|word| !["glassnet", "1Mbps"].contains(word)).collect();
        assert_eq!(fields, ["peer", "flows", "seconds", "bw", "hops", "wall_s", "hops_per_wall_s", "goodput_mbit_s"]);
    }
}
