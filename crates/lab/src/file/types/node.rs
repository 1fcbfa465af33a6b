//! `[node.NAME]`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{Medium, Ordered, Stack};
use crate::file::scalar::{Address, Ip, Name, Time};
use crate::program::registry;

/// A node of the world.
#[derive(Deserialize, JsonSchema, Debug, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "a node")]
pub(crate) struct Node {
    /// What it is. Default `host`.
    pub(crate) kind: NodeKind,
    /// This node stands for so many, called NAME-1, NAME-2, …; each has a copy of the links that end here.
    #[schemars(range(min = 1, max = 1000), extend("examples" = [10]))]
    pub(crate) copies: Option<u32>,
    /// A switch takes part in the spanning tree (RSTP), so that loops do no harm. Default false.
    #[schemars(extend("examples" = [true]))]
    pub(crate) spanning_tree: bool,
    /// A switch's priority in the spanning tree: the lowest becomes the root. Default 32768.
    #[schemars(range(min = 0, max = 61440), extend("examples" = [4096]))]
    pub(crate) bridge_priority: Option<u16>,
    /// The virtual LANs of a switch's ports: a number for stations, a list of numbers for frames with tags.
    #[schemars(extend("examples" = [{ "p1": 10, "up": [10, 20] }]))]
    pub(crate) vlans: Ordered<OneOrMany<u16>>,
    /// How stations share it, of a hub, a bus or a radio.
    pub(crate) medium: Medium,
    /// Its address or addresses with the length of the network's prefix, or `dhcp`; by interface where it has several.
    /// What is not given is computed: 10.0.N.0/24 for the N-th network, hosts in the order of the file.
    #[schemars(extend("examples" = ["192.0.2.2/24"]))]
    pub(crate) address: Option<Addresses>,
    /// The router for everything that is not in a network of its own. Default: by the shortest path.
    pub(crate) gateway: Option<OneOrMany<Ip>>,
    /// Further routes: network and router. `"10.0.0.0/8" = "192.0.2.9"`
    #[schemars(extend("examples" = [{ "10.0.0.0/8": "192.0.2.9" }], "propertyNames" = { "format": "network" }))]
    pub(crate) routes: Ordered<Ip>,
    /// The name servers it asks.
    #[schemars(extend("examples" = [["192.0.2.53"]]))]
    pub(crate) resolvers: Vec<Ip>,
    /// Names by which the programs of others may call it, beside its own.
    #[schemars(extend("examples" = [["www.example.com"]]))]
    pub(crate) names: Vec<Name>,
    /// Largest IP packet of its interfaces, bytes. Default 1500, or what the link says.
    #[schemars(range(min = 68, max = 65535), extend("examples" = [1500]))]
    pub(crate) mtu: Option<u32>,
    /// Frames that may wait at each of its interfaces. Default 1000.
    #[schemars(range(min = 1, max = 1_000_000), extend("examples" = [1000]))]
    pub(crate) queue: Option<u32>,
    /// Services with their usual settings.
    #[schemars(schema_with = "services")]
    pub(crate) serve: Vec<String>,
    /// Settings of its TCP/IP stack.
    pub(crate) stack: Stack,
    /// The programs that run on it.
    pub(crate) run: Vec<Run>,
    /// Settings of single interfaces. An interface exists because a link ends there.
    pub(crate) interface: Ordered<Interface>,
}

/// What a node is.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Default, Debug)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a kind of node")]
pub(crate) enum NodeKind {
    /// An end system: it has addresses and runs programs.
    #[default]
    Host,
    /// A host that passes on what is for others.
    Router,
    /// A learning switch: ports and no address.
    Switch,
    /// A repeater: what one station sends all others hear, and transmissions collide (half-duplex Ethernet). The delay of a
    /// link is the length of its cable.
    Hub,
    /// One cable with taps (half-duplex Ethernet). The delay of a link is the place of its tap.
    Bus,
    /// A radio cell (802.11): stations avoid collisions, for they cannot hear them.
    Radio,
    /// A bridge between a radio cell and Ethernet.
    AccessPoint,
    /// A server that believes in two segments instead of three: a counterfactual.
    TwoWay,
}

