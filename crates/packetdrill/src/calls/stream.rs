//! Reading and writing.

use base::Instant;
use stack::{Host, TcpOption};

use super::socket::{Descriptor, Kind, Socket};
use crate::address::Family;
use crate::desk::Answer;
use crate::errno::{Errno, Result};
use crate::machine::Machine;
use crate::notices::Notice;

/// A write: what the program said, and what earlier turns of it have done.
#[derive(Debug, Default)]
pub(crate) struct Write<'a> {
    data: &'a [u8],
    flags: i32,
    /// How long each of its buffers is, where there were many.
    vectors: Vec<usize>,
    done: usize,
    /// It found no room and sleeps until there is enough.
    slept: bool,
}

impl<'a> Write<'a> {
    pub(crate) fn new(data: &'a [u8], flags: i32, vectors: Vec<usize>) -> Self {
        Write { data, flags, vectors, done: 0, slept: false }
    }

    fn has(&self, flag: i32) -> bool {
        self.flags & flag != 0
    }

    /// Where the next packet buffer has to end: behind a record, and behind so many pages that the program lends.
    fn next_cut(&self, may_lend: bool) -> Option<usize> {
        let record = self.has(libc::MSG_EOR).then_some(self.data.len());
        if !(may_lend && self.has(MSG_ZEROCOPY)) {
            return record;
        }
        let mut ends = self.vectors.chunks(MOST_PAGES).scan(0, |end, lens| {
            *end += lens.iter().sum::<usize>();
            Some(*end)
        });
        ends.find(|end| *end > self.done).filter(|end| *end < self.data.len()).or(record)
    }
}

/// What `recvmsg` received.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) data: Vec<u8>,
    pub(crate) flags: i32,
    pub(crate) control: Vec<Control>,
}

/// A control message: level, type, data.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) level: i32,
    pub(crate) kind: i32,
    pub(crate) data: Vec<u8>,
}

impl Machine {
    /// A write, or another turn of one that blocks.
    pub(crate) fn send(&mut self, fd: i32, write: &mut Write<'_>) -> Result<Answer<usize>> {
        let (host, socket) = self.both(fd)?;
        let nonblocking = socket.nonblocking || write.has(libc::MSG_DONTWAIT);
        let Kind::Stream(id, _) = socket.kind else { return Err(Errno(libc::EPIPE)) };
        if let Some(error) = socket.take_failure(host) {
            return Err(error);
        }
        if socket.shut.1 {
            return Err(Errno(libc::EPIPE));
        }
        if !host.tcp_connected(id)? {
            return if nonblocking { Err(Errno(libc::EAGAIN)) } else { Ok(Answer::Wait(None)) };
        }
        if write.slept && socket.no_space {
            return Ok(Answer::Wait(None)); // a sleeper is not woken for a little room
        }
        if write.done == 0 {
            socket.more = write.has(libc::MSG_MORE);
            host.tcp_set(id, TcpOption::Cork(socket.is_corked()));
        }
        while write.done < write.data.len() && self.place(fd, write)? {}
        let (done, all) = (write.done, write.done == write.data.len());
        let (_, socket) = self.both(fd)?;
        socket.no_space |= !all;
        if !all && !nonblocking {
            write.slept = true;
            return Ok(Answer::Wait(None));
        }
        if done == 0 && !all {
            return Err(Errno(libc::EAGAIN));
        }
        if done > 0 {
            let zerocopy = socket.own.zerocopy && write.has(MSG_ZEROCOPY);
            socket.notices.on_write(socket.send.written(), zerocopy);
        }
        Ok(Answer::Is(done))
    }

    /// Places as much of a write as one packet buffer takes; false: there is no room.
    fn place(&mut self, fd: i32, write: &mut Write<'_>) -> Result<bool> {
        self.pump(); // what can leave makes room
        let usual = self.usual_not_sent_limit();
        let (host, socket) = self.both(fd)?;
        let cut = write.next_cut(socket.own.zerocopy);
        let (shape, limit) = (socket.shape(), socket.not_sent_limit(usual));
        let len = socket.send.room(cut.unwrap_or(write.data.len()) - write.done, shape, limit);
        if len == 0 {
            return Ok(false);
        }
        socket.backlog.push(&write.data[write.done..write.done + len]);
        write.done += len;
        let ends = cut == Some(write.done);
        socket.send.push(len, shape, ends);
        if ends {
            socket.backlog.cut();
        }
        socket.feed(host);
        Ok(true)
    }

    /// At most `len` bytes.
    pub(crate) fn recv(&mut self, fd: i32, len: usize, flags: i32) -> Result<Answer<Received>> {
        if flags & libc::MSG_ERRQUEUE != 0 {
            return self.recv_notice(fd).map(Answer::Is);
        }
        let (host, socket) = self.both(fd)?;
        let Kind::Stream(id, _) = socket.kind else { return Err(Errno(libc::ENOTCONN)) };
        let peek = flags & libc::MSG_PEEK != 0;
        let mut data = vec![0; len];
        match socket.read(host, id, &mut data, peek) {
            Ok(Some(n)) => {
                data.truncate(n);
                let control = inq(host, socket).into_iter().collect();
                Ok(Answer::Is(Received { data, flags: 0, control }))
            }
            Ok(None) if socket.shut.0 || len == 0 => Ok(Answer::Is(Received::default())),
            Ok(None) if socket.nonblocking || flags & libc::MSG_DONTWAIT != 0 => Err(Errno(libc::EAGAIN)),
            Ok(None) => Ok(Answer::Wait(None)),
            Err(_) => match socket.take_failure(host) {
                Some(error) => Err(error),
                None => Ok(Answer::Is(Received::default())),
            },
        }
    }

