//! A lab's topology as a picture: text for Graphviz and for Mermaid.

mod dot;
mod mermaid;

use base::{Duration, LinkType};

pub use dot::dot;
pub use mermaid::mermaid;

use crate::scenario::{Kind, LinkSpec, Loss, NodeSpec, WaySpec};

/// What stands in a node's box: its name, what it is unless a host, its addresses by interface.
fn node_lines(node: &NodeSpec) -> Vec<String> {
    let kind = match node.kind {
        Kind::Host => None,
        Kind::Router => Some("router"),
        Kind::Switch(_) => Some("switch"),
        Kind::Medium(..) => Some("medium"),
        Kind::TwoWay => Some("two-way server"),
    };
    let mut lines = vec![node.name.clone()];
    lines.extend(kind.map(str::to_owned));
    for interface in &node.interfaces {
        let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
        let addresses = if interface.dynamic { "by DHCP".to_owned() } else { addresses.join(", ") };
        if !addresses.is_empty() {
            lines.push(if node.interfaces.len() == 1 { addresses } else { format!("{} {addresses}", interface.name) });
        }
    }
    lines
}

/// What stands beside a link: what both ways have in common, or each way by itself.
fn link_lines(link: &LinkSpec, line: bool) -> Vec<String> {
    let (forth, back) = (way(&link.forth, line), way(&link.back, line));
    if forth == back {
        return Some(forth).filter(|text| !text.is_empty()).into_iter().collect();
    }
    let plain = |text: String| if text.is_empty() { "as usual".to_owned() } else { text };
    vec![format!("→ {}", plain(forth)), format!("← {}", plain(back))]
}

fn way(way: &WaySpec, line: bool) -> String {
    let mut words = Vec::new();
    if line {
        words.push("line".to_owned());
    }
    match way.cable.rate_bps {
        0 | GIGABIT => {}
        rate => words.push(rate_words(rate)),
    }
    if way.cable.delay > Duration::ZERO {
        words.push(time_words(way.cable.delay));
    }
    if way.jitter > Duration::ZERO {
        words.push(format!("± {}", time_words(way.jitter)));
    }
    match way.loss {
        Loss::None => {}
        Loss::Share(share) => words.push(format!("loss {}", percent(share))),
        Loss::Burst { enter, leave } => words.push(format!("bursts of loss {} / {}", percent(enter), percent(leave))),
        Loss::Every(count) => words.push(format!("loses every {count}th")),
    }
    for (share, what) in [(way.duplicate, "twice"), (way.corrupt, "damaged")] {
        if share > 0.0 {
            words.push(format!("{} {what}", percent(share)));
        }
    }
    if let Some((share, by)) = way.reorder {
        words.push(format!("{} later by {}", percent(share), time_words(by)));
    }
    words.join(" ")
}

fn is_line(nodes: &[NodeSpec], link: &LinkSpec) -> bool {
    let (name, interface) = &link.ends[0];
    let node = nodes.iter().find(|node| node.name == *name);
    let own = node.and_then(|node| node.interfaces.iter().find(|own| own.name == *interface));
    own.is_some_and(|own| own.link_type == LinkType::Ip)
}

/// 10000000 as `10 Mbit/s`.
fn rate_words(bps: u64) -> String {
    let (value, unit) = match bps {
        1_000_000_000.. => (bps as f64 / 1e9, "Gbit/s"),
        1_000_000.. => (bps as f64 / 1e6, "Mbit/s"),
        1_000.. => (bps as f64 / 1e3, "kbit/s"),
        _ => (bps as f64, "bit/s"),
    };
    format!("{value} {unit}")
}

fn time_words(time: Duration) -> String {
    let nanos = time.nanos();
    let (value, unit) = match nanos {
        1_000_000_000.. => (nanos as f64 / 1e9, "s"),
        1_000_000.. => (nanos as f64 / 1e6, "ms"),
        1_000.. => (nanos as f64 / 1e3, "µs"),
        _ => (nanos as f64, "ns"),
    };
    format!("{value} {unit}")
}

fn percent(share: f64) -> String {
    // Shares are written in percent; what a float adds behind the ninth place is no news.
    format!("{}%", (share * 1e11).round() / 1e9)
}

/// What a link has that says nothing else.
const GIGABIT: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_short() {
        assert_eq!((rate_words(10_000_000), rate_words(1_500_000_000)), ("10 Mbit/s".into(), "1.5 Gbit/s".into()));
        assert_eq!(time_words(Duration::from_millis(10)), "10 ms");
        assert_eq!((percent(0.01), percent(0.001), percent(1.0)), ("1%".into(), "0.1%".into(), "100%".into()));
    }
}
