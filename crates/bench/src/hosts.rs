//! A world of many hosts, each with one connection: how much memory a host takes, and how long it is in the making.
//!
//! ```text
//!   host ──┐                                    ┌── host
//!   host ──┼── edge router ── core ── edge router ──┼── host      100 hosts on an edge router, on a /16 of its own
//!   host ──┘                                    └── host
//! ```
//! Host k of the first half connects to host k of the second, says something, is answered, and both stay connected.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant as Wall, SystemTime};

use base::{Blind, Cidr, Duration, Instant, NodeId, Port};
use lexopt::prelude::*;
use net::Net;
use sim::{Cable, World};
use stack::{Config, InterfaceConfig, Route, TcpError};

use crate::rss;

/// What is to be measured.
pub(crate) struct Options {
    hosts: u32,
}

/// What was measured.
pub(crate) struct Report {
    hosts: u32,
    connections: usize,
    build_s: f64,
    run_s: f64,
    hops: u64,
    peak: u64,
}

impl Options {
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut o = Options { hosts: 10_000 };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("hosts") => o.hosts = arguments.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        match o.hosts {
            2..=MOST_HOSTS => Ok(o),
            _ => Err(format!("--hosts takes 2 to {MOST_HOSTS}").into()),
        }
    }

    pub(crate) fn run(self) -> Result<Report, String> {
        let wall = Wall::now();
        let mut world = World::new(1, SystemTime::UNIX_EPOCH, Box::new(Blind));
        let hosts = build(&mut world, self.hosts);
        let answered = Arc::new(AtomicUsize::new(0));
        let (first, second) = hosts.split_at(hosts.len() / 2);
        for (k, (client, server)) in first.iter().zip(second).enumerate() {
            let at = SocketAddr::new(address((first.len() + k) as u32).into(), 80);
            let (client_net, server_net) = (world.net(*client), world.net(*server));
            world.spawn(*server, answer(server_net, at)).detach();
            let start = Duration::from_millis(1 + k as u64 % 1000);
            world.spawn(*client, ask(client_net, at, start, answered.clone())).detach();
        }
        let build_s = wall.elapsed().as_secs_f64();
        let wall = Wall::now();
        world.run_until(Instant::ZERO + Duration::from_secs(3));
        let (run_s, hops) = (wall.elapsed().as_secs_f64(), world.stats().frames);
        let connections = answered.load(Ordering::Relaxed);
        Ok(Report { hosts: self.hosts, connections, build_s, run_s, hops, peak: rss::peak()? })
    }
}

impl Report {
    pub(crate) fn to_json(&self) -> String {
        format!(
            "{{\"peer\":\"glassnet\",\"hosts\":{},\"connections\":{},\"build_s\":{:.2},\"run_s\":{:.2},\"hops\":{},\
             \"hops_per_wall_s\":{:.0},\"peak_mib\":{:.0},\"bytes_per_host\":{:.0}}}",
            self.hosts,
            self.connections,
            self.build_s,
            self.run_s,
            self.hops,
            self.hops as f64 / self.run_s,
            self.peak as f64 / f64::from(1 << 20),
            self.peak as f64 / f64::from(self.hosts)
        )
    }
}

/// The hosts, in order, behind their routers.
fn build(world: &mut World, count: u32) -> Vec<NodeId> {
    let routing = Config { forwarding: true, ..Config::default() };
    let line = Cable::new(1_000_000_000, Duration::from_millis(1));
    let core = world.add_host("core", routing.clone());
    let mut hosts = Vec::with_capacity(count as usize);
    for edge in 0..count.div_ceil(PER_EDGE) {
        let router = world.add_host(&format!("router {edge}"), routing.clone());
        let (up, down) = (interface(world, router), interface(world, core));
        world.connect((router, up), (core, down), line);
        let network = Cidr::new(address(edge * PER_EDGE).into(), 16).network();
        world.with_host(core, |host| host.add_route(Route { to: network, via: None, port: down }));
        world.with_host(router, |host| host.add_route(Route { to: Cidr::ANY_V4, via: None, port: up }));
        for k in edge * PER_EDGE..count.min((edge + 1) * PER_EDGE) {
            let node = world.add_host(&format!("host {k}"), Config::default());
            let (inner, outer) = (interface(world, node), interface(world, router));
            world.connect((node, inner), (router, outer), line);
            let own: IpAddr = address(k).into();
            world.with_host(node, |host| {
                host.add_address(inner, Cidr::new(own, 32));
                host.add_route(Route { to: Cidr::ANY_V4, via: None, port: inner });
            });
            world.with_host(router, |host| host.add_route(Route { to: Cidr::new(own, 32), via: None, port: outer }));
            hosts.push(node);
        }
    }
    hosts
}

async fn ask(net: Net, to: SocketAddr, start: Duration, answered: Arc<AtomicUsize>) -> Result<(), TcpError> {
    net.sleep(start).await;
    let stream = net.tcp_connect(to).await?;
    stream.send(b"are you there?").await?;
    if !stream.recv(100).await?.is_empty() {
        answered.fetch_add(1, Ordering::Relaxed);
    }
    // Waits for an end that never comes: the connection stays.
    stream.recv(100).await.map(drop)
}

async fn answer(net: Net, at: SocketAddr) -> Result<(), TcpError> {
    let listener = net.tcp_listen(at).expect("the port is free");
    let (stream, _) = listener.accept().await;
    stream.recv(100).await?;
    stream.send(b"yes").await?;
    stream.recv(100).await.map(drop)
}

fn interface(world: &mut World, node: NodeId) -> Port {
    world.add_interface(node, InterfaceConfig::point_to_point("ppp"))
}

/// 10.edge.0.1 and up; from the 256th edge on 11.x, 12.x.
fn address(host: u32) -> Ipv4Addr {
    let (edge, within) = (host / PER_EDGE, host % PER_EDGE);
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 1).to_bits() + (edge << 16) + within)
}

/// Hosts on one edge router.
const PER_EDGE: u32 = 100;
const MOST_HOSTS: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_its_connection() {
        let report = Options { hosts: 250 }.run().unwrap();
        assert_eq!(report.connections, 125, "{}", report.to_json());
    }
}
