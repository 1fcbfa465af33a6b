//! Rules: files and functions stay short enough for one sitting. What was longer when it was written down may stay, and
//! only shrink.

use crate::{Problem, Rule, Tree};

/// Files.
pub const FILES: Rule = Rule {
    asks: "A file outside tests has at most 600 lines.",
    because: "nobody reads the file that does everything; one concept has one room, and a reader finds it by its name",
    cure: "give one of its concepts a file of its own. An old exception in crates/tidy/exceptions.txt may shrink, never grow",
    check: |tree| check(tree, &long_files(tree), |name| !name.contains(' ')),
};

/// Functions.
pub const FUNCTIONS: Rule = Rule {
    asks: "A function outside tests has at most 70 lines.",
    because: "a function that does not fit a screen shares its locals between steps that then can no longer be cut apart",
    cure: "name its steps and make each a function; when they share locals, give these an owner struct first. \
           An old exception in crates/tidy/exceptions.txt may shrink, never grow",
    check: |tree| check(tree, &long_functions(tree), |name| name.contains(' ')),
};

/// The most lines of a file.
const FILE_LINES: usize = 600;
/// The most lines of a function.
const FUNCTION_LINES: usize = 70;
/// One exception a line: how many lines, then `path` of a file or `path function`.
const EXCEPTIONS: &str = "crates/tidy/exceptions.txt";

/// Something that is longer than the rule allows.
struct Long {
    /// How it is named in the list of exceptions.
    name: String,
    path: String,
    line: usize,
    lines: usize,
}

fn long_files(tree: &Tree) -> Vec<Long> {
    let files = tree.sources().filter(|(_, source)| !source.is_all_test()).map(|(file, _)| Long {
        name: file.path.clone(),
        path: file.path.clone(),
        line: 0,
        lines: file.text.lines().count(),
    });
    files.filter(|file| file.lines > FILE_LINES).collect()
}

fn long_functions(tree: &Tree) -> Vec<Long> {
    let mut long = Vec::new();
    for (file, source) in tree.sources() {
        for function in source.functions() {
            if function.lines > FUNCTION_LINES && !source.is_test(function.line) {
                let name = format!("{} {}", file.path, function.name);
                long.push(Long { name, path: file.path.clone(), line: function.line, lines: function.lines });
            }
        }
    }
    long
}

/// `ours` says which exceptions speak of things like those in `long`.
fn check(tree: &Tree, long: &[Long], ours: fn(&str) -> bool) -> Vec<Problem> {
    let listed = tree.file(EXCEPTIONS).map_or("", |file| file.text.as_str());
    let read = |(at, line): (usize, &'_ str)| -> Option<(usize, String, usize)> {
        let (lines, name) = line.trim().split_once(' ')?;
        Some((at + 1, name.to_string(), lines.parse().ok()?))
    };
    let exceptions: Vec<_> = listed.lines().enumerate().filter_map(read).filter(|(_, name, _)| ours(name)).collect();
    let mut problems = Vec::new();
    for item in long {
        let allowed = exceptions.iter().find(|(_, name, _)| *name == item.name).map(|(_, _, lines)| *lines);
        if allowed.is_none_or(|allowed| item.lines > allowed) {
            let what = match allowed {
                Some(allowed) => format!("has {} lines, and its exception {allowed}", item.lines),
                None => {
                    format!("`{}` has {} lines", item.name.rsplit([' ', '/']).next().unwrap_or_default(), item.lines)
                }
            };
            problems.push(Problem::at(&item.path, item.line, what));
        }
    }
    for (line, name, _) in exceptions {
        if !long.iter().any(|item| item.name == name) {
            problems.push(Problem::at(
                EXCEPTIONS,
                line,
                format!("`{name}` needs no exception any more: remove the line"),
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(exceptions: &str) -> Tree {
        let long = format!("//! x\nfn f() {{\n{}}}\n", "// x\n".repeat(700));
        Tree::of([("crates/a/src/lib.rs", long.as_str()), ("crates/a/tests/t.rs", &long), (EXCEPTIONS, exceptions)])
    }

    #[test]
    fn what_is_too_long_is_found_once_by_file_and_once_by_function() {
        assert_eq!((FILES.check)(&tree("")), [Problem::at("crates/a/src/lib.rs", 0, "`lib.rs` has 703 lines")]);
        assert_eq!((FUNCTIONS.check)(&tree("")), [Problem::at("crates/a/src/lib.rs", 2, "`f` has 702 lines")]);
    }

    #[test]
    fn an_exception_may_shrink_and_not_grow_and_goes_when_it_is_not_needed() {
        assert!((FILES.check)(&tree("703 crates/a/src/lib.rs")).is_empty());
        assert_eq!((FILES.check)(&tree("650 crates/a/src/lib.rs")).len(), 1);
        assert!((FUNCTIONS.check)(&tree("702 crates/a/src/lib.rs f")).is_empty());
        assert_eq!((FILES.check)(&tree("703 crates/a/src/lib.rs\n650 crates/a/src/gone.rs"))[0].line, 2);
    }
}
