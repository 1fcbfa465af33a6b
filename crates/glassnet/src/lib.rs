//! Glassnet for other people's tests: real TCP, DNS and TLS with loss, reordering and partitions, in virtual time, with a
//! seed that replays and a capture that explains.
//!
//! ```
//! use glassnet::prelude::*;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! // Two hosts and a cable that loses 1 % of the frames.
//! let mut world = World::new(7, std::time::SystemTime::UNIX_EPOCH, Box::new(Blind));
//! let hosts = ["client", "server"].map(|name| world.add_host(name, Config::default()));
//! for (n, host) in hosts.into_iter().enumerate() {
//!     let port = world.add_interface(host, InterfaceConfig::ethernet("eth0", Mac::local(n as u32)));
//!     world.with_host(host, |host| host.add_address(port, Cidr::v4([192, 0, 2, 1 + n as u8], 24)));
//! }
//! let cable = Cable::ethernet(10_000_000, Duration::from_millis(5));
//! let link = world.connect((hosts[0], Port(0)), (hosts[1], Port(0)), cable);
//! world.rule(link, Box::new(rule::Loss(0.01)));
//!
//! // Programs are ordinary async Rust.
//! let server = world.net(hosts[1]);
//! world.spawn(hosts[1], async move {
//!     let listener = server.tcp_listen(([0, 0, 0, 0], 7).into()).unwrap();
//!     let (mut stream, _) = listener.accept().await;
//!     let mut text = [0; 5];
//!     stream.read_exact(&mut text).await.unwrap();
//!     stream.write_all(&text).await.unwrap();
//! }).detach();
//! let client = world.net(hosts[0]);
//! let echo = world.spawn(hosts[0], async move {
//!     let mut stream = client.tcp_connect(([192, 0, 2, 2], 7).into()).await.unwrap();
//!     stream.write_all(b"hello").await.unwrap();
//!     let mut text = [0; 5];
//!     stream.read_exact(&mut text).await.unwrap();
//!     assert_eq!(&text, b"hello");
//! });
//! world.run_until(Instant::ZERO + Duration::from_secs(10));
//! assert!(echo.is_finished());
//! ```

#![forbid(unsafe_code)]

/// What nearly every test needs.
pub mod prelude {
    pub use base::{Blind, Cidr, Duration, Instant, Mac, NodeId, Port};
    pub use lab::scenario::{Do, Expect, NodeSpec, Scenario};
    pub use lab::{Outcome, Program};
    pub use net::Net;
    pub use scope::{Ladder, Recorder, Recording, Story, Wants, Waterfall};
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
