//! What a program on a Glassnet host sees: sockets, time, randomness, and the executor that runs it.
//!
//! A program is an ordinary `async` function with a [`Net`]: the handle of the host on which it runs. Streams implement
//! tokio's `AsyncRead` and `AsyncWrite`, so that runtime-agnostic libraries run unchanged in virtual time. All handles
//! are `Send + Sync + 'static` and work from any executor or thread; only the free [`current`], [`now`], [`sleep`],
//! [`timeout`] and [`spawn`] need to be called by a task of a [`Runtime`].
//!
//! The other side is the driver's: a [`Runtime`] polls the programs of all hosts of a world, a [`Machine`] gives the driver
//! the host itself. Three rules keep them apart: a host's lock is never held while a program is polled or a waker is
//! called; a program's call marks its host as touched; whatever a program records waits for [`Runtime::drain`].

#![forbid(unsafe_code)]

mod facts;
mod link;
mod machine;
mod net;
mod random;
mod raw;
mod runtime;
mod sleep;
mod task;
mod tcp;
mod timers;
mod udp;

pub use link::{LinkSocket, LinkStream};
pub use machine::Machine;
pub use net::{Interface, Net};
pub use random::Random;
pub use raw::RawSocket;
pub use runtime::Runtime;
pub use sleep::{Elapsed, Sleep, Timeout, now, sleep, timeout};
pub use task::{Task, current, spawn, try_current};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;

pub use stack::{BindError, Datagram, Keepalive, LinkMessage, RawPacket, Route, SendError, TcpError, TcpInfo, TcpOption};
