//! The sink that remembers: a handle for the owner, a [`Sink`] for the world, one [`Recording`] between them.

use std::ops::BitOr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::event::Event;
use base::{FrameSeen, Instant, Kind, Nic, NicInfo, Sink};

use crate::recording::{Limits, Recording};

/// The owner's end of a recording in progress.
///
/// ```
/// use glassnet_scope::{Recorder, Wants};
/// let (recorder, sink) = Recorder::new(Wants::ALL);
/// // … the world runs with `sink` …
/// drop(sink);
/// let recording = recorder.take();
/// assert_eq!(recording.frames().len(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Mutex<Recording>>,
}

/// Which kinds of things a recorder asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wants {
    /// Frames at interfaces.
    pub frames: bool,
    /// Why packets were dropped.
    pub drops: bool,
    /// Facts of the link and internet layers.
    pub network: bool,
    /// Facts of the transport layer.
    pub transport: bool,
    /// Quantities that change all the time: congestion windows, round trips, queues.
    pub metrics: bool,
    /// What programs say about themselves.
    pub app: bool,
    /// TLS keys.
    pub secrets: bool,
}

impl Wants {
    /// Nothing.
    pub const NONE: Wants = Wants {
        frames: false,
        drops: false,
        network: false,
        transport: false,
        metrics: false,
        app: false,
        secrets: false,
    };
    /// All that a story needs: everything but the metrics.
    pub const ALL: Wants =
        Wants { frames: true, drops: true, network: true, transport: true, app: true, secrets: true, ..Wants::NONE };
    /// Everything, for those who plot.
    pub const METRICS: Wants = Wants { metrics: true, ..Wants::ALL };
    /// Only what programs say: cheap, enough for a result.
    pub const APP: Wants = Wants { app: true, ..Wants::NONE };

    const fn includes(self, kind: Kind) -> bool {
        match kind {
            Kind::Frame => self.frames,
            Kind::Drop => self.drops,
            Kind::Network => self.network,
            Kind::Transport => self.transport,
            Kind::Metrics => self.metrics,
            Kind::App => self.app,
            Kind::Secret => self.secrets,
        }
    }
}

/// What either of both wants.
impl BitOr for Wants {
    type Output = Wants;
    fn bitor(self, other: Wants) -> Wants {
        Wants {
            frames: self.frames || other.frames,
            drops: self.drops || other.drops,
            network: self.network || other.network,
            transport: self.transport || other.transport,
            metrics: self.metrics || other.metrics,
            app: self.app || other.app,
            secrets: self.secrets || other.secrets,
        }
    }
}

