//! What one connection, or all of a listener, were told: the host's `Config`, and what the program changed of it.

use base::Duration;

use crate::config::{Buffer, Config, CongestionControl};
use crate::socket::{Keepalive, TcpOption};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) nagle: bool,
    pub(crate) cork: bool,
    pub(crate) congestion: CongestionControl,
    /// The program's own limit of a segment's text, both ways.
    pub(crate) max_segment: Option<u16>,
    pub(crate) keepalive: Option<Keepalive>,
    pub(crate) user_timeout: Option<Duration>,
    pub(crate) send_buffer: Buffer,
    pub(crate) receive_buffer: Buffer,
    /// The program chose the send buffer's size, and may fill all of it.
    pub(crate) fills_send_buffer: bool,
    //= rfc9293#3.9.1.9 MUST-48
    /// The Diffserv field, its two lowest bits clear.
    pub(crate) traffic_class: u8,
    /// Bytes that may wait in front of the first one that was never sent.
    pub(crate) not_sent: Option<usize>,
}

impl Settings {
    pub(crate) fn new(config: &Config) -> Self {
        Settings {
            nagle: config.nagle,
            cork: false,
            congestion: config.congestion,
            max_segment: None,
            keepalive: config.keepalive,
            user_timeout: config.user_timeout,
            send_buffer: config.send_buffer,
            receive_buffer: config.receive_buffer,
            fills_send_buffer: false,
            traffic_class: 0,
            not_sent: None,
        }
    }

    pub(crate) fn set(&mut self, option: TcpOption) {
        match option {
            TcpOption::Nagle(on) => self.nagle = on,
            TcpOption::Cork(on) => self.cork = on,
            TcpOption::QuickAck => {}
            TcpOption::Keepalive(keepalive) => self.keepalive = keepalive,
            TcpOption::UserTimeout(timeout) => self.user_timeout = timeout,
            TcpOption::Congestion(congestion) => self.congestion = congestion,
            TcpOption::MaxSegment(mss) => self.max_segment = Some(mss.max(LEAST_SEGMENT)),
            TcpOption::SendBuffer(bytes) => {
                self.send_buffer = Buffer::fixed(bytes.max(LEAST_BUFFER));
                self.fills_send_buffer = true;
            }
            TcpOption::ReceiveBuffer(bytes) => self.receive_buffer = Buffer::fixed(bytes.max(LEAST_BUFFER)),
            //= rfc9293#3.9.1.9 SHLD-21
            TcpOption::TrafficClass(class) => self.traffic_class = class & !3,
            TcpOption::NotSentLimit(limit) => self.not_sent = limit,
        }
    }
}

/// Below this a segment is hardly more than its headers.
const LEAST_SEGMENT: u16 = 28;
const LEAST_BUFFER: usize = 256;
