//! Quantities as values of a file: serde reads them by the words of `quantity`, and the schema names the format, so that
//! a text is checked where it stands.

use std::borrow::Cow;
use std::net::IpAddr;

use base::{Cidr, Duration};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};

use crate::scenario::{Kill, WrongKill};

use super::quantity::{self, Loss, Own, Target, WrongQuantity};

/// Declares a value that is written as text: its format's name, an example, and how it is read.
macro_rules! scalar {
    ($(#[$doc:meta])* $name:ident($inner:ty), $format:literal, $example:literal, $read:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $name(pub $inner);

        impl $name {
            fn read(text: &str) -> Result<Self, WrongQuantity> {
                $read(text).map($name)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = deserializer.deserialize_any(Text)?;
                $name::read(&text).map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": kinds($format), "format": $format, "examples": [$example] })
            }
        }
    };
}

scalar!(/// A span of time: `10ms`.
    Time(Duration), "time", "10ms", quantity::time);
scalar!(/// Nanoseconds forward or back: `-1h`.
    Shift(i64), "shift", "-1h", quantity::shift);
scalar!(/// Bits per second: `10mbit`; 0 is unlimited.
    Rate(u64), "rate", "10mbit", quantity::rate);
scalar!(/// A share of all frames: `1%`.
    Share(f64), "share", "1%", quantity::share);
scalar!(/// How frames are lost: `5%`, `gemodel 1% 10%`, `every 1000`.
    LossModel(Loss), "loss", "5%", quantity::loss);
scalar!(/// What is held back, and for how long: `1% 5ms`.
    Reorder((f64, Duration)), "reorder", "1% 5ms", quantity::reorder);
scalar!(/// Bytes: `1MB`, `64KiB`, `1460`.
    Size(u64), "size", "1MB", quantity::size);
scalar!(/// Bytes of a buffer at first and at most: `1MB`, `16KiB..4MiB`.
    BufferSize((u64, u64)), "buffer", "16KiB..4MiB", quantity::buffer);
scalar!(/// Whom a program talks to: `server`, `server:5001`, `192.0.2.1:80`.
    Endpoint(Target), "endpoint", "server:5001", quantity::target);
scalar!(/// A name of one's own choice.
    Name(String), "name", "server", quantity::name);
scalar!(/// The name of a node of the file.
    NodeName(String), "node", "server", quantity::name);
scalar!(/// The name of a link of the file.
    LinkName(String), "link", "wire", quantity::name);

scalar!(/// Which frame of a reliable line: `data:3`, `ack:5@once`.
    Chosen(Kill), "chosen", "data:3", |text: &str| text.parse().map_err(|error: WrongKill| WrongQuantity::new(error.to_string(), "data:3, ack:5@once")));
scalar!(/// One end of a link: node and interface, `client:eth0`.
    Plug((String, String)), "plug", "client:eth0", quantity::plug);
scalar!(/// An IP address.
    Ip(IpAddr), "ip", "192.0.2.1", quantity::ip);
scalar!(/// A network and the length of its prefix: `192.0.2.0/24`, or `default` for everything.
    Network(Cidr), "network", "10.0.0.0/8", quantity::network);
scalar!(/// An interface's address with the length of its network's prefix, or `dhcp`.
    Address(Own), "address", "192.0.2.1/24", quantity::address);
scalar!(/// The name of a lab: small letters, digits and `-`.
    Slug(String), "slug", "my-lab", quantity::slug);

/// What the formats of the schema mean: the text is read, or it is said why not.
pub(super) fn check(format: &str, text: &str) -> Result<(), WrongQuantity> {
    match format {
        "time" => Time::read(text).map(drop),
        "shift" => Shift::read(text).map(drop),
        "rate" => Rate::read(text).map(drop),
        "share" => Share::read(text).map(drop),
        "loss" => LossModel::read(text).map(drop),
        "reorder" => Reorder::read(text).map(drop),
        "size" => Size::read(text).map(drop),
        "buffer" => BufferSize::read(text).map(drop),
        "endpoint" => Endpoint::read(text).map(drop),
        "name" | "node" | "link" => Name::read(text).map(drop),
        "chosen" => Chosen::read(text).map(drop),
        "plug" => Plug::read(text).map(drop),
        "ip" => Ip::read(text).map(drop),
        "network" => Network::read(text).map(drop),
        "address" => Address::read(text).map(drop),
        "slug" => Slug::read(text).map(drop),
        _ => Ok(()),
    }
}

/// Numbers of bytes may be written as numbers.
fn kinds(format: &str) -> serde_json::Value {
    if matches!(format, "size" | "buffer") { serde_json::json!(["string", "integer"]) } else { "string".into() }
}

/// Text, or a whole number as text.
struct Text;

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
