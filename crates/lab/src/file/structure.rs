//! Whether a document has the form that the schema describes: every key known, every value of its kind. The schema is the
//! one that editors use, so both always agree; unlike serde this goes on after the first mistake.

use serde_json::{Map, Value as Json};

use super::diagnose::{Problem, Span};
use super::names::Names;
use super::scalar;
use super::tree::{Item, Key, Value};
use super::words::{list, nearest};

/// Everything in `document` that the schema does not allow.
pub(super) fn check(document: &Item, schema: &Json) -> Vec<Problem> {
    let mut walk = Walk { schema, names: Names::of(document), problems: Vec::new() };
    let top = Spot { key: "the file", span: 0..0 };
    walk.item(document, schema, &top);
    walk.problems
}

/// The schema of what stands at the end of `steps`, as far as the document's own values decide it.
pub(super) fn schema_at<'a>(schema: &'a Json, document: &Item, steps: &[Key]) -> Option<&'a Json> {
    let walk = Walk { schema, names: Names::default(), problems: Vec::new() };
    let (mut at, mut item) = (schema, Some(document));
    for step in steps {
        at = walk.fitting(at, item)?;
        at = match at.get("properties").and_then(|properties| properties.get(&step.name)) {
            Some(property) => property,
            None if step.name.parse::<usize>().is_ok() && at.get("items").is_some() => at.get("items")?,
            None => at.get("additionalProperties").filter(|more| more.is_object())?,
        };
        item = item.and_then(|item| item.child(&step.name));
    }
    Some(walk.resolved(at))
}

/// The keys that the table at the end of `steps` may have; `parent` is its schema.
pub(super) fn keys<'a>(schema: &'a Json, parent: &'a Json, document: &Item, steps: &[Key]) -> Vec<&'a str> {
    let item = steps.iter().try_fold(document, |item, step| item.child(&step.name));
    let walk = Walk { schema, names: Names::default(), problems: Vec::new() };
    let form = walk.fitting(parent, item).and_then(|form| form.get("properties")).and_then(Json::as_object);
    form.map(|known| known.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// Whether a schema takes a text.
pub(super) fn takes_text(schema: &Json) -> bool {
    kinds(schema).contains(&"string") || words(schema).is_some() || alternatives(schema).iter().any(takes_text)
}

struct Walk<'a> {
    schema: &'a Json,
    names: Names,
    problems: Vec<Problem>,
}

/// What a value is called: its key, and where that stands.
struct Spot<'a> {
    key: &'a str,
    span: Span,
}

impl<'a> Walk<'a> {
    fn item(&mut self, item: &Item, schema: &'a Json, spot: &Spot<'_>) {
        let (outer, schema) = (schema, self.resolved(schema));
        if let Some(words) = words(schema) {
            let what = title(outer).or_else(|| title(schema));
            let what = what.map_or_else(|| format!("a word for `{}`", spot.key), str::to_owned);
            return self.word(item, &words, &what, spot.key);
        }
        let Some(schema) = self.choose(item, outer, schema, spot) else { return };
        let kinds = kinds(schema);
        let fits = |kind: &&str| {
            matches!(
                (&item.value, *kind),
                (Value::Text(_), "string")
                    | (Value::Bool(_), "boolean")
                    | (Value::Integer(_), "integer" | "number")
                    | (Value::Float(_), "number")
                    | (Value::List(_), "array")
                    | (Value::Table(_), "object")
            )
        };
        if !kinds.is_empty() && !kinds.iter().any(fits) {
            return self.wrong_kind(item, outer, schema, &kinds, spot);
        }
        match &item.value {
            Value::Table(table) => self.table(table, schema, spot),
            Value::List(items) => self.list(item, items, schema, spot),
            Value::Text(text) => self.text(item, text, schema, spot),
            Value::Integer(number) => self.number(item, *number as f64, schema, spot),
            Value::Float(number) => self.number(item, *number, schema, spot),
            Value::Bool(_) | Value::Date(_) => {}
        }
    }

