//! The requirements of RFC 9293: every MUST and SHOULD of its Appendix B, by the ids that its text gives them.
//!
//! A citation may name them: `//= rfc9293#3.8.4 MUST-24` above code, `//= rfc9293#3.8.4 MUST-24 test` above a test. What is
//! neither cited nor waived (`waived`) fails the rule of the coverage page.

/// One requirement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// `MUST-24`.
    pub id: &'static str,
    /// The section that states it.
    pub section: &'static str,
    /// `MUST`, `MUST NOT`, `SHOULD` or `SHOULD NOT`.
    pub level: &'static str,
    /// What it is about, in the words of the table.
    pub what: &'static str,
}

const fn of(id: &'static str, section: &'static str, level: &'static str, what: &'static str) -> Requirement {
    Requirement { id, section, level, what }
}

/// All of them, in the order of their numbers. (What MAY be done need not be traced.)
pub const REQUIREMENTS: &[Requirement] = &[
    of("MUST-1", "3.1", "MUST", "Treat as unsigned number"),
    of("MUST-2", "3.1", "MUST", "Sender compute checksum"),
    of("MUST-3", "3.1", "MUST", "Receiver check checksum"),
    of("MUST-4", "3.1", "MUST", "Support the mandatory option set"),
    of("MUST-5", "3.1", "MUST", "Receive TCP Option in any segment"),
    of("MUST-6", "3.1", "MUST", "Ignore unsupported options"),
    of("MUST-7", "3.1", "MUST", "Cope with illegal option length"),
    of("MUST-8", "3.4.1", "MUST", "Include a clock-driven ISN generator component"),
    of("MUST-9", "3.4.1", "MUST NOT", "PRF computable from outside the host"),
    of("MUST-10", "3.5", "MUST", "Support simultaneous open attempts"),
    of("MUST-11", "3.5", "MUST", "SYN-RECEIVED remembers last state"),
    of("MUST-12", "3.6", "MUST", "Inform application of aborted conn"),
    of("MUST-13", "3.6.1", "MUST", "In TIME-WAIT state for 2MSL seconds"),
    of("MUST-14", "3.7.1", "MUST", "Implement sending & receiving MSS Option"),
    of("MUST-15", "3.7.1", "MUST", "IPv4 Send-MSS default is 536; IPv6 Send-MSS default is 1220"),
    of("MUST-16", "3.7.1", "MUST", "Calculate effective send seg size"),
    of("MUST-17", "3.7.4", "MUST", "Application can disable Nagle algorithm"),
    of("MUST-18", "3.8.1", "MUST", "Karn's algorithm"),
    of("MUST-19", "3.8.2", "MUST", "Implement exponential backoff, slow start, and congestion avoidance"),
    of(
        "MUST-20",
        "3.8.3",
        "MUST",
        "Negative advice to IP on R1 retransmissions; Close connection on R2 retransmissions",
    ),
    of("MUST-21", "3.8.3", "MUST", "the program can set R2"),
    of("MUST-22", "3.8.3", "MUST", "Same mechanism for SYNs"),
    of("MUST-23", "3.8.3", "MUST", "R2 at least 3 minutes for SYN"),
    of("MUST-24", "3.8.4", "MUST", "Application can request"),
    of("MUST-25", "3.8.4", "MUST", "Default is 'off'"),
    of("MUST-26", "3.8.4", "MUST", "Only send if idle for interval"),
    of("MUST-27", "3.8.4", "MUST", "Interval configurable"),
    of("MUST-28", "3.8.4", "MUST", "Default at least 2 hrs."),
    of("MUST-29", "3.8.4", "MUST", "Tolerant of lost ACKs"),
    of("MUST-30", "3.8.5", "MUST", "Include support for urgent pointer"),
    of("MUST-31", "3.8.5", "MUST", "Arbitrary length urgent data sequence"),
    of("MUST-32", "3.8.5", "MUST", "Inform the program asynchronously of urgent data"),
    of("MUST-33", "3.8.5", "MUST", "the program can learn if/how much urgent data queued"),
    of("MUST-34", "3.8.6", "MUST", "Robust against shrinking window"),
    of("MUST-35", "3.8.6", "MUST", "Use standard probing logic"),
    of("MUST-36", "3.8.6.1", "MUST", "Sender probe zero window"),
    of("MUST-37", "3.8.6.1", "MUST", "Allow window stay zero indefinitely"),
    of("MUST-38", "3.8.6.2.1", "MUST", "Sender SWS- Avoidance Algorithm"),
    of("MUST-39", "3.8.6.2.2", "MUST", "Receiver SWS- Avoidance Algorithm"),
    of("MUST-40", "3.8.6.3", "MUST", "Delay < 0.5 seconds"),
    of("MUST-41", "3.9.1.1", "MUST NOT", "Passive OPEN call interfere with others"),
    of("MUST-42", "3.9.1.1", "MUST", "Function: simultaneously LISTENs for same port"),
    of("MUST-43", "3.9.1.1", "MUST", "Optional local IP addr param in OPEN"),
    of("MUST-44", "3.9.1.1", "MUST", "Ask IP for src address for SYN if necessary"),
    of("MUST-45", "3.9.1.1", "MUST", "Otherwise, use local addr of connection"),
    of(
        "MUST-46",
        "3.9.1.1",
        "MUST NOT",
        "OPEN to broadcast or multicast IP address; Reject OPEN call to invalid IP address",
    ),
    of("MUST-47", "3.9.1.8", "MUST", "Error Report mechanism"),
    of("MUST-48", "3.9.1.9", "MUST", "the program can specify Diffserv field for sending"),
    of("MUST-49", "3.9.2", "MUST", "Configurable TTL"),
    of("MUST-50", "3.9.2", "MUST", "Ignore options TCP doesn't understand"),
    of("MUST-51", "3.9.2.1", "MUST", "the program can specify"),
    of("MUST-52", "3.9.2.1", "MUST", " Overrides src route in datagram"),
    of("MUST-53", "3.9.2.1", "MUST", "Build return route from src route"),
    of("MUST-54", "3.9.2.2", "MUST", "Receiving ICMP messages from IP"),
    of("MUST-55", "3.9.2.2", "MUST", "Source Quench => silent discard"),
    of(
        "MUST-56",
        "3.9.2.2",
        "MUST NOT",
        "Abort on Dest Unreach (0,1,5); Abort on Time Exceeded; Abort on Param Problem",
    ),
    of(
        "MUST-57",
        "3.9.2.3",
        "MUST",
        "Silently discard seg to broadcast or multicast addr; Silently discard SYN to broadcast or multicast addr",
    ),
    of("MUST-58", "3.10.7.4", "MUST", "Aggregate whenever possible"),
    of("MUST-59", "3.10.7.4", "MUST", "Process all queued before send ACK"),
    of("MUST-60", "3.9.1.2", "MUST NOT", "If cannot: sender buffer indefinitely"),
    of("MUST-61", "3.9.1.2", "MUST", "If cannot: PSH last segment"),
    of("MUST-62", "3.8.5", "MUST", "Pointer indicates first non-urgent octet"),
    of("MUST-63", "3.9.2.3", "MUST", "Reject SYN from invalid IP address"),
    of("MUST-64", "3.2", "MUST", "Process options regardless of word alignment"),
    of("MUST-65", "3.7.1", "MUST NOT", "MSS not sent on non-SYN segments"),
    of("MUST-66", "3.4", "MUST", "Process RST and URG even with zero window"),
    of("MUST-67", "3.7.1", "MUST", "MSS value based on MMS_R"),
    of("MUST-68", "3.1", "MUST", "Include length for all options except EOL+NOP"),
    of("MUST-69", "3.1", "MUST", "Pad with zero"),
    of("SHLD-1", "3.4.1", "SHOULD", "Secure ISN generator with a PRF component"),
    of("SHLD-2", "3.5.3", "SHOULD", "RST can contain data"),
    of("SHLD-3", "3.6.1", "SHOULD", "Send RST to indicate data lost"),
    of("SHLD-4", "3.6.1", "SHOULD", "Use Timestamps to reduce TIME-WAIT"),
    of("SHLD-5", "3.7.1", "SHOULD", "IPv4 Send MSS Option unless 536; IPv6 Send MSS Option unless 1220"),
    of("SHLD-6", "3.7.3", "SHOULD", "MSS accounts for varying MTU"),
    of("SHLD-7", "3.7.4", "SHOULD", "Nagle algorithm"),
    of("SHLD-8", "3.8.2", "SHOULD", "Support ECN"),
    of("SHLD-9", "3.8.3", "SHOULD", "Inform the program of R1<=retxs<R2"),
    of("SHLD-10", "3.8.3", "SHOULD", "Recommended value for R1"),
    of("SHLD-11", "3.8.3", "SHOULD", "Recommended value for R2"),
    of("SHLD-12", "3.8.4", "SHOULD", "Send with no data"),
    of("SHLD-13", "3.8.5", "SHOULD NOT", "the program employ the urgent mechanism"),
    of("SHLD-14", "3.8.6", "SHOULD NOT", "Shrink window from right"),
    of("SHLD-15", "3.8.6", "SHOULD NOT", "Send new data when window shrinks"),
    of("SHLD-16", "3.8.6", "SHOULD", "Retransmit old unacked data within window"),
    of("SHLD-17", "3.8.6", "SHOULD NOT", "Time out conn for data past right edge"),
    of("SHLD-18", "3.8.6.3", "SHOULD", "Delayed ACKs"),
    of("SHLD-19", "3.8.6.3", "SHOULD", "Every 2nd full-sized segment or 2*RMSS ACK'd"),
    of("SHLD-20", "3.9.1.8", "SHOULD", "the program can disable Error Report Routine"),
    of("SHLD-21", "3.9.1.9", "SHOULD", "the program can change Diffserv field during connection"),
    of("SHLD-22", "3.9.1.9", "SHOULD", "Passed unchanged to IP"),
    of("SHLD-23", "3.9.2", "SHOULD NOT", "the program generally changing Diffserv during conn."),
    of("SHLD-24", "3.9.2.1", "SHOULD", "Later src route overrides"),
    of("SHLD-25", "3.9.2.2", "SHOULD", "Dest Unreach (0,1,5) => inform the program"),
    of("SHLD-26", "3.9.2.2", "SHOULD", "Dest Unreach (2-4) => abort conn"),
    of("SHLD-27", "3.9.1.2", "SHOULD", "Sender collapse successive PSH bits"),
    of("SHLD-28", "3.9.1.2", "SHOULD", "Send max size segment when possible"),
    of("SHLD-29", "3.8.6.1", "SHOULD", "First probe after RTO"),
    of("SHLD-30", "3.8.6.1", "SHOULD", "Exponential backoff"),
    of("SHLD-31", "3.10.7.4", "SHOULD", "Queue out-of-order segments"),
    of("REC-1", "3.1", "SHOULD", "Handle as 32-bit number"),
];

/// The requirement of this id.
pub fn named(id: &str) -> Option<&'static Requirement> {
    REQUIREMENTS.iter().find(|requirement| requirement.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for number in 1..=69 {
            assert!(named(&format!("MUST-{number}")).is_some(), "MUST-{number}");
        }
        for number in 1..=31 {
            assert!(named(&format!("SHLD-{number}")).is_some(), "SHLD-{number}");
        }
        assert_eq!(REQUIREMENTS.len(), 69 + 31 + 1);
    }
}
