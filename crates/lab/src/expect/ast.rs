//! An expression as it is written: names are not looked up yet.

use std::fmt;

use super::error::Span;
use super::unit::Unit;

/// A part of an expression, and its place in the text.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) span: Span,
    pub(super) what: What,
    /// How many parts stand in each other at most; bounds every recursion.
    pub(super) height: usize,
}

/// What a part is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum What {
    Number(f64, Unit),
    Text(String),
    Bool(bool),
    List(Vec<Expr>),
    /// A name with its dots: a source, a field, or a source and a field.
    Name(String),
    /// A field of what stands before it.
    Field(Box<Expr>, String),
    /// The records for which the second holds.
    Filter(Box<Expr>, Box<Expr>),
    Call(String, Span, Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    /// `a < b < c` compares each with its neighbour.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    In(Box<Expr>, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
}

/// `+ - * / %`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// `== != < <= > >=`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Expr {
    pub(super) fn new(span: Span, what: What) -> Expr {
        let tallest = |parts: &[Expr]| parts.iter().map(|part| part.height).max().unwrap_or(0);
        let below = match &what {
            What::Number(..) | What::Text(_) | What::Bool(_) | What::Name(_) => 0,
            What::List(parts) | What::Call(_, _, parts) | What::And(parts) | What::Or(parts) => tallest(parts),
            What::Field(one, _) | What::Not(one) | What::Negate(one) => one.height,
            What::Filter(a, b) | What::Arithmetic(a, _, b) | What::In(a, b) => a.height.max(b.height),
            What::Compare(first, rest) => rest.iter().map(|(_, part)| part.height).fold(first.height, usize::max),
        };
        Expr { span, what, height: below + 1 }
    }

    /// How tightly it holds together: what is weaker than its surroundings needs parentheses.
    fn strength(&self) -> u8 {
        match &self.what {
            What::Or(_) => 0,
            What::And(_) => 1,
            What::Not(_) => 2,
            What::Compare(..) | What::In(..) => 3,
            What::Arithmetic(_, Arithmetic::Add | Arithmetic::Subtract, _) => 4,
            What::Arithmetic(..) => 5,
            What::Negate(_) => 6,
            _ => 7,
        }
    }

    /// Writes it, in parentheses when it is weaker than `least`.
    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.strength() < least { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

/// The same expression, wherever its parts stand in a text.
impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        match (&self.what, &other.what) {
            (What::Call(name, _, parts), What::Call(other_name, _, others)) => name == other_name && parts == others,
            (what, other) => what == other,
        }
    }
}

/// As a person would write it; what is read back is the same.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Number(number, unit) => write!(f, "{number}{}", unit.name),
            What::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            What::Bool(value) => write!(f, "{value}"),
            What::Name(name) => f.write_str(name),
            What::List(parts) => {
                f.write_str("[")?;
                join(f, parts, ", ", 0)?;
                f.write_str("]")
            }
            What::Field(base, name) => {
                base.write(f, 7)?;
                write!(f, ".{name}")
            }
            What::Filter(base, predicate) => {
                base.write(f, 7)?;
                write!(f, "[{predicate}]")
            }
            What::Call(name, _, parts) => {
                write!(f, "{name}(")?;
                join(f, parts, ", ", 0)?;
                f.write_str(")")
            }
            What::Not(one) => {
                f.write_str("not ")?;
                one.write(f, 2)
            }
            What::Negate(one) => {
                f.write_str("-")?;
                one.write(f, 6)
            }
            What::Arithmetic(a, sign, b) => {
                let own = self.strength();
                a.write(f, own)?;
                write!(f, " {} ", sign.sign())?;
                b.write(f, own + 1)
            }
            What::Compare(first, rest) => {
                first.write(f, 4)?;
                rest.iter().try_for_each(|(comparison, part)| {
                    write!(f, " {} ", comparison.sign())?;
                    part.write(f, 4)
                })
            }
            What::In(one, list) => {
                one.write(f, 4)?;
                f.write_str(" in ")?;
                list.write(f, 4)
            }
            What::And(parts) => join(f, parts, " and ", 2),
            What::Or(parts) => join(f, parts, " or ", 1),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expr], between: &str, least: u8) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(between)?;
        }
        part.write(f, least)?;
    }
    Ok(())
}

impl Arithmetic {
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Remainder => "%",
        }
    }
}

impl Comparison {
    /// The comparison that is written so.
    pub(super) fn of(sign: &str) -> Option<Comparison> {
        use Comparison::{AtLeast, AtMost, Equal, Greater, Less, NotEqual};
        [Equal, NotEqual, Less, AtMost, Greater, AtLeast].into_iter().find(|comparison| comparison.sign() == sign)
    }

    pub(super) const fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
        }
    }
}
