//! How much memory this process holds, as the kernel counts it.

/// Bytes that are resident now.
pub(crate) fn now() -> Result<u64, String> {
    field("VmRSS:")
}

/// The most bytes that were resident at any time.
pub(crate) fn peak() -> Result<u64, String> {
    field("VmHWM:")
}

fn field(name: &str) -> Result<u64, String> {
    let status = std::fs::read_to_string(STATUS).map_err(|error| format!("cannot read {STATUS}: {error}"))?;
    parse(&status, name).ok_or_else(|| format!("{STATUS} has no line {name}"))
}

fn parse(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

const STATUS: &str = "/proc/self/status";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_in_kibibytes() {
        assert_eq!(parse("VmHWM:\t    2048 kB\nVmRSS:\t 12 kB\n", "VmRSS:"), Some(12 << 10));
        assert_eq!(parse("VmRSS:\t many kB\n", "VmRSS:"), None);
    }
}