    fn table(&mut self, table: &[(Key, Item)], schema: &'a Json, spot: &Spot<'_>) {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Json::as_object);
        let known = properties.unwrap_or(&none);
        let more = schema.get("additionalProperties");
        for (key, item) in table {
            let spot = Spot { key: &key.name, span: key.span.clone() };
            if let Some(property) = properties.and_then(|known| known.get(&key.name)) {
                self.item(item, property, &spot);
            } else if let Some(inner) = more.filter(|more| more.is_object()) {
                let format = schema.pointer("/propertyNames/format").and_then(Json::as_str).unwrap_or("name");
                if let Err(wrong) = scalar::check(format, &key.name) {
                    self.problems.push(Problem::new(key.span.clone(), wrong.what).help(wrong.hint));
                }
                self.item(item, inner, &spot);
            } else if more == Some(&Json::Bool(false)) {
                let problem = self.unknown_key(key, known, schema);
                self.problems.push(problem);
            }
        }
        let required = schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        for missing in required.filter(|missing| !table.iter().any(|(key, _)| key.name == *missing)) {
            let property = known.get(missing).map(|property| self.resolved(property));
            let title = format!("{} needs `{missing}`", title(schema).unwrap_or(spot.key));
            let problem = Problem::new(spot.span.clone(), title).label(format!("`{missing}` is missing"));
            let help = property.and_then(|property| written(missing, property)).map(|line| format!("add `{line}`"));
            self.problems.push(problem.help_if(help));
        }
    }

    fn unknown_key(&self, key: &Key, known: &Map<String, Json>, schema: &Json) -> Problem {
        let name = &key.name;
        let of = title(schema).unwrap_or("this table");
        let problem = Problem::new(key.span.clone(), format!("{of} has no `{name}`")).label("unknown key");
        match nearest(name, known.keys().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("there are: {}", list(known.keys().map(String::as_str)))),
        }
    }

    fn list(&mut self, item: &Item, items: &[Item], schema: &'a Json, spot: &Spot<'_>) {
        let bound = |name| schema.get(name).and_then(Json::as_u64);
        let count = items.len() as u64;
        if bound("minItems").is_some_and(|least| count < least) || bound("maxItems").is_some_and(|most| count > most) {
            let wanted = match (bound("minItems"), bound("maxItems")) {
                (Some(least), Some(most)) if least == most => format!("{least}"),
                (Some(least), _) => format!("at least {least}"),
                (None, most) => format!("at most {}", most.unwrap_or(0)),
            };
            let title = format!("`{}` has {count} of {wanted} elements", spot.key);
            let problem = Problem::new(item.span.clone(), title).label(format!("{wanted}, not {count}"));
            self.problems
                .push(problem.help_if(written(spot.key, schema).map(|line| format!("write it like `{line}`"))));
            return;
        }
        let Some(inner) = schema.get("items") else { return };
        for item in items {
            // A table of a list has no key of its own: its header stands for it.
            let span = if matches!(item.value, Value::Table(_)) { item.span.clone() } else { spot.span.clone() };
            self.item(item, inner, &Spot { key: spot.key, span });
        }
    }

    fn text(&mut self, item: &Item, text: &str, schema: &Json, spot: &Spot<'_>) {
        let Some(format) = schema.get("format").and_then(Json::as_str) else { return };
        if let Err(wrong) = scalar::check(format, text) {
            let problem = Problem::new(item.span.clone(), format!("`{}`: {}", spot.key, wrong.what));
            self.problems.push(problem.help(wrong.hint));
        } else if let Some(problem) = self.names.check(format, text, &item.span) {
            self.problems.push(problem);
        }
    }

    fn number(&mut self, item: &Item, number: f64, schema: &Json, spot: &Spot<'_>) {
        let least = schema.get("minimum").and_then(Json::as_f64).unwrap_or(f64::NEG_INFINITY);
        let most = schema.get("maximum").and_then(Json::as_f64).unwrap_or(i64::MAX as f64);
        if (least..=most).contains(&number) {
            return;
        }
        let range =
            if most >= i64::MAX as f64 { format!("{least} or more") } else { format!("from {least} to {most}") };
        let problem = Problem::new(item.span.clone(), format!("`{}` cannot be {number}", spot.key));
        let about = schema.get("description").and_then(Json::as_str).map(str::to_owned);
        self.problems.push(problem.label(format!("must be {range}")).help_if(about));
    }

    fn word(&mut self, item: &Item, words: &[&str], what: &str, key: &str) {
        let Some(text) = item.text() else {
            let example = words.first().map(|word| format!("write it like `{key} = \"{word}\"`"));
            return self.kind(item, key, &["string"], example);
        };
        if words.contains(&text) {
            return;
        }
        let problem = Problem::new(item.span.clone(), format!("'{text}' is not {what}")).label("unknown word");
        let near = nearest(text, words.iter().copied());
        let problem = problem.help_if(near.map(|near| format!("did you mean \"{near}\"?")));
        self.problems.push(problem.help(format!("there are: {}", list(words.iter().copied()))));
    }

    fn wrong_kind(&mut self, item: &Item, outer: &Json, schema: &Json, wanted: &[&str], spot: &Spot<'_>) {
        let line = written(spot.key, outer).or_else(|| written(spot.key, schema));
        let help = match (&item.value, line) {
            (Value::Table(_), None) if wanted == ["array"] => {
                Some(format!("two brackets make a list of tables: [[{}]], once for each", spot.key))
            }
            (_, line) => line.map(|line| format!("write it like `{line}`")),
        };
        self.kind(item, spot.key, wanted, help);
    }

    fn kind(&mut self, item: &Item, key: &str, wanted: &[&str], help: Option<String>) {
        let wanted: Vec<&str> = wanted.iter().map(|kind| in_words(kind)).collect();
        let (found, wanted) = (item.value.kind(), or(&wanted));
        let problem = Problem::new(item.span.clone(), format!("`{key}` must be {wanted}, not {found}"));
        self.problems.push(problem.label(format!("this is {found}")).help_if(help));
    }

    /// Of several forms the one that the value has: by the word in its tag, or by its kind.
    fn choose(&mut self, item: &Item, outer: &Json, schema: &'a Json, spot: &Spot<'_>) -> Option<&'a Json> {
        if alternatives(schema).is_empty() {
            return Some(schema);
        }
        if let Some(found) = self.fitting(schema, Some(item)) {
            return Some(found);
        }
        if let Some((tag, forms)) = tagged(schema) {
            let words: Vec<&str> = forms.iter().map(|(word, _)| *word).collect();
            match (&item.value, item.child(tag)) {
                (Value::Table(_), Some(value)) => {
                    let what = title(schema).map_or_else(|| format!("a word for `{tag}`"), str::to_owned);
                    self.word(value, &words, &what, tag);
                }
                (Value::Table(_), None) => {
                    let of = title(schema).unwrap_or(spot.key);
                    let problem = Problem::new(spot.span.clone(), format!("{of} needs `{tag}`"));
                    let problem = problem.label(format!("`{tag}` is missing"));
                    self.problems.push(problem.help(format!("there are: {}", list(words))));
                }
                _ => self.wrong_kind(item, schema, schema, &["object"], spot),
            }
            return None;
        }
        let wanted = self.all_kinds(schema);
        self.wrong_kind(item, outer, schema, &wanted, spot);
        None
    }

    /// The form of a schema that a value has, without a word about what is wrong.
    fn fitting(&self, schema: &'a Json, item: Option<&Item>) -> Option<&'a Json> {
        let schema = self.resolved(schema);
        let forms = alternatives(schema);
        if forms.is_empty() || words(schema).is_some() {
            return Some(schema);
        }
        let item = item?;
        if let Some((tag, forms)) = tagged(schema) {
            let word = item.child(tag)?.text()?;
            return forms.into_iter().find(|(name, _)| *name == word).map(|(_, form)| form);
        }
        let kind = match item.value {
            Value::Text(_) => "string",
            Value::Integer(_) => "integer",
            Value::Float(_) => "number",
            Value::Bool(_) => "boolean",
            Value::List(_) => "array",
            Value::Table(_) => "object",
            Value::Date(_) => return None,
        };
        let fits = |form: &&Json| kinds(form).contains(&kind) || (kind == "string" && words(form).is_some());
        forms.iter().find_map(|form| self.fitting(form, Some(item)).filter(fits))
    }

    /// Every kind of value that a schema allows.
    fn all_kinds(&self, schema: &'a Json) -> Vec<&'a str> {
        let schema = self.resolved(schema);
        match alternatives(schema) {
            [] => kinds(schema),
            forms => {
                let mut all: Vec<&str> = Vec::new();
                for kind in forms.iter().flat_map(|form| self.all_kinds(form)) {
                    if !all.contains(&kind) {
                        all.push(kind);
                    }
                }
                all
            }
        }
    }

    /// What a reference stands for.
    fn resolved(&self, schema: &'a Json) -> &'a Json {
        let reference = |schema: &'a Json| schema.get("$ref").and_then(Json::as_str);
        let only = schema.get("allOf").and_then(Json::as_array).filter(|all| all.len() == 1).map(|all| &all[0]);
        match reference(schema).or_else(|| only.and_then(reference)) {
            Some(name) => {
                let target = name.strip_prefix('#').and_then(|pointer| self.schema.pointer(pointer));
                target.map_or(schema, |target| self.resolved(target))
            }
            None => schema,
        }
    }
}

/// The words of an enumeration.
fn words(schema: &Json) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Json::as_array) {
        return words.iter().map(Json::as_str).collect();
    }
    let forms = schema.get("oneOf").and_then(Json::as_array)?;
    let mut all = Vec::new();
    for form in forms {
        match (form.get("const"), form.get("enum").and_then(Json::as_array)) {
            (Some(word), _) => all.push(word.as_str()?),
            (None, Some(words)) => all.extend(words.iter().filter_map(Json::as_str)),
            (None, None) => return None,
        }
    }
    Some(all)
}

