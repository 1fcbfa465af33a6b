//! Rule: everyone uses the stack's default `Config`; who sets a field of it says here why.
//!
//! The table below is the whole list: what `bench`, `packetdrill`, `storm` and the scenarios of `lab` (`glassnet visit`,
//! `glassnet up`) set, and everyone else outside of tests.

use std::collections::BTreeSet;

use crate::source::{closing_brace, is_word, line_of, words};
use crate::{Problem, Rule, Source, Tree};

/// The table and the code agree.
pub const RULE: Rule = Rule {
    asks: "Every field of `stack::Config` that a crate sets stands in `SETTINGS` with its reason, and nothing else does.",
    because: "figures, verdicts and pictures are worth something for users of the defaults only as far as they come from the \
              defaults; a benchmark that turns a safety off, or a test that turns a feature off, must say so in one place",
    cure: "leave the default, or add the crate, the field and the reason to `SETTINGS` in crates/tidy/src/settings.rs; \
           remove the line when nobody sets the field any more",
    check,
};

/// Crate, field, reason.
pub const SETTINGS: &[(&str, &str, &str)] = &[
    ("bench", "congestion", "each controller is measured; which one is a flag, the default its default"),
    ("bench", "forwarding", "two of the dumbbell's nodes are routers"),
    ("bench", "receive_buffer", "fixed where the yardstick's is: its flag says how large; `--auto` leaves the default"),
    ("bench", "send_buffer", "fixed where the yardstick's is: its flag says how large; `--auto` leaves the default"),
    ("lab", "congestion", "a scenario file names it; what it does not name stays the default"),
    ("lab", "datagram_queue", "a scenario file names it; what it does not name stays the default"),
    ("lab", "ecn", "a scenario file names it; what it does not name stays the default"),
    ("lab", "forwarding", "a scenario says which nodes are routers"),
    ("lab", "keepalive", "a scenario file names it; what it does not name stays the default"),
    ("lab", "receive_buffer", "a scenario file names it; what it does not name stays the default"),
    ("lab", "send_buffer", "a scenario file names it; what it does not name stays the default"),
    ("lab", "user_timeout", "a scenario file names it; what it does not name stays the default"),
    ("packetdrill", "congestion", "sysctl tcp_congestion_control of a script"),
    ("packetdrill", "dsack", "sysctl tcp_dsack of a script"),
    ("packetdrill", "ecn", "sysctl tcp_ecn of a script"),
    ("packetdrill", "frto", "sysctl tcp_frto of a script"),
    ("packetdrill", "max_retries", "sysctl tcp_retries2 of a script"),
    ("packetdrill", "max_syn_ack_retries", "sysctl tcp_synack_retries of a script; Linux tries once less"),
    ("packetdrill", "max_syn_retries", "sysctl tcp_syn_retries of a script; Linux tries once less"),
    ("packetdrill", "mtu_probing", "sysctl tcp_mtu_probing of a script; off in Linux unless set"),
    ("packetdrill", "rack", "sysctl tcp_recovery of a script"),
    ("packetdrill", "receive_buffer", "sysctl tcp_rmem of a script; Linux starts at its middle value"),
    ("packetdrill", "restart_after_idle", "sysctl tcp_slow_start_after_idle of a script"),
    ("packetdrill", "sack", "sysctl tcp_sack of a script"),
    ("packetdrill", "send_buffer", "Linux counts memory, not bytes: the shim says when a write is full"),
    ("packetdrill", "syn_cookies", "sysctl tcp_syncookies of a script"),
    ("packetdrill", "tail_probe", "sysctl tcp_early_retrans of a script"),
    ("packetdrill", "timestamps", "sysctl tcp_timestamps of a script"),
    ("packetdrill", "window_scaling", "sysctl tcp_window_scaling of a script"),
    ("storm", "congestion", "every controller lives through faults, against every other"),
    ("storm", "delayed_ack", "from none to the 500 ms that RFC 9293 allows: what Nagle and tail probes meet"),
    ("storm", "dsack", "a peer may not tell of duplicates"),
    ("storm", "ecn", "off, answered, offered: all pairs"),
    ("storm", "forwarding", "nodes between Ethernets are routers"),
    ("storm", "frto", "needless timeouts are met with and without it"),
    ("storm", "initial_window", "from one segment to ten: the beginnings of old and new peers"),
    ("storm", "min_rto", "RFC 6298's second beside the default of 200 ms"),
    ("storm", "msl", "short for some, so that numbers and ports come around within a run"),
    ("storm", "mtu_probing", "large frames vanish without a word for a while: with and without a search for less"),
    ("storm", "nagle", "with and without"),
    ("storm", "rack", "losses found by time, or by counting alone"),
    ("storm", "receive_buffer", "from less than two segments up to the default: closed windows are common"),
    ("storm", "restart_after_idle", "with and without"),
    ("storm", "sack", "a peer may not have it"),
    ("storm", "send_buffer", "from less than two segments up to the default"),
    ("storm", "syn_cookies", "with and without"),
    ("storm", "timestamps", "a peer may not have them"),
    ("storm", "window_scaling", "a peer may not have it"),
    ("testkit", "forwarding", "the fixture's router; a story sets what it is about"),
];

