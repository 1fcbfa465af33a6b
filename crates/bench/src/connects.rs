//! Connections opened and closed per wall second.
//!
//! The client connects in turn to 64 ports of the server, closes first, and keeps every connection in TIME-WAIT as the RFC
//! says: virtual time hardly passes, so none of them ends within the run, and each new connection finds a port of its own
//! among the 16,384 ephemeral ones that each server port has. Every connection takes its full handshake and both FINs;
//! the server's program sees the end of the stream and closes too.

use std::net::SocketAddr;
use std::time::Instant as Wall;

use base::event::TcpState;
use base::{Duration, Instant, Rng};
use lexopt::prelude::*;
use stack::{Config, ConnId, ListenerId, TcpError};

use crate::ends::{CLIENT, End, SERVER, talk};
use crate::line::{Line, Path};
use crate::rss;

/// What is to be measured.
pub(crate) struct Options {
    connections: usize,
    ports: u16,
}

/// What was measured.
pub(crate) struct Report {
    connections: usize,
    ports: u16,
    frames: u64,
    time_wait: usize,
    wall_s: f64,
    peak: u64,
}

impl Options {
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut o = Options { connections: 500_000, ports: 64 };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("connections") => o.connections = arguments.value()?.parse()?,
                Long("ports") => o.ports = arguments.value()?.parse::<u16>()?.max(1),
                other => return Err(other.unexpected()),
            }
        }
        Ok(o)
    }

    pub(crate) fn run(self) -> Result<Report, String> {
        let end = |number, address| End::new(number, address, Config::default(), 1500, 1);
        let (mut a, mut b) = (end(0, CLIENT), end(1, SERVER));
        let listeners: Vec<ListenerId> = (0..self.ports)
            .map(|port| b.host.tcp_listen(server(port), 16).map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()?;
        let lines = ["forth", "back"].map(|name| Line::new(Path::default(), Rng::root(1).split(name)));
        let [forth, back] = lines;
        let mut desk = Desk { a: &mut a, b: &mut b, forth, back, now: Instant::ZERO };
        let wall = Wall::now();
        let mut done = 0;
        while done < self.connections {
            let count = self.connections.saturating_sub(done).min(listeners.len());
            desk.serve(&listeners[..count]).map_err(|error| format!("after {done} connections: {error}"))?;
            done += count;
        }
        let wall_s = wall.elapsed().as_secs_f64();
        let time_wait = a.host.tcp_connections().filter(|(_, _, state)| *state == TcpState::TimeWait).count();
        let left = b.host.tcp_connections().count();
        if left > 0 {
            return Err(format!("the server still has {left} connections"));
        }
        let frames = a.sent + b.sent;
        Ok(Report { connections: done, ports: self.ports, frames, time_wait, wall_s, peak: rss::peak()? })
    }
}

/// Both hosts while they are at work.
struct Desk<'a> {
    a: &'a mut End,
    b: &'a mut End,
    forth: Line,
    back: Line,
    now: Instant,
}

impl Desk<'_> {
    /// Opens and closes one connection to each listener.
    fn serve(&mut self, listeners: &[ListenerId]) -> Result<(), TcpError> {
        let ports = 0..listeners.len() as u16;
        let clients: Vec<ConnId> = ports.map(|port| self.a.host.tcp_connect(server(port))).collect::<Result<_, _>>()?;
        self.talk();
        let servers: Vec<ConnId> = listeners.iter().filter_map(|id| self.b.host.tcp_accept(*id)).collect();
        assert_eq!(servers.len(), clients.len(), "every connection was opened");
        for client in &clients {
            assert_eq!(self.a.host.tcp_connected(*client), Ok(true), "every connection was opened");
            self.a.host.tcp_release(*client);
        }
        self.talk();
        let mut end = [0; 1];
        for server in servers {
            assert_eq!(self.b.host.tcp_recv(server, &mut end), Ok(Some(0)), "the client has closed");
            self.b.host.tcp_release(server);
        }
        self.talk();
        self.now += TURN;
        Ok(())
    }

    fn talk(&mut self) {
        let Desk { a, b, forth, back, now } = self;
        talk(a, b, forth, back, *now);
    }
}

impl Report {
    pub(crate) fn to_json(&self) -> String {
        format!(
            "{{\"peer\":\"glassnet\",\"connections\":{},\"ports\":{},\"frames\":{},\"time_wait\":{},\"wall_s\":{:.3},\
             \"connects_per_wall_s\":{:.0},\"peak_mib\":{:.0}}}",
            self.connections,
            self.ports,
            self.frames,
            self.time_wait,
            self.wall_s,
            self.connections as f64 / self.wall_s,
            self.peak as f64 / f64::from(1 << 20)
        )
    }
}

fn server(port: u16) -> SocketAddr {
    SocketAddr::new(SERVER.into(), 8000 + port)
}

/// Virtual time between one connection of a port and the next.
const TURN: Duration = Duration::from_micros(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_keeps_every_connection_in_time_wait_and_the_server_none() {
        let report = Options { connections: 130, ports: 64 }.run().unwrap();
        assert_eq!((report.connections, report.time_wait), (130, 130));
        assert!((6 * 130..=8 * 130).contains(&report.frames), "{} frames", report.frames);
    }
}
