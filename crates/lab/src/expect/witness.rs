//! The records behind an answer: how many a filter found, the first of them, and what there was when it found none.

use base::Nic;

use super::error::meant;
use super::eval::{Eval, Row};
use super::plan::{Node, What};
use super::source::{Field, Kind, Source};
use super::tables::Tables;
use super::value::{Rows, Value, time_text};
use crate::file::words::joined;

/// Shows records of a recording.
pub(super) struct Witness<'a> {
    pub(super) tables: &'a Tables<'a>,
}

impl<'a> Witness<'a> {
    /// A few lines about the records that a part is about.
    pub(super) fn records(&self, node: &'a Node, eval: &Eval<'a>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut fields = Vec::new();
        self.visit(node, &mut fields, eval, &mut lines);
        lines
    }

    /// Looks for the outermost records; `fields` are those that are taken of them on the way.
    fn visit(&self, node: &'a Node, fields: &mut Vec<(&'a Field, &'a str)>, eval: &Eval<'a>, lines: &mut Vec<String>) {
        match &node.what {
            What::Filter(..) | What::Source(_) => {
                let mut base = node;
                while let What::Filter(inner, predicate) = &base.what {
                    fields.extend(named(predicate));
                    base = inner;
                }
                if let (Ok(Value::Records(source, found)), Ok(Value::Records(_, all))) =
                    (eval.value(node, Row::None), eval.value(base, Row::None))
                {
                    fields.dedup();
                    self.tell(source, &found, &all, fields, eval, lines);
                }
            }
            What::Of(base, field, name) => {
                fields.push((field, name));
                self.visit(base, fields, eval, lines);
            }
            _ => {
                for part in node.parts() {
                    self.visit(part, &mut Vec::new(), eval, lines);
                }
            }
        }
    }

    fn tell(
        &self,
        source: &'a Source,
        found: &Rows,
        all: &Rows,
        fields: &[(&'a Field, &'a str)],
        eval: &Eval<'a>,
        lines: &mut Vec<String>,
    ) {
        let how_many = match (found.len(), all.len()) {
            (0, 0) => return lines.extend(self.nothing(source)),
            (0, all) => {
                return lines.push(format!(
                    "none of {all} {}{}",
                    noun(source),
                    self.choice(source, fields, eval, &self.tables.rows(source))
                ));
            }
            (1, 1) => format!("1 record of {source}"),
            (found, all) if found == all => format!("{found} {}", noun(source)),
            (found, all) => format!("{found} of {all} {}", noun(source)),
        };
        let telling: Vec<_> = fields.iter().filter(|(field, _)| tells(source, field)).collect();
        let more = if found.len() > MOST_RECORDS { ", …" } else { "" };
        let first: Vec<Value<'a>> = found.iter().take(MOST_RECORDS).map(|place| Value::Record(source, place)).collect();
        let places: Vec<String> = first.iter().map(|record| self.place(record, eval)).collect();
        if telling.is_empty() && places.windows(2).all(|pair| pair[0] == pair[1]) {
            let times: Vec<String> = first.iter().map(|record| self.time(record, eval)).collect();
            let times = if more.is_empty() { list(&times) } else { times.join(", ") };
            return lines.push(format!("{how_many}: at {times}{more} at {}", places[0]));
        }
        lines.push(format!("{how_many}{}", if more.is_empty() { ":" } else { ", the first of them:" }));
        for (record, place) in first.iter().zip(&places) {
            let mut line = format!("  {} {place}", self.time(record, eval));
            for (field, name) in &telling {
                let value = eval.fields(record, field);
                if value != Value::Absent && !line.contains(&format!(" {name} = ")) {
                    line.push_str(&format!("  {name} = {value}"));
                }
            }
            lines.push(line);
        }
    }

