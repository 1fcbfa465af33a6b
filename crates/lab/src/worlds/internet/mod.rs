//! A small internet: a home, an access line, two core routers, the domain name system and web servers.
//!
//! ```text
//!   laptop ─┐                               resolver           root
//!           ├ home-switch ─ home-router ═══ access ═══ core-1 ═══╧═══ core-2 ─┬─ tld
//!   (port) ─┘    192.0.2.0/24      (line)      │          │                   ├─ ns-example
//!                                              │          │                   └─ web-switch ─ web-1, web-2, web-3
//! ```
//! All addresses are from the ranges for documentation (RFC 5737). There is no address translation: the home network's
//! addresses are known to the whole world.

mod sites;
pub mod zones;

use base::{Cidr, Duration};
use sim::Cable;

use crate::program::{Certificate, DhcpServer, NameServer, Resolver, Web};
use crate::scenario::{Do, NodeSpec, Scenario};

/// The switch port that stays open for a real interface.
pub const OPEN_PORT: (&str, &str) = ("home-switch", "port2");
/// The name of the access line, whose quality decides how the world feels.
pub const ACCESS: &str = "access-line";
/// The node a person sits at.
pub const LAPTOP: &str = "laptop";

/// The embedded world. The laptop has no address and runs nothing yet.
pub fn internet() -> Scenario {
    let scenario = Scenario::new("internet");
    let scenario = home(scenario);
    let scenario = core(scenario);
    let scenario = names(scenario);
    web(scenario).at(Duration::ZERO, Do::Crash { node: "web-3".into() })
}

fn home(scenario: Scenario) -> Scenario {
    scenario
        .node(NodeSpec::host(LAPTOP).ethernet("eth0", &[]))
        .node(NodeSpec::switch("home-switch", 4))
        .node(
            NodeSpec::router("home-router")
                .ethernet("lan", &[HOME_ROUTER])
                .line("wan", &[Cidr::v4([198, 51, 100, 2], 30)])
                .route(Cidr::ANY_V4, [198, 51, 100, 1])
                .run(DhcpServer {
                    interface: Some("lan".into()),
                    resolvers: Some(vec![RESOLVER.into()]),
                    ..DhcpServer::default()
                }),
        )
        .link("laptop-cable", "laptop:eth0", "home-switch:port0", HOME_CABLE)
        .link("router-cable", "home-router:lan", "home-switch:port1", HOME_CABLE)
        // 40 Mbit/s up, 250 Mbit/s down.
        .asymmetric_link(
            ACCESS,
            "home-router:wan",
            "access:home",
            Cable::new(40_000_000, Duration::from_millis(5)),
            Cable::new(250_000_000, Duration::from_millis(5)),
        )
}

fn core(scenario: Scenario) -> Scenario {
    let net = Cidr::v4;
    scenario
        .node(
            NodeSpec::router("access")
                .line("home", &[net([198, 51, 100, 1], 30)])
                .line("core", &[net([198, 51, 100, 5], 30)])
                .ethernet("lan", &[net([198, 51, 100, 49], 28)])
                .route(net([192, 0, 2, 0], 24), [198, 51, 100, 2])
                .route(Cidr::ANY_V4, [198, 51, 100, 6]),
        )
        .node(
            NodeSpec::router("core-1")
                .line("access", &[net([198, 51, 100, 6], 30)])
                .line("core", &[net([198, 51, 100, 9], 30)])
                .ethernet("lan", &[net([198, 51, 100, 65], 28)])
                .route(net([192, 0, 2, 0], 24), [198, 51, 100, 5])
                .route(net([198, 51, 100, 0], 30), [198, 51, 100, 5])
                .route(net([198, 51, 100, 48], 28), [198, 51, 100, 5])
                .route(net([203, 0, 113, 0], 24), [198, 51, 100, 10]),
        )
        .node(
            NodeSpec::router("core-2")
                .line("core", &[net([198, 51, 100, 10], 30)])
                .ethernet("tld", &[net([203, 0, 113, 17], 28)])
                .ethernet("names", &[net([203, 0, 113, 33], 28)])
                .ethernet("web", &[net([203, 0, 113, 65], 26)])
                .route(Cidr::ANY_V4, [198, 51, 100, 9]),
        )
        .link("access-core", "access:core", "core-1:access", Cable::new(10_000_000_000, Duration::from_millis(3)))
        .link("core", "core-1:core", "core-2:core", Cable::new(100_000_000_000, Duration::from_millis(9)))
}

