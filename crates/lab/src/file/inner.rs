//! From a place in the meaning of a text to the place in the file where it is written: quotes and escapes lie between.

use super::diagnose::Span;

/// Where the bytes `local` of a string's value stand, when the string is written as `raw` from byte `start` on.
pub(super) fn place(raw: &str, start: usize, local: &Span) -> Span {
    let offsets = offsets(raw);
    let at = |byte: usize| offsets.get(byte).or(offsets.last()).copied().unwrap_or(0) + start;
    let (from, to) = (at(local.start), at(local.end.max(local.start)));
    from..to.max(from)
}

/// For each byte of the value, and for its end, the byte of `raw` where it is written.
fn offsets(raw: &str) -> Vec<usize> {
    let quote = raw.chars().next().unwrap_or(' ');
    if quote != '"' && quote != '\'' {
        return (0..=raw.len()).collect();
    }
    let triple = raw.len() >= 6 && raw.bytes().take(3).all(|byte| byte == quote as u8);
    let marks = if triple { 3 } else { 1 };
    let mut at = marks;
    if triple {
        // The line's end right behind the quotes does not count.
        let rest = &raw[at..];
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    let end = raw.len().saturating_sub(marks).max(at);
    let mut offsets = Vec::with_capacity(end - at + 1);
    while at < end {
        let Some(rest) = raw.get(at..end) else { break };
        let Some(letter) = rest.chars().next() else { break };
        let (written, bytes) =
            if quote == '"' && letter == '\\' { escape(rest) } else { (letter.len_utf8(), letter.len_utf8()) };
        // Each byte of a letter as written in clear has its own place; those of an escape share its beginning.
        offsets.extend((0..bytes).map(|byte| if written == bytes { at + byte } else { at }));
        at += written.max(1);
    }
    offsets.push(end);
    offsets
}

/// How long an escape is written, and how many bytes it means.
fn escape(rest: &str) -> (usize, usize) {
    let digits = |count: usize| {
        let code = rest.get(2..2 + count).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        (2 + count, code.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    match rest.as_bytes().get(1) {
        Some(b'x') => digits(2),
        Some(b'u') => digits(4),
        Some(b'U') => digits(8),
        // A backslash at the end of a line swallows all white space up to the next word.
        Some(letter) if letter.is_ascii_whitespace() => {
            let tail = &rest[1..];
            (1 + tail.len() - tail.trim_start().len(), 0)
        }
        _ => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(raw: &str, local: Span) -> &str {
        &raw[place(raw, 0, &local)]
    }

    #[test]
    fn every_kind_of_string_leads_back_to_its_text() {
        assert_eq!(written("\"count(x)\"", 6..7), "x");
        assert_eq!(written("'count(x)'", 0..5), "count");
        assert_eq!(written("'''\ncount(x)'''", 6..7), "x");
        assert_eq!(written("\"a\\tb \\u00e4 c\"", 7..8), "c");
        assert_eq!(written("\"\"\"a \\\n   b\"\"\"", 2..3), "b");
        assert_eq!(written("bare", 1..3), "ar");
    }

    #[test]
    fn the_end_of_a_text_is_before_its_quotes() {
        assert_eq!(place("\"abc\"", 10, &(3..3)), 14..14);
    }

    proptest! {
        #[test]
        fn the_value_has_as_many_places_as_bytes(text in "\\PC{0,20}") {
            let raw = toml::Value::String(text.clone()).to_string();
            prop_assert_eq!(offsets(&raw).len(), text.len() + 1, "{}", raw);
        }
    }
}
