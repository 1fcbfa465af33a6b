//! What a test with real bytes remembers: all facts, the first frames and the last ones. A failing test leaves them as a
//! capture.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use base::event::{Event, Fact, TcpState, TransportFact};
use base::{Direction, FrameSeen, Instant, Kind, LinkType, Nic, NicInfo, PacketId, Sink};
use scope::view::View;
use scope::{Recording, pcapng};
use wire::tcp::{Flags, Header};

/// The test's end.
pub(crate) struct Film {
    test: &'static str,
    shared: Arc<Mutex<Shared>>,
}

/// The world's end.
struct Camera(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    nics: Vec<(Nic, NicInfo)>,
    syns: Vec<(Direction, Header)>,
    first: Vec<Frame>,
    last: VecDeque<Frame>,
    events: Vec<Event>,
}

struct Frame {
    at: Instant,
    nic: Nic,
    direction: Direction,
    packet: PacketId,
    bytes: Vec<u8>,
}

impl Frame {
    fn header(&self) -> Option<(Direction, Header)> {
        Some((self.direction, View::of(LinkType::Ethernet, &self.bytes).tcp()?.header))
    }
}

impl Film {
    pub(crate) fn new(test: &'static str) -> (Film, Box<dyn Sink>) {
        let shared = Arc::<Mutex<Shared>>::default();
        (Film { test, shared: shared.clone() }, Box::new(Camera(shared)))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The SYNs at our host: which way, and their header.
    pub(crate) fn syns(&self) -> Vec<(Direction, Header)> {
        self.lock().syns.clone()
    }

    /// The headers of the first and the last segments at our host.
    pub(crate) fn headers(&self) -> Vec<(Direction, Header)> {
        let shared = self.lock();
        let frames = shared.first.iter().chain(&shared.last).filter(|frame| frame.nic.node.0 == 0);
        frames.filter_map(Frame::header).collect()
    }

    /// The states that our host's connections went through, in order.
    pub(crate) fn states(&self) -> Vec<TcpState> {
        let shared = self.lock();
        let mut states = Vec::new();
        for event in &shared.events {
            if let Fact::Transport(TransportFact::State { from, to, .. }) = &event.fact {
                if states.is_empty() {
                    states.push(*from);
                }
                states.push(*to);
            }
        }
        states
    }

    fn write(&self) -> std::io::Result<Vec<PathBuf>> {
        let binary = std::env::current_exe()?;
        let target = binary.ancestors().nth(3).map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let folder = target.join("stories");
        std::fs::create_dir_all(&folder)?;
        let mut recording = Recording::default();
        let shared = self.lock();
        for (nic, info) in &shared.nics {
            recording.add_nic(*nic, info.clone());
        }
        for Frame { at, nic, direction, packet, bytes } in shared.first.iter().chain(&shared.last) {
            let (at, nic, direction, packet) = (*at, *nic, *direction, *packet);
            recording.add_frame(FrameSeen { at, nic, direction, packet, bytes: [bytes, &[]], flaw: None });
        }
        shared.events.iter().for_each(|event| recording.add_event(event.clone()));
        let mut paths = Vec::new();
        for (name, bytes) in pcapng::of_all(&recording, SystemTime::UNIX_EPOCH) {
            let path = folder.join(format!("{}-{name}", self.test));
            std::fs::write(&path, bytes)?;
            paths.push(path);
        }
        Ok(paths)
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os("GLASSNET_KEEP").is_some() {
            match self.write() {
                Ok(paths) => paths.iter().for_each(|path| println!("capture: {}", path.display())),
                Err(error) => println!("the capture could not be written: {error}"),
            }
        }
    }
}

impl Camera {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Camera {
    fn wants(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Frame | Kind::Drop | Kind::Transport)
    }
    fn nic(&mut self, nic: Nic, info: NicInfo) {
        self.lock().nics.push((nic, info));
    }
    fn frame(&mut self, frame: FrameSeen<'_>) {
        if frame.nic.node.0 != 0 {
            return; // our host alone: the switch sees the same
        }
        let mut shared = self.lock();
        let FrameSeen { at, nic, direction, packet, bytes, .. } = frame;
        let frame = Frame { at, nic, direction, packet, bytes: bytes.concat() };
        shared.syns.extend(frame.header().filter(|(_, header)| header.flags.contains(Flags::SYN)));
        if shared.first.len() < FIRST {
            return shared.first.push(frame);
        }
        if shared.last.len() >= LAST {
            shared.last.pop_front();
        }
        shared.last.push_back(frame);
    }
    fn event(&mut self, event: Event) {
        let mut shared = self.lock();
        if shared.events.len() < EVENTS {
            shared.events.push(event);
        }
    }
    fn secret(&mut self, _: Instant, _: &str) {}
}

const FIRST: usize = 2_000;
const LAST: usize = 30_000;
const EVENTS: usize = 1_000_000;
