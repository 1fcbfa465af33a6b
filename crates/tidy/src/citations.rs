//! Rule: a citation of an RFC has one form, stands above what obeys it, and says in tests that it is a test.
//!
//! ```text
//!     //= rfc9293#3.10.7.4        above the code that obeys the section
//!     //= rfc9293#3.10.7.4 test   above the test that proves it
//!     //= rfc9293#3.8.4 MUST-24 MUST-25 test      with the requirements of RFC 9293's Appendix B that are meant
//! ```
//! Old RFCs do not number their sections; there the section's heading stands: `rfc768#fields`, `rfc792#message-formats`.

use crate::requirements::named;
use crate::{File, Problem, Rule, Source, Tree};

/// The form of a citation.
pub const RULE: Rule = Rule {
    asks: "A citation reads `//= rfcN#SECTION` above code and `//= rfcN#SECTION test` above a test; requirements of RFC 9293 \
           stand behind the section: `//= rfc9293#3.8.4 MUST-24 test`.",
    because: "docs/rfc/coverage.md is made from them: it answers which section is obeyed where, and which test proves it",
    cure: "write the number of the section as the RFC's table of contents has it (`3.10.7.4`, `A.2`; its heading in small \
           letters, `message-formats`, where an old RFC has no numbers), one section a line, the ids as in Appendix B of RFC 9293, \
           with ` test` in tests only, and code right below it",
    check,
};

/// A citation that has the right form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Citation {
    /// The RFC's number.
    pub rfc: u32,
    /// The section, such as `3.10.7.4` or `message-formats`.
    pub section: String,
    /// Requirements of RFC 9293: `MUST-24`.
    pub ids: Vec<String>,
    /// Whether it stands above a test.
    pub test: bool,
}

/// Every line with a citation: its number, and the citation when it has the right form.
pub fn citations(file: &File) -> impl Iterator<Item = (usize, Option<Citation>)> {
    let lines = file.text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_start()));
    lines.filter_map(|(line, text)| Some((line, parse(text.strip_prefix("//=")?))))
}

fn parse(text: &str) -> Option<Citation> {
    let mut words = text.strip_prefix(' ')?.split(' ');
    let (rfc, section) = words.next()?.strip_prefix("rfc")?.split_once('#')?;
    let mut words = words.peekable();
    let mut ids = Vec::new();
    while let Some(id) = words.next_if(|word| *word != "test") {
        named(id).filter(|_| rfc == "9293")?;
        ids.push(id.to_owned());
    }
    let test = words.next().is_some();
    let part = |part: &str| {
        let number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        number || (part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    let heading = |text: &str| {
        let words = text.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        words && !text.starts_with("section") && !text.starts_with("appendix")
    };
    let named = section.split('.').all(part) || heading(section);
    let well_formed = words.next().is_none() && named && !rfc.starts_with('0');
    well_formed.then_some(Citation { rfc: rfc.parse().ok()?, section: section.into(), ids, test })
}

fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, source) in tree.sources().filter(|(file, _)| file.path.starts_with("crates/")) {
        if file.krate() == Some("tidy") {
            continue; // its tests are about citations
        }
        for (line, citation) in citations(file) {
            problems.extend(problem(source, line, citation.as_ref()).map(|what| Problem::at(&file.path, line, what)));
        }
    }
    problems
}

fn problem(source: &Source, line: usize, citation: Option<&Citation>) -> Option<&'static str> {
    let Some(citation) = citation else { return Some("is no citation of the form `//= rfcN#SECTION`") };
    let below = source.lines().skip(line).find(|(_, code)| !code.trim().is_empty());
    if below.is_none_or(|(_, code)| code.trim() == "}") {
        return Some("has no code below it");
    }
    match (citation.test, source.is_test(line)) {
        (true, false) => Some("says that it is a test, and stands above other code"),
        (false, true) => Some("stands in a test without saying ` test`"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_form_is_a_citation() {
        let cited = |rfc, section: &str, test| Some(Citation { rfc, section: section.into(), ids: Vec::new(), test });
        assert_eq!(parse(" rfc9293#3.10.7.4"), cited(9293, "3.10.7.4", false));
        assert_eq!(parse(" rfc6675#A.2 test"), cited(6675, "A.2", true));
        assert_eq!(parse(" rfc792#message-formats"), cited(792, "message-formats", false));
        let ids = vec!["MUST-24".into(), "SHLD-12".into()];
        let both = Some(Citation { rfc: 9293, section: "3.8.4".into(), ids, test: true });
        assert_eq!(parse(" rfc9293#3.8.4 MUST-24 SHLD-12 test"), both);
        for wrong in [
            " rfc9293#3.8.4 MUST-70",
            " rfc9293#3.8.4 test MUST-24",
            " rfc1122#3.8.4 MUST-24",
            "rfc1#1",
            " rfc1",
            " rfc1#",
            " rfc#1",
            " rfc1#1.",
            " rfc1#section-2",
            " rfc1#1 tested",
            " RFC1#1",
            " rfc1#1 ",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_citation_must_stand_where_it_says() {
        let text = "//! x\n//= rfc1#1\nfn f() {}\n//= rfc1#1 test\nfn g() {\n  //= rfc1#2\n}\n#[cfg(test)]\nmod tests {\n  \
                    //= rfc1#1\n  fn h() {}\n  //= rfc1#1 test\n  fn i() {}\n}\n";
        let problems = check(&Tree::of([("crates/a/src/lib.rs", text)]));
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [4, 6, 10]);
    }
}
