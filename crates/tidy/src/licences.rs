//! Rule: everything that is built in may be given away under the project's own licences, and comes from crates.io.

use std::process::Command;

use crate::{Problem, Rule, Tree};

/// Licences and sources of all dependencies, against the list in `deny.toml`.
pub const RULE: Rule = Rule {
    asks: "Every dependency comes from crates.io under a licence that deny.toml allows.",
    because: "the project is given away under MIT OR Apache-2.0; one crate under terms that do not fit spoils that for \
              everybody who builds on it",
    cure: "take another crate, or, if its terms do fit, add the licence to `allow` in deny.toml and say why there",
    check,
};

fn check(tree: &Tree) -> Vec<Problem> {
    let Some(deny) = tree.file("deny.toml") else { return vec![Problem::at("deny.toml", 0, "is missing")] };
    let allowed = allowed(&deny.text);
    let listed = match dependencies() {
        Ok(listed) => listed,
        Err(why) => return vec![Problem::at("Cargo.lock", 0, format!("`cargo tree` failed: {why}"))],
    };
    let mut problems = Vec::new();
    for line in listed.lines() {
        let (package, licence) = line.split_once(" | ").unwrap_or((line, ""));
        let fits = Expression { rest: licence, allowed: &allowed }.holds();
        if !fits && !package.starts_with("glassnet-") {
            problems.push(Problem::at("Cargo.lock", 0, format!("{package} is licensed as '{licence}'")));
        }
    }
    let lock = tree.file("Cargo.lock").map_or("", |file| file.text.as_str());
    let sources = lock.lines().enumerate().filter(|(_, line)| line.starts_with("source = "));
    let strange =
        sources.filter(|(_, line)| *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\"");
    problems.extend(strange.map(|(at, line)| Problem::at("Cargo.lock", at + 1, format!("not from crates.io: {line}"))));
    problems.dedup();
    problems
}

/// What is built into the tools and what is needed to build them, one `name version | licence` a line.
fn dependencies() -> Result<String, String> {
    let arguments = ["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{p} | {l}"];
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output =
        Command::new(cargo).args(arguments).current_dir(Tree::root()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        let mut lines: Vec<_> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| line.trim_end_matches(" (*)").to_string())
            .collect();
        lines.retain(|line| !line.is_empty());
        lines.sort();
        lines.dedup();
        Ok(lines.join("\n"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The texts in the list `allow` of the section `[licenses]`.
fn allowed(deny: &str) -> Vec<&str> {
    let section = deny.split_once("[licenses]").map_or("", |(_, rest)| rest);
    let list =
        section.split_once("allow = [").and_then(|(_, rest)| rest.split_once("\n]")).map_or("", |(list, _)| list);
    let uncommented = list.lines().map(|line| line.split('#').next().unwrap_or_default());
    uncommented.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

/// An SPDX expression, read from the left: `OR` of `AND` of names and parentheses. The old `/` means `OR`.
struct Expression<'a> {
    rest: &'a str,
    allowed: &'a [&'a str],
}

impl Expression<'_> {
    fn holds(mut self) -> bool {
        let holds = self.any();
        holds && self.rest.trim().is_empty()
    }

    fn any(&mut self) -> bool {
        let mut holds = self.all();
        while self.take("OR ") || self.take("/") {
            holds |= self.all();
        }
        holds
    }

    fn all(&mut self) -> bool {
        let mut holds = self.one();
        while self.take("AND ") {
            holds &= self.one();
        }
        holds
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let holds = self.any();
            return self.take(")") && holds;
        }
        let name_end = self.rest.find([' ', '/', '(', ')']).unwrap_or(self.rest.len());
        let (mut name, rest) = self.rest.split_at(name_end);
        let whole = self.rest;
        self.rest = rest;
        if self.take("WITH ") {
            let end = self.rest.find([' ', '/', '(', ')']).unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
            name = &whole[..whole.len() - self.rest.len()];
        }
        !name.is_empty() && self.allowed.contains(&name)
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let taken = rest.strip_prefix(token);
        self.rest = taken.unwrap_or(self.rest).trim_start();
        taken.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        let holds = |rest| Expression { rest, allowed: &allowed }.holds();
        for good in [
            "MIT",
            "GPL-2.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "MIT/GPL-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(holds(good), "{good}");
        }
        for bad in
            ["", "GPL-2.0", "MIT AND GPL-2.0", "(MIT OR Apache-2.0) AND GPL-2.0", "GPL-2.0 WITH LLVM-exception", "(MIT"]
        {
            assert!(!holds(bad), "{bad}");
        }
    }

    #[test]
    fn the_list_is_read_from_its_section() {
        let deny = "[bans]\nallow = [\n  \"no\",\n]\n[licenses]\nallow = [\n  \"MIT\", # \"why\"\n  \"ISC\",\n]\n";
        assert_eq!(allowed(deny), ["MIT", "ISC"]);
    }
}
