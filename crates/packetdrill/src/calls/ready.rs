//! poll and epoll calls.

use std::os::fd::{AsRawFd, OwnedFd};

use base::event::TcpState;
use base::{Duration, Instant};
use stack::SocketId;

use super::connect::descriptor;
use super::socket::{Descriptor, Kind};
use super::stream::unread;
use crate::desk::Answer;
use crate::errno::{Errno, Result};
use crate::machine::Machine;
use crate::watch::{Change, Epoll};

impl Machine {
    /// What a descriptor is ready for, in poll's words; asking for room that is not there is remembered.
    pub(crate) fn ready(&mut self, fd: i32) -> Result<u32> {
        let usual = self.usual_not_sent_limit();
        let (host, socket) = self.both(fd)?;
        let id = match socket.kind {
            Kind::Fresh => return Ok(OUT | HUP),
            Kind::Listener(id) => {
                host.take_wakers();
                host.wake_on_readable(SocketId::Listener(id), std::task::Waker::noop());
                let someone = !host.take_wakers().is_empty();
                return Ok(if someone { IN } else { 0 });
            }
            Kind::Stream(id, _) => id,
        };
        let state = host.tcp_state(id).unwrap_or(TcpState::Closed);
        let mut events = 0;
        let over = socket.failure(host).is_some() || state == TcpState::Closed;
        let no_more_in = socket.finished() || socket.shut.0 || over;
        if over || (no_more_in && socket.shut.1) {
            events |= HUP;
        }
        if no_more_in {
            events |= IN | RDHUP;
        }
        if unread(host, socket) > 0 {
            events |= IN;
        }
        if !matches!(state, TcpState::SynSent | TcpState::SynReceived) {
            if over || socket.shut.1 || socket.send.is_writable(socket.not_sent_limit(usual)) {
                events |= OUT;
            } else {
                socket.no_space = true;
            }
        }
        if (socket.failure(host).is_some() && !socket.error_told) || !socket.notices.is_empty() {
            events |= ERR;
        }
        Ok(events)
    }

    /// `fds`: descriptor and wanted events; answers each one's events, and how many have some.
    pub(crate) fn poll(&mut self, fds: &[(i32, i16)], until: Option<Instant>) -> Result<Answer<Vec<i16>>> {
        let mut answers = Vec::with_capacity(fds.len());
        for (fd, wanted) in fds {
            answers.push(match self.ready(*fd) {
                Ok(events) => events as i16 & (wanted | (ERR | HUP) as i16),
                Err(_) => libc::POLLNVAL,
            });
        }
        let some = answers.iter().any(|events| *events != 0);
        if some || until.is_some_and(|until| until <= self.clock.now()) {
            return Ok(Answer::Is(answers));
        }
        Ok(Answer::Wait(until))
    }

    pub(crate) fn epoll_create(&mut self) -> Result<i32> {
        let fd = descriptor()?;
        let number = fd.as_raw_fd();
        self.table.insert(number, Descriptor::Epoll(Epoll::new(fd)));
        Ok(number)
    }

    pub(crate) fn epoll_ctl(&mut self, epfd: i32, op: i32, fd: i32, events: u32, data: u64) -> Result<()> {
        let change = Change::of(op)?;
        self.socket(fd)?;
        self.epoll(epfd)?.control(change, fd, events, data)
    }

    /// Events and data of at most `most` descriptors.
    pub(crate) fn epoll_wait(
        &mut self,
        epfd: i32,
        most: usize,
        until: Option<Instant>,
    ) -> Result<Answer<Vec<(u32, u64)>>> {
        let mut told = Vec::new();
        for fd in self.epoll(epfd)?.fds() {
            if told.len() == most {
                break;
            }
            let events = self.ready(fd)?;
            told.extend(self.epoll(epfd)?.report(fd, events));
        }
        if !told.is_empty() || until.is_some_and(|until| until <= self.clock.now()) {
            return Ok(Answer::Is(told));
        }
        Ok(Answer::Wait(until))
    }

    fn epoll(&mut self, fd: i32) -> Result<&mut Epoll> {
        match self.table.get_mut(&fd) {
            Some(Descriptor::Epoll(epoll)) => Ok(epoll),
            Some(_) => Err(Errno(libc::EINVAL)),
            None => Err(Errno(libc::EBADF)),
        }
    }

    /// When a timeout of so many milliseconds ends; negative: never.
    pub(crate) fn until(&self, timeout_ms: i32) -> Option<Instant> {
        let ms = u64::try_from(timeout_ms).ok()?;
        Some(self.clock.now() + Duration::from_millis(ms))
    }

    pub(crate) fn pipe(&mut self) -> Result<[i32; 2]> {
        let (out, into) = rustix::pipe::pipe().map_err(|error| Errno(error.raw_os_error()))?;
        Ok([out, into].map(|end: OwnedFd| {
            let number = end.as_raw_fd();
            self.table.insert(number, Descriptor::Pipe(end));
            number
        }))
    }
}

const IN: u32 = (libc::EPOLLIN | libc::EPOLLRDNORM) as u32;
const OUT: u32 = (libc::EPOLLOUT | libc::EPOLLWRNORM) as u32;
const ERR: u32 = libc::EPOLLERR as u32;
const HUP: u32 = libc::EPOLLHUP as u32;
const RDHUP: u32 = libc::EPOLLRDHUP as u32;
