//! Evaluation: a checked expression over the tables of a recording, or over the headers of one frame.
//!
//! The cost is the number of records that an expression looks at, times its parts: what does not depend on a record is
//! evaluated once, and a list that is searched is put in order first.

use std::cell::RefCell;
use std::cmp::Ordering;

use base::event::Event;
use scope::Frame;
use scope::fields::Packet;

use super::ast::Comparison;
use super::error::Span;
use super::events::EVENTS;
use super::plan::{Node, What};
use super::reckon;
use super::source::{Field, Source};
use super::tables::{Tables, app_field};
use super::value::{Rows, Unlike, Value};

/// What turned out to be of the wrong kind during a run, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) message: String,
}

type Evaluated<'a> = Result<Value<'a>, Fault>;

/// What a predicate looks at.
#[derive(Clone, Copy)]
pub(super) enum Row<'s, 'a> {
    /// Nothing: the expression is about the whole recording.
    None,
    Event(&'a Event),
    Frame(&'s Frame<'a>),
    /// A frame on its way, outside of any recording.
    Packet(&'s Packet<'a>),
}

/// An evaluation in progress.
pub(super) struct Eval<'a> {
    tables: Option<&'a Tables<'a>>,
    /// What is the same for every record.
    slots: RefCell<Vec<Option<Value<'a>>>>,
}

impl<'a> Eval<'a> {
    pub(super) fn new(tables: Option<&'a Tables<'a>>, slots: usize) -> Self {
        Eval { tables, slots: RefCell::new(vec![None; slots]) }
    }

    /// The value of a part.
    pub(super) fn value(&self, node: &'a Node, row: Row<'_, 'a>) -> Evaluated<'a> {
        match &node.what {
            What::Constant(value) => Ok(value.borrowed()),
            What::List(parts) => {
                let items: Result<Vec<_>, _> = parts.iter().map(|part| self.value(part, row)).collect();
                Ok(Value::List(items?.into()))
            }
            What::Source(source) => Ok(Value::Records(source, self.tables.map_or(Rows::All(0), |t| t.rows(source)))),
            What::Filter(base, predicate) => self.filter(base, predicate, row),
            What::Field(field, _) => Ok(self.field(field, row)),
            What::Of(base, field, _) => {
                let base = self.value(base, row)?;
                Ok(self.fields(&base, field))
            }
            What::Call(function, parts) => {
                let values: Result<Vec<_>, _> = parts.iter().map(|part| self.value(part, row)).collect();
                (function.apply)(&values?).map_err(|message| fault(node, message))
            }
            What::Not(one) => Ok(Value::Bool(!self.truth(one, row)?)),
            What::Negate(one) => self.negate(node, &self.value(one, row)?),
            What::Arithmetic(a, sign, b) => {
                let (a, b) = (self.value(a, row)?, self.value(b, row)?);
                each(&a, &b, |a, b| reckon::arithmetic(a, *sign, b)).map_err(|message| fault(node, message))
            }
            What::Compare(first, rest) => self.compare(node, first, rest, row),
            What::In(one, list) => self.inside(one, list, row),
            What::Sorted(list) => {
                let list = self.value(list, row)?;
                reckon::sort(&[list]).map_err(|message| fault(node, message))
            }
            What::And(parts) => self.until(parts, row, false),
            What::Or(parts) => self.until(parts, row, true),
            What::Once(slot, inner) => {
                if let Some(known) = &self.slots.borrow()[*slot] {
                    return Ok(known.clone());
                }
                let value = self.value(inner, Row::None)?;
                self.slots.borrow_mut()[*slot] = Some(value.clone());
                Ok(value)
            }
        }
    }

    /// The value of a part that must be yes or no; nothing is no.
    pub(super) fn truth(&self, node: &'a Node, row: Row<'_, 'a>) -> Result<bool, Fault> {
        match self.value(node, row)? {
            Value::Bool(value) => Ok(value),
            Value::Absent => Ok(false),
            other => Err(fault(node, format!("{other} is neither yes nor no"))),
        }
    }

    /// Whether one of `parts` is `what`, asking no further than needed.
    fn until(&self, parts: &'a [Node], row: Row<'_, 'a>, what: bool) -> Evaluated<'a> {
        for part in parts {
            if self.truth(part, row)? == what {
                return Ok(Value::Bool(what));
            }
        }
        Ok(Value::Bool(!what))
    }

    fn filter(&self, base: &'a Node, predicate: &'a Node, row: Row<'_, 'a>) -> Evaluated<'a> {
        let Value::Records(source, rows) = self.value(base, row)? else {
            return Err(fault(base, "only records can be filtered".into()));
        };
        let mut found = Vec::new();
        for place in rows.iter() {
            if self.with_row(source, place, |row| self.truth(predicate, row))? {
                found.push(place);
            }
        }
        Ok(Value::Records(source, Rows::Some(found.into())))
    }

    /// Looks at one record of a source.
    fn with_row<T>(&self, source: &Source, place: u32, look: impl FnOnce(Row<'_, 'a>) -> T) -> T {
        match (self.tables, source) {
            (None, _) => look(Row::None),
            (Some(tables), Source::Frames) => look(Row::Frame(&tables.recording().frame(place as usize))),
            (Some(tables), _) => look(Row::Event(tables.event(place))),
        }
    }

    /// A field of one record, or of each of some that has it.
    pub(super) fn fields(&self, of: &Value<'a>, field: &'a Field) -> Value<'a> {
        let one = |source: &Source, place: u32| self.with_row(source, place, |row| self.field(field, row));
        match of {
            Value::Record(source, place) => one(source, *place),
            Value::Records(source, rows) => {
                let values = rows.iter().map(|place| one(source, place)).filter(|value| *value != Value::Absent);
                Value::List(values.collect())
            }
            _ => Value::Absent,
        }
    }

