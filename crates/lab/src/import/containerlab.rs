//! containerlab: `*.clab.yml`. Nodes, kinds, links in both of its forms, and addresses that `exec` gives.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{ImportError, Imported, Kind, Link, Topology, commands, named};
use crate::file::types::Ordered;

/// Reads the text of a topology file.
///
/// # Errors
/// What is no YAML, or no topology of containerlab.
pub fn containerlab(text: &str) -> Result<Imported, ImportError> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| {
        let message = error.to_string();
        let what = format!("this is no containerlab topology: {}", message.lines().next().unwrap_or(""));
        ImportError {
            what,
            hint: "it has a `topology` with `nodes` and `links`; see https://containerlab.dev/manual/topo-def-file/"
                .into(),
        }
    })?;
    let mut topology =
        Topology { source: "imported from a containerlab topology".into(), name: file.name, ..Topology::default() };
    for key in file.rest.keys() {
        topology.note(format!("`{key}`"));
    }
    for key in file.topology.rest.keys() {
        topology.note(format!("`topology.{key}`"));
    }
    for (name, node) in file.topology.nodes.iter() {
        add_node(&mut topology, &file.topology, name, node.clone().unwrap_or_default());
    }
    for (index, link) in file.topology.links.iter().enumerate() {
        add_link(&mut topology, index, link);
    }
    Ok(topology.finish())
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    name: String,
    topology: Definition,
    #[serde(flatten)]
    rest: Map<String, Json>,
}

#[derive(Deserialize)]
struct Definition {
    #[serde(default)]
    defaults: Option<Node>,
    #[serde(default)]
    kinds: Option<Ordered<Option<Node>>>,
    nodes: Ordered<Option<Node>>,
    #[serde(default)]
    links: Vec<Json>,
    #[serde(flatten)]
    rest: Map<String, Json>,
}

#[derive(Deserialize, Clone, Default)]
struct Node {
    kind: Option<String>,
    image: Option<String>,
    #[serde(default)]
    exec: Vec<String>,
    #[serde(default)]
    sysctls: Map<String, Json>,
    #[serde(flatten)]
    rest: Map<String, Json>,
}

fn add_node(topology: &mut Topology, definition: &Definition, name: &str, node: Node) {
    let default = definition.defaults.clone().unwrap_or_default();
    let kind = node.kind.clone().or(default.kind.clone()).unwrap_or_else(|| "linux".into());
    let of_kind = definition.kinds.as_ref().and_then(|kinds| kinds.get(&kind)).cloned().flatten().unwrap_or_default();
    let image = node.image.as_deref().or(of_kind.image.as_deref()).or(default.image.as_deref()).unwrap_or("");
    let forwards = |node: &Node| {
        node.sysctls.iter().any(|(key, value)| key.contains("forward") && value.to_string().contains('1'))
    };
    let ours = match kind.as_str() {
        "bridge" | "ovs-bridge" => Kind::Switch,
        "linux" | "host" | "ext-container" | "k8s-kind"
            if !is_router(image) && !forwards(&node) && !forwards(&of_kind) =>
        {
            Kind::Host
        }
        // Everything else that containerlab starts is some vendor's router.
        _ => Kind::Router,
    };
    let name = named(name);
    topology.node(&name, ours);
    if !matches!(kind.as_str(), "linux" | "bridge" | "ovs-bridge") {
        topology.note(format!("{name}: the kind {kind} (it is a plain router or host here)"));
    }
    for (level, part) in [("", &node), ("kinds: ", &of_kind), ("defaults: ", &default)] {
        for line in &part.exec {
            commands::follow(topology, &name, line);
        }
        if part.image.is_some() && level.is_empty() {
            topology.note(format!("{name}: `image`"));
        }
        for key in part.rest.keys() {
            topology.note(if level.is_empty() { format!("{name}: `{key}`") } else { format!("{level}`{key}`") });
        }
    }
}

fn is_router(image: &str) -> bool {
    ["frr", "bird", "vyos", "quagga", "gobgp"].iter().any(|word| image.contains(word))
}

fn add_link(topology: &mut Topology, index: usize, link: &Json) {
    let kind = link.get("type").and_then(Json::as_str).unwrap_or("veth");
    let ends: Vec<Option<(String, String)>> =
        link.get("endpoints").and_then(Json::as_array).into_iter().flatten().map(end).collect();
    let said = || format!("link {} ({})", index + 1, link.to_string().replace('"', ""));
    let [Some(a), Some(b)] = ends.as_slice() else {
        return topology.note(said());
    };
    if kind != "veth" {
        return topology.note(said());
    }
    for (node, _) in [a, b] {
        if !topology.nodes.iter().any(|known| known.name == *node) {
            // `host:eth0`, `mgmt-net:…` and `macvlan:…` lead out of the lab.
            return topology.note(format!("{}: {node} is no node of the file", said()));
        }
    }
    let mut own = Link::new((&a.0, &a.1), (&b.0, &b.1));
    own.mtu = link
        .get("mtu")
        .and_then(Json::as_u64)
        .and_then(|mtu| u32::try_from(mtu).ok())
        .filter(|mtu| (68..=65_535).contains(mtu));
    topology.links.push(own);
    let known = ["type", "endpoints", "mtu"];
    for key in link.as_object().into_iter().flat_map(|link| link.keys()).filter(|key| !known.contains(&key.as_str())) {
        topology.note(format!("link {}: `{key}`", index + 1));
    }
}

/// `"node:interface"`, or a table with `node` and `interface`.
fn end(end: &Json) -> Option<(String, String)> {
    let (node, interface) = match end {
        Json::String(text) => text.split_once(':')?,
        table => (table.get("node")?.as_str()?, table.get("interface")?.as_str()?),
    };
    Some((named(node), named(interface)))
}
