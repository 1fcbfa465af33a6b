//! Facts of the internet layer.

use std::net::IpAddr;

/// What happened at the internet layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InternetFact {
    /// A packet was split because it was larger than the link's MTU.
    Fragmented {
        /// Into how many.
        pieces: usize,
        /// Of which MTU, bytes.
        mtu: usize,
    },
    /// All fragments of a datagram arrived.
    Reassembled {
        /// The datagram's payload, bytes.
        len: usize,
    },
    /// An ICMP error was sent back.
    IcmpErrorSent {
        /// To whom.
        to: IpAddr,
        /// What it says.
        message: &'static str,
    },
}

super::reasons! {
    /// Why a packet was dropped at the internet layer.
    InternetDrop {
        Malformed = "malformed IP header",
        BadChecksum = "IP header checksum wrong",
        BadSource = "source address may not send",
        NotForUs = "not our address and we do not forward",
        NoRoute = "no route to the destination",
        TtlExpired = "time to live expired in transit",
        FragmentationNeeded = "larger than the next link's MTU, and marked don't-fragment",
        FragmentOverlap = "fragments overlap",
        FragmentTimeout = "the other fragments did not arrive in time",
        ReassemblyFull = "reassembly memory full",
        UnknownProtocol = "no such transport protocol here",
        BadIcmp = "malformed ICMP message",
        RateLimited = "ICMP error rate limit",
        NoAddress = "the interface has no address to send from",
    }
}
