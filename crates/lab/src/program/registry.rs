//! Which programs and services a scenario file may name. A program is one file beside this one, and one line here.

use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::Program;
use super::announce::Announce;
use super::bulk::{Bulk, Sink};
use super::datagrams::{Datagrams, Meter};
use super::dhcp::{DhcpClient, DhcpServer};
use super::dns::{NameServer, Resolver};
use super::echo::Echo;
use super::fetch::Fetch;
use super::lookup::Lookup;
use super::messages::Messages;
use super::ping::Ping;
use super::reader::Reader;
use super::requests::Requests;
use super::script::Script;
use super::talk::{Listener, Talk};
use super::traceroute::Traceroute;
use super::transfer::{Receiver, Transfer};
use super::website::{Http, Https, Website};

/// What a host may run on its own account: `program = "bulk"`.
static PROGRAMS: &[Entry] = &[
    entry::<Announce>(),
    entry::<Bulk>(),
    entry::<Datagrams>(),
    entry::<DhcpClient>(),
    entry::<Fetch>(),
    entry::<Lookup>(),
    entry::<Messages>(),
    entry::<Ping>(),
    entry::<Requests>(),
    entry::<Script>(),
    entry::<Talk>(),
    entry::<Traceroute>(),
    entry::<Transfer>(),
];

/// What a host may serve with its usual settings, `serve = ["echo"]`, or run with others.
pub static SERVICES: &[Entry] = &[
    entry::<DhcpServer>(),
    entry::<Echo>(),
    entry::<Http>(),
    entry::<Https>(),
    entry::<Listener>(),
    entry::<Meter>(),
    entry::<NameServer>(),
    entry::<Reader>(),
    entry::<Receiver>(),
    entry::<Resolver>(),
    entry::<Sink>(),
    entry::<Website>(),
];

/// Everything that `program` may name.
pub fn programs() -> impl Iterator<Item = &'static Entry> {
    PROGRAMS.iter().chain(SERVICES)
}

/// A program as a file names it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// `bulk`.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Its settings.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// The program with these settings.
    pub read: fn(toml::Table) -> Result<Arc<dyn Program>, String>,
}

/// A program that can be written in a file: its fields are its settings.
pub trait Written: Program + DeserializeOwned + JsonSchema {
    /// As files name it.
    const NAME: &'static str;
    /// What it does, in one line.
    const ABOUT: &'static str;
}

const fn entry<P: Written>() -> Entry {
    Entry { name: P::NAME, about: P::ABOUT, schema: P::json_schema, read: read::<P> }
}

fn read<P: Written>(settings: toml::Table) -> Result<Arc<dyn Program>, String> {
    match settings.try_into::<P>() {
        Ok(program) => Ok(Arc::new(program)),
        Err(error) => Err(error.message().to_owned()),
    }
}
