//! One of our hosts and Linux:
//!
//! ```text
//!   namespace: 192.0.2.1 ── TAP ── switch ── cable with delay, loss, reordering ── host `ours`: 192.0.2.2
//! ```

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use base::{Cidr, Duration, Instant, Mac, NodeId, Port};
use glassnet_live::{Driver, Stop, Tap};
use net::Net;
use sim::rule::{Loss, Reorder};
use sim::{Cable, LinkId, Rule, World};
use stack::{Config, InterfaceConfig};

use crate::common::Namespace;
use crate::film::Film;

/// The virtual cable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Each way.
    pub(crate) delay: Duration,
    /// Of each frame, each way.
    pub(crate) loss: f64,
    /// Of each frame, each way: it comes later by `late`.
    pub(crate) reorder: f64,
    pub(crate) late: Duration,
}

impl Line {
    /// Nothing is lost and nothing overtaken.
    pub(crate) const fn clean(delay: Duration) -> Line {
        Line { delay, loss: 0.0, reorder: 0.0, late: Duration::ZERO }
    }
}

/// A world with one host, its open port and a namespace to plug it into.
pub(crate) struct Meeting {
    namespace: Namespace,
    world: World,
    ours: NodeId,
    cable: LinkId,
    port: Port,
    film: Film,
}

impl Meeting {
    pub(crate) fn new_or_skipped(test: &'static str, tools: &[&str], line: Line, config: Config) -> Option<Meeting> {
        let namespace = Namespace::new_or_skipped(test, tools)?;
        let (film, sink) = Film::new(test);
        let mut world = World::new(1, SystemTime::now(), sink);
        let ours = world.add_host("ours", config);
        world.add_interface(ours, InterfaceConfig::ethernet("eth0", Mac::local(2)));
        world.with_host(ours, |host| host.add_address(Port(0), Cidr::v4(OURS.octets(), 24)));
        let switch = world.add_switch("switch", 2);
        let cable = world.connect((ours, Port(0)), (switch, Port(0)), Cable::ethernet(0, line.delay));
        for way in [cable.forth(), cable.back()] {
            if line.loss > 0.0 {
                world.rule(way, Box::new(Loss(line.loss)));
            }
            if line.reorder > 0.0 {
                world.rule(way, Box::new(Reorder { p: line.reorder, by: line.late }));
            }
        }
        let port = world.open(switch, Port(1));
        Some(Meeting { namespace, world, ours, cable, port, film })
    }

    /// Puts a fault on each way of the cable.
    pub(crate) fn fault(&mut self, rule: impl Fn() -> Box<dyn Rule>) {
        for way in [self.cable.forth(), self.cable.back()] {
            self.world.rule(way, rule());
        }
    }

    /// Our host as its programs see it.
    pub(crate) fn net(&self) -> Net {
        self.world.net(self.ours)
    }

    /// Starts a program on our host.
    pub(crate) fn ours<F>(&mut self, program: impl FnOnce(Net) -> F)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let net = self.net();
        net.spawn(program(net.clone())).detach();
    }

    /// Lets real time pass while `linux` does its part on a thread inside the namespace.
    pub(crate) fn run<R: Send>(self, linux: impl FnOnce() -> R + Send) -> (R, Film) {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let Meeting { namespace, world, port, film, .. } = self;
        let tap = Tap::open(&namespace.interface()).expect("a fresh name");
        namespace.take_interface(&format!("{LINUX}/24"));
        let stop = Stop::new().expect("a pipe");
        let mut driver = Driver::new(world, vec![(port, tap)]);
        let result = std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                namespace.enter();
                let _at_the_end = Request(&stop);
                linux()
            });
            driver.run(Some(Instant::ZERO + LONGEST), &stop).expect("the interface stays");
            inside.join()
        });
        match result {
            Ok(result) => (result, film),
            Err(panic) => {
                // What Linux missed is seen in the capture, which a film writes when it is dropped by a panic.
                let _film = film;
                resume_unwind(panic)
            }
        }
    }
}

/// Ends the driver when the thread inside the namespace ends, in whatever way.
struct Request<'a>(&'a Stop);

impl Drop for Request<'_> {
    fn drop(&mut self) {
        self.0.request();
    }
}

/// A port of our host.
pub(crate) const fn ours(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(OURS), port)
}

pub(crate) const OURS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
pub(crate) const LINUX: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// No test takes longer.
const LONGEST: Duration = Duration::from_secs(55);
