//! `[node.NAME.stack]`: what a person may want to change about a node's TCP/IP stack.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use stack::CongestionControl;

use crate::file::scalar::{BufferSize, Time};

/// Settings of a node's TCP/IP stack; what is not given is as everybody has it.
#[derive(Deserialize, JsonSchema, Debug, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "a node's stack")]
pub(crate) struct Stack {
    /// Congestion control of its connections. Default cubic.
    #[schemars(schema_with = "controls")]
    pub(crate) congestion: Option<String>,
    /// The initial congestion window, segments (RFC 6928). Default 10.
    #[schemars(range(min = 1, max = 1000), extend("examples" = [10]))]
    pub(crate) initial_window: Option<u32>,
    /// Hold small segments back while data is unacknowledged (RFC 896). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) nagle: Option<bool>,
    /// How long an acknowledgement may wait for company. Default 40ms; 0s: never.
    #[schemars(extend("examples" = ["40ms"]))]
    pub(crate) delayed_ack: Option<Time>,
    /// Offer selective acknowledgements (RFC 2018). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) sack: Option<bool>,
    /// Tell the peer of text that arrived twice (RFC 2883). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) dsack: Option<bool>,
    /// Offer timestamps (RFC 7323). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) timestamps: Option<bool>,
    /// Offer window scaling (RFC 7323). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) window_scaling: Option<bool>,
    /// Detect losses by time (RFC 8985); else by counting alone (RFC 6675). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) rack: Option<bool>,
    /// Probe the tail of a flight (RFC 8985, section 7). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) tail_probe: Option<bool>,
    /// Notice timeouts that were needless (RFC 5682). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) frto: Option<bool>,
    /// Congestion marks instead of drops (RFC 3168): off, answer, offer. Default answer.
    pub(crate) ecn: Option<EcnWord>,
    /// A connection's send buffer: `1MB` is fixed, `16KiB..4MiB` grows.
    pub(crate) send_buffer: Option<BufferSize>,
    /// A connection's receive buffer: what limits the window that is offered.
    pub(crate) receive_buffer: Option<BufferSize>,
    /// The least that a retransmission timeout adds to the smoothed round trip. Default 200ms.
    #[schemars(extend("examples" = ["200ms"]))]
    pub(crate) min_rto: Option<Time>,
    /// The retransmission timeout before a round trip was measured (RFC 6298). Default 1s.
    #[schemars(extend("examples" = ["1s"]))]
    pub(crate) initial_rto: Option<Time>,
    /// Half of the time that a closed connection is remembered. Default 30s.
    #[schemars(extend("examples" = ["30s"]))]
    pub(crate) msl: Option<Time>,
    /// How often data is sent again before the connection is given up. Default 15.
    #[schemars(range(min = 0, max = 1000), extend("examples" = [15]))]
    pub(crate) max_retries: Option<u32>,
    /// How often a SYN is sent again. Default 7.
    #[schemars(range(min = 0, max = 1000), extend("examples" = [7]))]
    pub(crate) max_syn_retries: Option<u32>,
    /// How often the answer to a SYN is sent again. Default 6.
    #[schemars(range(min = 0, max = 1000), extend("examples" = [6]))]
    pub(crate) max_syn_ack_retries: Option<u32>,
    /// Look for a smaller path MTU when large segments vanish without a word (RFC 4821). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) mtu_probing: Option<bool>,
    /// Answer SYNs without remembering them when a listener's queue is full (RFC 4987). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) syn_cookies: Option<bool>,
    /// Probe idle peers after this time, or with { idle, interval, probes }. Default: never.
    #[schemars(extend("examples" = ["60s"]))]
    pub(crate) keepalive: Option<KeepaliveSettings>,
    /// Give a connection up when data stays unacknowledged for so long (RFC 5482).
    #[schemars(extend("examples" = ["30s"]))]
    pub(crate) user_timeout: Option<Time>,
    /// Start slowly again after a pause (RFC 5681, section 4.1). Default true.
    #[schemars(extend("examples" = [false]))]
    pub(crate) restart_after_idle: Option<bool>,
    /// TTL of packets that are built here. Default 64.
    #[schemars(range(min = 1, max = 255), extend("examples" = [64]))]
    pub(crate) ttl: Option<u8>,
    /// Datagrams that may wait in a UDP socket. Default 64.
    #[schemars(range(min = 1, max = 1_000_000), extend("examples" = [64]))]
    pub(crate) datagram_queue: Option<u32>,
    /// ICMP errors sent in a second at most. Default 100.
    #[schemars(range(min = 0, max = 1_000_000), extend("examples" = [100]))]
    pub(crate) icmp_errors_per_second: Option<u32>,
}

/// Explicit congestion notification.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a way to use ECN")]
pub(crate) enum EcnWord {
    /// Never used.
    Off,
    /// Used when the peer asks for it.
    Answer,
    /// Asked for, and used when the peer agrees.
    Offer,
}

/// When and how idle peers are probed.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(untagged)]
pub(crate) enum KeepaliveSettings {
    /// After so long.
    After(Time),
    /// In full.
    Full(KeepaliveTable),
}

/// When and how idle peers are probed.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(title = "keepalive")]
pub(crate) struct KeepaliveTable {
    /// After so long without a segment from the peer.
    pub(crate) idle: Time,
    /// Between one probe and the next. Default 75s.
    #[serde(default)]
    pub(crate) interval: Option<Time>,
    /// Given up after so many without an answer. Default 9.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000), extend("examples" = [9]))]
    pub(crate) probes: Option<u32>,
}

fn controls(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = CongestionControl::ALL.iter().map(|control| control.name()).collect();
    json_schema!({ "type": "string", "title": "a congestion control", "enum": names, "examples": ["reno"] })
}
