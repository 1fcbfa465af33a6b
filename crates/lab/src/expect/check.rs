//! The static checks: names become sources, fields and functions, and what can never be right is refused before any run.

use super::ast::{Arithmetic, Comparison, Expr, What as Written};
use super::error::{ExpressionError, Span, meant};
use super::function::{Function, functions};
use super::plan::{Node, Type, What};
use super::source::{Kind, Source};
use super::value::Value;

/// A checked expression and how many slots it keeps.
pub(super) struct Checked {
    pub(super) root: Node,
    pub(super) slots: usize,
}

/// Checks an expression over a whole recording.
pub(super) fn check(expr: &Expr) -> Result<Checked, ExpressionError> {
    let mut checker = Checker { slots: 0 };
    let root = checker.node(expr, None)?;
    Ok(Checked { root, slots: checker.slots })
}

/// Checks an expression over one frame.
pub(super) fn check_frame(expr: &Expr) -> Result<Checked, ExpressionError> {
    let mut checker = Checker { slots: 0 };
    let root = checker.predicate(expr, &Source::Frames)?;
    Ok(Checked { root, slots: checker.slots })
}

/// What every expectation and predicate must be.
pub(super) fn must_be_yes_or_no(node: Node) -> Checks {
    let error = |help: &str| {
        let message = format!("{} is neither yes nor no", node.kind);
        Err(ExpressionError::new(node.span, message).help(help))
    };
    match &node.kind {
        Type::One(Kind::Bool | Kind::Any) => Ok(node),
        Type::List(Kind::Bool) => error("say of how many: all(…) or any(…)"),
        Type::Record(_) | Type::Records(_) => error("say how many there are: count(…) > 0"),
        Type::List(_) => error("compare it with another list, or count, sum or sort it"),
        Type::One(_) => error("compare it: … == …, … > …; has(…) asks whether it is there at all"),
    }
}

type Checks = Result<Node, ExpressionError>;

struct Checker {
    slots: usize,
}

impl Checker {
    /// A part; `of` are the records whose fields it may name.
    fn node(&mut self, expr: &Expr, of: Option<&Source>) -> Checks {
        let span = expr.span;
        match &expr.what {
            Written::Number(number, unit) => match unit.value(*number) {
                Some(value) => Ok(constant(span, value)),
                None => Err(ExpressionError::new(span, "too large a number")),
            },
            Written::Text(text) => Ok(constant(span, Value::from(text.clone()))),
            Written::Bool(value) => Ok(constant(span, Value::Bool(*value))),
            Written::List(parts) => self.list(span, parts, of),
            Written::Name(name) => self.name(span, name, of),
            Written::Field(base, name) => {
                let base = self.node(base, of)?;
                field_of(span, base, name)
            }
            Written::Filter(base, predicate) => {
                let filter = self.filter(span, base, predicate, of)?;
                Ok(self.closed(filter, of))
            }
            Written::Call(name, place, parts) => {
                let function = known_function(name, *place)?;
                let parts = parts.iter().map(|part| self.node(part, of)).collect::<Result<Vec<_>, _>>()?;
                let kind = function.check(span, &parts)?;
                let call = Node { span, kind, what: What::Call(function, parts) };
                Ok(self.closed(call, of))
            }
            Written::Not(one) => {
                let one = must_be_yes_or_no(self.node(one, of)?)?;
                Ok(Node { span, kind: Type::BOOL, what: What::Not(Box::new(one)) })
            }
            Written::Negate(one) => {
                let one = self.node(one, of)?;
                must_count(&one)?;
                Ok(Node { span, kind: one.kind.clone(), what: What::Negate(Box::new(one)) })
            }
            Written::Arithmetic(a, sign, b) => {
                let (a, b) = (self.node(a, of)?, self.node(b, of)?);
                arithmetic(span, a, *sign, b)
            }
            Written::Compare(first, rest) => self.compare(span, first, rest, of),
            Written::In(one, list) => self.inside(span, one, list, of),
            Written::And(parts) => Ok(Node { span, kind: Type::BOOL, what: What::And(self.truths(parts, of)?) }),
            Written::Or(parts) => Ok(Node { span, kind: Type::BOOL, what: What::Or(self.truths(parts, of)?) }),
        }
    }

