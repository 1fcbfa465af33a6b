//! Rule: what a document names exists. A map that lies is worse than none.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::words;
use crate::{Problem, Rule, Tree, coverage};

/// Paths, names and commands in documents.
pub const RULE: Rule = Rule {
    asks: "Every path, name and package that README.md and docs/ mention exists in the tree.",
    because: "documents are read by those who do not know the code yet: a name that grep does not find costs them an hour",
    cure: "write what it is called now, or drop the sentence. Names of other projects and of things to come stand without \
           backticks",
    check,
};

fn check(tree: &Tree) -> Vec<Problem> {
    let names = Names::of(tree);
    let mut problems = Vec::new();
    // The page of citations is made, and its own rule keeps it fresh.
    let documents = tree.files().filter(|file| file.path.ends_with(".md") && file.path != coverage::PAGE);
    for file in documents.filter(|file| !file.path.contains('/') || file.path.starts_with("docs/")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut fenced = false;
        for (at, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
                continue;
            }
            let mut found: Vec<String> = missing_packages(tree, line);
            if !fenced {
                found.extend(spans(line).filter_map(|span| names.missing(tree, span)));
                found.extend(
                    links(line)
                        .filter(|link| !tree.has(&resolve(folder, link)))
                        .map(|link| format!("links to `{link}`")),
                );
            }
            problems.extend(found.into_iter().map(|what| Problem::at(&file.path, at + 1, what)));
        }
    }
    problems
}

/// Every name that the code defines or uses.
struct Names<'a> {
    /// Types, modules and crates, each with the crates that define it.
    containers: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// All words of each crate's code.
    words: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// All words anywhere, comments, texts and scripts included.
    anywhere: BTreeSet<&'a str>,
    /// What the top folder holds.
    top: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(tree: &'a Tree) -> Self {
        let mut names = Names {
            containers: BTreeMap::new(),
            words: BTreeMap::new(),
            anywhere: BTreeSet::new(),
            top: BTreeSet::new(),
        };
        for name in tree.crates() {
            names.containers.entry(name).or_default().insert(name);
        }
        for file in tree.files() {
            names.top.insert(file.path.split('/').next().unwrap_or_default());
            if !file.path.ends_with(".md") && !file.path.ends_with(".lock") {
                names.anywhere.extend(words(&file.text));
            }
            let (Some(krate), Some(source)) = (file.krate(), &file.source) else { continue };
            names.words.entry(krate).or_default().extend(source.words());
            for name in source.defined_after(&["struct", "enum", "trait", "type", "mod", "union"]) {
                names.containers.entry(name).or_default().insert(krate);
            }
        }
        names
    }

    /// What is wrong with the text between two backticks, if it looks like a path or a name.
    fn missing(&self, tree: &Tree, span: &str) -> Option<String> {
        if span.contains(['*', '<', '…', '{', '$', ' ', '"']) {
            return None; // a pattern, a command or an example
        }
        let path = span.trim_end_matches('/').split(['#', ':']).next().unwrap_or_default();
        if path.contains('/') {
            let ours = path.split('/').next().is_some_and(|first| self.top.contains(first));
            return (ours && !tree.has(path)).then(|| format!("there is no `{path}`"));
        }
        let name = span.trim_end_matches("()").trim_end_matches('!');
        let parts: Vec<&str> = name.split("::").collect();
        if !parts.iter().all(|part| is_name(part)) {
            return None;
        }
        match parts.as_slice() {
            [one] => (is_telling(one) && !self.anywhere.contains(one)).then(|| format!("nothing is called `{one}`")),
            [.., container, member] => {
                let first = parts[0];
                if !self.containers.contains_key(first) && EXTERNAL.contains(&first) {
                    return None;
                }
                let Some(crates) = self.containers.get(container) else {
                    return Some(format!("no type or module is called `{container}` (in `{span}`)"));
                };
                let known =
                    crates.iter().any(|krate| self.words.get(krate).is_some_and(|words| words.contains(member)));
                (!known).then(|| format!("`{container}` has no `{member}`"))
            }
            [] => None,
        }
    }
}

fn is_name(part: &str) -> bool {
    part.starts_with(|c: char| c == '_' || c.is_alphabetic()) && words(part).eq([part])
}

/// Whether a single word looks like a name of the code: `poll_frame`, `PacketBuf`.
fn is_telling(word: &str) -> bool {
    let humps = word.chars().filter(|c| c.is_uppercase()).count();
    let camel = word.starts_with(|c: char| c.is_uppercase()) && humps >= 2 && word.contains(|c: char| c.is_lowercase());
    let snake = word.contains('_') && word == word.to_lowercase();
    camel || snake
}

/// The texts between backticks.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The targets of links to files of the tree.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

fn resolve(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Packages named by `cargo … -p NAME` that the workspace does not have.
fn missing_packages(tree: &Tree, line: &str) -> Vec<String> {
    let Some(command) = line.split_once("cargo ").map(|(_, command)| command) else { return Vec::new() };
    let mut words = command.split([' ', '`']);
    let mut missing = Vec::new();
    while let Some(word) = words.next() {
        let package = if word == "-p" || word == "--package" { words.next() } else { None };
        let ours = |name: &str| {
            name.strip_prefix("glassnet-").is_some_and(|folder| tree.has(&format!("crates/{folder}/Cargo.toml")))
        };
        missing.extend(package.filter(|name| !ours(name)).map(|name| format!("there is no package `{name}`")));
        if word == "--" {
            break;
        }
    }
    missing
}

/// Paths that start with these are other people's.
const EXTERNAL: [&str; 10] =
    ["std", "core", "alloc", "tokio", "rustls", "hyper", "bytes", "hickory_proto", "rcgen", "proptest"];

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let host = "//! x\npub struct Host;\nimpl Host { pub fn poll_frame(&mut self) {} }\nenum State { SynSent }\n";
        let tree = Tree::of([
            ("README.md", text),
            ("docs/OTHER.md", "see [it](../README.md) and `stack/src`"),
            ("crates/stack/Cargo.toml", ""),
            ("crates/stack/src/host.rs", host),
        ]);
        check(&tree).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn what_exists_may_be_named() {
        let good = "`Host::poll_frame` in `crates/stack/src/host.rs`, `poll_frame()`, `stack::Host`, `State::SynSent`, `std::fmt`, \
                    `crates/*/src`, `cargo test -p glassnet-stack`, `some words`, [other](docs/OTHER.md#top), [web](https://x.example)";
        assert_eq!(problems(good), [""; 0]);
    }

    #[test]
    fn what_does_not_exist_is_found() {
        assert_eq!(problems("`crates/stack/src/gone.rs`"), ["there is no `crates/stack/src/gone.rs`"]);
        assert_eq!(problems("`Host::poll_gone`"), ["`Host` has no `poll_gone`"]);
        assert_eq!(problems("`Guest::poll_frame`"), ["no type or module is called `Guest` (in `Guest::poll_frame`)"]);
        assert_eq!(
            problems("`poll_gone` and `GoneBuf`"),
            ["nothing is called `poll_gone`", "nothing is called `GoneBuf`"]
        );
        assert_eq!(problems("[a](docs/GONE.md)"), ["links to `docs/GONE.md`"]);
        assert_eq!(problems("```\ncargo run -p glassnet-gone -- -p x\n```"), ["there is no package `glassnet-gone`"]);
    }
}
