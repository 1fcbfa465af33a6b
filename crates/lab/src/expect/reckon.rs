//! How the functions reckon. Arguments whose kind is known only at run time may be of the wrong one: that is an error,
//! never a panic. What has nothing to reckon with gives nothing.

use std::cmp::Ordering;

use super::ast::Arithmetic;
use super::value::{Unlike, Value};

type Reckoned<'a> = Result<Value<'a>, String>;

pub(super) fn count<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    match &of[0] {
        Value::Records(_, rows) => Ok(Value::Number(rows.len() as f64)),
        Value::List(items) => Ok(Value::Number(items.len() as f64)),
        other => Err(wrong("records or a list", other)),
    }
}

pub(super) fn first<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    item(&of[0], |_| Some(0))
}

pub(super) fn last<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    item(&of[0], |len| len.checked_sub(1))
}

pub(super) fn nth<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let place = number(&of[1])?;
    if place < 1.0 || place.fract() != 0.0 {
        return Err(format!("places are counted 1, 2, 3, …, not {}", of[1]));
    }
    item(&of[0], |_| Some(place as usize - 1))
}

fn item<'a>(of: &Value<'a>, place: impl Fn(usize) -> Option<usize>) -> Reckoned<'a> {
    match of {
        Value::Records(source, rows) => {
            let row = place(rows.len()).and_then(|place| rows.get(place));
            Ok(row.map_or(Value::Absent, |row| Value::Record(source, row)))
        }
        Value::List(items) => {
            let item = place(items.len()).and_then(|place| items.get(place));
            Ok(item.cloned().unwrap_or(Value::Absent))
        }
        other => Err(wrong("records or a list", other)),
    }
}

pub(super) fn has<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    Ok(Value::Bool(of[0] != Value::Absent))
}

pub(super) fn sum<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    match quantities(&of[0])? {
        None => Ok(Value::Number(0.0)),
        Some(some) => Ok(some.value(some.items.iter().sum())),
    }
}

pub(super) fn min<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    reduce(&of[0], |items| items.iter().copied().fold(f64::INFINITY, f64::min))
}

pub(super) fn max<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    reduce(&of[0], |items| items.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

pub(super) fn mean<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    reduce(&of[0], average)
}

pub(super) fn stddev<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let Some(some) = quantities(&of[0])? else { return Ok(Value::Absent) };
    if some.items.len() < 2 {
        return Ok(Value::Absent);
    }
    let mean = average(&some.items);
    let squares: f64 = some.items.iter().map(|item| (item - mean) * (item - mean)).sum();
    Ok(some.value((squares / (some.items.len() - 1) as f64).sqrt()))
}

pub(super) fn quantile<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let share = number(&of[1])?;
    if !(0.0..=1.0).contains(&share) {
        return Err(format!("a share lies between 0% and 100%, {} does not", of[1]));
    }
    reduce(&of[0], |items| {
        let mut items = items.to_vec();
        items.sort_by(f64::total_cmp);
        let place = (share * items.len() as f64).ceil() as usize;
        items[place.clamp(1, items.len()) - 1]
    })
}

pub(super) fn jain<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let Some(some) = quantities(&of[0])? else { return Ok(Value::Absent) };
    let sum: f64 = some.items.iter().sum();
    let squares: f64 = some.items.iter().map(|item| item * item).sum();
    Ok(if squares == 0.0 { Value::Absent } else { Value::Number(sum * sum / (some.items.len() as f64 * squares)) })
}

pub(super) fn sort<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let mut items = items(&of[0])?.to_vec();
    items.sort_by(Value::total_order);
    Ok(Value::List(items.into()))
}

pub(super) fn unique<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let items = items(&of[0])?;
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by(|a, b| items[*a].total_order(&items[*b]));
    places.dedup_by(|later, earlier| items[*later].total_order(&items[*earlier]) == Ordering::Equal);
    places.sort_unstable();
    Ok(Value::List(places.into_iter().map(|place| items[place].clone()).collect()))
}

pub(super) fn gaps<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let Some(some) = quantities(&of[0])? else { return Ok(of[0].clone()) };
    Ok(Value::List(some.items.windows(2).map(|pair| some.value(pair[1] - pair[0])).collect()))
}

pub(super) fn any<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    Ok(Value::Bool(truths(&of[0])?.contains(&true)))
}

pub(super) fn all<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    Ok(Value::Bool(!truths(&of[0])?.contains(&false)))
}

