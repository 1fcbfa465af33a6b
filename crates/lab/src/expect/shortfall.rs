//! Why an expectation does not hold: the comparison that failed is marked, with what was there instead, and the records
//! it came from.

use std::fmt;

use super::ast::Comparison;
use super::error::{Span, underline};
use super::eval::{Eval, Fault, Row, compare};
use super::expectation::Expectation;
use super::plan::{Node, Type, What};
use super::source::Kind;
use super::unit::Unit;
use super::value::{Value, number_text};
use super::witness::Witness;

/// An expectation that does not hold, and what was there instead. Prints as a few lines:
///
/// ```text
/// expected  count(frames[node == 'client' and tcp.flags.syn]) == 1      (one SYN is enough)
///           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ was 3
///           3 of 5 frames: at 0 s, 1 s and 3 s at client.eth0
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortfall {
    /// The expression.
    pub that: String,
    /// Why it should hold.
    pub why: Option<String>,
    /// What was there instead, a line each. A line that begins with blanks and `^` marks a part of the expression.
    pub found: Vec<String>,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One column for one character, whatever is between the words.
        let that: String = self.that.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let beside = self.why.as_ref().filter(|why| that.chars().count() + why.chars().count() + 18 <= WIDTH);
        write!(f, "expected  {that}")?;
        if let Some(why) = beside {
            write!(f, "      ({why})")?;
        }
        self.found.iter().try_for_each(|line| write!(f, "\n          {line}"))?;
        match &self.why {
            Some(why) if beside.is_none() => write!(f, "\n          ({why})"),
            _ => Ok(()),
        }
    }
}

/// Says why `root` does not hold; a `fault` is a value of the wrong kind.
pub(super) fn explain<'a>(
    expectation: &'a Expectation,
    root: &'a Node,
    eval: &Eval<'a>,
    witness: &Witness<'a>,
    fault: Option<Fault>,
) -> Shortfall {
    let mut teller = Teller { text: &expectation.that, eval, lines: Vec::new(), seen: Vec::new() };
    match fault {
        Some(fault) => teller.mark(fault.span, &fault.message),
        None => teller.tell(root),
    }
    let records: Vec<String> = teller.seen.iter().flat_map(|node| witness.records(node, eval)).collect();
    let mut found = teller.lines;
    for line in records {
        if !found.contains(&line) {
            found.push(line);
        }
    }
    Shortfall { that: expectation.that.clone(), why: expectation.why.clone(), found }
}

struct Teller<'t, 'a> {
    text: &'a str,
    eval: &'t Eval<'a>,
    lines: Vec<String>,
    /// The parts whose values were told.
    seen: Vec<&'a Node>,
}

