//! A host, the descriptors of the program that runs on it, and the time that passes for both.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use base::{Blind, Cidr, Cx, Instant, NodeId, PacketId, Port, Rng};
use stack::{Host, InterfaceConfig, Node, Route};
use wire::PacketBuf;

use crate::calls::{Descriptor, Socket};
use crate::clock::Clock;
use crate::desk::Sleeper;
use crate::errno::{Errno, Result};
use crate::sysctl::{Sysctls, linux};
use crate::wire::{Pushes, Sent};

/// What the run script tells by `--so_flags`: `key=value`, separated by commas.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Where the stand-in for `sysctl` writes.
    sysctl: Option<PathBuf>,
    /// The script, for its PSH flags.
    script: Option<PathBuf>,
    mtu: usize,
    /// PSH stays as the stack sets it.
    own_push: bool,
    local: Vec<Cidr>,
}

impl Setup {
    pub(crate) fn parse(flags: &str) -> Self {
        let mut setup = Setup { sysctl: None, script: None, mtu: 1500, own_push: false, local: Vec::new() };
        for (key, value) in flags.split(',').filter_map(|part| part.split_once('=')) {
            match key {
                "sysctl" => setup.sysctl = Some(value.into()),
                "script" => setup.script = Some(value.into()),
                "mtu" => setup.mtu = value.parse().unwrap_or(setup.mtu),
                "push" => setup.own_push = value == "own",
                "local" => setup.local.extend(cidr(value)),
                _ => {}
            }
        }
        if setup.local.is_empty() {
            setup.local.extend(DEFAULT_LOCAL.iter().filter_map(|local| cidr(local)));
        }
        setup
    }

    fn settings(&self) -> Sysctls {
        let text = self.sysctl.as_ref().and_then(|path| fs::read_to_string(path).ok());
        Sysctls::parse(&text.unwrap_or_default())
    }
}

fn cidr(text: &str) -> Option<Cidr> {
    text.parse().ok()
}

/// Everything behind the table.
pub(crate) struct Machine {
    setup: Setup,
    pub(crate) clock: Clock,
    rng: Rng,
    pub(crate) settings: Sysctls,
    /// Made by the first `socket()`: by then the script has said how it wants the host.
    host: Option<Host>,
    pub(crate) table: BTreeMap<i32, Descriptor>,
    /// Closed sockets with text that the stack does not have yet.
    pub(crate) orphans: Vec<Socket>,
    out: VecDeque<Sent>,
    pushes: Pushes,
    /// How much text the peer's device puts into a segment, though packetdrill hands many over as one (`--mss`).
    pub(crate) segment: Option<usize>,
    /// The thread whose call blocks, if one does, and how often it was given its turn.
    pub(crate) sleeper: Option<Sleeper>,
    pub(crate) turns: u64,
}

impl Machine {
    pub(crate) fn new(setup: Setup) -> Self {
        let script = setup.script.as_ref().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let mut setup = setup;
        let own_push = setup.own_push;
        setup.mtu = option_of(&script, "--mtu=").unwrap_or(setup.mtu);
        Machine {
            setup,
            clock: Clock::new(),
            rng: Rng::root(1).split("packetdrill"),
            settings: Sysctls::default(),
            host: None,
            table: BTreeMap::new(),
            orphans: Vec::new(),
            out: VecDeque::new(),
            pushes: if own_push { Pushes::default() } else { Pushes::of_script(&script) },
            segment: option_of(&script, "--mss="),
            sleeper: None,
            turns: 0,
        }
    }

    // --- input -----------------------------------------------------------------------------------------------------

    /// A call begins: the host learns what time it is.
    pub(crate) fn begin(&mut self) {
        self.clock.touch();
        self.with_cx(|host, cx| host.on_timer(cx));
    }

    /// A packet from packetdrill.
    pub(crate) fn on_packet(&mut self, bytes: &[u8]) {
        let packet = PacketBuf::from_vec(PacketId::NONE, bytes.to_vec());
        self.with_cx(|host, cx| host.on_frame(cx, PORT, packet));
        let Some(host) = self.host.as_mut() else { return };
        for descriptor in self.table.values_mut() {
            if let Descriptor::Socket(socket) = descriptor {
                socket.forget_more(host);
            }
        }
    }

    /// Time moves to the next deadline, at most to `limit`, and what is due happens. False: there is nothing to wait for.
    pub(crate) fn step(&mut self, limit: Option<Instant>) -> bool {
        let timer = self.host.as_ref().and_then(|host| host.poll_at()).map(|wake| wake.at);
        let sleeper = self.sleeper.as_ref().and_then(|sleeper| sleeper.until);
        let Some(at) = [timer, sleeper, limit].into_iter().flatten().min() else { return false };
        self.clock.advance_to(at);
        self.begin();
        self.pump();
        true
    }

    // --- output ----------------------------------------------------------------------------------------------------

    /// Everything that the host has to send leaves, and its connections are looked at.
    pub(crate) fn pump(&mut self) {
        loop {
            self.send_frames();
            self.note_progress();
            if !self.feed() {
                break;
            }
        }
    }