    /// Whether a read would find something, so that a bad buffer is only noticed when it is needed.
    pub(crate) fn has_unread(&mut self, fd: i32) -> Result<bool> {
        let (host, socket) = self.both(fd)?;
        Ok(unread(host, socket) > 0)
    }

    fn recv_notice(&mut self, fd: i32) -> Result<Received> {
        let (_, socket) = self.both(fd)?;
        let notice = socket.notices.pop().ok_or(Errno(libc::EAGAIN))?;
        let family = socket.family;
        // What is told ends with the offender's address, in the socket's family.
        let (level, kind, len) = match family {
            Family::Inet => (libc::SOL_IP, libc::IP_RECVERR, 16 + 16),
            Family::Inet6 => (libc::SOL_IPV6, libc::IPV6_RECVERR, 16 + 28),
        };
        let told = |mut data: Vec<u8>| {
            data.resize(len, 0);
            Control { level, kind, data }
        };
        Ok(match notice {
            Notice::Stamp { what, at, key } => Received {
                data: Vec::new(),
                flags: libc::MSG_ERRQUEUE | libc::MSG_TRUNC,
                control: vec![
                    Control { level: libc::SOL_SOCKET, kind: libc::SO_TIMESTAMPING, data: stamp(at) },
                    told(extended_error(libc::ENOMSG as u32, ORIGIN_TIMESTAMPING, 0, what as u32, key)),
                ],
            },
            Notice::Done { first, last } => Received {
                data: Vec::new(),
                flags: libc::MSG_ERRQUEUE,
                control: vec![told(extended_error(0, ORIGIN_ZEROCOPY, ZEROCOPY_COPIED, first, last))],
            },
        })
    }

    /// Moves text from a socket into a pipe.
    pub(crate) fn splice(&mut self, from: i32, to: i32, len: usize) -> Result<Answer<usize>> {
        if !matches!(self.table.get(&to), Some(Descriptor::Pipe(_))) {
            return Err(Errno(libc::EINVAL));
        }
        let received = match self.recv(from, len, 0)? {
            Answer::Wait(until) => return Ok(Answer::Wait(until)),
            Answer::Is(received) => received,
        };
        let Some(Descriptor::Pipe(pipe)) = self.table.get(&to) else { return Err(Errno(libc::EINVAL)) };
        let written = rustix::io::write(pipe, &received.data).map_err(|error| Errno(error.raw_os_error()))?;
        Ok(Answer::Is(written))
    }

    /// `tcp_notsent_lowat`.
    pub(crate) fn usual_not_sent_limit(&self) -> u64 {
        self.settings.number("tcp_notsent_lowat").unwrap_or(u64::from(u32::MAX))
    }
}

/// What waits to be read.
pub(crate) fn unread(host: &Host, socket: &Socket) -> u32 {
    let waits = socket.conn().and_then(|id| host.tcp_info(id)).map_or(0, |info| info.unread);
    waits + socket.peeked.len() as u32
}

/// `TCP_INQ`: what waits to be read, and one byte when only the end does.
fn inq(host: &Host, socket: &Socket) -> Option<Control> {
    if !socket.own.inq {
        return None;
    }
    let waits = unread(host, socket).max(u32::from(socket.finished()));
    Some(Control { level: libc::SOL_TCP, kind: TCP_CM_INQ, data: waits.to_ne_bytes().to_vec() })
}

/// `struct scm_timestamping`: three times, of which software uses the first.
fn stamp(at: Instant) -> Vec<u8> {
    let mut data = Vec::with_capacity(48);
    data.extend(((at.nanos() / 1_000_000_000) as i64).to_ne_bytes());
    data.extend(((at.nanos() % 1_000_000_000) as i64).to_ne_bytes());
    data.resize(48, 0);
    data
}

/// `struct sock_extended_err`.
fn extended_error(errno: u32, origin: u8, code: u8, info: u32, data: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(44);
    bytes.extend(errno.to_ne_bytes());
    bytes.extend([origin, 0, code, 0]);
    bytes.extend(info.to_ne_bytes());
    bytes.extend(data.to_ne_bytes());
    bytes
}

const MSG_ZEROCOPY: i32 = 0x400_0000;
/// Pages that one packet buffer of Linux borrows from a program (`MAX_SKB_FRAGS`).
const MOST_PAGES: usize = 17;
const TCP_CM_INQ: i32 = 36;
const ORIGIN_TIMESTAMPING: u8 = 4;
const ORIGIN_ZEROCOPY: u8 = 5;
const ZEROCOPY_COPIED: u8 = 1;
