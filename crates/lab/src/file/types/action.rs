//! `[[at]]`: what happens when.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{Impairments, OneOrMany};
use crate::file::scalar::{Chosen, LinkName, NodeName, Shift, Time};

/// Something that happens at a moment.
#[derive(Deserialize, Debug)]
pub(crate) struct At {
    /// When. Default 0s.
    #[serde(default)]
    pub(crate) time: Option<Time>,
    /// What.
    #[serde(flatten)]
    pub(crate) action: Action,
}

/// What can be done to a world.
#[derive(Deserialize, JsonSchema, Debug)]
#[serde(tag = "do", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "a file has few, and they live as long as it is read")]
pub(crate) enum Action {
    /// A link carries nothing any more.
    LinkDown {
        /// Its name.
        link: LinkName,
    },
    /// A link carries frames again.
    LinkUp {
        /// Its name.
        link: LinkName,
    },
    /// A link changes.
    LinkSet {
        /// Its name.
        link: LinkName,
        /// What changes, both ways.
        #[serde(flatten)]
        change: Impairments,
        /// What changes from the first endpoint to the second.
        #[serde(default)]
        forth: Impairments,
        /// What changes from the second endpoint to the first.
        #[serde(default)]
        back: Impairments,
    },
    /// Frames are lost: those that `of` means, the `nth` of them, or all.
    Kill(Frames),
    /// Frames of the reliable lines are lost: `data:3` is the third frame of information and its repetitions, `ack:5@once`
    /// the first acknowledgement of five frames.
    Lose {
        /// Which.
        what: OneOrMany<Chosen>,
    },
    /// Frames arrive damaged.
    Corrupt(Frames),
    /// Frames arrive twice.
    Duplicate(Frames),
    /// Frames arrive later.
    Delay(Late),
    /// A node is switched off: what it knew is gone.
    Crash {
        /// Its name.
        node: NodeName,
    },
    /// A node is switched on again, its programs begin anew.
    Restart {
        /// Its name.
        node: NodeName,
    },
    /// Nothing passes between groups of nodes.
    Partition {
        /// The groups.
        #[schemars(extend("examples" = [[["a"], ["b", "c"]]]), length(min = 2))]
        groups: Vec<Vec<NodeName>>,
    },
    /// Every partition ends.
    Heal,
    /// A node's wall clock goes wrong.
    Skew {
        /// Its name.
        node: NodeName,
        /// By so much: `-1h`.
        by: Shift,
    },
}

/// Which frames of a link are meant.
#[derive(Deserialize, JsonSchema, Debug)]
#[schemars(inline)]
pub(crate) struct Frames {
    /// The link.
    pub(crate) link: LinkName,
    /// The node that sends them. Default: either end.
    #[serde(default)]
    pub(crate) from: Option<NodeName>,
    /// An expression over a frame's fields: `tcp.len > 0`. Default: every frame.
    #[serde(default)]
    #[schemars(extend("examples" = ["tcp.len > 0"]))]
    pub(crate) of: Option<String>,
    /// Which of them, from 1: a number or a list. Default: all.
    #[serde(default)]
    #[schemars(extend("examples" = [3]))]
    pub(crate) nth: Option<OneOrMany<u32>>,
}

/// Which frames of a link are late, and how late.
#[derive(Deserialize, JsonSchema, Debug)]
#[schemars(inline)]
pub(crate) struct Late {
    /// Which.
    #[serde(flatten)]
    pub(crate) frames: Frames,
    /// By how much.
    pub(crate) by: Time,
}

impl JsonSchema for At {
    fn schema_name() -> Cow<'static, str> {
        "At".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let actions = Action::json_schema(generator);
        let mut time = generator.subschema_for::<Time>();
        time.insert("description".into(), "When. Default 0s.".into());
        let mut forms = actions.get("oneOf").cloned().unwrap_or_default();
        for form in forms.as_array_mut().into_iter().flatten() {
            let word = form.pointer("/properties/do/const").and_then(|word| word.as_str()).unwrap_or("").to_owned();
            if let Some(form) = form.as_object_mut() {
                form.insert("title".into(), format!("the action {word}").into());
                if let Some(properties) = form.get_mut("properties").and_then(|own| own.as_object_mut()) {
                    properties.insert("time".into(), time.clone().to_value());
                }
            }
        }
        json_schema!({ "title": "an action", "description": "Something that happens at a moment.", "oneOf": forms })
    }
}
