//! A small town on one switch: a laptop without an address, a DHCP server, name servers from the root down, web servers.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared by several tests, each of which uses its part")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration as StdDuration, SystemTime, UNIX_EPOCH};

use base::event::{AppFact, Fact};
use base::{Cidr, Duration, Event, FrameSeen, Instant, Kind, Mac, Nic, NicInfo, NodeId, Port, Rng, Sink};
use glassnet_services::browser::{Options, Visit, visit};
use glassnet_services::dhcp::{Client, Handle, Pool, Server};
use glassnet_services::dns::{NameServer, Resolver, Zone};
use glassnet_services::http::{Reply, Site, WebServer};
use glassnet_services::tls::{Authority, ServerTls, Trust};
use net::Net;
use sha2::{Digest, Sha256};
use sim::{Cable, LinkId, World};
use stack::{Config, InterfaceConfig};

/// Everything that was seen.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Recording>>);

#[derive(Default)]
struct Recording {
    facts: Vec<(Instant, NodeId, AppFact)>,
    secrets: Vec<String>,
    frames: Sha256,
}

impl Sink for Seen {
    fn wants(&self, kind: Kind) -> bool {
        matches!(kind, Kind::App | Kind::Secret | Kind::Frame)
    }
    fn nic(&mut self, _: Nic, _: NicInfo) {}
    fn frame(&mut self, frame: FrameSeen<'_>) {
        let mut seen = self.0.lock().unwrap();
        seen.frames.update(frame.at.nanos().to_le_bytes());
        seen.frames.update(frame.bytes[0]);
        seen.frames.update(frame.bytes[1]);
    }
    fn event(&mut self, event: Event) {
        if let Fact::App(fact) = event.fact {
            self.0.lock().unwrap().facts.push((event.at, event.node, fact));
        }
    }
    fn secret(&mut self, _: Instant, line: &str) {
        self.0.lock().unwrap().secrets.push(line.to_owned());
    }
}

impl Seen {
    /// A node's facts, as `protocol step`, in order.
    pub fn steps(&self, node: NodeId) -> Vec<String> {
        self.facts(node).iter().map(|fact| format!("{} {}", fact.protocol, fact.step)).collect()
    }

    /// A node's facts in order.
    pub fn facts(&self, node: NodeId) -> Vec<AppFact> {
        let seen = self.0.lock().unwrap();
        seen.facts.iter().filter(|(_, at, _)| *at == node).map(|(_, _, fact)| fact.clone()).collect()
    }

    /// One number for all bytes and times of all frames.
    pub fn frames_hash(&self) -> String {
        self.0.lock().unwrap().frames.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key log.
    pub fn secrets(&self) -> Vec<String> {
        self.0.lock().unwrap().secrets.clone()
    }

    /// All facts as text, with their times.
    pub fn text(&self) -> String {
        let seen = self.0.lock().unwrap();
        seen.facts.iter().map(|(at, node, fact)| format!("{at} {node:?} {fact:?}\n")).collect()
    }
}

/// The town.
pub struct Town {
    pub world: World,
    pub seen: Seen,
    pub laptop: NodeId,
    pub resolver: NodeId,
    pub tld: NodeId,
    pub web: NodeId,
    pub laptop_cable: LinkId,
    pub trust: Trust,
    pub lease: Handle,
    switch: NodeId,
    ports: u16,
}

pub const ROOT: &str = "
@ 86400 IN SOA a.root. admin. 1 1800 900 604800 86400
@ 86400 IN NS a.root.
a.root. 86400 IN A 192.0.2.11
com. 86400 IN NS ns.com.
ns.com. 86400 IN A 192.0.2.12";
pub const COM: &str = "
@ 86400 IN SOA ns admin 1 1800 900 604800 900
@ 86400 IN NS ns
ns 86400 IN A 192.0.2.12
example 86400 IN NS ns.example
ns.example 86400 IN A 192.0.2.13
lame 86400 IN NS ns.example";
pub const EXAMPLE: &str = "
$TTL 300
@ IN SOA ns admin 1 1800 900 604800 60
@ IN NS ns
ns IN A 192.0.2.13
www IN CNAME web
web IN A 192.0.2.80
static IN A 192.0.2.81
expired IN A 192.0.2.80
wrong IN A 192.0.2.80
unknown IN A 192.0.2.80
down IN A 192.0.2.99
many IN A 192.0.2.80";

const PAGE: &str = "<!DOCTYPE html><html><head><title>Example</title><link rel=stylesheet href=/style.css>\
<script src=https://static.example.com/app.js></script></head><body><h1>Hello</h1>\
<p>A page with <a href=/more>more</a>.</p><img src=logo.svg alt=Logo></body></html>";

pub fn epoch() -> SystemTime {
    UNIX_EPOCH + StdDuration::from_secs(1_800_000_000)
}

impl Town {
    pub fn new(seed: u64) -> Town {
        Town::with_zone(seed, EXAMPLE)
    }

