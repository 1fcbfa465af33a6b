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

pub use config::{Buffer, Config, CongestionControl, Ecn, InterfaceConfig, Route};
pub use host::Host;
pub use node::Node;
pub use socket::{
    Agreed, BindError, Board, ConnId, Datagram, Keepalive, LinkId, LinkMessage, ListenerId, LossPhase, RawId, RawPacket, Rtt, SendError,
    SocketId, TcpError, TcpInfo, TcpOption, Totals, UdpId, Waiting,
};
pub use wake::{Wake, Why};
