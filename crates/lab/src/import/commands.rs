//! The commands by which hosts of other tools get their addresses and routes: `ip`, `ifconfig`, `route`, `sysctl`.

use std::net::{IpAddr, Ipv4Addr};

use base::Cidr;

use super::{Kind, Topology};
use crate::file::quantity;

/// Does to a node what the lines of a script say; what it does not understand becomes a note.
pub(super) fn follow(topology: &mut Topology, node: &str, script: &str) {
    for line in script.lines().flat_map(commands) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let target = topology.node(node, Kind::Host);
        let understood = match words.as_slice() {
            ["ip", rest @ ..] => ip(target, without_options(rest)),
            ["ifconfig", interface, rest @ ..] => ifconfig(target, interface, rest),
            ["route", "add", rest @ ..] => route(target, rest),
            ["sysctl", ..] if line.contains("forward") => {
                target.kind = Kind::Router;
                Some(())
            }
            _ => None,
        };
        if understood.is_none() {
            topology.note(format!("{node}: the command `{line}`"));
        }
    }
}

/// A line's commands, freed of shells around them.
fn commands(line: &str) -> impl Iterator<Item = &str> {
    let line = line.trim();
    let line = ["sh -c ", "bash -c ", "/bin/sh -c ", "/bin/bash -c "]
        .iter()
        .find_map(|shell| line.strip_prefix(shell))
        .map_or(line, |rest| rest.trim().trim_matches(['"', '\'']));
    line.split("&&").flat_map(|part| part.split(';'))
}

fn without_options<'a, 'b>(words: &'b [&'a str]) -> &'b [&'a str] {
    let options = words.iter().take_while(|word| word.starts_with('-')).count();
    &words[options..]
}

/// `ip address add A/P dev I`, `ip route add N via R`, `ip link set …`.
fn ip(node: &mut super::Node, words: &[&str]) -> Option<()> {
    let (object, verb, rest) = (words.first()?, words.get(1)?, words.get(2..)?);
    let is = |word: &str, whole: &str| !word.is_empty() && whole.starts_with(word);
    if is(object, "address") && (is(verb, "add") || is(verb, "replace")) {
        let address = address(rest.first()?, None)?;
        node.addresses.push((super::named(after(rest, "dev")?), address));
        return Some(());
    }
    if is(object, "route") && (is(verb, "add") || is(verb, "replace")) {
        let via = after(rest, "via")?.parse().ok()?;
        node.routes.push((network(rest.first()?, via)?, via));
        return Some(());
    }
    // An interface is up because a link ends there.
    (is(object, "link") && *verb == "set" && rest.contains(&"up")).then_some(())
}

/// `ifconfig eth0 10.0.0.1/24 up`, `ifconfig eth0 10.0.0.1 netmask 255.255.255.0`.
fn ifconfig(node: &mut super::Node, interface: &str, words: &[&str]) -> Option<()> {
    let words: Vec<&str> =
        words.iter().copied().filter(|word| !matches!(*word, "up" | "inet" | "inet6" | "add")).collect();
    let Some(first) = words.first() else { return Some(()) };
    node.addresses.push((super::named(interface), address(first, after(&words, "netmask"))?));
    Some(())
}

/// `route add default gw R`, `route add -net N [netmask M] gw R`.
fn route(node: &mut super::Node, words: &[&str]) -> Option<()> {
    let via: IpAddr = after(words, "gw")?.parse().ok()?;
    let words = without_options(words);
    let to = match after(words, "netmask") {
        Some(mask) => address(words.first()?, Some(mask))?.network(),
        None => network(words.first()?, via)?,
    };
    node.routes.push((to, via));
    Some(())
}

fn network(text: &str, via: IpAddr) -> Option<Cidr> {
    let any = if via.is_ipv4() { Cidr::ANY_V4 } else { Cidr::ANY_V6 };
    match text {
        "default" => Some(any),
        _ => text
            .parse::<Cidr>()
            .ok()
            .or_else(|| text.parse().ok().map(|host: IpAddr| Cidr::new(host, 128)))
            .map(|to| to.network()),
    }
}

fn address(text: &str, mask: Option<&str>) -> Option<Cidr> {
    if text.contains('/') {
        return quantity::prefixed(text).ok();
    }
    let own: Ipv4Addr = text.parse().ok()?;
    let prefix = match mask {
        Some(mask) => mask.parse::<Ipv4Addr>().ok()?.to_bits().leading_ones() as u8,
        // What ifconfig does without a mask: the class decides.
        None => match own.octets()[0] {
            0..=127 => 8,
            128..=191 => 16,
            _ => 24,
        },
    };
    Some(Cidr::new(own.into(), prefix))
}

fn after<'a>(words: &[&'a str], word: &str) -> Option<&'a str> {
    let at = words.iter().position(|known| *known == word)?;
    words.get(at + 1).copied()
}