    fn truths(&mut self, parts: &[Expr], of: Option<&Source>) -> Result<Vec<Node>, ExpressionError> {
        parts.iter().map(|part| must_be_yes_or_no(self.node(part, of)?)).collect()
    }

    fn list(&mut self, span: Span, parts: &[Expr], of: Option<&Source>) -> Checks {
        let mut kind = None;
        let mut nodes = Vec::new();
        for part in parts {
            let node = self.node(part, of)?;
            let Some(own) = node.kind.one() else {
                return Err(ExpressionError::new(node.span, format!("{} inside a list", node.kind))
                    .help("a list holds numbers, times or texts"));
            };
            if *kind.get_or_insert(own) != own {
                kind = Some(Kind::Any);
            }
            nodes.push(node);
        }
        Ok(Node { span, kind: Type::List(kind.unwrap_or(Kind::Any)), what: What::List(nodes) })
    }

    /// A name: a field of the records at hand, a source, or a source and its field.
    fn name(&mut self, span: Span, name: &str, of: Option<&Source>) -> Checks {
        if let Some(records) = of {
            let own = records.field_names().contains(&name) || (records.is_open() && !names_a_source(name, records));
            if own && let Some((field, kind)) = records.field(name) {
                return Ok(Node { span, kind: Type::One(kind), what: What::Field(field, name.to_owned()) });
            }
            if !names_a_source(name, records) {
                return Err(no_field(span, records, name));
            }
        }
        let (source, field) = source_and_field(span, name)?;
        let node = Node { span, kind: Type::Records(source.clone()), what: What::Source(source) };
        let node = match field {
            Some(field) => field_of(span, node, field)?,
            None => node,
        };
        Ok(self.closed(node, of))
    }

    fn filter(&mut self, span: Span, base: &Expr, predicate: &Expr, of: Option<&Source>) -> Checks {
        let base = self.node(base, of)?;
        let Type::Records(source) = base.kind.clone() else {
            let message = format!("{} cannot be filtered, only records can", base.kind);
            return Err(
                ExpressionError::new(base.span, message).help("filter first, then name the field: frames[…].tcp.len")
            );
        };
        let predicate = self.predicate(predicate, &source)?;
        Ok(Node { span, kind: Type::Records(source), what: What::Filter(Box::new(base), Box::new(predicate)) })
    }

    fn predicate(&mut self, predicate: &Expr, source: &Source) -> Checks {
        if let Written::Number(..) = predicate.what {
            return Err(ExpressionError::new(predicate.span, "brackets hold a condition, not a place")
                .help(format!("write nth({source}, {predicate})")));
        }
        must_be_yes_or_no(self.node(predicate, Some(source))?)
    }

    /// Inside a predicate, what does not depend on the record is evaluated once.
    fn closed(&mut self, node: Node, of: Option<&Source>) -> Node {
        if of.is_none() || is_open(&node) || matches!(node.what, What::Once(..)) {
            return node;
        }
        let slot = self.slots;
        self.slots += 1;
        Node { span: node.span, kind: node.kind.clone(), what: What::Once(slot, Box::new(node)) }
    }

    fn compare(&mut self, span: Span, first: &Expr, rest: &[(Comparison, Expr)], of: Option<&Source>) -> Checks {
        let first = self.node(first, of)?;
        let rest = rest.iter().map(|(sign, part)| Ok((*sign, self.node(part, of)?)));
        let rest = rest.collect::<Result<Vec<_>, ExpressionError>>()?;
        let mut kind = Type::BOOL;
        let mut left = &first;
        for (sign, right) in &rest {
            comparable(left, *sign, right)?;
            if left.kind.is_list() || right.kind.is_list() {
                if rest.len() > 1 {
                    return Err(ExpressionError::new(span, "a list in a chain of comparisons")
                        .help("compare two at a time, joined by and"));
                }
                if left.kind.is_list() != right.kind.is_list() {
                    kind = Type::List(Kind::Bool);
                }
            }
            left = right;
        }
        Ok(Node { span, kind, what: What::Compare(Box::new(first), rest) })
    }

