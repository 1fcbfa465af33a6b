//! What programs tell about themselves, kept in order until the driver hands it to its sink.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use base::event::AppFact;
use base::{Event, Fact, Instant, Kind, NodeId, PacketId, Sink};

use crate::runtime::lock;

/// The waiting records of all programs of a runtime.
pub(crate) struct Facts {
    wants_app: AtomicBool,
    wants_secret: AtomicBool,
    /// Whether anything waits.
    some: AtomicBool,
    waiting: Mutex<Vec<Record>>,
}

enum Record {
    App(Instant, NodeId, AppFact),
    Secret(Instant, String),
}

impl Facts {
    pub(crate) fn new() -> Self {
        let yes = || AtomicBool::new(true);
        Facts { wants_app: yes(), wants_secret: yes(), some: AtomicBool::new(false), waiting: Mutex::default() }
    }

    pub(crate) fn set_wanted(&self, sink: &dyn Sink) {
        self.wants_app.store(sink.wants(Kind::App), Relaxed);
        self.wants_secret.store(sink.wants(Kind::Secret), Relaxed);
    }

    pub(crate) fn wants_app(&self) -> bool {
        self.wants_app.load(Relaxed)
    }

    pub(crate) fn app(&self, at: Instant, node: NodeId, fact: AppFact) {
        if self.wants_app() {
            self.push(Record::App(at, node, fact));
        }
    }

    pub(crate) fn secret(&self, at: Instant, line: &str) {
        if self.wants_secret.load(Relaxed) {
            self.push(Record::Secret(at, line.into()));
        }
    }

    fn push(&self, record: Record) {
        let mut waiting = lock(&self.waiting);
        if waiting.len() < RECORDS_WAITING {
            waiting.push(record);
            self.some.store(true, Release);
        }
    }

    pub(crate) fn drain(&self, sink: &mut dyn Sink) {
        if !self.some.load(Relaxed) || !self.some.swap(false, Acquire) {
            return;
        }
        let records = std::mem::take(&mut *lock(&self.waiting));
        for record in records {
            match record {
                Record::App(at, node, fact) => {
                    sink.event(Event { at, node, cause: PacketId::NONE, fact: Fact::App(fact) });
                }
                Record::Secret(at, line) => sink.secret(at, &line),
            }
        }
    }
}

/// Records that wait for a driver, at most; later ones are lost. A driver drains after every turn, so only a program
/// that runs without one gets here.
const RECORDS_WAITING: usize = 1 << 20;
