//! The blocks of a pcapng file (draft-ietf-opsawg-pcapng), written little endian.
//!
//! ```text
//!  type u32 | total length u32 | body, padded to 4 | options: (code u16, length u16, value padded to 4)*, 0 0 | total length u32
//! ```
//! Only what is needed here and what tshark and editcap handle well: no custom blocks (tshark shows them as frames), no
//! `epb_verdict` (editcap 4.0 damages files that have it).

use std::net::IpAddr;

use super::flags;

/// Appends one block after the other to a file in memory.
#[derive(Default)]
pub(super) struct Writer {
    out: Vec<u8>,
}

/// What an enhanced packet block says about its packet.
pub(super) struct Packet<'a> {
    /// Nanoseconds since 1970.
    pub(super) time_ns: u64,
    /// Which way it went and what was wrong with it: [`super::flags`].
    pub(super) flags: u32,
    /// Follows one packet through several files.
    pub(super) id: Option<u64>,
    pub(super) comments: &'a [String],
    pub(super) bytes: &'a [u8],
}

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// The section header: the start of the file.
    pub(super) fn section(&mut self, application: &str) {
        self.block(SHB, |body| {
            body.u32(BYTE_ORDER_MAGIC);
            body.u16(1);
            body.u16(0);
            body.u64(u64::MAX); // the section's length, not given
            body.option(SHB_USERAPPL, application.as_bytes());
            body.end_of_options();
        });
    }

    /// The description of the one interface: nanosecond stamps, frames uncut and without FCS.
    pub(super) fn interface(&mut self, link_type: u16, name: &str, description: &str) {
        self.block(IDB, |body| {
            body.u16(link_type);
            body.u16(0);
            body.u32(0); // no limit to a frame's length
            body.option(IF_NAME, name.as_bytes());
            body.option(IF_DESCRIPTION, description.as_bytes());
            body.option(IF_TSRESOL, &[NANOSECONDS]);
            body.option(IF_FCSLEN, &[0]);
            body.end_of_options();
        });
    }

    /// TLS keys. They must stand before the ServerHello that they open, so right behind the interface.
    pub(super) fn tls_secrets(&mut self, key_log: &str) {
        self.block(DSB, |body| {
            body.u32(TLS_KEY_LOG);
            body.u32(key_log.len() as u32);
            body.padded(key_log.as_bytes());
        });
    }

    /// Names of addresses.
    pub(super) fn names<'a>(&mut self, names: impl Iterator<Item = (IpAddr, &'a str)>) {
        self.block(NRB, |body| {
            for (address, name) in names {
                let (kind, mut record) = match address {
                    IpAddr::V4(v4) => (NRB_IPV4, v4.octets().to_vec()),
                    IpAddr::V6(v6) => (NRB_IPV6, v6.octets().to_vec()),
                };
                record.extend_from_slice(name.as_bytes());
                record.push(0);
                body.option(kind, &record);
            }
            body.end_of_options(); // nrb_record_end; this block has no options behind it
        });
    }

    /// A packet at interface 0.
    pub(super) fn packet(&mut self, packet: &Packet<'_>) {
        self.block(EPB, |body| {
            body.u32(0);
            body.u32((packet.time_ns >> 32) as u32);
            body.u32(packet.time_ns as u32);
            let captured = packet.bytes.len() as u32;
            body.u32(captured);
            // Of a frame that was broken off only a part was there: told so, readers expect no whole headers.
            body.u32(if flags::is_runt(packet.flags) { captured.max(WHOLE) } else { captured });
            body.padded(packet.bytes);
            for comment in packet.comments {
                body.option(OPT_COMMENT, comment.as_bytes());
            }
            body.option(EPB_FLAGS, &packet.flags.to_le_bytes());
            if let Some(id) = packet.id {
                body.option(EPB_PACKETID, &id.to_le_bytes());
            }
            body.end_of_options();
        });
    }

    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        self.u32(kind);
        self.u32(0);
        body(self);
        let total = (self.out.len() - start + 4) as u32;
        self.u32(total);
        self.out[start + 4..start + 8].copy_from_slice(&total.to_le_bytes());
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.u16(code);
        self.u16(value.len() as u16);
        self.padded(value);
    }

    fn end_of_options(&mut self) {
        self.u32(0);
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.out.resize(self.out.len().next_multiple_of(4), 0);
    }

    fn u16(&mut self, n: u16) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }

    fn u32(&mut self, n: u32) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }

    fn u64(&mut self, n: u64) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }
}

const SHB: u32 = 0x0A0D_0D0A;
const IDB: u32 = 1;
const NRB: u32 = 4;
const EPB: u32 = 6;
const DSB: u32 = 0x0A;

const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const IF_FCSLEN: u16 = 13;
const EPB_FLAGS: u16 = 2;
const EPB_PACKETID: u16 = 5;
const NRB_IPV4: u16 = 1;
const NRB_IPV6: u16 = 2;

/// Stamps count units of 10^-9 s.
const NANOSECONDS: u8 = 9;
/// "TLSK": the secrets are an NSS key log.
const TLS_KEY_LOG: u32 = 0x544C_534B;
/// The length of a full Ethernet frame.
const WHOLE: u32 = 1514;