pub(super) fn abs<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    match &of[0] {
        Value::Time(ns) => Ok(Value::Time(ns.saturating_abs())),
        other => of_number(other, f64::abs),
    }
}

pub(super) fn round<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    of_number(&of[0], f64::round)
}

pub(super) fn floor<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    of_number(&of[0], f64::floor)
}

pub(super) fn ceil<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    of_number(&of[0], f64::ceil)
}

pub(super) fn sqrt<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    of_number(&of[0], f64::sqrt)
}

pub(super) fn pow<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    match (&of[0], &of[1]) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(Value::Absent),
        (base, exponent) => Ok(Value::Number(number(base)?.powf(number(exponent)?))),
    }
}

pub(super) fn log2<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    of_number(&of[0], f64::log2)
}

pub(super) fn rate<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let bytes = if of[0].items().is_some() { sum(of)? } else { of[0].clone() };
    match (&bytes, &of[1]) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(Value::Absent),
        (bytes, Value::Time(ns)) if *ns > 0 => Ok(Value::Number(number(bytes)? * 8.0 / (*ns as f64 * 1e-9))),
        (_, Value::Time(_)) => Ok(Value::Absent),
        (_, other) => Err(wrong("a time", other)),
    }
}

pub(super) fn close<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let share = number(&of[2])?;
    pairs(&of[0], &of[1], |a, b| (a - b).abs() <= share * b.abs())
}

pub(super) fn near<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    let Some(most) = of[2].quantity() else { return Err(wrong("a number or time", &of[2])) };
    if let (Value::Time(_), Value::Number(n)) | (Value::Number(n), Value::Time(_)) = (&of[0], &of[2])
        && *n != 0.0
    {
        return Err("times and numbers are measured against each other".into());
    }
    pairs(&of[0], &of[1], |a, b| (a - b).abs() <= most)
}

pub(super) fn between<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    if of.contains(&Value::Absent) {
        return Ok(Value::Bool(false));
    }
    let order =
        |a: &Value<'a>, b: &Value<'a>| a.order(b).map_err(|Unlike| format!("{} compared with {}", a.kind(), b.kind()));
    Ok(Value::Bool(order(&of[0], &of[1])?.is_ge() && order(&of[0], &of[2])?.is_le()))
}

pub(super) fn contains<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    match (&of[0], &of[1]) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(Value::Bool(false)),
        (Value::Text(text), Value::Text(part)) => Ok(Value::Bool(text.contains(part.as_ref()))),
        (Value::Ip(ip), Value::Text(part)) => Ok(Value::Bool(ip.to_string().contains(part.as_ref()))),
        (Value::List(items), item) => Ok(Value::Bool(items.iter().any(|own| own.order(item) == Ok(Ordering::Equal)))),
        (text, other) => Err(wrong("a text", if matches!(text, Value::Text(_)) { other } else { text })),
    }
}

pub(super) fn len<'a>(of: &[Value<'a>]) -> Reckoned<'a> {
    match &of[0] {
        Value::Absent => Ok(Value::Absent),
        Value::Text(text) => Ok(Value::Number(text.chars().count() as f64)),
        other => count(std::slice::from_ref(other)),
    }
}

/// `a sign b` of two single values.
pub(super) fn arithmetic<'a>(a: &Value<'a>, sign: Arithmetic, b: &Value<'a>) -> Reckoned<'a> {
    use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
    if *a == Value::Absent || *b == Value::Absent {
        return Ok(Value::Absent);
    }
    let time = |ns: f64| Value::Time(ns.round() as i64);
    Ok(match (a, sign, b) {
        (Value::Time(a), Add, Value::Time(b)) => Value::Time(a.saturating_add(*b)),
        (Value::Time(a), Subtract, Value::Time(b)) => Value::Time(a.saturating_sub(*b)),
        (Value::Time(a), Remainder, Value::Time(b)) => a.checked_rem(*b).map_or(Value::Absent, Value::Time),
        (Value::Time(_), Divide, Value::Time(0)) => Value::Absent,
        (Value::Time(a), Divide, Value::Time(b)) => Value::Number(*a as f64 / *b as f64),
        (Value::Time(a), Multiply, Value::Number(b)) | (Value::Number(b), Multiply, Value::Time(a)) => {
            time(*a as f64 * b)
        }
        (Value::Time(a), Divide, Value::Number(b)) if *b != 0.0 => time(*a as f64 / b),
        (Value::Number(a), Divide, Value::Time(b)) if *b != 0 => Value::Number(a / (*b as f64 * 1e-9)),
        (Value::Time(_), Divide, Value::Number(_)) | (Value::Number(_), Divide, Value::Time(_)) => Value::Absent,
        (Value::Number(a), sign, Value::Number(b)) => match sign {
            Add => Value::Number(a + b),
            Subtract => Value::Number(a - b),
            Multiply => Value::Number(a * b),
            Divide if *b == 0.0 => Value::Absent,
            Divide => Value::Number(a / b),
            Remainder if *b == 0.0 => Value::Absent,
            Remainder => Value::Number(a % b),
        },
        (a, sign, b) => return Err(format!("{} {} {} means nothing", a.kind(), sign.sign(), b.kind())),
    })
}

