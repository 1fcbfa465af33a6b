//! A frame cut into its layers: where each header begins and ends, and nothing else.
//!
//! Only what is certain is there: a header that is cut short or contradicts itself ends the walk.

/// What the first byte of a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Link {
    /// Ethernet II or 802.3.
    #[default]
    Ethernet,
    /// A bare IPv4 or IPv6 packet.
    Ip,
    /// Linux "cooked": 16 bytes, the protocol in the last two.
    Cooked,
    /// Linux "cooked" of the second version: 20 bytes, the protocol in the first two.
    Cooked2,
    /// BSD loopback: four bytes that say which protocol follows.
    Loopback,
    /// AX.25 behind KISS's command byte.
    Kiss,
    /// AX.25.
    Ax25,
    /// A bare IEEE 802.2 LLC PDU.
    Llc,
    /// IEEE 802.11 behind a radiotap header.
    Radiotap,
    /// IEEE 802.11.
    Wlan,
    /// Anything else: the bytes of its frames stay closed.
    Other,
}

/// The kind of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// Ethernet.
    Ethernet,
    /// An 802.1Q tag.
    Vlan,
    /// An 802.1ad tag: a provider's, in front of a customer's.
    ProviderVlan,
    /// AX.25, from its first address on.
    Ax25,
    /// IEEE 802.2 LLC, SNAP included.
    Llc,
    /// What a radio's card says about a frame.
    Radiotap,
    /// IEEE 802.11.
    Wlan,
    /// A bridge's message: spanning tree.
    Stp,
    /// Another link header in front of IP.
    Cooked,
    /// Address resolution.
    Arp,
    /// IPv4.
    Ip4,
    /// IPv6.
    Ip6,
    /// ICMP.
    Icmp,
    /// ICMPv6.
    Icmp6,
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// A DNS message.
    Dns,
    /// A DHCP or BOOTP message.
    Dhcp,
    /// A TLS record.
    Tls,
    /// A TLS record of version 1.3 that is encrypted: its true type is inside.
    Sealed,
    /// The head of an HTTP/1 message.
    Http,
    /// Bytes that no one here can read.
    Data,
}

/// In which bytes a layer lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// In the frame.
    Frame,
    /// In a datagram put together from fragments.
    Datagram,
    /// In what a TCP stream brought.
    Stream,
}

/// One layer of a packet: from its header to the end of what it carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) layer: Layer,
    pub(super) source: Source,
    pub(super) start: u32,
    /// Where its sender says that it ends; a capture can hold less.
    pub(super) end: u32,
}

/// The layers of one packet, outermost first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    parts: [Part; MAX_LAYERS],
    len: u8,
    /// From this layer on, the layers are those of a packet that an ICMP error quotes.
    pub(super) quoted: u8,
}

impl Default for Parts {
    fn default() -> Self {
        let nothing = Part { layer: Layer::Data, source: Source::Frame, start: 0, end: 0 };
        Parts { parts: [nothing; MAX_LAYERS], len: 0, quoted: u8::MAX }
    }
}

impl Parts {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Part> {
        self.parts[..usize::from(self.len)].iter()
    }

    pub(super) fn push(&mut self, part: Part) {
        if let Some(place) = self.parts.get_mut(usize::from(self.len)) {
            *place = part;
            self.len += 1;
        }
    }

    pub(super) fn last(&self) -> Option<&Part> {
        self.iter().next_back()
    }

    /// The first layer of this kind, and whether it belongs to a quoted packet.
    #[inline]
    pub(super) fn find(&self, layer: Layer) -> Option<(&Part, bool)> {
        let at = self.iter().position(|part| part.layer == layer)?;
        Some((&self.parts[at], at >= usize::from(self.quoted)))
    }
}

/// Cuts bytes into layers.
pub(super) struct Cutter<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) source: Source,
    pub(super) parts: Parts,
    /// Where an IPv4 header stands whose packet is only a fragment.
    pub(super) fragment: Option<usize>,
}

