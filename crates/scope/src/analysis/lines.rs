//! One line a packet: number, time, from, to, and what it is.

use crate::fields::{Link, Packet, Raw};
use crate::label::Labels;
use crate::view::{Net, View};

/// Writes lines. Give it the packets of one capture in their order.
pub struct Lines {
    labels: Labels,
}

impl Default for Lines {
    fn default() -> Self {
        Lines { labels: Labels::new(true) }
    }
}

impl Lines {
    /// One who has seen nothing yet.
    pub fn new() -> Lines {
        Lines::default()
    }

    /// The line of the next packet, without its end.
    pub fn line(&mut self, packet: &Packet<'_>) -> String {
        let since = packet.since_first_ns;
        let what = self.label(packet.raw);
        let (from, to) = match packet.addresses() {
            Some((from, to)) => (from.to_string(), to.to_string()),
            None => hardware(packet.raw),
        };
        let (seconds, nanos) = (since / 1_000_000_000, since % 1_000_000_000);
        let mut line = format!("{:>6}  {seconds:>4}.{nanos:09}  {from:<15} -> {to:<15}  {what}", packet.number);
        for comment in packet.raw.notes.comments() {
            line.push_str("  # ");
            line.push_str(&crate::words::clean(comment));
        }
        line
    }

    /// What a frame is, in a few words.
    pub(super) fn label(&mut self, raw: Raw<'_>) -> String {
        match raw.link {
            Link::Ethernet => self.labels.of(&View::of(base::LinkType::Ethernet, raw.bytes)),
            Link::Ip => self.labels.of(&View::of(base::LinkType::Ip, raw.bytes)),
            Link::Cooked => self.of_ip(raw.bytes.get(16..)),
            Link::Cooked2 => self.of_ip(raw.bytes.get(20..)),
            Link::Loopback => self.of_ip(raw.bytes.get(4..)),
            Link::Kiss => self.labels.of(&View::of(base::LinkType::Ax25, raw.bytes)),
            Link::Llc => self.labels.of(&View::of(base::LinkType::Llc, raw.bytes)),
            Link::Radiotap => self.labels.of(&View::of(base::LinkType::Radiotap, raw.bytes)),
            Link::Ax25 => self.behind(base::LinkType::Ax25, &[0], raw.bytes),
            Link::Wlan => self.behind(base::LinkType::Radiotap, &[0, 0, 8, 0, 0, 0, 0, 0], raw.bytes),
            Link::Other => format!("{} bytes", raw.len),
        }
    }

    /// A frame without the header that its link type has in our own captures.
    fn behind(&mut self, link_type: base::LinkType, header: &[u8], bytes: &[u8]) -> String {
        self.labels.of(&View::of(link_type, &[header, bytes].concat()))
    }

    fn of_ip(&mut self, bytes: Option<&[u8]>) -> String {
        let view = View::of(base::LinkType::Ip, bytes.unwrap_or_default());
        if matches!(view.net, Net::Other) { "not IP".into() } else { self.labels.of(&view) }
    }
}

/// Both stations of a frame without IP.
fn hardware(raw: Raw<'_>) -> (String, String) {
    match View::of(base::LinkType::Ethernet, raw.bytes).ethernet.filter(|_| raw.link == Link::Ethernet) {
        Some(header) => (header.src.to_string(), header.dst.to_string()),
        None => ("?".into(), "?".into()),
    }
}