impl NodeKind {
    /// Whether it has addresses and programs.
    pub(crate) fn is_host(self) -> bool {
        matches!(self, NodeKind::Host | NodeKind::Router | NodeKind::TwoWay)
    }

    /// As in the file, with an article.
    pub(crate) fn words(self) -> &'static str {
        match self {
            NodeKind::Host => "a host",
            NodeKind::Router => "a router",
            NodeKind::Switch => "a switch",
            NodeKind::Hub => "a hub",
            NodeKind::Bus => "a bus",
            NodeKind::Radio => "a radio cell",
            NodeKind::AccessPoint => "an access point",
            NodeKind::TwoWay => "a two-way server",
        }
    }
}

/// Addresses of a node.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(untagged)]
pub(crate) enum Addresses {
    /// Of its interface, or of each in turn.
    All(OneOrMany<Address>),
    /// By the name of the interface.
    ByInterface(Ordered<OneOrMany<Address>>),
}

/// One value, or a list of them.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

/// An interface's own settings.
#[derive(Deserialize, JsonSchema, Debug, Default, Clone)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "an interface")]
pub(crate) struct Interface {
    /// Largest IP packet, bytes.
    #[schemars(range(min = 68, max = 65535), extend("examples" = [1500]))]
    pub(crate) mtu: Option<u32>,
    /// Frames that may wait.
    #[schemars(range(min = 1, max = 1_000_000), extend("examples" = [1000]))]
    pub(crate) queue: Option<u32>,
    /// Mark packets that bear it (ECN) while more than so many frames wait.
    #[schemars(range(min = 0, max = 1_000_000), extend("examples" = [20]))]
    pub(crate) mark_above: Option<u32>,
    /// Lower the MSS that SYNs on their way through offer, to what fits this interface.
    #[schemars(extend("examples" = [true]))]
    pub(crate) clamp_mss: bool,
}

/// A program of a node: its name, when it starts, and settings of its own.
#[derive(Deserialize, Debug)]
pub(crate) struct Run {
    /// Its name.
    pub(crate) program: String,
    /// When it starts.
    #[serde(default)]
    pub(crate) start: Option<Time>,
    /// Whether a run does not wait for its end.
    #[serde(default)]
    pub(crate) background: Option<bool>,
    /// What is its own.
    #[serde(flatten)]
    pub(crate) settings: toml::Table,
}

impl JsonSchema for Run {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Run".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let time = generator.subschema_for::<Time>();
        let forms: Vec<Schema> = registry::programs()
            .map(|entry| {
                let mut form = (entry.schema)(generator);
                let own = form.remove("properties");
                let mut properties = serde_json::Map::new();
                let word = serde_json::json!({ "const": entry.name, "description": entry.about });
                properties.insert("program".into(), word);
                let mut start = time.clone();
                start.insert("description".into(), "When it starts. Default 0s.".into());
                properties.insert("start".into(), start.to_value());
                let words = "A run does not wait for its end.";
                let background = serde_json::json!({ "type": "boolean", "description": words, "examples": [true] });
                properties.insert("background".into(), background);
                if let Some(serde_json::Value::Object(own)) = own {
                    properties.extend(own);
                }
                let mut required = vec![serde_json::Value::from("program")];
                if let Some(serde_json::Value::Array(own)) = form.remove("required") {
                    required.extend(own);
                }
                json_schema!({
                    "type": "object", "title": format!("the program {}", entry.name), "description": entry.about,
                    "properties": properties, "required": required, "additionalProperties": false,
                })
            })
            .collect();
        json_schema!({ "title": "a program", "oneOf": forms })
    }
}

fn services(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<serde_json::Value> = registry::SERVICES
        .iter()
        .map(|entry| serde_json::json!({ "const": entry.name, "description": entry.about }))
        .collect();
    json_schema!({ "type": "array", "examples": [["echo"]], "items": { "title": "a service", "oneOf": words } })
}