    fn send_frames(&mut self) {
        let mut sent = Vec::new();
        self.with_cx(|host, cx| {
            while let Some(port) = host.poll_ready() {
                while let Some(packet) = host.poll_frame(cx, port) {
                    sent.push(Sent { at: cx.now, bytes: packet.contiguous() });
                }
            }
            host.take_wakers();
        });
        self.out.extend(sent);
    }

    /// Gives the host what programs have written and it had no room for; whether it took anything.
    fn feed(&mut self) -> bool {
        let Some(host) = self.host.as_mut() else { return false };
        let mut any = false;
        for descriptor in self.table.values_mut() {
            if let Descriptor::Socket(socket) = descriptor {
                any |= socket.feed(host);
            }
        }
        self.orphans.retain_mut(|socket| {
            any |= socket.feed(host);
            let waits = socket.backlog.len() > 0;
            if let (false, Some(id)) = (waits, socket.conn()) {
                host.tcp_release(id);
            }
            waits
        });
        any
    }

    /// The next packet that left, with PSH as the script wants it.
    pub(crate) fn take_packet(&mut self) -> Option<Sent> {
        let mut packet = self.out.pop_front()?;
        self.pushes.adapt(&mut packet.bytes);
        Some(packet)
    }

    // --- helpers ---------------------------------------------------------------------------------------------------

    /// The host; the first call makes it.
    pub(crate) fn host(&mut self) -> &mut Host {
        if self.host.is_none() {
            self.settings = self.setup.settings();
        }
        let (setup, settings, rng) = (&self.setup, &self.settings, &self.rng);
        self.host.get_or_insert_with(|| new_host(setup, settings, rng))
    }

    pub(crate) fn socket(&mut self, fd: i32) -> Result<&mut Socket> {
        match self.table.get_mut(&fd) {
            Some(Descriptor::Socket(socket)) => Ok(socket),
            Some(_) => Err(Errno(libc::ENOTSOCK)),
            None => Err(Errno(libc::EBADF)),
        }
    }

    /// The host and a socket together.
    pub(crate) fn both(&mut self, fd: i32) -> Result<(&mut Host, &mut Socket)> {
        self.host();
        match (self.host.as_mut(), self.table.get_mut(&fd)) {
            (Some(host), Some(Descriptor::Socket(socket))) => Ok((host, socket)),
            (_, Some(_)) => Err(Errno(libc::ENOTSOCK)),
            _ => Err(Errno(libc::EBADF)),
        }
    }

    /// Looks at every connection: what was sent, acknowledged and received since the last time.
    pub(crate) fn note_progress(&mut self) {
        let (now, usual) = (self.clock.now(), self.usual_not_sent_limit());
        let Some(host) = self.host.as_mut() else { return };
        let mut news = Vec::new();
        for (fd, descriptor) in &mut self.table {
            if let Descriptor::Socket(socket) = descriptor {
                let keys = socket.note_progress(host, now) | socket.note_space(usual);
                if keys != 0 {
                    news.push((*fd, keys));
                }
            }
        }
        for descriptor in self.table.values_mut() {
            if let Descriptor::Epoll(epoll) = descriptor {
                news.iter().for_each(|(fd, keys)| epoll.on_wake(*fd, *keys));
            }
        }
    }

    fn with_cx(&mut self, call: impl FnOnce(&mut Host, &mut Cx<'_>)) {
        if let Some(host) = self.host.as_mut() {
            let mut cx = Cx { now: self.clock.now(), node: NODE, rng: &mut self.rng, sink: &mut Blind };
            call(host, &mut cx);
        }
    }
}

fn new_host(setup: &Setup, settings: &Sysctls, rng: &Rng) -> Host {
    let mut host = Host::new(NODE, linux(settings), rng.split("host"));
    let line = InterfaceConfig::point_to_point("tun0");
    let port = host.add_interface(InterfaceConfig { mtu: setup.mtu, queue_frames: QUEUE, ..line });
    for local in &setup.local {
        host.add_address(port, *local);
        let everything = match local.address() {
            IpAddr::V4(_) => cidr("0.0.0.0/0"),
            IpAddr::V6(_) => cidr("::/0"),
        };
        if let Some(to) = everything {
            host.add_route(Route { to, via: None, port });
        }
    }
    host
}

/// A script may choose by an option of its own: `--mtu=1500`.
fn option_of(script: &str, name: &str) -> Option<usize> {
    let option = script.split_whitespace().find_map(|word| word.strip_prefix(name))?;
    option.parse().ok()
}

/// The queue never overflows: packetdrill takes every packet.
const QUEUE: usize = 100_000;
const NODE: NodeId = NodeId(1);
const PORT: Port = Port(0);
/// The addresses that the run script gives packetdrill.
const DEFAULT_LOCAL: [&str; 2] = ["192.168.0.1/16", "fd3d:a0b:17d6::1/48"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_say_where_settings_and_script_are() {
        let setup = Setup::parse("sysctl=/tmp/s,mtu=1520,local=10.0.0.1/8,unknown=1,junk");
        assert_eq!((setup.sysctl, setup.mtu), (Some("/tmp/s".into()), 1520));
        assert_eq!(setup.local, [cidr("10.0.0.1/8").unwrap()]);
        assert_eq!(Setup::parse("").local.len(), 2);
        assert_eq!(option_of("--tolerance_usecs=1\n--mtu=1400\n", "--mtu="), Some(1400));
    }
}
