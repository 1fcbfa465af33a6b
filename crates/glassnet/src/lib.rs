//! Glassnet for other people's tests: real TCP, DNS and TLS with loss, reordering and partitions, in virtual time, with a
//! seed that replays and a capture that explains.
//!
//! A world is a [`Scenario`](prelude::Scenario), built here or read from a file; one's own async code is a program of a
//! host. A run gives an [`Outcome`](prelude::Outcome), and [`Outcome::assert`](prelude::Outcome::assert) fails a test with
//! the ladder of what happened, the place of the captures, and the command that repeats it.
//!
//! ```
//! use glassnet::prelude::*;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! /// Two hosts and an echo between them, over a cable that loses 1 % of the frames.
//! fn echo() -> Lab {
//!     // Programs are ordinary async Rust over streams that read and write as tokio's do.
//!     let server = service("echo", |net, _| async move {
//!         let (stream, _) = net.tcp_listen("0.0.0.0:7".parse()?)?.accept().await;
//!         let (mut from, mut to) = tokio::io::split(stream);
//!         tokio::io::copy(&mut from, &mut to).await?;
//!         Ok(())
//!     });
//!     let client = program("shouter", |net, names| async move {
//!         let mut stream = net.tcp_connect(names.resolve("server", 7)?).await?;
//!         let (said, mut heard) = (vec![42; 100_000], vec![0; 100_000]);
//!         stream.write_all(&said).await?;
//!         stream.read_exact(&mut heard).await?;
//!         if said == heard { Ok(()) } else { Err("the echo is another one".into()) }
//!     });
//!     let scenario = Scenario::new("echo")
//!         .node(NodeSpec::host("client").run(client))
//!         .node(NodeSpec::host("server").run(server))
//!         .join("client", "server", Cable::ethernet(10_000_000, Duration::from_millis(5)))
//!         .at(Duration::ZERO, Do::lose("client-server", 0.01))
//!         .expect(expect("count(drops) > 0 and last(states[node == 'client']).to != 'CLOSED'"));
//!     Lab::new(scenario.addressed())
//! }
//!
//! let outcome = echo().run(seed(7)).unwrap();
//! outcome.assert();
//!
//! // One seed, one run, to the byte; another seed, another run.
//! let frames = |seed| -> Vec<_> { pcapng::of_all(&echo().run(seed).unwrap().recording, outcome.epoch).collect() };
//! assert!(frames(7) == frames(7) && frames(7) != frames(8));
//! ```

#![forbid(unsafe_code)]

/// What nearly every test needs.
pub mod prelude {
    pub use base::event::AppFact;
    pub use base::{Blind, Cidr, Duration, Instant, Mac, NodeId, Port};
    pub use lab::expect::{Expectation, expect};
    pub use lab::scenario::{Do, NodeSpec, Scenario};
    pub use lab::{Lab, Names, Outcome, Program, program, seed, service};
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
