//! A TOML document with the place of everything in it. Checks name what they mean by its path (`link`, `0`, `delay`) and
//! the tree knows where that stands, so the types of the file need not carry places with them.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnose::{Problem, Span};
use super::syntax;

/// A value and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Item {
    /// Of a table with a header: the header.
    pub(super) span: Span,
    /// What it is.
    pub(super) value: Value,
}

/// What TOML has.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Date(toml::value::Datetime),
    List(Vec<Item>),
    Table(Vec<(Key, Item)>),
}

/// A key and where it stands first.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) span: Span,
}

impl Value {
    /// In a person's words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Item {
    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a table has under a key, or a list at a number.
    pub(super) fn child(&self, step: &str) -> Option<&Item> {
        match &self.value {
            Value::Table(table) => table.iter().find(|(key, _)| key.name == step).map(|(_, item)| item),
            Value::List(list) => list.get(step.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The keys of a table and their values.
    pub(super) fn entries(&self) -> &[(Key, Item)] {
        match &self.value {
            Value::Table(table) => table,
            _ => &[],
        }
    }

    fn child_mut(&mut self, step: &str) -> Option<&mut Item> {
        match &mut self.value {
            Value::Table(table) => table.iter_mut().find(|(key, _)| key.name == step).map(|(_, item)| item),
            Value::List(list) => list.get_mut(step.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Without places, as serde reads it.
    pub(super) fn plain(&self) -> toml::Value {
        match &self.value {
            Value::Text(text) => toml::Value::String(text.clone()),
            Value::Integer(number) => toml::Value::Integer(*number),
            Value::Float(number) => toml::Value::Float(*number),
            Value::Bool(truth) => toml::Value::Boolean(*truth),
            Value::Date(date) => toml::Value::Datetime(*date),
            Value::List(list) => toml::Value::Array(list.iter().map(Item::plain).collect()),
            Value::Table(table) => {
                toml::Value::Table(table.iter().map(|(key, item)| (key.name.clone(), item.plain())).collect())
            }
        }
    }

    /// From the parser's value, its spans `by` further on.
    pub(super) fn read(value: &Spanned<DeValue<'_>>, by: usize) -> Self {
        let inner = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(digits) => {
                // What does not fit is told by the checks, as a number beyond every range.
                Value::Integer(i64::from_str_radix(digits.as_str(), digits.radix()).unwrap_or(i64::MIN))
            }
            DeValue::Float(digits) => Value::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(truth) => Value::Bool(*truth),
            DeValue::Datetime(date) => Value::Date(*date),
            DeValue::Array(list) => Value::List(list.iter().map(|item| Item::read(item, by)).collect()),
            DeValue::Table(table) => Value::Table(entries(table, by)),
        };
        Item { span: further(value.span(), by), value: inner }
    }
}

fn entries(table: &DeTable<'_>, by: usize) -> Vec<(Key, Item)> {
    let read = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let key: &Spanned<std::borrow::Cow<'_, str>> = key;
        (Key { name: key.get_ref().to_string(), span: further(key.span(), by) }, Item::read(value, by))
    };
    table.iter().map(read).collect()
}

fn further(span: Span, by: usize) -> Span {
    span.start + by..span.end + by
}

/// The way to a value: keys, and numbers of elements.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Place(Vec<String>);

impl Place {
    /// Of keys.
    pub(super) fn of<const N: usize>(keys: [&str; N]) -> Self {
        Place(keys.map(str::to_owned).into())
    }

    /// One step further: a key or an element's number.
    pub(super) fn then(&self, step: impl ToString) -> Self {
        let mut place = self.clone();
        place.0.push(step.to_string());
        place
    }
}

/// A document.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    root: Item,
}

impl Tree {
    /// Reads a document; what is no TOML is told, and what could be read is there all the same.
    pub(super) fn parse(text: &str) -> (Self, Vec<Problem>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let root = Item { span: table.span(), value: Value::Table(entries(table.get_ref(), 0)) };
        (Tree { root }, syntax::problems(&errors, text))
    }

    /// The whole.
    pub(super) fn root(&self) -> &Item {
        &self.root
    }

    /// The entries of a table of the document.
    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut Vec<(Key, Item)>> {
        match &mut self.root.child_mut(name)?.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The elements of a list of the document.
    pub(super) fn list_mut(&mut self, name: &str) -> Option<&mut Vec<Item>> {
        match &mut self.root.child_mut(name)?.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The value at a place.
    pub(super) fn item(&self, place: &Place) -> Option<&Item> {
        place.0.iter().try_fold(&self.root, |item, step| item.child(step))
    }

    /// Where the value at a place stands; of what is not written, where the next around it does.
    pub(super) fn span(&self, place: &Place) -> Span {
        let (mut item, mut span) = (&self.root, 0..0);
        for step in &place.0 {
            let Some(inner) = item.child(step) else { break };
            // A table's name says more than its whole header, or than its braces.
            let key = item.entries().iter().find(|(key, _)| key.name == *step).map(|(key, _)| key.span.clone());
            span = match (&inner.value, key) {
                (Value::Table(_), Some(key)) => key,
                (Value::List(list), Some(key)) if list.iter().all(|item| matches!(item.value, Value::Table(_))) => key,
                _ => inner.span.clone(),
            };
            item = inner;
        }
        span
    }

    /// Where the key of a place stands.
    pub(super) fn key_span(&self, place: &Place) -> Span {
        let found = place.0.split_last().and_then(|(last, parents)| {
            let parent = parents.iter().try_fold(&self.root, |item, step| item.child(step))?;
            parent.entries().iter().find(|(key, _)| key.name == *last).map(|(key, _)| key.span.clone())
        });
        found.unwrap_or_else(|| self.span(place))
    }

    /// Puts a value at a place, with the tables on the way there. `Err` is the number of the step that leads nowhere.
    pub(super) fn set(&mut self, way: &[Key], value: Item) -> Result<(), usize> {
        let Some((last, parents)) = way.split_last() else { return Err(0) };
        let mut at = &mut self.root;
        for (depth, step) in parents.iter().enumerate() {
            if let Value::Table(table) = &mut at.value
                && !table.iter().any(|(key, _)| key.name == step.name)
            {
                table.push((step.clone(), Item { span: step.span.clone(), value: Value::Table(Vec::new()) }));
            }
            at = at.child_mut(&step.name).ok_or(depth)?;
        }
        if at.child(&last.name).is_none() {
            let Value::Table(table) = &mut at.value else { return Err(parents.len()) };
            table.push((last.clone(), value));
            return Ok(());
        }
        let old = at.child_mut(&last.name).ok_or(parents.len())?;
        *old = value;
        Ok(())
    }
}
