//! Calls that block, and whose turn it is.
//!
//! packetdrill makes a call that a script expects to block from a second thread, goes on with its script, and looks in
//! `/proc` whether that thread sleeps. So a call that cannot be answered sleeps on a condition variable. Whenever the
//! first thread has changed something, it hands the turn to the sleeper and waits until that sleeps again, or has returned
//! and looked at the clock: time does not move in between, so a run repeats exactly.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use base::Instant;

use crate::errno::{Errno, Result};
use crate::machine::Machine;

/// A machine, and the threads in front of it.
pub(crate) struct Desk {
    machine: Mutex<Machine>,
    turn: Condvar,
    /// The thread that reads the script.
    owner: ThreadId,
}

/// The thread whose call blocks.
#[derive(Debug)]
pub(crate) struct Sleeper {
    /// It need not wait longer.
    pub(crate) until: Option<Instant>,
    /// The turn in which it last looked.
    looked: u64,
    /// Its call has returned, and it has not looked at the clock since.
    returned: bool,
}

impl Desk {
    pub(crate) fn new(machine: Machine) -> Arc<Self> {
        Arc::new(Desk { machine: Mutex::new(machine), turn: Condvar::new(), owner: thread::current().id() })
    }

    /// The machine as it is, without anything happening to it.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&mut Machine) -> T) -> T {
        at(&mut self.lock())
    }

    /// A call that answers at once.
    pub(crate) fn call<T>(&self, call: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.lock();
        machine.begin();
        let answer = call(&mut machine);
        machine.pump();
        self.settle(machine);
        answer
    }

    /// A call that may block: `call` answers `None` as long as it has to wait, at most until the moment it names.
    pub(crate) fn block<T>(&self, mut call: impl FnMut(&mut Machine) -> Result<Answer<T>>) -> Result<T> {
        let mut machine = self.lock();
        loop {
            machine.begin();
            let answer = call(&mut machine);
            machine.pump();
            let until = match answer {
                Ok(Answer::Wait(until)) => until,
                Ok(Answer::Is(value)) => break self.leave(machine, Ok(value)),
                Err(error) => break self.leave(machine, Err(error)),
            };
            if thread::current().id() == self.owner {
                // Nobody else moves time: what the script blocks on must come out of the stack itself.
                if !machine.step(until) {
                    return Err(Errno(libc::EDEADLK));
                }
                machine = self.settled(machine);
            } else {
                let looked = machine.turns;
                machine.sleeper = Some(Sleeper { until, looked, returned: false });
                self.turn.notify_all();
                let waits = |machine: &mut Machine| machine.turns == looked;
                machine = self.turn.wait_while(machine, waits).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// The clock, as packetdrill reads it.
    pub(crate) fn time(&self) -> Instant {
        let mut machine = self.lock();
        if thread::current().id() != self.owner && machine.sleeper.take().is_some() {
            self.turn.notify_all();
            return machine.clock.now();
        }
        machine.clock.look()
    }

    /// Time passes until `at`, and everything that is due by then happens.
    pub(crate) fn sleep_until(&self, at: impl FnOnce(&Machine) -> Instant) {
        let mut machine = self.lock();
        let at = at(&machine);
        for _ in 0..MOST_STEPS {
            if !machine.step(Some(at)) || machine.clock.now() >= at {
                break;
            }
            machine = self.settled(machine);
        }
        machine.clock.advance_to(at);
        self.settle(machine);
    }

    /// The next packet that leaves the stack; time passes until there is one. `None`: nothing can ever come.
    pub(crate) fn next_packet(&self) -> Option<(Instant, Vec<u8>)> {
        let mut machine = self.lock();
        machine.begin();
        machine.pump();
        for _ in 0..MOST_STEPS {
            if let Some(packet) = machine.take_packet() {
                return Some((packet.at, packet.bytes));
            }
            if !machine.step(None) {
                return None;
            }
            machine = self.settled(machine);
        }
        None
    }

    fn leave<T>(&self, mut machine: MutexGuard<'_, Machine>, answer: T) -> T {
        if thread::current().id() == self.owner {
            self.settle(machine);
        } else if let Some(sleeper) = &mut machine.sleeper {
            sleeper.returned = true;
        }
        answer
    }

    fn settle(&self, machine: MutexGuard<'_, Machine>) {
        drop(self.settled(machine));
    }

    /// Gives the sleeper its turn.
    fn settled<'a>(&'a self, mut machine: MutexGuard<'a, Machine>) -> MutexGuard<'a, Machine> {
        if machine.sleeper.is_none() || thread::current().id() != self.owner {
            return machine;
        }
        machine.turns += 1;
        self.turn.notify_all();
        let busy = |machine: &mut Machine| {
            let turns = machine.turns;
            machine.sleeper.as_ref().is_some_and(|sleeper| sleeper.returned || sleeper.looked < turns)
        };
        self.turn.wait_while(machine, busy).unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call that may block says.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    /// It is over.
    Is(T),
    /// Ask again when something has happened, or at this moment.
    Wait(Option<Instant>),
}

/// Timers that may fire in a row without a packet.
const MOST_STEPS: u32 = 100_000;