    pub fn with_zone(seed: u64, example: &str) -> Town {
        let seen = Seen::default();
        let mut world = World::new(seed, epoch(), Box::new(seen.clone()));
        let switch = world.add_switch("switch", 12);
        let laptop = world.add_host("laptop", Config::default());
        let mut town = Town {
            laptop,
            resolver: laptop,
            tld: laptop,
            web: laptop,
            laptop_cable: LinkId(0),
            trust: Trust::none(),
            lease: Client::new(Port(0)).1,
            world,
            seen,
            switch,
            ports: 0,
        };
        town.laptop_cable = town.plug(laptop, None);
        let home = town.host("home", 1);
        let [first, last] = [100, 110].map(|last| Ipv4Addr::new(192, 0, 2, last));
        let mut pool = Pool::new(Cidr::v4([192, 0, 2, 1], 24), first, last);
        pool.resolvers = vec![Ipv4Addr::new(192, 0, 2, 53)];
        town.start(home, move |net| Server::new(pool).run(net, Port(0)));
        town.resolver = town.host("resolver", 53);
        let resolver = Resolver::new([at(11)]);
        town.start(town.resolver, |net| resolver.run(net, socket(53, 53)));
        for (name, last, origin, text) in
            [("root", 11, ".", ROOT), ("tld", 12, "com", COM), ("authority", 13, "example.com", example)]
        {
            let node = town.host(name, last);
            let zone = Zone::parse(origin, text).unwrap();
            town.start(node, move |net| NameServer::new([zone]).run(net, socket(last, 53)));
            if name == "tld" {
                town.tld = node;
            }
        }
        town.serve(seed);
        let (client, handle) = Client::new(Port(0));
        town.lease = handle;
        let net = town.net(laptop);
        town.world.spawn(laptop, async move { client.run(net).await.unwrap() }).detach();
        town
    }

    fn serve(&mut self, seed: u64) {
        let authority = Authority::new("Glassnet", &Rng::root(seed), epoch());
        let stranger = Authority::new("Stranger", &Rng::root(seed), epoch());
        self.trust = Trust::in_authority(&authority);
        let web = self.host("web", 80);
        self.web = web;
        let www = Site::new("www.example.com")
            .page("/", Reply::html(PAGE))
            .page("/style.css", Reply::new("text/css", "body { background: url(/back.png) }"))
            .page("/back.png", Reply::new("image/png", vec![7; 5000]))
            .page("/logo.svg", Reply::new("image/svg+xml", "<svg/>"))
            .page("/big", Reply::pattern(3_000_000))
            .page("/busy", Reply::status(503))
            .page("/loop", Reply::redirect(302, "/loop"))
            .page("/away", Reply::redirect(302, "gopher://example.com/"))
            .page("/close", Reply::html("bye").header("connection", "close"));
        let moved = Site::moved_to("www.example.com", "https://www.example.com");
        let plain = Site::new("web.example.com").page("/", Reply::html("<title>Plain</title><p>plain"));
        self.start(web, |net| WebServer::new([moved, plain]).run(net, socket(80, 80)));
        let identities = vec![
            authority.issue(&["www.example.com", "192.0.2.80"]).unwrap(),
            authority.issue_expired(&["expired.example.com"]).unwrap(),
            stranger.issue(&["unknown.example.com"]).unwrap(),
        ];
        let tls = ServerTls::new(&self.net(web), identities);
        self.start(web, |net| WebServer::new([www]).secure(tls).run(net, socket(80, 443)));
        let other = self.host("static", 81);
        let site = Site::new("static.example.com").page("/app.js", Reply::new("text/javascript", "1"));
        let tls = ServerTls::new(&self.net(other), vec![authority.issue(&["static.example.com"]).unwrap()]);
        self.start(other, |net| WebServer::new([site]).secure(tls).run(net, socket(81, 443)));
    }

    /// A host with the address 192.0.2.`last`.
    pub fn host(&mut self, name: &str, last: u8) -> NodeId {
        let node = self.world.add_host(name, Config::default());
        self.plug(node, Some(last));
        node
    }

    fn plug(&mut self, node: NodeId, last: Option<u8>) -> LinkId {
        let mac = Mac::local(u32::from(last.unwrap_or(200)));
        let port = self.world.add_interface(node, InterfaceConfig::ethernet("eth0", mac));
        if let Some(last) = last {
            self.world.with_host(node, |host| host.add_address(port, Cidr::v4([192, 0, 2, last], 24)));
        }
        self.ports += 1;
        let cable = Cable::ethernet(100_000_000, Duration::from_millis(2));
        self.world.connect((node, port), (self.switch, Port(self.ports - 1)), cable)
    }

    pub fn net(&self, node: NodeId) -> Net {
        self.world.net(node)
    }

    /// Starts a server.
    pub fn start<F, T, E>(&mut self, node: NodeId, program: impl FnOnce(Net) -> F)
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: std::fmt::Debug + Send + 'static,
    {
        let run = program(self.net(node));
        self.world.spawn(node, async move { run.await.map(|_| ()).unwrap() }).detach();
    }

    /// Runs a program on the laptop, once it has its lease, to its end.
    pub fn on_laptop<F, T>(&mut self, program: impl FnOnce(Net) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (net, mut lease) = (self.net(self.laptop), self.lease.clone());
        let result = Arc::new(Mutex::new(None));
        let done = result.clone();
        let task = async move {
            lease.bound().await;
            let value = program(net).await;
            *done.lock().unwrap() = Some(value);
        };
        self.world.spawn(self.laptop, task).detach();
        let limit = self.world.now() + Duration::from_secs(3_000);
        loop {
            if let Some(value) = result.lock().unwrap().take() {
                return value;
            }
            assert!(self.world.now() < limit && self.world.step(), "the program never ended:\n{}", self.seen.text());
        }
    }

    /// Visits a URL from the laptop.
    pub fn visit(&mut self, url: &str) -> Visit {
        let (url, trust) = (url.to_owned(), self.trust.clone());
        self.on_laptop(move |net| async move { visit(&net, &url, &trust, &Options::default()).await })
    }
}

pub fn at(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

pub fn socket(last: u8, port: u16) -> SocketAddr {
    SocketAddr::new(at(last), port)
}
