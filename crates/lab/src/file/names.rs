//! The names that a file gives, and whether those it uses are among them.

use std::net::IpAddr;

use super::diagnose::{Problem, Span};
use super::quantity;
use super::tree::{Item, Value};
use super::words::{list, nearest};

/// Names of nodes, of links, and further names of nodes.
#[derive(Default, Debug)]
pub(super) struct Names {
    nodes: Vec<String>,
    aliases: Vec<String>,
    links: Vec<String>,
}

impl Names {
    /// Those that a document gives.
    pub(super) fn of(document: &Item) -> Self {
        let nodes = document.child("node").map_or(&[][..], Item::entries);
        let aliases = nodes.iter().filter_map(|(_, node)| node.child("names")).flat_map(elements);
        Names {
            nodes: nodes.iter().map(|(key, _)| key.name.clone()).collect(),
            aliases: aliases.filter_map(Item::text).map(str::to_owned).collect(),
            links: links(document).into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// What is wrong with a text that must name something.
    pub(super) fn check(&self, format: &str, text: &str, span: &Span) -> Option<Problem> {
        match format {
            "node" => self.node(text, span),
            "link" => {
                let known = self.links.iter().any(|name| name == text);
                (!known).then(|| unknown("link", text, span, &self.links))
            }
            "plug" => self.node(text.split_once(':')?.0, span),
            "endpoint" => {
                let host = quantity::target(text).ok()?.host;
                let known =
                    host.parse::<IpAddr>().is_ok() || self.nodes.contains(&host) || self.aliases.contains(&host);
                let all: Vec<String> = self.nodes.iter().chain(&self.aliases).cloned().collect();
                (!known).then(|| unknown("node", &host, span, &all))
            }
            _ => None,
        }
    }

    fn node(&self, text: &str, span: &Span) -> Option<Problem> {
        let known = self.nodes.iter().any(|name| name == text);
        (!known).then(|| unknown("node", text, span, &self.nodes))
    }
}

/// A name that nothing bears.
pub(super) fn unknown(what: &str, name: &str, span: &Span, known: &[String]) -> Problem {
    let problem = Problem::new(span.clone(), format!("no {what} is called '{name}'")).label(format!("no such {what}"));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean '{near}'?")),
        None if known.is_empty() => problem.help(format!("the file has no {what}s yet")),
        None => problem.help(format!("there are: {}", list(known.iter().map(String::as_str)))),
    }
}

/// The links of a document with their names.
pub(super) fn links(document: &Item) -> Vec<(String, &Item)> {
    document.child("link").map(named).unwrap_or_default()
}

/// The links of a list with their names: l1, l2, … where none is given.
pub(super) fn named(list: &Item) -> Vec<(String, &Item)> {
    let named = |(index, link)| {
        let link: &Item = link;
        let own = link.child("name").and_then(Item::text);
        (own.map_or_else(|| default_name(index), str::to_owned), link)
    };
    elements(list).enumerate().map(named).collect()
}

/// What the link at this place of the list is called when it has no name.
pub(super) fn default_name(index: usize) -> String {
    format!("l{}", index + 1)
}

/// The elements of a list.
pub(super) fn elements(item: &Item) -> impl Iterator<Item = &Item> {
    match &item.value {
        Value::List(list) => list.iter(),
        _ => [].iter(),
    }
}
