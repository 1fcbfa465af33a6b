//! Reading and writing.

use base::Instant;
use stack::{Host, TcpOption};

use super::socket::{Descriptor, Kind, Socket};
use crate::desk::Answer;
use crate::errno::{Errno, Result};
use crate::machine::Machine;
use crate::notices::Notice;

/// What earlier turns of a write that blocks have done.
#[derive(Debug, Default)]
pub(crate) struct Writing {
    /// Bytes written.
    done: usize,
    /// It found no room and sleeps until there is enough.
    slept: bool,
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
    pub(crate) fn send(&mut self, fd: i32, data: &[u8], flags: i32, writing: &mut Writing) -> Result<Answer<usize>> {
        let Writing { done, slept } = writing;
        let usual = self.usual_not_sent_limit();
        let (host, socket) = self.both(fd)?;
        let nonblocking = socket.nonblocking || flags & libc::MSG_DONTWAIT != 0;
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
        if *slept && socket.no_space {
            return Ok(Answer::Wait(None)); // a sleeper is not woken for a little room
        }
        if *done == 0 {
            socket.more = flags & libc::MSG_MORE != 0;
            host.tcp_set(id, TcpOption::Cork(socket.is_corked()));
        }
        loop {
            self.pump();
            let (host, socket) = self.both(fd)?;
            let room = socket.send.room(data.len() - *done, socket.shape(), socket.not_sent_limit(usual));
            if room == 0 {
                break;
            }
            socket.backlog.push(&data[*done..*done + room]);
            *done += room;
            let ends = *done == data.len() && flags & libc::MSG_EOR != 0;
            socket.send.push(room, socket.shape(), ends);
            if ends {
                socket.backlog.cut();
            }
            socket.feed(host);
            if *done == data.len() {
                break;
            }
        }
        let (_, socket) = self.both(fd)?;
        socket.no_space |= *done < data.len();
        if *done < data.len() && !nonblocking {
            *slept = true;
            return Ok(Answer::Wait(None));
        }
        if *done == 0 && !data.is_empty() {
            return Err(Errno(libc::EAGAIN));
        }
        if *done > 0 {
            let zerocopy = socket.own.zerocopy && flags & MSG_ZEROCOPY != 0;
            socket.notices.on_write(socket.send.written(), zerocopy);
        }
        Ok(Answer::Is(*done))
    }

    /// At most `len` bytes.
    pub(crate) fn recv(&mut self, fd: i32, len: usize, flags: i32) -> Result<Answer<Received>> {
        if flags & libc::MSG_ERRQUEUE != 0 {
            return self.recv_notice(fd).map(Answer::Is);
        }
        let (host, socket) = self.both(fd)?;
        let Kind::Stream(id, _) = socket.kind else { return Err(Errno(libc::ENOTCONN)) };
        let mut data = vec![0; len];
        match host.tcp_recv(id, &mut data) {
            Ok(Some(n)) => {
                data.truncate(n);
                socket.on_read(n);
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
        let (level, kind) = match family {
            crate::address::Family::Inet => (libc::SOL_IP, libc::IP_RECVERR),
            crate::address::Family::Inet6 => (libc::SOL_IPV6, libc::IPV6_RECVERR),
        };
        let told = |data| Control { level, kind, data };
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
    socket.conn().and_then(|id| host.tcp_info(id)).map_or(0, |info| info.unread)
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
    let mut bytes = Vec::with_capacity(32);
    bytes.extend(errno.to_ne_bytes());
    bytes.extend([origin, 0, code, 0]);
    bytes.extend(info.to_ne_bytes());
    bytes.extend(data.to_ne_bytes());
    bytes.resize(32, 0); // the offender's address
    bytes
}

const MSG_ZEROCOPY: i32 = 0x400_0000;
const TCP_CM_INQ: i32 = 36;
const ORIGIN_TIMESTAMPING: u8 = 4;
const ORIGIN_ZEROCOPY: u8 = 5;
const ZEROCOPY_COPIED: u8 = 1;
