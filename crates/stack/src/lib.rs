//! A complete TCP/IP host as a pure state machine: frames, time and socket calls go in; frames, deadlines and readiness
//! come out.

mod config;
mod host;
mod iface;
mod internet;
mod node;
mod socket;
mod transport;
mod wake;

pub use config::{Config, CongestionControl, InterfaceConfig, Route};
pub use host::Host;
pub use node::Node;
pub use socket::{BindError, ConnId, Datagram, ListenerId, RawId, RawPacket, SendError, SocketId, TcpError, UdpId};
pub use wake::{Wake, Why};