fn names(scenario: Scenario) -> Scenario {
    let host = |name: &str, address: [u8; 4], router: [u8; 4]| {
        NodeSpec::host(name).ethernet("eth0", &[Cidr::v4(address, 28)]).route(Cidr::ANY_V4, router)
    };
    scenario
        .node(host("resolver", RESOLVER, [198, 51, 100, 49]).run(Resolver::new(&[ROOT.into()])))
        .node(host("root", ROOT, [198, 51, 100, 65]).run(NameServer::new(&[(".", zones::ROOT)])))
        .node(host("tld", TLD, [203, 0, 113, 17]).run(NameServer::new(&[("com.", zones::COM), ("net.", zones::NET)])))
        .node(
            host("ns-example", NS_EXAMPLE, [203, 0, 113, 33])
                .run(NameServer::new(&[("example.com.", zones::EXAMPLE_COM), ("example.net.", zones::EXAMPLE_NET)])),
        )
        .link("resolver-cable", "resolver:eth0", "access:lan", SERVER_CABLE)
        .link("root-cable", "root:eth0", "core-1:lan", SERVER_CABLE)
        .link("tld-cable", "tld:eth0", "core-2:tld", SERVER_CABLE)
        .link("ns-example-cable", "ns-example:eth0", "core-2:names", SERVER_CABLE)
}

fn web(scenario: Scenario) -> Scenario {
    let host = |name: &str, last: u8| {
        let address = Cidr::v4([203, 0, 113, last], 26);
        NodeSpec::host(name).ethernet("eth0", &[address]).route(Cidr::ANY_V4, [203, 0, 113, 65])
    };
    scenario
        .node(NodeSpec::switch("web-switch", 4))
        .node(host("web-1", 80).run(Web {
            clear: sites::clear(),
            secure: sites::example_com(),
            certificates: vec![Certificate::valid(&["www.example.com", "example.com", "busy.example.com"])],
        }))
        .node(host("web-2", 81).run(Web {
            clear: Vec::new(),
            secure: sites::example_net(),
            // Who asks for wrong-name.example.com is shown the first: a certificate for another name.
            certificates: vec![
                Certificate::valid(&["static.example.net"]),
                Certificate::expired(&["expired.example.com"]),
                Certificate::unknown_authority(&["unknown-ca.example.com"]),
            ],
        }))
        .node(host("web-3", 82))
        .link("core-web", "core-2:web", "web-switch:port0", SERVER_CABLE)
        .link("web-1-cable", "web-1:eth0", "web-switch:port1", SERVER_CABLE)
        .link("web-2-cable", "web-2:eth0", "web-switch:port2", SERVER_CABLE)
        .link("web-3-cable", "web-3:eth0", "web-switch:port3", SERVER_CABLE)
}

const HOME_ROUTER: Cidr = Cidr::v4([192, 0, 2, 1], 24);
const RESOLVER: [u8; 4] = [198, 51, 100, 53];
const ROOT: [u8; 4] = [198, 51, 100, 70];
const TLD: [u8; 4] = [203, 0, 113, 20];
const NS_EXAMPLE: [u8; 4] = [203, 0, 113, 40];
const HOME_CABLE: Cable = Cable::ethernet(1_000_000_000, Duration::from_micros(1));
const SERVER_CABLE: Cable = Cable::ethernet(1_000_000_000, Duration::from_micros(50));
