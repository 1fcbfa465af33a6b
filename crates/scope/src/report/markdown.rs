//! The part of Markdown that explanations use, as HTML: headings, paragraphs, lists, fenced code, `code`, *emphasis*,
//! **strong**, links to the web. Everything else is text; HTML in it is shown, not obeyed.

use std::fmt::Write as _;

use super::text;

/// The blocks of a text.
pub(super) fn html(markdown: &str) -> String {
    let mut writer = Writer { out: String::new(), paragraph: Vec::new(), list: None };
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            writer.close();
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().starts_with("```")).collect();
            let code: Vec<String> = code.into_iter().map(text).collect();
            let _ = writeln!(writer.out, "<pre><code>{}</code></pre>", code.join("\n"));
        } else {
            writer.line(line, trimmed);
        }
    }
    writer.close();
    writer.out
}

struct Writer<'a> {
    out: String,
    /// Lines of the paragraph or list item that is being read.
    paragraph: Vec<&'a str>,
    /// The element of the list that is open.
    list: Option<&'static str>,
}

impl<'a> Writer<'a> {
    fn line(&mut self, line: &'a str, trimmed: &'a str) {
        if trimmed.is_empty() {
            return self.close();
        }
        let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) && trimmed[level..].starts_with(' ') {
            self.close();
            // The page's title is the only h1, sections are h2.
            let level = (level + 2).min(6);
            let _ = writeln!(self.out, "<h{level}>{}</h{level}>", spans(trimmed.trim_start_matches('#').trim()));
            return;
        }
        match item(trimmed) {
            Some((list, words)) => {
                self.flush();
                if self.list != Some(list) {
                    self.close();
                    let _ = writeln!(self.out, "<{list}>");
                    self.list = Some(list);
                }
                self.paragraph.push(words);
            }
            None => {
                // A line at the margin ends a list; an indented one goes on with its item.
                if self.list.is_some() && !line.starts_with(' ') && self.paragraph.is_empty() {
                    self.close();
                }
                self.paragraph.push(trimmed);
            }
        }
    }

    /// Writes the paragraph or item that was read.
    fn flush(&mut self) {
        if self.paragraph.is_empty() {
            return;
        }
        let words = spans(&self.paragraph.join(" "));
        self.paragraph.clear();
        let element = if self.list.is_some() { "li" } else { "p" };
        let _ = writeln!(self.out, "<{element}>{words}</{element}>");
    }

    /// Ends whatever is open.
    fn close(&mut self) {
        self.flush();
        if let Some(list) = self.list.take() {
            let _ = writeln!(self.out, "</{list}>");
        }
    }
}

/// The kind of list and the words of an item.
fn item(line: &str) -> Option<(&'static str, &str)> {
    if let Some(words) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some(("ul", words));
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let words = line[digits..].strip_prefix(". ").filter(|_| (1..=3).contains(&digits))?;
    Some(("ol", words))
}

/// What stands within a line.
fn spans(mut words: &str) -> String {
    let mut out = String::new();
    while let Some(at) = words.find(['`', '*', '[']) {
        let (before, rest) = words.split_at(at);
        out += &text(before);
        let (span, behind) = span(rest).unwrap_or_else(|| {
            let (mark, behind) = rest.split_at(1);
            (mark.to_owned(), behind)
        });
        out += &span;
        words = behind;
    }
    out + &text(words)
}

/// The span that begins here, and what is behind it; `None` if the mark is just a character.
fn span(words: &str) -> Option<(String, &str)> {
    if let Some(rest) = words.strip_prefix('`') {
        let (code, behind) = rest.split_once('`')?;
        return Some((format!("<code>{}</code>", text(code)), behind));
    }
    for (mark, element) in [("**", "strong"), ("*", "em")] {
        let Some(rest) = words.strip_prefix(mark) else { continue };
        let (inner, behind) = rest.split_once(mark)?;
        let tight = !inner.is_empty() && !inner.starts_with(' ') && !inner.ends_with(' ');
        return tight.then(|| (format!("<{element}>{}</{element}>", spans(inner)), behind));
    }
    let (name, rest) = words.strip_prefix('[')?.split_once("](")?;
    let (address, behind) = rest.split_once(')')?;
    let web = address.starts_with("https://") || address.starts_with("http://");
    web.then(|| (format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", text(address), text(name)), behind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_explanation_becomes_paragraphs_lists_and_code() {
        let markdown = "# What to see\nTwo lines\nof *one* paragraph with `a < b`.\n\n- first\n  goes on\n- **second**\n\n1. one\n\n```\nx <y>\n```\nSee [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293).";
        let expected = "<h3>What to see</h3>\n<p>Two lines of <em>one</em> paragraph with <code>a &lt; b</code>.</p>\n\
            <ul>\n<li>first goes on</li>\n<li><strong>second</strong></li>\n</ul>\n<ol>\n<li>one</li>\n</ol>\n\
            <pre><code>x &lt;y&gt;</code></pre>\n\
            <p>See <a href=\"https://www.rfc-editor.org/rfc/rfc9293\" rel=\"noreferrer\">RFC 9293</a>.</p>\n";
        assert_eq!(html(markdown), expected);
    }

    #[test]
    fn html_and_scripts_in_it_are_only_text() {
        let out = html("<script>x</script> [a](javascript:alert(1)) 2 * 3 * 4 ** [b] `c");
        assert!(!out.contains("<script") && !out.contains("href"), "{out}");
        assert!(out.contains("2 * 3 * 4 **"), "{out}");
    }

    proptest! {
        #[test]
        fn any_text_gives_balanced_html(words in "[-a*`#\\[\\]() 1.\n<>&]{0,80}") {
            let out = html(&words);
            for element in ["p", "ul", "ol", "li", "em", "strong", "code", "pre", "a"] {
                let opened = out.matches(&format!("<{element}>")).count() + out.matches(&format!("<{element} ")).count();
                prop_assert_eq!(opened, out.matches(&format!("</{element}>")).count(), "{}", out);
            }
        }
    }
}
