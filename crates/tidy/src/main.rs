//! Writes the generated page: `cargo run -p glassnet-tidy -- coverage`.

use std::process::ExitCode;

use glassnet_tidy::{Tree, coverage};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != ["coverage"] {
        eprintln!("usage: cargo run -p glassnet-tidy -- coverage    writes {}", coverage::PAGE);
        return ExitCode::from(2);
    }
    let path = Tree::root().join(coverage::PAGE);
    let written = Tree::of_this_project().and_then(|tree| {
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        std::fs::write(&path, coverage::page(&tree))
    });
    match written {
        Ok(()) => {
            println!("wrote {}", coverage::PAGE);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("could not write {}: {error}; is this the project's own folder, and writable?", path.display());
            ExitCode::from(2)
        }
    }
}
