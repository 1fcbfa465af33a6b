//! Text to tokens.

use super::error::{ExpressionError, Span, meant};
use super::unit::{self, UNITS, Unit};

/// The smallest piece of an expression.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    /// A number as written, and its unit.
    Number(f64, Unit),
    /// What stands between quotes.
    Text(String),
    /// A name, with dots where it has some: `frames`, `tcp.flags.syn`.
    Word(String),
    /// An operator or a bracket.
    Sign(&'static str),
    /// Behind the last one.
    End,
}

/// Signs, those of two characters first.
const SIGNS: [&str; 17] = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", "."];

/// Signs of other languages, and what is written for them here.
const FOREIGN: [(&str, &str); 8] = [
    ("&&", "and"),
    ("||", "or"),
    ("=~", "contains(text, 'part')"),
    ("=", "=="),
    ("!", "not"),
    ("<>", "!="),
    ("&", "and"),
    ("|", "or"),
];

/// All tokens of `text`, each with its place, and `End` at the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, ExpressionError> {
    if text.len() > MAX_LEN {
        let span = Span { start: 0, end: 0 };
        return Err(ExpressionError::new(span, format!("longer than {MAX_LEN} characters"))
            .help("say it in several expectations"));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let (token, span) = lexer.next()?;
        let is_end = token == Token::End;
        tokens.push((token, span));
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<(Token, Span), ExpressionError> {
        self.take(char::is_whitespace);
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok((Token::End, self.since(start)));
        };
        let token = match first {
            '0'..='9' => self.number()?,
            '\'' | '"' => self.quoted(first)?,
            c if is_letter(c) => Token::Word(self.word()),
            _ => self.sign(first)?,
        };
        Ok((token, self.since(start)))
    }

    fn number(&mut self) -> Result<Token, ExpressionError> {
        let start = self.at;
        self.take(|c| c.is_ascii_digit());
        if self.rest().starts_with('.') && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) {
            self.at += 1;
            self.take(|c| c.is_ascii_digit());
        }
        if let Some(exponent) = exponent(self.rest()) {
            self.at += exponent;
        }
        let number: f64 = self.text[start..self.at].parse().unwrap_or(f64::INFINITY);
        let behind = self.at;
        if self.rest().starts_with('%') {
            self.at += 1;
        } else {
            self.take(|c| is_letter(c) || c.is_ascii_digit());
        }
        let name = &self.text[behind..self.at];
        let unit = if name.is_empty() { unit::NONE } else { self.unit(name, behind)? };
        if unit.value(number).is_none() {
            return Err(ExpressionError::new(self.since(start), "too large a number"));
        }
        Ok(Token::Number(number, unit))
    }

    fn unit(&self, name: &str, start: usize) -> Result<Unit, ExpressionError> {
        let names = || UNITS.iter().map(|unit| unit.name);
        let same = UNITS.into_iter().find(|unit| unit.name.eq_ignore_ascii_case(name));
        let near = same.map(|unit| format!("write {}", unit.name)).or_else(|| meant(name, names()));
        let all = || format!("there are {}", names().collect::<Vec<_>>().join(" "));
        Unit::named(name).ok_or_else(|| {
            ExpressionError::new(self.since(start), format!("no unit {name}")).help(near.unwrap_or_else(all))
        })
    }

    /// A quote within is written twice.
    fn quoted(&mut self, quote: char) -> Result<Token, ExpressionError> {
        let start = self.at;
        let mut text = String::new();
        self.at += quote.len_utf8();
        loop {
            let Some(end) = self.rest().find(quote) else {
                self.at = self.text.len();
                return Err(ExpressionError::new(self.since(start), "a text without its closing quote"));
            };
            text.push_str(&self.rest()[..end]);
            self.at += end + quote.len_utf8();
            if !self.rest().starts_with(quote) {
                return Ok(Token::Text(text));
            }
            text.push(quote);
            self.at += quote.len_utf8();
        }
    }

    /// Letters, digits and underscores, in parts that are joined by dots.
    fn word(&mut self) -> String {
        let start = self.at;
        loop {
            self.take(|c| is_letter(c) || c.is_ascii_digit());
            if !(self.rest().starts_with('.') && self.rest()[1..].starts_with(is_letter)) {
                return self.text[start..self.at].to_owned();
            }
            self.at += 1;
        }
    }

    fn sign(&mut self, first: char) -> Result<Token, ExpressionError> {
        let start = self.at;
        let own = SIGNS.into_iter().find(|sign| self.rest().starts_with(sign));
        let foreign = FOREIGN.into_iter().find(|(sign, _)| self.rest().starts_with(sign));
        match (own, foreign) {
            // `<>` begins with a sign of ours.
            (Some(sign), foreign) if foreign.is_none_or(|(other, _)| other.len() <= sign.len()) => {
                self.at += sign.len();
                Ok(Token::Sign(sign))
            }
            (_, Some((sign, ours))) => {
                self.at += sign.len();
                Err(ExpressionError::new(self.since(start), format!("{sign} is not used here"))
                    .help(format!("write {ours}")))
            }
            _ => {
                self.at += first.len_utf8();
                Err(ExpressionError::new(self.since(start), format!("{} means nothing here", first.escape_debug())))
            }
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    }

    fn since(&self, start: usize) -> Span {
        Span { start, end: self.at }
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// The length of `e-5` at the start of `text`.
fn exponent(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['e', 'E'])?;
    let digits = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    (end > 0).then(|| text.len() - digits.len() + end)
}

/// Longest text of an expression, bytes.
const MAX_LEN: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Token> {
        tokens(text).expect("these are tokens").into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn an_expression_is_cut_where_a_person_would_cut_it() {
        let word = |text: &str| Token::Word(text.into());
        let sign = Token::Sign;
        let number = |value, unit: &str| Token::Number(value, Unit::named(unit).unwrap_or(unit::NONE));
        assert_eq!(read("tcp.len>=1.5e3"), [word("tcp.len"), sign(">="), number(1500.0, ""), Token::End]);
        assert_eq!(read("5% 10ms -2"), [number(5.0, "%"), number(10.0, "ms"), sign("-"), number(2.0, ""), Token::End]);
        assert_eq!(read("'it''s' \"x\""), [Token::Text("it's".into()), Token::Text("x".into()), Token::End]);
        assert_eq!(read(").at"), [sign(")"), sign("."), word("at"), Token::End]);
    }

    #[test]
    fn what_is_no_token_is_refused_with_its_place_and_the_right_word() {
        for (text, span, message, help) in [
            ("a = 1", 2..3, "= is not used here", "write =="),
            ("a && b", 2..4, "&& is not used here", "write and"),
            ("a <> b", 2..4, "<> is not used here", "write !="),
            ("10MS", 2..4, "no unit MS", "write ms"),
            ("10mbits", 2..7, "no unit mbits", "did you mean mbit?"),
            ("1e400", 0..5, "too large a number", ""),
            ("x == 'abc", 5..9, "a text without its closing quote", ""),
            ("größe", 2..4, "ö means nothing here", ""),
        ] {
            let error = tokens(text).expect_err(text);
            assert_eq!((error.span.clone(), error.message.as_str()), (span, message), "{text}");
            assert_eq!(error.help.unwrap_or_default(), help, "{text}");
        }
    }
}
