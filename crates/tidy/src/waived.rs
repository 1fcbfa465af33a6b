//! Rule: every MUST and SHOULD of RFC 9293 is cited or waived. Here are the waivers, each with its reason.

use crate::coverage::traces;
use crate::requirements::REQUIREMENTS;
use crate::{Problem, Rule, Tree};

/// Nothing is forgotten, and nothing is waived that is there.
pub const RULE: Rule = Rule {
    asks: "Every MUST and SHOULD of RFC 9293's Appendix B is cited by its number above code or a test, or waived; never both.",
    because: "that is what \"complete\" means: whoever embeds this TCP can look up each requirement, and what was left out is \
              left out on purpose",
    cure: "write `//= rfc9293#SECTION ID` above the code that obeys it or `//= rfc9293#SECTION ID test` above the test that \
           proves it; what is not done on purpose gets a line in `WAIVED` of crates/tidy/src/waived.rs",
    check,
};

/// Requirement and reason.
pub const WAIVED: &[(&str, &str)] = &[
    ("MUST-30", URGENT),
    ("MUST-31", URGENT),
    ("MUST-32", URGENT),
    ("MUST-33", URGENT),
    ("MUST-62", URGENT),
    ("SHLD-13", "there is no call that sends urgent data, so no program can"),
    ("SHLD-23", "it is the program that should not: nothing here changes the field by itself while a connection lasts"),
    ("MUST-51", SOURCE_ROUTES),
    ("MUST-52", SOURCE_ROUTES),
    ("MUST-53", SOURCE_ROUTES),
    ("SHLD-24", SOURCE_ROUTES),
    ("SHLD-9", "no call waits for it: `TcpInfo` tells repetitions and doublings at any time"),
    ("SHLD-10", "nothing happens at R1 (see MUST-20), so it has no value"),
    ("SHLD-20", "errors are answers of the program's own calls; no routine is called that could be disabled"),
    (
        "SHLD-26",
        "RFC 5927 section 5.2: a hard error may be forged, so it ends only an opening; an open connection lives until \
                 nothing is acknowledged for too long",
    ),
];

/// What is cited, and yet not done in full.
pub const PARTLY: &[(&str, &str)] = &[(
    "MUST-20",
    "R2 closes the connection; no advice is given to the network layer at R1: routes are the host's configuration, and a \
     silent neighbour is noticed by ARP itself",
)];

const URGENT: &str =
    "RFC 6093 advises against the urgent mechanism: its bytes are delivered in line, the pointer is passed over";
const SOURCE_ROUTES: &str =
    "RFC 7126 section 4.3: source routes are a way around filters; they are neither sent nor answered";

fn check(tree: &Tree) -> Vec<Problem> {
    check_against(tree, WAIVED)
}

fn check_against(tree: &Tree, waived: &[(&str, &str)]) -> Vec<Problem> {
    let traces = traces(tree);
    let problem = |what: String| Problem::at("crates/tidy/src/waived.rs", 0, what);
    let mut problems = Vec::new();
    for requirement in REQUIREMENTS {
        let (cited, reason) =
            (traces.contains_key(requirement.id), waived.iter().find(|(id, _)| *id == requirement.id));
        let (id, section, what) = (requirement.id, requirement.section, requirement.what);
        match (cited, reason) {
            (false, None) => problems.push(problem(format!("{id} ({section}: {what}) is neither cited nor waived"))),
            (true, Some(_)) => problems.push(problem(format!("{id} ({section}: {what}) is cited and waived"))),
            (false, Some((_, reason))) if reason.len() < 20 => problems.push(problem(format!("{id} has no reason"))),
            _ => {}
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_cited_nor_waived_and_what_is_both_are_found() {
        let code = "//! x\n//= rfc9293#3.1 MUST-1\nfn f() {}\n";
        let tree = Tree::of([("crates/stack/src/x.rs", code)]);
        let found = |waived: &[(&str, &str)]| -> Vec<String> {
            check_against(&tree, waived).into_iter().map(|problem| problem.what).collect()
        };
        assert_eq!(found(&[]).len(), REQUIREMENTS.len() - 1);
        assert!(!found(&[("MUST-2", "a reason that is long enough")]).iter().any(|what| what.starts_with("MUST-2 ")));
        let both = found(&[("MUST-1", "a reason that is long enough")]);
        assert!(both.iter().any(|what| what.starts_with("MUST-1 ") && what.ends_with("cited and waived")), "{both:?}");
        assert!(found(&[("MUST-2", "because")]).contains(&"MUST-2 has no reason".to_owned()));
    }
}