    fn inside(&mut self, span: Span, one: &Expr, list: &Expr, of: Option<&Source>) -> Checks {
        let (one, list) = (self.node(one, of)?, self.node(list, of)?);
        if one.kind.one().is_none() {
            return Err(ExpressionError::new(one.span, format!("{} before in", one.kind))
                .help("all(…), any(…) or sort(…) == …"));
        }
        if !list.kind.is_list() {
            let help =
                "write a list: x in [1, 2], or a field: x in drops.packet; contains(text, 'part') looks into a text";
            return Err(ExpressionError::new(list.span, format!("{} behind in", list.kind)).help(help));
        }
        alike(&one, &list)?;
        // A list that is the same for all records is put in order once and then searched.
        let list = match list.what {
            What::Once(slot, inner) => {
                let (span, kind) = (inner.span, inner.kind.clone());
                let sorted = Node { span, kind: kind.clone(), what: What::Sorted(inner) };
                Node { span, kind, what: What::Once(slot, Box::new(sorted)) }
            }
            what => Node { what, ..list },
        };
        Ok(Node { span, kind: Type::BOOL, what: What::In(Box::new(one), Box::new(list)) })
    }
}

/// Whether a part depends on the record that a predicate looks at. Filters inside look at records of their own.
fn is_open(node: &Node) -> bool {
    match &node.what {
        What::Field(..) => true,
        What::Filter(base, _) => is_open(base),
        What::Once(..) => false,
        _ => node.parts().into_iter().any(is_open),
    }
}

fn constant(span: Span, value: Value<'static>) -> Node {
    let kind = match value {
        Value::Bool(_) => Kind::Bool,
        Value::Time(_) => Kind::Time,
        Value::Text(_) => Kind::Text,
        _ => Kind::Number,
    };
    Node { span, kind: Type::One(kind), what: What::Constant(value) }
}

/// Whether a name in a predicate over `records` can only be a source: `states`, `states.to`, `bulk.done`.
fn names_a_source(name: &str, records: &Source) -> bool {
    let first = first_word(name);
    let begins_fields = records.field_names().iter().any(|own| *own == first || first_word(own) == first);
    Source::built_in(first).is_some() || (name.contains('.') && !begins_fields)
}

fn first_word(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// `frames.tcp.len` is a field of all frames, `dns.answer.rcode` one of a program's step.
fn source_and_field(span: Span, name: &str) -> Result<(Source, Option<&str>), ExpressionError> {
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    if let Some(source) = Source::built_in(first) {
        return Ok((source, rest));
    }
    let Some(rest) = rest else {
        let near = meant(name, Source::names());
        let call = functions().iter().any(|function| function.name == name);
        let all = || format!("sources are {} and PROTOCOL.STEP", Source::names().collect::<Vec<_>>().join(", "));
        let help = if call { format!("a function is called: {name}(…)") } else { near.unwrap_or_else(all) };
        return Err(ExpressionError::new(span, format!("no source {name}")).help(help));
    };
    if Source::Frames.field_names().contains(&name) {
        return Err(ExpressionError::new(span, format!("{name} is a field of frames"))
            .help(format!("write frames.{name}, or frames[… {name} …]")));
    }
    let near = meant(first, Source::names()).filter(|_| !rest.is_empty());
    if let Some(near) = near {
        return Err(ExpressionError::new(span, format!("no source {first}")).help(near));
    }
    let (step, field) = match rest.split_once('.') {
        Some((step, field)) => (step, Some(field)),
        None => (rest, None),
    };
    Ok((Source::App(first.to_owned(), step.to_owned()), field))
}

fn no_field(span: Span, source: &Source, name: &str) -> ExpressionError {
    let names = source.field_names();
    // `syn` for tcp.flags.syn: people leave out the beginning.
    let ends = names.iter().find(|own| own.rsplit_once('.').is_some_and(|(_, last)| last == name));
    let near = ends.map(|own| format!("did you mean {own}?")).or_else(|| meant(name, names.iter().copied()));
    let few = || (names.len() <= MOST_NAMES).then(|| format!("there are {}", names.join(", ")));
    ExpressionError::new(span, format!("{source} have no field {name}")).maybe(near.or_else(few))
}

fn field_of(span: Span, base: Node, name: &str) -> Checks {
    let (Type::Record(source) | Type::Records(source)) = &base.kind else {
        let message = format!("{} has no field {name}, only records have", base.kind);
        return Err(ExpressionError::new(span, message));
    };
    let Some((field, kind)) = source.field(name) else { return Err(no_field(span, source, name)) };
    let kind = if matches!(base.kind, Type::Records(_)) { Type::List(kind) } else { Type::One(kind) };
    Ok(Node { span, kind, what: What::Of(Box::new(base), field, name.to_owned()) })
}

fn known_function(name: &str, place: Span) -> Result<&'static Function, ExpressionError> {
    functions().iter().find(|function| function.name == name).ok_or_else(|| {
        let names = || functions().iter().map(|function| function.name);
        let all = || format!("there are {}", names().collect::<Vec<_>>().join(", "));
        ExpressionError::new(place, format!("no function {name}")).help(meant(name, names()).unwrap_or_else(all))
    })
}