impl<'a> Teller<'_, 'a> {
    /// Tells why a part is not true.
    fn tell(&mut self, node: &'a Node) {
        match &node.what {
            What::Once(_, inner) => self.tell(inner),
            What::And(parts) => {
                let failed = parts.iter().find(|part| !self.eval.truth(part, Row::None).unwrap_or(false));
                self.tell(failed.unwrap_or(&parts[0]));
            }
            What::Or(parts) => {
                for part in parts {
                    self.tell(part);
                }
            }
            What::Not(one) => {
                self.mark(one.span, "holds");
                self.seen.push(one);
            }
            What::Compare(first, rest) => self.comparison(first, rest),
            What::In(one, list) => self.sides(&[one, list]),
            What::Call(function, parts) => match parts.first().map(|part| (&part.what, part)) {
                Some((What::Compare(list, rest), part)) if matches!(part.kind, Type::List(Kind::Bool)) => {
                    self.each(function.name == "any", list, rest);
                }
                _ => self.sides(&parts.iter().collect::<Vec<_>>()),
            },
            _ => self.side(node, None),
        }
    }

    /// The first two neighbours of a chain that do not compare as they should.
    fn comparison(&mut self, first: &'a Node, rest: &'a [(Comparison, Node)]) {
        let mut left = first;
        for (sign, right) in rest {
            let value = |node| self.eval.value(node, Row::None).unwrap_or(Value::Absent);
            if compare(&value(left), *sign, &value(right)) != Ok(Value::Bool(true)) {
                return self.sides(&[left, right]);
            }
            left = right;
        }
    }

    /// `all(list > value)` and `any(list > value)`: which items did not.
    fn each(&mut self, any: bool, first: &'a Node, rest: &'a [(Comparison, Node)]) {
        let Some((sign, right)) = rest.first() else { return };
        let value = |node| self.eval.value(node, Row::None).unwrap_or(Value::Absent);
        let (left_value, right_value) = (value(first), value(right));
        let (list, other) = if left_value.items().is_some() { (first, right) } else { (right, first) };
        let items = left_value.items().or(right_value.items()).unwrap_or_default();
        let unit = self.unit(other);
        let failed = items.iter().filter(|item| {
            let (a, b) = if left_value.items().is_some() { (*item, &right_value) } else { (&left_value, *item) };
            compare(a, *sign, b) != Ok(Value::Bool(true))
        });
        let failed: Vec<String> = failed.map(|item| shown(item, unit, None)).collect();
        let few = if failed.len() > MOST_ITEMS { ", …" } else { "" };
        let few = format!("{}{few}", failed[..failed.len().min(MOST_ITEMS)].join(", "));
        match (any, items.len()) {
            (_, 0) => self.mark(list.span, "was empty"),
            (true, all) => self.mark(list.span, &format!("was none of {all}: {few}")),
            (false, all) => self.mark(list.span, &format!("{} of {all} did not: {few}", failed.len())),
        }
        self.seen.push(list);
        if !is_constant(other) {
            self.side(other, None);
        }
    }

    /// What each part was that is not written there anyway.
    fn sides(&mut self, parts: &[&'a Node]) {
        let unit = parts.iter().find_map(|part| self.unit(part));
        let told: Vec<&'a Node> = parts.iter().copied().filter(|part| !is_constant(part)).collect();
        let values: Vec<_> = parts.iter().map(|part| self.eval.value(part, Row::None).ok()).collect();
        for part in if told.is_empty() { parts.to_vec() } else { told } {
            // Of two values that differ little, all digits are told.
            let other = parts.iter().zip(&values).find(|(other, _)| other.span != part.span);
            self.side_in(part, unit, other.and_then(|(_, value)| value.as_ref()));
        }
    }

    fn side(&mut self, node: &'a Node, unit: Option<Unit>) {
        self.side_in(node, unit, None);
    }

    fn side_in(&mut self, node: &'a Node, unit: Option<Unit>, beside: Option<&Value<'a>>) {
        let said = match self.eval.value(node, Row::None) {
            Ok(Value::Absent) => "was not there".to_owned(),
            Ok(value) => format!("was {}", shown(&value, unit, beside)),
            Err(fault) => fault.message,
        };
        self.mark(node.span, &said);
        self.seen.push(node);
    }

    fn mark(&mut self, span: Span, said: &str) {
        self.lines.push(format!("{} {said}", underline(self.text, span)));
    }

    /// The unit in which a literal is written.
    fn unit(&self, node: &Node) -> Option<Unit> {
        let text = self.text.get(node.span.start..node.span.end)?;
        let name = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        Unit::named(name).filter(|unit| !unit.is_time && matches!(node.what, What::Constant(_)))
    }
}

/// Whether a part is written out, so that its value tells nothing new.
fn is_constant(node: &Node) -> bool {
    match &node.what {
        What::Source(_) | What::Field(..) => false,
        What::Constant(_) => true,
        _ => node.parts().into_iter().all(is_constant),
    }
}

/// A value in the unit of what it is compared with, exactly enough to be told from it.
fn shown(value: &Value<'_>, unit: Option<Unit>, beside: Option<&Value<'_>>) -> String {
    let Value::Number(number) = value else { return value.to_string() };
    let (scale, name) = unit.map_or((1.0, ""), |unit| (unit.scale, unit.name));
    let text = number_text(number / scale);
    match beside.and_then(Value::number) {
        Some(other) if other != *number && number_text(other / scale) == text => format!("{}{name}", number / scale),
        _ => format!("{text}{name}"),
    }
}

/// Columns within which the reason stands beside the expression.
const WIDTH: usize = 120;
/// Items of a list that are shown.
const MOST_ITEMS: usize = 5;