    /// Why there is no record at all.
    fn nothing(&self, source: &Source) -> Option<String> {
        let Source::App(protocol, _) = source else { return Some(format!("no {}", noun(source))) };
        let there: Vec<String> = self.tables.app_sources().collect();
        let written = source.to_string();
        let same: Vec<&str> =
            there.iter().map(String::as_str).filter(|own| own.split('.').next() == Some(protocol)).collect();
        let hint = meant(&written, there.iter().map(String::as_str)).or_else(|| {
            let some = if same.is_empty() { there.iter().map(String::as_str).collect() } else { same };
            let few: Vec<&str> = some.iter().copied().take(MOST_SOURCES).collect();
            let more = if some.len() > MOST_SOURCES { ", …" } else { "" };
            (!some.is_empty()).then(|| format!("there were {}{more}", few.join(", ")))
        });
        let hint = hint.map_or(String::new(), |hint| format!("; {hint}"));
        Some(format!("no program recorded {written}{hint}"))
    }

    /// What the fields of a filter that found nothing were, where that is a short list.
    fn choice(&self, source: &'a Source, fields: &[(&'a Field, &'a str)], eval: &Eval<'a>, all: &Rows) -> String {
        let all = Value::Records(source, all.clone());
        let mut text = String::new();
        for (field, name) in fields {
            let values = eval.fields(&all, field);
            let mut distinct: Vec<String> = Vec::new();
            for value in values.items().unwrap_or_default().iter().take(MOST_LOOKED_AT) {
                let value = value.to_string();
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
                if distinct.len() > MOST_VALUES {
                    break;
                }
            }
            match distinct.len() {
                0 => text.push_str(&format!(", none has {name}")),
                1..=MOST_VALUES => text.push_str(&format!(", {name} was {}", or(&distinct))),
                _ => {}
            }
        }
        text
    }

    fn time(&self, record: &Value<'a>, eval: &Eval<'a>) -> String {
        match eval.fields(record, &Field::At) {
            Value::Time(ns) => time_text(ns),
            _ => String::new(),
        }
    }

    /// The interface of a frame, the node of anything else.
    fn place(&self, record: &Value<'a>, eval: &Eval<'a>) -> String {
        if let Value::Record(Source::Frames, place) = record {
            let Nic { node, port } = self.tables.recording().frame(*place as usize).nic;
            return self.tables.nic_name(Nic { node, port }).to_owned();
        }
        match eval.fields(record, &Field::Node) {
            Value::Text(name) => name.into_owned(),
            _ => String::new(),
        }
    }
}

/// The fields that a predicate names, with their names, in the order of the text.
fn named(predicate: &Node) -> Vec<(&Field, &str)> {
    let mut fields = Vec::new();
    collect(predicate, &mut fields);
    fields
}

/// Not those of a filter within: they are of other records.
fn collect<'n>(node: &'n Node, fields: &mut Vec<(&'n Field, &'n str)>) {
    match &node.what {
        What::Field(field, name) => fields.push((field, name)),
        What::Once(..) => {}
        _ => node.parts().into_iter().for_each(|part| collect(part, fields)),
    }
}

/// Whether a field says more than time, place and the filter itself.
fn tells(source: &Source, field: &Field) -> bool {
    let is_flag = source.kind_of(field) == Some(Kind::Bool);
    !is_flag && !matches!(field, Field::At | Field::Node) && !source.is_place(field)
}

fn noun(source: &Source) -> String {
    match source {
        Source::App(..) => format!("records of {source}"),
        other => other.to_string().replace('_', " "),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[String]) -> String {
    joined(items, "and")
}

fn or(items: &[String]) -> String {
    joined(items, "or")
}

/// Records that are shown.
const MOST_RECORDS: usize = 5;
/// Different values of a field that are shown.
const MOST_VALUES: usize = 8;
/// Records that are searched for different values.
const MOST_LOOKED_AT: usize = 10_000;
/// Steps of programs that are named.
const MOST_SOURCES: usize = 8;