fn check(tree: &Tree) -> Vec<Problem> {
    check_against(tree, SETTINGS)
}

fn check_against(tree: &Tree, table: &[(&str, &str, &str)]) -> Vec<Problem> {
    let Some(config) = tree.sources().find(|(file, _)| file.path == CONFIG) else { return Vec::new() };
    let fields = fields(config.1);
    let mut used = BTreeSet::new();
    let mut problems = Vec::new();
    for (file, source) in tree.sources() {
        let Some(krate) = file.krate().filter(|krate| !["stack", "tidy"].contains(krate)) else { continue };
        for (line, field) in set_in(source, &fields) {
            if source.is_test(line) {
                continue;
            }
            let known = table.iter().find(|(of, name, _)| (*of, *name) == (krate, field));
            match known {
                Some(_) => drop(used.insert((krate, field))),
                None => problems.push(Problem::at(&file.path, line, format!("sets `{field}` and does not say why"))),
            }
        }
    }
    let stale = table.iter().filter(|(krate, field, _)| !used.contains(&(*krate, *field)));
    problems.extend(stale.map(|(krate, field, _)| Problem::at(TABLE, 0, format!("{krate} does not set `{field}`"))));
    let mute = table.iter().filter(|(.., reason)| reason.len() < 10);
    problems.extend(mute.map(|(krate, field, _)| Problem::at(TABLE, 0, format!("`{field}` of {krate} has no reason"))));
    problems
}

/// The fields of `Config`.
fn fields(source: &Source) -> Vec<&str> {
    let code = source.code();
    let Some(open) = code.find("pub struct Config {").map(|at| at + "pub struct Config ".len()) else {
        return Vec::new();
    };
    let body = &code[open..closing_brace(code, open)];
    body.match_indices("pub ").filter_map(|(at, _)| words(&body[at + 4..]).next()).collect()
}

/// Each place that sets a field: `config.field =`, and `field:` or `field,` of a `Config { … }`.
fn set_in<'a>(source: &'a Source, fields: &[&'a str]) -> Vec<(usize, &'a str)> {
    let code = source.code();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("Config {") {
        let before = code[..at].trim_end_matches("stack::");
        let head = before.trim_end();
        let type_only = head.ends_with("->") || ["struct", "impl", "for"].iter().any(|word| head.ends_with(word));
        if before.chars().next_back().is_some_and(is_word) || type_only {
            continue;
        }
        let open = at + "Config ".len();
        found.extend(literal_fields(code, open, fields));
    }
    for field in fields {
        for (at, _) in code.match_indices(&format!("config.{field}")) {
            let after = code[at + "config.".len() + field.len()..].trim_start();
            if after.starts_with('=') && !after.starts_with("==") {
                found.push((line_of(code, at), *field));
            }
        }
    }
    found
}

/// The fields that stand at the top of the braces that open at `open`.
fn literal_fields<'a>(code: &str, open: usize, fields: &[&'a str]) -> Vec<(usize, &'a str)> {
    let end = closing_brace(code, open);
    let (mut depth, mut begins, mut found) = (0, true, Vec::new());
    for (at, c) in code[open..end].char_indices().map(|(offset, c)| (open + offset, c)) {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if begins && depth == 1 && is_word(c) {
            let word = words(&code[at..end]).next().unwrap_or_default();
            found.extend(fields.iter().find(|field| **field == word).map(|field| (line_of(code, at), *field)));
            begins = false;
        }
        begins |= depth == 1 && matches!(c, ',' | '{');
        begins &= c != '.';
    }
    found
}

const CONFIG: &str = "crates/stack/src/config.rs";
const TABLE: &str = "crates/tidy/src/settings.rs";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_without_a_reason_and_what_is_explained_in_vain_are_found() {
        let config =
            "//! x\npub struct Config {\n    /// x\n    pub sack: bool,\n    pub ecn: Ecn,\n    pub ttl: u8,\n}\n";
        let user = "//! x\nfn config() -> Config {\n    let mut config = Config { sack: f(|x| ecn), ..Config::default() };\n    \
                    config.ttl = 3;\n    if config.ecn == Ecn::Off {}\n    InterfaceConfig { ecn: 1 };\n    config\n}\n";
        let tree = Tree::of([(CONFIG, config), ("crates/bench/src/x.rs", user)]);
        let found = |table: &[(&str, &str, &str)]| -> Vec<String> {
            check_against(&tree, table).into_iter().map(|problem| problem.what).collect()
        };
        let (sack, ttl) = (("bench", "sack", "a reason indeed"), ("bench", "ttl", "a reason indeed"));
        assert_eq!(found(&[sack, ttl]), [""; 0]);
        assert_eq!(found(&[sack]), ["sets `ttl` and does not say why"]);
        assert_eq!(found(&[sack, ttl, ("bench", "ecn", "a reason indeed")]), ["bench does not set `ecn`"]);
        assert_eq!(found(&[sack, ("bench", "ttl", "x")]), ["`ttl` of bench has no reason"]);
    }
}
