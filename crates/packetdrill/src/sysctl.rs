//! A script's settings: what it would have written below `/proc/sys`, as a `Config` of the stack.
//!
//! Scripts set them by commands; the run script puts stand-ins in front of those, which append `name=value` to a file.

use std::collections::BTreeMap;

use base::Duration;
use stack::{Buffer, Config, CongestionControl, Ecn, Keepalive};

/// Settings by name, as `sysctl` prints them: `net.ipv4.tcp_sack`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sysctls(BTreeMap<String, String>);

impl Sysctls {
    /// Reads lines of `name=value`; a later line wins, slashes are dots, `/proc/sys/` in front is no part of a name.
    pub fn parse(text: &str) -> Self {
        let mut settings = Sysctls::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let name = name.trim().trim_start_matches("/proc/sys/").replace('/', ".");
            settings.0.insert(name, value.trim().trim_matches('"').to_owned());
        }
        settings
    }

    /// What `net.ipv4.<name>` was set to.
    pub fn ipv4(&self, name: &str) -> Option<&str> {
        self.0.get(&format!("net.ipv4.{name}")).map(String::as_str)
    }

    /// The same as a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.ipv4(name)?.parse().ok()
    }

    /// Least, default and most, as of `tcp_rmem` and `tcp_wmem`.
    pub fn three(&self, name: &str) -> Option<[usize; 3]> {
        let mut numbers = self.ipv4(name)?.split([' ', '\t', ',']).filter(|word| !word.is_empty()).map(str::parse);
        Some([numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?])
    }
}

/// The stack's profile of Linux: its default `Config`, except for what a script set and for how Linux counts buffers.
pub fn linux(settings: &Sysctls) -> Config {
    let mut config = Config::default();
    let on = |name: &str, default: bool| settings.number(name).map_or(default, |value| value != 0);
    let times = |name: &str, default: u32| settings.number(name).map_or(default, |value| value as u32);
    let [_, start, most] = settings.three("tcp_rmem").unwrap_or(DEFAULT_RMEM);
    config.receive_buffer = Buffer { start, most };
    // Linux counts the memory of its packet buffers, not bytes: `send_queue` says when a write is full.
    config.send_buffer = Buffer::fixed(AMPLE);
    config.timestamps = on("tcp_timestamps", true);
    config.window_scaling = on("tcp_window_scaling", true);
    config.sack = on("tcp_sack", true);
    config.dsack = on("tcp_dsack", true);
    config.frto = on("tcp_frto", true);
    config.syn_cookies = on("tcp_syncookies", true);
    config.restart_after_idle = on("tcp_slow_start_after_idle", true);
    config.mtu_probing = on("tcp_mtu_probing", false);
    config.tail_probe = on("tcp_early_retrans", true);
    config.rack = settings.number("tcp_recovery").is_none_or(|bits| bits & 1 != 0);
    config.ecn = match settings.number("tcp_ecn").unwrap_or(2) {
        0 => Ecn::Off,
        1 => Ecn::Offer,
        _ => Ecn::Answer,
    };
    config.max_syn_retries = times("tcp_syn_retries", 6);
    config.max_syn_ack_retries = times("tcp_synack_retries", 5);
    config.max_retries = times("tcp_retries2", 15);
    if let Some(name) = settings.ipv4("tcp_congestion_control") {
        config.congestion = congestion(name).unwrap_or(config.congestion);
    }
    config
}

/// Probing of idle peers, when a program asks for it.
pub(crate) fn keepalive(settings: &Sysctls) -> Keepalive {
    let usual = Keepalive::default();
    let seconds = |name: &str, usual: Duration| settings.number(name).map_or(usual, Duration::from_secs);
    Keepalive {
        idle: seconds("tcp_keepalive_time", usual.idle),
        interval: seconds("tcp_keepalive_intvl", usual.interval),
        probes: settings.number("tcp_keepalive_probes").map_or(usual.probes, |probes| probes as u32),
    }
}

/// The controller that Linux calls by this name.
pub(crate) fn congestion(name: &str) -> Option<CongestionControl> {
    match name {
        "reno" => Some(CongestionControl::NewReno),
        "tahoe" | "newreno" => None,
        _ => CongestionControl::named(name),
    }
}

/// Linux's name of a controller.
pub(crate) fn congestion_name(control: CongestionControl) -> &'static str {
    match control {
        CongestionControl::NewReno => "reno",
        other => other.name(),
    }
}

const DEFAULT_RMEM: [usize; 3] = [4096, 131_072, 6 << 20];
pub(crate) const DEFAULT_WMEM: [usize; 3] = [4096, 16_384, 4 << 20];
pub(crate) const AMPLE: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_script_become_a_configuration() {
        let text = "net.ipv4.tcp_rmem=4096 540000 15728640\n/proc/sys/net/ipv4/tcp_sack=0\nnet/ipv4/tcp_ecn=1\n\
                    net.ipv4.tcp_congestion_control=reno\nnet.ipv4.tcp_recovery=0\nnonsense\n";
        let config = linux(&Sysctls::parse(text));
        assert_eq!(config.receive_buffer, Buffer { start: 540_000, most: 15_728_640 });
        assert_eq!(config.congestion, CongestionControl::NewReno);
        assert!(!config.sack && !config.rack && config.timestamps);
        assert_eq!(config.ecn, Ecn::Offer);
    }

    #[test]
    fn a_later_line_wins() {
        let settings = Sysctls::parse("net.ipv4.tcp_sack=1\nnet.ipv4.tcp_sack=0");
        assert_eq!(settings.number("tcp_sack"), Some(0));
        assert_eq!(settings.three("tcp_wmem"), None);
    }
}
