//! The tables of the reference, from the code that does the work: sources with their fields, functions, units.

use std::fmt::Write as _;

use super::events::EVENTS;
use super::function::functions;
use super::source::Source;
use super::unit::UNITS;

/// All sources, their fields, and all functions, as the tables of `docs/expectations.md`.
pub fn reference() -> String {
    let mut text = String::from("| source | a record says that | fields besides `at` and `node` |\n|---|---|---|\n");
    let about = "an interface sent or received a frame";
    let _ = writeln!(text, "| `{}` | {about} | see below |", Source::Frames);
    for source in EVENTS {
        let fields: Vec<String> = source.fields.iter().map(|field| format!("`{}`", field.name)).collect();
        let _ = writeln!(text, "| `{}` | {} | {} |", source.name, source.about, fields.join(" "));
    }
    text.push_str("\n| field | of | kind | is |\n|---|---|---|---|\n");
    for source in EVENTS {
        for field in source.fields {
            let _ = writeln!(text, "| `{}` | `{}` | {} | {} |", field.name, source.name, field.kind, field.about);
        }
    }
    text.push_str("\n| field of a frame | kind | is |\n|---|---|---|\n");
    for (name, kind, about) in super::frames::all() {
        let _ = writeln!(text, "| `{name}` | {kind} | {about} |");
    }
    text.push_str("\n| function | gives |\n|---|---|\n");
    for function in functions() {
        let _ = writeln!(text, "| `{}` | {} |", function.shape(), function.about);
    }
    let units: Vec<String> = UNITS.iter().map(|unit| format!("`{}`", unit.name)).collect();
    let _ = writeln!(text, "\nUnits: {}.", units.join(" "));
    text
}
