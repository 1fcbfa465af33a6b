//! Rule: names that must not be written in certain crates, because a run would no longer be a function of its seed, or
//! because they mark work that is not done.

use crate::{File, Problem, Rule, Tree};

/// Clocks, dice, threads, files, unordered maps and prints below the live driver.
pub const PURE: Rule = Rule {
    asks: "Below `live` nothing reads a clock, the system's randomness, a file or the real network, iterates an unordered \
           map, or prints.",
    because: "a run is a function of (scenario, seed): the same bytes on every machine. One wall clock in a timer, one \
              hashed map in a loop, and a failure can no longer be replayed",
    cure: "take the time and the random stream from the call's `Cx` (programs: from `Net`), use `BTreeMap`, `IndexMap` or a \
           fixed hasher, and record an event instead of printing. Where a library's interface demands such a name, write \
           `// tidy: allowed, because …` on the line above",
    check: |tree| check(tree, |file| file.krate().is_some_and(|krate| PURE_CRATES.contains(&krate)), &IMPURE),
};

/// Marks of unfinished work.
pub const FINISHED: Rule = Rule {
    asks: "No `todo!`, `unimplemented!` or `dbg!` in any crate.",
    because: "they panic or print in front of a person; what is not there yet is an error value or an open issue",
    cure: "finish it, or return an error that says what is missing",
    check: |tree| check(tree, |_| true, &["todo!", "unimplemented!", "dbg!"]),
};

/// The crates whose runs must repeat.
const PURE_CRATES: [&str; 8] = ["base", "wire", "link", "stack", "net", "services", "sim", "scope"];

/// What they may not name. A name must stand alone: `println!` is not found inside `eprintln!`.
const IMPURE: [&str; 29] = [
    "Instant::now",
    "SystemTime::now",
    "OffsetDateTime::now_utc",
    "UnixTime::now",
    "Timestamp::now",
    "thread_rng",
    "rand::rng",
    "rand::random",
    "from_os_rng",
    "OsRng",
    "RandomState",
    "HashMap",
    "HashSet",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "std::env",
    "std::fs",
    "std::process",
    "std::thread",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "tokio::spawn",
    "tokio::time",
    "tokio::net",
    "tokio::select!",
    "futures::select!",
];

/// A line with this comment, or one right below it, may name what it needs; the comment says why.
const ALLOWED: &str = "// tidy: allowed, because ";

fn check(tree: &Tree, concerned: impl Fn(&File) -> bool, names: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, source) in tree.sources().filter(|(file, _)| concerned(file)) {
        let lines: Vec<&str> = file.text.lines().collect();
        let excused = |line: usize| lines[line.saturating_sub(2)..line].iter().any(|text| text.contains(ALLOWED));
        for (line, code) in source.product_lines() {
            for name in names.iter().filter(|name| stands_alone(code, name)) {
                let fixed = name.starts_with("Hash") && (code.contains("Fx") || code.contains("hash_map"));
                if !fixed && !excused(line) {
                    problems.push(Problem::at(&file.path, line, format!("names `{name}`")));
                }
            }
        }
    }
    problems
}

fn stands_alone(code: &str, name: &str) -> bool {
    let word = |c: char| c == '_' || c.is_alphanumeric();
    code.match_indices(name).any(|(at, _)| {
        let after = &code[at + name.len()..];
        !code[..at].ends_with(word) && (name.ends_with('!') || !after.starts_with(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_prints_are_found_outside_comments_tests_and_excuses() {
        let code = "//! `println!`\nfn f() {\n  let t = std::time::Instant::now();\n  println!(\"SystemTime::now\");\n\
                    // tidy: allowed, because the library's type has no other constructor\n  let u = Instant::now();\n}\n\
                    #[cfg(test)]\nmod tests { fn g() { println!() } }\n";
        let found = |path: &str| {
            let problems = (PURE.check)(&Tree::of([(path, code)]));
            problems.into_iter().map(|problem| (problem.line, problem.what)).collect::<Vec<_>>()
        };
        assert_eq!(
            found("crates/sim/src/lib.rs"),
            [(3, "names `Instant::now`".into()), (4, "names `println!`".into())]
        );
        assert!(found("crates/cli/src/main.rs").is_empty());
    }

    #[test]
    fn a_map_with_a_fixed_hasher_is_allowed() {
        let tree = Tree::of([("crates/sim/src/a.rs", "type A = FxHashMap<u8, u8>;\ntype B = HashMap<u8, u8>;\n")]);
        assert_eq!((PURE.check)(&tree), [Problem::at("crates/sim/src/a.rs", 2, "names `HashMap`")]);
    }

    #[test]
    fn unfinished_work_is_found_anywhere() {
        let tree = Tree::of([("crates/cli/src/a.rs", "fn f() { todo!() }\nfn g() { dbg!(1); }\n")]);
        assert_eq!((FINISHED.check)(&tree).len(), 2);
    }
}
