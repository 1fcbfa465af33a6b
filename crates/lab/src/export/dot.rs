//! For Graphviz: `glassnet export FILE --to dot | dot -Tsvg > picture.svg`.

use std::fmt::Write;

use super::{is_line, link_lines, node_lines};
use crate::Lab;
use crate::scenario::{Kind, NodeSpec};

/// The topology of a lab in Graphviz's language.
pub fn dot(lab: &Lab) -> String {
    let scenario = &lab.scenario;
    let mut text = format!("graph {} {{\n", quoted(&scenario.name));
    text += "  graph [overlap=false, splines=true, nodesep=0.5, ranksep=0.9, rankdir=LR, fontname=\"sans-serif\"];\n";
    text += "  node [fontname=\"sans-serif\", fontsize=11, margin=\"0.15,0.08\", style=filled, color=\"#5b6b7b\"];\n";
    text += "  edge [fontname=\"sans-serif\", fontsize=9, color=\"#5b6b7b\", labeldistance=1.6];\n";
    for node in &scenario.nodes {
        let (shape, fill) = look(node);
        let label = quoted(&node_lines(node).join("\n"));
        let _ = writeln!(text, "  {} [label={label}, shape={shape}, fillcolor=\"{fill}\"];", quoted(&node.name));
    }
    for link in &scenario.links {
        let [(a, a_port), (b, b_port)] = &link.ends;
        let lines = link_lines(link, is_line(&scenario.nodes, link));
        let label = quoted(&std::iter::once(link.name.clone()).chain(lines).collect::<Vec<_>>().join("\n"));
        let (tail, head) = (quoted(a_port), quoted(b_port));
        let (a, b) = (quoted(a), quoted(b));
        let _ = writeln!(text, "  {a} -- {b} [label={label}, taillabel={tail}, headlabel={head}];");
    }
    text += "}\n";
    text
}

fn look(node: &NodeSpec) -> (&'static str, &'static str) {
    match node.kind {
        Kind::Host => ("box", "#e8f1fb"),
        Kind::TwoWay => ("box", "#fbe9e8"),
        Kind::Router => ("ellipse", "#fdf3d8"),
        Kind::Switch(_) | Kind::Medium(..) => ("hexagon", "#e9f6ea"),
    }
}

/// A text in quotes; a line's end is `\n` in Graphviz, too.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
