//! TCP (RFC 9293): the tour, and the table of connections.
//!
//! | step of RFC 9293, 3.10.7 | room |
//! |---|---|
//! | which connection? | `demux`, `listener` |
//! | the text that everybody expects, in short | `predict` |
//! | the SYN exchange | `handshake`, `isn`, `cookie` |
//! | first: sequence number, timestamp | `receiver` (`check_sequence`, `check_timestamp`) |
//! | second, fourth: RST, SYN | `connection` |
//! | fifth: ACK | `sender` with `loss/`, `congestion/`, `rtt`, `rate`, `window`, `send_buffer` |
//! | what goes next, and when | `plan`, `clock`; of all connections: `timers` |
//! | seventh: text | `receiver`, `reassembly`, `tuner`, `ack` |
//! | the program's calls | `sockets` (of the table), `program` (of one connection), `settings` |
//! | eighth: FIN | `receiver`, `teardown`; the state's name: `state` |

mod ack;
mod clock;
mod congestion;
mod connection;
mod cookie;
pub(crate) mod cx;
mod demux;
mod handshake;
mod info;
mod isn;
mod keepalive;
mod listener;
mod loss;
mod metrics;
mod plan;
mod predict;
mod program;
mod rate;
mod reassembly;
mod receiver;
mod rtt;
mod segment;
mod send_buffer;
mod sender;
mod settings;
mod sockets;
mod state;
mod table;
mod teardown;
mod timers;
mod tuner;
mod window;

pub(crate) use predict::Predicted;
pub(crate) use segment::Segment;
pub(crate) use table::{Tcp, Transmit};
