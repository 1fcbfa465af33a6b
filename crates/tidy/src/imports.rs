//! Rules: which crate may import which, and which folder of `stack` which.

use crate::{Problem, Rule, Tree};

/// The crates' own table.
pub const CRATES: Rule = Rule {
    asks: "A crate imports only the crates that stand below it.",
    because: "the layers are the map of this project: protocol code that could reach a file, a clock or the recording would \
              stop being a function of its input, and `scope` that could reach `stack` would tell what it knows instead of \
              what was recorded",
    cure: "move the code to the crate that may import both, or pass what is needed as an argument; \
           the table is `ALLOWED` in crates/tidy/src/imports.rs, and docs/ARCHITECTURE.md explains it",
    check: check_crates,
};

/// The layers inside `stack`.
pub const LAYERS: Rule = Rule {
    asks: "Inside `stack`, the folders `iface`, `internet` and `transport` never name each other.",
    because: "only the host knows the order of the layers, so that a layer can be read, tested and replaced by itself",
    cure: "return a verdict that the host applies, or pass the value that is needed",
    check: check_layers,
};

/// Which of the project's crates a crate may import. Crates that are not named may import all.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("base", &[]),
    ("wire", &["base"]),
    ("link", &["base", "wire"]),
    ("stack", &["base", "wire"]),
    ("net", &["base", "stack"]),
    ("services", &["base", "wire", "net"]),
    ("sim", &["base", "wire", "link", "stack", "net"]),
    ("live", &["base", "wire", "stack", "net"]),
    ("scope", &["base", "wire"]),
    ("lab", &["base", "wire", "link", "stack", "net", "services", "sim", "live", "scope"]),
    ("testkit", &["base", "wire", "link", "stack", "net", "services", "sim", "live", "scope", "lab"]),
    ("glassnet", &["base", "wire", "link", "stack", "net", "services", "sim", "live", "scope", "lab"]),
    (
        "cli",
        &["base", "wire", "link", "stack", "net", "services", "sim", "live", "scope", "lab", "testkit", "glassnet"],
    ),
    (
        "web",
        &["base", "wire", "link", "stack", "net", "services", "sim", "live", "scope", "lab", "testkit", "glassnet"],
    ),
];

fn check_crates(tree: &Tree) -> Vec<Problem> {
    let ours = tree.crates();
    let mut problems = Vec::new();
    for (name, allowed) in ALLOWED {
        let path = format!("crates/{name}/Cargo.toml");
        let Some(manifest) = tree.file(&path) else { continue };
        for (line, dependency) in dependencies(&manifest.text) {
            let dependency = dependency.strip_prefix("glassnet-").unwrap_or(dependency);
            if ours.contains(&dependency) && !allowed.contains(&dependency) {
                let may = if allowed.is_empty() { "nothing".into() } else { allowed.join(", ") };
                problems.push(Problem::at(&path, line, format!("imports `{dependency}`; it may import {may}")));
            }
        }
    }
    problems
}

/// The names below `[dependencies]` and `[build-dependencies]` (development may use anything), with their lines.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (at, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let (kind, name) = match section.split_once("dependencies.") {
                Some((kind, name)) => (kind, Some(name)),
                None => (section.strip_suffix("dependencies").unwrap_or("dev-"), None),
            };
            inside = !kind.ends_with("dev-");
            found.extend(name.filter(|_| inside).map(|name| (at + 1, name)));
            inside &= name.is_none();
        } else if inside && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            found.extend((!name.is_empty()).then_some((at + 1, name)));
        }
    }
    found
}

fn check_layers(tree: &Tree) -> Vec<Problem> {
    const LAYERS: [&str; 3] = ["iface", "internet", "transport"];
    let mut problems = Vec::new();
    for (file, source) in tree.sources() {
        let Some(here) = LAYERS.iter().find(|layer| {
            let inside = file.path.strip_prefix("crates/stack/src/").and_then(|path| path.strip_prefix(**layer));
            inside.is_some_and(|rest| rest.starts_with(['/', '.']))
        }) else {
            continue;
        };
        for (line, code) in source.product_lines() {
            for other in LAYERS.iter().filter(|layer| *layer != here) {
                if code.contains(&format!("crate::{other}")) || code.contains(&format!("super::{other}::")) {
                    problems.push(Problem::at(&file.path, line, format!("`{here}` names `{other}`")));
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_from_above_is_found_in_any_spelling() {
        let wire = "[package]\nname = \"glassnet-wire\"\n[dependencies]\nbase.workspace = true\nstack = { path = \"x\" }\n\
                    [dependencies.net]\nversion = \"1\"\n[dev-dependencies]\nlab.workspace = true\n";
        let others = ["base", "stack", "net", "lab"].map(|name| (format!("crates/{name}/Cargo.toml"), String::new()));
        let tree = Tree::of(others.into_iter().chain([("crates/wire/Cargo.toml".to_string(), wire.to_string())]));
        let lines: Vec<_> = check_crates(&tree).into_iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [5, 6]);
    }

    #[test]
    fn a_layer_that_names_another_is_found() {
        let tree = Tree::of([
            ("crates/stack/src/transport/tcp/mod.rs", "use crate::internet::route;\n// crate::iface\n"),
            ("crates/stack/src/host.rs", "use crate::internet::route;\n"),
        ]);
        assert_eq!(check_layers(&tree).len(), 1);
    }
}
