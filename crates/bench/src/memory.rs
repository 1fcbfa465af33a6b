//! What an idle established connection costs, buffers apart: resident memory of two hosts before and after.
//!
//! Both ends of every connection are in this process, so a connection is half of what a pair of ends takes. The second
//! figure is that of connections which have carried one message each way, so that their buffers were in use once.

use std::time::Instant as Wall;

use base::{Duration, Instant, Rng};
use lexopt::prelude::*;
use stack::{Config, ConnId};

use crate::ends::{CLIENT, End, SERVER, talk};
use crate::line::{Line, Path};
use crate::{crowd, rss};

/// What is to be measured.
pub(crate) struct Options {
    connections: usize,
}

/// What was measured: bytes for one end of a connection.
pub(crate) struct Report {
    connections: usize,
    fresh: f64,
    used: f64,
    opened_per_wall_s: f64,
}

impl Options {
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut o = Options { connections: 100_000 };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("connections") => o.connections = arguments.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        Ok(o)
    }

    pub(crate) fn run(self) -> Result<Report, String> {
        let end = |number, address| End::new(number, address, Config::default(), 1500, 1);
        let (mut a, mut b) = (end(0, CLIENT), end(1, SERVER));
        let empty = rss::now()?;
        let wall = Wall::now();
        let pairs = crowd::connect(&mut a, &mut b, self.connections).map_err(|error| error.to_string())?;
        let opened_per_wall_s = pairs.len() as f64 / wall.elapsed().as_secs_f64();
        let ends = 2.0 * pairs.len() as f64;
        let list = pairs.capacity() * size_of::<(ConnId, ConnId)>();
        let each = |bytes: u64| (bytes as f64 - empty as f64 - list as f64) / ends;
        let fresh = each(rss::now()?);
        converse(&mut a, &mut b, &pairs);
        Ok(Report { connections: pairs.len(), fresh, used: each(rss::now()?), opened_per_wall_s })
    }
}

/// One message each way on every connection, read and acknowledged.
fn converse(a: &mut End, b: &mut End, pairs: &[(ConnId, ConnId)]) {
    let [mut forth, mut back] = ["forth", "back"].map(|name| Line::new(Path::default(), Rng::root(1).split(name)));
    let mut now = Instant::ZERO;
    let mut buffer = [0; MESSAGE];
    for batch in pairs.chunks(64) {
        now += Duration::from_millis(1);
        for (client, server) in batch {
            a.host.tcp_send(*client, &buffer).expect("the connection is open");
            b.host.tcp_send(*server, &buffer).expect("the connection is open");
        }
        talk(a, b, &mut forth, &mut back, now);
        for (client, server) in batch {
            assert_eq!(a.host.tcp_recv(*client, &mut buffer), Ok(Some(MESSAGE)), "the whole message arrived");
            assert_eq!(b.host.tcp_recv(*server, &mut buffer), Ok(Some(MESSAGE)), "the whole message arrived");
        }
    }
    // Delayed acknowledgements leave.
    for _ in 0..10 {
        now += Duration::from_millis(100);
        a.hear(now, &mut back);
        b.hear(now, &mut forth);
        talk(a, b, &mut forth, &mut back, now);
    }
}

impl Report {
    pub(crate) fn to_json(&self) -> String {
        format!(
            "{{\"peer\":\"glassnet\",\"connections\":{},\"bytes_each\":{:.0},\"bytes_each_after_use\":{:.0},\
             \"opened_per_wall_s\":{:.0}}}",
            self.connections, self.fresh, self.used, self.opened_per_wall_s
        )
    }
}

const MESSAGE: usize = 1000;
