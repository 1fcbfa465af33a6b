//! `--set link.wire.loss=5%`: what a person wants otherwise than the file says, in the same words. `*` is every name, and
//! `[knobs]` gives short names. An override is put into the document before it is checked, so its mistakes are found and
//! shown like the file's own, underlined in the override's text.

use serde_json::Value as Json;
use toml::de::DeValue;

use super::diagnose::{Problem, Span};
use super::names::{self, elements, unknown};
use super::structure;
use super::tree::{Item, Key, Tree, Value};
use super::words::{list, nearest};

/// One setting: `path=value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override(String);

impl Override {
    /// As it is typed: `link.wire.loss=5%`, `cc=reno`, `seed=7`.
    pub fn new(text: impl Into<String>) -> Self {
        Override(text.into())
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Several values for one setting, as `--vary` takes them: `loss=0,0.1%,1%`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vary {
    /// What varies: `loss`.
    pub name: String,
    /// The values, as they were typed.
    pub values: Vec<String>,
}

impl Vary {
    /// Reads `name=value,value,…`; commas within quotes and brackets belong to a value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' says not what varies; write name=value,value, such as loss=0%,1%,5%");
        let (name, rest) = text.split_once('=').ok_or_else(wrong)?;
        let (mut values, mut value, mut depth, mut quote) = (Vec::new(), String::new(), 0_u32, None);
        for letter in rest.chars() {
            match (letter, quote) {
                ('"' | '\'', None) => quote = Some(letter),
                (_, Some(open)) if letter == open => quote = None,
                ('[' | '{', None) => depth += 1,
                (']' | '}', None) => depth = depth.saturating_sub(1),
                (',', None) if depth == 0 => {
                    values.push(std::mem::take(&mut value).trim().to_owned());
                    continue;
                }
                _ => {}
            }
            value.push(letter);
        }
        values.push(value.trim().to_owned());
        if name.trim().is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Vary { name: name.trim().into(), values })
    }

    /// One override for each value.
    pub fn overrides(&self) -> impl Iterator<Item = Override> {
        self.values.iter().map(|value| Override(format!("{}={value}", self.name)))
    }
}

/// Puts `text`, whose first byte has the number `start`, into the document.
pub(super) fn apply(tree: &mut Tree, schema: &Json, text: &str, start: usize) -> Vec<Problem> {
    let Some((path, value)) = text.split_once('=') else {
        let problem = Problem::new(start..start + text.len(), "this setting has no value").label("no `=` here");
        return vec![problem.help("write path=value, such as link.wire.loss=5% or seed=7")];
    };
    let steps = steps(path, start);
    let (indent, value) = (value.len() - value.trim_start().len(), value.trim());
    let value_at = start + path.len() + 1 + indent;
    let mut problems = Vec::new();
    let places = match places(tree, schema, &steps, Some(value)) {
        Ok(places) => places,
        Err(problem) => return vec![*problem],
    };
    for place in places {
        let wanted = structure::schema_at(schema, tree.root(), &place);
        let item = read(value, value_at, wanted.is_some_and(structure::takes_text));
        if let Err(depth) = tree.set(&place, item) {
            let key = &place[depth.min(place.len() - 1)];
            problems.push(Problem::new(key.span.clone(), format!("there is no `{}` to be set", key.name)));
        }
    }
    problems
}

/// What is wrong with the paths of a document's knobs.
pub(super) fn check_path(tree: &Tree, schema: &Json, path: &str, start: usize) -> Option<Problem> {
    places(tree, schema, &steps(path, start), None).err().map(|problem| *problem)
}

