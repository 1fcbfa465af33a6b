//! Segments written by hand.

use base::{PacketId, SeqNum};
use bytes::Bytes;
use std::net::SocketAddr;
use wire::ip::Protocol;
use wire::tcp::{Flags, Header};
use wire::{PacketBuf, ipv4, ipv6};

/// A TCP segment under construction.
#[derive(Clone, Debug)]
pub struct Seg {
    /// Its header.
    pub header: Header,
    text: Bytes,
    /// The last two bits of the IP header's traffic class (RFC 3168).
    ecn: u8,
}

/// A segment without flags, numbers and text.
pub fn seg() -> Seg {
    Seg { header: Header { window: 0xffff, ..Header::default() }, text: Bytes::new(), ecn: 0 }
}

impl Seg {
    /// From and to these ports.
    pub fn ports(mut self, src: u16, dst: u16) -> Seg {
        (self.header.src_port, self.header.dst_port) = (src, dst);
        self
    }

    fn flag(mut self, flag: Flags) -> Seg {
        self.header.flags |= flag;
        self
    }

    /// Sets SYN.
    pub fn syn(self) -> Seg {
        self.flag(Flags::SYN)
    }

    /// Sets FIN.
    pub fn fin(self) -> Seg {
        self.flag(Flags::FIN)
    }

    /// Sets RST.
    pub fn rst(self) -> Seg {
        self.flag(Flags::RST)
    }

    /// Sets ECE (RFC 3168).
    pub fn ece(self) -> Seg {
        self.flag(Flags::ECE)
    }

    /// Sets CWR (RFC 3168).
    pub fn cwr(self) -> Seg {
        self.flag(Flags::CWR)
    }

    /// A router on the way has marked its packet: congestion (RFC 3168).
    pub fn marked(mut self) -> Seg {
        self.ecn = 3;
        self
    }

    /// Takes the ACK flag away.
    pub fn no_ack(mut self) -> Seg {
        self.header.flags = self.header.flags.without(Flags::ACK);
        self
    }

    /// Its sequence number.
    pub fn seq(mut self, seq: SeqNum) -> Seg {
        self.header.seq = seq;
        self
    }

    /// Acknowledges everything before `ack`.
    pub fn ack(mut self, ack: SeqNum) -> Seg {
        self.header.ack = ack;
        self.flag(Flags::ACK)
    }

    /// Offers a window, as on the wire.
    pub fn window(mut self, window: u16) -> Seg {
        self.header.window = window;
        self
    }

    /// Offers an MSS.
    pub fn mss(mut self, mss: u16) -> Seg {
        self.header.options.mss = Some(mss);
        self
    }

    /// Offers a window scale.
    pub fn scale(mut self, shift: u8) -> Seg {
        self.header.options.window_scale = Some(shift);
        self
    }

    /// Offers SACK.
    pub fn sack_permitted(mut self) -> Seg {
        self.header.options.sack_permitted = true;
        self
    }

    /// Reports a block.
    pub fn sack(mut self, from: SeqNum, to: SeqNum) -> Seg {
        self.header.options.sack.push(from, to);
        self
    }

    /// Carries timestamps.
    pub fn ts(mut self, value: u32, echo: u32) -> Seg {
        self.header.options.timestamps = Some((value, echo));
        self
    }

    /// Carries text.
    pub fn text(mut self, text: &[u8]) -> Seg {
        self.text = Bytes::copy_from_slice(text);
        self
    }

    /// The IP packet that carries it.
    pub fn packet(&self, id: PacketId, src: SocketAddr, dst: SocketAddr) -> PacketBuf {
        let mut packet = PacketBuf::new(id, self.text.clone());
        self.header.push(&mut packet, src.ip(), dst.ip());
        match (src, dst) {
            (SocketAddr::V4(src), SocketAddr::V4(dst)) => {
                let (src, dst, protocol) = (*src.ip(), *dst.ip(), Protocol::TCP);
                let dscp_ecn = self.ecn;
                ipv4::Header { src, dst, protocol, ttl: 64, dont_fragment: true, dscp_ecn, ..Default::default() }
                    .push(&mut packet);
            }
            (SocketAddr::V6(src), SocketAddr::V6(dst)) => {
                let mut header = ipv6::Header::default();
                (header.src, header.dst) = (*src.ip(), *dst.ip());
                (header.next_header, header.hop_limit) = (Protocol::TCP, 64);
                header.push(&mut packet);
            }
            _ => panic!("a packet between two IP versions"),
        }
        packet
    }
}
