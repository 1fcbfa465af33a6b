//! Names of files.

/// A name made of what a person or a file chose, with `_` for every character that a file system might mind.
pub(crate) fn safe(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    name.trim_start_matches('.').into()
}