/// The forms of a table that differ by the word under one key, and that key.
fn tagged(schema: &Json) -> Option<(&str, Vec<(&str, &Json)>)> {
    let forms = alternatives(schema);
    let first = forms.first()?.get("properties")?.as_object()?;
    let (tag, _) = first.iter().find(|(_, property)| property.get("const").is_some())?;
    let named: Option<Vec<(&str, &Json)>> =
        forms.iter().map(|form| Some((form.get("properties")?.get(tag)?.get("const")?.as_str()?, form))).collect();
    Some((tag, named?))
}

fn alternatives(schema: &Json) -> &[Json] {
    let of = |name| schema.get(name).and_then(Json::as_array);
    of("oneOf").or_else(|| of("anyOf")).map_or(&[], Vec::as_slice)
}

fn kinds(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(kind)) => vec![kind],
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn title(schema: &Json) -> Option<&str> {
    schema.get("title").and_then(Json::as_str)
}

/// A line that shows how a key is written.
fn written(key: &str, schema: &Json) -> Option<String> {
    let example = schema.get("examples")?.as_array()?.first()?;
    Some(format!("{key} = {}", in_toml(example)))
}

/// An example as TOML writes it in a line.
fn in_toml(example: &Json) -> String {
    match example {
        Json::Array(items) => format!("[{}]", items.iter().map(in_toml).collect::<Vec<_>>().join(", ")),
        Json::Object(table) => {
            let entry = |(key, value): (&String, &Json)| {
                let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
                let key = if plain { key.clone() } else { format!("\"{key}\"") };
                format!("{key} = {}", in_toml(value))
            };
            format!("{{ {} }}", table.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn in_words(kind: &str) -> &str {
    match kind {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        other => other,
    }
}

fn or(kinds: &[&str]) -> String {
    match kinds {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => kinds.concat(),
    }
}
