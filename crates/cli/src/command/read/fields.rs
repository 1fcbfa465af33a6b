//! Fields of every packet in columns, as `tshark -T fields` prints them.

use std::io::{self, Write};
use std::path::Path;

use scope::capture::Damage;
use scope::fields::{self, Field, Reader};

use super::Chosen;
use super::input::for_each_frame;
use crate::message::Problem;

/// Prints a line of fields for each packet.
pub(super) fn print(path: &Path, names: &[String], mut chosen: Chosen) -> Result<Result<(), Damage>, Problem> {
    let fields = names.iter().map(|name| named(name)).collect::<Result<Vec<Field>, Problem>>()?;
    let (mut reader, mut out) = (Reader::of_fields(&fields), Output::default());
    let (_, end) = for_each_frame(path, |frame| {
        if !chosen.is_here(&frame) {
            return true;
        }
        let packet = reader.read(frame.raw);
        if chosen.holds(&frame) {
            for (at, field) in fields.iter().enumerate() {
                if at > 0 {
                    out.text.push('\t');
                }
                packet.write(*field, &mut out.text);
            }
            out.line("");
        }
        out.is_open()
    })?;
    Ok(end)
}

fn named(name: &str) -> Result<Field, Problem> {
    fields::named(name.trim()).map_err(|unknown| {
        let hint = match unknown.nearest.as_slice() {
            [] => "glassnet read --list shows all fields".to_owned(),
            nearest => format!("{} (glassnet read --list shows all fields)", nearest.join(", ")),
        };
        Problem::new(&unknown, "fields have the names that tshark gives them", hint)
    })
}

/// All fields: name, type, what it says.
pub(super) fn list() -> String {
    let width = fields::all().map(|field| field.name().len()).max().unwrap_or(0);
    let line = |field: Field| format!("{:<width$}  {:<20}  {}\n", field.name(), field.form().name(), field.doc());
    fields::all().map(line).collect()
}

/// Standard output, many lines at once. A reader that has gone away (`| head`) is no error, and ends the work.
#[derive(Default)]
pub(super) struct Output {
    text: String,
    is_gone: bool,
}

impl Output {
    /// Ends the line that was begun, with `text` at its end.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
        if self.text.len() >= ENOUGH {
            self.flush();
        }
    }

    /// Whether somebody still reads.
    pub(super) const fn is_open(&self) -> bool {
        !self.is_gone
    }

    fn flush(&mut self) {
        self.is_gone |= io::stdout().lock().write_all(self.text.as_bytes()).is_err();
        self.text.clear();
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.flush();
    }
}

/// So many bytes are written at once.
const ENOUGH: usize = 64 << 10;
