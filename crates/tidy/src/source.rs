//! A Rust file as a rule sees it: code without comments and literals, and which of its lines are for tests only.
//!
//! This is a lexer of a page, not a parser: enough to tell code from text and to match braces.

/// A Rust file.
pub struct Source {
    /// The text with every comment and every literal's inside replaced by blanks, line for line.
    code: String,
    /// For each line whether it is test code.
    test: Vec<bool>,
}

/// A function found in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its first line, counted from 1.
    pub line: usize,
    /// Lines from `fn` to its closing brace.
    pub lines: usize,
}

impl Source {
    /// Reads `text`; `all_test`: the whole file is test code.
    pub fn new(text: &str, all_test: bool) -> Source {
        let code = blank_text(text);
        let mut test = vec![all_test; text.lines().count() + 1];
        for (at, _) in code.match_indices(CFG_TEST) {
            let end = item_end(&code, at + CFG_TEST.len());
            let last = line_of(&code, end);
            test[line_of(&code, at) - 1..last].fill(true);
        }
        Source { code, test }
    }

    /// All of it, without comments and literals.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The lines of code, counted from 1, without comments and literals.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(at, line)| (at + 1, line))
    }

    /// The lines that are in no test.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(line, _)| !self.is_test(*line))
    }

    /// Whether this line is test code.
    pub fn is_test(&self, line: usize) -> bool {
        self.test.get(line - 1).copied().unwrap_or(false)
    }

    /// Whether the file is nothing but test code.
    pub fn is_all_test(&self) -> bool {
        self.test.iter().all(|test| *test)
    }

    pub(crate) fn mark_as_test(&mut self) {
        self.test.fill(true);
    }

    /// Names of modules declared by `#[cfg(test)] mod name;`.
    pub(crate) fn test_modules(&self) -> Vec<&str> {
        let declared = |at: usize| {
            let rest = self.code[at + CFG_TEST.len()..].trim_start();
            let (name, after) = split_word(rest.strip_prefix("mod ")?.trim_start());
            after.trim_start().starts_with(';').then_some(name)
        };
        self.code.match_indices(CFG_TEST).filter_map(|(at, _)| declared(at)).collect()
    }

    /// Every function with a body.
    pub fn functions(&self) -> Vec<Function> {
        let code = &self.code;
        let mut found = Vec::new();
        for (at, _) in code.match_indices("fn ") {
            let before = code[..at].chars().next_back();
            let (name, after) = split_word(code[at + 3..].trim_start());
            if before.is_some_and(is_word) || name.is_empty() {
                continue;
            }
            let signature = code.len() - after.len();
            let body = code[signature..].find(['{', ';']).map(|offset| signature + offset);
            if let Some(open) = body.filter(|open| code[*open..].starts_with('{')) {
                let (line, last) = (line_of(code, at), line_of(code, closing_brace(code, open)));
                found.push(Function { name: name.into(), line, lines: last - line + 1 });
            }
        }
        found
    }

    /// The words that stand right after one of `keywords`: names that the file defines.
    pub fn defined_after<'a>(&'a self, keywords: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
        let mut words = words(&self.code).peekable();
        std::iter::from_fn(move || {
            loop {
                let word = words.next()?;
                if keywords.contains(&word) {
                    return words.peek().copied();
                }
            }
        })
    }

    /// Every word of the code.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.code)
    }
}

/// The words (identifiers, keywords, numbers) in a text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

pub(crate) fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_word(c)).unwrap_or(text.len()))
}

pub(crate) fn line_of(code: &str, at: usize) -> usize {
    code[..at.min(code.len())].matches('\n').count() + 1
}

/// Where the item that starts at `from` ends: at its `;`, or at the brace that closes its first one.
fn item_end(code: &str, from: usize) -> usize {
    match code[from..].find(['{', ';']).map(|offset| from + offset) {
        Some(at) if code[at..].starts_with('{') => closing_brace(code, at),
        Some(at) => at,
        None => code.len(),
    }
}

pub(crate) fn closing_brace(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in code[open..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return open + offset;
        }
    }
    code.len()
}

/// Replaces comments and the insides of literals by blanks and keeps every newline.
fn blank_text(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_before = code.chars().next_back().is_some_and(is_word);
        let len = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment_len(rest),
            '"' => string_len(rest),
            'r' | 'b' | 'c' if !word_before => prefixed_literal_len(rest),
            '\'' => char_len(rest),
            _ => 0,
        };
        let (literal, after) = rest.split_at(if len == 0 { first.len_utf8() } else { len });
        if len == 0 {
            code.push_str(literal);
        } else {
            code.extend(literal.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    code
}

fn block_comment_len(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string_len(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#`, `b"…"`, `br#"…"#`, `c"…"`, `b'…'`; 0 when it is only a word that starts like one.
fn prefixed_literal_len(text: &str) -> usize {
    let prefix = text.find(|c| !matches!(c, 'r' | 'b' | 'c')).unwrap_or(text.len());
    let raw = text[..prefix].contains('r');
    let hashes = text[prefix..].bytes().take_while(|byte| *byte == b'#').count();
    let open = prefix + hashes;
    match text.as_bytes().get(open) {
        Some(b'"') if raw => {
            let close = format!("\"{}", "#".repeat(hashes));
            text[open + 1..].find(&close).map_or(text.len(), |at| open + 1 + at + close.len())
        }
        Some(b'"') if hashes == 0 => prefix + string_len(&text[prefix..]),
        Some(b'\'') if hashes == 0 && &text[..prefix] == "b" => prefix + char_len(&text[prefix..]),
        _ => 0,
    }
}

/// The length of a character literal; 0 for a lifetime.
fn char_len(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, _))) => text[escaped + 1..].find('\'').map_or(0, |at| escaped + at + 2),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

const CFG_TEST: &str = "#[cfg(test)]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let text =
            "let a = \"x // {\"; // gone {\nlet b = 'c'; let d: &'a str = r#\"\"{\"#; /* /* { */ } */ end('\\'', b'{')";
        let code = blank_text(text);
        assert_eq!(code.lines().count(), 2);
        assert!(!code.contains(['{', '}', 'x']) && !code.contains("gone"));
        assert!(code.contains("&'a str") && code.contains("end("));
    }

    #[test]
    fn a_function_is_as_long_as_its_braces_say() {
        let source = Source::new("trait T { fn a(&self); }\nfn b()\nwhere X: Y\n{\n  \"}\";\n}\nfn c() {}\n", false);
        let found: Vec<_> = source.functions().into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("b".into(), 2, 5), ("c".into(), 7, 1)]);
    }

    #[test]
    fn a_test_module_ends_with_its_brace() {
        let source = Source::new("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { if x {} }\n}\nfn c() {}\n", false);
        let product: Vec<_> = source.product_lines().map(|(line, _)| line).collect();
        assert_eq!(product, [1, 6]);
    }
}
