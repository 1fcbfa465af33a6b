//! The functions: what each takes, what it gives, and how it reckons. This table is the reference.

use super::error::{ExpressionError, Span};
use super::plan::{Node, Type};
use super::reckon as r;
use super::source::Kind;
use super::theory;
use super::value::Value;

/// A function of the language.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    takes: &'static [Takes],
    gives: Gives,
    pub(super) about: &'static str,
    /// Its arguments are as many and of the kinds that it takes, as far as that is known before a run.
    pub(super) apply: for<'a> fn(&[Value<'a>]) -> Result<Value<'a>, String>,
}

/// What an argument must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Takes {
    /// Records or a list.
    Many,
    /// A list of values.
    List,
    /// A list of numbers or times.
    Quantities,
    /// A list of numbers.
    Numbers,
    /// A list of yes and no.
    Truths,
    /// A number.
    Number,
    /// A number or a list of numbers.
    NumberOrNumbers,
    /// A time.
    Time,
    /// A number or a time.
    Quantity,
    /// A number or a time or a list of these.
    Measured,
    /// A text or a list.
    TextOrList,
    /// A single value.
    Value,
}

/// What comes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gives {
    Bool,
    Number,
    /// One item or record of the first argument.
    Item,
    /// The first argument's type.
    Same,
}

const fn function(
    name: &'static str,
    takes: &'static [Takes],
    gives: Gives,
    about: &'static str,
    apply: for<'a> fn(&[Value<'a>]) -> Result<Value<'a>, String>,
) -> Function {
    Function { name, takes, gives, about, apply }
}

/// All functions.
pub(super) fn functions() -> &'static [Function] {
    &FUNCTIONS
}

static FUNCTIONS: [Function; 32] = [
    function("count", &[Takes::Many], Gives::Number, "how many records or items", r::count),
    function("first", &[Takes::Many], Gives::Item, "the first record or item", r::first),
    function("last", &[Takes::Many], Gives::Item, "the last record or item", r::last),
    function("nth", &[Takes::Many, Takes::Number], Gives::Item, "the k-th one, counted from 1", r::nth),
    function("has", &[Takes::Value], Gives::Bool, "whether there is such a value at all", r::has),
    function("sum", &[Takes::Quantities], Gives::Item, "all together; of nothing: 0", r::sum),
    function("min", &[Takes::Quantities], Gives::Item, "the smallest", r::min),
    function("max", &[Takes::Quantities], Gives::Item, "the largest", r::max),
    function("mean", &[Takes::Quantities], Gives::Item, "the arithmetic mean", r::mean),
    function("stddev", &[Takes::Quantities], Gives::Item, "the standard deviation of a sample (n - 1)", r::stddev),
    function(
        "quantile",
        &[Takes::Quantities, Takes::Number],
        Gives::Item,
        "what this share of the items does not exceed: quantile(x, 50%) is the median",
        r::quantile,
    ),
    function(
        "jain",
        &[Takes::Numbers],
        Gives::Number,
        "Jain's fairness index: 1 when all are equal, 1/n when one has all",
        r::jain,
    ),
    function("sort", &[Takes::List], Gives::Same, "the items in ascending order", r::sort),
    function(
        "unique",
        &[Takes::List],
        Gives::Same,
        "the items without repetitions, in order of first appearance",
        r::unique,
    ),
    function(
        "gaps",
        &[Takes::Quantities],
        Gives::Same,
        "from each item to the next: one fewer than there are items",
        r::gaps,
    ),
    function("any", &[Takes::Truths], Gives::Bool, "whether one of them holds", r::any),
    function("all", &[Takes::Truths], Gives::Bool, "whether all of them hold; of nothing: true", r::all),
    function("abs", &[Takes::Quantity], Gives::Same, "without its sign", r::abs),
    function("round", &[Takes::Number], Gives::Number, "to the nearest whole number", r::round),
    function("floor", &[Takes::Number], Gives::Number, "to the next smaller whole number", r::floor),
    function("ceil", &[Takes::Number], Gives::Number, "to the next larger whole number", r::ceil),
    function("sqrt", &[Takes::Number], Gives::Number, "the square root", r::sqrt),
    function("pow", &[Takes::Number, Takes::Number], Gives::Number, "the first to the power of the second", r::pow),
    function(
        "bianchi",
        &[Takes::Number, Takes::Number, Takes::Number, Takes::Time, Takes::Time, Takes::Time, Takes::Time],
        Gives::Number,
        "802.11's saturation throughput as a share, by Bianchi's formula: stations, first window, doublings; the times of \
         payload, success and collision, and a slot",
        theory::bianchi,
    ),
    function(
        "arq",
        &[Takes::TextOrList, Takes::Number, Takes::Number, Takes::Number],
        Gives::Number,
        "the utilisation of a reliable line by the textbook: 'stop-and-wait', 'go-back-n' or 'selective-repeat', window, a, p",
        theory::arq,
    ),
    function("log2", &[Takes::Number], Gives::Number, "the logarithm to base 2", r::log2),
    function(
        "rate",
        &[Takes::NumberOrNumbers, Takes::Time],
        Gives::Number,
        "bits per second, of so many bytes in so much time: rate(frames.len, 10s)",
        r::rate,
    ),
    function(
        "close",
        &[Takes::Measured, Takes::Measured, Takes::Number],
        Gives::Bool,
        "whether the first differs from the second by at most a share of the second: close(x, 1460, 1%); of lists: each pair",
        r::close,
    ),
    function(
        "near",
        &[Takes::Measured, Takes::Measured, Takes::Quantity],
        Gives::Bool,
        "whether both differ by at most so much: near(x, 3s, 10ms); of lists: each pair",
        r::near,
    ),
    function(
        "between",
        &[Takes::Quantity, Takes::Quantity, Takes::Quantity],
        Gives::Bool,
        "whether the first is at least the second and at most the third",
        r::between,
    ),
    function(
        "contains",
        &[Takes::TextOrList, Takes::Value],
        Gives::Bool,
        "whether a text has this part, or a list this item",
        r::contains,
    ),
    function("len", &[Takes::TextOrList], Gives::Number, "the characters of a text, or the items of a list", r::len),
];

