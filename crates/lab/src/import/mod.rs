//! Topologies of other tools as scenario files. What is not understood is told, nothing is silently lost.
//!
//! ```text
//!   containerlab  *.clab.yml           kathara  lab.conf and its startup files
//!   mininet       linear,3             commands  `ip address add …` and its like in both
//! ```

mod commands;
mod containerlab;
mod kathara;
mod mininet;

use std::collections::BTreeSet;
use std::fmt::Write;

use base::Cidr;

pub use containerlab::containerlab;
pub use kathara::kathara;
pub use mininet::mininet;

/// A scenario file, and what of the original is not in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// The file's text; the notes are comments at its beginning.
    pub toml: String,
    /// What was not taken over, a sentence each.
    pub notes: Vec<String>,
}

/// What cannot be imported at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportError {
    /// What is wrong, with the line where that is known.
    pub what: String,
    /// What to try.
    pub hint: String,
}

impl std::fmt::Display for ImportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.what, self.hint)
    }
}

impl std::error::Error for ImportError {}

/// What all importers have in common: nodes and links, to be written as TOML.
#[derive(Default, Debug)]
struct Topology {
    /// Where it comes from, for the first line.
    source: String,
    name: String,
    nodes: Vec<Node>,
    links: Vec<Link>,
    notes: Vec<String>,
}

#[derive(Default, Debug)]
struct Node {
    name: String,
    kind: Kind,
    /// Interface and address.
    addresses: Vec<(String, Cidr)>,
    /// Network and router.
    routes: Vec<(Cidr, std::net::IpAddr)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Kind {
    #[default]
    Host,
    Router,
    Switch,
}

#[derive(Debug)]
struct Link {
    ends: [(String, String); 2],
    mtu: Option<u32>,
}

impl Link {
    fn new(a: (&str, &str), b: (&str, &str)) -> Self {
        let own = |(node, interface): (&str, &str)| (node.to_owned(), interface.to_owned());
        Link { ends: [own(a), own(b)], mtu: None }
    }
}

impl Topology {
    fn node(&mut self, name: &str, kind: Kind) -> &mut Node {
        let index = match self.nodes.iter().position(|node| node.name == name) {
            Some(index) => index,
            None => {
                self.nodes.push(Node { name: name.into(), kind, ..Node::default() });
                self.nodes.len() - 1
            }
        };
        &mut self.nodes[index]
    }

    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The scenario file.
    fn finish(mut self) -> Imported {
        self.drop_what_does_not_fit();
        let mut text = format!("# {}\n", self.source);
        for note in &self.notes {
            let _ = writeln!(text, "# not taken over: {}", note.replace('\n', " "));
        }
        let _ = writeln!(text, "name = {}", quoted(&slug(&self.name)));
        for node in &self.nodes {
            let _ = writeln!(text, "\n[node.{}]", key(&node.name));
            match node.kind {
                Kind::Host => {}
                Kind::Router => text += "kind = \"router\"\n",
                Kind::Switch => text += "kind = \"switch\"\n",
            }
            text += &addresses(node);
            text += &routes(node);
        }
        for link in &self.links {
            let [a, b] = link.ends.each_ref().map(|(node, interface)| quoted(&format!("{node}:{interface}")));
            let _ = writeln!(text, "\n[[link]]\nendpoints = [{a}, {b}]");
            if let Some(mtu) = link.mtu {
                let _ = writeln!(text, "mtu = {mtu}");
            }
        }
        Imported { toml: text, notes: self.notes }
    }

    /// Addresses of interfaces without a link and routes by routers out of reach would be errors.
    fn drop_what_does_not_fit(&mut self) {
        let plugs: BTreeSet<(String, String)> = self.links.iter().flat_map(|link| link.ends.clone()).collect();
        let mut notes = Vec::new();
        for node in &mut self.nodes {
            let name = node.name.clone();
            node.addresses.retain(|(interface, address)| {
                let linked = plugs.contains(&(name.clone(), interface.clone()));
                if !linked {
                    notes.push(format!("{name}: address {address} of {interface}, where no link ends"));
                }
                linked
            });
            let addresses = node.addresses.clone();
            node.routes.retain(|(to, via)| {
                let near = addresses.iter().any(|(_, own)| own.contains(*via) && own.address() != *via);
                if !near {
                    notes.push(format!("{name}: the route to {to} by {via}, which is in no network of {name}"));
                }
                near
            });
        }
        self.notes.extend(notes);
    }
}

fn addresses(node: &Node) -> String {
    let mut interfaces: Vec<(&str, Vec<String>)> = Vec::new();
    for (interface, address) in &node.addresses {
        match interfaces.iter_mut().find(|(known, _)| known == interface) {
            Some((_, all)) => all.push(quoted(&address.to_string())),
            None => interfaces.push((interface, vec![quoted(&address.to_string())])),
        }
    }
    let entry = |(interface, all): &(&str, Vec<String>)| match all.as_slice() {
        [one] => format!("{} = {one}", key(interface)),
        many => format!("{} = [{}]", key(interface), many.join(", ")),
    };
    if interfaces.is_empty() {
        return String::new();
    }
    format!("address = {{ {} }}\n", interfaces.iter().map(entry).collect::<Vec<_>>().join(", "))
}

fn routes(node: &Node) -> String {
    let is_default = |to: &Cidr| to.prefix() == 0;
    let mut text = String::new();
    let gateways: Vec<String> =
        node.routes.iter().filter(|(to, _)| is_default(to)).map(|(_, via)| quoted(&via.to_string())).collect();
    match gateways.as_slice() {
        [] => {}
        [one] => text += &format!("gateway = {one}\n"),
        many => text += &format!("gateway = [{}]\n", many.join(", ")),
    }
    let others: Vec<String> = node
        .routes
        .iter()
        .filter(|(to, _)| !is_default(to))
        .map(|(to, via)| format!("{} = {}", quoted(&to.to_string()), quoted(&via.to_string())))
        .collect();
    if !others.is_empty() {
        text += &format!("routes = {{ {} }}\n", others.join(", "));
    }
    text
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    let mut all = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => all.extend(['\\', letter]),
            control if control.is_control() => {
                let _ = write!(all, "\\u{:04x}", control as u32);
            }
            other => all.push(other),
        }
    }
    all + "\""
}

/// A key: bare where TOML allows it.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A name that a lab may have.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = name.chars().map(plain).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "imported".into() } else { slug.into() }
}

/// A name that a node or an interface may have.
fn named(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    if name.is_empty() { "x".into() } else { name }
}
