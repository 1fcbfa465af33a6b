//! `struct tcp_info`, as packetdrill's scripts look at it: our snapshot in Linux's layout and units.

use base::event::TcpState;
use base::{Duration, Instant};
use stack::{LossPhase, TcpInfo};

/// What the adapter counts by itself: where a connection's time went.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Times {
    /// Something was unacknowledged, or unsent.
    pub(crate) busy: Duration,
    /// Of this, waiting for the peer's window.
    pub(crate) window: Duration,
    /// Of this, waiting for the program that waits for the send buffer.
    pub(crate) send_buffer: Duration,
    /// How often a segment was seen to overtake more others than any before.
    pub(crate) overtaken: u32,
    /// When text was last received.
    pub(crate) received: Option<Instant>,
    /// When the connection was made.
    pub(crate) since: Instant,
}

/// The bytes of `struct tcp_info`.
pub(crate) fn tcp_info(info: &TcpInfo, times: &Times, now: Instant) -> Vec<u8> {
    let mut out = Layout(Vec::with_capacity(LEN));
    let mss = info.send_mss.max(1);
    let segments = |bytes: u32| bytes / mss;
    first_bytes(&mut out, info);
    out.u32s([
        micros(info.rto) as u32,
        0, // ato
        info.send_mss,
        info.receive_mss,
        info.board.unacknowledged,
        info.board.sacked,
        info.board.lost,
        info.board.resent,
        0, // fackets
    ]);
    let ago = |at: Option<Instant>| now.since(at.unwrap_or(times.since)).millis() as u32;
    out.u32s([ago(info.last_sent), 0, ago(info.last_received.or(times.received)), 0]);
    let rtt = |of: fn(&stack::Rtt) -> Duration| info.rtt.as_ref().map_or(0, |rtt| micros(of(rtt)) as u32);
    out.u32s([
        info.path_mtu as u32,
        info.receive_window, // rcv_ssthresh
        rtt(|rtt| rtt.smoothed),
        rtt(|rtt| rtt.variation),
        if info.ssthresh >= u32::MAX / 2 { INFINITE_SSTHRESH } else { segments(info.ssthresh) },
        segments(info.cwnd),
        advertised_mss(info),
        info.reordering,
        0,                   // rcv_rtt
        info.receive_window, // rcv_space
        info.totals.resent as u32,
    ]);
    let totals = &info.totals;
    out.u64s([info.pacing_rate.unwrap_or(u64::MAX), u64::MAX, totals.bytes_acked, totals.bytes_received]);
    out.u32s([
        totals.segments_out as u32,
        totals.segments_in as u32,
        info.not_sent,
        info.rtt.map_or(u32::MAX, |rtt| micros(rtt.min) as u32),
        totals.data_segments_in as u32,
        totals.data_segments_out as u32,
    ]);
    out.u64s([info.delivery_rate.unwrap_or(0), micros(times.busy), micros(times.window), micros(times.send_buffer)]);
    out.u32s([totals.delivered as u32, totals.delivered_ce as u32]);
    out.u64s([totals.bytes_sent, totals.bytes_resent]);
    out.u32s([totals.dsacks as u32, times.overtaken, 0, info.send_window, info.receive_window, 0]);
    out.u32s([(totals.timeouts as u32).min(0xffff), 0]);
    out.0.resize(LEN, 0);
    out.0
}

fn first_bytes(out: &mut Layout, info: &TcpInfo) {
    let options = u8::from(info.options.timestamps)
        | u8::from(info.options.sack) << 1
        | u8::from(info.options.window_scaling) << 2
        | u8::from(info.options.ecn) << 3;
    let phase = match info.phase {
        LossPhase::Open => 0,
        LossPhase::Disorder => 1,
        LossPhase::Reduced => 2,
        LossPhase::Recovery => 3,
        LossPhase::Loss => 4,
    };
    // While the window is closed, what is repeated is a probe.
    let probes = if info.send_window == 0 { info.retries } else { 0 };
    let retransmits = if probes == 0 { info.retries } else { 0 };
    out.0.extend([state(info.state), phase, retransmits as u8, probes as u8, info.backoff as u8, options]);
    out.0.extend([info.scales.0 & 15 | info.scales.1 << 4, 0]);
}

/// The states, as Linux numbers them.
pub(crate) fn state(state: TcpState) -> u8 {
    match state {
        TcpState::Established => 1,
        TcpState::SynSent => 2,
        TcpState::SynReceived => 3,
        TcpState::FinWait1 => 4,
        TcpState::FinWait2 => 5,
        TcpState::TimeWait => 6,
        TcpState::Closed => 7,
        TcpState::CloseWait => 8,
        TcpState::LastAck => 9,
        TcpState::Listen => 10,
        TcpState::Closing => 11,
    }
}

/// What our SYN told: the path's MTU less the smallest headers.
fn advertised_mss(info: &TcpInfo) -> u32 {
    info.receive_mss + if info.options.timestamps { TIMESTAMPS } else { 0 }
}

fn micros(span: Duration) -> u64 {
    span.nanos() / 1000
}

/// A C structure being filled from its first field on.
struct Layout(Vec<u8>);

impl Layout {
    fn u32s<const N: usize>(&mut self, fields: [u32; N]) {
        fields.iter().for_each(|field| self.0.extend(field.to_ne_bytes()));
    }

    fn u64s<const N: usize>(&mut self, fields: [u64; N]) {
        fields.iter().for_each(|field| self.0.extend(field.to_ne_bytes()));
    }
}

/// The size of the structure in recent kernels.
pub(crate) const LEN: usize = 280;
const INFINITE_SSTHRESH: u32 = 0x7fff_ffff;
const TIMESTAMPS: u32 = 12;