/// Refuses what is neither a number nor a time nor a list of these.
fn must_count(node: &Node) -> Result<(), ExpressionError> {
    match node.kind.item() {
        Some(Kind::Number | Kind::Time | Kind::Any) => Ok(()),
        _ => Err(ExpressionError::new(node.span, format!("{} cannot be reckoned with", node.kind))),
    }
}

/// Times and numbers keep their dimension; a list and a single value: each item with the value.
fn arithmetic(span: Span, a: Node, sign: Arithmetic, b: Node) -> Checks {
    must_count(&a)?;
    must_count(&b)?;
    let (x, y) = (a.kind.item().unwrap_or(Kind::Any), b.kind.item().unwrap_or(Kind::Any));
    let kind = match (x, sign, y) {
        (Kind::Any, _, _) | (_, _, Kind::Any) => Kind::Any,
        (Kind::Time, Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Remainder, Kind::Time) => Kind::Time,
        (Kind::Time, Arithmetic::Divide, Kind::Time) => Kind::Number,
        (Kind::Time, Arithmetic::Multiply | Arithmetic::Divide, Kind::Number) => Kind::Time,
        (Kind::Number, Arithmetic::Multiply, Kind::Time) => Kind::Time,
        // Something a second.
        (Kind::Number, Arithmetic::Divide, Kind::Time) => Kind::Number,
        (Kind::Number, _, Kind::Number) => Kind::Number,
        _ => {
            let message = format!("a {x} {} a {y} means nothing", sign.sign());
            return Err(ExpressionError::new(span, message).help("a time is written with its unit: 10ms, 2s"));
        }
    };
    let kind = if a.kind.is_list() || b.kind.is_list() { Type::List(kind) } else { Type::One(kind) };
    Ok(Node { span, kind, what: What::Arithmetic(Box::new(a), sign, Box::new(b)) })
}

fn comparable(left: &Node, sign: Comparison, right: &Node) -> Result<(), ExpressionError> {
    for side in [left, right] {
        if side.kind.item().is_none() {
            return Err(ExpressionError::new(side.span, format!("{} in a comparison", side.kind))
                .help("compare how many there are, count(…), or one of their fields"));
        }
    }
    alike(left, right)?;
    let ordered = !matches!(sign, Comparison::Equal | Comparison::NotEqual);
    if ordered && (left.kind.item() == Some(Kind::Bool) || right.kind.item() == Some(Kind::Bool)) {
        let span = left.span.to(right.span);
        return Err(ExpressionError::new(span, "yes and no have no order").help("write ==, !=, and, or, not"));
    }
    Ok(())
}

/// Refuses two parts that can never be the same kind of value.
fn alike(left: &Node, right: &Node) -> Result<(), ExpressionError> {
    let (a, b) = (left.kind.item().unwrap_or(Kind::Any), right.kind.item().unwrap_or(Kind::Any));
    let is_zero = |node: &Node| matches!(node.what, What::Constant(Value::Number(0.0)));
    let fits = match (a, b) {
        (Kind::Any, _) | (_, Kind::Any) | (Kind::Bool, Kind::Number) | (Kind::Number, Kind::Bool) => true,
        (Kind::Time, Kind::Number) => is_zero(right),
        (Kind::Number, Kind::Time) => is_zero(left),
        (a, b) => a == b,
    };
    if fits {
        return Ok(());
    }
    let message = format!("{} compared with {}", left.kind, right.kind);
    let error = ExpressionError::new(left.span.to(right.span), message);
    Err(match (a, b) {
        (Kind::Time, Kind::Number) | (Kind::Number, Kind::Time) => {
            error.help("a time is written with its unit: 10ms, 2s")
        }
        (Kind::Text, _) | (_, Kind::Text) => error.help("only texts stand in quotes"),
        _ => error,
    })
}

/// More names are not listed in a message.
const MOST_NAMES: usize = 14;
