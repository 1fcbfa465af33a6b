//! Tokens to an expression, by recursive descent: one function a level of precedence, weakest first.

use super::ast::{Arithmetic, Comparison, Expr, What};
use super::error::{ExpressionError, Span};
use super::token::{Token, tokens};

/// Reads the whole of `text`.
pub(super) fn parse(text: &str) -> Result<Expr, ExpressionError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, nesting: 0 };
    let expr = parser.or()?;
    let (token, span) = parser.peek();
    match token {
        Token::End => Ok(expr),
        // What a person forgets most often between two parts.
        Token::Word(_) | Token::Number(..) | Token::Text(_) => {
            let help = "an operator is missing: and, or, ==, <, +, …";
            Err(ExpressionError::new(span, format!("{} does not belong here", shown(token))).help(help))
        }
        _ => Err(ExpressionError::new(span, format!("{} does not belong here", shown(token)))),
    }
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    nesting: usize,
}

type Parsed = Result<Expr, ExpressionError>;

impl Parser {
    fn or(&mut self) -> Parsed {
        self.series("or", What::Or, Self::and)
    }

    fn and(&mut self) -> Parsed {
        self.series("and", What::And, Self::not)
    }

    /// Parts joined by a word; one alone stays what it is.
    fn series(&mut self, word: &str, what: fn(Vec<Expr>) -> What, part: fn(&mut Self) -> Parsed) -> Parsed {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.takes_word(word) {
            parts.push(part(self)?);
        }
        match <[Expr; 1]>::try_from(parts) {
            Ok([only]) => Ok(only),
            Err(parts) => {
                let span = parts[0].span.to(parts[parts.len() - 1].span);
                grown(span, what(parts))
            }
        }
    }

    fn not(&mut self) -> Parsed {
        let (_, start) = self.peek();
        if !self.takes_word("not") {
            return self.compare();
        }
        let one = self.nested(Self::not)?;
        grown(start.to(one.span), What::Not(Box::new(one)))
    }

    fn compare(&mut self) -> Parsed {
        let first = self.sum()?;
        let start = first.span;
        if self.peek_word("not") && matches!(&self.tokens[self.at + 1].0, Token::Word(word) if word == "in") {
            self.at += 1;
            let inside = self.inside(first)?;
            return grown(inside.span, What::Not(Box::new(inside)));
        }
        if self.peek_word("in") {
            return self.inside(first);
        }
        let mut rest = Vec::new();
        while let Token::Sign(sign) = self.peek().0
            && let Some(comparison) = Comparison::of(sign)
        {
            self.at += 1;
            rest.push((comparison, self.sum()?));
        }
        match rest.last() {
            None => Ok(first),
            Some((_, last)) => {
                let span = start.to(last.span);
                grown(span, What::Compare(Box::new(first), rest))
            }
        }
    }

    fn inside(&mut self, one: Expr) -> Parsed {
        self.at += 1;
        let list = self.sum()?;
        grown(one.span.to(list.span), What::In(Box::new(one), Box::new(list)))
    }

    fn sum(&mut self) -> Parsed {
        let signs = [("+", Arithmetic::Add), ("-", Arithmetic::Subtract)];
        self.chain(&signs, Self::product)
    }

    fn product(&mut self) -> Parsed {
        let signs = [("*", Arithmetic::Multiply), ("/", Arithmetic::Divide), ("%", Arithmetic::Remainder)];
        self.chain(&signs, Self::unary)
    }