impl Cutter<'_> {
    /// A whole frame, `len` bytes on the wire.
    #[inline]
    pub(super) fn frame(&mut self, link: Link, len: usize) {
        match link {
            Link::Ethernet => self.ethernet(len),
            Link::Ip => self.bare_ip(0, len),
            Link::Cooked => self.cooked(16, 14, len),
            Link::Cooked2 => self.cooked(20, 0, len),
            Link::Loopback => {
                self.put(Layer::Cooked, 0, len);
                self.bare_ip(4, len);
            }
            Link::Kiss => self.ax25(1, len),
            Link::Ax25 => self.ax25(0, len),
            Link::Llc => self.llc(0, len),
            Link::Radiotap => self.radiotap(len),
            Link::Wlan => self.wlan(0, len),
            Link::Other => self.put(Layer::Data, 0, len),
        }
    }

    fn ethernet(&mut self, len: usize) {
        if self.bytes.len() < 14 {
            return self.put(Layer::Data, 0, len);
        }
        self.put(Layer::Ethernet, 0, len);
        self.ethertype(u16_at(self.bytes, 12), 14, len);
    }

    fn cooked(&mut self, header: usize, protocol: usize, len: usize) {
        if self.bytes.len() < header {
            return self.put(Layer::Data, 0, len);
        }
        self.put(Layer::Cooked, 0, len);
        self.ethertype(u16_at(self.bytes, protocol), header, len);
    }

    #[inline]
    pub(super) fn ethertype(&mut self, ethertype: u16, start: usize, len: usize) {
        match ethertype {
            0x0800 => self.ip4(start, len),
            0x86dd => self.ip6(start, len),
            0x0806 if self.bytes.len() >= start + 8 => self.put(Layer::Arp, start, len),
            0x8100 | 0x88a8 if self.bytes.len() >= start + 4 => {
                self.put(if ethertype == 0x8100 { Layer::Vlan } else { Layer::ProviderVlan }, start, len);
                self.ethertype(u16_at(self.bytes, start + 2), start + 4, len);
            }
            // 802.3: a length in the place of the type.
            length @ 0..=1500 => self.llc(start, len.min(start + usize::from(length))),
            _ => self.put(Layer::Data, start, len),
        }
    }

    fn bare_ip(&mut self, start: usize, len: usize) {
        match self.bytes.get(start).map(|byte| byte >> 4) {
            Some(4) => self.ip4(start, len),
            Some(6) => self.ip6(start, len),
            _ => self.put(Layer::Data, start, len),
        }
    }

    #[inline]
    pub(super) fn ip4(&mut self, start: usize, len: usize) {
        let Some(header) = self.bytes.get(start..).filter(|rest| rest.len() >= 20) else {
            return self.put(Layer::Data, start, len);
        };
        let header_len = usize::from(header[0] & 15) * 4;
        let total = usize::from(u16_at(header, 2));
        let (fragment, protocol) = (u16_at(header, 6) & 0x3fff, header[9]);
        if header[0] >> 4 != 4 || header_len < 20 {
            return self.put(Layer::Data, start, len);
        }
        // Zero: the network card cut a larger packet into segments behind the capture's back.
        let end = if total == 0 { len } else { len.min(start + total) };
        self.put(Layer::Ip4, start, end);
        if fragment == 0 || (fragment & 0x1fff == 0 && self.is_quoted()) {
            self.transport(protocol, start + header_len, end);
        } else if !self.is_quoted() {
            self.fragment = Some(start);
        }
    }

    fn ip6(&mut self, start: usize, len: usize) {
        let Some(header) = self.bytes.get(start..).filter(|rest| rest.len() >= 40) else {
            return self.put(Layer::Data, start, len);
        };
        let end = len.min(start + 40 + usize::from(u16_at(header, 4)));
        let (mut protocol, mut at) = (header[6], start + 40);
        self.put(Layer::Ip6, start, end);
        // Hop-by-hop, routing and destination options: next header, length in eights beyond the first.
        while let (0 | 43 | 60, Some([next, eights])) = (protocol, self.bytes.get(at..at + 2)) {
            (protocol, at) = (*next, at + 8 + 8 * usize::from(*eights));
        }
        self.transport(protocol, at, end);
    }

    /// What an IP packet carries. `end` is where it says that it ends.
    #[inline]
    pub(super) fn transport(&mut self, protocol: u8, start: usize, end: usize) {
        let there = self.bytes.len().min(end).saturating_sub(start);
        let eight = there >= 8;
        match protocol {
            6 if there >= 20 || (self.is_quoted() && eight) => self.put(Layer::Tcp, start, end),
            17 if eight => self.udp(start, end),
            1 if eight => {
                self.put(Layer::Icmp, start, end);
                let is_error = matches!(self.bytes[start], 3 | 4 | 5 | 11 | 12);
                self.quote(is_error && self.bytes.get(start + 8).is_some_and(|byte| byte >> 4 == 4), start + 8, end);
            }
            58 if eight => {
                self.put(Layer::Icmp6, start, end);
                let is_error = matches!(self.bytes[start], 1..=4);
                self.quote(is_error && self.bytes.get(start + 8).is_some_and(|byte| byte >> 4 == 6), start + 8, end);
            }
            _ if there > 0 => self.put(Layer::Data, start, end),
            _ => {}
        }
    }

    fn udp(&mut self, start: usize, end: usize) {
        self.put(Layer::Udp, start, end);
        let header = &self.bytes[start..];
        let (from, to) = (u16_at(header, 0), u16_at(header, 2));
        let (start, end) = (start + 8, end.min(start + usize::from(u16_at(header, 4)).max(8)));
        let there = self.bytes.len().min(end).saturating_sub(start);
        if there == 0 || self.is_quoted() {
            return;
        }
        let layer = match (from, to) {
            (53 | 5353, _) | (_, 53 | 5353) if there >= 12 => Layer::Dns,
            (67 | 68, _) | (_, 67 | 68) if there >= 236 => Layer::Dhcp,
            _ => Layer::Data,
        };
        self.put(layer, start, end);
    }

    /// The packet that an ICMP error quotes.
    fn quote(&mut self, there: bool, start: usize, end: usize) {
        if there && !self.is_quoted() {
            self.parts.quoted = self.parts.len;
            self.bare_ip(start, end);
        }
    }

    const fn is_quoted(&self) -> bool {
        self.parts.quoted != u8::MAX
    }

    pub(super) fn put(&mut self, layer: Layer, start: usize, end: usize) {
        let (start, end) = (start as u32, end.max(start) as u32);
        self.parts.push(Part { layer, source: self.source, start, end });
    }
}

/// Two bytes of a header that is known to be there.
#[inline]
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// Four bytes of a header that is known to be there.
#[inline]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// As many layers as a packet can have here.
const MAX_LAYERS: usize = 16;