    fn field(&self, field: &'a Field, row: Row<'_, 'a>) -> Value<'a> {
        let Some(tables) = self.tables else {
            return match (field, row) {
                (Field::Frame(field), Row::Packet(packet)) => field.of_packet(packet),
                _ => Value::Absent,
            };
        };
        match (field, row) {
            (Field::At, Row::Event(event)) => event.at.into(),
            (Field::At, Row::Frame(frame)) => frame.at.into(),
            (Field::Node, Row::Event(event)) => tables.node_name(event.node).into(),
            (Field::Node, Row::Frame(frame)) => tables.node_name(frame.nic.node).into(),
            (Field::Frame(field), Row::Frame(frame)) => field.of_frame(tables, frame),
            (Field::Event(kind, place), Row::Event(event)) => (EVENTS[*kind].fields[*place].get)(tables, event),
            (Field::App(name), Row::Event(event)) => app_field(event, name),
            _ => Value::Absent,
        }
    }

    fn negate(&self, node: &Node, value: &Value<'a>) -> Evaluated<'a> {
        let minus = Value::Number(-1.0);
        each(value, &minus, |a, b| reckon::arithmetic(a, super::ast::Arithmetic::Multiply, b))
            .map_err(|message| fault(node, message))
    }

    fn compare(
        &self,
        node: &'a Node,
        first: &'a Node,
        rest: &'a [(Comparison, Node)],
        row: Row<'_, 'a>,
    ) -> Evaluated<'a> {
        let mut left = self.value(first, row)?;
        for (sign, part) in rest {
            let right = self.value(part, row)?;
            let held = compare(&left, *sign, &right).map_err(|message| fault(node, message))?;
            // A list of answers comes only from a single comparison.
            if held != Value::Bool(true) {
                return Ok(held);
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn inside(&self, one: &'a Node, list: &'a Node, row: Row<'_, 'a>) -> Evaluated<'a> {
        let is_sorted = matches!(&list.what, What::Once(_, inner) if matches!(inner.what, What::Sorted(_)));
        let (one, list_value) = (self.value(one, row)?, self.value(list, row)?);
        let Some(items) = list_value.items() else {
            return Err(fault(list, format!("{list_value} is no list")));
        };
        Ok(Value::Bool(match &one {
            Value::Absent => false,
            one if is_sorted => items.binary_search_by(|item| item.total_order(one)).is_ok(),
            one => items.iter().any(|item| item.order(one) == Ok(Ordering::Equal)),
        }))
    }
}

/// Two single values, two lists (of the same length, each pair), or a list and a value (each item: a list of answers).
pub(super) fn compare<'a>(left: &Value<'a>, sign: Comparison, right: &Value<'a>) -> Result<Value<'a>, String> {
    match (left.items(), right.items()) {
        (Some(a), Some(b)) if sign == Comparison::NotEqual => {
            let same = compare(left, Comparison::Equal, right)?;
            Ok(Value::Bool(a.len() != b.len() || same == Value::Bool(false)))
        }
        (Some(a), Some(b)) => {
            let held: Result<Vec<bool>, String> = a.iter().zip(b).map(|(a, b)| holds(a, sign, b)).collect();
            Ok(Value::Bool(a.len() == b.len() && !held?.contains(&false)))
        }
        (None, None) => holds(left, sign, right).map(Value::Bool),
        _ => each(left, right, |a, b| holds(a, sign, b).map(Value::Bool)),
    }
}

/// A comparison with nothing never holds.
fn holds(left: &Value<'_>, sign: Comparison, right: &Value<'_>) -> Result<bool, String> {
    if *left == Value::Absent || *right == Value::Absent {
        return Ok(false);
    }
    let order = left.order(right).map_err(|Unlike| format!("{} compared with {}", left.kind(), right.kind()))?;
    Ok(match sign {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::AtLeast => order.is_ge(),
    })
}

/// What `how` gives for two single values, for each item of a list with a value, or for each pair of two lists.
fn each<'a>(
    left: &Value<'a>,
    right: &Value<'a>,
    how: impl Fn(&Value<'a>, &Value<'a>) -> Result<Value<'a>, String>,
) -> Result<Value<'a>, String> {
    let results: Result<Vec<Value<'a>>, String> = match (left.items(), right.items()) {
        (None, None) => return how(left, right),
        (Some(a), None) => a.iter().map(|a| how(a, right)).collect(),
        (None, Some(b)) => b.iter().map(|b| how(left, b)).collect(),
        (Some(a), Some(b)) if a.len() == b.len() => a.iter().zip(b).map(|(a, b)| how(a, b)).collect(),
        (Some(a), Some(b)) => return Err(format!("one list has {} items, the other {}", a.len(), b.len())),
    };
    Ok(Value::List(results?.into()))
}

fn fault(node: &Node, message: String) -> Fault {
    Fault { span: node.span, message }
}
