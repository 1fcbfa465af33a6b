//! A network namespace of one test, removed at its end: what happens inside touches nothing else of this machine.

#![allow(dead_code, reason = "each test file uses a part")]

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network namespace of this test alone.
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    /// A fresh one; none, and a line that says why, where it cannot be made or one of `tools` is missing.
    pub(crate) fn new_or_skipped(test: &str, tools: &[&str]) -> Option<Namespace> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("gn{}-{number}", std::process::id() % 1_000_000);
        match Self::make(&name, tools) {
            Ok(()) => Some(Namespace { name }),
            Err(why) => {
                // Written past the test runner, which would keep it to itself.
                let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
                None
            }
        }
    }

    fn make(name: &str, tools: &[&str]) -> Result<(), String> {
        if !Path::new("/dev/net/tun").exists() {
            return Err("there is no /dev/net/tun".into());
        }
        for tool in tools {
            let known = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
            if !known.is_ok_and(|output| output.status.success()) {
                return Err(format!("the command `{tool}` is not installed"));
            }
        }
        let made = Command::new("ip").args(["netns", "add", name]).output();
        let made = made.map_err(|error| format!("the command `ip` does not run: {error}; it is in iproute2"))?;
        let said = || format!("it needs root: {}", String::from_utf8_lossy(&made.stderr).trim());
        if made.status.success() { Ok(()) } else { Err(said()) }
    }

    /// A name for its interface.
    pub(crate) fn interface(&self) -> String {
        self.name.replace("gn", "gt")
    }

    /// Takes the interface of that name from this machine, with an address.
    pub(crate) fn take_interface(&self, address: &str) {
        let interface = self.interface();
        ip(&["link", "set", &interface, "netns", &self.name]);
        ip(&["-n", &self.name, "addr", "add", address, "dev", &interface]);
        ip(&["-n", &self.name, "link", "set", &interface, "up"]);
    }

    /// Runs a command inside; what it printed.
    pub(crate) fn exec(&self, command: &[&str]) -> String {
        let output = Command::new("ip").args(["netns", "exec", &self.name]).args(command).output().expect("`ip` runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// The calling thread, and what it starts from now on, lives inside.
    pub(crate) fn enter(&self) {
        let file = File::open(Path::new("/var/run/netns").join(&self.name)).expect("`ip netns` keeps it there");
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may enter");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&["netns", "del", &self.name]);
    }
}

pub(crate) fn ip(arguments: &[&str]) {
    let status = Command::new("ip").args(arguments).status().expect("`ip` runs");
    assert!(status.success(), "ip {}", arguments.join(" "));
}
