//! Rule: every file begins by saying what it is.

use crate::{Problem, Rule, Tree};

/// Every Rust file starts with `//!`.
pub const RULE: Rule = Rule {
    asks: "Every Rust file starts with a `//!` line that says what it is.",
    because: "a newcomer opens files in any order; the first line must tell whether this is the room they look for",
    cure: "write one or two plain sentences, and the RFCs that the file obeys, as `//!` on its first line",
    check,
};

fn check(tree: &Tree) -> Vec<Problem> {
    let silent = tree.sources().filter(|(file, _)| !file.text.starts_with("//! "));
    silent.map(|(file, _)| Problem::at(&file.path, 1, "does not start with `//! `")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_starts_with_code_is_found() {
        let tree = Tree::of([("a.rs", "//! Here.\n"), ("b.rs", "fn f() {}\n"), ("c.md", "text")]);
        assert_eq!(check(&tree), [Problem::at("b.rs", 1, "does not start with `//! `")]);
    }
}