impl Function {
    /// `close(numbers or times, numbers or times, number)`
    pub(super) fn shape(&self) -> String {
        let takes: Vec<&str> = self.takes.iter().map(|takes| takes.text()).collect();
        format!("{}({})", self.name, takes.join(", "))
    }

    /// The type of a call with these arguments.
    pub(super) fn check(&self, span: Span, parts: &[Node]) -> Result<Type, ExpressionError> {
        if parts.len() != self.takes.len() {
            let message = format!("{} takes {}, not {}", self.name, values(self.takes.len()), parts.len());
            return Err(ExpressionError::new(span, message).help(format!("write {}", self.shape())));
        }
        for (takes, part) in self.takes.iter().zip(parts) {
            if !takes.accepts(&part.kind) {
                let message = format!("{} takes {} here, not {}", self.name, takes.text(), part.kind);
                let error = ExpressionError::new(part.span, message);
                return Err(error.maybe(takes.advice(&part.kind)));
            }
        }
        self.check_dimensions(parts)?;
        let first = parts.first().map_or(Type::NUMBER, |part| part.kind.clone());
        Ok(match (self.gives, first) {
            (Gives::Bool, _) => Type::BOOL,
            (Gives::Number, _) => Type::NUMBER,
            (Gives::Item, Type::Records(source)) => Type::Record(source),
            (Gives::Item, Type::List(kind)) => Type::One(kind),
            (_, first) => first,
        })
    }

    /// What is measured against each other must be all times or all numbers.
    fn check_dimensions(&self, parts: &[Node]) -> Result<(), ExpressionError> {
        if !matches!(self.name, "close" | "near" | "between") {
            return Ok(());
        }
        let measured = parts.iter().zip(self.takes).filter(|(_, takes)| **takes != Takes::Number);
        let mut first = None;
        for (part, _) in measured {
            let kind = part.kind.item().unwrap_or(Kind::Any);
            if kind == Kind::Any {
                continue;
            }
            if *first.get_or_insert(kind) != kind {
                let message = format!("{} measures times and numbers against each other", self.name);
                return Err(ExpressionError::new(part.span, message).help("a time is written with its unit: 10ms, 2s"));
            }
        }
        Ok(())
    }
}

impl Takes {
    fn accepts(self, kind: &Type) -> bool {
        use Kind::{Any, Bool, Number, Text, Time};
        matches!(
            (self, kind),
            (Takes::Many, Type::Records(_) | Type::List(_))
                | (Takes::List, Type::List(_))
                | (Takes::Quantities | Takes::Measured, Type::List(Number | Time | Any))
                | (Takes::Numbers | Takes::NumberOrNumbers, Type::List(Number | Any))
                | (Takes::Truths, Type::List(Bool | Any))
                | (Takes::Number | Takes::NumberOrNumbers, Type::One(Number | Any))
                | (Takes::Time, Type::One(Time | Any))
                | (Takes::Quantity | Takes::Measured, Type::One(Number | Time | Any))
                | (Takes::TextOrList, Type::One(Text | Any) | Type::List(_))
                | (Takes::Value, Type::One(_))
        )
    }

    const fn text(self) -> &'static str {
        match self {
            Takes::Many => "records or a list",
            Takes::List => "a list",
            Takes::Quantities => "a list of numbers or times",
            Takes::Numbers => "a list of numbers",
            Takes::Truths => "a list of yes and no",
            Takes::Number => "a number",
            Takes::NumberOrNumbers => "numbers",
            Takes::Time => "a time",
            Takes::Quantity => "a number or time",
            Takes::Measured => "numbers or times",
            Takes::TextOrList => "a text or a list",
            Takes::Value => "a value",
        }
    }

    fn advice(self, kind: &Type) -> Option<String> {
        match (self, kind) {
            (Takes::Many, Type::Record(_) | Type::One(_)) => {
                Some("name records: frames, states[to == 'ESTABLISHED'], …".into())
            }
            (Takes::Truths, Type::List(_)) => Some("compare them: all(frames.len <= 1514)".into()),
            (Takes::Truths, Type::One(_)) => Some("compare a list with a value: all(frames.len <= 1514)".into()),
            (_, Type::Records(source)) => Some(format!("name a field: {source}.at")),
            (Takes::Value, Type::List(_)) => Some("ask for how many there are: count(…) > 0".into()),
            (Takes::Quantities | Takes::Numbers, Type::One(_)) => {
                Some("a list is written [1, 2], or comes from records: frames.len".into())
            }
            (Takes::Time, Type::One(Kind::Number)) => Some("a time is written with its unit: 10ms, 2s".into()),
            _ => None,
        }
    }
}

fn values(count: usize) -> String {
    if count == 1 { "1 value".into() } else { format!("{count} values") }
}