impl Recorder {
    /// A recorder of `wants` within the usual [`Limits`], and the sink that feeds it.
    pub fn new(wants: Wants) -> (Recorder, Box<dyn Sink>) {
        Self::with_limits(wants, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(wants: Wants, limits: Limits) -> (Recorder, Box<dyn Sink>) {
        let shared = Arc::new(Mutex::new(Recording::with_limits(limits)));
        (Recorder { shared: Arc::clone(&shared) }, Box::new(Tap { wants, shared }))
    }

    /// Takes what was recorded so far, put in order of time. The recorder goes on with an empty recording that knows the
    /// same interfaces.
    pub fn take(&self) -> Recording {
        let mut guard = lock(&self.shared);
        let fresh = guard.emptied();
        let mut recording = std::mem::replace(&mut *guard, fresh);
        drop(guard);
        recording.put_in_order();
        recording
    }

    /// A copy of what was recorded so far, put in order of time; the recording goes on.
    pub fn copy(&self) -> Recording {
        let mut recording = lock(&self.shared).clone();
        recording.put_in_order();
        recording
    }
}

/// The world's end.
struct Tap {
    wants: Wants,
    shared: Arc<Mutex<Recording>>,
}

impl Sink for Tap {
    fn wants(&self, kind: Kind) -> bool {
        self.wants.includes(kind)
    }

    fn nic(&mut self, nic: Nic, info: NicInfo) {
        lock(&self.shared).add_nic(nic, info);
    }

    fn frame(&mut self, frame: FrameSeen<'_>) {
        if self.wants.frames {
            lock(&self.shared).add_frame(frame);
        }
    }

    fn event(&mut self, event: Event) {
        lock(&self.shared).add_event(event);
    }

    fn secret(&mut self, at: Instant, key_log_line: &str) {
        if self.wants.secrets {
            lock(&self.shared).add_secret(at, key_log_line);
        }
    }
}

/// A recording only ever grows by whole entries, so one that a panicking thread left behind is still sound.
fn lock(shared: &Mutex<Recording>) -> MutexGuard<'_, Recording> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use base::event::{AppFact, Fact};
    use base::{Direction, LinkType, NodeId, PacketId, Port};

    use super::*;

    fn nic(node: u32) -> Nic {
        Nic { node: NodeId(node), port: Port(0) }
    }

    fn info(node: &str) -> NicInfo {
        NicInfo { node: node.into(), name: "eth0".into(), link_type: LinkType::Ip, mac: None }
    }

    fn frame(at: u64, node: u32, bytes: &[u8]) -> FrameSeen<'_> {
        let at = Instant::from_nanos(at);
        FrameSeen {
            at,
            nic: nic(node),
            direction: Direction::Out,
            packet: PacketId(1),
            bytes: [bytes, b"!"],
            flaw: None,
        }
    }

    #[test]
    fn a_recording_is_taken_in_order_of_time_and_the_recorder_goes_on() {
        let (recorder, mut sink) = Recorder::new(Wants::ALL);
        sink.nic(nic(1), info("laptop"));
        sink.frame(frame(20, 1, b"late"));
        sink.frame(frame(10, 1, b"early"));
        let first = recorder.take();
        assert_eq!(
            first.frames().map(|f| f.bytes.to_vec()).collect::<Vec<_>>(),
            [b"early!".to_vec(), b"late!".to_vec()]
        );
        sink.frame(frame(30, 1, b"later"));
        let second = recorder.take();
        assert_eq!(second.frames().len(), 1);
        assert_eq!(second.node("laptop"), Some(NodeId(1)));
    }

    #[test]
    fn what_is_not_wanted_is_not_asked_for_and_not_kept() {
        let (recorder, mut sink) = Recorder::new(Wants::APP);
        assert!(sink.wants(Kind::App) && !sink.wants(Kind::Frame) && !sink.wants(Kind::Secret));
        sink.frame(frame(1, 1, b"x"));
        sink.secret(Instant::ZERO, "CLIENT_RANDOM 00 00");
        let fact = Fact::App(AppFact::new("dns", "lookup", 1));
        sink.event(Event { at: Instant::ZERO, node: NodeId(1), cause: PacketId::NONE, fact });
        let recording = recorder.take();
        assert_eq!((recording.frames().len(), recording.secrets().len(), recording.events().len()), (0, 0, 1));
    }

    #[test]
    fn a_full_recording_keeps_its_beginning_and_says_what_is_missing() {
        let (recorder, mut sink) = Recorder::with_limits(Wants::ALL, Limits { frame_bytes: 10, ..Limits::default() });
        for at in 0..5 {
            sink.frame(frame(at, 1, b"1234"));
        }
        let recording = recorder.take();
        assert_eq!(recording.frames().len(), 2);
        let truncated = recording.truncated().expect("three frames did not fit");
        assert_eq!((truncated.at, truncated.frames), (Instant::from_nanos(2), 3));
        assert!(truncated.to_string().contains("3 frames"), "{truncated}");
    }

    #[test]
    fn a_recorder_and_its_recording_cross_threads() {
        fn crosses<T: Send + 'static>(_: &T) {}
        let (recorder, sink) = Recorder::new(Wants::ALL);
        crosses(&recorder);
        crosses(&sink);
        crosses(&recorder.take());
    }
}
