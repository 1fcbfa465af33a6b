//! The project's text files, read once.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::Source;

/// All text files of the project, in the order of their paths.
pub struct Tree {
    files: Vec<File>,
    folders: BTreeSet<String>,
}

/// One of them.
pub struct File {
    /// Relative to the root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// For a `.rs` file: the same text with comments and literals told apart from code.
    pub source: Option<Source>,
}

impl Tree {
    /// The tree that this crate is part of.
    pub fn of_this_project() -> io::Result<Tree> {
        Self::read(&Self::root())
    }

    /// The folder that holds `Cargo.toml` of the workspace.
    pub fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/tidy lies two folders deep").into()
    }

    /// Everything below `root` but what is built and what is version control's.
    pub fn read(root: &Path) -> io::Result<Tree> {
        let mut files = Vec::new();
        let mut waiting = vec![root.to_path_buf()];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if SKIPPED.contains(&name.as_str()) {
                    continue;
                }
                if path.is_dir() {
                    waiting.push(path);
                } else if let Ok(text) = std::fs::read_to_string(&path) {
                    let relative = path.strip_prefix(root).unwrap_or(&path);
                    files.push((relative.to_string_lossy().into_owned(), text));
                }
            }
        }
        Ok(Self::of(files))
    }

    /// A tree of these files.
    pub fn of<P: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Tree {
        let mut files: Vec<File> = files.into_iter().map(|(path, text)| File::new(path.into(), text.into())).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut folders = BTreeSet::new();
        for file in &files {
            folders.extend(file.path.match_indices('/').map(|(at, _)| file.path[..at].to_string()));
        }
        mark_test_modules(&mut files);
        Tree { files, folders }
    }

    /// All files.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|at| &self.files[at])
    }

    /// Whether `path` names a file or a folder.
    pub fn has(&self, path: &str) -> bool {
        self.file(path).is_some() || self.folders.contains(path)
    }

    /// The Rust files, with their sources.
    pub fn sources(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.source.as_ref()?)))
    }

    /// The names of the folders in `crates/`, in order.
    pub fn crates(&self) -> Vec<&str> {
        let manifests =
            self.files.iter().filter_map(|file| file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"));
        manifests.filter(|name| !name.contains('/')).collect()
    }
}

impl File {
    fn new(path: String, text: String) -> File {
        let source = path.ends_with(".rs").then(|| Source::new(&text, is_test_path(&path)));
        File { path, text, source }
    }

    /// The crate that the file belongs to: the folder below `crates/`.
    pub fn krate(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

/// Whether everything in the file is for tests only, by its place.
fn is_test_path(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    parts.next() == Some("tests.rs") || parts.any(|part| TEST_FOLDERS.contains(&part))
}

/// `#[cfg(test)] mod name;` makes the files of that module test code.
fn mark_test_modules(files: &mut [File]) {
    let mut modules = Vec::new();
    for file in files.iter() {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let inside = match name.strip_suffix(".rs") {
            Some("lib" | "main" | "mod") | None => folder.to_string(),
            Some(stem) => format!("{folder}/{stem}"),
        };
        let names = file.source.iter().flat_map(|source| source.test_modules());
        modules.extend(names.map(|name| format!("{inside}/{name}")));
    }
    for file in files {
        let of_module = |module: &String| {
            file.path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        if let Some(source) = file.source.as_mut().filter(|_| modules.iter().any(of_module)) {
            source.mark_as_test();
        }
    }
}

const SKIPPED: [&str; 5] = [".git", "target", "out", "corpus", "artifacts"];
const TEST_FOLDERS: [&str; 4] = ["tests", "benches", "examples", "fuzz"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_test_code_is_known_by_place_and_by_attribute() {
        let tree = Tree::of([
            ("crates/a/src/lib.rs", "#[cfg(test)]\nmod stories;\nfn f() {}\n"),
            ("crates/a/src/stories.rs", "fn g() {}\n"),
            ("crates/a/src/stories/more.rs", "fn h() {}\n"),
            ("crates/a/tests/t.rs", "fn i() {}\n"),
        ]);
        let test = |path: &str| tree.file(path).unwrap().source.as_ref().unwrap().is_test(1);
        assert!(test("crates/a/src/stories.rs") && test("crates/a/src/stories/more.rs") && test("crates/a/tests/t.rs"));
        let lib = tree.file("crates/a/src/lib.rs").unwrap().source.as_ref().unwrap();
        assert!(lib.is_test(2) && !lib.is_test(3));
        assert!(tree.has("crates/a/src/stories") && !tree.has("crates/b"));
    }
}
