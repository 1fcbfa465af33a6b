//! The JSON Schema of scenario files: editors use it, and so does the reader.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value as Json};

use super::types::File;

/// The schema as a JSON value (draft 7, which the editors' TOML extensions understand).
pub fn schema() -> &'static Json {
    static SCHEMA: OnceLock<Json> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let settings = SchemaSettings::draft07().with_transform(Tidy);
        let mut generator = settings.into_generator();
        let mut root = File::json_schema(&mut generator);
        let definitions = generator.take_definitions(true);
        root.insert("definitions".into(), Json::Object(definitions));
        Tidy.transform(&mut root);
        let mut json = Map::new();
        json.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
        json.insert("title".into(), "a scenario file".into());
        json.insert(
            "description".into(),
            "A world of Glassnet, what happens in it, and what is expected of it.".into(),
        );
        for (key, value) in root.as_object().cloned().unwrap_or_default() {
            json.entry(key).or_insert(value);
        }
        Json::Object(json)
    })
}

/// TOML has no null, and every table of ours knows its keys.
#[derive(Clone, Debug)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(object) = schema.as_object_mut() {
            without_null(object);
            if object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".into(), false.into());
            }
            // Numbers' sizes are Rust's affair.
            if object.get("format").and_then(Json::as_str).is_some_and(|format| format.starts_with("uint")) {
                object.remove("format");
            }
            object.remove("default");
        }
        transform_subschemas(self, schema);
    }
}

fn without_null(object: &mut Map<String, Json>) {
    if let Some(Json::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Json::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    for name in ["anyOf", "oneOf"] {
        let Some(Json::Array(forms)) = object.get_mut(name) else { continue };
        let before = forms.len();
        forms.retain(|form| form.get("type").is_none_or(|kind| kind != "null"));
        if forms.len() == before || forms.len() > 1 {
            continue;
        }
        let Some(only) = forms.pop() else { continue };
        object.remove(name);
        if only.get("$ref").is_some() {
            object.insert("allOf".into(), Json::Array(vec![only]));
        } else if let Json::Object(only) = only {
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}
