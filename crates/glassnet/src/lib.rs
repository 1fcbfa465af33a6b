//! Glassnet for other people's tests: real TCP, DNS and TLS with loss, reordering and partitions, in virtual time, with a
//! seed that replays and a capture that explains.
//!
//! ```
//! use glassnet::prelude::*;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! /// Two hosts, a cable that loses 1 % of the frames, a program on each: an echo. Gives what both interfaces saw.
//! fn echo(seed: u64) -> Vec<(String, Vec<u8>)> {
//!     let (recorder, sink) = Recorder::new(Wants::ALL);
//!     let epoch = std::time::SystemTime::UNIX_EPOCH;
//!     let mut world = World::new(seed, epoch, sink);
//!     let [a, b] = ["client", "server"].map(|name| world.add_host(name, Config::default()));
//!     for (n, host) in [(1, a), (2, b)] {
//!         let port = world.add_interface(host, InterfaceConfig::ethernet("eth0", Mac::local(n.into())));
//!         world.with_host(host, |host| host.add_address(port, Cidr::v4([192, 0, 2, n], 24)));
//!     }
//!     let link = world.connect((a, Port(0)), (b, Port(0)), Cable::ethernet(10_000_000, Duration::from_millis(5)));
//!     world.rule(link, Box::new(rule::Loss(0.01)));
//!
//!     // Programs are ordinary async Rust over streams that read and write as tokio's do.
//!     let (client, server) = (world.net(a), world.net(b));
//!     world.spawn(b, async move {
//!         let listener = server.tcp_listen("0.0.0.0:7".parse().unwrap()).unwrap();
//!         let (stream, _) = listener.accept().await;
//!         let (mut from, mut to) = tokio::io::split(stream);
//!         tokio::io::copy(&mut from, &mut to).await.unwrap();
//!     }).detach();
//!     let echoed = world.spawn(a, async move {
//!         let mut stream = client.tcp_connect("192.0.2.2:7".parse().unwrap()).await.unwrap();
//!         let (said, mut heard) = (vec![42; 100_000], vec![0; 100_000]);
//!         stream.write_all(&said).await.unwrap();
//!         stream.read_exact(&mut heard).await.unwrap();
//!         assert_eq!(said, heard);
//!     });
//!     world.run_until(Instant::ZERO + Duration::from_secs(60)); // virtual seconds
//!     assert!(echoed.is_finished());
//!
//!     let recording = recorder.take();
//!     println!("{}", Ladder::of(&recording)); // every segment, every loss, every retransmission
//!     pcapng::of_all(&recording, epoch).collect()
//! }
//!
//! assert!(echo(7) == echo(7), "one seed, one run, to the byte");
//! assert!(echo(7) != echo(8), "another seed, another run");
//! ```

#![forbid(unsafe_code)]

/// What nearly every test needs.
pub mod prelude {
    pub use base::{Blind, Cidr, Duration, Instant, Mac, NodeId, Port};
    pub use lab::scenario::{Do, Expect, NodeSpec, Scenario};
    pub use lab::{Outcome, Program};
    pub use net::Net;
    pub use scope::{Ladder, Recorder, Recording, Story, Wants, Waterfall, pcapng};
    pub use sim::{Cable, LinkId, World, rule};
    pub use stack::{Config, InterfaceConfig, Route};
}

pub use base;
pub use lab;
pub use net;
pub use scope;
pub use services;
pub use sim;
pub use stack;
pub use wire;
