//! An expression that can be evaluated: every name is found, every kind of value checked as far as it is known.

use std::fmt;

use super::ast::{Arithmetic, Comparison};
use super::error::Span;
use super::function::Function;
use super::source::{Field, Kind, Source};
use super::value::Value;

/// A part of an expression, ready to be evaluated.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) kind: Type,
    pub(super) what: What,
}

/// What a part does.
#[derive(Debug)]
pub(super) enum What {
    Constant(Value<'static>),
    List(Vec<Node>),
    /// All records of a source.
    Source(Source),
    /// The records for which the second holds.
    Filter(Box<Node>, Box<Node>),
    /// A field of the record that a predicate looks at, and its name as written.
    Field(Field, String),
    /// A field of a record or of records, and its name as written.
    Of(Box<Node>, Field, String),
    Call(&'static Function, Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Arithmetic(Box<Node>, Arithmetic, Box<Node>),
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    In(Box<Node>, Box<Node>),
    /// A list in order, to be searched.
    Sorted(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// What is the same for every record that a predicate looks at: evaluated once, kept in this slot.
    Once(usize, Box<Node>),
}

/// What is known about a value before a run.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Type {
    One(Kind),
    List(Kind),
    Record(Source),
    Records(Source),
}

impl Type {
    pub(super) const BOOL: Type = Type::One(Kind::Bool);
    pub(super) const NUMBER: Type = Type::One(Kind::Number);

    /// The kind of a single value.
    pub(super) const fn one(&self) -> Option<Kind> {
        if let Type::One(kind) = self { Some(*kind) } else { None }
    }

    /// The kind of a single value or of a list's items.
    pub(super) const fn item(&self) -> Option<Kind> {
        match self {
            Type::One(kind) | Type::List(kind) => Some(*kind),
            _ => None,
        }
    }

    pub(super) const fn is_list(&self) -> bool {
        matches!(self, Type::List(_))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::One(Kind::Bool) => f.write_str("a yes or no"),
            Type::One(Kind::Any) => f.write_str("a value"),
            Type::One(kind) => write!(f, "a {kind}"),
            Type::List(Kind::Bool) => f.write_str("a list of yes and no"),
            Type::List(Kind::Any) => f.write_str("a list"),
            Type::List(kind) => write!(f, "a list of {kind}s"),
            Type::Record(source) => write!(f, "one record of {source}"),
            Type::Records(source) => write!(f, "records of {source}"),
        }
    }
}

impl Node {
    /// The parts directly below.
    pub(super) fn parts(&self) -> Vec<&Node> {
        match &self.what {
            What::Constant(_) | What::Source(_) | What::Field(..) => Vec::new(),
            What::List(parts) | What::Call(_, parts) | What::And(parts) | What::Or(parts) => parts.iter().collect(),
            What::Of(one, ..) | What::Not(one) | What::Negate(one) | What::Sorted(one) | What::Once(_, one) => {
                vec![one]
            }
            What::Filter(a, b) | What::Arithmetic(a, _, b) | What::In(a, b) => vec![a, b],
            What::Compare(first, rest) => std::iter::once(&**first).chain(rest.iter().map(|(_, part)| part)).collect(),
        }
    }

    /// This part and all below it, from left to right.
    pub(super) fn visit<'n>(&'n self, see: &mut dyn FnMut(&'n Node)) {
        see(self);
        for part in self.parts() {
            part.visit(see);
        }
    }
}
