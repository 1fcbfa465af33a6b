//! Programs on a link itself: whole frames, and sockets for the payload of frames of one type.

use base::event::LinkDrop;
use base::{Cx, LinkType, Mac, Port};
use bytes::Bytes;
use wire::ethernet::{self, EtherType};
use wire::PacketBuf;

use super::Host;
use crate::iface::link_socket::{AHEAD, Taken};
use crate::socket::{BindError, LinkId, LinkMessage, SendError};

impl Host {
    /// Sends a whole frame as it is (padded to the least length of Ethernet), by the queue of the interface at `port`.
    pub fn send_frame(&mut self, port: Port, frame: Bytes) -> Result<(), SendError> {
        let id = self.packet_id();
        let interface = self.interfaces.get_mut(usize::from(port.0)).ok_or(SendError::Closed)?;
        let header = interface.header_len();
        if frame.len() < header || frame.len() > interface.config.mtu + header {
            return Err(SendError::TooBig);
        }
        let mut packet = PacketBuf::from_vec(id, frame.to_vec());
        if interface.config.link_type == LinkType::Ethernet {
            packet.pad_to(ethernet::MIN_FRAME);
        }
        interface.queue.push(packet).map_err(|_| SendError::QueueFull)?;
        self.mark_ready(port);
        Ok(())
    }

    /// A socket for the payload of frames of this type at this interface. Not for IP and ARP, which are the host's own.
    pub fn link_open(&mut self, port: Port, ethertype: u16) -> Result<LinkId, BindError> {
        let ethertype = EtherType(ethertype);
        if self.links.len() >= MAX_LINK_SOCKETS || usize::from(port.0) >= self.interfaces.len() {
            return Err(BindError::TooManySockets);
        }
        let ours = matches!(ethertype, EtherType::IPV4 | EtherType::IPV6 | EtherType::ARP);
        let id = if ours { None } else { self.links.open(port, ethertype) };
        id.map(LinkId).ok_or(BindError::InUse(([0, 0, 0, 0], ethertype.0).into()))
    }

    /// Sends `data` in one frame to the station `to` (which does not matter on a line between two); false when enough
    /// frames wait already: wait until writable.
    pub fn link_write(&mut self, id: LinkId, to: Mac, data: Bytes) -> Result<bool, SendError> {
        let (port, ethertype) = self.links.place(id.0).ok_or(SendError::Closed)?;
        let packet_id = self.packet_id();
        let interface = self.interfaces.get_mut(usize::from(port.0)).ok_or(SendError::Closed)?;
        if data.len() > interface.config.mtu {
            return Err(SendError::TooBig);
        }
        if interface.queue.len() >= AHEAD {
            return Ok(false);
        }
        let mut packet = PacketBuf::new(packet_id, data);
        interface.push_header(&mut packet, to, ethertype);
        interface.queue.push(packet).map_err(|_| SendError::QueueFull)?;
        self.mark_ready(port);
        Ok(true)
    }

    /// The next frame's payload, if one is there.
    pub fn link_read(&mut self, id: LinkId) -> Option<LinkMessage> {
        self.links.read(id.0)
    }

    /// Closes the socket. What it sent already goes out.
    pub fn link_close(&mut self, id: LinkId) {
        self.links.close(id.0);
    }

    pub(super) fn receive_message(
        &mut self,
        cx: &mut Cx<'_>,
        port: Port,
        ethertype: EtherType,
        from: Mac,
        frame: PacketBuf,
    ) {
        let id = frame.id;
        match self.links.on_message(port, ethertype, from, frame.into_payload(), &mut self.wakers) {
            Taken::Yes => {}
            Taken::Unwanted => self.dropped(cx, id, LinkDrop::UnknownProtocol),
            Taken::Full => self.dropped(cx, id, LinkDrop::QueueFull),
        }
    }
}

/// Link sockets of a host, at most.
const MAX_LINK_SOCKETS: usize = 256;
