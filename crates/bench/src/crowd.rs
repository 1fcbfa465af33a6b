//! Sockets that only stand there: listeners that nobody connects to, and established connections without traffic.

use std::net::{Ipv4Addr, SocketAddr};

use base::{Instant, Rng};
use stack::{ConnId, TcpError};

use crate::ends::{CLIENT, End, talk};
use crate::line::{Line, Path};

/// Opens `count` idle listeners on `host`.
pub(crate) fn listen(server: &mut End, count: usize) {
    for k in 0..count {
        let address = Ipv4Addr::new(10, 1, (k / PORTS) as u8, 1);
        if k % PORTS == 0 {
            server.add_address(address);
        }
        let local = SocketAddr::new(address.into(), FIRST_PORT + (k % PORTS) as u16);
        server.host.tcp_listen(local, 1).expect("addresses and ports are all different");
    }
}

/// Opens `count` connections from the client to the server, every one by its handshake. Both ends of each.
pub(crate) fn connect(client: &mut End, server: &mut End, count: usize) -> Result<Vec<(ConnId, ConnId)>, TcpError> {
    let [mut forth, mut back] = ["forth", "back"].map(|name| Line::new(Path::default(), Rng::root(1).split(name)));
    let mut pairs = Vec::with_capacity(count);
    for network in 0..count.div_ceil(PORTS) {
        let address = Ipv4Addr::new(10, 2, network as u8, 1);
        server.add_address(address);
        let remote = SocketAddr::new(address.into(), 9);
        let listener = server.host.tcp_listen(remote, BATCH).expect("the port is free");
        let mut ports = (0..PORTS.min(count - network * PORTS)).peekable();
        while ports.peek().is_some() {
            let mut opened = Vec::with_capacity(BATCH);
            for port in ports.by_ref().take(BATCH) {
                let local = SocketAddr::new(CLIENT.into(), FIRST_PORT + port as u16);
                opened.push(client.host.tcp_connect_from(local, remote)?);
            }
            talk(client, server, &mut forth, &mut back, Instant::ZERO);
            for id in opened {
                assert_eq!(client.host.tcp_connected(id), Ok(true), "nothing is lost between the two");
                let other = server.host.tcp_accept(listener).expect("as many were accepted as opened");
                pairs.push((id, other));
            }
        }
    }
    Ok(pairs)
}

/// Ports in use on one address.
const PORTS: usize = 50_000;
const FIRST_PORT: u16 = 10_000;
/// Handshakes at a time.
const BATCH: usize = 256;