/// What each knob of a document is set to; those that the document does not set are left out.
pub(super) fn knob_values(tree: &Tree, schema: &Json) -> Vec<(String, String)> {
    let knobs = tree.root().child("knobs").map_or(&[][..], Item::entries);
    let value_of = |(key, knob): &(Key, Item)| {
        let path = knob.text().or_else(|| elements(knob).find_map(Item::text))?;
        let places = places(tree, schema, &steps(path, 0), None).ok()?;
        let item = places.iter().find_map(|place| {
            place.iter().try_fold(tree.root(), |item, step| item.child(&step.name))
        })?;
        let text = match &item.value {
            Value::Text(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Date(_) | Value::List(_) | Value::Table(_) => return None,
        };
        Some((key.name.clone(), text))
    };
    knobs.iter().filter_map(value_of).collect()
}

/// Every place that a path means.
fn places(tree: &Tree, schema: &Json, steps: &[Key], value: Option<&str>) -> Result<Vec<Vec<Key>>, Box<Problem>> {
    let paths = match steps {
        [name] => knob(tree.root(), name, value).unwrap_or_else(|| vec![steps.to_vec()]),
        _ => vec![steps.to_vec()],
    };
    let mut all = Vec::new();
    for path in &paths {
        let is_wild = path.iter().any(|step| step.name == "*");
        let mut found = Vec::new();
        expand(tree.root(), path, Vec::new(), &mut found)?;
        let known = |place: &Vec<Key>| structure::schema_at(schema, tree.root(), place).is_some();
        if let Some(wrong) = found.iter().find(|place| !known(place)).filter(|_| !is_wild || !found.iter().any(known)) {
            return Err(Box::new(leads_nowhere(tree, schema, wrong)));
        }
        all.extend(found.into_iter().filter(known));
    }
    if all.is_empty() {
        let span = span_of(steps);
        let problem = Problem::new(span, "this setting changes nothing").label("nothing in the file is meant by it");
        return Err(Box::new(problem));
    }
    Ok(all)
}

/// The paths of a short name: the file's own, else those that every file has.
fn knob(document: &Item, name: &Key, value: Option<&str>) -> Option<Vec<Vec<Key>>> {
    let own = document.child("knobs").and_then(|knobs| knobs.child(&name.name));
    let texts: Vec<String> = match own.map(|knob| (&knob.value, knob)) {
        Some((Value::Text(path), _)) => vec![path.clone()],
        Some((_, knob)) => elements(knob).filter_map(Item::text).map(str::to_owned).collect(),
        // `limit=10s` is the run's, `limit=100` the queues'.
        None if name.name == "limit" && value.is_none_or(|value| value.parse::<u64>().is_err()) => return None,
        None if name.name == "cc" => vec!["node.*.stack.congestion".into()],
        None if ON_EVERY_LINK.contains(&name.name.as_str()) => vec![format!("link.*.{}", name.name)],
        None => return None,
    };
    // Whatever is wrong there is shown where the short name was used.
    let at_name = |mut key: Key| {
        key.span = name.span.clone();
        key
    };
    Some(texts.iter().map(|path| steps(path, 0).into_iter().map(at_name).collect()).collect())
}

/// Follows a path through the document, along every way where it says `*`.
fn expand(item: &Item, rest: &[Key], done: Vec<Key>, all: &mut Vec<Vec<Key>>) -> Result<(), Box<Problem>> {
    let Some((step, rest)) = rest.split_first() else {
        all.push(done);
        return Ok(());
    };
    let parent = done.last().map(|key: &Key| key.name.as_str());
    let choices: Vec<(String, &Item)> = match (done.len(), parent) {
        (1, Some("link")) => names::named(item),
        (1, Some("node")) | (_, Some("interface")) => {
            item.entries().iter().map(|(key, item)| (key.name.clone(), item)).collect()
        }
        (_, Some("run")) => elements(item)
            .map(|run| (run.child("program").and_then(Item::text).unwrap_or("").to_owned(), run))
            .collect(),
        _ => elements(item).map(|element| (String::new(), element)).collect(),
    };
    let is_list = matches!(item.value, Value::List(_));
    let chosen = |(index, (name, _)): &(usize, (String, &Item))| {
        step.name == "*" || *name == step.name || (is_list && step.name == index.to_string())
    };
    let matching: Vec<_> = choices.iter().cloned().enumerate().filter(chosen).collect();
    let names_matter = is_list || (done.len() == 1 && parent == Some("node"));
    if matching.is_empty() && names_matter && !(step.name == "*" && choices.is_empty()) {
        let known: Vec<String> = choices
            .into_iter()
            .enumerate()
            .map(|(index, (name, _))| if name.is_empty() { index.to_string() } else { name })
            .collect();
        return Err(Box::new(unknown(parent.unwrap_or("element"), &step.name, &step.span, &known)));
    }
    if matching.is_empty() {
        // A key that the file does not give yet.
        let mut done = done;
        done.push(step.clone());
        let empty = Item { span: step.span.clone(), value: Value::Table(Vec::new()) };
        let next = item.child(&step.name).unwrap_or(&empty);
        return expand(next, rest, done, all);
    }
    for (index, (name, inner)) in matching {
        // Only hosts have a stack and run programs.
        if step.name == "*" && parent == Some("node") && !takes(inner, rest) {
            continue;
        }
        let mut done = done.clone();
        done.push(Key { name: if is_list { index.to_string() } else { name }, span: step.span.clone() });
        expand(inner, rest, done, all)?;
    }
    Ok(())
}

fn takes(node: &Item, rest: &[Key]) -> bool {
    let kind = node.child("kind").and_then(Item::text).unwrap_or("host");
    let is_hosts = rest.first().is_some_and(|key| matches!(key.name.as_str(), "stack" | "run" | "serve"));
    !is_hosts || matches!(kind, "host" | "router")
}

/// Which step of a path the schema does not know.
fn leads_nowhere(tree: &Tree, schema: &Json, path: &[Key]) -> Problem {
    let known = |length: usize| structure::schema_at(schema, tree.root(), &path[..length]);
    let depth = (1..=path.len()).find(|length| known(*length).is_none()).unwrap_or(1) - 1;
    let step = &path[depth];
    let words =
        known(depth).map(|parent| structure::keys(schema, parent, tree.root(), &path[..depth])).unwrap_or_default();
    let title = known(depth).and_then(|parent| parent.get("title")).and_then(Json::as_str);
    let inside = match (depth, title) {
        (0, _) => "a scenario file".to_owned(),
        (_, Some(title)) => title.to_owned(),
        _ => format!("`{}`", path[depth - 1].name),
    };
    let problem = Problem::new(step.span.clone(), format!("{inside} has no `{}`", step.name)).label("leads nowhere");
    let short = ON_EVERY_LINK.iter().copied().chain(["cc"]).filter(|_| depth == 0);
    let all: Vec<&str> = words.into_iter().chain(short).collect();
    match nearest(&step.name, all.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if all.is_empty() => problem.help("the path goes on too far: this is a value, not a table"),
        None => problem.help(format!("there are: {}", list(all))),
    }
}

/// A value: TOML where it is some, and a text without quotes where a text is wanted.
fn read(text: &str, start: usize, takes_text: bool) -> Item {
    let bare = || Item { span: start..start + text.len(), value: Value::Text(text.to_owned()) };
    if takes_text && !text.starts_with(['"', '\'', '[', '{']) {
        return bare();
    }
    match DeValue::parse(text) {
        Ok(value) => Item::read(&value, start),
        Err(_) => bare(),
    }
}

/// The steps of a path; a name with a dot in it stands in quotes.
fn steps(path: &str, start: usize) -> Vec<Key> {
    let mut steps = Vec::new();
    let (mut name, mut from, mut quote) = (String::new(), 0, None);
    for (at, letter) in path.char_indices() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            ('.', None) => {
                steps.push(key(std::mem::take(&mut name), from, at, start));
                from = at + 1;
            }
            _ => name.push(letter),
        }
    }
    steps.push(key(name, from, path.len(), start));
    steps
}

fn key(name: String, from: usize, to: usize, start: usize) -> Key {
    Key { name: name.trim().to_owned(), span: start + from..start + to }
}

fn span_of(steps: &[Key]) -> Span {
    let from = steps.first().map_or(0, |key| key.span.start);
    from..steps.last().map_or(from, |key| key.span.end)
}

/// Short names that every file has.
const ON_EVERY_LINK: &[&str] = &["loss", "delay", "rate", "jitter", "limit", "mtu", "duplicate", "corrupt", "reorder"];
