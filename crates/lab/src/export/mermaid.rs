//! For Mermaid, which Markdown pages draw by themselves.

use std::fmt::Write;

use super::{is_line, link_lines, node_lines};
use crate::Lab;
use crate::scenario::Kind;

/// The topology of a lab as a Mermaid flow chart.
pub fn mermaid(lab: &Lab) -> String {
    let scenario = &lab.scenario;
    let mut text = String::from("graph LR\n");
    let id = |name: &str| scenario.nodes.iter().position(|node| node.name == name).map_or(0, |index| index + 1);
    for (index, node) in (1..).zip(&scenario.nodes) {
        let label = label(&node_lines(node));
        let (open, close) = match node.kind {
            Kind::Host | Kind::TwoWay => ("[", "]"),
            Kind::Router => ("([", "])"),
            Kind::Switch(_) | Kind::Medium(..) => ("{{", "}}"),
        };
        let _ = writeln!(text, "  n{index}{open}{label}{close}");
    }
    for link in &scenario.links {
        let [(a, a_port), (b, b_port)] = &link.ends;
        let mut lines = vec![link.name.clone(), format!("{a_port} – {b_port}")];
        lines.extend(link_lines(link, is_line(&scenario.nodes, link)));
        let _ = writeln!(text, "  n{} ---|{}| n{}", id(a), label(&lines), id(b));
    }
    text
}

/// A text in quotes, its marks as entities.
fn label(lines: &[String]) -> String {
    let escape = |line: &String| line.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;");
    format!("\"{}\"", lines.iter().map(escape).collect::<Vec<_>>().join("<br/>"))
}