/// Numbers or times taken out of a list, and which of both they were.
struct Quantities {
    items: Vec<f64>,
    are_times: bool,
}

impl Quantities {
    fn value<'a>(&self, quantity: f64) -> Value<'a> {
        if self.are_times { Value::Time(quantity.round() as i64) } else { Value::Number(quantity) }
    }
}

/// The quantities of a list; `None` when it has none.
fn quantities(list: &Value<'_>) -> Result<Option<Quantities>, String> {
    let mut found: Option<Quantities> = None;
    for item in items(list)? {
        let Some(quantity) = item.quantity() else { return Err(wrong("numbers or times", item)) };
        let is_time = matches!(item, Value::Time(_));
        let found = found.get_or_insert(Quantities { items: Vec::new(), are_times: is_time });
        if found.are_times != is_time {
            return Err("times and numbers in one list".into());
        }
        found.items.push(quantity);
    }
    Ok(found)
}

fn reduce<'a>(list: &Value<'a>, how: impl Fn(&[f64]) -> f64) -> Reckoned<'a> {
    Ok(quantities(list)?.map_or(Value::Absent, |some| some.value(how(&some.items))))
}

fn average(items: &[f64]) -> f64 {
    items.iter().sum::<f64>() / items.len() as f64
}

/// Whether two quantities, or each pair of two lists, are as close as `fits` says.
fn pairs<'a>(a: &Value<'a>, b: &Value<'a>, fits: impl Fn(f64, f64) -> bool) -> Reckoned<'a> {
    let one = |a: &Value<'a>, b: &Value<'a>| match (a, b) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(false),
        (Value::Time(a), Value::Time(b)) => Ok(fits(*a as f64, *b as f64)),
        (Value::Time(_), Value::Number(n)) | (Value::Number(n), Value::Time(_)) if *n != 0.0 => {
            Err("times and numbers are measured against each other".to_owned())
        }
        (a, b) => match (a.quantity(), b.quantity()) {
            (Some(a), Some(b)) => Ok(fits(a, b)),
            _ => Err(wrong("numbers or times", if a.quantity().is_none() { a } else { b })),
        },
    };
    let holds = match (a.items(), b.items()) {
        (Some(a), Some(b)) => {
            let each: Result<Vec<bool>, String> = a.iter().zip(b).map(|(a, b)| one(a, b)).collect();
            a.len() == b.len() && !each?.contains(&false)
        }
        (Some(a), None) => !a.iter().map(|a| one(a, b)).collect::<Result<Vec<_>, _>>()?.contains(&false),
        (None, Some(b)) => !b.iter().map(|b| one(a, b)).collect::<Result<Vec<_>, _>>()?.contains(&false),
        (None, None) => one(a, b)?,
    };
    Ok(Value::Bool(holds))
}

fn items<'v, 'a>(list: &'v Value<'a>) -> Result<&'v [Value<'a>], String> {
    list.items().ok_or_else(|| wrong("a list", list))
}

fn truths(list: &Value<'_>) -> Result<Vec<bool>, String> {
    let truth = |item: &Value<'_>| match item {
        Value::Bool(value) => Ok(*value),
        other => Err(wrong("yes or no", other)),
    };
    items(list)?.iter().map(truth).collect()
}

fn of_number<'a>(value: &Value<'a>, how: fn(f64) -> f64) -> Reckoned<'a> {
    if *value == Value::Absent { Ok(Value::Absent) } else { Ok(Value::Number(how(number(value)?))) }
}

fn number(value: &Value<'_>) -> Result<f64, String> {
    value.number().ok_or_else(|| wrong("a number", value))
}

fn wrong(wanted: &str, found: &Value<'_>) -> String {
    format!(
        "{wanted} is needed, and {} is not",
        match found {
            Value::Absent => "nothing".to_owned(),
            found => found.to_string(),
        }
    )
}
