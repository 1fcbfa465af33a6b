//! The programs' calls, as far as they need the table: listen, accept, connect, read, and who waits for what.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;

use base::event::Flow;
use base::{Rng, SeqNum};
use bytes::Bytes;

use super::connection::Connection;
use super::cx::TcpCx;
use super::handshake::Handshake;
use super::listener::Listener;
use super::settings::Settings;
use super::table::{Tcp, offered_mss};
use crate::config::Config;
use crate::socket::{BindError, TcpError, TcpInfo, TcpOption};
use crate::transport::{Path, port};

impl Tcp {
    pub(crate) fn listen(&mut self, local: SocketAddr, backlog: usize) -> Result<u64, BindError> {
        let id = self.listeners.insert(Listener::new(local, backlog)).ok_or(BindError::TooManySockets)?;
        if !self.demux.add_listener(local, id) {
            self.listeners.remove(id);
            return Err(BindError::InUse(local));
        }
        Ok(id)
    }

    pub(crate) fn listener_local(&self, id: u64) -> Option<SocketAddr> {
        self.listeners.get(id).map(|listener| listener.local)
    }

    pub(crate) fn accept(&mut self, id: u64) -> Option<u64> {
        let connection = self.listeners.get_mut(id)?.accept.pop_front()?;
        if let Some(entry) = self.connections.get_mut(connection) {
            entry.listener = None;
        }
        Some(connection)
    }

    pub(crate) fn unlisten(&mut self, id: u64, cx: &mut TcpCx<'_>) {
        let Some(listener) = self.listeners.remove(id) else { return };
        self.demux.remove_listener(listener.local);
        let orphans: Vec<u64> =
            self.connections.iter().filter(|(_, entry)| entry.listener == Some(id)).map(|(id, _)| id).collect();
        for orphan in orphans {
            if let Some(entry) = self.connections.get_mut(orphan) {
                entry.listener = None;
                entry.connection.abort(TcpError::Aborted, cx);
                entry.connection.program.released = true;
            }
            self.after_input(orphan);
        }
    }

    /// Opens towards `remote` from `local`; port 0 stands for a random ephemeral one.
    pub(crate) fn connect(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        path: Path,
        rng: &mut Rng,
    ) -> Result<u64, TcpError> {
        let mut flow = Flow { local, remote };
        if local.port() == 0 {
            let demux = &self.demux;
            let free = |port| {
                let local = SocketAddr::new(local.ip(), port);
                demux.connection(&Flow { local, remote }).is_none() && demux.listener(local).is_none()
            };
            flow.local.set_port(port::ephemeral(rng, free).ok_or(TcpError::NoPortLeft)?);
        } else if self.demux.connection(&flow).is_some() {
            return Err(TcpError::NoPortLeft);
        }
        let offset = self.isn.timestamp_offset(&flow);
        let settings = self.defaults.clone();
        let handshake =
            Handshake::connect(SeqNum(0), offered_mss(&flow, &path, &settings), offset, settings.receive_buffer);
        let id = self.insert(flow, handshake, path, None, settings).ok_or(TcpError::TooManySockets)?;
        self.after_input(id);
        Ok(id)
    }

    /// Changes what connections accepted from now on are told.
    pub(crate) fn set_listener(&mut self, id: u64, option: TcpOption, config: &Config) {
        if let Some(listener) = self.listeners.get_mut(id) {
            let settings = listener.settings.get_or_insert_with(|| Arc::new(Settings::new(config)));
            Arc::make_mut(settings).set(option);
        }
    }

    pub(crate) fn info(&self, id: u64) -> Option<TcpInfo> {
        self.connections.get(id).map(|entry| entry.connection.info(&entry.path))
    }

    pub(crate) fn connection(&self, id: u64) -> Option<&Connection> {
        self.connections.get(id).map(|entry| &entry.connection)
    }

    pub(crate) fn connections(&self) -> impl Iterator<Item = (u64, &Connection)> {
        self.connections.iter().map(|(id, entry)| (id, &entry.connection))
    }

    /// Changes a connection on behalf of its program.
    pub(crate) fn with<T>(&mut self, id: u64, change: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        let result = change(&mut self.connections.get_mut(id)?.connection);
        self.after_input(id);
        Some(result)
    }

    pub(crate) fn recv(&mut self, id: u64, into: &mut [u8]) -> Result<Option<usize>, TcpError> {
        self.read(id, |connection| (!connection.rx.is_empty()).then(|| connection.rx.read(into)), || 0)
    }

    pub(crate) fn recv_bytes(&mut self, id: u64, limit: usize) -> Result<Option<Bytes>, TcpError> {
        self.read(id, |connection| connection.rx.read_slice(limit), Bytes::new)
    }

    fn read<T>(
        &mut self,
        id: u64,
        take: impl FnOnce(&mut Connection) -> Option<T>,
        end: impl FnOnce() -> T,
    ) -> Result<Option<T>, TcpError> {
        let Some(entry) = self.connections.get_mut(id) else { return Err(TcpError::Closed) };
        if let Some(data) = take(&mut entry.connection) {
            // The freed room may be worth a window update.
            self.after_input(id);
            return Ok(Some(data));
        }
        match entry.connection.error() {
            Some(error) => Err(error),
            None => Ok(entry.connection.is_at_end().then(end)),
        }
    }

    pub(crate) fn release(&mut self, id: u64, cx: &mut TcpCx<'_>) {
        self.with(id, |connection| connection.release(cx));
    }

    /// Wakes `waker` when a read may succeed; at once when it may already.
    pub(crate) fn wake_on_readable(&mut self, id: u64, waker: &Waker, wakers: &mut Vec<Waker>) {
        match self.connections.get_mut(id) {
            Some(entry) if !entry.connection.is_readable() => entry.connection.program.reader = Some(waker.clone()),
            _ => wakers.push(waker.clone()),
        }
    }

    pub(crate) fn wake_on_writable(&mut self, id: u64, waker: &Waker, wakers: &mut Vec<Waker>) {
        match self.connections.get_mut(id) {
            Some(entry) if !entry.connection.is_writable() => entry.connection.program.writer = Some(waker.clone()),
            _ => wakers.push(waker.clone()),
        }
    }

    pub(crate) fn wake_on_accept(&mut self, id: u64, waker: &Waker, wakers: &mut Vec<Waker>) {
        match self.listeners.get_mut(id) {
            Some(listener) if listener.accept.is_empty() => listener.waker = Some(waker.clone()),
            _ => wakers.push(waker.clone()),
        }
    }
}
