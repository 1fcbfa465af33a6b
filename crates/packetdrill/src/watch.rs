//! poll and epoll: what a descriptor is ready for, and who was told.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use crate::errno::{Errno, Result};

/// An epoll descriptor.
#[derive(Debug)]
pub(crate) struct Epoll {
    /// Holds the number of the descriptor.
    _fd: OwnedFd,
    interests: BTreeMap<i32, Interest>,
}

#[derive(Clone, Copy, Debug)]
struct Interest {
    events: u32,
    data: u64,
    /// Something happened since the program was last told (edge-triggered interests wait for that).
    armed: bool,
    /// A one-shot interest that has had its shot.
    spent: bool,
}

/// What `epoll_ctl` does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Add,
    Delete,
    Modify,
}

impl Change {
    pub(crate) fn of(op: i32) -> Result<Self> {
        match op {
            libc::EPOLL_CTL_ADD => Ok(Change::Add),
            libc::EPOLL_CTL_DEL => Ok(Change::Delete),
            libc::EPOLL_CTL_MOD => Ok(Change::Modify),
            _ => Err(Errno(libc::EINVAL)),
        }
    }
}

impl Epoll {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Epoll { _fd: fd, interests: BTreeMap::new() }
    }

    pub(crate) fn control(&mut self, change: Change, fd: i32, events: u32, data: u64) -> Result<()> {
        let known = self.interests.contains_key(&fd);
        match (change, known) {
            (Change::Add, true) => return Err(Errno(libc::EEXIST)),
            (Change::Delete | Change::Modify, false) => return Err(Errno(libc::ENOENT)),
            (Change::Delete, true) => {
                self.interests.remove(&fd);
            }
            (Change::Add, false) | (Change::Modify, true) => {
                let events = events | ALWAYS;
                self.interests.insert(fd, Interest { events, data, armed: true, spent: false });
            }
        }
        Ok(())
    }

    /// A descriptor was closed.
    pub(crate) fn forget(&mut self, fd: i32) {
        self.interests.remove(&fd);
    }

    /// Something happened at a descriptor.
    pub(crate) fn on_wake(&mut self, fd: i32, keys: u32) {
        if let Some(interest) = self.interests.get_mut(&fd)
            && interest.events & keys & EVENTS != 0
        {
            interest.armed = true;
        }
    }

    /// The descriptors that are to be asked what they are ready for.
    pub(crate) fn fds(&self) -> Vec<i32> {
        self.interests
            .iter()
            .filter(|(_, one)| !one.spent && (one.armed || !one.is_edge()))
            .map(|(fd, _)| *fd)
            .collect()
    }

    /// One of them is ready for `events`: what the program is told, if anything.
    pub(crate) fn report(&mut self, fd: i32, events: u32) -> Option<(u32, u64)> {
        let interest = self.interests.get_mut(&fd)?;
        interest.armed = false;
        let told = interest.events & events & EVENTS;
        if told == 0 {
            return None;
        }
        interest.spent = interest.events & libc::EPOLLONESHOT as u32 != 0;
        Some((told, interest.data))
    }
}

impl Interest {
    fn is_edge(&self) -> bool {
        self.events & libc::EPOLLET as u32 != 0
    }
}

/// What is told whether it was asked for or not.
const ALWAYS: u32 = (libc::EPOLLERR | libc::EPOLLHUP) as u32;
/// Events, as opposed to the ways in which they are told.
const EVENTS: u32 = 0x0fff_ffff;

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: u32 = libc::EPOLLOUT as u32;

    fn epoll(events: u32) -> Epoll {
        let mut epoll = Epoll::new(crate::calls::descriptor().expect("a descriptor"));
        epoll.control(Change::Add, 7, events, 70).expect("a new interest");
        epoll
    }

    #[test]
    fn an_edge_is_told_once_for_each_thing_that_happens() {
        let mut epoll = epoll(OUT | libc::EPOLLET as u32);
        assert_eq!(epoll.fds(), [7]);
        assert_eq!(epoll.report(7, OUT), Some((OUT, 70)));
        assert_eq!(epoll.fds(), []);
        epoll.on_wake(7, libc::EPOLLIN as u32);
        assert_eq!(epoll.fds(), [], "nobody asked for that");
        epoll.on_wake(7, OUT);
        assert_eq!(epoll.fds(), [7]);
    }

    #[test]
    fn a_level_is_told_as_long_as_it_lasts_and_a_single_shot_once() {
        let mut level = epoll(OUT);
        assert_eq!(level.report(7, OUT), Some((OUT, 70)));
        assert_eq!(level.fds(), [7]);
        let mut once = epoll(OUT | libc::EPOLLONESHOT as u32);
        assert_eq!(once.report(7, OUT), Some((OUT, 70)));
        assert_eq!(once.fds(), []);
        assert_eq!(once.control(Change::Modify, 7, OUT, 71), Ok(()));
        assert_eq!(once.report(7, OUT), Some((OUT, 71)));
    }
}
