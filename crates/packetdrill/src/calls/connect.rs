//! socket, bind, listen, accept, connect, shutdown, close.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use stack::TcpOption;

use super::socket::{Descriptor, Kind, Socket};
use crate::address::Family;
use crate::desk::Answer;
use crate::errno::{Errno, Result};
use crate::machine::Machine;
use crate::send_queue::SendQueue;
use crate::sysctl::DEFAULT_WMEM;

impl Machine {
    pub(crate) fn open(&mut self, domain: i32, kind: i32) -> Result<i32> {
        let family = Family::of(domain)?;
        if kind & 0xf != libc::SOCK_STREAM {
            return Err(Errno(libc::ESOCKTNOSUPPORT));
        }
        self.host(); // reads the settings
        let mut socket = self.new_socket(family)?;
        socket.nonblocking = kind & libc::SOCK_NONBLOCK != 0;
        Ok(self.insert(socket))
    }

    fn new_socket(&self, family: Family) -> Result<Socket> {
        let memory = self.settings.three("tcp_wmem").unwrap_or(DEFAULT_WMEM);
        Ok(Socket::new(descriptor()?, family, SendQueue::new(memory), self.clock.now()))
    }

    fn insert(&mut self, socket: Socket) -> i32 {
        let fd = socket.fd.as_raw_fd();
        self.table.insert(fd, Descriptor::Socket(Box::new(socket)));
        fd
    }

    pub(crate) fn bind(&mut self, fd: i32, address: Option<SocketAddr>) -> Result<()> {
        let socket = self.socket(fd)?;
        if socket.bound.is_some() {
            return Err(Errno(libc::EINVAL));
        }
        socket.bound = Some(address.ok_or(Errno(libc::EAFNOSUPPORT))?);
        Ok(())
    }

    pub(crate) fn listen(&mut self, fd: i32, backlog: i32) -> Result<()> {
        let (host, socket) = self.both(fd)?;
        match socket.kind {
            Kind::Listener(_) => return Ok(()),
            Kind::Stream(..) => return Err(Errno(libc::EINVAL)),
            Kind::Fresh => {}
        }
        let any = SocketAddr::new(IpAddr::from([0, 0, 0, 0]), 0);
        // Linux holds one connection more than it was asked to.
        let id = host.tcp_listen(socket.bound.unwrap_or(any), backlog.max(0) as usize + 1)?;
        socket.options.iter().for_each(|option| host.tcp_set_listener(id, *option));
        socket.kind = Kind::Listener(id);
        Ok(())
    }

    /// Answers the new descriptor and the peer.
    pub(crate) fn accept(&mut self, fd: i32) -> Result<Answer<(i32, SocketAddr, Family)>> {
        let (host, listener) = self.both(fd)?;
        let Kind::Listener(id) = listener.kind else { return Err(Errno(libc::EINVAL)) };
        let Some(conn) = host.tcp_accept(id) else {
            return if listener.nonblocking { Err(Errno(libc::EAGAIN)) } else { Ok(Answer::Wait(None)) };
        };
        let (local, peer) = host.tcp_addresses(conn).ok_or(Errno(libc::ECONNABORTED))?;
        let (family, own, send) = (listener.family, listener.own.clone(), listener.send.clone());
        let mut socket = self.new_socket(family)?;
        (socket.kind, socket.own, socket.bound, socket.send) = (Kind::Stream(conn, true), own, Some(local), send);
        Ok(Answer::Is((self.insert(socket), peer, family)))
    }

    /// `started` remembers that this very call has begun the handshake.
    pub(crate) fn connect(&mut self, fd: i32, to: Option<SocketAddr>, started: &mut bool) -> Result<Answer<()>> {
        let (host, socket) = self.both(fd)?;
        let Some(to) = to else {
            // AF_UNSPEC: the connection is dropped, the socket begins anew.
            if let Kind::Stream(id, _) = socket.kind {
                host.tcp_abort(id);
                host.tcp_release(id);
            }
            socket.kind = Kind::Fresh;
            return Ok(Answer::Is(()));
        };
        if socket.kind == Kind::Fresh {
            let id = match socket.bound.filter(|bound| !bound.ip().is_unspecified()) {
                Some(local) => host.tcp_connect_from(local, to)?,
                None => host.tcp_connect(to)?,
            };
            socket.options.iter().for_each(|option| host.tcp_set(id, *option));
            socket.kind = Kind::Stream(id, false);
            *started = true;
            return if socket.nonblocking { Err(Errno(libc::EINPROGRESS)) } else { Ok(Answer::Wait(None)) };
        }
        let Kind::Stream(id, known) = socket.kind else { return Err(Errno(libc::EISCONN)) };
        if known && !*started {
            return Err(Errno(libc::EISCONN));
        }
        match host.tcp_connected(id) {
            Ok(true) => {
                socket.kind = Kind::Stream(id, true);
                Ok(Answer::Is(()))
            }
            Ok(false) if socket.nonblocking => Err(Errno(libc::EALREADY)),
            Ok(false) => Ok(Answer::Wait(None)),
            Err(error) => {
                let told = socket.error_told;
                host.tcp_release(id);
                (socket.kind, socket.error_told) = (Kind::Fresh, false);
                Err(if told { Errno(libc::ECONNABORTED) } else { error.into() })
            }
        }
    }

    pub(crate) fn shutdown(&mut self, fd: i32, how: i32) -> Result<()> {
        let (host, socket) = self.both(fd)?;
        let Kind::Stream(..) = socket.kind else { return Err(Errno(libc::ENOTCONN)) };
        if !(libc::SHUT_RD..=libc::SHUT_RDWR).contains(&how) {
            return Err(Errno(libc::EINVAL));
        }
        socket.shut.0 |= how != libc::SHUT_WR;
        if how != libc::SHUT_RD && !socket.shut.1 {
            socket.shut.1 = true;
            socket.backlog.end();
            socket.feed(host);
        }
        Ok(())
    }

    /// The descriptor is gone; its connection finishes by itself.
    pub(crate) fn close(&mut self, fd: i32) -> Result<()> {
        self.host();
        let Some(descriptor) = self.table.remove(&fd) else { return Err(Errno(libc::EBADF)) };
        for other in self.table.values_mut() {
            if let Descriptor::Epoll(epoll) = other {
                epoll.forget(fd);
            }
        }
        let Descriptor::Socket(mut socket) = descriptor else { return Ok(()) };
        let host = self.host();
        match socket.kind {
            Kind::Fresh => {}
            Kind::Listener(id) => host.tcp_unlisten(id),
            Kind::Stream(id, _) => {
                if socket.own.linger == Some(0) {
                    host.tcp_abort(id);
                }
                // What is corked goes out with the FIN.
                host.tcp_set(id, TcpOption::Cork(false));
                if socket.own.linger != Some(0) && socket.backlog.len() > 0 {
                    socket.backlog.end();
                    self.orphans.push(*socket);
                } else {
                    host.tcp_release(id);
                }
            }
        }
        Ok(())
    }
}

/// A real descriptor that stands for one of ours.
pub(crate) fn descriptor() -> Result<OwnedFd> {
    eventfd(0, EventfdFlags::CLOEXEC).map_err(|error| Errno(error.raw_os_error()))
}
