//! Mininet's `--topo` words: `minimal`, `single,k`, `reversed,k`, `linear,n[,k]`, `tree,depth,fanout`, `torus,x,y`.

use base::Cidr;

use super::{ImportError, Imported, Kind, Link, Topology};
use crate::file::words::nearest;

/// Builds the topology that Mininet would build: the same names, addresses 10.0.0.N/8.
///
/// # Errors
/// An unknown word, or numbers that are missing or too large.
pub fn mininet(words: &str) -> Result<Imported, ImportError> {
    let mut parts = words.split(',').map(str::trim);
    let word = parts.next().unwrap_or("");
    let numbers: Result<Vec<usize>, ImportError> = parts.map(|part| number(words, part)).collect();
    let numbers = numbers?;
    let source = format!("imported from Mininet's --topo {words}");
    let mut built = Builder { topology: Topology { source, name: words.into(), ..Topology::default() }, hosts: 0 };
    match (word, numbers.as_slice()) {
        ("minimal", []) => built.single(2, false),
        ("single", []) => built.single(2, false),
        ("single", [hosts]) => built.single(*hosts, false),
        ("reversed", []) => built.single(2, true),
        ("reversed", [hosts]) => built.single(*hosts, true),
        ("linear", []) => built.linear(2, 1),
        ("linear", [switches]) => built.linear(*switches, 1),
        ("linear", [switches, hosts]) => built.linear(*switches, *hosts),
        ("tree", []) => built.tree(1, 2)?,
        ("tree", [depth]) => built.tree(*depth, 2)?,
        ("tree", [depth, fanout]) => built.tree(*depth, *fanout)?,
        ("torus", [x, y]) if *x >= 3 && *y >= 3 => built.torus(*x, *y),
        ("torus", _) => return Err(error(format!("'{words}' is no torus"), "write torus,x,y with both at least 3")),
        (known, _) if SHAPES.contains(&known) => {
            return Err(error(format!("'{words}' has too many numbers"), EXAMPLES));
        }
        (other, _) => {
            let hint = match nearest(other, SHAPES.iter().copied()) {
                Some(near) => format!("did you mean '{near}'? {EXAMPLES}"),
                None => EXAMPLES.to_owned(),
            };
            return Err(error(format!("'{other}' is no shape of Mininet's"), &hint));
        }
    }
    if built.topology.nodes.len() > MOST_NODES {
        return Err(error(
            format!("'{words}' has {} nodes", built.topology.nodes.len()),
            "take smaller numbers: 4000 nodes at most",
        ));
    }
    Ok(built.topology.finish())
}

fn number(words: &str, part: &str) -> Result<usize, ImportError> {
    match part.parse() {
        Ok(number) if (1..=MOST_NODES).contains(&number) => Ok(number),
        _ => Err(error(format!("'{part}' in '{words}' is no number from 1 to {MOST_NODES}"), EXAMPLES)),
    }
}

fn error(what: String, hint: &str) -> ImportError {
    ImportError { what, hint: hint.into() }
}

struct Builder {
    topology: Topology,
    hosts: u32,
}

impl Builder {
    fn switch(&mut self, name: &str) {
        self.topology.node(name, Kind::Switch);
    }

    /// The next host with the next address.
    fn host(&mut self, name: &str) {
        self.hosts += 1;
        let [_, b, c, d] = self.hosts.to_be_bytes();
        let node = self.topology.node(name, Kind::Host);
        node.addresses.push((format!("{name}-eth0"), Cidr::v4([10, b, c, d], 8)));
    }

    fn join(&mut self, a: (&str, usize), b: (&str, usize)) {
        let port = |(name, number): (&str, usize)| format!("{name}-eth{number}");
        self.topology.links.push(Link::new((a.0, &port(a)), (b.0, &port(b))));
    }

    fn single(&mut self, hosts: usize, is_reversed: bool) {
        self.switch("s1");
        for n in 1..=hosts {
            self.host(&format!("h{n}"));
        }
        for n in 1..=hosts {
            let port = if is_reversed { hosts + 1 - n } else { n };
            self.join((&format!("h{n}"), 0), ("s1", port));
        }
    }

    fn linear(&mut self, switches: usize, hosts: usize) {
        let mut ports = vec![0; switches + 1];
        let mut next = |switch: usize| {
            ports[switch] += 1;
            ports[switch]
        };
        for s in 1..=switches {
            let name = format!("s{s}");
            self.switch(&name);
            for h in 1..=hosts {
                let host = if hosts == 1 { format!("h{s}") } else { format!("h{h}s{s}") };
                self.host(&host);
                self.join((&host, 0), (&name, next(s)));
            }
            if s > 1 {
                self.join((&name, next(s)), (&format!("s{}", s - 1), next(s - 1)));
            }
        }
    }

    fn tree(&mut self, depth: usize, fanout: usize) -> Result<(), ImportError> {
        let leaves = u32::try_from(depth).ok().and_then(|depth| fanout.checked_pow(depth));
        if leaves.is_none_or(|leaves| leaves > MOST_NODES) || depth > DEEPEST {
            return Err(error(
                format!("a tree of {depth} levels by {fanout} is too large"),
                "take smaller numbers, such as tree,3,2",
            ));
        }
        let mut switches = 0;
        self.branch(depth, fanout, &mut switches);
        Ok(())
    }

    /// A switch with everything below it; its name comes back.
    fn branch(&mut self, depth: usize, fanout: usize, switches: &mut usize) -> String {
        *switches += 1;
        let name = format!("s{switches}");
        self.switch(&name);
        for port in 1..=fanout {
            if depth > 1 {
                let below = self.branch(depth - 1, fanout, switches);
                self.join((&name, port), (&below, fanout + 1));
            } else {
                let host = format!("h{}", self.hosts + 1);
                self.host(&host);
                self.join((&name, port), (&host, 0));
            }
        }
        name
    }

    /// Mininet's torus is of switches with a spanning tree. Here routers stand in their place: they know the short ways,
    /// and every host is in a network of its own.
    fn torus(&mut self, x: usize, y: usize) {
        let name = |i: usize, j: usize| format!("s{}x{}", i % x + 1, j % y + 1);
        self.topology.note(
            "the torus is of routers: its circles would need switches with a spanning tree; addresses are computed",
        );
        for i in 0..x {
            for j in 0..y {
                let (own, host) = (name(i, j), format!("h{}x{}", i + 1, j + 1));
                self.topology.node(&own, Kind::Router);
                self.topology.node(&host, Kind::Host);
                self.join((&own, 1), (&host, 0));
            }
        }
        for i in 0..x {
            for j in 0..y {
                self.join((&name(i, j), 2), (&name(i, j + 1), 3));
                self.join((&name(i, j), 4), (&name(i + 1, j), 5));
            }
        }
    }
}

const SHAPES: [&str; 6] = ["minimal", "single", "reversed", "linear", "tree", "torus"];
const EXAMPLES: &str = "there are minimal, single,k, reversed,k, linear,n[,k], tree,depth,fanout and torus,x,y";
const MOST_NODES: usize = 4000;
const DEEPEST: usize = 12;