    /// Parts joined by operators of one strength, from left to right.
    fn chain(&mut self, signs: &[(&str, Arithmetic)], part: fn(&mut Self) -> Parsed) -> Parsed {
        let mut left = part(self)?;
        while let Token::Sign(sign) = self.peek().0
            && let Some((_, operator)) = signs.iter().find(|(own, _)| *own == *sign)
        {
            self.at += 1;
            let right = part(self)?;
            let span = left.span.to(right.span);
            left = grown(span, What::Arithmetic(Box::new(left), *operator, Box::new(right)))?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        let (_, start) = self.peek();
        if !self.takes("-") {
            return self.postfix();
        }
        let one = self.nested(Self::unary)?;
        grown(start.to(one.span), What::Negate(Box::new(one)))
    }

    fn postfix(&mut self) -> Parsed {
        let mut base = self.primary()?;
        loop {
            let start = base.span;
            if self.takes("[") {
                let predicate = self.nested(Self::or)?;
                let end = self.close("]")?;
                base = grown(start.to(end), What::Filter(Box::new(base), Box::new(predicate)))?;
            } else if self.takes(".") {
                let (token, span) = self.take();
                let Token::Word(name) = token else {
                    return Err(ExpressionError::new(span, "behind a dot stands the name of a field"));
                };
                // Blanks and parentheses do not make another field of it.
                let what = match base.what {
                    What::Name(first) => What::Name(format!("{first}.{name}")),
                    What::Field(base, first) => What::Field(base, format!("{first}.{name}")),
                    _ => What::Field(Box::new(base), name),
                };
                base = grown(start.to(span), what)?;
            } else {
                return Ok(base);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let (token, span) = self.take();
        let what = match token {
            Token::Number(number, unit) => What::Number(number, unit),
            Token::Text(text) => What::Text(text),
            Token::Word(word) if word == "true" || word == "false" => What::Bool(word == "true"),
            Token::Word(word) if KEYWORDS.contains(&word.as_str()) => {
                return Err(ExpressionError::new(span, format!("a value is missing before {word}")));
            }
            Token::Word(name) if self.takes("(") => {
                let (parts, end) = self.parts(")")?;
                return grown(span.to(end), What::Call(name, span, parts));
            }
            Token::Word(name) => What::Name(name),
            Token::Sign("(") => {
                let inner = self.nested(Self::or)?;
                let end = self.close(")")?;
                return Ok(Expr { span: span.to(end), ..inner });
            }
            Token::Sign("[") => {
                let (parts, end) = self.parts("]")?;
                return grown(span.to(end), What::List(parts));
            }
            Token::End => return Err(ExpressionError::new(span, "the expression ends where a value is missing")),
            Token::Sign(sign) => {
                return Err(ExpressionError::new(span, format!("a value is missing before {sign}")));
            }
        };
        Ok(Expr::new(span, what))
    }

    /// What is listed up to a bracket, and the bracket's place.
    fn parts(&mut self, close: &'static str) -> Result<(Vec<Expr>, Span), ExpressionError> {
        let mut parts = Vec::new();
        let (_, span) = self.peek();
        if self.takes(close) {
            return Ok((parts, span));
        }
        loop {
            parts.push(self.nested(Self::or)?);
            if !self.takes(",") {
                return Ok((parts, self.close(close)?));
            }
        }
    }

    fn nested(&mut self, part: fn(&mut Self) -> Parsed) -> Parsed {
        if self.nesting == MAX_HEIGHT {
            return Err(too_deep(self.peek().1));
        }
        self.nesting += 1;
        let parsed = part(self);
        self.nesting -= 1;
        parsed
    }

    fn close(&mut self, sign: &'static str) -> Result<Span, ExpressionError> {
        let (_, span) = self.peek();
        if self.takes(sign) {
            return Ok(span);
        }
        let (token, _) = self.peek();
        Err(ExpressionError::new(span, format!("{sign} is missing before {}", shown(token))))
    }

    fn peek(&self) -> (&Token, Span) {
        let (token, span) = &self.tokens[self.at];
        (token, *span)
    }

    /// The next token; `End` is never passed.
    fn take(&mut self) -> (Token, Span) {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek().0, Token::Sign(own) if *own == sign);
        self.at += usize::from(is);
        is
    }

    fn peek_word(&self, word: &str) -> bool {
        matches!(self.peek().0, Token::Word(own) if own == word)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is = self.peek_word(word);
        self.at += usize::from(is);
        is
    }
}

fn grown(span: Span, what: What) -> Parsed {
    let expr = Expr::new(span, what);
    if expr.height > MAX_HEIGHT { Err(too_deep(span)) } else { Ok(expr) }
}

fn too_deep(span: Span) -> ExpressionError {
    ExpressionError::new(span, format!("more than {MAX_HEIGHT} parts stand in each other"))
        .help("say it in several expectations")
}

fn shown(token: &Token) -> String {
    match token {
        Token::Number(number, unit) => format!("{number}{}", unit.name),
        Token::Text(text) => format!("'{}'", text.escape_debug()),
        Token::Word(word) => word.clone(),
        Token::Sign(sign) => (*sign).to_owned(),
        Token::End => "the end".to_owned(),
    }
}

/// Words that are no names.
pub(super) const KEYWORDS: [&str; 6] = ["and", "or", "not", "in", "true", "false"];

/// How many parts may stand in each other.
pub(super) const MAX_HEIGHT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_bind_as_people_expect() {
        for (text, same) in [
            ("a or b and not c == d + e * -f", "a or (b and (not (c == (d + (e * (-f))))))"),
            ("1 - 2 - 3", "(1 - 2) - 3"),
            ("a not in [1, 2]", "not (a in [1, 2])"),
            ("first(frames[tcp.len > 0]).at < 2s", "(first(frames[(tcp.len > 0)]).at) < 2s"),
        ] {
            assert_eq!(parse(text), parse(same), "{text}");
        }
        assert_ne!(parse("1 < 2 < 3"), parse("(1 < 2) < 3"), "a chain compares neighbours");
    }

    #[test]
    fn what_is_no_expression_is_refused_at_its_place() {
        for (text, at, message) in [
            ("", 0, "the expression ends where a value is missing"),
            ("count(frames", 12, ") is missing before the end"),
            ("count(frames) 1", 14, "1 does not belong here"),
            ("frames[", 7, "the expression ends where a value is missing"),
            ("and a", 0, "a value is missing before and"),
            ("a == ", 5, "the expression ends where a value is missing"),
            ("(a]", 2, ") is missing before ]"),
            ("first(a).", 9, "behind a dot stands the name of a field"),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!((error.span.start, error.message.as_str()), (at, message), "{text}");
        }
    }

    #[test]
    fn depth_is_limited_however_it_is_reached() {
        for (open, middle, close) in
            [("(", "1", ")"), ("not ", "a", ""), ("- ", "1", ""), ("[", "1", "]"), ("f(", "1", ")")]
        {
            let text = format!("{}{middle}{}", open.repeat(1000), close.repeat(1000));
            let error = parse(&text).expect_err("far too deep");
            assert!(error.message.starts_with("more than 64"), "{open}: {error}");
        }
        for tail in [" + 1", "[a]", ".a(b).c"] {
            assert!(parse(&format!("a{}", tail.repeat(1000))).is_err(), "{tail}");
        }
        assert!(parse(&format!("a{}", " and a".repeat(1000))).is_ok(), "a long row is not deep");
    }
}
