//! What a style sheet needs: `@import` and `url()` (CSS Syntax, read loosely: nothing else of CSS matters here).

use super::{Kind, Resource};

/// The references of a style sheet, in order, each once.
pub fn references(sheet: &str) -> Vec<Resource> {
    let mut found: Vec<Resource> = Vec::new();
    let mut importing = false;
    let mut rest = sheet;
    while let Some(first) = rest.chars().next() {
        let (reference, after) = if let Some(comment) = rest.strip_prefix("/*") {
            (None, comment.split_once("*/").map_or("", |(_, after)| after))
        } else if starts_with_word(rest, "@import") {
            importing = true;
            (None, &rest["@import".len()..])
        } else if starts_with_word(rest, "url(") {
            url_token(&rest["url(".len()..])
        } else if first == '"' || first == '\'' {
            let (text, after) = string(rest);
            (importing.then_some(text), after)
        } else {
            importing &= first != ';' && first != '{';
            (None, &rest[first.len_utf8()..])
        };
        rest = after;
        if let Some(text) = reference {
            let kind = if importing { Kind::Style } else { Kind::Image };
            importing = false;
            let resource = Resource { kind, reference: text.trim().to_owned() };
            let useful = !resource.reference.is_empty() && !resource.reference.starts_with(['#']);
            let outside = !resource.reference.starts_with("data:");
            if useful && outside && found.len() < MAX_REFERENCES && !found.contains(&resource) {
                found.push(resource);
            }
        }
    }
    found
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// What stands in `url(…)`, with or without quotes, and what follows.
fn url_token(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    if text.starts_with(['"', '\'']) {
        let (inside, after) = string(text);
        return (Some(inside), after);
    }
    match text.split_once(')') {
        Some((inside, after)) => (Some(inside), after),
        None => (None, ""),
    }
}

/// A quoted string, without its quotes, and what follows.
fn string(text: &str) -> (&str, &str) {
    let quote = text.chars().next().unwrap_or('"');
    let inside = text.get(1..).unwrap_or_default();
    inside.split_once(quote).unwrap_or((inside, ""))
}

/// References of one style sheet, at most.
const MAX_REFERENCES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn imports_and_pictures_are_found_and_comments_are_not() {
        let sheet = r#"@charset "utf-8"; @IMPORT "a.css"; @import url(b.css) print;
            /* url(no.png) */ body { background: URL( 'c.png' ) no-repeat; content: "url(text.png)" }
            p { mask: url(#here); cursor: url(data:x), url(d.cur) } q { background: url(d.cur) }"#;
        let found: Vec<_> = references(sheet).into_iter().map(|found| (found.kind.name(), found.reference)).collect();
        let expected = [("style sheet", "a.css"), ("style sheet", "b.css"), ("image", "c.png"), ("image", "d.cur")];
        assert_eq!(found, expected.map(|(kind, reference)| (kind, reference.to_owned())));
    }

    proptest! {
        #[test]
        fn any_text_is_read(sheet in ".{0,200}", marked in "(url\\(|@import |\"|'|/\\*|\\*/|;|é|[a-z]){0,40}") {
            references(&sheet);
            references(&marked);
        }
    }
}
