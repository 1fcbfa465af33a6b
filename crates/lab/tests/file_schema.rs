//! The published schema is that of the types, the reference names every key, and the shipped labs use no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use glassnet_lab::file::schema;
use serde_json::Value;

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// Every key that can be reached from `part` without going into programs, whose settings the schema alone lists.
fn keys<'a>(part: &'a Value, seen: &mut BTreeSet<&'a str>, all: &mut BTreeSet<String>) {
    match part {
        Value::Object(table) => {
            let reference = table.get("$ref").and_then(Value::as_str).filter(|name| !name.ends_with("/Run"));
            if let Some(name) = reference.filter(|name| seen.insert(name)) {
                keys(schema().pointer(&name[1..]).expect("references lead somewhere"), seen, all);
            }
            all.extend(
                table.get("properties").and_then(Value::as_object).into_iter().flat_map(|own| own.keys().cloned()),
            );
            table.iter().filter(|(key, _)| *key != "definitions").for_each(|(_, inner)| keys(inner, seen, all));
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, seen, all)),
        _ => {}
    }
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let file = document("scenario.schema.json");
    let text = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &text).expect("the schema can be written");
    }
    let published = fs::read_to_string(&file).unwrap_or_default();
    assert!(published == text, "UPDATE=1 cargo test -p glassnet-lab --test file_schema writes it anew");
}

#[test]
fn the_reference_names_every_key() {
    let reference = fs::read_to_string(document("scenario.md")).expect("the reference is there");
    let mut all = BTreeSet::new();
    keys(schema(), &mut BTreeSet::new(), &mut all);
    let names = |key: &String| {
        [format!("`{key}`"), format!("`[{key}]`"), format!("`[[{key}]]`"), format!("[{key}.NAME]"), format!("{key} = ")]
            .iter()
            .any(|form| reference.contains(form))
    };
    let missing: Vec<&String> = all.iter().filter(|key| !names(key)).collect();
    assert!(all.len() > 70 && missing.is_empty(), "docs/scenario.md says nothing of {missing:?}");
}

#[test]
fn every_key_has_a_sentence_that_editors_show() {
    fn check(schema: &Value, path: &str, silent: &mut Vec<String>) {
        if let Value::Object(table) = schema {
            for (key, property) in table.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let said = property.get("description").is_some() || property.get("const").is_some();
                if !said {
                    silent.push(format!("{path}.{key}"));
                }
            }
            table.iter().for_each(|(key, inner)| check(inner, &format!("{path}.{key}"), silent));
        } else if let Value::Array(items) = schema {
            items.iter().for_each(|item| check(item, path, silent));
        }
    }
    let mut silent = Vec::new();
    check(schema(), "", &mut silent);
    assert!(silent.is_empty(), "{silent:?}");
}
